/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/td_file.h"

#include <string.h>

#include "model/verdict.h"

static int check_one_source(struct app *app)
{
	const struct options *o = &app->opt;
	const char *const given[][2] = {
		{"values", o->values}, {"quote", o->quote}, {"tdreport", o->tdreport}};
	const char *first = NULL;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (given[i][1] == NULL)
			continue;
		if (first != NULL)
			return err_set(&app->err, ST_USAGE, "--%s and --%s exclude each other",
				first, given[i][0]);
		first = given[i][0];
	}
	return 0;
}

int td_file_options(struct app *app, struct td_file *ret)
{
	const struct options *o = &app->opt;
	*ret = (struct td_file){
		.path = o->quote != NULL ? o->quote : o->tdreport,
		.asked = o->report_data != NULL,
	};
	if (check_one_source(app) < 0)
		return -1;
	if (ret->asked && ret->path == NULL)
		return err_set(&app->err, ST_USAGE,
			"--report-data needs --quote or --tdreport to be checked against");
	if (ret->asked &&
		!hex_get(ret->wanted, sizeof(ret->wanted), bytes_of(o->report_data), true))
		return err_set(&app->err, ST_USAGE,
			"--report-data: it has %d bytes: %d hex digits are needed, nothing else",
			TD_REPORT_DATA_SIZE, 2 * TD_REPORT_DATA_SIZE);
	return 0;
}

static struct bytes report_data(const struct td_file *td)
{
	return (struct bytes){td->facts.report_data, sizeof(td->facts.report_data)};
}

static struct bytes wanted(const struct td_file *td)
{
	return (struct bytes){td->wanted, sizeof(td->wanted)};
}

bool td_file_answers(const struct td_file *td)
{
	return !td->asked || bytes_equal(report_data(td), wanted(td));
}

/* What the registers of this file are worth. */
static void tell(const struct app *app, const struct td_file *td)
{
	if (app->opt.quote != NULL)
		app_note(app,
			"'%s': the signature and certificates of this quote are not checked here: "
			"Intel's DCAP quote verification library, the 'check' of go-tdx-guest, or "
			"trustee can",
			td->path);
	else
		app_note(app,
			"'%s': the MAC of this report is not checked here: only the CPU that "
			"made it can, or a quote made from it",
			td->path);
	if (td->facts.trailing > 0)
		app_note(app, "'%s': %zu bytes behind the end of the quote were not looked at",
			td->path, td->facts.trailing);
	if (td->facts.contradictory)
		app_note(app,
			"'%s': the report's own hashes are not those of its parts: no CPU made it "
			"like this",
			td->path);
	if (td->facts.debug)
		app_note(app,
			"'%s': this TD has the debug attribute: its host can read and change it, "
			"so its registers prove nothing",
			td->path);
}

static void check_answer(struct app *app, const struct td_file *td)
{
	char is[2 * TD_REPORT_DATA_SIZE + 1], asked[2 * TD_REPORT_DATA_SIZE + 1];
	struct err err;
	if (td_file_answers(td))
		return;
	err_set(&err, ST_NO,
		"'%s': the report data is %s, not %s: this was not made for that request", td->path,
		hex_str(is, report_data(td)), hex_str(asked, wanted(td)));
	app_error(app, &err);
}

int td_file_load(struct app *app, struct td_file *td, struct register_file *ret)
{
	int rc = app->opt.quote != NULL ? quote_load(td->path, ret, &td->facts, &app->err)
					: tdreport_load(td->path, ret, &td->facts, &app->err);
	if (rc < 0)
		return -1;
	tell(app, td);
	check_answer(app, td);
	return 0;
}

static void json_attributes(const struct td_file *td, struct json *j)
{
	json_key(j, "td_attributes");
	json_hex(j, (struct bytes){td->facts.attributes, sizeof(td->facts.attributes)});
	json_key(j, "debug");
	json_bool(j, td->facts.debug);
}

void td_file_json_facts(const struct td_file *td, struct json *j)
{
	if (td->path == NULL)
		return;
	json_key(j, "report_data");
	json_hex(j, report_data(td));
	json_attributes(td, j);
}

void td_file_json_answer(const struct td_file *td, struct json *j)
{
	if (td->path == NULL)
		return;
	json_attributes(td, j);
	if (!td->asked)
		return;
	json_key(j, "report_data");
	json_open(j, '{');
	json_key(j, "value");
	json_hex(j, report_data(td));
	json_key(j, "expected");
	json_hex(j, wanted(td));
	json_key(j, "verdict");
	json_str(j, verdict_name(td_file_answers(td) ? VERDICT_MATCH : VERDICT_MISMATCH));
	json_close(j, '}');
}
