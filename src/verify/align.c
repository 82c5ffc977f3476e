/* SPDX-License-Identifier: Apache-2.0 */
/*
 * E. W. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), for what differs little; Bram
 * Cohen's patience alignment before it where much differs.
 */
#include "verify/align.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { EDITS = ALIGN_EDITS_MAX };
#define ONCE_MANY (UINT32_MAX - 1)

/* What is left of one side: without what the other side does not have. */
struct rest {
	uint32_t *id, *at; /* the element, and where it stands on its side */
	uint32_t n;
	uint32_t *once; /* of each number: its only place in here, or ALIGN_NONE, ONCE_MANY */
};

struct work {
	struct align_side *side[2];
	struct rest rest[2];
	uint32_t *pile, *before; /* of the longest chain of anchors */
	int32_t *reach;		 /* rows of the furthest places, one for each number of edits */
};

/* A part of both rests, and how far it is compared: up to the ends. */
struct gap {
	uint32_t at[2], end[2];
};

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "events");
}

static void *numbers(size_t n)
{
	return calloc(n + 1, sizeof(uint32_t));
}

static void pair(struct work *w, uint32_t i, uint32_t j)
{
	uint32_t a = w->rest[0].at[i], b = w->rest[1].at[j];
	w->side[0]->with[a] = b;
	w->side[1]->with[b] = a;
}

static bool is_equal(const struct work *w, uint32_t i, uint32_t j)
{
	return w->rest[0].id[i] == w->rest[1].id[j];
}

/* Pairs what is equal at both ends of a gap; what is between them is left. */
static void trim(struct work *w, struct gap *g)
{
	while (g->at[0] < g->end[0] && g->at[1] < g->end[1] && is_equal(w, g->at[0], g->at[1]))
		pair(w, g->at[0]++, g->at[1]++);
	while (g->at[0] < g->end[0] && g->at[1] < g->end[1] &&
		is_equal(w, g->end[0] - 1, g->end[1] - 1))
		pair(w, --g->end[0], --g->end[1]);
}

static bool is_empty(const struct gap *g)
{
	return g->at[0] == g->end[0] || g->at[1] == g->end[1];
}

/* Row d holds, for the diagonals -d to d, how far d edits reach on the first side. */
static int32_t *row_of(const struct work *w, int32_t d)
{
	return w->reach + (size_t)d * (size_t)d + (size_t)d;
}

/* The diagonal that the last of d edits came from: from below, it left out one of the first side. */
static int32_t came_from(const struct work *w, int32_t d, int32_t k)
{
	const int32_t *last = row_of(w, d - 1);
	return k == -d || (k != d && last[k - 1] < last[k + 1]) ? k + 1 : k - 1;
}

/* Where the last of d edits ends on diagonal k, before equal elements are followed. */
static int32_t step_to(const struct work *w, int32_t d, int32_t k)
{
	if (d == 0)
		return 0;
	int32_t from = came_from(w, d, k);
	return row_of(w, d - 1)[from] + (from < k);
}

/* Pairs what is equal on the way to where row d leads on diagonal k. */
static void take_way(struct work *w, const struct gap *g, int32_t d, int32_t k)
{
	for (;; d--) {
		int32_t from = step_to(w, d, k);
		for (int32_t x = row_of(w, d)[k]; x > from; x--)
			pair(w, g->at[0] + (uint32_t)x - 1, g->at[1] + (uint32_t)(x - k) - 1);
		if (d == 0)
			return;
		k = came_from(w, d, k);
	}
}

/*
 * Compares from the front of a gap on, with up to ALIGN_EDITS_MAX edits. Returns how many there were and
 * the diagonal where they reach furthest: the end, if *ret_ends. Places beyond an end are counted, too:
 * nothing is equal there, and no way leads back.
 */
static int32_t reach_out(struct work *w, const struct gap *g, int32_t *ret_k, bool *ret_ends)
{
	int32_t n = (int32_t)(g->end[0] - g->at[0]), m = (int32_t)(g->end[1] - g->at[1]);
	const uint32_t *a = w->rest[0].id + g->at[0], *b = w->rest[1].id + g->at[1];
	int64_t far = -1;
	for (int32_t d = 0;; d++) {
		int32_t *row = row_of(w, d);
		for (int32_t k = -d; k <= d; k += 2) {
			int32_t x = step_to(w, d, k);
			while (x < n && x - k < m && a[x] == b[x - k])
				x++;
			row[k] = x;
			*ret_ends = x == n && x - k == m;
			if (!*ret_ends &&
				(d < EDITS || x > n || x - k > m || 2 * (int64_t)x - k <= far))
				continue;
			far = 2 * (int64_t)x - k;
			*ret_k = k;
			if (*ret_ends)
				return d;
		}
		if (d == EDITS)
			return d;
	}
}

/* Whether the whole gap differs by few edits; then it is aligned. */
static bool align_close(struct work *w, const struct gap *g)
{
	int32_t k = 0;
	bool ends;
	int32_t d = reach_out(w, g, &k, &ends);
	if (ends)
		take_way(w, g, d, k);
	return ends;
}

/* Aligns a gap: as far as the edits reach, and from there on again. */
static void align_gap(struct work *w, struct gap g)
{
	bool ends = false;
	for (trim(w, &g); !ends && !is_empty(&g); trim(w, &g)) {
		int32_t k = 0, d = reach_out(w, &g, &k, &ends);
		take_way(w, &g, d, k);
		g.at[0] += (uint32_t)row_of(w, d)[k];
		g.at[1] += (uint32_t)(row_of(w, d)[k] - k);
	}
}

static void find_once(struct rest *r, const struct gap *g, int side)
{
	for (uint32_t i = g->at[side]; i < g->end[side]; i++) {
		uint32_t *once = &r->once[r->id[i]];
		*once = *once == ALIGN_NONE ? i : ONCE_MANY;
	}
}

/* Where the second side has the only element like this one of the first; ALIGN_NONE: it is no anchor. */
static uint32_t anchor(const struct work *w, uint32_t i)
{
	uint32_t id = w->rest[0].id[i];
	return w->rest[0].once[id] == i && w->rest[1].once[id] < ONCE_MANY ? w->rest[1].once[id]
									   : ALIGN_NONE;
}

/* The first pile whose top is not before this place of the second side. */
static uint32_t find_pile(const struct work *w, uint32_t n, uint32_t place)
{
	uint32_t from = 0;
	while (from < n) {
		uint32_t mid = from + (n - from) / 2;
		if (anchor(w, w->pile[mid]) < place)
			from = mid + 1;
		else
			n = mid;
	}
	return from;
}

/* The longest chain of anchors that rises on both sides, in w->pile[0..n). */
static uint32_t chain_anchors(struct work *w, const struct gap *g)
{
	uint32_t n = 0;
	for (uint32_t i = g->at[0]; i < g->end[0]; i++) {
		uint32_t place = anchor(w, i);
		if (place == ALIGN_NONE)
			continue;
		uint32_t at = find_pile(w, n, place);
		w->before[i] = at > 0 ? w->pile[at - 1] : ALIGN_NONE;
		w->pile[at] = i;
		n += at == n;
	}
	for (uint32_t k = n; k > 1; k--)
		w->pile[k - 2] = w->before[w->pile[k - 1]];
	return n;
}

static void mark_gap(const struct rest *r, const struct gap *g, int side, uint32_t mark)
{
	for (uint32_t i = g->at[side]; i < g->end[side]; i++)
		r->once[r->id[i]] = mark;
}

/* Moves what the other side's gap has, too, to the front of this one: the rest is no step of any way. */
static void keep_marked(struct work *w, struct gap *g, int side, uint32_t mark)
{
	struct rest *r = &w->rest[side];
	uint32_t n = g->at[side];
	for (uint32_t i = n; i < g->end[side]; i++) {
		if (w->rest[1 - side].once[r->id[i]] != mark)
			continue;
		r->id[n] = r->id[i];
		r->at[n++] = r->at[i];
	}
	g->end[side] = n;
}

/*
 * Aligns the gap before an anchor, or the last one. No anchor is in it: `once` of what is in it is free for
 * marks. Where it has this mark from before, an element is only kept that could be left out.
 */
static void align_part(struct work *w, struct gap g, uint32_t mark)
{
	trim(w, &g);
	for (int s = 0; s < 2; s++)
		mark_gap(&w->rest[s], &g, s, mark);
	for (int s = 0; s < 2; s++)
		keep_marked(w, &g, s, mark);
	align_gap(w, g);
}

static void align_patiently(struct work *w, struct gap g)
{
	find_once(&w->rest[0], &g, 0);
	find_once(&w->rest[1], &g, 1);
	uint32_t n = chain_anchors(w, &g);
	struct gap part = g;
	for (uint32_t k = 0; k < n; k++) {
		part.end[0] = w->pile[k];
		part.end[1] = anchor(w, w->pile[k]);
		align_part(w, part, k);
		pair(w, part.end[0], part.end[1]);
		part.at[0] = part.end[0] + 1;
		part.at[1] = part.end[1] + 1;
	}
	part.end[0] = g.end[0];
	part.end[1] = g.end[1];
	align_part(w, part, n);
}

/* What of the one side the other has, too: the rest cannot be paired. */
static int fill_rest(struct work *w, int side, uint32_t n_ids, struct err *err)
{
	const struct align_side *own = w->side[side], *other = w->side[1 - side];
	struct rest *r = &w->rest[side];
	r->id = numbers(own->n);
	r->at = numbers(own->n);
	r->once = numbers(n_ids);
	if (r->id == NULL || r->at == NULL || r->once == NULL)
		return no_memory(err);
	memset(r->once, 0xff, n_ids * sizeof(*r->once));
	for (uint32_t i = 0; i < other->n; i++)
		r->once[other->v[i]] = 0;
	for (uint32_t i = 0; i < own->n; i++) {
		if (r->once[own->v[i]] == ALIGN_NONE)
			continue;
		r->id[r->n] = own->v[i];
		r->at[r->n++] = i;
	}
	memset(r->once, 0xff, n_ids * sizeof(*r->once));
	return 0;
}

static int align_rests(struct work *w, struct err *err)
{
	struct gap g = {.end = {w->rest[0].n, w->rest[1].n}};
	trim(w, &g);
	if (is_empty(&g))
		return 0;
	/* That many edits are enough for any alignment of two short ones. */
	uint64_t edits = (uint64_t)w->rest[0].n + w->rest[1].n;
	size_t rows = (edits < EDITS ? (size_t)edits : EDITS) + 1;
	w->reach = reallocarray(NULL, rows * rows, sizeof(*w->reach));
	if (w->reach == NULL)
		return no_memory(err);
	if (align_close(w, &g))
		return 0;
	w->pile = numbers(w->rest[0].n);
	w->before = numbers(w->rest[0].n);
	if (w->pile == NULL || w->before == NULL)
		return no_memory(err);
	align_patiently(w, g);
	return 0;
}

int align_run(struct align_side *a, struct align_side *b, uint32_t n_ids, struct err *err)
{
	struct work w = {.side = {a, b}};
	memset(a->with, 0xff, a->n * sizeof(*a->with));
	memset(b->with, 0xff, b->n * sizeof(*b->with));
	int rc = fill_rest(&w, 0, n_ids, err);
	if (rc == 0)
		rc = fill_rest(&w, 1, n_ids, err);
	if (rc == 0)
		rc = align_rests(&w, err);
	for (int k = 0; k < 2; k++) {
		free(w.rest[k].id);
		free(w.rest[k].at);
		free(w.rest[k].once);
	}
	free(w.pile);
	free(w.before);
	free(w.reach);
	return rc;
}

int align_moved(struct align_side *a, struct align_side *b, uint32_t n_ids, struct err *err)
{
	AUTO_FREE uint32_t *first = numbers(n_ids);
	AUTO_FREE uint32_t *next = numbers(a->n);
	if (first == NULL || next == NULL)
		return no_memory(err);
	memset(first, 0xff, n_ids * sizeof(*first));
	for (uint32_t i = a->n; i-- > 0;) {
		if (a->with[i] != ALIGN_NONE)
			continue;
		next[i] = first[a->v[i]];
		first[a->v[i]] = i;
	}
	for (uint32_t j = 0; j < b->n; j++) {
		uint32_t i = first[b->v[j]];
		if (b->with[j] != ALIGN_NONE || i == ALIGN_NONE)
			continue;
		first[b->v[j]] = next[i];
		a->with[i] = j;
		b->with[j] = i;
	}
	return 0;
}
