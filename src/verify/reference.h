/* SPDX-License-Identifier: Apache-2.0 */
/* What a log of a boot that verified says of one that does not. */
#ifndef TSMCTL_VERIFY_REFERENCE_H
#define TSMCTL_VERIFY_REFERENCE_H

#include "verify/judge.h"

/*
 * After judge(), for registers that mismatch: compares their events with those of the reference, and tries
 * which of its events, put back, gives the value; with at most 2^20 extends and 4 for each event. Sets
 * `reference` and adds to the detail; changes no verdict. -1 only where nothing can go on.
 */
int reference_look(const struct question *q, struct inputs *inputs, struct inputs *reference,
	struct judgement js[], struct err *err);

#endif
