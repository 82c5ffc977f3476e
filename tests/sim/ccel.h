/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_CCEL_H
#define TSMSIM_CCEL_H

#include "tree.h"

/*
 * Adds firmware's event log (ACPI 6.5, CCEL; UEFI 2.10, section 38.4) to the tree, and sets rtmr0,
 * rtmr1 and rtmr2 to what its events make of them; without a log: to zeros. 0 or a negative errno.
 */
int ccel_build(struct sim *sim, struct provider *p, bool with_log);

#endif
