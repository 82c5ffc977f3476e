/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_verify.h"

#include <string.h>

#include "base/scope.h"
#include "cli/td_file.h"
#include "cli/verify_hint.h"
#include "cli/verify_text.h"
#include "formats/tcg2.h"
#include "verify/diagnosis.h"
#include "verify/named.h"

struct row_out {
	const char *name, *verdict, *detail;
	struct bytes value, expected, replayed;
	uint64_t records, matched;
	const char *const *sources;
};

#define AT(member) offsetof(struct row_out, member)

static const struct column columns[] = {
	{"register", NULL, COL_STR, AT(name), 0},
	{"value", NULL, COL_HEX, AT(value), 0},
	{"expected", NULL, COL_HEX, AT(expected), 0},
	{"replayed", NULL, COL_HEX, AT(replayed), 0},
	{"verdict", NULL, COL_STR, AT(verdict), 0},
	{"records", NULL, COL_U64, AT(records), 0},
	{"matched_records", NULL, COL_U64, AT(matched), 0},
	{"sources", NULL, COL_STRS, AT(sources), 0},
	{"detail", NULL, COL_STR, AT(detail), 0},
};

/* Those that are verified, and those that they are compared with. */
struct logs {
	const struct inputs *inputs, *reference;
};

/* The logs were named, and the machine has no registers that they could be checked against. */
static int err_no_target(struct app *app)
{
	const char *log = app->opt.inputs.v[0];
	return err_set(&app->err, ST_USAGE,
		"this machine has no registers to check '%s' against: name their values, as in "
		"'tsmctl verify --input %s --quote QUOTE' or '--values FILE'; 'tsmctl replay %s' "
		"prints the values that it leads to",
		log, log, log);
}

/* What the operator named on the command line, beside the machine. */
struct files {
	struct td_file td;
	struct register_file values, expect, initial;
};

/* Registers are worth what signs them. */
static const char *top_verdict(const struct td_file *td, const struct verify_rows *rows)
{
	const char *verdict;
	if (td_file_verdict(td, &verdict))
		return verdict;
	return rows->n > 0 ? verdict_name(verify_worst(rows)) : NULL;
}

static void json_ref(struct json *j, const struct inputs *inputs, const struct event_ref *ref)
{
	json_key(j, "source");
	json_str(j, inputs->v[ref->source].name);
	json_key(j, "seq");
	json_u64(j, ref->seq);
}

static void json_name(struct json *j, const struct named_event *named)
{
	if (named == NULL)
		return;
	json_key(j, "type");
	json_str(j, named->type);
	if (named->n_name == 0)
		return;
	json_key(j, "name");
	json_text(j, (struct bytes){named->name, named->n_name});
}

/* An event of the logs, with what it is. */
static void json_event(struct json *j, const struct inputs *inputs, const struct judgement *judged,
	const struct event_ref *ref)
{
	json_ref(j, inputs, ref);
	json_name(j, named_find(judged, inputs, inputs->v[ref->source].name, ref->seq));
}

static void json_left(struct json *j, const struct inputs *inputs, const struct judgement *judged)
{
	json_key(j, "unextended");
	json_open(j, '[');
	for (size_t i = 0; i < judged->n_left; i++) {
		json_open(j, '{');
		json_key(j, "source");
		json_str(j, judged->left[i].source);
		json_key(j, "seq");
		json_u64(j, judged->left[i].seq);
		json_name(
			j, named_find(judged, inputs, judged->left[i].source, judged->left[i].seq));
		if (judged->left[i].n > 1) {
			json_key(j, "events");
			json_u64(j, judged->left[i].n);
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* What happened behind the last event has no event of its own: null. */
static void json_diagnosis(
	struct json *j, const struct inputs *inputs, const struct judgement *judged)
{
	const struct diagnosis *d = &judged->diagnosis;
	json_key(j, "diagnosis");
	if (d->kind == DIAG_NONE) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	json_key(j, "kind");
	json_str(j, diagnosis_name(d->kind));
	if (d->has_event) {
		json_event(j, inputs, judged, &d->event);
	} else {
		json_key(j, "source");
		json_null(j);
		json_key(j, "seq");
		json_null(j);
	}
	if (d->has_other) {
		json_key(j, "other");
		json_open(j, '{');
		json_event(j, inputs, judged, &d->other);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void json_place(struct json *j, const char *key, bool is, const struct inputs *inputs,
	const struct event_ref *ref)
{
	json_key(j, key);
	if (!is) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	json_ref(j, inputs, ref);
	json_close(j, '}');
}

static void json_named_place(struct json *j, const char *key, const struct inputs *inputs,
	const struct judgement *judged, const struct event_ref *ref)
{
	json_key(j, key);
	json_open(j, '{');
	json_event(j, inputs, judged, ref);
	json_close(j, '}');
}

static void json_line(struct json *j, const char *key, const char *source, off_t off)
{
	json_key(j, key);
	json_open(j, '{');
	json_key(j, "source");
	json_str(j, source);
	json_key(j, "offset");
	json_u64(j, (uint64_t)off);
}

void cmd_verify_places(struct json *j, const struct inputs *inputs, const struct judgement *judged)
{
	json_diagnosis(j, inputs, judged);
	if (judged->has_altered)
		json_named_place(j, "altered", inputs, judged, &judged->altered);
	if (judged->has_lack)
		json_named_place(j, "lacks_digest", inputs, judged, &judged->lack);
	if (judged->text_source == NULL)
		return;
	if (judged->place >= 0) {
		json_line(j, "line", judged->text_source, judged->place);
		json_close(j, '}');
	}
	if (judged->skipped > 0) {
		json_line(j, "skipped_lines", judged->text_source, judged->skipped_off);
		json_key(j, "lines");
		json_u64(j, judged->skipped);
		json_close(j, '}');
	}
}

/* With --reference: what differs and, of a mismatch, what of the reference gives the value. */
static void json_reference(
	struct json *j, const struct logs *logs, const struct reference_answer *a)
{
	const char *fix = judgement_fix_name(a->fix);
	if (!a->is)
		return;
	json_key(j, "reference");
	json_open(j, '{');
	json_key(j, "events");
	json_open(j, '[');
	json_u64(j, a->events);
	json_u64(j, a->now_events);
	json_close(j, ']');
	json_key(j, "missing");
	json_u64(j, a->missing);
	json_key(j, "more");
	json_u64(j, a->more);
	json_key(j, "changed");
	json_u64(j, a->changed);
	json_key(j, "moved");
	json_u64(j, a->moved);
	json_key(j, "other_data");
	json_u64(j, a->other_data);
	json_key(j, "gives");
	if (fix != NULL)
		json_str(j, fix);
	else
		json_null(j);
	json_place(j, "reference", a->has_event, logs->reference, &a->event);
	json_place(j, "now", a->has_other, logs->inputs, &a->other);
	json_close(j, '}');
}

static void print_json_row(struct json *j, const struct logs *logs, const struct verify_row *r)
{
	const struct inputs *inputs = logs->inputs;
	const struct judgement *judged = &r->j;
	struct row_out out = {
		.name = r->name,
		.verdict = verdict_name(judged->verdict),
		.detail = judged->detail[0] != '\0' ? judged->detail : NULL,
		.value = r->value,
		.expected = r->expected,
		.replayed = judged->replayed.size > 0 ? digest_bytes(&judged->replayed)
						      : (struct bytes){0},
		.records = judged->records,
		.matched = judged->matched,
		.sources = (const char *const *)judged->sources,
	};
	json_open(j, '{');
	row_members(j, columns, sizeof(columns) / sizeof(columns[0]), &out);
	if (r->allowed) {
		json_key(j, "allowed");
		json_bool(j, true);
	}
	json_left(j, inputs, judged);
	cmd_verify_places(j, inputs, judged);
	json_reference(j, logs, &judged->reference);
	if (judged->err.status != ST_OK) {
		json_key(j, "error");
		json_err(j, &judged->err);
	}
	json_close(j, '}');
}

/* Why there are no rows, or the first log that could not be used to its end; each log has its own beside it. */
static void json_error(struct json *j, const struct logs *logs, const struct err *no_rows)
{
	const struct inputs *both[] = {logs->inputs, logs->reference};
	const struct err *first = no_rows;
	for (size_t k = 0; k < sizeof(both) / sizeof(both[0]); k++)
		for (size_t i = 0; i < both[k]->n && first == NULL; i++)
			if (both[k]->v[i].err.status != ST_OK)
				first = &both[k]->v[i].err;
	if (first == NULL)
		return;
	json_key(j, "error");
	json_err(j, first);
}

static void print_json(struct app *app, const struct td_file *td, const struct logs *logs,
	const struct verify_rows *rows, const struct err *no_rows)
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
	if (logs->reference->n > 0)
		app_json_named_logs(&j, "reference_logs", logs->reference);
	app_json_logs(&j, logs->inputs);
	json_key(&j, app->cmd->rows);
	json_open(&j, '[');
	for (size_t i = 0; i < rows->n; i++)
		print_json_row(&j, logs, &rows->row[i]);
	json_close(&j, ']');
	json_error(&j, logs, no_rows);
	app_json_end(&j);
}

static void print_rows(struct app *app, const struct td_file *td, const struct logs *logs,
	const struct verify_rows *rows)
{
	if (app->opt.json) {
		print_json(app, td, logs, rows, NULL);
	} else {
		td_file_print(app, td);
		verify_text_print(app, logs->inputs, rows);
	}
	for (size_t i = 0; i < rows->n; i++) {
		const struct err *err = &rows->row[i].j.err;
		if (err->status != ST_OK)
			app_error(app, err);
	}
	app->status = status_worse(app->status, verify_status(rows));
}

/* The evidence was checked, whether or not it has a register that a log can explain. */
static int fail_without_rows(struct app *app, const struct td_file *td, const struct logs *logs,
	const struct verify_rows *rows)
{
	if (td->asked.path == NULL || app->err.status != ST_ABSENT)
		return -1;
	if (td->ev.type == EVIDENCE_SNP_REPORT && app->opt.expect == NULL)
		err_set(&app->err, ST_ABSENT,
			"nothing to verify: an SEV-SNP report has no register with a log; "
			"'--expect VALUES' checks its measurement");
	if (app->opt.json)
		print_json(app, td, logs, rows, &app->err);
	else
		td_file_print(app, td);
	return -1;
}

/* What is wrong with a log, or to be known of it, beside its registers. */
static void tell_inputs(struct app *app, const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++) {
		const struct log_input *in = &inputs->v[i];
		if (in->err.status != ST_OK)
			app_error(app, &in->err);
		app_tell_log(app, in);
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

/* Data that no digest covers may differ, and a match does not say so; false: none does. */
static bool tell_other_data(
	struct app *app, const struct inputs *inputs, const struct verify_rows *rows)
{
	const struct verify_row *first = NULL;
	uint64_t n = 0;
	char more[32] = "";
	for (size_t i = 0; i < rows->n; i++) {
		if (rows->row[i].j.reference.other_data > 0 && first == NULL)
			first = &rows->row[i];
		n += rows->row[i].j.reference.other_data;
	}
	if (first == NULL)
		return false;
	const struct event_ref *ref = &first->j.reference.other_event;
	if (n > 1)
		snprintf(more, sizeof(more), " and %llu more", (unsigned long long)n - 1);
	app_note(app,
		"--reference: event %llu of '%s' (%s)%s ha%s the digest that the reference has, "
		"but "
		"another type or other data: 'tsmctl diff' compares them",
		(unsigned long long)ref->seq, inputs->v[ref->source].name, first->name, more,
		n > 1 ? "ve" : "s");
	return true;
}

static bool is_cut(const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++)
		if (inputs_is_cut(&inputs->v[i]))
			return true;
	return false;
}

/* The rows of a mismatch say what differs; without one, what was found is not to be taken for nothing. */
static void tell_reference(struct app *app, const struct logs *logs, const struct verify_rows *rows)
{
	const struct inputs *reference = logs->reference;
	size_t compared = 0, differ = 0, mismatches = 0;
	bool failed = false;
	for (size_t i = 0; i < reference->n; i++) {
		if (reference->v[i].err.status == ST_OK)
			continue;
		app_error(app, &reference->v[i].err);
		failed = true;
	}
	for (size_t i = 0; i < rows->n; i++) {
		const struct reference_answer *a = &rows->row[i].j.reference;
		compared += a->is;
		differ += a->missing + a->more + a->changed + a->moved > 0;
		mismatches += a->is && rows->row[i].j.verdict == VERDICT_MISMATCH;
	}
	bool other_data = tell_other_data(app, logs->inputs, rows);
	if (reference->n == 0 || mismatches > 0 || failed)
		return;
	if (compared == 0)
		app_note(app,
			"--reference: nothing to compare: none of these registers has events with "
			"digests of one hash on both sides");
	else if (differ == 0 && !other_data)
		app_note(app, "--reference: the logs have the same events");
	else if (differ > 0 && !is_cut(logs->inputs))
		app_note(app,
			"--reference: the events of %zu register%s differ, and no register is a "
			"mismatch: 'tsmctl diff' shows the events",
			differ, differ == 1 ? "" : "s");
}

/* Whether nothing that the log has of this register is in its value, as far as is known. */
static bool is_foreign(const struct judgement *j)
{
	if (j->verdict == VERDICT_LOG_AHEAD)
		return j->initial && j->matched == 0;
	return j->verdict == VERDICT_MISMATCH && j->diagnosis.kind == DIAG_NONE &&
	       j->reference.fix == REFERENCE_NO_FIX;
}

/* One wrong event spoils one register; where nothing explains any, it is not an event. False: not so. */
static bool tell_if_all_differ(
	struct app *app, const struct inputs *inputs, const struct verify_rows *rows)
{
	size_t differ = 0, mismatches = 0;
	for (size_t i = 0; i < rows->n; i++) {
		const struct judgement *j = &rows->row[i].j;
		if (j->records == 0)
			continue;
		if (!is_foreign(j))
			return false;
		differ++;
		mismatches += j->verdict == VERDICT_MISMATCH;
	}
	if (differ < 2 || mismatches == 0 || is_cut(inputs))
		return false;
	app_note(app,
		"none of the %zu registers that have events in these logs matches: "
		"the logs may be of another boot or machine",
		differ);
	return true;
}

/* What to do about a mismatch that nothing explains; the lines of a text log are of one boot alone. */
static void tell_next(struct app *app, const struct logs *logs, const struct verify_rows *rows)
{
	size_t i = 0;
	if (tell_if_all_differ(app, logs->inputs, rows) || logs->reference->n > 0)
		return;
	while (i < rows->n && !(rows->row[i].j.verdict == VERDICT_MISMATCH &&
				      rows->row[i].j.diagnosis.kind == DIAG_NONE &&
				      rows->row[i].j.text_source == NULL))
		i++;
	if (i < rows->n)
		app_note(app, "to see which events differ, name a log of a boot that verified with "
			      "'--reference LOG'");
}

/* Those that were named, else those beside the quote. */
static int add_logs(struct app *app, const struct td_file *td, struct inputs *ret)
{
	const struct str_list *named = &app->opt.inputs;
	int rc = 0;
	for (size_t i = 0; i < named->n && rc == 0; i++)
		rc = inputs_add(ret, named->v[i], &app->err);
	if (named->n > 0 || app->opt.no_log)
		return rc;
	for (size_t i = 0; i < td->logs.n && rc == 0; i++)
		rc = inputs_add_quoted(ret, &td->logs.v[i], &app->err);
	return rc == 0 ? 0 : err_in(&app->err, "'%s'", td->asked.path);
}

static int run(struct app *app, const struct registers *r, const struct files *files, int argc,
	char *const argv[])
{
	AUTO_FREE struct mr_pick *picks = NULL;
	struct inputs inputs = {0}, reference = {0};
	const struct logs logs = {&inputs, &reference};
	struct verify_rows rows = {0};
	const struct options *o = &app->opt;
	struct verify_wanted wanted = {
		.expect = o->expect != NULL ? &files->expect : NULL,
		.all = argc == 0,
		.no_log = o->no_log,
		.allow_ahead = o->allow_ahead,
	};
	int rc = app_pick(app, r->mrs, argc, argv, &picks, &wanted.n_picks);
	wanted.picks = picks;
	if (rc == 0)
		rc = add_logs(app, &files->td, &inputs);
	for (size_t i = 0; i < o->references.n && rc == 0; i++)
		rc = inputs_add(&reference, o->references.v[i], &app->err);
	if (rc == 0)
		rc = inputs_bind(&inputs, r->mrs, picks, wanted.n_picks, &app->err);
	if (rc == 0)
		rc = inputs_bind(&reference, r->mrs, picks, wanted.n_picks, &app->err);
	if (reference.n > 0)
		wanted.reference = &reference;
	app_watch(app, &inputs);
	if (rc == 0)
		rc = verify_run(r, &wanted, &inputs, &rows, &app->err);
	progress_end(&app->progress);
	if (rc < 0)
		rc = fail_without_rows(app, &files->td, &logs, &rows);
	for (size_t i = 0; i < reference.n; i++)
		if (reference.v[i].err.status != ST_OK)
			err_in(&reference.v[i].err, "--reference");
	if (rc == 0) {
		print_rows(app, &files->td, &logs, &rows);
		tell_inputs(app, &inputs);
		tell_reference(app, &logs, &rows);
		tell_next(app, &logs, &rows);
		if (files->td.asked.path != NULL && files->td.ev.type != EVIDENCE_TPM_QUOTE) {
			tell_if_no_ccel(app, &inputs);
			tell_if_no_ccel(app, &reference);
		}
		td_file_tell_limits(app, &files->td);
	}
	verify_clear(&rows);
	inputs_close(&inputs);
	inputs_close(&reference);
	return rc;
}

static int check_options(struct app *app, struct td_file *td)
{
	const struct options *o = &app->opt;
	if (o->no_log && o->expect == NULL)
		return err_set(
			&app->err, ST_USAGE, "--no-log leaves nothing to check without --expect");
	if (o->no_log && o->references.n > 0)
		return err_set(&app->err, ST_USAGE, "--no-log and --reference cannot be combined");
	if (o->no_log && o->inputs.n > 0)
		return err_set(&app->err, ST_USAGE, "--no-log and --input cannot be combined");
	if (td_options_check(app, &td->asked) < 0)
		return -1;
	td->lone = o->inputs.n == 0 && o->expect == NULL;
	if (o->values != NULL && td->lone)
		return app_err_lone(app, "values");
	return 0;
}

static int load_values(struct app *app, const char *path, struct register_file *ret)
{
	if (path == NULL || register_file_load(path, ret, &app->err) == 0)
		return 0;
	return verify_hint_values(app, path);
}

static int load(struct app *app, struct files *ret)
{
	const struct options *o = &app->opt;
	if (load_values(app, o->values, &ret->values) < 0)
		return -1;
	if (ret->td.asked.path != NULL && td_file_load(app, &ret->td, &ret->values) < 0)
		return verify_hint_quote(app, ret->td.asked.path);
	if (load_values(app, o->expect, &ret->expect) < 0)
		return -1;
	return load_values(app, o->initial, &ret->initial);
}

static int run_with(struct app *app, const struct files *files, int argc, char *const argv[])
{
	struct tree tree = {0};
	struct registers r = {.wait_s = LOCK_WAIT_DEFAULT_S};
	int rc = 0;
	if (app->opt.initial != NULL)
		r.initial = &files->initial;
	if (app->opt.values != NULL || files->td.asked.path != NULL) {
		r.values = &files->values;
		r.mrs = &files->values.mrs;
	} else {
		rc = app_probe(app, &tree);
		if (rc < 0 && app->err.status == ST_ABSENT && app->opt.inputs.n > 0)
			rc = err_no_target(app);
		r.root = &app->root;
		r.mrs = &tree.mrs;
		r.wait_s = LOCK_WAIT_DEFAULT_S;
	}
	if (rc == 0)
		rc = run(app, &r, files, argc, argv);
	/* What could not be looked at may be what was not found. */
	if (rc == 0 || app->err.status == ST_ABSENT)
		app_tell_unseen(app, r.mrs, argc, argv);
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
	td_file_clear(&files.td);
	register_file_clear(&files.values);
	register_file_clear(&files.expect);
	register_file_clear(&files.initial);
	return rc;
}
