/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_mr.h"
#include "ops/write.h"

struct row_write {
	const char *full;
	struct bytes before, after;
};

static const struct column columns[] = {
	{"register", NULL, COL_STR, offsetof(struct row_write, full), 0},
	{"before", NULL, COL_HEX, offsetof(struct row_write, before), 0},
	{"after", NULL, COL_HEX, offsetof(struct row_write, after), 0},
};

/* The value to write, in *ret, which the caller frees. */
static int find_value(struct app *app, const struct mr *mr, uint8_t **ret)
{
	size_t n = mr->size;
	if (app->opt.file != NULL) {
		if (input_read(app->opt.file, VALUE_SIZE_MAX, ret, &n, &app->err) < 0) {
			if (app->err.status == ST_FORMAT)
				app->err.status = ST_USAGE;
			return -1;
		}
	} else {
		*ret = malloc(mr->size + 1u);
		if (*ret == NULL)
			return err_sys(&app->err, ENOMEM, "'%s'", mr->full);
		if (!hex_get(*ret, n, bytes_of(app->opt.hex), true))
			return err_set(&app->err, ST_USAGE,
				"--hex: '%s' has %u bytes: exactly %u hex digits are needed",
				mr->full, mr->size, 2 * mr->size);
	}
	if (n != mr->size)
		return err_set(&app->err, ST_USAGE, "'%s' has %zu bytes, the register '%s' %u",
			app->opt.file, n, mr->full, mr->size);
	return 0;
}

static void print_result(struct app *app, const struct row_write *row)
{
	struct json j;
	if (app->opt.json) {
		app_json_begin(app, &j);
		row_members(&j, columns, sizeof(columns) / sizeof(columns[0]), row);
		app_json_end(&j);
		return;
	}
	if (row->after.p != NULL)
		print_value_line(&app->out, row->after, row->full);
}

static int set(struct app *app, struct mr *mr)
{
	AUTO_FREE uint8_t *value = NULL;
	AUTO_FREE uint8_t *buf = malloc(2 * (size_t)mr->size + 1);
	if (buf == NULL)
		return err_sys(&app->err, ENOMEM, "'%s'", mr->full);
	if (write_allowed(mr, &app->err) < 0 || find_value(app, mr, &value) < 0)
		return -1;
	struct write_seen seen = {.before = buf, .after = buf + mr->size};
	struct bytes want = {value, mr->size};
	if (write_run(&app->root, mr, want, app->opt.wait_s, &seen, &app->err) < 0)
		return -1;
	app->changed = true;
	struct row_write row = {.full = mr->full};
	if (seen.known) {
		row.before = (struct bytes){seen.before, mr->size};
		row.after = (struct bytes){seen.after, mr->size};
	} else {
		app_note(app,
			"'%s' cannot be read back: the kernel reported success, and nothing else "
			"confirms it",
			mr->full);
	}
	print_result(app, &row);
	return 0;
}

int cmd_write(struct app *app, int argc, char *const argv[])
{
	struct tree tree;
	(void)argc;
	bool both = app->opt.hex != NULL && app->opt.file != NULL;
	if (both || (app->opt.hex == NULL && app->opt.file == NULL))
		return err_set(&app->err, ST_USAGE,
			both ? "--hex and --file cannot be combined"
			     : "write needs one of --hex and --file");
	int rc = app_probe(app, &tree);
	struct mr *mr = rc == 0 ? app_find_own(app, &tree, argv[0]) : NULL;
	rc = mr != NULL ? set(app, mr) : -1;
	tree_clear(&tree);
	return rc;
}
