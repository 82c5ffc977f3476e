/* SPDX-License-Identifier: Apache-2.0 */
/* What came of an extend as a row: extend prints one, measure one for each line of a list. */
#ifndef TSMCTL_CLI_ROW_EXTEND_H
#define TSMCTL_CLI_ROW_EXTEND_H

#include "cli/app.h"
#include "ops/extend_common.h"
#include "out/rows.h"

struct row_extend {
	const char *full;
	struct bytes digest, before, after, expected, record_hex, record_text;
	bool already, dry_run;
	const char *file;
	uint64_t line;
	struct err err;
};

extern const struct column row_extend_columns[];
/* extend's are the first of them; measure's are all. */
extern const size_t n_row_extend_columns;
extern const size_t n_row_extend_line_columns;

/* Borrows from both; file, line and err are the caller's to set. */
void row_extend_fill(
	struct row_extend *ret, const struct extend_wanted *wanted, const struct extend_done *done);
/* The value that the register has after it; NULL: not known. */
const struct digest *row_extend_value(const struct extend_done *done);

/* What there is to say beside the result: of a dry run, and of a register of which `keeper` keeps a log, too. */
void row_extend_note_dry_run(const struct app *app, const struct extend_wanted *wanted);
void row_extend_note_other_keeper(
	const struct app *app, const struct mr *mr, const char *keeper, const char *path);

#endif
