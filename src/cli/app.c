/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/vis.h>

#include "cli/suggest.h"
#include "evidence/evidence_file.h"
#include "formats/tcg2.h"
#include "model/libcrypto.h"

void app_note(const struct app *app, const char *fmt, ...)
{
	char *text = NULL, *visible = NULL;
	va_list ap;
	if (app->opt.quiet)
		return;
	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (stravis(&visible, text, VIS_NOSLASH | VIS_NL | VIS_TAB) >= 0)
		fprintf(stderr, "tsmctl: %s\n", visible);
	free(visible);
	free(text);
}

/* Whether a message was not printed yet. One that cannot be kept may come again. */
static bool is_new(struct app *app, const char *msg)
{
	for (size_t i = 0; i < app->n_said; i++)
		if (strcmp(app->said[i], msg) == 0)
			return false;
	char **more = reallocarray(app->said, app->n_said + 1, sizeof(*more));
	if (more != NULL) {
		app->said = more;
		more[app->n_said] = strdup(msg);
		app->n_said += more[app->n_said] != NULL;
	}
	return true;
}

void app_error(struct app *app, const struct err *err)
{
	struct err later;
	app->status = status_worse(app->status, err->status);
	if (!is_new(app, err->msg))
		return;
	/* On a terminal, what was printed before it stands above it. */
	if (app->screen.columns > 0)
		sink_flush(&app->out, &later);
	fprintf(stderr, "tsmctl: %s%s\n", err->msg, err->sys == ELIBACC ? "; " LIBCRYPTO_FIX : "");
}

static unsigned trace_level;

static void trace(const char *path, int sys)
{
	struct err err;
	if (sys == 0)
		err_set(&err, ST_OK, "opened '%s'", path);
	else if (trace_level > 1)
		err_sys(&err, sys, "tried '%s'", path);
	else
		return;
	fprintf(stderr, "tsmctl: %s\n", err.msg);
}

int app_open_root(struct app *app)
{
	if (root_open(&app->root, app->opt.root, &app->err) < 0)
		return -1;
	trace_level = app->opt.verbose;
	app->root.trace = trace_level > 0 && !app->opt.quiet ? trace : NULL;
	return 0;
}

bool app_is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool app_is_log(const char *path)
{
	struct inputs inputs = {0};
	struct err ignored;
	int rc = inputs_add(&inputs, path, &ignored);
	inputs_close(&inputs);
	return rc == 0;
}

/* Whether the command has options for files of logs or registers: only then is an operand looked up
 * as a file. */
static bool reads_files(const struct cmd_spec *cmd)
{
	return cmd->run == cmd_log || cmd->run == cmd_verify || cmd->run == cmd_read ||
	       cmd->run == cmd_list;
}

static bool loads(const char *path, const struct evidence_trust *trust, enum evidence_type *ret)
{
	struct register_file regs = {0};
	struct evidence ev;
	struct err ignored;
	int rc = evidence_file_load(path, trust, &regs, &ev, NULL, &ignored);
	if (rc == 0)
		*ret = ev.type;
	register_file_clear(&regs);
	return rc == 0;
}

const char *app_evidence_option(const char *path, enum evidence_type *ret)
{
	struct evidence_trust none = {0};
	struct err ignored;
	const char *option = NULL;
	if (evidence_trust_init(&none, &ignored) == 0 && loads(path, &none, ret))
		option = "--quote";
	else if (loads(path, NULL, ret))
		option = "--tdreport";
	evidence_trust_clear(&none);
	return option;
}

/* The option that takes this file. */
static const char *option_for(const struct app *app, const char *path)
{
	enum evidence_type type;
	const char *evidence = app->cmd->run != cmd_log ? app_evidence_option(path, &type) : NULL;
	bool log = app->cmd->run == cmd_log || (app->cmd->run == cmd_verify && app_is_log(path));
	return evidence != NULL ? evidence : log ? "--input" : "--quote";
}

/* Where another command reads this file: as log prints no registers, and read and list no events. */
static bool err_other_command(const struct app *app, struct err *err, const char *path)
{
	enum evidence_type type;
	const char *evidence = app_evidence_option(path, &type);
	bool log = app->cmd->run == cmd_log;
	if (app->cmd->run == cmd_verify || (evidence != NULL) != log || app_is_log(path) == log)
		return false;
	err_add(err, "%s%s %s'?", log ? "read " : "replay", log ? evidence : "", path);
	return true;
}

/* The sources of registers and logs that were given as options; whether there are registers among them. */
static bool add_given(const struct options *o, struct err *err)
{
	const char *const given[][2] = {
		{"quote", o->quote}, {"tdreport", o->tdreport}, {"values", o->values}};
	bool any = false;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (given[i][1] == NULL)
			continue;
		err_add(err, " --%s %s", given[i][0], given[i][1]);
		any = true;
	}
	for (size_t i = 0; i < o->inputs.n; i++)
		err_add(err, " --input %s", o->inputs.v[i]);
	return any;
}

bool app_err_file(const struct app *app, struct err *err)
{
	bool here = err->status != ST_ABSENT; /* this machine has registers */
	int file = 0;
	while (reads_files(app->cmd) && file < app->argc && !app_is_file(app->argv[file]))
		file++;
	if (!reads_files(app->cmd) || file == app->argc)
		return false;
	err_set(err, ST_USAGE, "no register '%s' here; it is a file: did you mean 'tsmctl ",
		app->argv[file]);
	if (err_other_command(app, err, app->argv[file]))
		return true;
	err_add(err, "%s", app->cmd->run == cmd_list ? "read" : app->cmd->name);
	bool any = add_given(&app->opt, err);
	for (int i = 0; i < app->argc; i++) {
		bool is = app_is_file(app->argv[i]);
		const char *option = is ? option_for(app, app->argv[i]) : "";
		err_add(err, "%s%s %s", is ? " " : "", option, app->argv[i]);
		any = any || (is && strcmp(option, "--input") != 0);
	}
	bool lacks = app->cmd->run == cmd_verify && !any && !here;
	err_add(err, "%s'?", lacks ? " --quote QUOTE" : "");
	return true;
}

int app_err_lone(struct app *app, const char *option)
{
	for (int i = 0; i < app->argc; i++)
		if (app_is_log(app->argv[i]) && app_err_file(app, &app->err))
			return -1;
	return err_set(&app->err, ST_USAGE, "--%s needs --input or --expect to be checked against",
		option);
}

int app_probe(struct app *app, struct tree *ret)
{
	*ret = (struct tree){0};
	if (app_open_root(app) < 0)
		return -1;
	int rc = tree_probe(&app->root, app->opt.abi, ret, &app->err);
	app->unseen = ret->problem;
	if (rc < 0 && app->err.status == ST_ABSENT && !app_err_file(app, &app->err))
		err_add(&app->err, "; run 'tsmctl status' to see what is missing");
	return rc;
}

/* The name that the first unknown one of these operands was meant to be. */
static const char *meant(const struct mr_list *mrs, int argc, char *const argv[])
{
	struct err err = {0};
	int i = 0;
	while (i < argc && (mr_is_pattern(argv[i]) || mr_list_find(mrs, argv[i], &err) != NULL))
		i++;
	return i < argc && err.sys == ENOENT ? suggest_register(mrs, argv[i]) : NULL;
}

/* Which name an operand could have meant, or where the names are. */
static int err_unknown(struct app *app, const struct mr_list *mrs, int argc, char *const argv[])
{
	const struct options *o = &app->opt;
	if (app->err.sys != ENOENT || app_err_file(app, &app->err))
		return -1;
	if (app->unseen.status != ST_OK) {
		app->err = app->unseen;
		return -1;
	}
	const char *name = meant(mrs, argc, argv);
	if (name != NULL)
		return err_add(&app->err, "; did you mean '%s'?", name);
	if (o->quote != NULL)
		return err_add(&app->err, "; 'tsmctl read --quote %s' lists them", o->quote);
	if (o->tdreport != NULL)
		return err_add(&app->err, "; 'tsmctl read --tdreport %s' lists them", o->tdreport);
	if (o->values != NULL)
		return err_add(&app->err, "; '%s' has them", o->values);
	return err_add(&app->err, "; 'tsmctl list' shows what there is");
}

struct mr *app_find(struct app *app, const struct mr_list *mrs, const char *spec)
{
	struct mr *mr = mr_list_find(mrs, spec, &app->err);
	if (mr == NULL && app->err.sys == ENOENT && mr_is_pattern(spec))
		err_set(&app->err, ST_USAGE, "'%s' is a pattern: %s takes the name of one register",
			spec, app->cmd->name);
	else if (mr == NULL)
		err_unknown(app, mrs, 1, (char *const[]){(char *)(uintptr_t)spec});
	if (mr == NULL || app->unseen.status == ST_OK || strcmp(mr->full, spec) == 0)
		return mr;
	app->err = app->unseen;
	err_add(&app->err, "; so '%s' may mean another register than '%s': give the whole name",
		spec, mr->full);
	return NULL;
}

struct mr *app_find_own(struct app *app, const struct tree *tree, const char *spec)
{
	struct mr *mr = app_find(app, &tree->mrs, spec);
	if (mr == NULL && !tree->tvm && app->unseen.status == ST_OK) {
		tree_err_no_tvm(&app->root, app->opt.abi, &app->err);
		err_add(&app->err, "; run 'tsmctl status' to see what is missing");
	} else if (mr != NULL && (mr->flags & MR_OF_TPM)) {
		err_set(&app->err, ST_ABSENT,
			"'%s' is a PCR, which only TPM commands can extend: use tpm2_pcrextend, or "
			"systemd-pcrextend, whose log 'tsmctl verify' reads",
			mr->full);
		mr = NULL;
	}
	return mr;
}

bool app_has_no_tvm(const struct app *app, const struct tree *tree, int rc)
{
	return rc < 0 ? app->err.status == ST_ABSENT : !tree->tvm && app->unseen.status == ST_OK;
}

int app_skip_no_tvm(struct app *app)
{
	tree_err_no_tvm(&app->root, app->opt.abi, &app->err);
	app_note(app, "%s: nothing was done", app->err.msg);
	app_json_error(app);
	return 0;
}

static bool is_whole(const struct mr_list *mrs, const char *spec)
{
	for (size_t i = 0; i < mrs->n; i++)
		if (strcmp(mrs->mr[i]->full, spec) == 0)
			return true;
	return false;
}

void app_tell_unseen(struct app *app, const struct mr_list *mrs, int argc, char *const argv[])
{
	bool any = argc == 0;
	for (int i = 0; i < argc; i++)
		any |= !is_whole(mrs, argv[i]);
	if (any && app->unseen.status != ST_OK)
		app_error(app, &app->unseen);
}

int app_pick(struct app *app, const struct mr_list *mrs, int argc, char *const argv[],
	struct mr_pick **ret, size_t *ret_n)
{
	int rc = mr_list_pick(mrs, argc, argv, ret, ret_n, &app->err);
	return rc < 0 ? err_unknown(app, mrs, argc, argv) : 0;
}

void app_json_begin(struct app *app, struct json *j)
{
	*j = (struct json){.sink = &app->out};
	json_open(j, '{');
	json_key(j, "schema");
	json_str(j, app->cmd->schema);
}

void app_json_end(struct json *j)
{
	json_close(j, '}');
	sink_char(j->sink, '\n');
}

void app_json_error(struct app *app)
{
	struct json j;
	if (!app->opt.json || app->cmd == NULL || app->out.used)
		return;
	app_json_begin(app, &j);
	if (app->cmd->rows != NULL) {
		json_key(&j, app->cmd->rows);
		json_open(&j, '[');
		json_close(&j, ']');
	}
	json_key(&j, "error");
	json_err(&j, &app->err);
	app_json_end(&j);
}

void app_json_logs(struct json *j, const struct inputs *inputs)
{
	app_json_named_logs(j, "logs", inputs);
}

void app_json_named_logs(struct json *j, const char *key, const struct inputs *inputs)
{
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < inputs->n; i++) {
		const struct log_input *in = &inputs->v[i];
		json_open(j, '{');
		json_key(j, "source");
		json_str(j, in->name);
		json_key(j, "format");
		json_str(j, in->format->name);
		json_key(j, "guessed");
		json_bool(j, in->reader != NULL && in->reader->guessed);
		if (in->reader != NULL && in->reader->note[0] != '\0') {
			json_key(j, "note");
			json_str(j, in->reader->note);
		}
		if (in->err.status != ST_OK) {
			json_key(j, "error");
			json_err(j, &in->err);
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

void app_tell_log(const struct app *app, const struct log_input *in)
{
	if (in->reader == NULL)
		return;
	if (in->reader->note[0] != '\0')
		app_note(app, "'%s': %s", in->path, in->reader->note);
	bool tpm = in->format == &log_format_tpm;
	if (in->reader->guessed)
		app_note(app,
			"'%s': read as the log of a %s, which is a guess: '%s:%s' reads it as that "
			"of a %s",
			in->path, tpm ? "TPM" : "confidential VM", in->path, tpm ? "ccel" : "tpm",
			tpm ? "confidential VM" : "TPM");
}

static void show_progress(void *arg, const char *path, uint64_t done, uint64_t total)
{
	progress_at(arg, path, done, total);
}

void app_watch(struct app *app, struct inputs *inputs)
{
	progress_init(&app->progress, !app->opt.quiet);
	inputs->progress = show_progress;
	inputs->progress_arg = &app->progress;
}

bool app_colored(const struct app *app)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	if (strcmp(app->opt.color, "auto") != 0)
		return strcmp(app->opt.color, "always") == 0;
	return app->screen.columns > 0 && (no == NULL || no[0] == '\0') && term != NULL &&
	       term[0] != '\0' && strcmp(term, "dumb") != 0;
}
