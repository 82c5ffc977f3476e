/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"
#include "verify/live.h"

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

static void begin(struct app *app, struct json *j)
{
	if (!app->opt.json)
		return;
	app_json_begin(app, j);
	json_key(j, "boot_id");
	json_null(j);
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

/* Texts alone: one that is malformed does not keep the others from being printed. */
static void print_texts(struct app *app, const struct evidence *ev)
{
	struct json j;
	begin(app, &j);
	for (size_t i = 0; i < ev->inputs.n; i++) {
		const struct log_input *in = &ev->inputs.v[i];
		struct replay_result r;
		struct err err = {0};
		struct bytes value = {0};
		if (replay(app, in, &r, &err) == 0) {
			note_doubts(app, in, &r);
			value = digest_bytes(&r.value);
		} else {
			app_error(app, &err);
		}
		print_row(app, &j, in->mr, value, &err);
		replay_clear(&r);
	}
	end(app, &j);
}

/* The first of its logs that was not read to its end; NULL: all were. */
static const struct err *cut_of(const struct inputs *inputs, const struct bank *bank)
{
	for (size_t i = 0; i < inputs->n; i++)
		for (size_t j = 0; j < bank->n_sources; j++)
			if (inputs->v[i].err.status != ST_OK &&
				bank->sources[j] == inputs->v[i].path)
				return &inputs->v[i].err;
	return NULL;
}

static int add_bank(struct values *values, const struct bank_reg *reg, const struct bank *bank,
	const struct err *cut, struct err *err)
{
	char room[EVENT_REG_ROOM];
	const struct digest *value = &bank_best(bank)->value;
	const char *name = event_reg_name(reg->place, reg->index, reg->name, room);
	const char *slash = strchr(name, '/');
	struct mr *mr = values_add(values, slash != NULL ? slash + 1 : name, hash_name(bank->alg),
		digest_bytes(value), err);
	if (mr == NULL)
		return -1;
	mr->flags = MR_RUNTIME | MR_READABLE;
	/* What a log that was cut makes of it is not what it holds. */
	if (cut != NULL)
		mr->bad = *cut;
	mr->cc_mr_index = reg->place == PLACE_CC_MR ? (int)reg->index : CC_MR_NONE;
	return 0;
}

static int add_banks(
	struct values *values, const struct inputs *inputs, const struct banks *b, struct err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++) {
			const struct bank *bank = b->reg[i]->of[alg];
			if (bank != NULL &&
				add_bank(values, b->reg[i], bank, cut_of(inputs, bank), err) < 0)
				return -1;
		}
	}
	return 0;
}

/* A kernel's text log goes on where others of its register end: its value is the register's. */
static int add_text(struct app *app, struct values *values, const struct log_input *in)
{
	struct replay_result r;
	struct err err;
	int rc = replay(app, in, &r, &err);
	size_t i = 0;
	if (rc < 0) {
		app_error(app, &err);
		replay_clear(&r);
		return 0;
	}
	note_doubts(app, in, &r);
	while (i < values->mrs.n && strcmp(values->mrs.mr[i]->full, in->mr->full) != 0)
		i++;
	if (i < values->mrs.n)
		memcpy((void *)(uintptr_t)values->value[i].p, r.value.v, r.value.size);
	else if (values_add(values, in->mr->name, hash_name(in->mr->alg), digest_bytes(&r.value),
			 &app->err) == NULL)
		rc = -1;
	else
		values->mrs.mr[i]->flags = MR_RUNTIME | MR_READABLE;
	replay_clear(&r);
	return rc;
}

static int print_values(struct app *app, const struct values *values)
{
	struct json j;
	AUTO_FREE struct mr **sorted = calloc(values->mrs.n + 1, sizeof(*sorted));
	if (sorted == NULL)
		return err_sys(&app->err, ENOMEM, "replay");
	struct mr_list list = {sorted, values->mrs.n};
	if (list.n > 0)
		memcpy(sorted, values->mrs.mr, list.n * sizeof(*sorted));
	mr_list_sort(&list);
	begin(app, &j);
	for (size_t i = 0; values->mrs.mr != NULL && i < list.n; i++) {
		size_t k = 0;
		while (values->mrs.mr[k] != sorted[i])
			k++;
		struct bytes value = {0};
		if (sorted[i]->bad.status == ST_OK)
			value = values->value[k];
		print_row(app, &j, sorted[i], value, &sorted[i]->bad);
	}
	end(app, &j);
	return 0;
}

static int fill_values(struct app *app, struct evidence *ev, struct values *values)
{
	struct banks banks;
	banks_init(&banks, NULL, 0);
	app_watch(app, &ev->inputs);
	int rc = inputs_replay(&ev->inputs, &banks, &app->err);
	progress_end(&app->progress);
	if (rc == 0)
		rc = add_banks(values, &ev->inputs, &banks, &app->err);
	for (size_t i = 0; i < ev->inputs.n && rc == 0; i++) {
		const struct log_input *in = &ev->inputs.v[i];
		if (in->text)
			rc = add_text(app, values, in);
		if (in->err.status != ST_OK)
			app_error(app, &in->err);
		if (in->reader != NULL && in->reader->note[0] != '\0')
			app_note(app, "'%s': %s", in->path, in->reader->note);
	}
	banks_clear(&banks);
	return rc;
}

static int print_all(struct app *app, struct evidence *ev)
{
	struct values values = {0};
	if (ev->inputs.n == ev->inputs.n_text) {
		print_texts(app, ev);
		return 0;
	}
	int rc = fill_values(app, ev, &values);
	if (rc == 0)
		rc = print_values(app, &values);
	if (rc == 0 && values.mrs.n == 0 && app->status == ST_OK)
		rc = err_set(&app->err, ST_ABSENT, "no event in these logs extended a register");
	values_clear(&values);
	return rc;
}

int cmd_replay(struct app *app, int argc, char *const argv[])
{
	struct evidence ev = {.lock = -1};
	struct mr_list mrs = {0};
	int rc = 0;
	ev.mrs = &mrs;
	for (int i = 0; i < argc && rc == 0; i++)
		rc = inputs_add(&ev.inputs, argv[i], &app->err);
	if (rc == 0)
		rc = inputs_name(&ev.inputs, NULL, &mrs, &app->err);
	if (rc == 0)
		rc = print_all(app, &ev);
	evidence_close(&ev);
	mr_list_clear(&mrs);
	return rc;
}
