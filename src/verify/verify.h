/* SPDX-License-Identifier: Apache-2.0 */
/* Whether logs explain registers, and registers equal what is expected: a row for each. */
#ifndef TSMCTL_VERIFY_VERIFY_H
#define TSMCTL_VERIFY_VERIFY_H

#include "verify/registers.h"

struct verify_row {
	char *name;	       /* [PROVIDER/]NAME[:HASH]; owned */
	struct bytes value;    /* what the register holds; owned; p NULL: not known */
	struct bytes expected; /* borrowed from the values expected; p NULL: nothing is */
	struct judgement j;    /* the verdict, also of what was expected */
	bool allowed;	       /* log-ahead, which counts as a match */
};

struct verify_rows {
	struct verify_row *row;
	size_t n;
};

struct verify_wanted {
	const struct mr_pick *picks;
	size_t n_picks;
	bool all; /* the operator named none: expected registers that are not here count */
	const struct register_file *expect; /* may be NULL */
	struct inputs *reference;	    /* logs of a boot that verified, bound; NULL: none */
	bool no_log;			    /* compare with expect only */
	bool allow_ahead; /* log-ahead counts as a match, unless something else is wrong, too */
};

/*
 * The logs are those of `inputs`; if it has none and the registers are live, they are opened there, as
 * this machine has them. ST_ABSENT if nothing was to be compared. The caller clears the rows, also after
 * an error.
 */
int verify_run(const struct registers *r, const struct verify_wanted *wanted, struct inputs *inputs,
	struct verify_rows *ret, struct err *err);
void verify_clear(struct verify_rows *rows);

/* The exit status of a row; the worst verdict, and the exit status of all rows. */
enum status verify_row_status(const struct verify_row *row);
enum verdict verify_worst(const struct verify_rows *rows);
enum status verify_status(const struct verify_rows *rows);

#endif
