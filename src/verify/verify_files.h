/* SPDX-License-Identifier: Apache-2.0 */
/* Registers beside the logs that the operator names, joined in the order in which they are named. */
#ifndef TSMCTL_VERIFY_VERIFY_FILES_H
#define TSMCTL_VERIFY_VERIFY_FILES_H

#include "verify/verify.h"

struct files {
	struct banks banks;
	struct bank_target *target; /* the registers that can be compared */
	size_t n;
};

/*
 * Reads the picked registers, and replays all logs of ev that are not text. One that is malformed has
 * its err set and fails the registers that it has events of, and those that no log has any of. The
 * caller clears the result, also after an error.
 */
int files_replay(struct evidence *ev, const struct mr_pick *picks, size_t n, struct files *ret,
	struct err *err);
void files_clear(struct files *files);

/*
 * The row of a register. *ret_any: a log has events of it, or may have had before it was damaged; if
 * not, nothing is in the row.
 */
int files_judge(const struct files *files, const struct evidence *ev, const struct mr *mr,
	struct verify_row *row, bool *ret_any, struct err *err);

#endif
