/* SPDX-License-Identifier: Apache-2.0 */
/* What a log of a boot that verified says of one that does not. */
#ifndef TSMCTL_VERIFY_REFERENCE_H
#define TSMCTL_VERIFY_REFERENCE_H

#include "verify/judge.h"

/*
 * After judge(): compares the events of the registers that were asked about with those of the reference. For
 * those that mismatch or are unlogged it tries which of its events, put back, gives the value, with at most 2^20 extends and
 * 4 for each event, and adds to the detail. Sets `reference`, and the err of an input that cannot be compared;
 * changes no verdict. -1 only where nothing can go on.
 */
int reference_look(const struct question *q, struct inputs *inputs, struct inputs *reference,
	struct judgement js[], struct err *err);

#endif
