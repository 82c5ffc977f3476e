/* SPDX-License-Identifier: Apache-2.0 */
/* --once: whether a record was extended in this boot, as the register's history proves. */
#ifndef TSMCTL_OPS_ONCE_H
#define TSMCTL_OPS_ONCE_H

#include "ops/extend_common.h"

struct once_answer {
	bool undecided;	     /* under the lock: that takes a search */
	bool unread;	     /* nothing stood still, or something could not be read */
	struct digest value; /* of the register then; size 0: it has none yet */
	uint64_t log_size;   /* of the kernel's log of it; 0: it keeps none */
};

/*
 * Asks the judge about the register of wanted[first], the first one of it in the batch, and says of all of it
 * in done[i].already whether the record is in the history. Without the lock, everything is searched, and the
 * caller looks under it whether something moved; with it (`locked`), only what one pass over the logs tells.
 * ST_NO if no history was found that would tell.
 */
int once_ask(const struct extend_batch *b, size_t first, bool locked, struct once_answer *ret,
	struct err *err);
/* Under the lock: whether the register or its log is not what it was then. */
int once_has_moved(const struct extend_batch *b, const struct extend_wanted *wanted,
	const struct once_answer *once, bool *ret, struct err *err);

#endif
