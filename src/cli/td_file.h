/* SPDX-License-Identifier: Apache-2.0 */
/* --quote and --tdreport: the registers of a guest from a file, in place of the machine's. */
#ifndef TSMCTL_CLI_TD_FILE_H
#define TSMCTL_CLI_TD_FILE_H

#include "cli/td_options.h"
#include "evidence/evidence_file.h"

struct td_file {
	struct td_options asked;
	struct evidence ev;
	unsigned unmet; /* of asked.require */
	bool lone; /* before it is loaded: what its registers are for is in it, or it is refused */
	struct quote_logs logs; /* beside a quote of ours */
};

/*
 * Loads the file that was named, checks it, and tells the operator what is wrong with it: errors in
 * app->status, as evidence that is forged, that is not as --require wants it, or has other report
 * data than was asked for. The caller clears the values, also after an error.
 */
int td_file_load(struct app *app, struct td_file *td, struct register_file *ret);
void td_file_clear(struct td_file *td);

/* Whether the report data is what was asked for, if it was. */
bool td_file_answers(const struct td_file *td);
/* In place of the verdict of the rows: *ret is NULL if there is none. False: the rows' counts. */
bool td_file_verdict(const struct td_file *td, const char **ret);

/* The line of text before the registers; none without a file. */
void td_file_print(struct app *app, const struct td_file *td);
/* The same on standard error, for an output that has no room for it. */
void td_file_warn(const struct td_file *td);
/* A note, after all that is printed, of what "genuine" does not cover, or that nothing says it. */
void td_file_tell_limits(struct app *app, const struct td_file *td);
/* The member "evidence", null without a file. */
void td_file_json_evidence(const struct td_file *td, struct json *j);
/* The members of what `read` prints; none without a file. */
void td_file_json_facts(const struct td_file *td, struct json *j);
/* Those of what `verify` prints: with the answer only if --report-data asked for one. */
void td_file_json_answer(const struct td_file *td, struct json *j);

#endif
