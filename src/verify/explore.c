/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/explore.h"

enum { DOUBTFUL_TRIED = 4 }; /* doubtful claims that are tried both ways */

/*
 * Whether the claim that is next in list l is next in another one, too, which then stands for both: one
 * of a lower number, or `cur`.
 */
static bool is_twin(const struct sequence *s, const struct state *st, size_t l, size_t cur)
{
	const struct claim *c = sequence_next(s, st, l);
	for (size_t m = 0; s->share && m < s->t->n_lists; m++) {
		if (m == l || (m > l && m != cur) || !sequence_may_go_on(s, st, m))
			continue;
		if (digest_equal(&sequence_next(s, st, m)->digest, &c->digest))
			return true;
	}
	return false;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome explore(
	struct sequence *s, struct state *st, size_t cur, unsigned left, struct err *err);

/* Goes on with each other list from here. Where `cur` is at its end, that is no switch. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome switch_list(
	struct sequence *s, const struct state *st, size_t cur, unsigned left, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	left += s->few && !sequence_may_go_on(s, st, cur);
	for (size_t l = 0; l < s->t->n_lists && o == SEQUENCE_OPEN && !s->gave_up; l++) {
		if (l == cur || !sequence_may_go_on(s, st, l) || is_twin(s, st, l, cur))
			continue;
		struct state branch = *st;
		s->cut |= left == 0;
		if (left > 0)
			o = explore(s, &branch, l, left - 1, err);
	}
	return o;
}

/* Goes on with list `cur`, and at each place, with at most `left` switches, with each other list. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum sequence_outcome explore(
	struct sequence *s, struct state *st, size_t cur, unsigned left, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	while (o == SEQUENCE_OPEN && !s->gave_up && sequence_may_go_on(s, st, cur)) {
		if (sequence_take(s, st, cur, err) < 0)
			return SEQUENCE_FAILED;
		o = sequence_follow(s, st, err);
		if (o == SEQUENCE_OPEN && !s->gave_up)
			o = switch_list(s, st, cur, left, err);
	}
	return o;
}

static enum sequence_outcome from_start(struct sequence *s, unsigned switches, struct err *err)
{
	struct state st = {.value = s->t->from};
	enum sequence_outcome o = sequence_follow(s, &st, err);
	for (size_t l = 0; l < s->t->n_lists && o == SEQUENCE_OPEN && !s->gave_up; l++) {
		struct state branch = st;
		if (sequence_may_go_on(s, &st, l) && !is_twin(s, &st, l, l))
			o = explore(s, &branch, l, switches, err);
	}
	return o;
}

/* Each way to take the doubtful claims, and each journal first. */
enum sequence_outcome explore_starts(struct sequence *s, const struct digest starts[],
	size_t n_starts, unsigned switches, struct err *err)
{
	size_t n = s->t->n_doubtful < DOUBTFUL_TRIED ? s->t->n_doubtful : DOUBTFUL_TRIED;
	enum sequence_outcome o = SEQUENCE_OPEN;
	s->conflict = false;
	s->journal_first = 0;
	do {
		for (uint64_t bits = 0; bits < UINT64_C(1) << n && o == SEQUENCE_OPEN; bits++) {
			s->at_before = ~bits;
			for (size_t i = 0; i < n_starts && o == SEQUENCE_OPEN; i++) {
				s->t->from = starts[i];
				s->t->from_index = i;
				o = from_start(s, switches, err);
			}
		}
		s->journal_first++;
	} while (o == SEQUENCE_OPEN && s->conflict && s->journal_first < s->t->n_lists);
	s->journal_first = 0;
	return o;
}
