/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence that gives the value beside the logs: which of their claims are in it. */
#ifndef TSMCTL_VERIFY_FIT_H
#define TSMCTL_VERIFY_FIT_H

#include "verify/sequence.h"

/*
 * Sets, for the sequence t->path from t->from, t->fit and is_in and is_moved of the claims; end: which
 * claims the search took for it. What is said of a register is made from the sequence, not from how it was
 * found, unless the claims cannot all stand in it at once: those that were not taken are left out then.
 * t->unsure: whether they can was not found out. -1 only for an error of memory or of libcrypto.
 */
int fit_find(struct timeline *t, const struct state *end, struct err *err);

#endif
