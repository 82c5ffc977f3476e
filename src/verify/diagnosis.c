/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/diagnosis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verify/explore.h"
#include "verify/order.h"

enum {
	LEFT_MAX = 7, /* claims that are tried in each order */
	/* In the time of an extend so many claims are copied, or looked at. */
	COPIED_PER_EXTEND = 8,
	SEEN_PER_EXTEND = 64,
};

static const enum diagnosis_kind kinds[] = {
	DIAG_WRONG_DIGEST, DIAG_EXTRA, DIAG_REPEATED, DIAG_SWAPPED};

/* The order in which whole lists are taken; those with anchors do not count. */
struct order {
	size_t of[TIMELINE_LISTS_MAX];
	size_t n;     /* lists without anchors stand first */
	size_t fixed; /* of them, firmware's, which stay where they are */
};

static void line_up(struct order *ret, const struct timeline *t)
{
	size_t k = 0;
	*ret = (struct order){0};
	for (int kind = 0; kind < 3; kind++)
		for (size_t l = 0; l < t->n_lists; l++) {
			const struct claim_list *list = &t->list[l];
			if ((list->anchored ? 2 : list->firmware ? 0 : 1) == kind)
				ret->of[k++] = l;
			ret->fixed += kind == 0 && list->firmware && !list->anchored;
			ret->n += kind == 0 && !list->anchored;
		}
}

static struct event_ref ref_of(const struct timeline *t, const struct step *step)
{
	const struct claim_list *list = &t->list[step->list];
	return (struct event_ref){list->source, list->v[step->at].seq};
}

/* Of equal claims side by side the last is the one that is too much. */
static struct step last_equal(const struct timeline *t, const struct step *step)
{
	const struct claim_list *list = &t->list[step->list];
	struct step last = *step;
	while (!list->anchored && last.at + 1 < list->n &&
		digest_equal(&list->v[last.at].digest, &list->v[last.at + 1].digest))
		last.at++;
	return last;
}

static void set_diagnosis(struct timeline *t, enum diagnosis_kind kind, const struct step *step)
{
	const struct step at = kind == DIAG_EXTRA ? last_equal(t, step) : *step;
	t->diagnosis = (struct diagnosis){.kind = kind, .has_event = true, .event = ref_of(t, &at)};
}

/* The changed part of a step: what was taken in its place. */
static int change(struct sequence *s, struct state *st, enum diagnosis_kind kind,
	const struct step *step, struct err *err)
{
	struct timeline *t = s->t;
	const struct claim *c = &t->list[step->list].v[step->at];
	struct digest before = st->value;
	if (kind == DIAG_WRONG_DIGEST && sequence_extend(s, st, &c->own, *step, err) < 0)
		return -1;
	if (kind == DIAG_SWAPPED && sequence_extend(s, st, &c[1].digest, *step, err) < 0)
		return -1;
	if (kind == DIAG_REPEATED && sequence_extend(s, st, &c->digest, *step, err) < 0)
		return -1;
	if (kind == DIAG_REPEATED || kind == DIAG_SWAPPED) {
		if (sequence_extend(s, st, &c->digest, *step, err) < 0)
			return -1;
	}
	st->used[step->list]++;
	sequence_share(s, st, step->list, c, &before);
	if (kind == DIAG_SWAPPED) {
		st->used[step->list]++;
		sequence_share(s, st, step->list, &c[1], &before);
	}
	return 0;
}

static bool can_change(const struct timeline *t, enum diagnosis_kind kind, const struct step *step)
{
	if (step->list == DOUBTFUL_LIST)
		return false;
	const struct claim_list *list = &t->list[step->list];
	if (kind == DIAG_EXTRA)
		return true;
	if (list->anchored)
		return false;
	if (kind == DIAG_WRONG_DIGEST)
		return list->v[step->at].own.size > 0;
	return kind != DIAG_SWAPPED || step->at + 1 < list->n;
}

/* One change, from where the order stood before that step. */
static enum sequence_outcome try_change(struct sequence *s, const struct order *order,
	const struct state *before, enum diagnosis_kind kind, const struct step *step,
	struct err *err)
{
	struct state st = *before;
	if (!can_change(s->t, kind, step))
		return SEQUENCE_OPEN;
	if (change(s, &st, kind, step, err) < 0)
		return SEQUENCE_FAILED;
	return sequence_run(s, &st, order->of, err);
}

/* A journal's claim that nothing reaches may be one too many: from where the one before it was taken. */
static enum sequence_outcome try_stuck(struct sequence *s, const struct order *order,
	const struct state *line, const struct state *end, struct step *ret, struct err *err)
{
	const struct timeline *t = s->t;
	enum sequence_outcome o = SEQUENCE_OPEN;
	for (size_t l = 0; l < t->n_lists && o == SEQUENCE_OPEN; l++) {
		if (!t->list[l].anchored || end->used[l] == t->list[l].n)
			continue;
		size_t k = 0;
		while (k < end->n && line[k].used[l] < end->used[l])
			k++;
		*ret = (struct step){(uint16_t)l, end->used[l]};
		o = try_change(s, order, k < end->n ? &line[k] : end, DIAG_EXTRA, ret, err);
	}
	return o;
}

static enum sequence_outcome try_kind(struct sequence *s, const struct order *order,
	const struct state *line, size_t n, enum diagnosis_kind kind, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	for (size_t k = 0; k < n && o == SEQUENCE_OPEN && !s->gave_up; k++) {
		/* The path is written over by what is tried. */
		struct step step = s->t->path[k];
		o = try_change(s, order, &line[k], kind, &step, err);
		if (o == SEQUENCE_FOUND)
			set_diagnosis(s->t, kind, &step);
		if (o == SEQUENCE_FOUND && kind == DIAG_SWAPPED) {
			step.at++;
			s->t->diagnosis.has_other = true;
			s->t->diagnosis.other = ref_of(s->t, &step);
		}
	}
	return o;
}

/* Takes the lists in this order, and keeps the way: into t->path and t->saved. */
static int run_order(
	struct sequence *s, const struct order *order, struct state *end, struct err *err)
{
	struct timeline *t = s->t;
	size_t room = timeline_claims(t) + t->n_doubtful + 2;
	s->saved = calloc(room, sizeof(*s->saved));
	if (s->saved == NULL)
		return err_sys(err, ENOMEM, "events");
	t->from = t->start[t->from_index];
	*end = (struct state){.value = t->from};
	int rc = sequence_run(s, end, order->of, err) == SEQUENCE_FAILED ? -1 : 0;
	free(t->saved);
	t->saved = s->saved;
	s->saved = NULL;
	free(t->path);
	t->path = calloc(room, sizeof(*t->path));
	if (t->path == NULL)
		return err_sys(err, ENOMEM, "events");
	memcpy(t->path, s->path, end->n * sizeof(*t->path));
	t->n_path = end->n;
	t->saved[end->n] = *end;
	return rc;
}

static enum sequence_outcome try_changes(
	struct sequence *s, const struct order *order, struct err *err)
{
	struct timeline *t = s->t;
	struct state end = {0};
	struct step stuck;
	if (run_order(s, order, &end, err) < 0)
		return SEQUENCE_FAILED;
	s->need_whole = true;
	enum sequence_outcome o = try_stuck(s, order, t->saved, &end, &stuck, err);
	if (o == SEQUENCE_FOUND)
		set_diagnosis(t, DIAG_EXTRA, &stuck);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && o == SEQUENCE_OPEN; i++)
		o = try_kind(s, order, t->saved, end.n, kinds[i], err);
	s->need_whole = false;
	return o;
}

/* A list as it would be after one change; `more` is the claim of another register. */
static size_t changed_list(struct claim *ret, const struct claim_list *list, size_t at,
	enum diagnosis_kind kind, const struct claim *more)
{
	size_t n = list->n;
	memcpy(ret, list->v, n * sizeof(*ret));
	switch (kind) {
	case DIAG_WRONG_DIGEST:
		ret[at].digest = ret[at].own;
		break;
	case DIAG_EXTRA:
		memmove(ret + at, ret + at + 1, (n - at - 1) * sizeof(*ret));
		return n - 1;
	case DIAG_SWAPPED:
		ret[at].digest = list->v[at + 1].digest;
		ret[at + 1].digest = list->v[at].digest;
		break;
	case DIAG_REPEATED:
	case DIAG_OTHER_REGISTER:
		memmove(ret + at + 1, ret + at, (n - at) * sizeof(*ret));
		if (kind == DIAG_OTHER_REGISTER)
			ret[at] = *more;
		return n + 1;
	case DIAG_NONE:
	case DIAG_ORDER:
	case DIAG_FOREIGN:
	case DIAG_UNREACHED:
	case DIAG_ALTERED:
	case DIAG_AGGREGATE:
		break;
	}
	return n;
}

/* All claims in any sequence, with the list as it would be. */
static enum sequence_outcome explore_changed(
	struct sequence *s, size_t l, struct claim *v, size_t n, struct err *err)
{
	struct timeline *t = s->t;
	struct claim_list kept = t->list[l];
	enum sequence_outcome o = SEQUENCE_OPEN;
	t->list[l].v = v;
	t->list[l].n = s->limit[l] = n;
	for (unsigned k = 0; k <= t->n_lists && o == SEQUENCE_OPEN && !s->gave_up; k++) {
		s->cut = false;
		o = explore_starts(s, t->start, t->n_starts, k, err);
		if (!s->cut)
			break;
	}
	t->list[l] = kept;
	s->limit[l] = kept.n;
	return o;
}

static enum sequence_outcome try_one(struct sequence *s, struct claim *room,
	enum diagnosis_kind kind, const struct step *step, struct err *err)
{
	struct timeline *t = s->t;
	if (!can_change(t, kind, step))
		return SEQUENCE_OPEN;
	if (!sequence_spend(s, 1 + t->list[step->list].n / COPIED_PER_EXTEND))
		return SEQUENCE_OPEN;
	size_t n = changed_list(room, &t->list[step->list], step->at, kind, NULL);
	enum sequence_outcome o = explore_changed(s, step->list, room, n, err);
	if (o != SEQUENCE_FOUND)
		return o;
	set_diagnosis(t, kind, step);
	if (kind == DIAG_SWAPPED) {
		struct step next = {step->list, step->at + 1};
		t->diagnosis.has_other = true;
		t->diagnosis.other = ref_of(t, &next);
	}
	return o;
}

/* Several logs side by side: one change to any of their claims, in any sequence. */
static enum sequence_outcome try_everywhere(struct sequence *s, struct err *err)
{
	struct timeline *t = s->t;
	enum sequence_outcome o = SEQUENCE_OPEN;
	struct claim *room = calloc(timeline_claims(t) + 1, sizeof(*room));
	if (room == NULL)
		return err_sys(err, ENOMEM, "events"), SEQUENCE_FAILED;
	s->need_whole = true;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t l = 0; l < t->n_lists; l++)
			for (size_t k = 0; k < t->list[l].n && o == SEQUENCE_OPEN && !s->gave_up;
				k++) {
				struct step step = {(uint16_t)l, (uint32_t)k};
				o = try_one(s, room, kinds[i], &step, err);
			}
	s->need_whole = false;
	free(room);
	return o;
}

/* The first journal of which a claim is left; n_lists: none. */
static size_t stuck_list(const struct timeline *t, const struct state *st)
{
	size_t l = 0;
	while (l < t->n_lists && (!t->list[l].anchored || st->used[l] == t->list[l].n))
		l++;
	return l;
}

/* Where the likely order stood after the last claim of a journal that it took. */
static const struct state *last_anchored(const struct timeline *t)
{
	size_t n = t->n_path;
	while (n > 0 &&
		(t->path[n - 1].list == DOUBTFUL_LIST || !t->list[t->path[n - 1].list].anchored))
		n--;
	return &t->saved[n];
}

/* How far journals are reached in any sequence: *at, with the last claim that was reached taken. */
static enum sequence_outcome reach(struct sequence *s, struct state *at, struct err *err)
{
	struct timeline *t = s->t;
	const struct digest *want = t->want;
	enum sequence_outcome o = SEQUENCE_FOUND;
	const struct state start = {.value = t->from};
	struct fork fork;
	*at = *last_anchored(t);
	for (size_t l; o == SEQUENCE_FOUND && (l = stuck_list(t, at)) < t->n_lists;) {
		t->want = &t->list[l].v[at->used[l]].before;
		o = explore_from(s, &start, err);
		t->want = want;
		if (o != SEQUENCE_FOUND)
			return o;
		*at = s->end;
		if (sequence_take(s, at, l, &fork, err) < 0)
			return SEQUENCE_FAILED;
	}
	return o;
}

/* The claim of a journal that was extended at this value; NULL: none is left. */
static const struct claim *left_at(
	const struct timeline *t, const struct state *at, const struct digest *value)
{
	for (size_t l = 0; l < t->n_lists; l++)
		for (size_t i = at->used[l]; i < t->list[l].n && t->list[l].anchored; i++)
			if (digest_equal(&t->list[l].v[i].before, value))
				return &t->list[l].v[i];
	return NULL;
}

/* Whether some part of what is left of the logs leads to this value, in any order. */
struct rest {
	struct sequence *s;
	const struct state *at;
	const struct digest *to;
	uint64_t cost; /* of looking for a journal's claim, in extends */
	const struct claim *v[LEFT_MAX];
};

/* With the first n of them; 1, too, where that would take too long to find out. -1: no memory. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static int leads_to(struct rest *r, const struct digest *from, size_t n, struct err *err)
{
	struct digest value = *from;
	struct timeline *t = r->s->t;
	const struct claim *c;
	while (sequence_spend(r->s, r->cost) && !digest_equal(&value, r->to) &&
		(c = left_at(t, r->at, &value)) != NULL)
		if (hash_extend(t->h, &value, &c->digest, err) < 0)
			return -1;
	int rc = digest_equal(&value, r->to) || r->s->gave_up;
	for (size_t i = 0; i < n && rc == 0; i++) {
		struct digest next = value;
		c = r->v[i];
		if (hash_extend(t->h, &next, &c->digest, err) < 0)
			return -1;
		r->v[i] = r->v[n - 1];
		rc = leads_to(r, &next, n - 1, err);
		r->v[i] = c;
	}
	return rc;
}

/* Whether nothing that is left can be what led to claim c: then something else did. */
static int is_foreign(struct sequence *s, const struct state *at, const struct claim *c, bool *ret,
	struct err *err)
{
	struct timeline *t = s->t;
	struct rest r = {s, at, &c->before, 1 + timeline_claims(t) / SEEN_PER_EXTEND, {NULL}};
	size_t n = 0;
	*ret = false;
	for (size_t l = 0; l < t->n_lists; l++)
		for (size_t i = at->used[l]; i < t->list[l].n && !t->list[l].anchored; i++) {
			if (n == LEFT_MAX)
				return 0;
			r.v[n++] = &t->list[l].v[i];
		}
	for (size_t i = 0; i < t->n_doubtful; i++) {
		if (at->taken & UINT64_C(1) << i)
			continue;
		if (n == LEFT_MAX)
			return 0;
		r.v[n++] = &t->doubtful[i];
	}
	int rc = leads_to(&r, &at->value, n, err);
	*ret = rc == 0;
	return rc < 0 ? -1 : 0;
}

/* A journal's claim that nothing reaches: what is certain of it. */
static int look_for_place(struct sequence *s, struct err *err)
{
	struct timeline *t = s->t;
	struct state at;
	s->apart_max = APART_MAX;
	s->cut_apart = s->may_apart = false;
	enum sequence_outcome o = reach(s, &at, err);
	s->apart_max = 0;
	size_t l = stuck_list(t, &at);
	bool foreign;
	if (o == SEQUENCE_FAILED)
		return -1;
	if (o == SEQUENCE_FOUND || s->gave_up || s->cut_apart)
		return 0;
	const struct claim_list *list = &t->list[l];
	size_t used = at.used[l];
	if (is_foreign(s, &at, &list->v[used], &foreign, err) < 0)
		return -1;
	/* Where logs tell of the same, what is left of them may be more. */
	foreign = foreign && !s->may_apart;
	t->diagnosis = (struct diagnosis){.kind = foreign ? DIAG_FOREIGN : DIAG_UNREACHED,
		.has_event = true,
		.event = {list->source, list->v[used].seq},
		.has_other = used > 0,
		.other = {list->source, used > 0 ? list->v[used - 1].seq : 0}};
	return 0;
}

/* The value after the last claim of a journal, where nothing else is left: somebody else extended. */
static void look_behind(struct timeline *t)
{
	/* Whether a doubtful claim was extended before it is not known. */
	size_t n = t->n_path;
	while (n > 0 && t->path[n - 1].list == DOUBTFUL_LIST)
		n--;
	const struct step *last = n > 0 ? &t->path[n - 1] : NULL;
	if (last == NULL || !t->list[last->list].anchored)
		return;
	t->diagnosis = (struct diagnosis){
		.kind = DIAG_FOREIGN, .has_other = true, .other = ref_of(t, last)};
}

/* What the likely order leads to; a journal says what it led to itself. */
static int set_value(struct timeline *t, struct err *err)
{
	const struct state *end = &t->saved[t->n_path];
	t->value = end->value;
	for (size_t l = 0; l < t->n_lists; l++) {
		const struct claim_list *list = &t->list[l];
		if (!list->anchored || end->used[l] == list->n)
			continue;
		t->value = list->v[list->n - 1].before;
		return hash_extend(t->h, &t->value, &list->v[list->n - 1].digest, err);
	}
	return 0;
}

/* Whole lists in every order, then, where there are several, any sequence. */
static enum sequence_outcome find_change(struct sequence *s, struct err *err)
{
	struct order order;
	enum sequence_outcome o;
	line_up(&order, s->t);
	bool several = s->t->n_lists > 1;
	uint64_t all = s->budget;
	s->budget = several ? all / 2 : all;
	do
		o = try_changes(s, &order, err);
	while (o == SEQUENCE_OPEN && !s->gave_up &&
		order_next(order.of + order.fixed, order.n - order.fixed));
	if (!several || o != SEQUENCE_OPEN)
		return o;
	s->budget += all - all / 2;
	s->gave_up = false;
	return try_everywhere(s, err);
}

/*
 * The start value and the order of whole lists with which most claims are taken: where journals tell of
 * the register, theirs.
 */
static int pick_order(struct sequence *s, struct order *ret, struct err *err)
{
	struct timeline *t = s->t;
	struct order order;
	struct state end = {0};
	size_t best = 0, most = 0;
	line_up(ret, t);
	bool one = t->n_starts == 1 && ret->n - ret->fixed <= 1;
	for (t->from_index = 0; t->from_index < t->n_starts && !one; t->from_index++) {
		line_up(&order, t);
		do {
			if (run_order(s, &order, &end, err) < 0)
				return -1;
			if (end.n > most && !s->gave_up) {
				most = end.n;
				best = t->from_index;
				*ret = order;
			}
		} while (!s->gave_up && order_next(order.of + order.fixed, order.n - order.fixed));
	}
	t->from_index = best;
	return 0;
}

/* The same, whatever is left to spend: it is one extend for each claim. */
static int run_free(
	struct sequence *s, const struct order *order, struct state *end, struct err *err)
{
	struct effort *effort = s->t->effort;
	s->budget = UINT64_MAX;
	s->t->effort = NULL;
	int rc = run_order(s, order, end, err);
	s->t->effort = effort;
	return rc;
}

int diagnosis_find(struct timeline *t, struct err *err)
{
	struct sequence s;
	struct order order;
	struct state end = {0};
	if (sequence_init(&s, t, t->budget, err) < 0)
		return -1;
	sequence_limit(&s, t->budget);
	int rc = pick_order(&s, &order, err);
	size_t start = t->from_index;
	uint64_t kept = s.budget / 4;
	s.budget -= kept;
	enum sequence_outcome o = rc < 0 ? SEQUENCE_FAILED : find_change(&s, err);
	t->from_index = start;
	t->budget = s.budget;
	t->all_changes = !s.gave_up;
	s.gave_up = false;
	rc = o == SEQUENCE_FAILED ? -1 : run_free(&s, &order, &end, err);
	s.budget = kept;
	if (rc == 0 && t->diagnosis.kind == DIAG_NONE)
		rc = look_for_place(&s, err);
	if (rc == 0 && t->diagnosis.kind == DIAG_NONE && stuck_list(t, &end) == t->n_lists)
		look_behind(t);
	sequence_clear(&s);
	return rc < 0 ? -1 : set_value(t, err);
}

/* The claim is at the place in the list that its number gives. */
static enum sequence_outcome insert_everywhere(
	struct sequence *s, size_t l, size_t at, const struct claim *more, struct err *err)
{
	struct claim_list *list = &s->t->list[l];
	struct claim *room = calloc(list->n + 1, sizeof(*room));
	if (room == NULL)
		return err_sys(err, ENOMEM, "events"), SEQUENCE_FAILED;
	size_t n = changed_list(room, list, at, DIAG_OTHER_REGISTER, more);
	enum sequence_outcome o = explore_changed(s, l, room, n, err);
	free(room);
	return o;
}

/* The same in the likely order, from where it stood before that place. */
static enum sequence_outcome insert_in_line(
	struct sequence *s, size_t l, size_t at, const struct claim *more, struct err *err)
{
	struct timeline *t = s->t;
	struct order order;
	size_t k = 0;
	/* Before the claim that follows it in its log; the last one of its log: after the one before. */
	while (k < t->n_path &&
		(at < t->list[l].n ? t->saved[k + 1].used[l] <= at : t->saved[k].used[l] < at))
		k++;
	struct state st = t->saved[k];
	line_up(&order, t);
	if (sequence_extend(s, &st, &more->digest, (struct step){(uint16_t)l, 0}, err) < 0)
		return SEQUENCE_FAILED;
	return sequence_run(s, &st, order.of, err);
}

int diagnosis_try_insert(
	struct timeline *t, size_t l, uint64_t seq, const struct digest *digest, struct err *err)
{
	struct sequence s;
	struct order order;
	struct claim more = {.seq = seq, .digest = *digest};
	size_t at = 0;
	if (t->budget == 0) {
		t->all_changes = false;
		return 0;
	}
	if (sequence_init(&s, t, t->budget, err) < 0)
		return -1;
	while (at < t->list[l].n && t->list[l].v[at].seq < seq)
		at++;
	line_up(&order, t);
	sequence_limit(&s, t->budget);
	s.need_whole = true;
	enum sequence_outcome o = SEQUENCE_OPEN;
	if (sequence_spend(&s, 1 + timeline_claims(t) / COPIED_PER_EXTEND))
		o = order.n > 1 ? insert_everywhere(&s, l, at, &more, err)
				: insert_in_line(&s, l, at, &more, err);
	if (o == SEQUENCE_FOUND)
		t->diagnosis = (struct diagnosis){.kind = DIAG_OTHER_REGISTER,
			.has_event = true,
			.event = {t->list[l].source, seq}};
	t->budget = s.budget;
	t->all_changes &= !s.gave_up;
	sequence_clear(&s);
	return o == SEQUENCE_FAILED ? -1 : 0;
}

bool diagnosis_is_change(const struct diagnosis *d)
{
	return d->kind != DIAG_NONE && d->kind != DIAG_FOREIGN && d->kind != DIAG_UNREACHED;
}

const char *diagnosis_name(enum diagnosis_kind kind)
{
	static const char *const names[] = {
		[DIAG_NONE] = NULL,
		[DIAG_WRONG_DIGEST] = "wrong-digest",
		[DIAG_EXTRA] = "extra",
		[DIAG_REPEATED] = "repeated",
		[DIAG_SWAPPED] = "swapped",
		[DIAG_ORDER] = "order",
		[DIAG_OTHER_REGISTER] = "other-register",
		[DIAG_FOREIGN] = "foreign",
		[DIAG_UNREACHED] = "unreached",
		[DIAG_ALTERED] = "altered",
		[DIAG_AGGREGATE] = "boot-aggregate",
	};
	return names[kind];
}
