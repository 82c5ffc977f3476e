/* SPDX-License-Identifier: Apache-2.0 */
/* Binary input through a window that moves over it: what is looked at is in memory, the rest is not. */
#ifndef TSMCTL_BASE_WINDOW_H
#define TSMCTL_BASE_WINDOW_H

#include "base/bytes.h"
#include "base/err.h"

struct window {
	int fd;
	uint8_t *buf;
	size_t room;	  /* allocated */
	size_t pos, have; /* what is left of the window is buf[pos..have) */
	uint64_t off;	  /* of buf[0] in the file */
	uint64_t end;	  /* nothing from here on is looked at; window_open: INT64_MAX */
};

/* The descriptor is borrowed and must seek. Reading starts at offset 0. */
int window_open(struct window *ret, int fd, struct err *err);
void window_close(struct window *w);
/* The offset of the next byte, and going to one. */
uint64_t window_tell(const struct window *w);
void window_seek(struct window *w, uint64_t off);
/*
 * Looks at up to n bytes (at most WINDOW_MAX) without taking them: fewer only where the input ends.
 * Valid until the next call. -1 for a read error, or for more than WINDOW_MAX.
 */
int window_peek(struct window *w, size_t n, struct bytes *ret, struct err *err);
/* Takes n bytes that were looked at. */
void window_skip(struct window *w, size_t n);

#endif
