/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"
#include "cli/td_file.h"
#include "verify/live.h"

/* One that cannot be read does not keep the others from being printed. */
static int print_value(
	struct app *app, struct json *j, const struct evidence *ev, const struct mr *mr)
{
	struct row_mr row;
	AUTO_FREE uint8_t *buf = malloc(mr->size + 1u);
	if (buf == NULL)
		return err_sys(&app->err, ENOMEM, "'%s'", mr->full);
	row_mr_fill(&row, mr);
	if (evidence_value(ev, mr, buf, &row.err) == 0)
		row.value = (struct bytes){buf, mr->size};
	else
		app_error(app, &row.err);
	row_mr_print_value(&row, app->opt.json ? j : NULL, &app->out);
	row_mr_clear(&row);
	return 0;
}

static int print_raw(
	struct app *app, const struct evidence *ev, const struct mr_pick *picks, size_t n)
{
	if (n != 1)
		return err_set(&app->err, ST_USAGE,
			"--raw prints one register, and %zu are meant: name one", n);
	if (app->opt.json)
		return err_set(&app->err, ST_USAGE, "--raw and --json exclude each other");
	AUTO_FREE uint8_t *buf = malloc(picks[0].mr->size + 1u);
	if (buf == NULL)
		return err_sys(&app->err, ENOMEM, "'%s'", picks[0].mr->full);
	if (evidence_value(ev, picks[0].mr, buf, &app->err) < 0)
		return -1;
	sink_bytes(&app->out, (struct bytes){buf, picks[0].mr->size});
	return 0;
}

static void json_head(struct app *app, struct json *j, const struct td_file *td)
{
	char boot_id[37];
	app_json_begin(app, j);
	json_key(j, "boot_id");
	if (td->path == NULL && boot_id_read(&app->root, boot_id))
		json_str(j, boot_id);
	else
		json_null(j);
	td_file_json_facts(td, j);
	json_key(j, app->cmd->rows);
	json_open(j, '[');
}

static int run(struct app *app, const struct evidence *ev, const struct td_file *td, int argc,
	char *const argv[])
{
	AUTO_FREE struct mr_pick *picks = NULL;
	size_t n;
	struct json j;
	if (mr_list_pick(ev->mrs, argc, argv, &picks, &n, &app->err) < 0)
		return -1;
	if (app->opt.raw)
		return print_raw(app, ev, picks, n);
	if (app->opt.json)
		json_head(app, &j, td);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (picks[i].by_name || !mr_lacks_entry(picks[i].mr))
			rc = print_value(app, &j, ev, picks[i].mr);
	if (app->opt.json) {
		json_close(&j, ']');
		app_json_end(&j);
	}
	return rc;
}

static int read_live(struct app *app, const struct td_file *td, int argc, char *const argv[])
{
	struct tree tree;
	int rc = app_probe(app, &tree);
	struct evidence ev = {.root = &app->root, .mrs = &tree.mrs, .lock = -1};
	if (rc == 0)
		rc = run(app, &ev, td, argc, argv);
	if (rc == 0 && argc == 0 && !app->opt.raw && tree.problem.status != ST_OK)
		app_error(app, &tree.problem);
	tree_clear(&tree);
	return rc;
}

static int read_file(struct app *app, struct td_file *td, int argc, char *const argv[])
{
	struct values values;
	struct evidence ev = {.mrs = &values.mrs, .values = &values, .lock = -1};
	int rc = td_file_load(app, td, &values);
	if (rc == 0)
		rc = run(app, &ev, td, argc, argv);
	values_clear(&values);
	return rc;
}

int cmd_read(struct app *app, int argc, char *const argv[])
{
	struct td_file td;
	if (td_file_options(app, &td) < 0)
		return -1;
	return td.path != NULL ? read_file(app, &td, argc, argv) : read_live(app, &td, argc, argv);
}
