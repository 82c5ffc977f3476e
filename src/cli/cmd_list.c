/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"

static int print_table(struct app *app, struct table *t, const struct mr_pick *picks, size_t n)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct row_mr row;
		row_mr_fill(&row, picks[i].mr);
		rc = table_row(t, &app->out, &row, &app->err);
		row_mr_clear(&row);
	}
	return table_end(t, &app->out, rc == 0 ? &app->err : &(struct err){0}) < 0 ? -1 : rc;
}

static void print_json(struct app *app, const struct mr_pick *picks, size_t n)
{
	struct json j;
	app_json_begin(app, &j);
	json_key(&j, app->cmd->rows);
	json_open(&j, '[');
	for (size_t i = 0; i < n; i++) {
		struct row_mr row;
		row_mr_fill(&row, picks[i].mr);
		row_json(&j, row_mr_columns, n_row_mr_list_columns, &row);
		row_mr_clear(&row);
	}
	json_close(&j, ']');
	app_json_end(&j);
}

static int run(
	struct app *app, struct table *t, const struct tree *tree, int argc, char *const argv[])
{
	AUTO_FREE struct mr_pick *picks = NULL;
	size_t n;
	if (app_pick(app, &tree->mrs, argc, argv, &picks, &n) < 0)
		return -1;
	if (app->opt.json)
		print_json(app, picks, n);
	else if (print_table(app, t, picks, n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (picks[i].mr->bad.status != ST_OK)
			app_error(app, &picks[i].mr->bad);
	app_tell_unseen(app, &tree->mrs, argc, argv);
	return 0;
}

int cmd_list(struct app *app, int argc, char *const argv[])
{
	struct tree tree;
	struct table t = {
		.columns = row_mr_columns, .header = !app->opt.no_header, .screen = app->screen};
	table_pick_default(&t, n_row_mr_list_columns);
	if (app->opt.columns != NULL &&
		table_pick(&t, n_row_mr_list_columns, app->opt.columns, &app->err) < 0)
		return -1;
	int rc = app_probe(app, &tree);
	if (rc == 0)
		rc = run(app, &t, &tree, argc, argv);
	tree_clear(&tree);
	return rc;
}
