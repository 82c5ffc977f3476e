/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/strbuf.h"
#include "cli/app.h"
#include "cli/row_extend.h"
#include "cli/row_mr.h"
#include "evidence/register_file.h"
#include "ops/extend.h"
#include "ops/extend_predict.h"
#include "ops/measure.h"
#include "ops/measure_files.h"
#include "ops/measure_register.h"
#include "verify/system.h"

/* Another program that keeps a log of a register; its name is NULL if there is none. */
struct keeper {
	const char *name, *path;
};

static const char no_phase[] = "-"; /* the lines before any */

/* The phase that an option names, as lines have it. */
static const char *phase_named(const char *name)
{
	return strcmp(name, no_phase) != 0 ? name : NULL;
}

static int check_phase(struct app *app, size_t i)
{
	const char *const *phases = app->opt.phases.v;
	if (!measure_list_is_phase(phases[i]) && strcmp(phases[i], no_phase) != 0)
		return err_set(&app->err, ST_USAGE,
			"--phase: '%s' is not the name of a phase: it has to be one word",
			phases[i]);
	for (size_t k = 0; k < i; k++)
		if (strcmp(phases[k], phases[i]) == 0)
			return err_set(
				&app->err, ST_USAGE, "--phase: '%s' is there twice", phases[i]);
	return 0;
}

static int check_options(struct app *app)
{
	const struct options *o = &app->opt;
	if (o->predict && o->dry_run)
		return err_set(&app->err, ST_USAGE, "--predict and --dry-run cannot be combined");
	if (o->values != NULL && !o->predict)
		return err_set(&app->err, ST_USAGE, "--values goes with --predict only");
	for (size_t i = 0; i < o->phases.n; i++)
		if (check_phase(app, i) < 0)
			return -1;
	return 0;
}

static int load_lists(struct app *app, int argc, char *const argv[], struct measure_list *ret)
{
	if (argc == 0)
		return measure_files_add_default(&app->root, ret, &app->err);
	for (int i = 0; i < argc; i++)
		if (measure_files_add(&app->root, argv[i], ret, &app->err) < 0)
			return -1;
	return 0;
}

/* In the words of a list: a register that is not here is one thing, a name that is none another. */
static struct mr *find_register(struct app *app, struct tree *tree, const char *spec)
{
	if (!tree->tvm)
		return measure_register(&tree->mrs, spec, &app->err);
	struct mr *mr = app_find_own(app, tree, spec);
	if (mr == NULL && app->err.status == ST_USAGE)
		app->err.status = app->err.sys == ENOENT ? ST_ABSENT : ST_FORMAT;
	else if (mr == NULL && app->err.status == ST_ABSENT)
		app->err.status = ST_FORMAT;
	return mr;
}

static int err_at(struct app *app, const struct measure_line *line)
{
	return err_in(&app->err, "'%s:%zu'", line->file, line->line);
}

/* All lines, before the first is extended. */
static int check_lines(struct app *app, struct tree *tree, struct measure *m)
{
	for (size_t i = 0; i < m->batch.n; i++) {
		struct mr *mr = find_register(app, tree, m->lines[i]->reg);
		if (mr == NULL || measure_check(m, i, mr, &app->err) < 0)
			return err_at(app, m->lines[i]);
	}
	return 0;
}

/* What each register holds before its first line: zeros, or what --values says. */
static int set_starts(struct app *app, const struct register_file *values,
	const struct register_file_map *map, struct measure *m)
{
	for (size_t i = 0; i < m->batch.n; i++) {
		const struct mr *mr = m->wanted[i].mr;
		struct digest *start = &m->batch.done[i].before;
		size_t row = register_file_map_row(map, mr);
		*start = (struct digest){.alg = mr->alg, .size = (uint8_t)mr->size};
		if (row == VALUES_NO_ROW)
			continue;
		if (row == VALUES_TWO_ROWS)
			return err_set(&app->err, ST_FORMAT, "'%s': '%s' is there twice",
				app->opt.values, mr->full);
		if (values->value[row].p == NULL || values->value[row].n != mr->size)
			return err_set(&app->err, ST_FORMAT, "'%s': no value of %u bytes of '%s'",
				app->opt.values, mr->size, mr->full);
		*start = digest_of(mr->alg, values->value[row]);
		if (mr->log == LOG_OF_KERNEL && !bytes_all_zero(digest_bytes(start)))
			return err_set(&app->err, ST_ABSENT,
				"'%s': the kernel keeps the log of '%s', and its value does not "
				"tell whether a SYNC record comes next: predict from zeros",
				app->opt.values, mr->full);
	}
	return 0;
}

static int load_starts(struct app *app, const struct mr_list *mrs, struct measure *m)
{
	struct register_file values = {0};
	struct register_file_map map = {0};
	int rc = 0;
	if (app->opt.values != NULL) {
		rc = register_file_load(app->opt.values, &values, &app->err);
		rc = rc < 0 ? rc : register_file_map_init(&map, &values, mrs, &app->err);
	}
	rc = rc < 0 ? rc : set_starts(app, &values, &map, m);
	register_file_map_clear(&map);
	register_file_clear(&values);
	return rc;
}

/* The last line of a register; m->batch.n: it has none. */
static size_t last_of(const struct measure *m, const struct mr *mr)
{
	for (size_t i = m->batch.n; i-- > 0;)
		if (m->wanted[i].mr == mr && !m->batch.done[i].already)
			return i;
	return m->batch.n;
}

/* As read prints them. */
static void print_values(struct app *app, struct mr_list *mrs, const struct measure *m)
{
	struct json j;
	struct row_mr row;
	if (app->opt.json) {
		app_json_begin(app, &j);
		json_key(&j, "boot_id");
		json_null(&j);
		json_key(&j, app->cmd->rows);
		json_open(&j, '[');
	}
	mr_list_sort(mrs);
	for (size_t i = 0; i < mrs->n; i++) {
		size_t last = last_of(m, mrs->mr[i]);
		if (last == m->batch.n)
			continue;
		row_mr_fill(&row, mrs->mr[i]);
		row.value = digest_bytes(&m->batch.done[last].after);
		row_mr_print_value(&row, app->opt.json ? &j : NULL, &app->out);
		row_mr_clear(&row);
	}
	if (app->opt.json) {
		json_close(&j, ']');
		app_json_end(&j);
	}
}

static int predict(struct app *app, struct tree *tree, struct measure *m)
{
	if (load_starts(app, &tree->mrs, m) < 0 || extend_predict_all(&m->batch, &app->err) < 0)
		return -1;
	print_values(app, &tree->mrs, m);
	return 0;
}

static void print_line(struct app *app, const struct measure *m, size_t i)
{
	const struct extend_done *done = &m->batch.done[i];
	const struct measure_line *line = m->lines[i];
	const char *full = m->wanted[i].mr->full;
	const struct digest *value = row_extend_value(done);
	if (app->opt.dry_run && value == NULL)
		return;
	AUTO_FREE char *file = bytes_visible(line->file);
	if (app->opt.dry_run)
		sink_hex(&app->out, digest_bytes(value));
	else
		sink_str(&app->out, done->already ? "present" : "extended");
	sink_str(&app->out, "  ");
	sink_str(&app->out, full);
	sink_str(&app->out, "  ");
	sink_str(&app->out, file != NULL ? file : "?");
	sink_char(&app->out, ':');
	sink_u64(&app->out, line->line);
	sink_char(&app->out, '\n');
}

static void print_json_row(struct json *j, const struct measure *m, size_t i, const struct err *err)
{
	struct row_extend row;
	row_extend_fill(&row, &m->wanted[i], &m->batch.done[i]);
	row.file = m->lines[i]->file;
	row.line = m->lines[i]->line;
	row.err = *err;
	row_json(j, row_extend_columns, n_row_extend_line_columns, &row);
}

/* What was done, and, after a failure, the line that it failed at. */
static void print_results(struct app *app, const struct measure *m, bool failed)
{
	static const struct err fine;
	struct json j;
	/* What is no single line's fault is the document's, which main prints. */
	if (failed && m->batch.at == m->batch.n)
		return;
	if (!app->opt.json) {
		for (size_t i = 0; i < m->batch.n_done; i++)
			print_line(app, m, i);
		return;
	}
	app_json_begin(app, &j);
	json_key(&j, app->cmd->rows);
	json_open(&j, '[');
	for (size_t i = 0; i < m->batch.n_done; i++)
		print_json_row(&j, m, i, &fine);
	if (failed)
		print_json_row(&j, m, m->batch.at, &app->err);
	json_close(&j, ']');
	app_json_end(&j);
}

/* The value alone, which a dry run prints, does not show that this line adds nothing to it. */
static void tell_present(struct app *app, const struct measure *m, size_t i)
{
	app_note(app, "'%s:%zu': %s; it would not be extended again", m->lines[i]->file,
		m->lines[i]->line,
		extend_is_repeated(&m->batch, i) ? "an earlier line measures the same"
						 : "already extended in this boot");
}

static void tell_notes(struct app *app, const struct measure *m, const struct keeper keepers[])
{
	for (size_t i = 0; i < m->batch.n_done; i++) {
		const struct extend_done *done = &m->batch.done[i];
		const struct extend_wanted *w = &m->wanted[i];
		if (!done->already && done->note[0] != '\0')
			app_note(app, "%s", done->note);
		if (w->dry_run && done->already)
			tell_present(app, m, i);
		else if (w->dry_run)
			row_extend_note_dry_run(app, w);
		/* Once for a register. */
		if (!done->already && keepers[i].name != NULL &&
			extend_previous(&m->batch, i) == m->batch.n)
			row_extend_note_other_keeper(app, w->mr, keepers[i].name, keepers[i].path);
	}
}

/* How far it came, for who has to know what the registers hold now. */
static void count_extended(struct app *app, const struct measure *m, bool failed)
{
	size_t n = 0;
	for (size_t i = 0; i < m->batch.n_done; i++)
		n += !m->batch.done[i].already;
	app->changed = n > 0 && !app->opt.dry_run;
	if (failed && m->batch.at < m->batch.n && !app->opt.dry_run)
		err_add(&app->err, "; before this line, %zu of %zu lines %s extended%s", n,
			m->batch.n, n == 1 ? "was" : "were",
			n > 0 ? ": the next run goes on from there" : "");
}

static void find_keepers(struct app *app, const struct measure *m, struct keeper keepers[])
{
	for (size_t i = 0; i < m->batch.n; i++) {
		size_t first = 0;
		while (m->wanted[first].mr != m->wanted[i].mr)
			first++;
		keepers[i] = keepers[first];
		if (first == i)
			keepers[i].name =
				system_other_keeper(&app->root, m->wanted[i].mr, &keepers[i].path);
	}
}

static int extend(struct app *app, struct measure *m)
{
	AUTO_FREE struct keeper *keepers = calloc(m->batch.n + 1, sizeof(*keepers));
	if (keepers == NULL)
		return err_sys(&app->err, ENOMEM, "lists");
	find_keepers(app, m, keepers);
	int rc = extend_run(&m->batch, &app->err);
	if (rc < 0 && m->batch.at < m->batch.n)
		err_at(app, m->lines[m->batch.at]);
	count_extended(app, m, rc < 0);
	tell_notes(app, m, keepers);
	print_results(app, m, rc < 0);
	return rc;
}

/* The first line of a phase; list->n: it has none. */
static size_t first_of(const struct measure_list *list, const char *phase)
{
	size_t i = 0;
	while (i < list->n && !measure_list_in_phase(&list->v[i], phase))
		i++;
	return i;
}

enum { PHASES_SHOWN = 8 };

/* The phases that have lines, for somebody who misspelt one. */
static void put_phases(const struct measure_list *list, struct text *ret)
{
	size_t shown = 0;
	for (size_t i = 0; i < list->n && shown <= PHASES_SHOWN; i++) {
		const char *phase = list->v[i].phase;
		if (phase == NULL || first_of(list, phase) < i)
			continue;
		if (shown++ < PHASES_SHOWN)
			text_put(ret, "%s'%.64s'", shown == 1 ? "phases in the lists: " : ", ",
				phase);
		else
			text_put(ret, ", ...");
	}
	if (shown == 0)
		text_put(ret, "the lists have no phases");
}

static bool has_phases(const struct measure_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].phase != NULL)
			return true;
	return false;
}

/* Whoever names a phase means to measure something; who names none may have nothing for it. */
static void tell_empty_phase(const struct app *app, const struct measure *m, const char *phase)
{
	char buf[PHASES_SHOWN * 72 + 64];
	struct text phases = {.buf = buf, .room = sizeof(buf)};
	if (phase == NULL && m->batch.n == 0)
		app_note(
			app, "nothing to measure: the lists have no line before the first [PHASE]");
	if (phase == NULL || first_of(m->list, phase) < m->list->n)
		return;
	put_phases(m->list, &phases);
	app_note(app, "no line is for phase '%s'; %s", phase, buf);
}

/* Who tries lists out without a phase may think that this was all of them. */
static void tell_left_out(const struct app *app, const struct measure_list *list)
{
	char buf[PHASES_SHOWN * 72 + 64];
	struct text phases = {.buf = buf, .room = sizeof(buf)};
	if (!app->opt.dry_run || app->opt.phases.n > 0 || !has_phases(list))
		return;
	put_phases(list, &phases);
	app_note(app, "lines of phases are taken only with --phase; %s", buf);
}

static void take_phases(const struct app *app, struct measure *m)
{
	static const char *const by_default[] = {no_phase};
	const struct str_list *asked = &app->opt.phases;
	const char *const *phases = asked->n > 0 ? asked->v : by_default;
	size_t n = asked->n > 0 ? asked->n : 1;
	const struct extend_wanted like = {
		.once = true, .dry_run = app->opt.dry_run, .wait_s = app->opt.wait_s};
	for (size_t i = 0; i < n; i++)
		measure_add_phase(m, phase_named(phases[i]), &like);
	for (size_t i = 0; i < n; i++)
		tell_empty_phase(app, m, phase_named(phases[i]));
	tell_left_out(app, m->list);
}

static int run(struct app *app, struct tree *tree, const struct measure_list *list)
{
	struct measure m;
	int rc = measure_init(&m, list, &app->err);
	if (rc == 0) {
		m.batch.root = &app->root;
		m.batch.mrs = &tree->mrs;
		take_phases(app, &m);
		rc = check_lines(app, tree, &m);
	}
	if (rc == 0)
		rc = app->opt.predict ? predict(app, tree, &m) : extend(app, &m);
	measure_clear(&m);
	return rc;
}

/* --predict prints what read does. */
static void print_as_read(struct app *app)
{
	static struct cmd_spec cmd;
	const struct cmd_spec *read = command_by_name("read");
	cmd = *app->cmd;
	cmd.schema = read->schema;
	cmd.rows = read->rows;
	app->cmd = &cmd;
}

static int measure(struct app *app, struct tree *tree, int argc, char *const argv[])
{
	struct measure_list list = {0};
	int rc = load_lists(app, argc, argv, &list);
	if (rc == 0)
		rc = run(app, tree, &list);
	measure_list_clear(&list);
	return rc;
}

static int without_tvm(struct app *app)
{
	if (app->opt.graceful)
		return app_skip_no_tvm(app);
	tree_err_no_tvm(&app->root, app->opt.abi, &app->err);
	return err_add(&app->err, "; 'tsmctl status' says more");
}

int cmd_measure(struct app *app, int argc, char *const argv[])
{
	struct tree tree;
	if (app->opt.predict)
		print_as_read(app);
	if (check_options(app) < 0)
		return -1;
	int rc = app_probe(app, &tree);
	bool no_tvm = app_has_no_tvm(app, &tree, rc);
	if (no_tvm && app->opt.predict) {
		/* A TPM's registers are not extended here, and lists name none. */
		tree_clear(&tree);
		tree = (struct tree){0};
		rc = measure(app, &tree, argc, argv);
	} else if (no_tvm) {
		rc = without_tvm(app);
	} else if (rc == 0) {
		rc = measure(app, &tree, argc, argv);
	}
	tree_clear(&tree);
	return rc;
}
