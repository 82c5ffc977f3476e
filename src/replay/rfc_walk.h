/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an honest kernel's text log says of its register, found in one pass over it: one hash per
 * line, no search. replay/rfc_search decides; this is for an extend, which holds the lock.
 */
#ifndef TSMCTL_REPLAY_RFC_WALK_H
#define TSMCTL_REPLAY_RFC_WALK_H

#include "formats/rfc_text.h"

enum rfc_walk_end {
	RFC_WALK_UNKNOWN, /* it does not lead to the value that the register shows */
	RFC_WALK_SHOWN,	  /* it does */
	RFC_WALK_AHEAD,	  /* its beginning does: this kernel shows an old value */
};

/* Whether the kernel puts a SYNC record before the next event. */
enum rfc_walk_sync { RFC_WALK_SYNC_MAYBE, RFC_WALK_SYNC_DUE, RFC_WALK_SYNC_DONE };

struct rfc_walk {
	enum rfc_walk_end end;
	enum rfc_walk_sync sync;
	struct digest
		value; /* of the register, if end is not RFC_WALK_UNKNOWN: else what it shows */
};

/* Reads the log from its start. -1 with err if it cannot be read. */
int rfc_walk(struct rfc_log *log, struct hasher *h, const struct digest *shown,
	struct rfc_walk *ret, struct err *err);

#endif
