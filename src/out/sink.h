/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output, buffered. What could not be written is found out at the end, once. */
#ifndef TSMCTL_OUT_SINK_H
#define TSMCTL_OUT_SINK_H

#include "base/bytes.h"
#include "base/err.h"

enum { SINK_ROOM_MAX = 4096 };

struct sink {
	int fd;
	int sys; /* errno of the first write that failed; nothing is written after it */
	bool used;
	bool may_leave;	  /* the reader: what is written after that is lost, and no error */
	uint64_t written; /* bytes that are not in buf any more */
	size_t n;
	char buf[65536];
};

void sink_open(struct sink *s, int fd);
/* Writes out what is buffered. */
void sink_empty(struct sink *s);
/* Where the next n bytes go, which the caller fills before anything else; n is at most SINK_ROOM_MAX. */
static inline char *sink_room(struct sink *s, size_t n)
{
	if (sizeof(s->buf) - s->n < n)
		sink_empty(s);
	char *at = s->buf + s->n;
	s->used = true;
	s->n += n;
	return at;
}
void sink_bytes(struct sink *s, struct bytes b);
void sink_str(struct sink *s, const char *str);
static inline void sink_char(struct sink *s, char c)
{
	*sink_room(s, 1) = c;
}
void sink_hex(struct sink *s, struct bytes b);
void sink_u64(struct sink *s, uint64_t v);
/* The same at the end. ST_SYSTEM if anything since sink_open could not be written. */
int sink_flush(struct sink *s, struct err *err);

#endif
