/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/history.h"

#include <errno.h>
#include <stdlib.h>

#include "base/scope.h"
#include "verify/diagnosis.h"
#include "verify/explore.h"

/* Fewer switches first: what is likely is found first. */
static enum sequence_outcome try_sequences(struct sequence *s, struct err *err)
{
	struct timeline *t = s->t;
	enum sequence_outcome o = SEQUENCE_OPEN;
	for (unsigned switches = 0; o == SEQUENCE_OPEN && !s->gave_up; switches++) {
		s->cut = false;
		o = explore_starts(s, t->start, t->n_starts, switches, err);
		if (!s->cut)
			return o;
		s->gave_up |= o == SEQUENCE_OPEN && switches == SWITCHES_MAX;
	}
	return o;
}

/* Equal claims of several logs as an extend each. */
static enum sequence_outcome try_unshared(struct sequence *s, struct err *err)
{
	s->share = false;
	enum sequence_outcome o = try_sequences(s, err);
	s->share = true;
	return o;
}

/* Some of them. */
static enum sequence_outcome try_apart(struct sequence *s, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	s->cut_apart = true;
	for (s->apart_max = 1;
		s->apart_max <= APART_MAX && s->cut_apart && o == SEQUENCE_OPEN && !s->gave_up;
		s->apart_max++) {
		s->cut_apart = false;
		o = try_sequences(s, err);
	}
	s->apart_max = 0;
	s->gave_up |= o == SEQUENCE_OPEN && s->cut_apart;
	return o;
}

/* Firmware's claims at any place: whatever gives the value was extended. */
static enum sequence_outcome try_anywhere(struct sequence *s, struct err *err)
{
	s->anywhere = true;
	enum sequence_outcome o = try_sequences(s, err);
	s->anywhere = false;
	return o;
}

/* Takes back what lists may be used for. */
static void unlimit(struct sequence *s)
{
	for (size_t l = 0; l < s->t->n_lists; l++)
		s->limit[l] = s->t->list[l].n;
}

/* No list may have this claim of a journal: copies of it neither. */
static void limit_to(struct sequence *s, const struct claim *c)
{
	for (size_t l = 0; l < s->t->n_lists; l++) {
		const struct claim_list *list = &s->t->list[l];
		for (size_t i = 0; list->anchored && i < s->limit[l]; i++)
			if (digest_equal(&list->v[i].digest, &c->digest) &&
				digest_equal(&list->v[i].before, &c->before))
				s->limit[l] = i;
	}
}

/* Without the rest of one journal, from each of its claims on. */
static enum sequence_outcome try_journal_fronts(struct sequence *s, struct err *err)
{
	struct timeline *t = s->t;
	enum sequence_outcome o = SEQUENCE_OPEN;
	for (size_t l = 0; l < t->n_lists && t->n_lists > 1; l++) {
		size_t n = t->list[l].anchored ? t->list[l].n : 0;
		for (; n > 0 && o == SEQUENCE_OPEN && !s->gave_up; n--) {
			limit_to(s, &t->list[l].v[n - 1]);
			o = explore_starts(s, t->start, t->n_starts, (unsigned)t->n_lists, err);
		}
		unlimit(s);
	}
	return o;
}

/* From the values that logs start from: then all claims must follow. */
static enum sequence_outcome try_stated(struct sequence *s, struct err *err)
{
	enum sequence_outcome o = SEQUENCE_OPEN;
	s->need_whole = s->cut = true;
	for (unsigned k = 0; k <= SWITCHES_MAX && o == SEQUENCE_OPEN && !s->gave_up && s->cut;
		k++) {
		s->cut = false;
		o = explore_starts(s, s->t->stated, s->t->n_stated, k, err);
	}
	s->gave_up |= o == SEQUENCE_OPEN && s->cut;
	s->need_whole = false;
	return o;
}

static const struct claim *claim_at(const struct timeline *t, const struct step *step)
{
	return step->list == DOUBTFUL_LIST ? &t->doubtful[step->at]
					   : &t->list[step->list].v[step->at];
}

/* Whether a claim may be element k of the sequence; values[k] is what that extended. */
static bool may_be(const struct timeline *t, const struct claim_list *list, size_t i, size_t k,
	const struct digest values[])
{
	const struct claim *c = &list->v[i];
	return digest_equal(&claim_at(t, &t->path[k])->digest, &c->digest) &&
	       (!list->anchored || digest_equal(&values[k], &c->before));
}

static uint8_t *bit_of(
	uint8_t *more, const struct timeline *t, size_t i, size_t k, uint8_t *ret_mask)
{
	size_t at = i * t->n_path + k;
	*ret_mask = (uint8_t)(1u << at % 8);
	return &more[at / 8];
}

/*
 * For each claim and each front of the sequence, a bit: with this claim, one more of the claims up to it
 * can be in the sequence, in the order of their list.
 */
static uint8_t *count_in(const struct timeline *t, const struct claim_list *list,
	const struct digest values[], struct err *err)
{
	AUTO_FREE uint32_t *best = calloc(t->n_path + 1, sizeof(*best));
	uint8_t *more = calloc(list->n * t->n_path / 8 + 1, 1), mask;
	if (best == NULL || more == NULL) {
		free(more);
		err_sys(err, ENOMEM, "events");
		return NULL;
	}
	for (size_t i = 0; i < list->n; i++) {
		uint32_t before = 0;
		for (size_t k = 0; k < t->n_path && !list->v[i].loose; k++) {
			uint32_t without = best[k + 1];
			uint32_t with = before + may_be(t, list, i, k, values);
			with = with > best[k] ? with : best[k];
			if (with > without) {
				uint8_t *byte = bit_of(more, t, i, k, &mask);
				*byte |= mask;
				best[k + 1] = with;
			}
			before = without;
		}
	}
	return more;
}

/* As many claims as can be in it; of those that cannot all be, the first ones. */
static int align(struct timeline *t, const struct claim_list *list, const struct digest values[],
	bool taken[], struct err *err)
{
	AUTO_FREE uint8_t *more = count_in(t, list, values, err);
	uint8_t mask;
	if (more == NULL)
		return -1;
	for (size_t i = list->n, k = t->n_path; i > 0 && k > 0; i--) {
		if (!(*bit_of(more, t, i - 1, k - 1, &mask) & mask))
			continue;
		while (!may_be(t, list, i - 1, k - 1, values))
			k--;
		list->v[i - 1].is_in = taken[--k] = true;
	}
	return 0;
}

/* Whether an element of the sequence that is no other claim of its list extended the same. */
static bool is_moved(const struct timeline *t, const struct claim *c, const bool taken[])
{
	for (size_t k = 0; k < t->n_path; k++)
		if (!taken[k] && digest_equal(&claim_at(t, &t->path[k])->digest, &c->digest))
			return true;
	return false;
}

/* A list of which not all is in the sequence. */
static int compare_part(struct timeline *t, size_t l, const struct digest values[], struct err *err)
{
	const struct claim_list *list = &t->list[l];
	struct fit *fit = &t->fit[l];
	AUTO_FREE bool *taken = calloc(t->n_path + 1, sizeof(*taken));
	*fit = (struct fit){0};
	if (taken == NULL)
		return err_sys(err, ENOMEM, "events");
	if (align(t, list, values, taken, err) < 0)
		return -1;
	for (size_t i = 0; i < list->n; i++) {
		struct claim *c = &list->v[i];
		fit->in += c->is_in;
		fit->inside |= c->is_in && fit->left > 0;
		if (c->loose || c->is_in)
			continue;
		c->is_moved = is_moved(t, c, taken);
		if (c->is_moved && fit->moved++ == 0)
			fit->first_moved = i;
		if (!c->is_moved && fit->left++ == 0)
			fit->first_left = i;
	}
	return 0;
}

/* Where the claims of one list stand in the sequence, in its order. */
static int compare_list(struct timeline *t, size_t l, const struct digest values[], struct err *err)
{
	const struct claim_list *list = &t->list[l];
	struct fit *fit = &t->fit[l];
	size_t at = 0;
	*fit = (struct fit){0};
	for (size_t i = 0; i < list->n; i++) {
		size_t k = at;
		while (k < t->n_path && !may_be(t, list, i, k, values))
			k++;
		if (k == t->n_path && !list->v[i].loose)
			return compare_part(t, l, values, err);
		fit->in += k < t->n_path;
		at = k < t->n_path ? k + 1 : at;
	}
	return 0;
}

/* What is said of the register is made from the sequence, never from how it was found. */
static int compare(struct timeline *t, struct err *err)
{
	AUTO_FREE struct digest *values = calloc(t->n_path + 1, sizeof(*values));
	if (values == NULL)
		return err_sys(err, ENOMEM, "events");
	values[0] = t->from;
	for (size_t k = 0; k < t->n_path; k++) {
		values[k + 1] = values[k];
		if (hash_extend(t->h, &values[k + 1], &claim_at(t, &t->path[k])->digest, err) < 0)
			return -1;
	}
	for (size_t l = 0; l < t->n_lists; l++)
		if (compare_list(t, l, values, err) < 0)
			return -1;
	return 0;
}

static bool fits_all(const struct timeline *t)
{
	for (size_t l = 0; l < t->n_lists; l++)
		if (t->fit[l].left > 0 || t->fit[l].moved > 0)
			return false;
	return true;
}

/* A direct line need not have extended, and no sequence passes over it. */
static bool has_loose(const struct timeline *t)
{
	for (size_t l = 0; l < t->n_lists; l++)
		for (size_t i = 0; i < t->list[l].n; i++)
			if (t->list[l].v[i].loose)
				return true;
	return false;
}

/* The claims that the sequence did not take: each may stand somewhere in it, but not all at once. */
static void leave_out(struct timeline *t, const struct state *end)
{
	for (size_t l = 0; l < t->n_lists; l++) {
		struct claim_list *list = &t->list[l];
		t->fit[l] = (struct fit){.in = end->used[l], .first_left = end->used[l]};
		for (size_t i = 0; i < list->n; i++) {
			list->v[i].is_in = i < end->used[l];
			t->fit[l].left += !list->v[i].is_in && !list->v[i].loose;
		}
	}
}

static int found(struct timeline *t, struct sequence *s, bool stated, struct err *err)
{
	t->found = true;
	t->from_stated = stated;
	t->value = s->end.value;
	t->n_path = s->end.n;
	t->path = s->path;
	s->path = NULL;
	return compare(t, err);
}

/* From which claim on firmware's log has only what is an agent's, or stands in logs of others, too. */
static size_t bound_of(const struct timeline *t, const struct claim_list *list)
{
	size_t n = list->agent > 0 ? list->agent - 1 : list->n;
	for (; n > 0; n--) {
		bool told = false;
		for (size_t m = 0; m < t->n_lists && !told; m++)
			for (size_t i = 0; i < t->list[m].n && !told && !t->list[m].firmware; i++)
				told = digest_equal(
					&t->list[m].v[i].digest, &list->v[n - 1].digest);
		if (!told)
			break;
	}
	return n;
}

static bool is_start(const struct timeline *t, const struct digest *value)
{
	for (size_t i = 0; i < t->n_starts; i++)
		if (digest_equal(&t->start[i], value))
			return true;
	return false;
}

static void add_stated(struct timeline *t, const struct digest *value)
{
	if (t->n_stated < TIMELINE_STARTS_MAX && !is_start(t, value))
		t->stated[t->n_stated++] = *value;
}

/* The first record of a journal may be one of which it is not known whether it was extended. */
static const struct claim *first_doubtful(
	const struct timeline *t, size_t source, const struct claim *before)
{
	for (size_t i = 0; i < t->n_doubtful; i++)
		if (t->doubtful_source[i] == source)
			return before == NULL || t->doubtful[i].seq < before->seq ? &t->doubtful[i]
										  : NULL;
	return NULL;
}

static bool has_list(const struct timeline *t, size_t source)
{
	for (size_t l = 0; l < t->n_lists; l++)
		if (t->list[l].source == source && t->list[l].n > 0)
			return true;
	return false;
}

/* Where the operator says what the start is, no log may state another one. */
static void set_stated(struct timeline *t)
{
	size_t given = t->trusted ? 0 : t->n_stated;
	t->n_stated = 0;
	for (size_t i = 0; i < given; i++)
		add_stated(t, &t->stated[i]);
	for (size_t l = 0; l < t->n_lists && !t->trusted; l++) {
		const struct claim_list *list = &t->list[l];
		if (!list->anchored || list->n == 0)
			continue;
		const struct claim *first = first_doubtful(t, list->source, &list->v[0]);
		add_stated(t, first != NULL ? &first->before : &list->v[0].before);
	}
	for (size_t i = 0; i < t->n_doubtful && !t->trusted; i++)
		if (!has_list(t, t->doubtful_source[i]) &&
			first_doubtful(t, t->doubtful_source[i], NULL) == &t->doubtful[i])
			add_stated(t, &t->doubtful[i].before);
}

typedef enum sequence_outcome (*way_fn)(struct sequence *s, struct err *err);

/* One way to search, with half of what is left: each that follows, and what may have to be said of a log
 * that is wrong, has its share. */
static enum sequence_outcome try_way(
	struct sequence *s, way_fn way, bool *ret_gave_up, struct err *err)
{
	uint64_t all = s->budget;
	s->budget = all / 2;
	enum sequence_outcome o = way(s, err);
	s->t->spent |= s->gave_up && s->budget == 0;
	s->budget += all - all / 2;
	*ret_gave_up = s->gave_up;
	s->gave_up = false;
	return o;
}

/* The ways that need no change to a log, the likely ones first. */
static enum sequence_outcome search(struct sequence *s, bool *ret_stated, struct err *err)
{
	struct timeline *t = s->t;
	bool gave_up, ignored;
	*ret_stated = false;
	s->shared = s->cut_apart = false;
	enum sequence_outcome o = try_way(s, try_sequences, &gave_up, err);
	if (o == SEQUENCE_OPEN && !gave_up)
		o = try_way(s, try_journal_fronts, &gave_up, err);
	t->all_tried = !gave_up && t->n_doubtful < TIMELINE_DOUBTFUL_MAX;
	bool apart = s->cut_apart;
	if (o == SEQUENCE_OPEN && s->shared)
		o = try_way(s, try_unshared, &ignored, err);
	if (o == SEQUENCE_OPEN && apart) {
		o = try_way(s, try_apart, &gave_up, err);
		t->all_tried &= !gave_up;
	}
	/* What firmware has extended came first: that not all else was tried leaves no doubt. */
	if (o == SEQUENCE_OPEN)
		o = try_way(s, try_anywhere, &ignored, err);
	if (o == SEQUENCE_OPEN) {
		o = try_way(s, try_stated, &gave_up, err);
		*ret_stated = o == SEQUENCE_FOUND;
		t->all_tried &= !gave_up;
	}
	return o;
}

static void prepare(struct timeline *t)
{
	for (size_t l = 0; l < t->n_lists; l++)
		t->list[l].bound = t->list[l].firmware ? bound_of(t, &t->list[l]) : 0;
	set_stated(t);
}

/*
 * A sequence that did not take every claim, though each log has its claims in it: a claim that stands
 * for an element may stand for another one, too. Looks for one that takes them all.
 */
static int find_whole(struct timeline *t, const struct state *end, uint64_t budget, struct err *err)
{
	static const way_fn ways[] = {try_sequences, try_unshared, try_apart};
	struct digest from = t->from;
	size_t index = t->from_index;
	struct sequence s;
	bool gave_up;
	if (sequence_init(&s, t, budget, err) < 0)
		return -1;
	s.need_whole = true;
	enum sequence_outcome o = SEQUENCE_OPEN;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && o == SEQUENCE_OPEN; i++) {
		o = try_way(&s, ways[i], &gave_up, err);
		t->unsure |= gave_up;
	}
	t->whole = o == SEQUENCE_FOUND;
	t->unsure = t->unsure && !t->whole;
	if (o == SEQUENCE_OPEN && !t->unsure)
		leave_out(t, end);
	t->from = from;
	t->from_index = index;
	sequence_clear(&s);
	return o == SEQUENCE_FAILED ? -1 : 0;
}

int history_find(struct timeline *t, struct err *err)
{
	struct sequence s;
	bool stated;
	uint64_t budget = timeline_budget(t);
	prepare(t);
	if (sequence_init(&s, t, budget, err) < 0)
		return -1;
	enum sequence_outcome o = search(&s, &stated, err);
	int rc = o == SEQUENCE_FAILED ? -1 : o == SEQUENCE_FOUND ? found(t, &s, stated, err) : 0;
	t->whole = t->found && sequence_is_whole(&s, &s.end);
	if (rc == 0 && t->found && !t->whole && fits_all(t) && !has_loose(t))
		rc = find_whole(t, &s.end, s.budget, err);
	t->budget = s.budget;
	t->extends = budget - s.budget;
	sequence_clear(&s);
	return rc < 0 || t->found ? rc : diagnosis_find(t, err);
}

static bool has_same_lists(const struct timeline *t, const struct timeline *like)
{
	bool same = t->n_lists == like->n_lists && t->n_starts == like->n_starts &&
		    t->n_doubtful == like->n_doubtful;
	for (size_t l = 0; l < t->n_lists && same; l++)
		same = t->list[l].n == like->list[l].n && t->list[l].source == like->list[l].source;
	return same;
}

/* The sequence of `like`, in this bank. */
static enum sequence_outcome follow_path(
	struct sequence *s, const struct timeline *like, struct err *err)
{
	struct timeline *t = s->t;
	struct state st = {.value = like->from_stated ? t->stated[like->from_index]
						      : t->start[like->from_index]};
	t->from = st.value;
	t->from_index = like->from_index;
	for (size_t k = 0; k < like->n_path; k++)
		if (sequence_extend(
			    s, &st, &claim_at(t, &like->path[k])->digest, like->path[k], err) < 0)
			return SEQUENCE_FAILED;
	s->end = st;
	return digest_equal(&st.value, t->want) ? SEQUENCE_FOUND : SEQUENCE_OPEN;
}

int history_find_like(struct timeline *t, const struct timeline *like, struct err *err)
{
	struct sequence s;
	bool stated = like->from_stated;
	enum sequence_outcome o;
	if (!has_same_lists(t, like) || (like->found && !like->whole))
		return history_find(t, err);
	uint64_t budget = timeline_budget(t);
	prepare(t);
	if (sequence_init(&s, t, budget, err) < 0)
		return -1;
	/* Where nothing was found, one wrong digest in that bank may be all that was in the way. */
	bool follows = like->found && (!stated || like->from_index < t->n_stated);
	o = follows ? follow_path(&s, like, err) : search(&s, &stated, err);
	int rc = o == SEQUENCE_FAILED ? -1 : o == SEQUENCE_FOUND ? found(t, &s, stated, err) : 0;
	t->whole = t->found && (follows || sequence_is_whole(&s, &s.end));
	if (rc == 0 && t->found && !t->whole && fits_all(t) && !has_loose(t))
		rc = find_whole(t, &s.end, s.budget, err);
	t->all_tried |= like->found;
	/* A change that was not found there is not looked for again. */
	bool changed = like->found || diagnosis_is_change(&like->diagnosis);
	t->budget = changed ? s.budget : 0;
	t->extends = budget - s.budget;
	sequence_clear(&s);
	return rc < 0 || t->found ? rc : diagnosis_find(t, err);
}
