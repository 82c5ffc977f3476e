/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log behind a byte that says what it is (0: it tells itself), replayed, and judged: against the values
 * that come out, which it must then explain, and against others. Where lines "%%" follow, with more logs
 * behind them, those are judged in its place: against what the first one gave, or states if it is a file of
 * values, in both orders; and replayed.
 */
#include "fuzz.h"
#include "log_input.h"

#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "formats/event.h"
#include "formats/rfc_text.h"
#include "text.h"
#include "verify/diagnosis.h"
#include "verify/replay.h"

enum {
	RANDOM_MAX = 2
}; /* registers that are judged against a random value: each may cost its limit */

enum { PARTS_MAX = 4, TIMES_MAX = 10000, EXPANDED_MAX = 1 << 20 };

/* A log beside others. */
struct part {
	int fd;
	const char *format; /* NULL: it tells itself */
};

/* A name that is shown like one that means something else: PROVIDER/pcr7 is no PCR. */
static bool is_odd_event(const struct log_event *ev)
{
	char name[NAME_MAX_VISIBLE];
	enum place place;
	uint32_t index;
	if (ev->place != PLACE_NAMED)
		return false;
	const char *slash = strchr(ev->reg, '/');
	const char *local = slash != NULL ? slash + 1 : ev->reg;
	size_t n;
	(void)reg_hash(local, &n);
	if (n == 0 || n >= sizeof(name) || local[n + (local[n] == ':')] == '/')
		return true;
	memcpy(name, local, n);
	name[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (strchr("/:\\", name[i]) != NULL || name[i] <= ' ' || name[i] >= 0x7f)
			return true;
	return reg_place("", name, &place, &index);
}

static int look_at(void *arg, size_t source, struct log_event *ev, enum explanation explanation,
	struct err *err)
{
	bool *odd = arg;
	(void)source;
	(void)explanation;
	(void)err;
	*odd |= is_odd_event(ev);
	return 0;
}

static bool is_twice(const struct mr_list *mrs, size_t i)
{
	for (size_t k = 0; k < mrs->n; k++)
		if (k != i && strcmp(mrs->mr[k]->full, mrs->mr[i]->full) == 0)
			return true;
	return false;
}

static void check_judgement(const struct log_input *in, const struct judgement *j)
{
	MUST(j->verdict != VERDICT_UNLOGGED);
	MUST(j->err.status == ST_OK && j->verdict != VERDICT_NONE);
	/* One that contradicts itself gives what it states last. */
	if (strcmp(in->format->name, "journal") == 0)
		return;
	MUST(j->verdict != VERDICT_MISMATCH && j->verdict != VERDICT_LOG_AHEAD &&
		j->verdict != VERDICT_UNDECIDED);
	MUST(j->matched == j->records);
}

/* What is said of a register can be said, whatever it is. */
static void check_any(const struct judgement *j)
{
	MUST(j->verdict != VERDICT_NONE || j->err.status != ST_OK);
	MUST(j->matched <= j->records || j->verdict == VERDICT_UNSUPPORTED);
	MUST(memchr(j->detail, '\0', sizeof(j->detail)) != NULL);
	MUST((j->verdict == VERDICT_MISMATCH) || j->diagnosis.kind == DIAG_NONE ||
		j->diagnosis.kind == DIAG_ALTERED);
	MUST((diagnosis_name(j->diagnosis.kind) == NULL) == (j->diagnosis.kind == DIAG_NONE));
	MUST(!judgement_has_history(j) || !judgement_is_ahead_alone(j));
	for (size_t i = 0; i < j->n_doubtful; i++)
		MUST(judgement_has_doubtful(j, j->doubtful[i].source, j->doubtful[i].seq));
}

/* Of each register whose value the log gives, and which has a name of its own. */
static void ask(const struct register_file *values, struct asked asked[])
{
	for (size_t i = 0; i < values->mrs.n; i++) {
		struct mr *mr = values->mrs.mr[i];
		asked[i] = (struct asked){.mr = mr};
		if (mr->bad.status != ST_OK || mr->alg <= HASH_UNKNOWN || is_twice(&values->mrs, i))
			continue;
		asked[i].wanted = true;
		asked[i].value = digest_of(mr->alg, values->value[i]);
	}
}

static void change(struct asked asked[], size_t n, struct dice *dice)
{
	size_t left = RANDOM_MAX;
	for (size_t i = 0; i < n; i++) {
		struct asked *a = &asked[i];
		a->wanted = a->wanted && left > 0;
		left -= a->wanted;
		if (!a->wanted)
			continue;
		a->trusted = a->value;
		dice_bytes(dice, a->trusted.v, a->trusted.size);
		a->trusted.size = dice_one_in(dice, 4) ? a->trusted.size : 0;
		if (dice_one_in(dice, 4))
			memset(a->value.v, 0, a->value.size);
		else
			dice_bytes(dice, a->value.v, a->value.size);
	}
}

static void check(int fd, const char *format, const struct register_file *values, struct dice *dice)
{
	AUTO_FREE struct asked *asked = calloc(values->mrs.n + 1, sizeof(*asked));
	AUTO_FREE struct judgement *j = calloc(values->mrs.n + 1, sizeof(*j));
	struct inputs inputs = {0};
	struct mr_list mrs = {0};
	struct err err;
	bool odd = false;
	MUST(asked != NULL && j != NULL);
	MUST(log_input_open(fd, format, &inputs, &mrs) == 0);
	struct question q = {.mrs = &values->mrs, .v = asked};
	ask(values, asked);
	if (!inputs.v[0].text)
		MUST(inputs_read(&inputs, 0, look_at, &odd, &err) == 0);
	for (int changed = 0; changed < 2; changed++) {
		if (changed)
			change(asked, values->mrs.n, dice);
		MUST(judge(&q, &inputs, j, &err) == 0);
		for (size_t i = 0; i < values->mrs.n; i++) {
			if (asked[i].wanted)
				check_any(&j[i]);
			if (asked[i].wanted && !changed && !odd)
				check_judgement(&inputs.v[0], &j[i]);
			judgement_clear(&j[i]);
		}
	}
	inputs_close(&inputs);
	mr_list_clear(&mrs);
}

/* Several logs, and what is said of each register; in the other order it is the same. */
static void judge_parts(const struct part parts[], size_t n, bool reverse,
	const struct register_file *values, struct judgement *ret)
{
	AUTO_FREE struct asked *asked = calloc(values->mrs.n + 1, sizeof(*asked));
	struct inputs inputs = {0};
	struct err err;
	MUST(asked != NULL);
	for (size_t i = 0; i < n; i++) {
		const struct part *p = &parts[reverse ? n - 1 - i : i];
		if (log_input_add(p->fd, p->format, &inputs, &err) < 0)
			MUST(err.status != ST_OK && err.msg[0] != '\0');
	}
	struct question q = {.mrs = &values->mrs, .v = asked};
	ask(values, asked);
	/* The values are of the boot that the first log states, if it states one. */
	if (inputs.n == n && inputs.v[reverse ? n - 1 : 0].reader != NULL)
		q.boot_id = inputs.v[reverse ? n - 1 : 0].reader->boot_id;
	bool judged = inputs_bind(&inputs, &values->mrs, NULL, 0, &err) == 0;
	if (judged)
		MUST(judge(&q, &inputs, ret, &err) == 0);
	for (size_t i = 0; i < values->mrs.n && judged; i++)
		if (asked[i].wanted)
			check_any(&ret[i]);
	inputs_close(&inputs);
}

/* Several logs replayed together: values, or why there are none. */
static void replay_parts(const struct part parts[], size_t n)
{
	struct inputs inputs = {0};
	struct mr_list mrs = {0};
	struct register_file values = {0};
	struct rfc_search_result texts[PARTS_MAX] = {0};
	struct err err = {0};
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = log_input_add(parts[i].fd, parts[i].format, &inputs, &err);
	rc = rc < 0 ? rc : inputs_name(&inputs, "reg", &mrs, &err);
	rc = rc < 0 ? rc : replay_run(&inputs, &values, texts, &err);
	MUST(rc == 0 || (err.status != ST_OK && err.msg[0] != '\0'));
	for (size_t i = 0; i < values.mrs.n; i++)
		MUST(values.mrs.mr[i]->bad.status == ST_OK || values.mrs.mr[i]->bad.msg[0] != '\0');
	for (size_t i = 0; i < n; i++)
		rfc_search_clear(&texts[i]);
	register_file_clear(&values);
	inputs_close(&inputs);
	mr_list_clear(&mrs);
}

static void check_parts(const struct part parts[], size_t n, const struct register_file *values)
{
	AUTO_FREE struct judgement *a = calloc(values->mrs.n + 1, sizeof(*a));
	AUTO_FREE struct judgement *b = calloc(values->mrs.n + 1, sizeof(*b));
	MUST(a != NULL && b != NULL);
	judge_parts(parts, n, false, values, a);
	judge_parts(parts, n, true, values, b);
	for (size_t i = 0; i < values->mrs.n; i++) {
		MUST(a[i].verdict == b[i].verdict && a[i].diagnosis.kind == b[i].diagnosis.kind);
		judgement_clear(&a[i]);
		judgement_clear(&b[i]);
	}
}

/* "*N" and a newline: what follows, N times; so that a small input can have many events. The caller frees it. */
static struct text expand(struct bytes part)
{
	struct text t = {0};
	size_t at = 1, n = 0;
	if (part.n == 0 || part.p[0] != '*') {
		text_add(&t, part);
		return t;
	}
	for (; at < part.n && part.p[at] >= '0' && part.p[at] <= '9' && n < TIMES_MAX; at++)
		n = 10 * n + (size_t)(part.p[at] - '0');
	at += at < part.n;
	struct bytes once = {part.p + at, part.n - at};
	for (; n > 0 && t.n < EXPANDED_MAX; n--)
		text_add(&t, once);
	return t;
}

/* Values from a file of values, which has whole names; those that can be judged. */
static bool state_values(struct bytes text, struct register_file *ret)
{
	struct err err;
	register_file_clear(ret);
	return register_file_parse(text, ret, &err) == 0;
}

static int expanded_file(struct bytes part)
{
	struct text t = expand(part);
	int fd = memory_file(text_bytes(&t));
	text_free(&t);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inputs inputs = {0};
	struct mr_list mrs = {0};
	struct register_file values = {0};
	struct rfc_search_result text = {0};
	struct err err;
	if (size == 0)
		return 0;
	struct bytes rest = {data + 1, size - 1}, log = fuzz_take_part(&rest);
	const char *format = log_input_format(data[0]);
	struct part parts[PARTS_MAX];
	size_t n = 0;
	struct dice dice = {size * 251 + data[size - 1]};
	int fd = expanded_file(log);
	for (; rest.n > 0 && n < PARTS_MAX; n++)
		parts[n] = (struct part){expanded_file(fuzz_take_part(&rest)), format};
	bool replayed = log_input_open(fd, format, &inputs, &mrs) == 0 &&
			replay_run(&inputs, &values, &text, &err) == 0;
	bool stated = !replayed && n > 0 && state_values(log, &values);
	if (replayed && n == 0)
		check(fd, format, &values, &dice);
	else if (replayed || stated)
		check_parts(parts, n, &values);
	replay_parts(parts, n);
	while (n > 0)
		close(parts[--n].fd);
	rfc_search_clear(&text);
	register_file_clear(&values);
	inputs_close(&inputs);
	mr_list_clear(&mrs);
	close(fd);
	return 0;
}
