/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The crash matrix: an extend on a simulated machine, with every fault at every one of its system
 * calls that changes something, a cell each, on a machine of its own. What has to be true after a
 * cell, and after the next command, is in check_after and check_next. How many cells there are is
 * told by a run in which nothing goes wrong.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "ledger.h"
#include "load.h"
#include "machine.h"

#define JOURNAL "root/run/tsmctl/journal.jsonl"

enum { CALLS_MAX = 128, WANT_MAX = 8, FAILED_MAX = 5 };

/* What was left behind by an extend that died before. */
enum left {
	LEFT_NOTHING,
	LEFT_OPEN,    /* an intent; the register was not reached */
	LEFT_LANDED,  /* an intent; the register was extended */
	LEFT_TORN,    /* half a line of an intent */
	LEFT_FOREIGN, /* an intent, and then somebody else extended the register */
	LEFT_GONE     /* an intent of a register that is not here any more */
};

static const struct scenario {
	const char *name;
	bool before; /* an extend was done before */
	enum left left;
} scenarios[] = {
	{"first", false, LEFT_NOTHING},
	{"second", true, LEFT_NOTHING},
	{"open", true, LEFT_OPEN},
	{"landed", true, LEFT_LANDED},
	{"torn", true, LEFT_TORN},
	{"foreign", true, LEFT_FOREIGN},
	{"gone", true, LEFT_GONE},
	{NULL, false, LEFT_NOTHING},
};

/* The calls of an extend. */
struct calls {
	struct inject_call call[CALLS_MAX];
	unsigned n;
	unsigned reg;	  /* the number of the write to the register */
	unsigned reg_end; /* of the close that follows */
	unsigned intent;  /* of the first write to the journal; 0: none */
};

struct matrix {
	struct machine m;
	const struct scenario *scenario;
	struct calls usual; /* of a second extend */
	struct calls calls; /* of the extend in this scenario */
	unsigned wanted, done, failed;
	char *journal;		 /* of the machine before a cell; NULL: none was made yet */
	uint8_t made[VALUE_MAX]; /* and its register */
	/* of the cell */
	char cell[MACHINE_PATH_MAX + 64];
	bool bad;
	bool once; /* the next command is the same extend with --once */
	bool landed;
	bool no_entry; /* for the register, after it */
	uint8_t boot[VALUE_MAX], before[VALUE_MAX], after[VALUE_MAX];
};

static void show(const struct matrix *x, const char *what, const char *file)
{
	char *text = machine_text(&x->m, file);
	if (text[0] != '\0')
		printf("  %s: %s%s", what, text, text[strlen(text) - 1] != '\n' ? "\n" : "");
	free(text);
}

/* The first thing that is wrong in a cell is told. */
__attribute__((format(printf, 2, 3))) static void wrong(struct matrix *x, const char *fmt, ...)
{
	va_list ap;
	if (x->bad)
		return;
	x->bad = true;
	if (++x->failed > FAILED_MAX)
		return;
	printf("%s: ", x->cell);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	show(x, "stdout", "stdout");
	show(x, "stderr", "stderr");
	show(x, "journal", JOURNAL);
}

static const char *hex(const uint8_t *p, size_t n)
{
	static char text[2][2 * VALUE_MAX + 1];
	static int turn;
	char *ret = text[turn = !turn];
	for (size_t i = 0; i < n; i++)
		snprintf(ret + 2 * i, 3, "%02x", p[i]);
	return ret;
}

static bool same(const struct matrix *x, const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, x->m.tree->size) == 0;
}

/* What a record makes of a value. A kernel that keeps the log puts a SYNC before the first. */
static void extend(const struct matrix *x, uint8_t value[VALUE_MAX], const char *text)
{
	uint8_t digest[LEDGER_DIGEST_MAX];
	char sync[2 * VALUE_MAX + 32];
	if (x->m.tree->log != NULL && same(x, value, x->boot)) {
		snprintf(sync, sizeof(sync), "SYNC %s/%s", x->m.tree->hash,
			hex(value, x->m.tree->size));
		ledger_hash(x->m.tree->hash, sync, strlen(sync), digest);
		ledger_extend(x->m.tree->hash, value, digest);
	}
	ledger_hash(x->m.tree->hash, text, strlen(text), digest);
	if (x->m.tree->set)
		memcpy(value, digest, x->m.tree->size);
	else
		ledger_extend(x->m.tree->hash, value, digest);
}

/* The command that does it. */
struct command {
	char value[2 * VALUE_MAX + 1];
	const char *args[6];
};

static void make_command(const struct matrix *x, const char *reg, const char *text,
	const char *option, struct command *ret)
{
	uint8_t digest[LEDGER_DIGEST_MAX];
	*ret = (struct command){.args = {"extend", reg, "--event", text, option, NULL}};
	if (!x->m.tree->set && !x->m.tree->direct)
		return;
	ledger_hash(x->m.tree->hash, text, strlen(text), digest);
	snprintf(ret->value, sizeof(ret->value), "%s", hex(digest, x->m.tree->size));
	ret->args[2] = "--digest";
	ret->args[3] = ret->value;
	if (x->m.tree->set) {
		ret->args[0] = "write";
		ret->args[2] = "--hex";
		ret->args[4] = NULL;
	}
}

static int tsmctl_extend(
	const struct matrix *x, const char *reg, const char *text, const char *option)
{
	struct command c;
	make_command(x, reg, text, option, &c);
	return machine_run(&x->m, c.args);
}

static int extend_with_fault(
	struct matrix *x, const char *text, struct inject_run *inject, bool *fired)
{
	struct command c;
	make_command(x, x->m.tree->reg, text, NULL, &c);
	return machine_inject(&x->m, c.args, inject, fired);
}

/* The calls of an extend in which nothing goes wrong */

static void note_call(void *ctx, const struct inject_call *call)
{
	struct calls *c = ctx;
	bool reg = strncmp(call->target, "sys/", 4) == 0;
	if (call->number > CALLS_MAX)
		return;
	c->call[c->n++] = *call;
	if (reg && call->size >= 16 && c->reg == 0)
		c->reg = call->number;
	else if (reg && strcmp(call->name, "close") == 0 && c->reg > 0 && c->reg_end == 0)
		c->reg_end = call->number;
	else if (strstr(call->target, "journal") != NULL && call->size > 0)
		c->intent = c->reg > 0 ? c->intent : call->number;
}

static void list_calls(struct matrix *x, struct calls *ret)
{
	struct inject_run inject = {.seen = note_call, .ctx = ret};
	bool fired;
	*ret = (struct calls){0};
	if (extend_with_fault(x, "a record of the matrix", &inject, &fired) != 0)
		wrong(x, "an extend failed, undisturbed");
	else if (ret->reg == 0 || ret->reg_end == 0 || (x->m.tree->journal && ret->intent == 0))
		wrong(x, "the calls of an extend are not what they should be");
}

/* The machine before a cell */

static void leave(struct matrix *x, unsigned at, const char *fault)
{
	struct inject_run inject = {.fault = inject_fault_by_name(fault), .at = at};
	bool fired;
	if (extend_with_fault(x, "left", &inject, &fired) != 128 + 9 || !fired)
		wrong(x, "the extend before it was not killed");
}

/* Another register's intent, of a process that is gone as well. */
static void leave_gone(struct matrix *x)
{
	uint8_t before[VALUE_MAX] = {0}, expected[VALUE_MAX] = {0}, digest[VALUE_MAX];
	char line[1024];
	size_t size = x->m.tree->size;
	ledger_hash(x->m.tree->hash, "gone", 4, digest);
	ledger_extend(x->m.tree->hash, expected, digest);
	int n = snprintf(line, sizeof(line),
		"{\"kind\":\"intent\",\"seq\":1,\"register\":\"gone/"
		"mr:%s\",\"record_hex\":\"676f6e65\"",
		x->m.tree->hash);
	n += snprintf(line + n, sizeof(line) - (size_t)n, ",\"digest\":\"%s\"", hex(digest, size));
	n += snprintf(line + n, sizeof(line) - (size_t)n, ",\"before\":\"%s\"", hex(before, size));
	n += snprintf(
		line + n, sizeof(line) - (size_t)n, ",\"expected\":\"%s\"", hex(expected, size));
	snprintf(line + n, sizeof(line) - (size_t)n,
		",\"pid\":2147483647,\"start\":0,\"time\":\"2026-11-24T16:17:31Z\"}\n");
	machine_append(&x->m, JOURNAL, line);
}

static void make(struct matrix *x)
{
	if (x->scenario->before && tsmctl_extend(x, x->m.tree->reg, "before", NULL) != 0)
		wrong(x, "the extend before it failed");
	switch (x->scenario->left) {
	case LEFT_NOTHING:
		break;
	case LEFT_GONE:
		leave_gone(x);
		break;
	case LEFT_FOREIGN:
	case LEFT_OPEN:
		leave(x, x->usual.reg, "kill-before");
		break;
	case LEFT_LANDED:
		leave(x, x->usual.reg_end, "kill-after");
		break;
	case LEFT_TORN:
		leave(x, x->usual.intent, "tear");
		break;
	}
}

/* The process that left an intent must not get its number back by chance. */
static char *without_pids(const char *text)
{
	static const char nobody[] = "2147483647";
	char *ret = calloc(1, 2 * strlen(text) + 1), *to = ret;
	for (const char *pid = strstr(text, "\"pid\":"); pid != NULL;
		pid = strstr(text, "\"pid\":")) {
		to += sprintf(to, "%.*s%s", (int)(pid + 6 - text), text, nobody);
		text = pid + 6 + strspn(pid + 6, "0123456789");
	}
	memcpy(to, text, strlen(text) + 1);
	return ret;
}

static void write_to_register(struct matrix *x, const char *text)
{
	uint8_t digest[LEDGER_DIGEST_MAX];
	ledger_hash(x->m.tree->hash, text, strlen(text), digest);
	machine_foreign(&x->m, digest);
}

/* Only the first machine of a scenario is made by tsmctl; the others are copies, which is faster. */
static void copy(struct matrix *x)
{
	uint8_t value[VALUE_MAX];
	if (x->scenario->before)
		write_to_register(x, "before");
	if (x->scenario->left == LEFT_LANDED)
		write_to_register(x, "left");
	if (x->scenario->before && x->m.tree->journal)
		machine_journal(&x->m, x->journal);
	machine_value(&x->m, value);
	if (!same(x, value, x->made))
		wrong(x, "the copy of the machine is not what it should be");
}

static void forget(struct matrix *x)
{
	free(x->journal);
	x->journal = NULL;
}

static void prepare(struct matrix *x)
{
	machine_start(&x->m);
	machine_value(&x->m, x->boot);
	if (x->journal != NULL && x->m.tree->journal) {
		copy(x);
	} else {
		make(x);
		machine_value(&x->m, x->made);
		forget(x);
		char *text = machine_text(&x->m, JOURNAL);
		x->journal = without_pids(text);
		free(text);
	}
	if (x->scenario->left == LEFT_FOREIGN)
		write_to_register(x, "foreign");
	machine_value(&x->m, x->before);
}

/* What has to be true after it */

static const char *member(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && v != NULL ? json_object_get_string(v) : "";
}

/* Somebody else extended after record 0, beside record 1, which may be open still. */
static void check_place(struct matrix *x, const char *detail)
{
	struct ledger l;
	char path[MACHINE_PATH_MAX], place[LEDGER_PLACE_MAX];
	machine_path(&x->m, JOURNAL, path);
	if (ledger_read(&l, path) < 0)
		wrong(x, "the journal cannot be read: %s", l.why);
	ledger_first_break(&l, ledger_group(&l, x->m.tree->reg), place);
	if (strcmp(detail,
		    place[0] != '\0' ? place : "after event 0 of 'journal' " LEDGER_FOREIGN) != 0)
		wrong(x, "verify does not name the place: %s, not %s", detail, place);
	ledger_clear(&l);
}

/* What verify says of the register: its verdict, and that it says so of the value that is there. */
static void check_row(struct matrix *x, struct json_object *row, const uint8_t *value)
{
	const char *verdict = member(row, "verdict"), *want = "match";
	bool foreign = x->scenario->left == LEFT_FOREIGN;
	if (foreign)
		want = "mismatch";
	else if (same(x, value, x->boot) && strcmp(verdict, "untouched") == 0)
		want = "untouched";
	if (strcmp(verdict, want) != 0)
		wrong(x, "verify says %s, not %s", verdict, want);
	if (strcmp(member(row, "value"), hex(value, x->m.tree->size)) != 0)
		wrong(x, "verify speaks of another value");
	if (strcmp(want, "match") == 0 &&
		strcmp(member(row, "replayed"), hex(value, x->m.tree->size)) != 0)
		wrong(x, "verify replayed another value");
	if (foreign)
		check_place(x, member(row, "detail"));
}

static void check_verify(struct matrix *x, const char *reg, const uint8_t *value)
{
	const char *const args[] = {"-j", "verify", reg, NULL};
	if (x->m.tree->set)
		return;
	char *before = machine_text(&x->m, JOURNAL);
	int status = machine_run(&x->m, args);
	char *after = machine_text(&x->m, JOURNAL), *text = machine_text(&x->m, "stdout");
	struct json_object *doc = json_tokener_parse(text), *rows = NULL;
	if (status != (x->no_entry ? 3 : x->scenario->left == LEFT_FOREIGN))
		wrong(x, "verify: status %d", status);
	if (x->no_entry)
		rows = NULL;
	else if (!json_object_object_get_ex(doc, "registers", &rows) ||
		 json_object_array_length(rows) != 1)
		wrong(x, "verify does not speak of one register");
	else
		check_row(x, json_object_array_get_idx(rows, 0), value);
	if (strcmp(before, after) != 0)
		wrong(x, "verify has written to the journal");
	json_object_put(doc);
	free(before);
	free(after);
	free(text);
}

/* The records that count, in their order. */
static size_t wanted_records(const struct matrix *x, bool next, const char *ret[WANT_MAX])
{
	size_t n = 0;
	if (x->scenario->before)
		ret[n++] = "before";
	if (x->scenario->left == LEFT_LANDED)
		ret[n++] = "left";
	if (x->landed)
		ret[n++] = "cell";
	if (next)
		ret[n++] = "next";
	return n;
}

/* What the other readers say */

/* They run side by side. */
enum reader { READ, LIST, LOG, STATUS, READERS };
static const char *const readers[READERS] = {"read", "list", "log", "status"};

static pid_t begin_reader(const struct matrix *x, enum reader r)
{
	const char *const args[] = {"-j", readers[r], r == STATUS ? NULL : x->m.tree->reg, NULL};
	return machine_begin(&x->m, args, readers[r]);
}

/* The JSON that it printed, NULL if it was none; the status has to be this one. */
static struct json_object *end_reader(struct matrix *x, enum reader r, pid_t pid, int want)
{
	char file[64];
	int status = machine_end(pid);
	snprintf(file, sizeof(file), "stdout%s", readers[r]);
	char *text = machine_text(&x->m, file);
	struct json_object *doc = json_tokener_parse(text);
	if (status != want || doc == NULL)
		wrong(x, "%s: status %d: %s", readers[r], status, text);
	free(text);
	return doc;
}

static struct json_object *only_row(struct matrix *x, struct json_object *doc, const char *command)
{
	struct json_object *rows, *row = NULL;
	if (json_object_object_get_ex(doc, "registers", &rows) &&
		json_object_array_length(rows) == 1)
		row = json_object_array_get_idx(rows, 0);
	if (row == NULL || strcmp(member(row, "register"), x->m.tree->reg) != 0)
		wrong(x, "%s does not speak of the register", command);
	return row;
}

static void check_read(struct matrix *x, pid_t pid)
{
	struct json_object *doc = end_reader(x, READ, pid, x->no_entry ? 3 : 0);
	struct json_object *row = only_row(x, doc, "read");
	if (!x->no_entry && strcmp(member(row, "value"), hex(x->after, x->m.tree->size)) != 0)
		wrong(x, "read shows another value");
	json_object_put(doc);
}

static const char *who_logs(const struct matrix *x)
{
	if (x->m.tree->set)
		return "";
	return x->m.tree->journal ? "journal" : "kernel";
}

static void check_list(struct matrix *x, pid_t pid)
{
	struct json_object *doc = end_reader(x, LIST, pid, 0);
	struct json_object *row = only_row(x, doc, "list");
	if (strcmp(member(row, "log"), who_logs(x)) != 0 ||
		strcmp(member(row, "readable"), x->no_entry ? "false" : "true") != 0 ||
		strcmp(member(row, x->m.tree->set ? "writable" : "extensible"), "true") != 0)
		wrong(x, "list says what is not so");
	json_object_put(doc);
}

static bool is_sync(struct json_object *event)
{
	return strcmp(member(event, "kind"), "sync") == 0;
}

static bool has_extended(struct json_object *event)
{
	return strcmp(member(event, "extends"), "true") == 0;
}

static bool is_event_of(const struct matrix *x, struct json_object *event, const char *text)
{
	uint8_t digest[LEDGER_DIGEST_MAX];
	struct json_object *digests;
	size_t size = ledger_hash(x->m.tree->hash, text, strlen(text), digest);
	return json_object_object_get_ex(event, "digests", &digests) &&
	       strcmp(member(json_object_array_get_idx(digests, 0), "digest"), hex(digest, size)) ==
		       0;
}

/*
 * Exactly the records that the register has, in their order. Where somebody else extended it, too,
 * log may say of a record without an end that it cannot tell.
 */
static void check_events(struct matrix *x, struct json_object *events, size_t n, const char **want)
{
	size_t have = 0;
	for (size_t i = 0; events != NULL && i < json_object_array_length(events); i++) {
		struct json_object *event = json_object_array_get_idx(events, i);
		bool wanted = have < n && is_event_of(x, event, want[have]);
		bool unsaid =
			x->scenario->left == LEFT_FOREIGN && member(event, "extends")[0] == '\0';
		if (is_sync(event) ? !has_extended(event) : has_extended(event) && !wanted)
			wrong(x, "log is wrong about event %zu", i);
		have += wanted && (unsaid || has_extended(event));
	}
	if (have < n)
		wrong(x, "log does not have the record \"%s\"", want[have]);
}

static void check_log(struct matrix *x, pid_t pid)
{
	const char *want[WANT_MAX];
	size_t n = x->m.tree->set ? 0 : wanted_records(x, false, want);
	struct json_object *doc = end_reader(x, LOG, pid, x->m.tree->set ? 3 : 0), *events = NULL;
	json_object_object_get_ex(doc, "events", &events);
	check_events(x, events, n, want);
	json_object_put(doc);
}

/*
 * The problems that there are: what somebody else did, and on configfs registers without an entry,
 * of which this one may have one.
 */
static bool is_true_problem(const struct matrix *x, const char *message)
{
	if (x->scenario->left == LEFT_FOREIGN && strstr(message, ": mismatch: ") != NULL)
		return strstr(message, LEDGER_FOREIGN) != NULL;
	if (x->m.tree->index == NULL)
		return false;
	if (strcmp(message, "0 of 4 can be read") == 0 ||
		strncmp(message, x->m.tree->reg, strlen(x->m.tree->reg)) == 0)
		return x->no_entry;
	return strstr(message, "has no entry in configfs yet") != NULL;
}

static void check_findings(struct matrix *x, pid_t pid)
{
	struct json_object *doc = end_reader(x, STATUS, pid, x->no_entry ? 3 : 0), *rows = NULL;
	json_object_object_get_ex(doc, "findings", &rows);
	if (rows == NULL || json_object_array_length(rows) == 0)
		wrong(x, "status finds nothing");
	for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		if (strcmp(member(row, "level"), "problem") == 0 &&
			!is_true_problem(x, member(row, "message")))
			wrong(x, "status: %s", member(row, "message"));
	}
	json_object_put(doc);
}

static void check_readers(struct matrix *x)
{
	pid_t pid[READERS];
	for (unsigned r = 0; r < READERS; r++)
		pid[r] = begin_reader(x, r);
	check_read(x, pid[READ]);
	check_list(x, pid[LIST]);
	check_log(x, pid[LOG]);
	check_findings(x, pid[STATUS]);
}

static void check_records(struct matrix *x, const struct ledger *l, bool next)
{
	const char *want[WANT_MAX];
	size_t n = wanted_records(x, next, want), have = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_record *rec = &l->record[i];
		if (rec->foreign)
			wrong(x, "record %zu does not follow from the one before", i);
		if (rec->end != LEDGER_COMMIT)
			continue;
		if (have == n || rec->text == NULL || strcmp(rec->text, want[have]) != 0)
			wrong(x, "the journal has record %zu, \"%s\", which should not be there", i,
				rec->text);
		have += have < n;
	}
	if (have < n)
		wrong(x, "the journal has lost the record \"%s\"", want[have]);
}

/* What the journal, replayed, says: all of it, with no record open. */
static void check_ledger(struct matrix *x, const uint8_t *value, bool next)
{
	struct ledger l;
	char path[MACHINE_PATH_MAX];
	machine_path(&x->m, JOURNAL, path);
	if (!x->m.tree->journal)
		return;
	if (ledger_read(&l, path) < 0)
		wrong(x, "the journal cannot be read: %s", l.why);
	const struct ledger_group *g = ledger_group(&l, x->m.tree->reg);
	size_t foreign = x->scenario->left == LEFT_FOREIGN;
	if (x->bad || g == NULL) {
		wrong(x, "the journal has nothing of the register");
	} else {
		if (l.torn)
			wrong(x, "the journal's last line is torn");
		if (ledger_count(&l, NULL, LEDGER_OPEN, NULL) != (x->scenario->left == LEFT_GONE))
			wrong(x, "a record has no end, or one has that cannot have it");
		if (ledger_count(&l, g, LEDGER_UNKNOWN, NULL) != foreign)
			wrong(x, "the wrong number of records is unknown");
		check_records(x, &l, next);
		if (!same(x, g->start, x->boot))
			wrong(x, "the journal does not start with the register's first value");
		if (!same(x, g->value, value))
			wrong(x, "the register is not what the journal leads to: %s, not %s",
				hex(value, g->size), hex(g->value, g->size));
	}
	ledger_clear(&l);
}

static void check_output(struct matrix *x)
{
	char want[2 * VALUE_MAX + 256];
	char *text = machine_text(&x->m, "stdout");
	snprintf(want, sizeof(want), "%s  %s\n", hex(x->after, x->m.tree->size), x->m.tree->reg);
	if (strcmp(text, want) != 0)
		wrong(x, "the output is not the value that the register has");
	free(text);
}

/* The status says the truth. early: the register cannot have been reached. */
static void check_status(struct matrix *x, int status, bool killed, bool early)
{
	if (killed ? status != 128 + 9 : status != 0 && status != 4 && (status != 6 || early))
		wrong(x, "status %d", status);
	if (status == 0 && !x->landed)
		wrong(x, "status 0, and the register was not extended");
	if (status == 4 && x->landed)
		wrong(x, "status 4, and the register was extended");
	if (status == 0)
		check_output(x);
	if (status == 0)
		check_ledger(x, x->after, false);
}

static void check_after(struct matrix *x, int status, bool killed, bool early)
{
	uint8_t expected[VALUE_MAX];
	memcpy(expected, x->before, sizeof(expected));
	extend(x, expected, "cell");
	x->no_entry = !machine_value(&x->m, x->after);
	x->landed = same(x, x->after, expected);
	if (!x->landed && !same(x, x->after, x->before))
		wrong(x, "the register is neither what it was nor what it should be");
	if (early && x->landed && status != 0)
		wrong(x, "the register was extended before it was reached");
	check_status(x, status, killed, early);
	check_verify(x, x->m.tree->reg, x->after);
	if (x->m.tree->other != NULL)
		check_verify(x, x->m.tree->other, x->after);
	check_readers(x);
}

/* What an operator does then. */
static void check_next(struct matrix *x)
{
	uint8_t value[VALUE_MAX];
	const char *other = x->m.tree->other != NULL ? x->m.tree->other : x->m.tree->reg;
	if (x->once) {
		if (tsmctl_extend(x, x->m.tree->reg, "cell", "--once") != 0)
			wrong(x, "the same again with --once failed");
		if (!x->landed)
			extend(x, x->after, "cell");
		x->landed = true;
	}
	if (!x->bad && tsmctl_extend(x, other, "next", NULL) != 0)
		wrong(x, "the next extend failed");
	extend(x, x->after, "next");
	x->no_entry = !machine_value(&x->m, value);
	if (!same(x, value, x->after))
		wrong(x, "the next extend did not lead to the right value");
	check_ledger(x, value, true);
	check_verify(x, other, value);
}

/* The cells */

static void begin_cell(struct matrix *x, const char *what, const char *fault)
{
	x->bad = false;
	snprintf(x->cell, sizeof(x->cell), "%s, %s: %s: %s", x->m.tree->name, x->scenario->name,
		what, fault);
	prepare(x);
}

static void end_cell(struct matrix *x)
{
	if (!x->bad)
		check_next(x);
	machine_stop(&x->m);
}

/* The call that the fault happens to has to be the one of the list. */
struct expected_call {
	struct matrix *x;
	const struct inject_call *call;
};

static void compare_call(void *ctx, const struct inject_call *call)
{
	const struct expected_call *e = ctx;
	if (call->number == e->call->number && (strcmp(call->name, e->call->name) != 0 ||
						       strcmp(call->target, e->call->target) != 0))
		wrong(e->x, "the call was %s %s", call->name, call->target);
}

static void run_cell(
	struct matrix *x, const struct inject_call *call, const struct inject_fault *fault)
{
	char what[MACHINE_PATH_MAX];
	struct expected_call e = {x, call};
	struct inject_run inject = {
		.fault = fault, .at = call->number, .seen = compare_call, .ctx = &e};
	bool fired = false;
	bool killed = fault->act == INJECT_KILL_BEFORE || fault->act == INJECT_KILL_AFTER ||
		      fault->act == INJECT_TEAR;
	bool one = fault->act == INJECT_ERROR || fault->act == INJECT_SHORT;
	snprintf(what, sizeof(what), "call %u %s %.4000s", call->number, call->name, call->target);
	begin_cell(x, what, fault->name);
	x->once = x->scenario->left != LEFT_FOREIGN &&
		  (call->number + (unsigned)(fault - inject_faults)) % 2 != 0;
	int status = x->bad ? 0 : extend_with_fault(x, "cell", &inject, &fired);
	if (!fired)
		wrong(x, "the fault did not happen");
	if (!x->bad)
		check_after(x, status, killed, one && call->number <= x->calls.reg);
	end_cell(x);
	x->done += fired;
}

/* In the RFC's tree a write to the register is text, and one that is cut is another record. */
static bool is_cell(
	const struct matrix *x, const struct inject_call *call, const struct inject_fault *fault)
{
	return inject_applies(fault, call) &&
	       !(call->number == x->calls.reg && x->m.tree->log != NULL &&
		       fault->keep != INJECT_KEEP_NONE);
}

static void run_cells(struct matrix *x)
{
	for (unsigned i = 0; i < x->calls.n; i++)
		for (const struct inject_fault *f = inject_faults; f->name != NULL; f++)
			x->wanted += is_cell(x, &x->calls.call[i], f);
	for (unsigned i = 0; i < x->calls.n; i++)
		for (const struct inject_fault *f = inject_faults; f->name != NULL; f++)
			if (is_cell(x, &x->calls.call[i], f))
				run_cell(x, &x->calls.call[i], f);
}

/* Faults that only the kernel can have */
static void run_kernel_cells(struct matrix *x)
{
	for (size_t i = 0; x->m.tree->faults[i] != NULL; i++) {
		const char *spec = x->m.tree->faults[i];
		x->wanted++;
		begin_cell(x, "kernel", spec);
		x->once = i % 2 != 0 && x->scenario->left != LEFT_FOREIGN;
		machine_fault(&x->m, spec);
		int status = tsmctl_extend(x, x->m.tree->reg, "cell", NULL);
		bool fired = machine_fired(&x->m);
		machine_fault(&x->m, "clear");
		if (!fired)
			wrong(x, "the fault did not happen");
		if (!x->bad)
			check_after(x, status, false, false);
		end_cell(x);
		x->done += fired;
	}
}

static void learn(struct matrix *x, const struct scenario *s, struct calls *ret)
{
	x->scenario = s;
	begin_cell(x, "undisturbed", "nothing");
	if (!x->bad)
		list_calls(x, ret);
	machine_stop(&x->m);
}

int main(int argc, char *argv[])
{
	static struct matrix x;
	const struct scenario *s = scenarios;
	bool with_load = argc == 7 && strcmp(argv[6], "load") == 0;
	const struct tree *tree = argc == 6 || with_load ? tree_by_name(argv[4]) : NULL;
	while (tree != NULL && s->name != NULL && strcmp(s->name, argv[5]) != 0)
		s++;
	if (tree == NULL || s->name == NULL) {
		fputs("usage: matrix TSMCTL TSMSIM DIR TREE SCENARIO [load]\n", stderr);
		return 2;
	}
	machine_open(&x.m, argv[1], argv[2], argv[3], tree);
	if (with_load)
		load_begin();
	learn(&x, &scenarios[1], &x.usual);
	forget(&x);
	if (!x.bad)
		learn(&x, s, &x.calls);
	if (!x.bad) {
		run_cells(&x);
		run_kernel_cells(&x);
	}
	forget(&x);
	load_end();
	for (unsigned i = 0; i < x.calls.n; i++)
		printf("%u %s %s\n", x.calls.call[i].number, x.calls.call[i].name,
			x.calls.call[i].target);
	printf("%s, %s: %u of %u cells, %u failed\n", tree->name, s->name, x.done, x.wanted,
		x.failed);
	return x.failed > 0 || x.done != x.wanted || x.wanted == 0;
}
