/* SPDX-License-Identifier: Apache-2.0 */
/* The one change to its logs that would give what a register holds. */
#ifndef TSMCTL_VERIFY_DIAGNOSIS_H
#define TSMCTL_VERIFY_DIAGNOSIS_H

#include "verify/timeline.h"

/*
 * For a timeline that no sequence was found for: sets its diagnosis, the likely order, and what that
 * leads to. Spends what is left of the budget. -1 only for an error of memory or of libcrypto.
 */
int diagnosis_find(struct timeline *t, struct err *err);

/*
 * After a search that found nothing: tries whether the event `seq` of this list's log, which was
 * logged for another register and has this digest, extended this one. Sets the diagnosis if so.
 */
int diagnosis_try_insert(struct timeline *t, size_t list, uint64_t seq, const struct digest *digest,
	struct err *err);

/* Whether it is one change to the logs, with which they give the value. */
bool diagnosis_is_change(const struct diagnosis *d);
/* "extra", "foreign", ... as in JSON; NULL for DIAG_NONE. */
const char *diagnosis_name(enum diagnosis_kind kind);

#endif
