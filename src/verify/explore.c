/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/explore.h"

enum { NO_LIST = TIMELINE_LISTS_MAX }; /* at the start: none is gone on with */

/*
 * Whether the claim that is next in list l is next in another one, too, which then stands for both: one
 * of a lower number, or `cur`.
 */
static bool is_twin(const struct sequence *s, const struct state *st, size_t l, size_t cur)
{
	const struct claim *c = sequence_next(s, st, l);
	bool all = st->apart >= s->apart_max;
	for (size_t m = 0; s->share && m < s->t->n_lists; m++) {
		if (m == l || (m > l && m != cur) || !sequence_may_go_on(s, st, m))
			continue;
		if ((all || (s->t->list[l].copies & UINT32_C(1) << m)) &&
			digest_equal(&sequence_next(s, st, m)->digest, &c->digest))
			return true;
	}
	return false;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome go_on(
	struct sequence *s, struct state *st, size_t cur, unsigned left, struct err *err);

/* If a step made a decision, both ways are tried; *st is where the rest of one way continues. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome try_fork(struct sequence *s, struct state *st, struct fork *fork,
	size_t cur, unsigned left, struct err *err)
{
	if (!fork->is)
		return SEQUENCE_OPEN;
	if (!fork->doubtful)
		return go_on(s, &fork->other, cur, left, err);
	enum sequence_outcome o = go_on(s, st, cur, left, err);
	*st = fork->other;
	return o;
}

/* Takes the next claim of list `cur`. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome take(
	struct sequence *s, struct state *st, size_t cur, unsigned left, struct err *err)
{
	struct fork fork;
	if (sequence_take(s, st, cur, &fork, err) < 0)
		return SEQUENCE_FAILED;
	return try_fork(s, st, &fork, cur, left, err);
}

/* Takes all that journals have for the values from here on. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome follow(
	struct sequence *s, struct state *st, size_t cur, unsigned left, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	struct fork fork;
	for (bool more = true; more && o == SEQUENCE_OPEN && !s->gave_up;) {
		o = sequence_step(s, st, &fork, &more, err);
		if (o == SEQUENCE_OPEN && !s->gave_up)
			o = try_fork(s, st, &fork, cur, left, err);
	}
	return o;
}

/* Continues with each other list from here. Where `cur` is at its end, that is no switch. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome switch_list(
	struct sequence *s, const struct state *st, size_t cur, unsigned left, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	left += s->few && cur != NO_LIST && !sequence_may_go_on(s, st, cur);
	for (size_t l = 0; l < s->t->n_lists && o == SEQUENCE_OPEN && !s->gave_up; l++) {
		if (l == cur || !sequence_may_go_on(s, st, l) || is_twin(s, st, l, cur))
			continue;
		struct state branch = *st;
		s->cut |= left == 0;
		if (left > 0)
			o = take(s, &branch, l, left - 1, err);
		if (left > 0 && o == SEQUENCE_OPEN && !s->gave_up)
			o = go_on(s, &branch, l, left - 1, err);
	}
	return o;
}

/* Continues with list `cur`, and at each place, with at most `left` switches, with each other list. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome go_on(
	struct sequence *s, struct state *st, size_t cur, unsigned left, struct err *err)
{
	for (;;) {
		enum sequence_outcome o = follow(s, st, cur, left, err);
		if (o == SEQUENCE_OPEN && !s->gave_up)
			o = switch_list(s, st, cur, left, err);
		if (o != SEQUENCE_OPEN || s->gave_up || cur == NO_LIST ||
			!sequence_may_go_on(s, st, cur))
			return o;
		o = take(s, st, cur, left, err);
		if (o != SEQUENCE_OPEN || s->gave_up)
			return o;
	}
}

enum sequence_outcome explore_from(struct sequence *s, const struct state *from, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	s->cut = true;
	for (unsigned k = 0; k < SWITCHES_MAX && o == SEQUENCE_OPEN && s->cut && !s->gave_up; k++) {
		struct state st = *from;
		s->cut = false;
		o = go_on(s, &st, NO_LIST, k + 1, err);
	}
	s->gave_up |= o == SEQUENCE_OPEN && s->cut;
	return o;
}

/* Each start, and each journal first. */
enum sequence_outcome explore_starts(struct sequence *s, const struct digest starts[],
	size_t n_starts, unsigned switches, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	s->conflict = false;
	s->journal_first = 0;
	do {
		for (size_t i = 0; i < n_starts && o == SEQUENCE_OPEN && !s->gave_up; i++) {
			s->t->from = starts[i];
			s->t->from_index = i;
			struct state st = {.value = s->t->from};
			o = go_on(s, &st, NO_LIST, switches + 1, err);
		}
		s->journal_first++;
	} while (o == SEQUENCE_OPEN && s->conflict && s->journal_first < s->t->n_lists);
	s->journal_first = 0;
	return o;
}
