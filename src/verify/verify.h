/* SPDX-License-Identifier: Apache-2.0 */
/* Whether logs explain registers, and registers equal what is expected: a row for each, with a
 * verdict of the contract. */
#ifndef TSMCTL_VERIFY_VERIFY_H
#define TSMCTL_VERIFY_VERIFY_H

#include "verify/boot_logs.h"
#include "verify/live.h"

struct verify_row {
	char *name; /* [PROVIDER/]NAME[:HASH] */
	enum verdict verdict;
	struct bytes value;	/* what the register holds; owned by the row */
	struct digest replayed; /* what the log makes of it; size 0: nothing was replayed */
	uint64_t records, matched;
	const char **sources; /* of the logs, NULL at the end; owned by the row; NULL: none */
	char detail[ERR_MSG_MAX];
	bool is_near;	/* mismatch: the detail says which change to the log gives the value */
	struct err err; /* why there is no verdict, or the log was not looked at */
};

struct verify_rows {
	struct verify_row *row;
	size_t n;
};

struct verify_wanted {
	const struct mr_pick *picks;
	size_t n_picks;
	bool all; /* the operator named none: expected registers that are not here count */
	const struct values *expect; /* may be NULL */
	bool no_log;		     /* compare with expect only */
};

/* ST_ABSENT if nothing was to be compared. The caller clears the rows, also after an error. */
int verify_run(struct evidence *ev, const struct verify_wanted *wanted, struct verify_rows *ret,
	struct err *err);
void verify_clear(struct verify_rows *rows);

/* Adds the name of a log, which is borrowed. */
int verify_add_source(struct verify_row *row, const char *source, struct err *err);
/* Why there is no verdict; one that may not be read is unchecked. */
void verify_fail(struct verify_row *row, const struct err *err);

/* The verdict of the log alone, and in words what it rests on (detail of ERR_MSG_MAX bytes). */
enum verdict verify_judge(const struct replay_result *replay, char *detail);

/*
 * The verdict, and all that it rests on, of a register beside its kernel's log; where that does not
 * explain it, beside the logs of other programs too, which are read into `boot` when they are first
 * needed.
 */
int verify_checked(const struct evidence *ev, struct boot_logs *boot, const struct mr *mr,
	const struct checked *checked, struct verify_row *row, struct err *err);
void verify_row_clear(struct verify_row *row);

/* The worst verdict, and the exit status of all rows. */
enum verdict verify_worst(const struct verify_rows *rows);
enum status verify_status(const struct verify_rows *rows);

#endif
