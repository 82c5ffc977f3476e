/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"
#include "cli/td_file.h"
#include "evidence/register_file.h"
#include "kernel/lock.h"

/* A register that is to be shown, and its value, read before anything is printed: on some kernels
 * reading needs the lock, and a pager may keep a printer waiting for hours. */
struct reading {
	const struct mr *mr;
	uint8_t *buf;
	size_t size;
	struct err err;
};

struct readings {
	struct reading *v;
	size_t n;
};

static void readings_clear(struct readings *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].buf);
	free(r->v);
}

/* Those that the operands mean; without an entry only those that are named. */
static int pick(struct app *app, const struct mr_list *mrs, int argc, char *const argv[],
	struct readings *ret)
{
	AUTO_FREE struct mr_pick *picks = NULL;
	size_t n;
	if (app_pick(app, mrs, argc, argv, &picks, &n) < 0)
		return -1;
	ret->v = calloc(n + 1, sizeof(*ret->v));
	if (ret->v == NULL)
		return err_sys(&app->err, ENOMEM, "registers");
	for (size_t i = 0; i < n; i++) {
		const struct mr *mr = picks[i].mr;
		if (!app->opt.raw && !picks[i].by_name && mr_lacks_entry(mr))
			continue;
		struct reading *r = &ret->v[ret->n];
		r->mr = mr;
		r->size = mr->size;
		r->buf = malloc(r->size + 1);
		if (r->buf == NULL)
			return err_sys(&app->err, ENOMEM, "'%s'", mr->full);
		ret->n++;
	}
	return 0;
}

static int read_all(struct app *app, struct readings *r)
{
	AUTO_CLOSE int lock = -1;
	bool contends = false;
	for (size_t i = 0; i < r->n; i++)
		contends = contends || backend_contends(r->v[i].mr);
	if (contends && lock_read(&app->root, LOCK_WAIT_DEFAULT_S, &lock, &app->err) < 0)
		return err_add(&app->err, ": nothing was read");
	for (size_t i = 0; i < r->n; i++)
		mr_read(&app->root, r->v[i].mr, r->v[i].buf, &r->v[i].err);
	return 0;
}

/* One that cannot be read does not keep the others from being printed. */
static void print_value(struct app *app, struct json *j, const struct reading *r)
{
	struct row_mr row;
	row_mr_fill(&row, r->mr);
	row.err = r->err;
	if (r->err.status == ST_OK)
		row.value = (struct bytes){r->buf, r->size};
	else
		app_error(app, &row.err);
	row_mr_print_value(&row, app->opt.json ? j : NULL, &app->out);
	row_mr_clear(&row);
}

static int check_raw(struct app *app, const struct readings *r)
{
	if (!app->opt.raw)
		return 0;
	if (r->n != 1)
		return err_set(&app->err, ST_USAGE,
			"--raw prints exactly one register, not %zu: name one", r->n);
	if (app->opt.json)
		return err_set(&app->err, ST_USAGE, "--raw and --json cannot be combined");
	return 0;
}

static int print_raw(struct app *app, const struct reading *r)
{
	if (r->err.status != ST_OK) {
		app->err = r->err;
		return -1;
	}
	sink_bytes(&app->out, (struct bytes){r->buf, r->size});
	return 0;
}

static void json_head(struct app *app, struct json *j, const struct td_file *td)
{
	char boot_id[37];
	app_json_begin(app, j);
	json_key(j, "boot_id");
	if (td->asked.path == NULL && boot_id_read(&app->root, boot_id))
		json_str(j, boot_id);
	else
		json_null(j);
	td_file_json_facts(td, j);
	json_key(j, app->cmd->rows);
	json_open(j, '[');
}

static int print(struct app *app, const struct readings *r, const struct td_file *td)
{
	struct json j;
	if (r->v == NULL) /* never after a pick */
		return -1;
	if (app->opt.raw)
		td_file_warn(td);
	if (app->opt.raw)
		return print_raw(app, r->v);
	if (app->opt.json)
		json_head(app, &j, td);
	else
		td_file_print(app, td);
	for (size_t i = 0; i < r->n; i++)
		print_value(app, &j, &r->v[i]);
	if (app->opt.json) {
		json_close(&j, ']');
		app_json_end(&j);
	}
	return 0;
}

static int read_live(struct app *app, const struct td_file *td, int argc, char *const argv[])
{
	struct tree tree;
	struct readings r = {0};
	int rc = app_probe(app, &tree);
	rc = rc < 0 ? rc : pick(app, &tree.mrs, argc, argv, &r);
	rc = rc < 0 ? rc : check_raw(app, &r);
	rc = rc < 0 ? rc : read_all(app, &r);
	rc = rc < 0 ? rc : print(app, &r, td);
	if (rc == 0)
		app_tell_unseen(app, &tree.mrs, argc, argv);
	readings_clear(&r);
	tree_clear(&tree);
	return rc;
}

static void take_values(const struct register_file *values, struct readings *r)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < values->mrs.n; k++)
			if (values->mrs.mr[k] == r->v[i].mr)
				memcpy(r->v[i].buf, values->value[k].p, r->v[i].mr->size);
}

static int read_file(struct app *app, struct td_file *td, int argc, char *const argv[])
{
	struct register_file values;
	struct readings r = {0};
	int rc = td_file_load(app, td, &values);
	rc = rc < 0 ? rc : pick(app, &values.mrs, argc, argv, &r);
	rc = rc < 0 ? rc : check_raw(app, &r);
	if (rc == 0) {
		take_values(&values, &r);
		rc = print(app, &r, td);
	}
	if (rc == 0)
		td_file_tell_limits(app, td);
	readings_clear(&r);
	register_file_clear(&values);
	return rc;
}

int cmd_read(struct app *app, int argc, char *const argv[])
{
	struct td_file td = {0};
	if (td_options_check(app, &td.asked) < 0)
		return -1;
	int rc = td.asked.path != NULL ? read_file(app, &td, argc, argv)
				       : read_live(app, &td, argc, argv);
	td_file_clear(&td);
	return rc;
}
