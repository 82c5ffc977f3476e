/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "cli/app.h"
#include "cli/log_export.h"
#include "verify/events.h"
#include "verify/verify.h"

/* An event, and what of it a table shows. */
struct line {
	struct event event;
	struct bytes shown;
};

#define AT(member) offsetof(struct line, event.member)

static const struct column columns[] = {
	{"seq", "SEQ", COL_U64, AT(seq), COL_DEFAULT},
	{"source", NULL, COL_STR, AT(source), 0},
	{"register", "REGISTER", COL_STR, AT(register_name), COL_DEFAULT},
	{"cc_mr_index", NULL, COL_INT, AT(cc_mr_index), 0},
	{"offset", NULL, COL_U64, AT(offset), 0},
	{"kind", "KIND", COL_STR, AT(kind), COL_DEFAULT},
	{"type_id", NULL, COL_INT, AT(type), COL_OPTIONAL},
	{"extends", "EXTENDS", COL_TRI, AT(extends), COL_DEFAULT},
	{"digests", "DIGEST", COL_DIGESTS, AT(digests), COL_DEFAULT | COL_SHORT},
	{"data_matches", "MATCHES", COL_TRI, AT(data_matches), COL_OPTIONAL},
	{"data_hex", NULL, COL_HEX, AT(data), COL_OPTIONAL},
	{"data_text", NULL, COL_TEXT, AT(data), 0},
	{"description", NULL, COL_TEXT, AT(description), 0},
	{NULL, "DATA", COL_TEXT, offsetof(struct line, shown), COL_DEFAULT},
	{"note", NULL, COL_TEXT, AT(note), 0},
	{"time", NULL, COL_TEXT, AT(time), 0},
};
enum { N_COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct printer {
	struct app *app;
	struct log_export exporter;
	struct log_export *export; /* in place of all below; NULL: none */
	struct json json;
	struct table table;
	size_t widths[TABLE_COLUMNS_MAX];
	struct boot_logs boot; /* to check kernels' logs beside */
	struct err told;       /* the last error, which a log may be in the way with twice */
};

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
		return table_row(&p->table, &p->app->out, &line, err);
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
	if (!is_telling(p) || strcmp(p->told.msg, err->msg) == 0)
		return;
	app_error(p->app, err);
	p->told = *err;
}

/* The log as it stands, without asking the register. */
static int print_unchecked(
	struct printer *p, const struct evidence *ev, const struct mr *mr, struct err *err)
{
	AUTO_CLOSE int fd = evidence_open_log(ev, mr, err);
	if (fd < 0)
		return -1;
	return events_run(mr, evidence_source(ev, mr), fd, NULL, print_event, p, err);
}

static int print_checked(struct printer *p, const struct evidence *ev, const struct mr *mr,
	struct bound *ret, struct err *err)
{
	struct checked checked;
	struct verify_row row = {0};
	int rc = evidence_check(ev, mr, &checked, err);
	if (rc == 0)
		rc = verify_checked(ev, &p->boot, mr, &checked, &row, err);
	if (rc == 0) {
		ret->value = checked.value;
		ret->verdict = verdict_name(row.verdict);
		rc = events_run(mr, evidence_source(ev, mr), checked.log, &checked.replay,
			print_event, p, err);
	}
	verify_row_clear(&row);
	checked_clear(&checked);
	return rc;
}

/* A log that cannot be read does not keep the others from being printed. */
static void print_log(
	struct printer *p, const struct evidence *ev, const struct mr *mr, struct bound *ret)
{
	struct err err;
	bool alone = p->app->opt.jsonl || ev->root == NULL;
	ret->name = mr->full;
	int rc = alone ? print_unchecked(p, ev, mr, &err) : print_checked(p, ev, mr, ret, &err);
	if (rc == 0)
		return;
	ret->err = err;
	tell(p, &err);
}

static bool is_initial(const void *arg, const struct mr *mr, struct bytes value)
{
	return evidence_is_initial(arg, mr, value);
}

/* One journal for all of them: its records come in its own order. */
static void print_journal(struct printer *p, const struct evidence *ev, const struct mr_pick *picks,
	struct bound *bound, size_t n)
{
	struct kept kept;
	struct err err = {0};
	int rc = kept_judge(ev->root, ev->mrs, is_initial, ev, &kept, &err);
	for (size_t i = 0; i < n; i++) {
		const struct kept_verdict *v = rc == 0 ? kept_find(&kept, picks[i].mr) : NULL;
		bound[i].name = picks[i].mr->full;
		if (v == NULL)
			continue;
		bound[i].value = v->value;
		bound[i].verdict = verdict_name(v->verdict);
		bound[i].err = v->err;
		if (v->err.status != ST_OK && err.status == ST_OK)
			err = v->err;
	}
	if (rc == 0 && err.status == ST_OK)
		events_run_journal(&kept, picks, n, print_event, p, &err);
	if (err.status != ST_OK)
		tell(p, &err);
	kept_clear(&kept);
}

/* The picked registers, whose events are looked for in the logs of other programs. */
struct boot_asked {
	struct printer *p;
	const struct mr_pick *picks;
	size_t n;
};

static bool has_digest(const struct log_event *ev, enum hash_alg alg)
{
	for (size_t i = 0; i < ev->n_digests; i++)
		if (ev->digest[i].d.alg == alg)
			return true;
	return ev->n_digests == 0;
}

/* The name that has a hash in it is not that of an event which has none of that hash. */
static const char *name_picked(
	void *arg, const struct log_event *ev, const char *name, int64_t cc_mr_index)
{
	const struct boot_asked *a = arg;
	bool any = false;
	for (size_t i = 0; i < a->n; i++) {
		const struct mr *mr = a->picks[i].mr;
		if (cc_mr_index < 0 || mr->cc_mr_index != cc_mr_index)
			continue;
		if (has_digest(ev, mr->alg))
			return mr->full;
		any = true;
	}
	return any ? name : NULL;
}

static int print_picked(void *arg, const struct event *event, struct err *err)
{
	const struct boot_asked *a = arg;
	return event->register_name != NULL ? print_event(a->p, event, err) : 0;
}

static int print_boot_log(struct boot_asked *a, const struct root *root,
	const struct boot_log_place *place, struct err *err)
{
	struct log_reader reader;
	AUTO_CLOSE int fd = boot_log_open(root, place, err);
	if (fd < 0)
		return -1;
	if (log_reader_open(&reader, fd, place->format, err) < 0)
		return err_in(err, "'%s'", place->path);
	int rc = events_run_reader(&reader, place->source, name_picked, print_picked, a, err);
	log_reader_close(&reader);
	return rc < 0 ? err_in(err, "'%s'", place->path) : rc;
}

/* What other programs logged of these registers comes first: firmware extended them before. */
static void print_boot_logs(
	struct printer *p, const struct root *root, const struct mr_pick *picks, size_t n)
{
	struct boot_asked asked = {p, picks, n};
	bool any = false;
	for (size_t i = 0; i < n; i++)
		any = any || picks[i].mr->cc_mr_index > 0;
	for (size_t i = 0; any && boot_log_places[i].path != NULL; i++) {
		struct err err;
		if (print_boot_log(&asked, root, &boot_log_places[i], &err) == 0 ||
			err.status == ST_ABSENT)
			continue;
		tell(p, &err);
	}
}

/* Those whose log is the journal go to the end, together. */
static size_t journal_last(struct mr_pick *picks, size_t n)
{
	size_t first = 0;
	for (size_t i = 0; i < n; i++) {
		struct mr_pick pick = picks[i];
		if (pick.mr->log != LOG_OF_KERNEL)
			continue;
		memmove(picks + first + 1, picks + first, (i - first) * sizeof(pick));
		picks[first++] = pick;
	}
	return first;
}

static bool has_boot_logs(const struct evidence *ev)
{
	struct stat st;
	bool any = false;
	if (ev->root == NULL || ev->inputs.n > 0)
		return false;
	for (size_t i = 0; boot_log_places[i].path != NULL; i++)
		any = any || root_stat(ev->root, boot_log_places[i].path, &st) == 0;
	return any;
}

/* Logs with types of events: their names, and whether their data is what was measured. */
static void widen_for_types(struct printer *p)
{
	struct table *t = &p->table;
	p->widths[1] = strlen("rtmr0:sha384");
	p->widths[2] = strlen("EV_EFI_BOOT_SERVICES_APPLICATION");
	p->widths[t->n] = 0;
	t->picked[t->n] = t->picked[t->n - 1];
	p->widths[t->n - 1] = strlen("MATCHES");
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (columns[i].off == AT(data_matches))
			t->picked[t->n - 1] = i;
	t->n++;
}

static void begin(
	struct printer *p, const struct evidence *ev, const struct mr_pick *picks, size_t n)
{
	struct app *app = p->app;
	char boot_id[37];
	if (app->opt.json) {
		app_json_begin(app, &p->json);
		json_key(&p->json, "boot_id");
		if (ev->root != NULL && boot_id_read(ev->root, boot_id))
			json_str(&p->json, boot_id);
		else
			json_null(&p->json);
		json_key(&p->json, app->cmd->rows);
		json_open(&p->json, '[');
		return;
	}
	p->table = (struct table){.columns = columns, .header = true, .widths = p->widths};
	table_pick_default(&p->table, N_COLUMNS);
	const size_t widths[] = {6, strlen("REGISTER"), 7, 7, 19, 0};
	memcpy(p->widths, widths, sizeof(widths));
	if (ev->inputs.n > ev->inputs.n_text || has_boot_logs(ev))
		widen_for_types(p);
	for (size_t i = 0; i < n; i++)
		if (strlen(picks[i].mr->full) > p->widths[1])
			p->widths[1] = strlen(picks[i].mr->full);
}

static void end(struct printer *p, const struct bound *bound, size_t n)
{
	if (p->app->opt.jsonl || p->export != NULL)
		return;
	if (!p->app->opt.json) {
		table_end(&p->table, &p->app->out);
		return;
	}
	json_close(&p->json, ']');
	json_key(&p->json, "registers");
	json_open(&p->json, '[');
	for (size_t i = 0; i < n; i++)
		print_bound(&p->json, &bound[i]);
	json_close(&p->json, ']');
	app_json_end(&p->json);
}

/* Leaves the picks that have a log. */
static int keep_logged(struct app *app, const struct evidence *ev, struct mr_pick *picks, size_t *n)
{
	size_t kept = 0;
	for (size_t i = 0; i < *n; i++) {
		const struct mr *mr = picks[i].mr;
		if (evidence_source(ev, mr) != NULL)
			picks[kept++] = picks[i];
		else if (picks[i].by_name)
			return err_set(&app->err, ST_ABSENT, "'%s' has no log here%s", mr->full,
				mr->flags & MR_RUNTIME ? "" : ": it is static");
	}
	*n = kept;
	return kept > 0 ? 0 : err_set(&app->err, ST_ABSENT, "no register here has a log");
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
	return log_export_end(p->export, &app->err);
}

/* Registers and how far their kernels' logs go; behind them those of the journal. */
struct live_pass {
	struct printer *p;
	const struct evidence *ev;
	const struct mr_pick *picks;
	struct bound *bound;
	size_t n, first;
};

static void print_live(void *arg)
{
	struct live_pass *l = arg;
	if (l->ev->root != NULL && l->ev->inputs.n == 0)
		print_boot_logs(l->p, l->ev->root, l->picks, l->n);
	for (size_t i = 0; i < l->first; i++)
		print_log(l->p, l->ev, l->picks[i].mr, &l->bound[i]);
	if (l->first < l->n)
		print_journal(
			l->p, l->ev, l->picks + l->first, l->bound + l->first, l->n - l->first);
}

static int run(struct app *app, struct evidence *ev, int argc, char *const argv[])
{
	static struct printer p;
	AUTO_FREE struct mr_pick *picks = NULL;
	AUTO_FREE struct bound *bound = NULL;
	size_t n;
	if (mr_list_pick(ev->mrs, argc, argv, &picks, &n, &app->err) < 0 ||
		keep_logged(app, ev, picks, &n) < 0 || evidence_share_lock(ev, &app->err) < 0)
		return -1;
	bound = calloc(n, sizeof(*bound));
	if (bound == NULL)
		return err_sys(&app->err, ENOMEM, "log");
	p.app = app;
	size_t first = ev->root != NULL ? journal_last(picks, n) : n;
	struct live_pass pass = {&p, ev, picks, bound, n, first};
	if (app->opt.format == NULL)
		begin(&p, ev, picks, n);
	int rc = run_passes(&p, print_live, &pass);
	boot_logs_clear(&p.boot);
	end(&p, bound, n);
	return rc;
}

/* The operands, each with whether an event was of it. */
struct asked {
	struct printer *p;
	int n;
	char *const *specs;
	bool *seen;
	char *name; /* of the event's register, with its hash where it has one only */
	const struct log_input *in; /* that is read; NULL: its rows show how far that is */
};

/* Whether an operand means a register that has this name and these hashes. */
static bool is_asked(const char *spec, const char *name, const struct log_event *ev)
{
	struct mr_list list = {0};
	struct err ignored;
	bool asked = false;
	for (size_t i = 0; i < ev->n_digests && !asked; i++) {
		const char *slash = strchr(name, '/');
		AUTO_FREE char *provider =
			strndup(name, slash != NULL ? (size_t)(slash - name) : 0);
		struct mr *mr =
			provider == NULL
				? NULL
				: mr_list_add(&list, provider, slash != NULL ? slash + 1 : name,
					  hash_name(ev->digest[i].d.alg), &ignored);
		bool full;
		asked = mr != NULL && (mr_named(mr, spec, &full) || mr_matches(mr, spec));
	}
	mr_list_clear(&list);
	return asked;
}

/* "pcr7", or, where there is one hash only, "rtmr3:sha384". */
static const char *shown_name(struct asked *a, const struct log_event *ev, const char *name)
{
	free(a->name);
	a->name = NULL;
	if (ev->n_digests != 1 || ev->digest[0].d.alg <= HASH_UNKNOWN || strchr(name, ':') != NULL)
		return name;
	if (asprintf(&a->name, "%s:%s", name, hash_name(ev->digest[0].d.alg)) < 0)
		a->name = NULL;
	return a->name;
}

static const char *name_asked(
	void *arg, const struct log_event *ev, const char *name, int64_t cc_mr_index)
{
	struct asked *a = arg;
	bool asked = a->n == 0;
	(void)cc_mr_index;
	if (name == NULL)
		return NULL;
	for (int i = 0; i < a->n; i++) {
		bool is = is_asked(a->specs[i], name, ev);
		a->seen[i] = a->seen[i] || is;
		asked = asked || is;
	}
	return asked ? shown_name(a, ev, name) : NULL;
}

static int print_asked(void *arg, const struct event *event, struct err *err)
{
	struct asked *a = arg;
	if (a->in != NULL)
		progress_at(&a->p->app->progress, a->in->path, event->offset, a->in->size);
	return print_event(a->p, event, err);
}

static bool is_text_asked(struct asked *a, const struct mr *mr)
{
	bool asked = a->n == 0, full;
	for (int i = 0; i < a->n; i++) {
		bool is = mr_named(mr, a->specs[i], &full) || mr_matches(mr, a->specs[i]);
		a->seen[i] = a->seen[i] || is;
		asked = asked || is;
	}
	return asked;
}

static int export_reader(struct asked *a, struct log_reader *reader, struct err *err)
{
	static struct log_event ev;
	char room[EVENT_REG_ROOM];
	int rc;
	if (a->p->export->second && log_reader_rewind(reader, err) < 0)
		return -1;
	while ((rc = log_reader_next(reader, &ev, err)) > 0) {
		event_settle_place(&ev);
		const char *name = event_reg_name(ev.place, ev.index, ev.reg, room);
		bool asked = name == NULL || name_asked(a, &ev, name, 0) != NULL;
		if (asked && log_export_reader_event(a->p->export, &ev, err) < 0)
			return -1;
	}
	return rc;
}

/* One that is malformed does not keep the others from being printed. */
static void print_input(struct asked *a, const struct evidence *ev, struct log_input *in)
{
	struct app *app = a->p->app;
	struct err err = {0};
	int rc = 0;
	a->in = isatty(STDOUT_FILENO) ? NULL : in;
	if (!in->text && a->p->export != NULL)
		rc = export_reader(a, in->reader, &err);
	else if (!in->text)
		rc = events_run_reader(in->reader, in->path, name_asked, print_asked, a, &err);
	else if (is_text_asked(a, in->mr))
		rc = print_unchecked(a->p, ev, in->mr, &err);
	progress_end(&app->progress);
	if (!is_telling(a->p))
		return;
	if (rc < 0) {
		err_in(&err, "'%s'", in->path);
		app_error(app, &err);
	}
	if (in->reader != NULL && in->reader->note[0] != '\0')
		app_note(app, "'%s': %s", in->path, in->reader->note);
}

struct inputs_pass {
	struct asked *asked;
	struct evidence *ev;
};

static void print_each_input(void *arg)
{
	struct inputs_pass *i = arg;
	for (size_t k = 0; k < i->ev->inputs.n; k++)
		print_input(i->asked, i->ev, &i->ev->inputs.v[k]);
}

static int print_inputs(struct app *app, struct evidence *ev, int argc, char *const argv[])
{
	static struct printer p;
	AUTO_FREE bool *seen = calloc((size_t)argc + 1, sizeof(*seen));
	struct asked asked = {&p, argc, argv, seen, NULL, NULL};
	if (seen == NULL)
		return err_sys(&app->err, ENOMEM, "log");
	p.app = app;
	progress_init(&app->progress, !app->opt.quiet);
	struct inputs_pass pass = {&asked, ev};
	if (app->opt.format == NULL)
		begin(&p, ev, NULL, 0);
	int rc = run_passes(&p, print_each_input, &pass);
	end(&p, NULL, 0);
	free(asked.name);
	if (rc < 0)
		return -1;
	for (int i = 0; i < argc && app->status == ST_OK; i++)
		if (!seen[i])
			return err_set(&app->err,
				strpbrk(argv[i], "*?[") != NULL ? ST_USAGE : ST_ABSENT,
				"no event in these logs is of '%s'", argv[i]);
	return 0;
}

/* A log in a text file is of one register, which a single operand names. */
static int run_inputs(struct app *app, int argc, char *const argv[])
{
	struct evidence ev = {.lock = -1};
	struct mr_list mrs = {0};
	const struct str_list *files = &app->opt.inputs;
	int rc = 0;
	ev.mrs = &mrs;
	for (size_t i = 0; i < files->n && rc == 0; i++)
		rc = inputs_add(&ev.inputs, files->v[i], &app->err);
	bool texts = ev.inputs.n_text == ev.inputs.n;
	bool named = texts && files->n == 1 && argc == 1 && argv[0][0] != '\0' &&
		     strpbrk(argv[0], "*?[") == NULL;
	if (rc == 0)
		rc = inputs_name(&ev.inputs, named ? argv[0] : NULL, &mrs, &app->err);
	if (rc == 0)
		rc = texts ? run(app, &ev, named ? 0 : argc, argv)
			   : print_inputs(app, &ev, argc, argv);
	evidence_close(&ev);
	mr_list_clear(&mrs);
	return rc;
}

int cmd_log(struct app *app, int argc, char *const argv[])
{
	struct tree tree;
	if (app->opt.json && app->opt.jsonl)
		return err_set(&app->err, ST_USAGE, "--json and --jsonl exclude each other");
	if (app->opt.format != NULL && (app->opt.json || app->opt.jsonl))
		return err_set(&app->err, ST_USAGE, "--format and --json%s exclude each other",
			app->opt.jsonl ? "l" : "");
	if (app->opt.inputs.n > 0)
		return run_inputs(app, argc, argv);
	int rc = app_probe(app, &tree);
	struct evidence ev = {.root = &app->root, .mrs = &tree.mrs, .lock = -1};
	if (rc == 0)
		rc = run(app, &ev, argc, argv);
	evidence_close(&ev);
	tree_clear(&tree);
	return rc;
}
