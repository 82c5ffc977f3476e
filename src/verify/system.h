/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logs of this machine beside its registers, at one moment: the kernel's text logs, tsmctl's
 * journal, and what firmware (CCEL), systemd, the Confidential Containers agent and dstack keep.
 */
#ifndef TSMCTL_VERIFY_SYSTEM_H
#define TSMCTL_VERIFY_SYSTEM_H

#include "verify/registers.h"

/*
 * Reads values and opens logs until neither moves, up to MOVED_RETRIES_MAX times, under the lock where a
 * kernel needs it; the lock is given back before this returns. A log that cannot be opened, or that still
 * moves then, is there with its err set; a register that still moves has it in `bad` and no value. The
 * caller closes the inputs, also after an error.
 */
int system_open(const struct registers *r, struct asked asked[], struct err bad[],
	struct inputs *ret, struct err *err);
/* Whether a value or a log is not what it was then. Under the lock where a kernel needs it. */
bool system_has_moved(
	const struct registers *r, const struct asked asked[], const struct inputs *inputs);

/*
 * The same, and judges: again, if something moved meanwhile that was not explained. The caller clears
 * all judgements and closes the inputs, also after an error.
 */
int system_judge(const struct registers *r, struct asked asked[], struct err bad[],
	struct inputs *inputs, struct judgement ret[], struct err *err);

/*
 * Another program on this machine that keeps a log with events of this register, and the path of that log
 * below the root; NULL: there is none, or none that can be read.
 */
const char *system_other_keeper(
	const struct root *root, const struct mr *mr, const char **ret_path);

/* A name in a journal that no register here has; NULL: there is none. */
const char *system_stray_name(const struct inputs *inputs, const struct mr_list *mrs);

#endif
