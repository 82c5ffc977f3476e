/* SPDX-License-Identifier: Apache-2.0 */
/* IMA's first event: a hash over the PCRs that firmware and boot loader extended. */
#ifndef TSMCTL_VERIFY_AGGREGATE_H
#define TSMCTL_VERIFY_AGGREGATE_H

#include "verify/registers.h"

/*
 * After judge(), for banks of PCR 10 that match: where the first event of an IMA list is a boot
 * aggregate, and is not that of the PCRs as they are, the judgement says so. It changes no verdict:
 * the event was extended, and a PCR may have been since.
 */
int aggregate_check(
	const struct registers *r, struct inputs *inputs, struct judgement js[], struct err *err);

#endif
