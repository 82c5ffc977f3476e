/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/fit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum {
	COVER_STEPS_MAX = 1 << 18,
	/* In the time of an extend so many places are looked at. */
	PLACES_PER_EXTEND = 64,
	LISTS_PER_EXTEND = 4,
};

/* --- one list --- */

/* Whether a claim may be element k of the sequence; values[k] is what that extended. */
static bool may_be(const struct timeline *t, const struct claim_list *list, size_t i, size_t k,
	const struct digest values[])
{
	const struct claim *c = &list->v[i];
	return digest_equal(&timeline_claim_at(t, &t->path[k])->digest, &c->digest) &&
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
		if (!taken[k] &&
			digest_equal(&timeline_claim_at(t, &t->path[k])->digest, &c->digest))
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
	if (!effort_take(t->effort, (uint64_t)list->n * t->n_path / PLACES_PER_EXTEND)) {
		t->unsure = true;
		return 0;
	}
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

/* --- all lists at once --- */

/* Which claims stand where is chosen element by element; each choice can be taken back. */
struct choice {
	uint32_t used[TIMELINE_LISTS_MAX]; /* claims of each list that stand before this element */
	uint32_t must, may; /* lists whose next claim stands here, or may, a bit each */
	uint32_t some;	    /* of those that may, these do */
};

/* The last place that each claim may have, so that those after it in its list have one. */
static uint32_t *last_places(const struct timeline *t, const struct claim_list *list,
	const struct digest values[], struct err *err)
{
	uint32_t *last = calloc(list->n + 1, sizeof(*last));
	if (last == NULL) {
		err_sys(err, ENOMEM, "events");
		return NULL;
	}
	for (size_t i = list->n, k = t->n_path; i > 0 && k > 0; i--) {
		while (k > 1 && !may_be(t, list, i - 1, k - 1, values))
			k--;
		last[i - 1] = (uint32_t)--k;
	}
	return last;
}

/* Whether the register held this value before element k. */
static bool was_held(const struct digest values[], size_t k, const struct digest *value)
{
	for (size_t i = 0; i < k; i++)
		if (digest_equal(&values[i], value))
			return true;
	return false;
}

/* Whether an unconfirmed record may account for element k. */
static bool is_doubtful(const struct timeline *t, size_t k, const struct digest values[])
{
	const struct digest *digest = &timeline_claim_at(t, &t->path[k])->digest;
	for (size_t i = 0; i < t->n_doubtful; i++) {
		const struct claim *c = &t->doubtful[i];
		if (digest_equal(&c->digest, digest) &&
			(digest_equal(&c->before, &values[k]) ||
				(digest_equal(&c->after, &values[k + 1]) &&
					was_held(values, k, &c->before))))
			return true;
	}
	return false;
}

struct cover {
	const struct timeline *t;
	const struct digest *values;
	uint32_t *last[TIMELINE_LISTS_MAX];
	struct choice *choice; /* of each element */
};

static void look_at_element(const struct cover *c, size_t k)
{
	struct choice *choice = &c->choice[k];
	choice->must = choice->may = 0;
	for (size_t l = 0; l < c->t->n_lists; l++) {
		const struct claim_list *list = &c->t->list[l];
		uint32_t i = choice->used[l], bit = UINT32_C(1) << l;
		if (i == list->n || !may_be(c->t, list, i, k, c->values))
			continue;
		if (c->last[l][i] == k)
			choice->must |= bit;
		else
			choice->may |= bit;
	}
	choice->some = choice->may;
}

/* Moves to the next element; false: no claim accounts for this one. */
static bool choose(const struct cover *c, size_t k)
{
	const struct choice *choice = &c->choice[k];
	struct choice *next = &c->choice[k + 1];
	uint32_t taken = choice->must | choice->some;
	if (taken == 0 && !is_doubtful(c->t, k, c->values))
		return false;
	memcpy(next->used, choice->used, sizeof(next->used));
	for (size_t l = 0; l < c->t->n_lists; l++)
		next->used[l] += taken >> l & 1;
	return true;
}

/* Whether claims account for all elements; *ret_sure: all choices were tried. */
static bool cover_all(const struct cover *c, bool *ret_sure)
{
	size_t k = 0, n = c->t->n_path;
	*ret_sure = true;
	for (uint32_t steps = 0; k < n; steps++) {
		bool on = steps < COVER_STEPS_MAX &&
			  effort_take(c->t->effort, 1 + c->t->n_lists / LISTS_PER_EXTEND);
		*ret_sure = on;
		if (!on)
			return false;
		if (steps == 0)
			look_at_element(c, k);
		if (choose(c, k)) {
			if (++k < n)
				look_at_element(c, k);
			continue;
		}
		/* Back to the last choice that has another way. */
		while (c->choice[k].some == 0 && k > 0)
			k--;
		if (c->choice[k].some == 0)
			return false;
		c->choice[k].some = (c->choice[k].some - 1) & c->choice[k].may;
	}
	return true;
}

/* Whether each element of the sequence has a claim of its own, with every claim at a place. */
static int find_cover(const struct timeline *t, const struct digest values[], bool *ret,
	bool *ret_sure, struct err *err)
{
	struct cover c = {.t = t, .values = values};
	bool memory = true;
	c.choice = calloc(t->n_path + 1, sizeof(*c.choice));
	for (size_t l = 0; l < t->n_lists; l++) {
		c.last[l] = last_places(t, &t->list[l], values, err);
		memory &= c.last[l] != NULL;
	}
	if (c.choice == NULL)
		err_sys(err, ENOMEM, "events");
	if (c.choice != NULL && memory)
		*ret = cover_all(&c, ret_sure);
	bool failed = c.choice == NULL || !memory;
	for (size_t l = 0; l < t->n_lists; l++)
		free(c.last[l]);
	free(c.choice);
	return failed ? -1 : 0;
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

/* What is said of the register is made from the sequence, never from how it was found. */
int fit_find(struct timeline *t, const struct state *end, struct err *err)
{
	AUTO_FREE struct digest *values = calloc(t->n_path + 1, sizeof(*values));
	if (values == NULL)
		return err_sys(err, ENOMEM, "events");
	values[0] = t->from;
	for (size_t k = 0; k < t->n_path; k++) {
		values[k + 1] = values[k];
		if (hash_extend(t->h, &values[k + 1], &timeline_claim_at(t, &t->path[k])->digest,
			    err) < 0)
			return -1;
	}
	t->unsure = false;
	for (size_t l = 0; l < t->n_lists && !t->unsure; l++)
		if (compare_list(t, l, values, err) < 0)
			return -1;
	if (t->unsure)
		return 0;
	/* Each list has its claims in it; have all of them at once? */
	bool told = true, sure = true;
	if (fits_all(t) && !has_loose(t) && find_cover(t, values, &told, &sure, err) < 0)
		return -1;
	t->unsure = !sure;
	if (sure && !told)
		leave_out(t, end);
	return 0;
}
