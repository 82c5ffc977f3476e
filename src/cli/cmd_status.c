/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/app.h"
#include "cli/cmd_verify.h"
#include "ops/doctor.h"
#include "out/wrap.h"

#define AT(member) offsetof(struct row_finding, member)

struct row_finding {
	const char *level, *topic, *message, *fix;
	const char *reg;
	int64_t offset, line, seq, record;
};

static const struct column columns[] = {
	{"level", NULL, COL_STR, AT(level), 0},
	{"topic", NULL, COL_STR, AT(topic), 0},
	{"message", NULL, COL_STR, AT(message), 0},
	{"fix", NULL, COL_STR, AT(fix), 0},
	{"offset", NULL, COL_INT, AT(offset), COL_OPTIONAL},
	{"line", NULL, COL_INT, AT(line), COL_OPTIONAL},
	{"seq", NULL, COL_INT, AT(seq), COL_OPTIONAL},
	{"register", NULL, COL_STR, AT(reg), COL_OPTIONAL},
	{"record", NULL, COL_INT, AT(record), COL_OPTIONAL},
};

struct printer {
	struct app *app;
	struct json json;
};

/* Where messages begin, and the width of a message that is worth a column of its own. */
enum { TOPIC_AT = 9, MESSAGE_AT = 20, MESSAGE_MIN = 32, INDENT = 4 };

/* On a terminal: below each other, in lines of its width. */
static void print_wrapped(struct app *app, const struct finding *f)
{
	static const char todo[] = "to do: ";
	size_t width = app->screen.columns;
	size_t at = MESSAGE_AT + MESSAGE_MIN <= width ? MESSAGE_AT : INDENT;
	if (at == INDENT) {
		sink_char(&app->out, '\n');
		wrap_spaces(&app->out, at);
	}
	wrap_words(&app->out, f->message, at, at, width);
	if (f->fix == NULL)
		return;
	wrap_spaces(&app->out, at);
	sink_str(&app->out, todo);
	wrap_words(&app->out, f->fix, at + strlen(todo), at, width);
}

static void print_text(struct app *app, const struct finding *f)
{
	bool colored = app_colored(app);
	const char *color = strcmp(f->level, "ok") == 0	    ? "\033[32m"
			    : strcmp(f->level, "note") == 0 ? "\033[33m"
							    : "\033[31m";
	sink_str(&app->out, colored ? color : "");
	sink_str(&app->out, f->level);
	sink_str(&app->out, colored ? "\033[0m" : "");
	for (size_t n = strlen(f->level); n < TOPIC_AT; n++)
		sink_char(&app->out, ' ');
	sink_str(&app->out, f->topic);
	for (size_t n = strlen(f->topic); n < MESSAGE_AT - TOPIC_AT; n++)
		sink_char(&app->out, ' ');
	if (app->screen.columns > 0) {
		print_wrapped(app, f);
		return;
	}
	sink_str(&app->out, f->message);
	if (f->fix != NULL) {
		sink_str(&app->out, "; to do: ");
		sink_str(&app->out, f->fix);
	}
	sink_char(&app->out, '\n');
}

static int64_t place_in(const struct err *why, enum err_place place)
{
	return why != NULL && why->place == place ? (int64_t)why->at : -1;
}

static void print_json(struct json *j, const struct finding *f)
{
	struct row_finding row = {f->level, f->topic, f->message, f->fix, f->reg,
		place_in(f->why, ERR_OFFSET), place_in(f->why, ERR_LINE),
		place_in(f->why, ERR_EVENT), f->intent != NULL ? (int64_t)f->intent->seq : -1};
	json_open(j, '{');
	row_members(j, columns, sizeof(columns) / sizeof(columns[0]), &row);
	if (f->judged != NULL)
		cmd_verify_places(j, f->inputs, f->judged);
	json_close(j, '}');
}

static int print_finding(void *arg, const struct finding *f, struct err *err)
{
	struct printer *p = arg;
	(void)err;
	if (p->app->opt.json)
		print_json(&p->json, f);
	else
		print_text(p->app, f);
	return 0;
}

int cmd_status(struct app *app, int argc, char *const argv[])
{
	struct printer p = {.app = app};
	bool readable;
	(void)argc;
	(void)argv;
	if (app_open_root(app) < 0)
		return -1;
	if (app->opt.json) {
		app_json_begin(app, &p.json);
		json_key(&p.json, app->cmd->rows);
		json_open(&p.json, '[');
	}
	int rc = status_run(&app->root, app->opt.abi, print_finding, &p, &readable, &app->err);
	if (app->opt.json) {
		json_close(&p.json, ']');
		app_json_end(&p.json);
	}
	if (!readable)
		app->status = status_worse(app->status, ST_ABSENT);
	return rc;
}
