/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"

/* One that cannot be read does not keep the others from being printed. */
static int print_value(struct app *app, struct json *j, const struct mr *mr)
{
	struct row_mr row;
	AUTO_FREE uint8_t *buf = malloc(mr->size + 1u);
	if (buf == NULL)
		return err_sys(&app->err, ENOMEM, "'%s'", mr->full);
	row_mr_fill(&row, mr);
	if (mr_read(&app->root, mr, buf, &row.err) == 0)
		row.value = (struct bytes){buf, mr->size};
	else
		app_error(app, &row.err);
	row_mr_print_value(&row, app->opt.json ? j : NULL, &app->out);
	row_mr_clear(&row);
	return 0;
}

static int print_raw(struct app *app, const struct mr_pick *picks, size_t n)
{
	if (n != 1)
		return err_set(&app->err, ST_USAGE,
			"--raw prints one register, and %zu are meant: name one", n);
	if (app->opt.json)
		return err_set(&app->err, ST_USAGE, "--raw and --json exclude each other");
	AUTO_FREE uint8_t *buf = malloc(picks[0].mr->size + 1u);
	if (buf == NULL)
		return err_sys(&app->err, ENOMEM, "'%s'", picks[0].mr->full);
	if (mr_read(&app->root, picks[0].mr, buf, &app->err) < 0)
		return -1;
	sink_bytes(&app->out, (struct bytes){buf, picks[0].mr->size});
	return 0;
}

static void json_boot_id(struct app *app, struct json *j)
{
	char boot_id[37];
	json_key(j, "boot_id");
	if (boot_id_read(&app->root, boot_id))
		json_str(j, boot_id);
	else
		json_null(j);
}

static int run(struct app *app, const struct tree *tree, int argc, char *const argv[])
{
	AUTO_FREE struct mr_pick *picks = NULL;
	size_t n;
	struct json j;
	if (mr_list_pick(&tree->mrs, argc, argv, &picks, &n, &app->err) < 0)
		return -1;
	if (app->opt.raw)
		return print_raw(app, picks, n);
	if (app->opt.json) {
		app_json_begin(app, &j);
		json_boot_id(app, &j);
		json_key(&j, app->cmd->rows);
		json_open(&j, '[');
	}
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (picks[i].by_name || !mr_lacks_entry(picks[i].mr))
			rc = print_value(app, &j, picks[i].mr);
	if (app->opt.json) {
		json_close(&j, ']');
		app_json_end(&j);
	}
	if (argc == 0 && tree->problem.status != ST_OK)
		app_error(app, &tree->problem);
	return rc;
}

int cmd_read(struct app *app, int argc, char *const argv[])
{
	struct tree tree;
	int rc = app_probe(app, &tree);
	if (rc == 0)
		rc = run(app, &tree, argc, argv);
	tree_clear(&tree);
	return rc;
}
