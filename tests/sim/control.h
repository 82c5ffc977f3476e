/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_CONTROL_H
#define TSMSIM_CONTROL_H

#include "tree.h"

/* Adds .tsmsim with fault, stats, truth, pid and root. 0 or a negative errno. */
int control_build(struct sim *sim);

/* What a write of the fault file does, also for --fault: fault specs, "clear" or "reset". */
int control_command(struct sim *sim, const char *text, size_t len);

#endif
