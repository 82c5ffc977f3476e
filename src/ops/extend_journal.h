/* SPDX-License-Identifier: Apache-2.0 */
/* An extend of a register whose log is tsmctl's own. */
#ifndef TSMCTL_OPS_EXTEND_JOURNAL_H
#define TSMCTL_OPS_EXTEND_JOURNAL_H

#include "ops/extend_common.h"

/* As extend_run, the lock being taken. */
int extend_journal(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err);

#endif
