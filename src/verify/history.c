/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/scope.h"
#include "verify/diagnosis.h"
#include "verify/explore.h"
#include "verify/fit.h"

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
	enum { SEEN_PER_EXTEND = 64 };
	if (!sequence_spend(s, 1 + timeline_claims(s->t) / SEEN_PER_EXTEND))
		return;
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
			if (s->gave_up)
				break;
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

static int found(struct timeline *t, struct sequence *s, bool stated, struct err *err)
{
	t->found = true;
	t->from_stated = stated;
	t->value = s->end.value;
	t->n_path = s->end.n;
	t->path = s->path;
	s->path = NULL;
	return fit_find(t, &s->end, err);
}

static int by_digest(const void *a, const void *b)
{
	const struct digest *const *x = a, *const *y = b;
	return memcmp((*x)->v, (*y)->v, (*x)->size);
}

/* From which claim on firmware's log has only what is an agent's, or stands in logs of others, too. */
static int set_bounds(struct timeline *t, struct err *err)
{
	AUTO_FREE const struct digest **told =
		calloc(timeline_claims(t) + 1, sizeof(const struct digest *));
	size_t n_told = 0;
	if (told == NULL)
		return err_sys(err, ENOMEM, "events");
	for (size_t l = 0; l < t->n_lists; l++)
		for (size_t i = 0; i < t->list[l].n && !t->list[l].firmware; i++)
			told[n_told++] = &t->list[l].v[i].digest;
	qsort(told, n_told, sizeof(const struct digest *), by_digest);
	for (size_t l = 0; l < t->n_lists; l++) {
		struct claim_list *list = &t->list[l];
		size_t n = !list->firmware ? 0 : list->agent > 0 ? list->agent - 1 : list->n;
		for (; n > 0; n--) {
			const struct digest *key = &list->v[n - 1].digest;
			if (bsearch(&key, told, n_told, sizeof(const struct digest *), by_digest) ==
				NULL)
				break;
		}
		list->bound = n;
	}
	return 0;
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

static bool has_two_digests(const struct claim_list *list)
{
	for (size_t i = 1; i < list->n; i++)
		if (!digest_equal(&list->v[i].digest, &list->v[0].digest))
			return true;
	return false;
}

/* So many claims at the front of a list as stand before claim i of `of`, where k stood before i - 1. */
static size_t front_before(
	const struct claim_list *list, const size_t shorter[], size_t k, const struct claim *c)
{
	while (k > 0 && !digest_equal(&list->v[k].digest, &c->digest))
		k = shorter[k - 1];
	return k + digest_equal(&list->v[k].digest, &c->digest);
}

/* Of each front of a list, its longest end, shorter than it, that is a front, too (Knuth, Morris, Pratt). */
static void find_shorter(const struct claim_list *list, size_t shorter[])
{
	shorter[0] = 0;
	for (size_t i = 1; i < list->n; i++)
		shorter[i] = front_before(list, shorter, shorter[i - 1], &list->v[i]);
}

/* Whether a log is part of another one. */
static bool is_copy(
	const struct claim_list *list, const struct claim_list *of, const size_t shorter[])
{
	for (size_t i = 0, k = 0; i < of->n; i++) {
		k = front_before(list, shorter, k, &of->v[i]);
		if (k == list->n)
			return true;
	}
	return false;
}

static int find_copies(struct timeline *t, struct err *err)
{
	AUTO_FREE size_t *shorter = calloc(timeline_claims(t) + 1, sizeof(*shorter));
	if (shorter == NULL)
		return err_sys(err, ENOMEM, "events");
	for (size_t l = 0; l < t->n_lists; l++)
		t->list[l].copies = 0;
	for (size_t l = 0; l < t->n_lists; l++) {
		const struct claim_list *list = &t->list[l];
		/* One digest alone may well be a program's own. */
		if (list->anchored || !has_two_digests(list))
			continue;
		find_shorter(list, shorter);
		for (size_t m = 0; m < t->n_lists; m++) {
			if (m == l || t->list[m].anchored || !is_copy(list, &t->list[m], shorter))
				continue;
			t->list[l].copies |= UINT32_C(1) << m;
			t->list[m].copies |= UINT32_C(1) << l;
		}
	}
	return 0;
}

static int prepare(struct timeline *t, struct err *err)
{
	if (find_copies(t, err) < 0 || set_bounds(t, err) < 0)
		return -1;
	set_stated(t);
	return 0;
}

/* What the search took; where the searches of other registers took what it might have had, the limit of all. */
static uint64_t extends_of(const struct timeline *t, uint64_t took)
{
	return t->effort != NULL && t->effort->left == 0 ? REPLAY_EXTENDS_MAX : took;
}

int history_find(struct timeline *t, struct err *err)
{
	struct sequence s;
	bool stated;
	uint64_t budget = timeline_budget(t);
	if (prepare(t, err) < 0 || sequence_init(&s, t, budget, err) < 0)
		return -1;
	enum sequence_outcome o = search(&s, &stated, err);
	int rc = o == SEQUENCE_FAILED ? -1 : o == SEQUENCE_FOUND ? found(t, &s, stated, err) : 0;
	t->budget = s.budget;
	t->extends = extends_of(t, budget - s.budget);
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

static bool uses_all(const struct timeline *t, const struct state *st)
{
	for (size_t l = 0; l < t->n_lists; l++)
		if (st->used[l] < t->list[l].n)
			return false;
	return true;
}

/*
 * The sequence of `like`, or a first part of it, in this bank, whatever is left to spend: it is one extend for
 * each claim.
 */
static enum sequence_outcome follow_path(
	struct sequence *s, const struct timeline *like, struct err *err)
{
	struct timeline *t = s->t;
	struct state st = {.value = like->from_stated ? t->stated[like->from_index]
						      : t->start[like->from_index]};
	struct effort *effort = t->effort;
	t->from = st.value;
	t->from_index = like->from_index;
	t->effort = NULL;
	bool part = !like->from_stated; /* behind a start that is only stated, all must follow */
	for (size_t k = 0; k < like->n_path && !(part && digest_equal(&st.value, t->want)); k++) {
		const struct step *step = &like->path[k];
		if (sequence_extend(s, &st, &timeline_claim_at(t, step)->digest, *step, err) < 0)
			return SEQUENCE_FAILED;
		if (step->list != DOUBTFUL_LIST)
			st.used[step->list] = step->at + 1;
	}
	t->effort = effort;
	s->end = st;
	return digest_equal(&st.value, t->want) ? SEQUENCE_FOUND : SEQUENCE_OPEN;
}

int history_find_like(struct timeline *t, const struct timeline *like, struct err *err)
{
	struct sequence s;
	bool stated = like->from_stated;
	enum sequence_outcome o;
	if (!has_same_lists(t, like))
		return history_find(t, err);
	uint64_t budget = timeline_budget(t);
	if (prepare(t, err) < 0 || sequence_init(&s, t, budget, err) < 0)
		return -1;
	/* Where nothing was found, one wrong digest in that bank may be all that was in the way. */
	bool follows = like->found && (!stated || like->from_index < t->n_stated);
	o = follows ? follow_path(&s, like, err) : SEQUENCE_OPEN;
	/* This bank may hold more claims than that one, or those of several logs in another order. */
	bool more = follows && o == SEQUENCE_OPEN && (t->n_lists > 1 || !uses_all(t, &s.end));
	if (more) {
		sequence_clear(&s);
		if (sequence_init(&s, t, budget, err) < 0)
			return -1;
	}
	if (more || !follows)
		o = search(&s, &stated, err);
	int rc = o == SEQUENCE_FAILED ? -1 : o == SEQUENCE_FOUND ? found(t, &s, stated, err) : 0;
	t->all_tried |= like->found && !more;
	/* A change that was not found there is not looked for again. */
	bool changed = like->found || diagnosis_is_change(&like->diagnosis);
	t->budget = changed ? s.budget : 0;
	t->extends = extends_of(t, budget - s.budget);
	sequence_clear(&s);
	return rc < 0 || t->found ? rc : diagnosis_find(t, err);
}
