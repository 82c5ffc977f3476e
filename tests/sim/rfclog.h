/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_RFCLOG_H
#define TSMSIM_RFCLOG_H

#include "provider.h"

/* One write() of append_event never carries more. */
#define RFCLOG_PAGE 4096

/* The in-kernel text log of one runtime register; all-zero is a fresh one. */
struct rfclog {
	uint8_t *buf;
	size_t size;
	uint32_t gen;	  /* records logged: every one makes a new event_log file */
	size_t *ends;	  /* ends[g]: the size of the log when it had g records */
	size_t ends_room; /* entries allocated */
	bool in_sync;
	unsigned away;	   /* writes that are removing event_log and making it again */
	uint64_t overruns; /* records that, in a kernel, end one byte past its buffer */
};

/*
 * append_event: n bytes, at most RFCLOG_PAGE. 0 or a negative errno, and then earlier lines may be
 * in. sync_only: the first line after a due SYNC fails as if memory were short.
 */
int rfclog_append(struct rfclog *log, struct provider *p, const struct mr *mr, const uint8_t *page,
	size_t n, bool sync_only);

/* A direct write of digest: mr->size bytes. extend_fail: the line is logged, the extend answers
 * EIO. */
int rfclog_direct(struct rfclog *log, struct provider *p, const struct mr *mr, const uint8_t *data,
	bool extend_fail);

size_t rfclog_size_at(const struct rfclog *log, uint32_t gen);
void rfclog_free(struct rfclog *log);

#endif
