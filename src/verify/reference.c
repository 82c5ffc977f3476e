/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/reference.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "describe/event_name.h"
#include "verify/align.h"
#include "verify/compare.h"
#include "verify/say.h"

enum { EXTENDS_BASE = 1 << 20, EXTENDS_PER_EVENT = 4, STARTS = 4, NAME_SHOWN = 80 };

/* What was extended, and where that is told. */
struct element {
	struct digest digest;
	struct event_ref ref;
};

/* A register that is asked about. */
struct suspect {
	const struct asked *asked;
	struct judgement *j;
	struct compare_register *reg;
	struct element *v[2]; /* of each side of reg, of one that mismatches; else NULL */
	uint32_t *now; /* of each event of the reference: where the logs have the next equal one */
	uint64_t budget; /* of extends */
	struct hasher *h;
	bool found;
	struct compare_place named; /* the event whose name the answer has; reg NULL: none */
};

struct look {
	struct compare c;
	struct suspect *v;
	size_t n;
	bool names; /* only what is to be named is told */
};

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "verify");
}

/* --- events --- */

static size_t source_of(const struct inputs *inputs, const char *name)
{
	size_t i = 0;
	while (i + 1 < inputs->n && inputs->v[i].name != name)
		i++;
	return i;
}

static void take_name(struct suspect *s, const struct event *event)
{
	struct reference_answer *a = &s->j->reference;
	struct bytes name = event_name(event->kind, event_shown(event));
	int shown = name.n < NAME_SHOWN ? (int)name.n : NAME_SHOWN;
	snprintf(a->label, sizeof(a->label), "%s%s%.*s", event->kind, name.n > 0 ? " " : "", shown,
		(const char *)name.p);
}

/* The second time, of the few that are told of. */
static void take_told(struct suspect *s, const struct look *l, const struct compare_place *place,
	const struct event *event)
{
	struct reference_answer *a = &s->j->reference;
	if (s->named.reg != NULL && s->named.side == place->side && s->named.at == place->at)
		take_name(s, event);
	if (a->other_data == 0 || place->side != COMPARE_NOW || place->at != s->reg->other_data[1])
		return;
	a->other_event.seq = event->seq;
	a->other_event.source = source_of(l->c.side[COMPARE_NOW].inputs, event->source);
}

static int take_event(
	void *arg, const struct compare_place *place, const struct event *event, struct err *err)
{
	struct look *l = arg;
	(void)err;
	for (size_t i = 0; i < l->n; i++) {
		struct suspect *s = &l->v[i];
		if (s->reg != place->reg)
			continue;
		if (l->names)
			take_told(s, l, place, event);
		if (l->names || s->v[0] == NULL)
			continue;
		struct element *e = &s->v[place->side][place->at];
		e->ref.seq = event->seq;
		e->ref.source = source_of(l->c.side[place->side].inputs, event->source);
		for (size_t k = 0; k < event->digests.n; k++)
			if (event->digests.v[k].d.alg == s->asked->mr->alg)
				e->digest = event->digests.v[k].d;
	}
	return 0;
}

/* --- trying --- */

/* One change to the log: without [skip, end), and with n of the reference's events before `before`. */
struct edit {
	uint32_t skip, end, before, n;
	const struct element *put;
};

/* Whether the log, from the event `at` on, which has this value before it, gives the register's. */
static int try_edit(struct suspect *s, const struct digest *from, uint32_t at, const struct edit *e,
	bool *ret, struct err *err)
{
	struct digest value = *from;
	uint32_t n = s->reg->side[1].n;
	*ret = false;
	if (s->budget < (uint64_t)n - at + e->n)
		return 0;
	s->budget -= (uint64_t)n - at + e->n;
	for (uint32_t k = at; k <= n; k++) {
		for (uint32_t i = 0; k == e->before && i < e->n; i++)
			if (hash_extend(s->h, &value, &e->put[i].digest, err) < 0)
				return -1;
		if (k < n && (k < e->skip || k >= e->end) &&
			hash_extend(s->h, &value, &s->v[1][k].digest, err) < 0)
			return -1;
	}
	*ret = digest_equal(&value, &s->asked->value);
	return 0;
}

/* What stands between two equal events on each side, and the value before it. */
struct part {
	uint32_t i, i_end, k, k_end;
	const struct digest *start, *value;
};

static int try_one(struct suspect *s, const struct part *p, enum reference_fix fix,
	const struct edit *e, struct err *err)
{
	struct reference_answer *a = &s->j->reference;
	bool early = e->n > 0 && e->before < p->k;
	if (s->found ||
		try_edit(s, early ? p->start : p->value, early ? 0 : p->k, e, &s->found, err) < 0)
		return s->found ? 0 : -1;
	if (!s->found)
		return 0;
	a->fix = fix;
	a->put = e->n;
	a->left_out = e->end - e->skip;
	a->at_end = e->end == s->reg->side[1].n;
	a->has_event = e->n > 0;
	a->has_other = e->skip < e->end;
	if (a->has_event)
		a->event = e->put->ref;
	if (a->has_other)
		a->other = s->v[1][e->skip].ref;
	return 0;
}

static int find_places(struct suspect *s, struct err *err)
{
	const struct compare_side *side = s->reg->side;
	uint32_t next = side[1].n;
	s->now = calloc(side[0].n + 1, sizeof(*s->now));
	if (s->now == NULL)
		return no_memory(err);
	for (uint32_t i = side[0].n; i-- > 0;) {
		if (side[0].change[i] == COMPARE_SAME)
			next = side[0].with[i];
		s->now[i] = next;
	}
	return 0;
}

static int try_part(struct suspect *s, const struct part *p, struct err *err)
{
	const struct compare_side *side = s->reg->side;
	int rc = 0;
	for (uint32_t k = p->k; k < p->k_end && rc == 0; k++) {
		struct edit e = {.skip = k, .end = k + 1, .before = k, .n = 1};
		if (side[1].change[k] == COMPARE_ONLY)
			e.n = 0;
		else
			e.put = &s->v[0][side[1].with[k]];
		if (side[1].change[k] == COMPARE_MOVED)
			e.before = s->now[side[1].with[k]];
		rc = try_one(s, p,
			side[1].change[k] == COMPARE_ONLY      ? REFERENCE_LEFT_OUT
			: side[1].change[k] == COMPARE_CHANGED ? REFERENCE_IN_PLACE
							       : REFERENCE_MOVED_BACK,
			&e, err);
	}
	for (uint32_t i = p->i; i < p->i_end && rc == 0; i++) {
		struct edit e = {.before = p->k, .put = &s->v[0][i], .n = 1};
		if (side[0].change[i] != COMPARE_ONLY)
			continue;
		rc = try_one(s, p, REFERENCE_PUT_BACK, &e, err);
		e.before = p->k_end;
		if (rc == 0 && p->k < p->k_end)
			rc = try_one(s, p, REFERENCE_PUT_BACK, &e, err);
	}
	const struct edit all = {p->k, p->k_end, p->k, p->i_end - p->i, s->v[0] + p->i};
	return rc == 0 ? try_one(s, p, REFERENCE_PART, &all, err) : -1;
}

/* Each part of the logs that differs, from one initial value. */
static int try_start(struct suspect *s, const struct digest *start, struct err *err)
{
	const struct compare_side *side = s->reg->side;
	struct digest value = *start;
	struct part p = {.start = start, .value = &value};
	while (!s->found && (p.i < side[0].n || p.k < side[1].n)) {
		p.i_end = p.i;
		p.k_end = p.k;
		while (p.i_end < side[0].n && side[0].change[p.i_end] != COMPARE_SAME)
			p.i_end++;
		while (p.k_end < side[1].n && side[1].change[p.k_end] != COMPARE_SAME)
			p.k_end++;
		if ((p.i < p.i_end || p.k < p.k_end) && try_part(s, &p, err) < 0)
			return -1;
		for (; p.k < side[1].n && p.k <= p.k_end; p.k++)
			if (hash_extend(s->h, &value, &s->v[1][p.k].digest, err) < 0)
				return -1;
		p.i = p.i_end + (p.i_end < side[0].n);
	}
	return 0;
}

/* All of the reference is tried first, and said only if nothing less gives the value. */
static int try_whole(struct suspect *s, const struct digest *start, bool *ret, struct err *err)
{
	const struct edit all = {0, s->reg->side[1].n, 0, s->reg->side[0].n, s->v[0]};
	return try_edit(s, start, 0, &all, ret, err);
}

/* Values that nothing has extended yet. */
static size_t starts_of(const struct asked *a, struct digest ret[static STARTS])
{
	size_t n = 0;
	const struct digest zeros = {.alg = a->mr->alg, .size = (uint8_t)hash_size(a->mr->alg)};
	if (a->trusted.size > 0) {
		ret[0] = a->trusted;
		return 1;
	}
	ret[n++] = zeros;
	/* PCR 0 starts at the locality that it was started from. */
	for (uint8_t locality = 3; strcmp(a->mr->name, "pcr0") == 0 && locality <= 4; locality++) {
		ret[n] = zeros;
		ret[n++].v[zeros.size - 1] = locality;
	}
	if (a->mr->cc_mr_index == CC_MR_NONE)
		ret[n++] = mr_name_value(a->mr);
	return n;
}

static int try_all(struct suspect *s, struct err *err)
{
	struct digest start[STARTS];
	size_t n = starts_of(s->asked, start);
	s->budget = EXTENDS_BASE +
		    EXTENDS_PER_EVENT * ((uint64_t)s->reg->side[0].n + s->reg->side[1].n);
	if (hasher_open(&s->h, s->asked->mr->alg, err) < 0)
		return -1;
	bool whole = false;
	int rc = find_places(s, err);
	for (size_t i = 0; i < n && rc == 0 && !whole; i++)
		rc = try_whole(s, &start[i], &whole, err);
	/* Where the logs have nothing, there is no less than the whole to put back. */
	for (size_t i = 0; i < n && rc == 0 && !s->found && s->reg->side[1].n > 0; i++)
		rc = try_start(s, &start[i], err);
	if (whole && !s->found)
		s->j->reference.fix = REFERENCE_WHOLE;
	free(s->now);
	hasher_close(s->h);
	return rc;
}

/* --- registers --- */

static bool is_unexplained(const struct asked *a, const struct judgement *j)
{
	return a->wanted && (j->verdict == VERDICT_MISMATCH || j->verdict == VERDICT_UNLOGGED) &&
	       j->err.status == ST_OK && a->value.size > 0;
}

static struct compare_register *find(struct compare *c, const struct mr *mr)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->v[i].no_bank && strcmp(c->v[i].mr->full, mr->full) == 0)
			return &c->v[i];
	return NULL;
}

/* What no log of the reference can name is not missing in it. */
static bool can_name(const struct inputs *reference, const struct mr *mr)
{
	for (size_t i = 0; i < reference->n; i++)
		if (inputs_can_name(&reference->v[i], mr))
			return true;
	return false;
}

static int add_suspects(
	struct look *l, const struct question *q, struct judgement js[], struct err *err)
{
	const struct inputs *reference = l->c.side[COMPARE_REFERENCE].inputs;
	l->v = calloc(q->mrs->n + 1, sizeof(*l->v));
	if (l->v == NULL)
		return no_memory(err);
	for (size_t i = 0; i < q->mrs->n; i++) {
		struct suspect *s = &l->v[l->n];
		struct compare_register *reg = q->v[i].wanted ? find(&l->c, q->v[i].mr) : NULL;
		if (reg == NULL || !can_name(reference, q->v[i].mr))
			continue;
		*s = (struct suspect){.asked = &q->v[i], .j = &js[i], .reg = reg};
		l->n++;
		for (int k = 0; k < 2 && is_unexplained(s->asked, s->j); k++) {
			s->v[k] = calloc(reg->side[k].n + 1, sizeof(*s->v[k]));
			if (s->v[k] == NULL)
				return no_memory(err);
		}
	}
	return 0;
}

static void count(struct suspect *s)
{
	struct reference_answer *a = &s->j->reference;
	const struct compare_side *side = s->reg->side;
	a->is = true;
	a->events = side[0].n;
	a->now_events = side[1].n;
	a->other_data = s->reg->n_other_data;
	for (uint32_t i = 0; i < side[0].n; i++)
		a->missing += side[0].change[i] == COMPARE_ONLY;
	for (uint32_t k = 0; k < side[1].n; k++) {
		a->more += side[1].change[k] == COMPARE_ONLY;
		a->changed += side[1].change[k] == COMPARE_CHANGED;
		a->moved += side[1].change[k] == COMPARE_MOVED;
	}
}

/* Without a change that gives the value: the first that differs. */
static void name_first(struct suspect *s)
{
	struct reference_answer *a = &s->j->reference;
	for (int k = 0; k < 2 && !a->has_event && !a->has_other; k++) {
		const struct compare_side *side = &s->reg->side[k];
		uint32_t i = 0;
		while (i < side->n && side->change[i] == COMPARE_SAME)
			i++;
		if (i == side->n)
			continue;
		*(k == 0 ? &a->has_event : &a->has_other) = true;
		*(k == 0 ? &a->event : &a->other) = s->v[k][i].ref;
	}
}

/* The event that the answer has is to be told once more, with its name. */
static void want_name(struct suspect *s)
{
	const struct reference_answer *a = &s->j->reference;
	int k = a->has_event ? 0 : 1;
	const struct event_ref *ref = k == 0 ? &a->event : &a->other;
	for (uint32_t i = 0; (a->has_event || a->has_other) && i < s->reg->side[k].n; i++) {
		if (s->v[k][i].ref.source != ref->source || s->v[k][i].ref.seq != ref->seq)
			continue;
		s->named = (struct compare_place){s->reg, k, i};
		s->reg->side[k].wanted[i] = true;
	}
}

static int look(struct look *l, struct err *err)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].v[0] != NULL)
			compare_want(l->v[i].reg, true);
	if (compare_events(&l->c, take_event, l, err) < 0 || compare_pair(&l->c, err) < 0)
		return -1;
	for (size_t i = 0; i < l->c.n; i++)
		compare_want(&l->c.v[i], false);
	for (size_t i = 0; i < l->n; i++) {
		count(&l->v[i]);
		if (l->v[i].reg->n_other_data > 0)
			l->v[i].reg->side[COMPARE_NOW].wanted[l->v[i].reg->other_data[1]] = true;
		if (l->v[i].v[0] == NULL)
			continue;
		if (try_all(&l->v[i], err) < 0)
			return -1;
		if (!l->v[i].found)
			name_first(&l->v[i]);
		want_name(&l->v[i]);
	}
	l->names = true;
	return compare_events(&l->c, take_event, l, err);
}

static void clear(struct look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].v[0]);
		free(l->v[i].v[1]);
	}
	free(l->v);
	compare_clear(&l->c);
}

int reference_look(const struct question *q, struct inputs *inputs, struct inputs *reference,
	struct judgement js[], struct err *err)
{
	struct look l = {0};
	int rc = compare_load(&l.c, reference, inputs, q->mrs, err);
	if (rc == 0)
		rc = add_suspects(&l, q, js, err);
	if (rc == 0)
		rc = look(&l, err);
	for (size_t i = 0; i < l.n && rc == 0; i++)
		if (l.v[i].v[0] != NULL)
			say_reference(inputs, reference, l.v[i].j);
	clear(&l);
	if (rc == 0 || err->status != ST_FORMAT)
		return rc;
	/* It must not be in the way of the verdicts. */
	if (reference->v[0].err.status == ST_OK)
		reference->v[0].err = *err;
	return 0;
}
