/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures one thing into one register. What happened is decided by what the register and its log
 * show afterwards, never by what the system call said: see "extend" in the contract.
 */
#ifndef TSMCTL_OPS_EXTEND_H
#define TSMCTL_OPS_EXTEND_H

#include "ops/extend_common.h"

/* What can be asked of extend here: whether mr can take a record (or else a digest). ST_ABSENT or
 * ST_USAGE if not. */
int extend_allowed(const struct mr *mr, bool record, bool force, struct err *err);

/*
 * 0: done as asked. -1: err says what state the register of the first that is not done is in: ST_SYSTEM that
 * nothing was changed, ST_UNSETTLED that it was or may have been. Signals are blocked from the write on and
 * stay so: the result has to reach its reader.
 */
int extend_run(struct extend_batch *batch, struct err *err);

#endif
