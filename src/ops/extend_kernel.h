/* SPDX-License-Identifier: Apache-2.0 */
/* An extend of a register whose log the kernel keeps. */
#ifndef TSMCTL_OPS_EXTEND_KERNEL_H
#define TSMCTL_OPS_EXTEND_KERNEL_H

#include "ops/extend_common.h"

/*
 * As extend_run, the lock being taken in *lock. It is given back while a history is searched, and
 * taken again where something is to be done; *lock is what the caller closes.
 */
int extend_kernel(const struct root *root, const struct extend_wanted *wanted, int *lock,
	struct extend_done *ret, struct err *err);

#endif
