/* SPDX-License-Identifier: Apache-2.0 */
/* The search for the history of a register, and, where there is none, for what is wrong in its logs. */
#ifndef TSMCTL_VERIFY_HISTORY_H
#define TSMCTL_VERIFY_HISTORY_H

#include "verify/timeline.h"

/*
 * Looks for the history, the likely ways first, with at most 2^18 extends and 64 for each claim. -1
 * only for an error of memory or of libcrypto.
 */
int history_find(struct timeline *t, struct err *err);
/*
 * The same for another bank of a register: the sequence that was found for `like` is tried, and one
 * change to it. A change that was not found there is not looked for again.
 */
int history_find_like(struct timeline *t, const struct timeline *like, struct err *err);

#endif
