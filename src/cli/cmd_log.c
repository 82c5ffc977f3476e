/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/cmd_log.h"
#include "cli/log_asked.h"
#include "cli/log_export.h"
#include "cli/pager.h"
#include "describe/event_name.h"
#include "verify/events.h"
#include "formats/event.h"
#include "formats/journal.h"
#include "verify/system.h"

/* An event, and what of it a table shows. */
struct line {
	struct event event;
	struct bytes shown;
};

#define AT(member) offsetof(struct line, event.member)

static const struct column columns[] = {
	{"seq", "SEQ", COL_U64, AT(seq), COL_DEFAULT},
	{"source", "SOURCE", COL_STR, AT(source), 0},
	{"register", "REGISTER", COL_STR, AT(register_name), COL_DEFAULT},
	{"cc_mr_index", "CC-MR-INDEX", COL_INT, AT(cc_mr_index), 0},
	{"offset", "OFFSET", COL_U64, AT(offset), 0},
	{"kind", "KIND", COL_STR, AT(kind), COL_DEFAULT},
	{"type_id", "TYPE", COL_INT, AT(type), COL_OPTIONAL},
	{"extends", "EXTENDS", COL_TRI, AT(extends), COL_DEFAULT},
	{"digests", "DIGEST", COL_DIGESTS, AT(digests), COL_DEFAULT | COL_SHORT},
	{NULL, "DIGESTS", COL_DIGESTS, AT(digests), 0},
	{"data_matches", "MATCHES", COL_TRI, AT(data_matches), COL_OPTIONAL | COL_DEFAULT},
	{"data_hex", "HEX", COL_HEX, AT(data), COL_OPTIONAL},
	{"data_text", NULL, COL_TEXT, AT(data), 0},
	{"description", NULL, COL_TEXT, AT(description), 0},
	{NULL, "DATA", COL_TEXT, offsetof(struct line, shown), COL_DEFAULT},
	{"note", "NOTE", COL_TEXT, AT(note), 0},
	{"time", "TIME", COL_TEXT, AT(time), 0},
};
/* Widths of columns: of numbers, and how narrow others become where a screen has no room. */
enum { SEQ_WIDTH = 6, LEAST_DIGEST = 9, LEAST_KIND = 16, LEAST_LAST = 16 };
enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct printer {
	struct app *app;
	struct log_export exporter;
	struct log_export *export; /* in place of all below; NULL: none */
	struct json json;
	struct table table;
	size_t widths[TABLE_COLUMNS_MAX];
	struct err worst; /* of all that were told */
};

void cmd_log_event(struct json *j, const struct event *event)
{
	struct line line = {*event, event_shown(event)};
	row_json(j, columns, N_COLUMNS, &line);
}

/* What a narrow screen would cut is said in fewer words. */
static int print_row(struct printer *p, struct line *line, struct err *err)
{
	char brief[DESCRIPTION_MAX];
	if (line->shown.n > table_left(&p->table))
		line->shown = event_brief(line->event.kind, line->shown, brief, sizeof(brief));
	return table_row(&p->table, &p->app->out, line, err);
}

static int print_event(void *arg, const struct event *event, struct err *err)
{
	struct printer *p = arg;
	struct line line = {*event, event_shown(event)};
	if (p->export != NULL)
		return log_export_event(p->export, event, err);
	if (p->app->out.sys != 0) {
		/* Nobody reads this any more: the rest is not worth its time. */
		return err_sys(err, p->app->out.sys, "standard output");
	}
	if (p->app->opt.jsonl)
		row_jsonl(&p->app->out, columns, N_COLUMNS, &line);
	else if (p->app->opt.json)
		row_json(&p->json, columns, N_COLUMNS, &line);
	else
		return print_row(p, &line, err);
	return 0;
}

/* What binds a log to its register, at the end of the JSON. */
struct bound {
	const char *name;
	struct digest value;
	const char *verdict;
	struct err err;
};

static void print_bound(struct json *j, const struct bound *b)
{
	json_open(j, '{');
	json_key(j, "register");
	json_str(j, b->name);
	json_key(j, "value");
	if (b->value.size > 0)
		json_hex(j, digest_bytes(&b->value));
	else
		json_null(j);
	json_key(j, "verdict");
	if (b->verdict != NULL)
		json_str(j, b->verdict);
	else
		json_null(j);
	if (b->err.status != ST_OK) {
		json_key(j, "error");
		json_err(j, &b->err);
	}
	json_close(j, '}');
}

/* Whether errors are to be told: events that are exported come twice. */
static bool is_telling(const struct printer *p)
{
	return p->app->out.sys == 0 && (p->export == NULL || p->export->second);
}

static void tell(struct printer *p, const struct err *err)
{
	if (!is_telling(p))
		return;
	app_error(p->app, err);
	if (status_worse(p->worst.status, err->status) != p->worst.status)
		p->worst = *err;
}

/* A kernel's text log; with an interpretation that explains its register, direct lines are decided. */
static int print_text(
	struct printer *p, const struct log_input *in, const struct judgement *j, struct err *err)
{
	const struct rfc_search_result *replay = j != NULL && j->has_text ? &j->text : NULL;
	struct text_log text = {in->mr, in->name, in->fd, replay};
	return events_run(&text, print_event, p, err);
}

/* What is printed of this machine: the picked registers, and what is said of each of the tree's. */
struct live {
	struct printer *p;
	struct registers r;
	const struct mr_pick *picks;
	size_t n;
	struct asked *asked;
	struct err *bad;
	struct judgement *js;
	struct inputs inputs;
	const struct journal_state *journal; /* of the log that is printed; NULL: it is none */
	size_t source;			     /* that log */
	const struct mr *mr;		     /* of the event that is printed */
	char pcr[NAME_MAX_VISIBLE];	     /* that register without its hash */
};

static bool has_digest(const struct log_event *ev, enum hash_alg alg)
{
	for (size_t i = 0; i < ev->n_digests; i++)
		if (ev->digest[i].d.alg == alg)
			return true;
	return ev->n_digests == 0;
}

static bool is_pcr_of(const struct log_input *in, const struct mr *mr, const struct log_event *ev)
{
	enum place place;
	uint32_t index;
	return (in->provider == NULL || strcmp(in->provider, mr->provider) == 0) &&
	       reg_place(mr->provider, mr->name, &place, &index) && ev->place == place &&
	       ev->index == index;
}

/* Whether an event is of this register: by its index, or by a name that the journal has for it. */
static bool is_of(const struct live *l, const struct mr *mr, const struct log_event *ev,
	const char *name, int64_t cc_mr_index)
{
	if (cc_mr_index >= 0)
		return mr->cc_mr_index == cc_mr_index;
	if (l->journal != NULL)
		return journal_state_find(l->journal, name) ==
		       journal_state_find(l->journal, mr->full);
	if (mr->flags & MR_OF_TPM)
		return is_pcr_of(&l->inputs.v[l->source], mr, ev);
	return ev->place == PLACE_NAMED && mr_named(mr, name, false);
}

/* Of several TPMs the name says which one. */
static const char *name_without_hash(struct live *l, const char *name)
{
	if ((l->mr->flags & MR_OF_TPM) == 0)
		return name;
	snprintf(l->pcr, sizeof(l->pcr), "%s/%s", l->mr->provider, l->mr->name);
	return l->pcr;
}

/*
 * The name that has a hash in it is not that of an event which has none of that hash: IMA extends every bank,
 * and its list has the digests of one.
 */
static const char *name_picked(
	void *arg, const struct log_event *ev, const char *name, int64_t cc_mr_index)
{
	struct live *l = arg;
	bool any = false;
	for (size_t i = 0; i < l->n && name != NULL; i++) {
		const struct mr *mr = l->picks[i].mr;
		if (!is_of(l, mr, ev, name, cc_mr_index))
			continue;
		l->mr = mr;
		if (l->journal != NULL && cc_mr_index < 0)
			return name;
		if (has_digest(ev, mr->alg))
			return mr->full;
		any = true;
	}
	return any ? name_without_hash(l, name) : NULL;
}

/* The place of a register in the tree's list. */
static size_t place_of(const struct live *l, const struct mr *mr)
{
	size_t i = 0;
	while (l->asked[i].mr != mr)
		i++;
	return i;
}

/* A record whose end is not in the journal: the register's history tells, if one was found. */
static int decide(const struct live *l, const struct event *event)
{
	const struct judgement *j = &l->js[place_of(l, l->mr)];
	if (!judgement_has_history(j))
		return EXTENDS_UNKNOWN;
	return judgement_has_doubtful(j, l->source, event->seq) ? EXTENDS : EXTENDS_NOT;
}

static int print_picked(void *arg, const struct event *event, struct err *err)
{
	const struct live *l = arg;
	struct event decided = *event;
	if (event->register_name == NULL)
		return 0;
	if (event->extends == EXTENDS_UNKNOWN)
		decided.extends = decide(l, event);
	return print_event(l->p, &decided, err);
}

/* One that cannot be read does not keep the others from being printed. */
static void print_source(struct live *l, size_t k)
{
	const struct log_input *in = &l->inputs.v[k];
	struct err err = in->err;
	int rc = 0;
	l->source = k;
	l->journal = in->reader != NULL ? journal_log_state(in->reader) : NULL;
	if (in->fd < 0 || in->other_boot)
		rc = in->fd < 0 ? -1 : 0;
	else if (in->text)
		rc = print_text(l->p, in, &l->js[place_of(l, in->mr)], &err) < 0
			     ? err_in(&err, "'%s'", in->path)
			     : 0;
	else if (in->reader != NULL)
		rc = events_run_input(&l->inputs, k, name_picked, print_picked, l, &err);
	if (rc < 0)
		tell(l->p, &err);
	else if (in->err.status != ST_OK)
		tell(l->p, &in->err);
}

/* The kernel's logs, in the order in which their registers were asked for. */
static void print_texts(struct live *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->inputs.n; k++)
			if (l->inputs.v[k].text && l->inputs.v[k].mr == l->picks[i].mr)
				print_source(l, k);
}

static void print_others(struct live *l, bool journals)
{
	for (size_t k = 0; k < l->inputs.n; k++) {
		const struct log_input *in = &l->inputs.v[k];
		if (!in->text && (in->format == &log_format_journal) == journals)
			print_source(l, k);
	}
}

/*
 * A register whose log could not be looked at is an error, also where nothing was printed of it. One
 * whose value could not be read is none where no value is needed.
 */
static void tell_bad(struct live *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct mr *mr = l->picks[i].mr;
		const struct err *bad = l->p->app->opt.jsonl ? &mr->bad : &l->bad[place_of(l, mr)];
		if (bad->status != ST_OK)
			tell(l->p, bad);
	}
}

/* Firmware extended before all others, and the journal tells of all registers in its own order. */
static void print_live(void *arg)
{
	print_others(arg, false);
	print_texts(arg);
	print_others(arg, true);
	tell_bad(arg);
}

static bool has_types(const struct inputs *inputs)
{
	for (size_t k = 0; k < inputs->n; k++)
		if (!inputs->v[k].text && inputs->v[k].format != &log_format_journal)
			return true;
	return false;
}

static void widen(size_t *width, const char *name)
{
	size_t n = strlen(name);
	if (n > *width)
		*width = n;
}

/* Away from a machine the logs name the registers; one with types names them by index. */
static void widen_for_names(size_t *width, const struct inputs *inputs)
{
	for (size_t k = 0; k < inputs->n; k++) {
		const struct log_input *in = &inputs->v[k];
		const struct journal_state *state =
			in->reader != NULL ? journal_log_state(in->reader) : NULL;
		const struct journal_reg *reg = state != NULL ? state->regs : NULL;
		if (in->mr != NULL)
			widen(width, in->mr->full);
		for (; reg != NULL; reg = reg->next)
			for (const struct journal_name *name = reg->names; name != NULL;
				name = name->next)
				widen(width, name->text);
	}
}

/* What is printed, before the first event. */
struct scope {
	const struct root *root; /* NULL: logs that were named */
	const struct inputs *inputs;
	const struct mr_pick *picks;
	size_t n;
};

static size_t register_width(const struct scope *scope)
{
	size_t width = strlen("REGISTER");
	if (has_types(scope->inputs))
		widen(&width, "rtmr0:sha384");
	for (size_t i = 0; i < scope->n; i++)
		widen(&width, scope->picks[i].mr->full);
	if (scope->root == NULL)
		widen_for_names(&width, scope->inputs);
	return width;
}

static size_t source_width(const struct inputs *inputs)
{
	size_t width = strlen("SOURCE");
	for (size_t k = 0; k < inputs->n; k++)
		widen(&width, inputs->v[k].name);
	return width;
}

/* The width of a column, for events that are not known yet. */
static size_t width_of(const struct column *c, const struct scope *scope)
{
	if (c->off == AT(register_name))
		return register_width(scope);
	if (c->off == AT(source))
		return source_width(scope->inputs);
	if (c->off == AT(kind))
		return strlen(
			has_types(scope->inputs) ? "EV_EFI_BOOT_SERVICES_APPLICATION" : "comment");
	if (c->type == COL_DIGESTS)
		return strlen("0123456789abcdef...");
	return c->type == COL_U64 ? SEQ_WIDTH : strlen(c->title);
}

/* How narrow it becomes on a terminal, so that something of the last column is seen. */
static size_t least_of(const struct column *c, size_t width)
{
	size_t least = c->type == COL_DIGESTS ? LEAST_DIGEST
		       : c->off == AT(kind)   ? LEAST_KIND
					      : width;
	return least < width ? least : width;
}

static void begin_table(struct printer *p, const struct scope *scope)
{
	struct app *app = p->app;
	struct table *t = &p->table;
	size_t least[TABLE_COLUMNS_MAX];
	for (size_t i = 0; i < t->n; i++) {
		const struct column *c = &columns[t->picked[i]];
		p->widths[i] = width_of(c, scope);
		least[i] = least_of(c, p->widths[i]);
	}
	table_fit(&app->screen, p->widths, least, t->n, LEAST_LAST);
	t->widths = p->widths;
	t->screen = app->screen;
	pager_begin(app);
}

static void begin(struct printer *p, const struct scope *scope)
{
	struct app *app = p->app;
	char boot_id[37];
	if (app->opt.jsonl)
		return;
	if (!app->opt.json) {
		begin_table(p, scope);
		return;
	}
	app_json_begin(app, &p->json);
	json_key(&p->json, "boot_id");
	if (scope->root != NULL && boot_id_read(scope->root, boot_id))
		json_str(&p->json, boot_id);
	else
		json_null(&p->json);
	app_json_logs(&p->json, scope->inputs);
	json_key(&p->json, app->cmd->rows);
	json_open(&p->json, '[');
}

/* A register that no entry stands for has neither value nor verdict; unless it was named, no row. */
static void print_bounds(struct printer *p, const struct live *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct mr *mr = l->picks[i].mr;
		size_t k = place_of(l, mr);
		const struct judgement *j = &l->js[k];
		struct bound bound = {mr->full, l->asked[k].value, verdict_name(j->verdict),
			l->bad[k].status != ST_OK ? l->bad[k] : j->err};
		uint8_t unused[DIGEST_SIZE_MAX];
		if (mr_lacks_entry(mr) && !l->picks[i].by_name)
			continue;
		if (mr_lacks_entry(mr))
			mr_read(l->r.root, mr, unused, &bound.err);
		print_bound(&p->json, &bound);
	}
}

static void end(struct printer *p, const struct live *l)
{
	struct err err;
	if (p->app->opt.jsonl || p->export != NULL)
		return;
	if (!p->app->opt.json) {
		if (table_end(&p->table, &p->app->out, &err) < 0)
			tell(p, &err);
		return;
	}
	json_close(&p->json, ']');
	json_key(&p->json, "registers");
	json_open(&p->json, '[');
	if (l != NULL)
		print_bounds(p, l);
	json_close(&p->json, ']');
	if (p->worst.status != ST_OK) {
		json_key(&p->json, "error");
		json_err(&p->json, &p->worst);
	}
	app_json_end(&p->json);
}

/* Leaves the picks that have a log. */
static int keep_logged(struct app *app, bool all, struct mr_pick *picks, size_t *n)
{
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++) {
		const struct mr *mr = picks[i].mr;
		if (mr->log != LOG_OF_NOBODY || (mr->flags & MR_OF_TPM))
			picks[kept++] = picks[i];
		else if (picks[i].by_name)
			return err_set(&app->err, ST_ABSENT, "'%s' has no log here%s", mr->full,
				mr->flags & MR_RUNTIME ? "" : ": it is static");
	}
	*n = kept;
	return kept > 0 ? 0
			: err_set(&app->err, ST_ABSENT, "no register %shas a log",
				  all ? "here " : "that matches ");
}

/* Runs `pass` over all events: once, or twice for an export. */
static int run_passes(struct printer *p, void (*pass)(void *arg), void *arg)
{
	struct app *app = p->app;
	if (app->opt.format == NULL) {
		pass(arg);
		return 0;
	}
	log_export_init(&p->exporter, app);
	p->export = &p->exporter;
	pass(arg);
	log_export_begin(p->export);
	pass(arg);
	return log_export_end(p->export, p->worst.status == ST_OK, &app->err);
}

/* Without a judgement, a row of JSON Lines is what the log alone says. */
static int open_live(struct app *app, struct live *l)
{
	if (registers_ask(&l->r, l->picks, l->n, &l->asked, &app->err) < 0)
		return -1;
	return app->opt.jsonl ? system_open(&l->r, l->asked, l->bad, &l->inputs, &app->err)
			      : system_judge(&l->r, l->asked, l->bad, &l->inputs, l->js, &app->err);
}

static int run_live(struct app *app, struct live *l)
{
	int rc = open_live(app, l);
	if (rc < 0)
		return -1;
	if (app->opt.format == NULL)
		begin(l->p, &(struct scope){l->r.root, &l->inputs, l->picks, l->n});
	rc = run_passes(l->p, print_live, l);
	end(l->p, l);
	return rc;
}

/* The one of this run. */
static struct printer printer;

static int run(struct app *app, const struct tree *tree, int argc, char *const argv[])
{
	struct printer *p = &printer;
	AUTO_FREE struct mr_pick *picks = NULL;
	size_t n, all = tree->mrs.n;
	if (app_pick(app, &tree->mrs, argc, argv, &picks, &n) < 0)
		return -1;
	if (keep_logged(app, argc == 0, picks, &n) < 0) {
		app_tell_unseen(app, &tree->mrs, argc, argv);
		return -1;
	}
	struct live l = {
		.p = p,
		.r = {.root = &app->root, .mrs = &tree->mrs, .wait_s = LOCK_WAIT_DEFAULT_S},
		.picks = picks,
		.n = n,
		.bad = calloc(all + 1, sizeof(*l.bad)),
		.js = calloc(all + 1, sizeof(*l.js)),
	};
	int rc = l.bad != NULL && l.js != NULL ? run_live(app, &l)
					       : err_sys(&app->err, ENOMEM, "log");
	for (size_t i = 0; l.js != NULL && i < all; i++)
		judgement_clear(&l.js[i]);
	inputs_close(&l.inputs);
	free(l.asked);
	free(l.bad);
	free(l.js);
	if (rc == 0)
		app_tell_unseen(app, &tree->mrs, argc, argv);
	return rc;
}

/* The logs that are given by name, and what of them is printed. */
struct named_logs {
	struct printer *p;
	struct log_asked operands;
	const struct log_input *in; /* that is read; NULL: its rows show how far that is */
};

static const char *name_asked(
	void *arg, const struct log_event *ev, const char *name, int64_t cc_mr_index)
{
	struct named_logs *a = arg;
	(void)cc_mr_index;
	return name != NULL ? log_asked_event(&a->operands, ev, name) : NULL;
}

static int print_asked(void *arg, const struct event *event, struct err *err)
{
	struct named_logs *a = arg;
	if (a->in != NULL)
		progress_at(&a->p->app->progress, a->in->path, event->offset, a->in->size);
	return print_event(a->p, event, err);
}

static int export_input(struct named_logs *a, struct log_input *in, struct err *err)
{
	AUTO_FREE struct log_event *ev = calloc(1, sizeof(*ev));
	char room[EVENT_REG_ROOM];
	int rc;
	if (ev == NULL)
		return err_sys(err, ENOMEM, "log");
	if (in->moved && log_reader_rewind(in->reader, err) < 0)
		return -1;
	in->moved = true;
	while ((rc = log_reader_next(in->reader, ev, err)) > 0) {
		const char *name = event_register(ev, room);
		bool asked = name == NULL || name_asked(a, ev, name, 0) != NULL;
		if (asked && log_export_reader_event(a->p->export, ev, err) < 0)
			return -1;
	}
	return rc < 0 ? err_in(err, "'%s'", in->path) : 0;
}

/* One that is malformed does not keep the others from being printed. */
static void print_input(struct named_logs *a, struct inputs *inputs, size_t k)
{
	struct app *app = a->p->app;
	struct log_input *in = &inputs->v[k];
	struct err err = {0};
	int rc = 0;
	a->in = app->screen.columns > 0 ? NULL : in;
	if (!in->text && in->reader != NULL && a->p->export != NULL)
		rc = export_input(a, in, &err);
	else if (!in->text)
		rc = events_run_input(inputs, k, name_asked, print_asked, a, &err);
	else if (log_asked_register(&a->operands, in->mr) && print_text(a->p, in, NULL, &err) < 0)
		rc = err_in(&err, "'%s'", in->path);
	progress_end(&app->progress);
	if (!is_telling(a->p))
		return;
	if (rc < 0 || in->err.status != ST_OK)
		tell(a->p, rc < 0 ? &err : &in->err);
	app_tell_log(app, in);
}

struct inputs_pass {
	struct named_logs *asked;
	struct inputs *inputs;
};

static void print_each_input(void *arg)
{
	struct inputs_pass *i = arg;
	for (size_t k = 0; k < i->inputs->n; k++)
		print_input(i->asked, i->inputs, k);
}

/* Not a pattern, and not empty. */
static bool is_name(const char *operand)
{
	return operand[0] != '\0' && !mr_is_pattern(operand);
}

/* The first operand that no event is of: whole logs were read. */
static void tell_unseen(struct named_logs *a, int argc, char *const argv[])
{
	struct err err;
	for (int i = 0; i < argc; i++) {
		if (a->operands.seen[i])
			continue;
		err_set(&err, is_name(argv[i]) ? ST_ABSENT : ST_USAGE,
			"no event in these logs is of '%s'", argv[i]);
		app_err_file(a->p->app, &err);
		tell(a->p, &err);
		return;
	}
}

/* Looks at a log's registers until every operand has named one. */
static void look_at_input(struct log_asked *operands, struct log_input *in)
{
	char room[EVENT_REG_ROOM];
	struct err ignored;
	if (in->text)
		log_asked_register(operands, in->mr);
	if (in->text || in->reader == NULL || log_asked_all_seen(operands))
		return;
	AUTO_FREE struct log_event *ev = calloc(1, sizeof(*ev));
	if (ev == NULL)
		return;
	in->moved = true;
	while (!log_asked_all_seen(operands) && log_reader_next(in->reader, ev, &ignored) > 0) {
		const char *name = event_reg_name(ev->place, ev->index, ev->reg, room);
		if (name != NULL)
			log_asked_event(operands, ev, name);
	}
}

static int print_inputs(struct app *app, struct inputs *inputs, int argc, char *const argv[])
{
	struct printer *p = &printer;
	struct named_logs asked = {.p = p};
	struct inputs_pass pass = {&asked, inputs};
	progress_init(&app->progress, !app->opt.quiet);
	int rc = log_asked_init(&asked.operands, argc, argv, &app->err);
	for (size_t k = 0; k < inputs->n && rc == 0; k++)
		look_at_input(&asked.operands, &inputs->v[k]);
	if (rc == 0)
		log_asked_fold_unseen(&asked.operands);
	if (rc == 0 && app->opt.format == NULL)
		begin(p, &(struct scope){.inputs = inputs});
	if (rc == 0)
		rc = run_passes(p, print_each_input, &pass);
	if (rc == 0 && app->status == ST_OK)
		tell_unseen(&asked, argc, argv);
	if (rc == 0)
		end(p, NULL);
	log_asked_clear(&asked.operands);
	return rc;
}

/* A log in a text file is of one register, which a single operand names. */
static int run_inputs(struct app *app, int argc, char *const argv[])
{
	struct inputs inputs = {0};
	struct mr_list mrs = {0};
	const struct str_list *files = &app->opt.inputs;
	int rc = 0;
	for (size_t i = 0; i < files->n && rc == 0; i++)
		rc = inputs_add(&inputs, files->v[i], &app->err);
	bool named = inputs.n_text == inputs.n && files->n == 1 && argc == 1 && is_name(argv[0]);
	if (rc == 0)
		rc = inputs_name(&inputs, named ? argv[0] : NULL, &mrs, &app->err);
	if (rc == 0)
		rc = print_inputs(app, &inputs, argc, argv);
	inputs_close(&inputs);
	mr_list_clear(&mrs);
	return rc;
}

static int check_options(struct app *app)
{
	const struct options *o = &app->opt;
	struct table *t = &printer.table;
	if (o->json && o->jsonl)
		return err_set(&app->err, ST_USAGE, "--json and --jsonl cannot be combined");
	if (o->format != NULL && (o->json || o->jsonl))
		return err_set(&app->err, ST_USAGE, "--format and --json%s cannot be combined",
			o->jsonl ? "l" : "");
	printer.app = app;
	*t = (struct table){.columns = columns, .header = !o->no_header};
	table_pick_default(t, N_COLUMNS);
	return o->columns != NULL ? table_pick(t, N_COLUMNS, o->columns, &app->err) : 0;
}

int cmd_log(struct app *app, int argc, char *const argv[])
{
	struct tree tree;
	if (check_options(app) < 0)
		return -1;
	if (app->opt.inputs.n > 0)
		return run_inputs(app, argc, argv);
	int rc = app_probe(app, &tree);
	if (rc == 0)
		rc = run(app, &tree, argc, argv);
	tree_clear(&tree);
	return rc;
}
