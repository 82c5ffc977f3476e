/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"
#include "verify/replay.h"

/* What only the register can tell, and it is not at hand. */
static void note_doubts(
	const struct app *app, const struct log_input *in, const struct rfc_search_result *r)
{
	struct stat st;
	if (r->stated)
		app_note(app,
			"'%s': starts from a value that it states; what came before is not in it",
			in->path);
	if (r->n_runs > 0 && fstat(in->fd, &st) == 0 && r->runs[r->n_runs - 1].end == st.st_size)
		app_note(app,
			"'%s': offset %lld: the direct extends at the end of the log are taken as "
			"extended; only the register can tell",
			in->path, (long long)r->runs[r->n_runs - 1].first);
	if (r->untrue > 0 && r->verdict != VERDICT_UNDECIDED)
		app_note(app,
			"'%s': offset %lld: a SYNC or .EXTEND line does not correspond to an "
			"extend (%llu in all)",
			in->path, (long long)r->untrue_off, (unsigned long long)r->untrue);
}

static void print_row(struct app *app, struct json *j, const struct mr *mr, struct bytes value,
	const struct err *err)
{
	struct row_mr row;
	row_mr_fill(&row, mr);
	row.value = value;
	row.err = *err;
	row_mr_print_value(&row, app->opt.json ? j : NULL, &app->out);
	row_mr_clear(&row);
}

static void begin(struct app *app, struct json *j, const struct inputs *inputs)
{
	if (!app->opt.json)
		return;
	app_json_begin(app, j);
	json_key(j, "boot_id");
	json_null(j);
	app_json_logs(j, inputs);
	json_key(j, app->cmd->rows);
	json_open(j, '[');
}

static void end(const struct app *app, struct json *j)
{
	if (!app->opt.json)
		return;
	json_close(j, ']');
	app_json_end(j);
}

/* A register, and where its value is among those that were replayed. */
struct position {
	const struct mr *mr;
	size_t at;
};

static int by_pointer(const void *a, const void *b)
{
	const struct position *x = a, *y = b;
	return x->mr < y->mr ? -1 : x->mr > y->mr;
}

static int print_values(
	struct app *app, const struct register_file *values, const struct inputs *inputs)
{
	struct json j;
	size_t n = values->mrs.n;
	AUTO_FREE struct mr **sorted = calloc(n + 1, sizeof(*sorted));
	AUTO_FREE struct position *places = calloc(n + 1, sizeof(*places));
	if (sorted == NULL || places == NULL)
		return err_sys(&app->err, ENOMEM, "replay");
	struct mr_list list = {sorted, n};
	for (size_t i = 0; i < n; i++) {
		sorted[i] = values->mrs.mr[i];
		places[i] = (struct position){sorted[i], i};
	}
	qsort(places, n, sizeof(*places), by_pointer);
	mr_list_sort(&list);
	begin(app, &j, inputs);
	for (size_t i = 0; i < n; i++) {
		const struct position key = {sorted[i], 0};
		const struct position *p = bsearch(&key, places, n, sizeof(key), by_pointer);
		struct bytes value = {0};
		if (p != NULL && sorted[i]->bad.status == ST_OK)
			value = values->value[p->at];
		print_row(app, &j, sorted[i], value, &sorted[i]->bad);
	}
	end(app, &j);
	return 0;
}

/* Each error once, though it may be that of many registers. */
static void tell_rows(struct app *app, const struct register_file *values)
{
	const struct err *last = NULL;
	for (size_t i = 0; i < values->mrs.n; i++) {
		const struct mr *mr = values->mrs.mr[i];
		if (mr->bad.status == ST_OK)
			continue;
		app->status = status_worse(app->status, mr->bad.status);
		/* The error of a log that was cut is reported with the log. */
		if (mr->bad.status == ST_NO &&
			(last == NULL || strcmp(last->msg, mr->bad.msg) != 0)) {
			struct err err = mr->bad;
			err_in(&err, "%s", mr->full);
			app_error(app, &err);
		}
		last = &mr->bad;
	}
}

static void tell_inputs(
	struct app *app, const struct inputs *inputs, const struct rfc_search_result texts[])
{
	for (size_t i = 0; i < inputs->n; i++) {
		const struct log_input *in = &inputs->v[i];
		if (in->text && in->err.status == ST_OK)
			note_doubts(app, in, &texts[i]);
		if (in->err.status != ST_OK)
			app_error(app, &in->err);
		app_tell_log(app, in);
	}
}

static int run(struct app *app, struct inputs *inputs)
{
	struct register_file values = {0};
	struct rfc_search_result *texts = calloc(inputs->n + 1, sizeof(*texts));
	if (texts == NULL)
		return err_sys(&app->err, ENOMEM, "replay");
	app_watch(app, inputs);
	int rc = replay_run(inputs, &values, texts, &app->err);
	progress_end(&app->progress);
	if (rc == 0) {
		tell_inputs(app, inputs, texts);
		tell_rows(app, &values);
		rc = print_values(app, &values, inputs);
	}
	if (rc == 0 && values.mrs.n == 0 && app->status == ST_OK)
		rc = err_set(&app->err, ST_ABSENT, "no event in these logs extended a register");
	for (size_t i = 0; i < inputs->n; i++)
		rfc_search_clear(&texts[i]);
	free(texts);
	register_file_clear(&values);
	return rc;
}

int cmd_replay(struct app *app, int argc, char *const argv[])
{
	struct inputs inputs = {0};
	struct mr_list mrs = {0};
	int rc = 0;
	for (int i = 0; i < argc && rc == 0; i++)
		rc = inputs_add(&inputs, argv[i], &app->err);
	if (rc == 0)
		rc = inputs_name(&inputs, NULL, &mrs, &app->err);
	if (rc == 0)
		rc = run(app, &inputs);
	inputs_close(&inputs);
	mr_list_clear(&mrs);
	return rc;
}
