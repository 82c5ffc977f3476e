/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/sequence.h"

#include <errno.h>
#include <stdlib.h>

enum { ORDERED_MAX = 4 }; /* lists that are taken whole in every order */

static bool are_few(const struct timeline *t)
{
	size_t n = 0;
	for (size_t l = 0; l < t->n_lists; l++)
		n += !t->list[l].anchored && !t->list[l].firmware;
	return n <= ORDERED_MAX;
}

int sequence_init(struct sequence *s, struct timeline *t, uint64_t budget, struct err *err)
{
	*s = (struct sequence){.t = t, .budget = budget, .share = true};
	s->few = are_few(t);
	for (size_t l = 0; l < t->n_lists; l++)
		s->limit[l] = t->list[l].n;
	/* One more: a change may repeat or add an extend. */
	s->path = calloc(timeline_claims(t) + t->n_doubtful + 2, sizeof(*s->path));
	return s->path != NULL ? 0 : err_sys(err, ENOMEM, "events");
}

void sequence_clear(struct sequence *s)
{
	free(s->path);
	free(s->saved);
	*s = (struct sequence){0};
}

const struct claim *sequence_next(const struct sequence *s, const struct state *st, size_t l)
{
	return st->used[l] < s->limit[l] ? &s->t->list[l].v[st->used[l]] : NULL;
}

/* A step of a search takes as long as so many extends of a replay. */
static uint64_t step_cost(const struct timeline *t)
{
	enum { STEP_COST = 1, LISTS_PER_EXTEND = 4, DOUBTFUL_PER_EXTEND = 16 };
	return STEP_COST + t->n_lists / LISTS_PER_EXTEND + t->n_doubtful / DOUBTFUL_PER_EXTEND;
}

bool sequence_spend(struct sequence *s, uint64_t n)
{
	bool enough = s->budget >= n && effort_take(s->t->effort, n * step_cost(s->t));
	s->budget = enough ? s->budget - n : 0;
	s->gave_up |= !enough;
	return enough;
}

void sequence_limit(struct sequence *s, uint64_t n)
{
	uint64_t spare = effort_spare(s->t->effort) / step_cost(s->t);
	s->budget = n < spare ? n : spare;
}

int sequence_extend(struct sequence *s, struct state *st, const struct digest *d, struct step step,
	struct err *err)
{
	if (!sequence_spend(s, 1))
		return 0;
	if (s->saved != NULL)
		s->saved[st->n] = *st;
	for (size_t i = 0; i < s->t->n_doubtful; i++)
		if (digest_equal(&s->t->doubtful[i].before, &st->value))
			st->held |= UINT64_C(1) << i;
	if (hash_extend(s->t->h, &st->value, d, err) < 0)
		return -1;
	s->path[st->n++] = step;
	return 0;
}

/* Whether list m continues with the claim that list l has taken at the value `before`. */
static bool tells_of(const struct sequence *s, const struct state *st, size_t l, size_t m,
	const struct claim *c, const struct digest *before)
{
	const struct claim *other = m != l ? sequence_next(s, st, m) : NULL;
	return other != NULL && digest_equal(&other->digest, &c->digest) &&
	       (!s->t->list[m].anchored || digest_equal(&other->before, before));
}

/* A journal's is the same extend then, and a copy's; another log's may be one of its own. */
static bool may_be_own(const struct sequence *s, size_t l, size_t m)
{
	return !s->t->list[m].anchored && !(s->share && (s->t->list[l].copies & UINT32_C(1) << m));
}

/* Lists pass over the claim; those that may, if `all`. The number of those that may, but need not. */
static size_t pass_over(struct sequence *s, struct state *st, size_t l, const struct claim *c,
	const struct digest *before, bool all)
{
	bool firmware = s->t->list[l].firmware || s->t->list[l].anchored;
	size_t n = 0;
	for (size_t m = 0; m < s->t->n_lists; m++) {
		bool may = may_be_own(s, l, m);
		if (!tells_of(s, st, l, m, c, before))
			continue;
		n += may;
		if (may && !all)
			continue;
		s->shared |= !s->t->list[m].anchored;
		st->used[m]++;
		firmware |= s->t->list[m].firmware;
	}
	st->beyond |= !firmware;
	return n;
}

void sequence_share(struct sequence *s, struct state *st, size_t l, const struct claim *c,
	const struct digest *before)
{
	pass_over(s, st, l, c, before, s->share);
}

int sequence_take(
	struct sequence *s, struct state *st, size_t l, struct fork *fork, struct err *err)
{
	const struct claim *c = sequence_next(s, st, l);
	struct digest before = st->value;
	struct step step = {(uint16_t)l, st->used[l]};
	fork->is = false;
	if (sequence_extend(s, st, &c->digest, step, err) < 0)
		return -1;
	if (s->gave_up)
		return 0;
	st->used[l]++;
	bool forks = s->share && st->apart < s->apart_max;
	if (forks)
		fork->other = *st;
	size_t n = pass_over(s, st, l, c, &before, s->share);
	s->may_apart |= n > 0;
	s->cut_apart |= s->share && !forks && n > 0;
	if (!forks || n == 0)
		return 0;
	fork->is = true;
	fork->doubtful = false;
	fork->other.apart++;
	pass_over(s, &fork->other, l, c, &before, false);
	return 0;
}

bool sequence_is_whole(const struct sequence *s, const struct state *st)
{
	for (size_t l = 0; l < s->t->n_lists; l++)
		for (size_t i = st->used[l]; i < s->t->list[l].n; i++)
			if (!s->t->list[l].v[i].loose)
				return false;
	return true;
}

static bool is_there(struct sequence *s, const struct state *st)
{
	if (!digest_equal(&st->value, s->t->want) || (s->need_whole && !sequence_is_whole(s, st)))
		return false;
	s->end = *st;
	return true;
}

/* The journal that has a claim for this value; n_lists: none. */
static size_t anchored_here(struct sequence *s, const struct state *st)
{
	size_t n = s->t->n_lists, found = n;
	for (size_t k = 0; k < n; k++) {
		size_t l = (k + s->journal_first) % n;
		const struct claim *c = s->t->list[l].anchored ? sequence_next(s, st, l) : NULL;
		if (c == NULL || !digest_equal(&c->before, &st->value))
			continue;
		if (found == n)
			found = l;
		else if (!digest_equal(&c->digest, &sequence_next(s, st, found)->digest))
			s->conflict = true;
	}
	return found;
}

/*
 * One doubtful claim, if it belongs here; *ret: it does. The register held its `before` when it was begun: what was
 * extended earlier is another record, even if it is equal.
 */
static int try_doubtful(struct sequence *s, struct state *st, size_t i, struct fork *fork,
	bool *ret, struct err *err)
{
	const struct claim *c = &s->t->doubtful[i];
	uint64_t bit = UINT64_C(1) << i;
	struct step step = {DOUBTFUL_LIST, (uint32_t)i};
	struct state after = *st;
	bool here = !(st->passed & bit) && digest_equal(&c->before, &st->value);
	*ret = false;
	if ((st->taken & bit) || (!here && (c->after.size == 0 || !(st->held & bit))))
		return 0;
	if (sequence_extend(s, &after, &c->digest, step, err) < 0)
		return -1;
	*ret = !s->gave_up && (here || digest_equal(&after.value, &c->after));
	if (!*ret)
		return 0;
	if (here) {
		fork->is = fork->doubtful = true;
		fork->other = *st;
		fork->other.passed |= bit;
	}
	*st = after;
	st->taken |= bit;
	return 0;
}

static int take_doubtful(
	struct sequence *s, struct state *st, struct fork *fork, bool *ret, struct err *err)
{
	*ret = false;
	for (size_t i = 0; i < s->t->n_doubtful && !*ret; i++)
		if (try_doubtful(s, st, i, fork, ret, err) < 0)
			return -1;
	return 0;
}

enum sequence_outcome sequence_step(
	struct sequence *s, struct state *st, struct fork *fork, bool *ret_more, struct err *err)
{
	fork->is = false;
	*ret_more = false;
	if (is_there(s, st))
		return SEQUENCE_FOUND;
	size_t l = anchored_here(s, st);
	*ret_more = l < s->t->n_lists;
	int rc = *ret_more ? sequence_take(s, st, l, fork, err)
			   : take_doubtful(s, st, fork, ret_more, err);
	return rc < 0 ? SEQUENCE_FAILED : SEQUENCE_OPEN;
}

enum sequence_outcome sequence_follow(struct sequence *s, struct state *st, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	struct fork fork;
	for (bool more = true; more && o == SEQUENCE_OPEN && !s->gave_up;)
		o = sequence_step(s, st, &fork, &more, err);
	return o;
}

bool sequence_may_go_on(const struct sequence *s, const struct state *st, size_t l)
{
	const struct claim_list *list = &s->t->list[l];
	if (list->anchored || sequence_next(s, st, l) == NULL)
		return false;
	return !list->firmware || !st->beyond || s->anywhere || st->used[l] >= list->bound;
}

enum sequence_outcome sequence_run(
	struct sequence *s, struct state *st, const size_t order[], struct err *err)
{
	enum sequence_outcome o = sequence_follow(s, st, err);
	struct fork fork;
	for (size_t i = 0; i < s->t->n_lists; i++) {
		size_t l = order[i];
		while (o == SEQUENCE_OPEN && !s->gave_up && !s->t->list[l].anchored &&
			sequence_next(s, st, l) != NULL) {
			if (sequence_take(s, st, l, &fork, err) < 0)
				return SEQUENCE_FAILED;
			o = sequence_follow(s, st, err);
		}
	}
	return o;
}
