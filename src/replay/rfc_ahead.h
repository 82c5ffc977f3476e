/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digests that the records of a kernel's text log stand for. Where there is a second processor,
 * a thread reads the log, too, and hashes its records ahead of the caller, once a long enough part
 * of it was asked for without going back.
 */
#ifndef TSMCTL_REPLAY_RFC_AHEAD_H
#define TSMCTL_REPLAY_RFC_AHEAD_H

#include "formats/rfc_text.h"

struct rfc_ahead {
	const struct rfc_log *log; /* the caller's */
	struct hasher *hasher;
	off_t from, last; /* the lines that were asked for since it last went back */
	off_t worth;	  /* bytes of them from which on a thread is worth its start */
	bool alone;	  /* there is no second processor, or no memory */
	struct rfc_ahead_thread *thread;   /* what it works with */
	struct pipeline *pipeline;	   /* NULL: every record is hashed when it is asked for */
	const struct rfc_ahead_item *item; /* what the thread has next; NULL: not taken yet */
};

/* Borrows both; the hasher is the caller's also meanwhile. */
void rfc_ahead_init(struct rfc_ahead *ret, const struct rfc_log *log, struct hasher *hasher);
void rfc_ahead_close(struct rfc_ahead *ahead);

/* As rfc_line_digest, of a record or SYNC of the log. */
int rfc_ahead_digest(
	struct rfc_ahead *ahead, const struct rfc_line *line, struct digest *ret, struct err *err);

#endif
