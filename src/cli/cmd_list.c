/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"

static int err_column(struct app *app, const char *name, size_t n)
{
	err_set(&app->err, ST_USAGE, "unknown column '%.*s'; the columns are", (int)n, name);
	const char *comma = " ";
	for (size_t i = 0; i < n_row_mr_list_columns; i++) {
		if (row_mr_columns[i].title == NULL)
			continue;
		err_add(&app->err, "%s%s", comma, row_mr_columns[i].title);
		comma = ", ";
	}
	return -1;
}

static int pick_columns(struct app *app, struct table *t, const char *spec)
{
	t->n = 0;
	for (const char *p = spec;; p++) {
		size_t len = strcspn(p, ","), i = 0;
		while (i < n_row_mr_list_columns &&
			(row_mr_columns[i].title == NULL ||
				strlen(row_mr_columns[i].title) != len ||
				strncasecmp(row_mr_columns[i].title, p, len) != 0))
			i++;
		if (i == n_row_mr_list_columns || t->n == TABLE_COLUMNS_MAX)
			return err_column(app, p, len);
		t->picked[t->n++] = i;
		p += len;
		if (*p == '\0')
			return 0;
	}
}

static int print_table(struct app *app, struct table *t, const struct mr_pick *picks, size_t n)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct row_mr row;
		row_mr_fill(&row, picks[i].mr);
		rc = table_row(t, &app->out, &row, &app->err);
		row_mr_clear(&row);
	}
	table_end(t, &app->out);
	return rc;
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
	struct table t = {.columns = row_mr_columns, .header = !app->opt.no_header};
	table_pick_default(&t, n_row_mr_list_columns);
	if (app->opt.columns != NULL && pick_columns(app, &t, app->opt.columns) < 0)
		return -1;
	int rc = app_probe(app, &tree);
	if (rc == 0)
		rc = run(app, &t, &tree, argc, argv);
	tree_clear(&tree);
	return rc;
}
