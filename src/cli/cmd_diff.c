/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/scope.h"
#include "cli/diff_print.h"
#include "formats/cel_json.h"
#include "formats/cel_tlv.h"
#include "verify/system.h"

/* Both sides, and the machine whose logs the second one may be. */
struct sides {
	struct inputs reference, now;
	struct mr_list mrs; /* away from a machine: the registers of text logs */
	struct tree tree;
	struct asked *asked;
	struct err *bad;
	struct judgement *js;
	bool live;
	struct err worst; /* of what was told of the logs and registers */
};

static int add_logs(
	struct app *app, struct inputs *inputs, const char *first, const struct str_list *more)
{
	if (first != NULL && inputs_add(inputs, first, &app->err) < 0)
		return -1;
	for (size_t i = 0; i < more->n; i++)
		if (inputs_add(inputs, more->v[i], &app->err) < 0)
			return -1;
	return 0;
}

/* What is true of a machine's log is of the reference's: a CEL may be of any. */
static bool is_of_a_kind(const struct inputs *reference, const struct log_input *in)
{
	for (size_t i = 0; i < reference->n; i++) {
		const struct log_format *format = reference->v[i].format;
		if (format == in->format || format == &log_format_cel_json ||
			format == &log_format_cel_tlv)
			return true;
	}
	return false;
}

/* Logs of another kind than the reference's would only be events that it does not have. */
static void leave_out_others(const struct app *app, struct sides *s)
{
	for (size_t i = 0; i < s->now.n; i++) {
		struct log_input *in = &s->now.v[i];
		if (in->other_boot) {
			app_note(app, "'%s': left out: it is of another boot", in->path);
		} else if (!is_of_a_kind(&s->reference, in)) {
			in->other_boot = true;
			in->err = (struct err){0};
			app_note(app, "'%s': left out: the reference has no log of this kind (%s)",
				in->path, in->format->name);
		}
	}
}

/* One side alone is compared with the machine's logs; of two logs the second was meant to be the other. */
static int err_no_machine(struct app *app, const struct sides *s)
{
	const struct str_list *references = &app->opt.references;
	const char *log = s->reference.v[0].path;
	const char *second = app->argc > 0	 ? app->argv[0]
			     : references->n > 1 ? references->v[1]
						 : NULL;
	if (references->n + (size_t)app->argc == 2)
		return err_set(&app->err, ST_ABSENT,
			"this machine has no logs to compare with; did you mean 'tsmctl diff %s "
			"%s'?",
			references->v[0], second);
	return err_set(&app->err, ST_ABSENT,
		"this machine has no logs to compare '%s' with: name another log, as in 'tsmctl "
		"diff %s LOG'; 'tsmctl status' shows what is missing here",
		log, log);
}

/* The machine's logs, at one moment, and without those of another boot. */
static int open_live(struct app *app, struct sides *s)
{
	AUTO_FREE struct mr_pick *picks = NULL;
	struct registers r = {
		.root = &app->root, .mrs = &s->tree.mrs, .wait_s = LOCK_WAIT_DEFAULT_S};
	size_t n, all;
	if (app_probe(app, &s->tree) < 0)
		return app->err.status == ST_ABSENT ? err_no_machine(app, s) : -1;
	all = s->tree.mrs.n;
	s->live = true;
	s->bad = calloc(all + 1, sizeof(*s->bad));
	s->js = calloc(all + 1, sizeof(*s->js));
	if (s->bad == NULL || s->js == NULL)
		return err_sys(&app->err, ENOMEM, "diff");
	if (inputs_bind(&s->reference, &s->tree.mrs, NULL, 0, &app->err) < 0 ||
		app_pick(app, &s->tree.mrs, 0, NULL, &picks, &n) < 0 ||
		registers_ask(&r, picks, n, &s->asked, &app->err) < 0 ||
		system_judge(&r, s->asked, s->bad, &s->now, s->js, &app->err) < 0)
		return -1;
	leave_out_others(app, s);
	return 0;
}

static int open_sides(struct app *app, struct sides *s, int argc, char *const argv[])
{
	const struct options *o = &app->opt;
	if (argc == 0 && o->references.n == 0)
		return err_set(&app->err, ST_USAGE,
			"diff needs a reference: 'tsmctl diff REFERENCE [LOG]'");
	if (add_logs(app, &s->reference, argc > 0 ? argv[0] : NULL, &o->references) < 0)
		return -1;
	if (argc < 2 && o->inputs.n == 0)
		return open_live(app, s);
	if (add_logs(app, &s->now, argc > 1 ? argv[1] : NULL, &o->inputs) < 0 ||
		inputs_name(&s->reference, NULL, &s->mrs, &app->err) < 0)
		return -1;
	return inputs_name(&s->now, NULL, &s->mrs, &app->err);
}

static void tell(struct app *app, struct sides *s, const struct err *err)
{
	app_error(app, err);
	if (status_worse(s->worst.status, err->status) != s->worst.status)
		s->worst = *err;
}

static void tell_logs(struct app *app, struct sides *s, const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++) {
		if (inputs->v[i].other_boot)
			continue;
		if (inputs->v[i].err.status != ST_OK)
			tell(app, s, &inputs->v[i].err);
		app_tell_log(app, &inputs->v[i]);
	}
}

/* What is missing in a log that is not whole proves nothing. */
static void tell_cut(const struct app *app, const struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++)
		if (!inputs->v[i].other_boot && inputs_is_cut(&inputs->v[i]))
			app_note(app,
				"'%s' is not whole: an event that it lacks may stand in the part "
				"that is missing",
				inputs->v[i].path);
}

static struct compare_register *register_of(const struct compare *c, const struct mr *mr)
{
	size_t i = 0;
	while (c->v[i].mr != mr)
		i++;
	return &c->v[i];
}

/* Registers that have no bank in common are told of: they are no answer. */
static int print_picked(
	struct app *app, struct sides *s, struct compare *c, const struct mr_pick picks[], size_t n)
{
	AUTO_FREE struct compare_register **v = calloc(n + 1, sizeof(*v));
	struct diff_asked asked = {.v = v, .same = true, .worst = &s->worst};
	size_t common = 0;
	const char *why;
	if (v == NULL)
		return err_sys(&app->err, ENOMEM, "diff");
	if (app->opt.context != NULL)
		asked.context = (uint32_t)strtonum(app->opt.context, 0, DIFF_EVENTS_MAX, &why);
	for (size_t i = 0; i < n; i++) {
		struct compare_register *reg = register_of(c, picks[i].mr);
		struct err err;
		if (reg->no_bank) {
			err_set(&err, ST_ABSENT,
				"'%s': no hash has a digest in all of its events on both sides",
				reg->mr->full);
			tell(app, s, &err);
			continue;
		}
		v[asked.n++] = reg;
		common += reg->joined[0] != NULL && reg->joined[1] != NULL;
		asked.same = asked.same && !reg->differs;
	}
	if (common == 0)
		return app->status != ST_OK ? 0
					    : err_set(&app->err, ST_ABSENT,
						      "no register has events on both sides");
	if (!asked.same)
		app->status = status_worse(app->status, ST_NO);
	bool differs = !asked.same;
	asked.same = app->status == ST_OK;
	if (diff_print(app, c, &asked) < 0)
		return -1;
	for (int k = 0; k < 2 && differs; k++)
		tell_cut(app, k == 0 ? &s->reference : &s->now);
	return 0;
}

static int compare(struct app *app, struct sides *s)
{
	struct compare c;
	AUTO_FREE struct mr_pick *picks = NULL;
	size_t n;
	const struct str_list *wanted = &app->opt.registers;
	app_watch(app, &s->reference);
	app_watch(app, &s->now);
	int rc = compare_load(&c, &s->reference, &s->now, s->live ? &s->tree.mrs : NULL, &app->err);
	progress_end(&app->progress);
	if (rc == 0) {
		tell_logs(app, s, &s->reference);
		tell_logs(app, s, &s->now);
		rc = mr_list_pick(&c.mrs, (int)wanted->n, (char *const *)(uintptr_t)wanted->v,
			&picks, &n, &app->err);
	}
	/* Only JSON says whether data is what was hashed. */
	s->reference.values_only = s->now.values_only = !app->opt.json;
	if (rc == 0)
		rc = print_picked(app, s, &c, picks, n);
	progress_end(&app->progress);
	compare_clear(&c);
	return rc;
}

static int check_options(struct app *app)
{
	const char *why = NULL;
	if (app->opt.context != NULL)
		strtonum(app->opt.context, 0, DIFF_EVENTS_MAX, &why);
	return why == NULL ? 0
			   : err_set(&app->err, ST_USAGE, "-U '%s': not a number from 0 to %d",
				     app->opt.context, DIFF_EVENTS_MAX);
}

int cmd_diff(struct app *app, int argc, char *const argv[])
{
	struct sides s = {0};
	int rc = check_options(app);
	if (rc == 0)
		rc = open_sides(app, &s, argc, argv);
	if (rc == 0)
		rc = compare(app, &s);
	for (size_t i = 0; s.js != NULL && i < s.tree.mrs.n; i++)
		judgement_clear(&s.js[i]);
	inputs_close(&s.reference);
	inputs_close(&s.now);
	free(s.asked);
	free(s.bad);
	free(s.js);
	mr_list_clear(&s.mrs);
	tree_clear(&s.tree);
	return rc;
}
