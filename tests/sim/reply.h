/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_REPLY_H
#define TSMSIM_REPLY_H

#include "tree.h"

#ifndef FUSE_USE_VERSION
#define FUSE_USE_VERSION 35
#endif
#include <fuse3/fuse_lowlevel.h>

enum reply_kind { REPLY_ERR, REPLY_BUF, REPLY_WRITE, REPLY_OPEN, REPLY_ENTRY, REPLY_ATTR };

/* An answer as a value, so that it can be given now or later. */
struct reply {
	enum reply_kind kind;
	int err;
	const void *p; /* REPLY_BUF; borrowed until reply_finish returns */
	size_t n;      /* REPLY_BUF, REPLY_WRITE */
	/* What ends when the answer is given: the operation's part in the provider's lock, and the
	 * time for which event_log is not there. */
	struct provider *in;
	enum access access;
	struct rfclog *away;
	struct fuse_file_info fi;
	struct fuse_entry_param entry; /* REPLY_ENTRY, and .attr and .attr_timeout for REPLY_ATTR */
};

/* Gives the answer, as late as the faults ask for. */
void reply_finish(fuse_req_t req, const struct reply *r, const struct fault_hit *hit);

/* No answer before a signal for the reader, "clear" or the end; then EINTR. What r holds, it holds
 * until then; NULL: nothing. */
void reply_hang(fuse_req_t req, const struct reply *r);

/* Operations of the RFC's tree take a moment: others that have been asked for by then are seen to be
 * beside them. Whether such answers wait, and giving them. */
bool reply_in_moment(void);
void reply_end_moment(void);

/* Gives what is due at the clock's present; milliseconds until the next one is due, -1: none is. */
int reply_sweep(struct sim *sim);

#endif
