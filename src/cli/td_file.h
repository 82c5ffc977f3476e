/* SPDX-License-Identifier: Apache-2.0 */
/* --quote and --tdreport: the registers of a TD from a file, in place of the machine's. */
#ifndef TSMCTL_CLI_TD_FILE_H
#define TSMCTL_CLI_TD_FILE_H

#include "cli/app.h"
#include "evidence/tdx_quote.h"

struct td_file {
	const char *path; /* NULL: neither option was given */
	struct td_facts facts;
	bool asked; /* --report-data */
	uint8_t wanted[TD_REPORT_DATA_SIZE];
};

/* Checks --quote, --tdreport and --report-data, and --values, which stands for the same: ST_USAGE. */
int td_file_options(struct app *app, struct td_file *ret);
/*
 * Loads the file that was named, and tells the operator what it does not prove. Other report data
 * than was asked for is an error of ST_NO in app->status. The caller clears the values, also after
 * an error.
 */
int td_file_load(struct app *app, struct td_file *td, struct register_file *ret);

/* Whether the report data is what was asked for, if it was. */
bool td_file_answers(const struct td_file *td);
/* The members of what `read` prints; none without a file. */
void td_file_json_facts(const struct td_file *td, struct json *j);
/* Those of what `verify` prints: with the answer only if --report-data asked for one. */
void td_file_json_answer(const struct td_file *td, struct json *j);

#endif
