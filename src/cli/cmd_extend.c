/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/scope.h"
#include "cli/app.h"
#include "cli/row_extend.h"
#include "cli/row_mr.h"
#include "ops/extend.h"
#include "ops/record.h"
#include "verify/system.h"

/* Room for any record; one that is too long is read far enough to be refused as such. */
struct record_buf {
	char text[RECORD_MAX + 1];
	uint8_t *from_file;
};

static int check_options(struct app *app)
{
	const struct options *o = &app->opt;
	int ways = (o->event != NULL) + (o->event_file != NULL) + (o->file != NULL) +
		   (o->digest != NULL);
	if (ways != 1)
		return err_set(&app->err, ST_USAGE,
			"extend needs %s of --event, --event-file, --file and --digest",
			ways == 0 ? "one" : "only one");
	if (o->file != NULL && strcmp(o->file, "-") == 0)
		return err_set(&app->err, ST_USAGE,
			"--file: a file is measured by its path, and standard input has none; did "
			"you mean 'tsmctl extend %s --event-file -'?",
			app->argv[0]);
	if (o->note == NULL)
		return 0;
	if (o->digest == NULL)
		return err_set(&app->err, ST_USAGE, "--note goes with --digest only");
	if (strlen(o->note) > RECORD_MAX || !utf8_valid(bytes_of(o->note)))
		return err_set(
			&app->err, ST_USAGE, "--note: not UTF-8 of at most %d bytes", RECORD_MAX);
	return 0;
}

static int record_from_file(struct app *app, struct record_buf *buf, struct bytes *ret)
{
	size_t n;
	if (input_read(app->opt.event_file, VALUES_FILE_MAX, &buf->from_file, &n, &app->err) < 0)
		return app->err.status != ST_FORMAT
			       ? -1
			       : err_set(&app->err, ST_USAGE, "'%s': a record has at most %d bytes",
					 app->opt.event_file, RECORD_MAX);
	if (n > 0 && buf->from_file[n - 1] == '\n')
		n--;
	*ret = (struct bytes){buf->from_file, n};
	return 0;
}

static int find_record(struct app *app, struct hasher *h, struct record_buf *buf, struct bytes *ret)
{
	const struct options *o = &app->opt;
	int rc = 0;
	if (o->file != NULL)
		rc = record_of_file(o->file, h, buf->text, ret, &app->err);
	else if (o->event_file != NULL)
		rc = record_from_file(app, buf, ret);
	else
		*ret = bytes_of(o->event);
	return rc < 0 ? -1 : record_check(*ret, &app->err);
}

static int find_digest(struct app *app, const struct mr *mr, struct digest *ret)
{
	*ret = (struct digest){.alg = mr->alg, .size = (uint8_t)mr->size};
	if (hex_get(ret->v, ret->size, bytes_of(app->opt.digest), true))
		return 0;
	err_set(&app->err, ST_USAGE,
		"--digest: '%s' has %u bytes: exactly %u hex digits are needed", mr->full, mr->size,
		2 * mr->size);
	return record_explain_digest(app->opt.digest, &app->err);
}

static int find_what(struct app *app, struct extend_wanted *wanted, struct record_buf *buf)
{
	struct hasher *h;
	if (app->opt.digest != NULL)
		return find_digest(app, wanted->mr, &wanted->digest);
	if (hasher_open(&h, wanted->mr->alg, &app->err) < 0)
		return -1;
	int rc = find_record(app, h, buf, &wanted->record);
	if (rc == 0)
		rc = hash_bytes(h, wanted->record, &wanted->digest, &app->err);
	hasher_close(h);
	return rc;
}

static void print_result(
	struct app *app, const struct extend_wanted *w, const struct extend_done *done)
{
	const struct digest *value = row_extend_value(done);
	struct row_extend row;
	struct json j;
	row_extend_fill(&row, w, done);
	if (app->opt.json) {
		app_json_begin(app, &j);
		row_members(&j, row_extend_columns, n_row_extend_columns, &row);
		app_json_end(&j);
	} else if (value != NULL) {
		print_value_line(&app->out, digest_bytes(value), w->mr->full);
	}
}

static int extend(struct app *app, const struct tree *tree, struct mr *mr, struct record_buf *buf)
{
	struct extend_done done;
	struct extend_wanted wanted = {
		.mr = mr,
		.once = app->opt.once,
		.dry_run = app->opt.dry_run,
		.wait_s = app->opt.wait_s,
		.force = app->opt.force,
		.note = app->opt.note,
	};
	if (extend_allowed(mr, app->opt.digest == NULL, app->opt.force, &app->err) < 0)
		return -1;
	if (app->opt.note != NULL && mr->log == LOG_OF_KERNEL)
		return err_set(&app->err, ST_ABSENT,
			"--note: the kernel keeps the log of '%s', and has no place for a note",
			mr->full);
	const char *path = NULL, *keeper = system_other_keeper(&app->root, mr, &path);
	struct extend_batch batch = {
		.root = &app->root,
		.mrs = &tree->mrs,
		.wanted = &wanted,
		.done = &done,
		.n = 1,
	};
	if (find_what(app, &wanted, buf) < 0 || extend_run(&batch, &app->err) < 0)
		return -1;
	app->changed = !wanted.dry_run && !done.already;
	if (done.note[0] != '\0')
		app_note(app, "%s", done.note);
	if (wanted.dry_run && !done.already)
		row_extend_note_dry_run(app, &wanted);
	if (keeper != NULL && !done.already)
		row_extend_note_other_keeper(app, mr, keeper, path);
	print_result(app, &wanted, &done);
	return 0;
}

int cmd_extend(struct app *app, int argc, char *const argv[])
{
	static struct record_buf buf;
	struct tree tree;
	(void)argc;
	if (check_options(app) < 0)
		return -1;
	int rc = app_probe(app, &tree);
	if (app->opt.graceful && app_has_no_tvm(app, &tree, rc)) {
		tree_clear(&tree);
		return app_skip_no_tvm(app);
	}
	struct mr *mr = rc == 0 ? app_find_own(app, &tree, argv[0]) : NULL;
	rc = mr != NULL ? extend(app, &tree, mr, &buf) : -1;
	tree_clear(&tree);
	free(buf.from_file);
	return rc;
}
