/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/scope.h"
#include "cli/td_file.h"
#include "formats/tcg2.h"
#include "verify/verify.h"

struct row_out {
	const char *name, *verdict, *detail;
	struct bytes value, replayed;
	uint64_t records, matched;
	const char *const *sources;
	struct err err;
};

#define AT(member) offsetof(struct row_out, member)

static const struct column columns[] = {
	{"register", NULL, COL_STR, AT(name), 0},
	{"value", NULL, COL_HEX, AT(value), 0},
	{"replayed", NULL, COL_HEX, AT(replayed), 0},
	{"verdict", NULL, COL_STR, AT(verdict), 0},
	{"records", NULL, COL_U64, AT(records), 0},
	{"matched_records", NULL, COL_U64, AT(matched), 0},
	{"sources", NULL, COL_STRS, AT(sources), 0},
	{"detail", NULL, COL_STR, AT(detail), 0},
	{"error", NULL, COL_ERR, AT(err), 0},
};

/* What the operator named on the command line, beside the machine. */
struct files {
	struct td_file td;
	struct values values, expect, initial;
};

static void print_text(struct app *app, const struct verify_row *row)
{
	const char *verdict = verdict_name(row->verdict);
	bool good = row->err.status == ST_OK && verdict_status(row->verdict) == ST_OK;
	bool colored = app_colored(app);
	sink_str(&app->out, colored ? (good ? "\033[32m" : "\033[31m") : "");
	sink_str(&app->out, verdict != NULL ? verdict : "error");
	sink_str(&app->out, colored ? "\033[0m  " : "  ");
	sink_str(&app->out, row->name);
	const char *why = row->detail[0] != '\0' ? row->detail : row->err.msg;
	if (why[0] != '\0') {
		sink_str(&app->out, "  (");
		sink_str(&app->out, why);
		sink_char(&app->out, ')');
	}
	sink_char(&app->out, '\n');
}

/* A wrong answer to --report-data is as bad as the worst row. */
static const char *top_verdict(const struct td_file *td, const struct verify_rows *rows)
{
	return verdict_name(td_file_answers(td) ? verify_worst(rows) : VERDICT_MISMATCH);
}

static void print_json(struct app *app, const struct td_file *td, const struct verify_rows *rows)
{
	struct json j;
	const char *worst = top_verdict(td, rows);
	app_json_begin(app, &j);
	json_key(&j, "verdict");
	if (worst != NULL)
		json_str(&j, worst);
	else
		json_null(&j);
	td_file_json_answer(td, &j);
	json_key(&j, app->cmd->rows);
	json_open(&j, '[');
	for (size_t i = 0; i < rows->n; i++) {
		const struct verify_row *r = &rows->row[i];
		struct row_out out = {
			.name = r->name,
			.verdict = verdict_name(r->verdict),
			.detail = r->detail[0] != '\0' ? r->detail : NULL,
			.value = r->value,
			.replayed = r->replayed.size > 0 ? digest_bytes(&r->replayed)
							 : (struct bytes){0},
			.records = r->records,
			.matched = r->matched,
			.sources = (const char *const *)r->sources,
			.err = r->err,
		};
		row_json(&j, columns, sizeof(columns) / sizeof(columns[0]), &out);
	}
	json_close(&j, ']');
	app_json_end(&j);
}

/* One log that is cut fails several registers, and is one error. */
static bool is_told(const struct verify_rows *rows, size_t n, const struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows->row[i].err.msg, err->msg) == 0)
			return true;
	return false;
}

static void print_rows(struct app *app, const struct td_file *td, const struct verify_rows *rows)
{
	if (app->opt.json)
		print_json(app, td, rows);
	for (size_t i = 0; i < rows->n; i++) {
		const struct err *err = &rows->row[i].err;
		if (!app->opt.json)
			print_text(app, &rows->row[i]);
		if (err->status != ST_OK && !is_told(rows, i, err))
			app_error(app, err);
	}
	app->status = status_worse(app->status, verify_status(rows));
}

/* What is wrong with a log, or to be known of it, beside its registers. */
static void tell_inputs(
	struct app *app, const struct inputs *inputs, const struct verify_rows *rows)
{
	for (size_t i = 0; i < inputs->n; i++) {
		const struct log_input *in = &inputs->v[i];
		if (in->err.status != ST_OK && !is_told(rows, rows->n, &in->err))
			app_error(app, &in->err);
		if (in->reader != NULL && in->reader->note[0] != '\0')
			app_note(app, "'%s': %s", in->path, in->reader->note);
	}
}

/* One damaged index is enough for a CCEL to be taken for the log of a TPM. */
static void tell_if_no_ccel(struct app *app, const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++) {
		const struct log_input *in = &inputs->v[i];
		if (in->reader != NULL && in->reader->format == &log_format_tpm)
			app_note(app,
				"'%s': read as the log of a TPM, whose PCRs a TD does not have: "
				"'%s:ccel' reads it as a CCEL",
				in->path, in->path);
	}
}

/* One wrong event spoils one register; when all are wrong it is not an event. */
static void tell_if_all_differ(struct app *app, const struct verify_rows *rows)
{
	size_t differ = 0;
	for (size_t i = 0; i < rows->n; i++) {
		const struct verify_row *r = &rows->row[i];
		bool far = r->verdict == VERDICT_MISMATCH && r->records > 0 && !r->is_near;
		if (!far && r->records > 0)
			return;
		differ += far;
	}
	if (differ > 1)
		app_note(app,
			"none of the %zu registers that have events in these logs matches: "
			"the logs may be of another boot or machine",
			differ);
}

static int run(struct app *app, struct evidence *ev, const struct files *files, int argc,
	char *const argv[])
{
	AUTO_FREE struct mr_pick *picks = NULL;
	struct verify_rows rows;
	struct verify_wanted wanted = {
		.expect = app->opt.expect != NULL ? &files->expect : NULL,
		.no_log = app->opt.no_log,
		.all = argc == 0,
	};
	if (mr_list_pick(ev->mrs, argc, argv, &picks, &wanted.n_picks, &app->err) < 0)
		return -1;
	wanted.picks = picks;
	for (size_t i = 0; i < app->opt.inputs.n; i++)
		if (inputs_add(&ev->inputs, app->opt.inputs.v[i], &app->err) < 0)
			return -1;
	if (inputs_bind(&ev->inputs, picks, wanted.n_picks, &app->err) < 0)
		return -1;
	if (!wanted.no_log && evidence_share_lock(ev, &app->err) < 0)
		return -1;
	app_watch(app, &ev->inputs);
	int rc = verify_run(ev, &wanted, &rows, &app->err);
	progress_end(&app->progress);
	if (rc == 0) {
		print_rows(app, &files->td, &rows);
		tell_inputs(app, &ev->inputs, &rows);
		tell_if_all_differ(app, &rows);
		if (files->td.path != NULL)
			tell_if_no_ccel(app, &ev->inputs);
	}
	verify_clear(&rows);
	return rc;
}

static int check_options(struct app *app, struct td_file *td)
{
	const struct options *o = &app->opt;
	const char *offline = o->values != NULL	    ? "values"
			      : o->quote != NULL    ? "quote"
			      : o->tdreport != NULL ? "tdreport"
						    : NULL;
	if (o->no_log && o->expect == NULL)
		return err_set(
			&app->err, ST_USAGE, "--no-log leaves nothing to check without --expect");
	if (o->no_log && o->inputs.n > 0)
		return err_set(&app->err, ST_USAGE, "--no-log and --input exclude each other");
	if (td_file_options(app, td) < 0)
		return -1;
	if (offline != NULL && o->inputs.n == 0 && o->expect == NULL)
		return err_set(&app->err, ST_USAGE,
			"--%s needs --input or --expect to be checked against", offline);
	return 0;
}

static int load(struct app *app, struct files *ret)
{
	const struct options *o = &app->opt;
	if (o->values != NULL && values_load(o->values, &ret->values, &app->err) < 0)
		return -1;
	if (ret->td.path != NULL && td_file_load(app, &ret->td, &ret->values) < 0)
		return -1;
	if (o->expect != NULL && values_load(o->expect, &ret->expect, &app->err) < 0)
		return -1;
	return o->initial != NULL ? values_load(o->initial, &ret->initial, &app->err) : 0;
}

static int run_with(struct app *app, const struct files *files, int argc, char *const argv[])
{
	struct tree tree = {0};
	struct evidence ev = {.lock = -1};
	int rc = 0;
	if (app->opt.initial != NULL)
		ev.initial = &files->initial;
	if (app->opt.values != NULL || files->td.path != NULL) {
		ev.values = &files->values;
		ev.mrs = &files->values.mrs;
	} else {
		rc = app_probe(app, &tree);
		ev.root = &app->root;
		ev.mrs = &tree.mrs;
	}
	if (rc == 0)
		rc = run(app, &ev, files, argc, argv);
	if (rc == 0 && argc == 0 && tree.problem.status != ST_OK)
		app_error(app, &tree.problem);
	evidence_close(&ev);
	tree_clear(&tree);
	return rc;
}

int cmd_verify(struct app *app, int argc, char *const argv[])
{
	struct files files = {0};
	int rc = check_options(app, &files.td);
	if (rc == 0)
		rc = load(app, &files);
	if (rc == 0)
		rc = run_with(app, &files, argc, argv);
	values_clear(&files.values);
	values_clear(&files.expect);
	values_clear(&files.initial);
	return rc;
}
