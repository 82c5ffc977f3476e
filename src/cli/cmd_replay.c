/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "cli/app.h"
#include "cli/row_mr.h"
#include "ops/evidence.h"

/* The start that the log states; else zeros. */
static int replay(const struct app *app, const struct log_input *in, struct replay_result *ret,
	struct err *err)
{
	struct hasher *h;
	struct rfc_log log;
	bool stated;
	struct digest start = {.alg = in->mr->alg, .size = (uint8_t)in->mr->size};
	*ret = (struct replay_result){0};
	if (hasher_open(&h, in->mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, in->fd, in->mr->alg, err);
	if (rc == 0) {
		struct digest first;
		rc = replay_stated_start(&log, &stated, &first, err);
		if (rc == 0 && stated)
			start = first;
		if (rc == 0)
			rc = replay_log(&log, h, &start, 1, NULL, ret, err);
		rfc_log_close(&log);
	}
	hasher_close(h);
	if (rc < 0)
		return err_in(err, "'%s'", in->path);
	if (!mr_is_initial(in->mr, digest_bytes(&start)))
		app_note(app,
			"'%s': starts from the value that it states; what led to that is not in it",
			in->path);
	return 0;
}

/* What only the register can tell, and it is not at hand. */
static void note_doubts(
	const struct app *app, const struct log_input *in, const struct replay_result *r)
{
	struct stat st;
	if (r->n_runs > 0 && fstat(in->fd, &st) == 0 && r->runs[r->n_runs - 1].end == st.st_size)
		app_note(app,
			"'%s': offset %lld: these direct lines end the log and are taken as "
			"extended; only the register can tell",
			in->path, (long long)r->runs[r->n_runs - 1].first);
	if (r->untrue > 0)
		app_note(app, "'%s': offset %lld: a line claims what did not happen (%llu in all)",
			in->path, (long long)r->untrue_off, (unsigned long long)r->untrue);
}

/* One that is malformed does not keep the others from being printed. */
static void print_log(struct app *app, struct json *j, const struct log_input *in)
{
	struct replay_result r;
	struct row_mr row;
	row_mr_fill(&row, in->mr);
	if (replay(app, in, &r, &row.err) == 0) {
		note_doubts(app, in, &r);
		row.value = digest_bytes(&r.value);
	} else {
		app_error(app, &row.err);
	}
	row_mr_print_value(&row, app->opt.json ? j : NULL, &app->out);
	row_mr_clear(&row);
	replay_clear(&r);
}

static void print_all(struct app *app, const struct evidence *ev)
{
	struct json j;
	if (app->opt.json) {
		app_json_begin(app, &j);
		json_key(&j, "boot_id");
		json_null(&j);
		json_key(&j, app->cmd->rows);
		json_open(&j, '[');
	}
	for (size_t i = 0; i < ev->n_inputs; i++)
		print_log(app, &j, &ev->inputs[i]);
	if (app->opt.json) {
		json_close(&j, ']');
		app_json_end(&j);
	}
}

int cmd_replay(struct app *app, int argc, char *const argv[])
{
	struct evidence ev = {.lock = -1};
	struct mr_list mrs = {0};
	int rc = evidence_of_logs(&ev, argc, (const char *const *)argv, NULL, &mrs, &app->err);
	if (rc == 0)
		print_all(app, &ev);
	evidence_close(&ev);
	mr_list_clear(&mrs);
	return rc;
}
