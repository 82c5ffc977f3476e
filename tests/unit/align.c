/* SPDX-License-Identifier: Apache-2.0 */
/* Two sequences aligned, against the table of all common subsequences. */
#include "verify/align.h"

#include "check.h"

enum { SMALL = 24, LARGE = 4000 };

static uint64_t seed = 1;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33) % n;
}

/* The most pairs that there can be. */
static uint32_t longest(const struct align_side *a, const struct align_side *b)
{
	static uint32_t t[LARGE + 1][LARGE + 1];
	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t j = 0; j < b->n; j++) {
			uint32_t more = t[i + 1][j] > t[i][j + 1] ? t[i + 1][j] : t[i][j + 1];
			t[i + 1][j + 1] = a->v[i] == b->v[j] ? t[i][j] + 1 : more;
		}
	return t[a->n][b->n];
}

/* What both say of a pair is the same, pairs are equal, and in order; returns how many there are. */
static uint32_t check_pairs(const struct align_side *a, const struct align_side *b, bool ordered)
{
	uint32_t pairs = 0, back = 0;
	int64_t last = -1;
	for (uint32_t i = 0; i < a->n; i++) {
		uint32_t j = a->with[i];
		if (j == ALIGN_NONE)
			continue;
		CHECK(j < b->n);
		CHECK_U64(b->with[j], i);
		CHECK_U64(a->v[i], b->v[j]);
		CHECK(!ordered || j > last);
		last = j;
		pairs++;
	}
	for (uint32_t j = 0; j < b->n; j++)
		back += b->with[j] != ALIGN_NONE;
	CHECK_U64(back, pairs);
	return pairs;
}

static uint32_t run(struct align_side *a, struct align_side *b, uint32_t n_ids)
{
	struct err err;
	CHECK_INT(align_run(a, b, n_ids, &err), 0);
	return check_pairs(a, b, true);
}

/* Moved pairs: as many as the sides have in common at all. */
static void check_moved(struct align_side *a, struct align_side *b, uint32_t n_ids)
{
	struct err err;
	uint32_t common = 0;
	uint32_t *left = calloc(n_ids, sizeof(*left));
	for (uint32_t i = 0; i < a->n; i++)
		left[a->v[i]]++;
	for (uint32_t j = 0; j < b->n; j++)
		common += left[b->v[j]] > 0 ? left[b->v[j]]-- > 0 : 0;
	CHECK_INT(align_moved(a, b, n_ids, &err), 0);
	CHECK_U64(check_pairs(a, b, false), common);
	free(left);
}

static uint32_t v[2][LARGE], with[2][LARGE];

static void check_both_ways(uint32_t n, uint32_t m, uint32_t n_ids, bool exact)
{
	struct align_side a = {v[0], n, with[0]}, b = {v[1], m, with[1]};
	uint32_t best = longest(&a, &b);
	for (int turn = 0; turn < 2; turn++) {
		uint32_t pairs = turn == 0 ? run(&a, &b, n_ids) : run(&b, &a, n_ids);
		CHECK(pairs <= best);
		CHECK(!exact || pairs == best);
		check_moved(&a, &b, n_ids);
	}
}

/* Small ones: no alignment is better. */
static void check_small(void)
{
	for (int round = 0; round < 20000; round++) {
		uint32_t n = below(SMALL), m = below(SMALL), n_ids = 1 + below(SMALL);
		for (uint32_t i = 0; i < SMALL; i++) {
			v[0][i] = below(n_ids);
			v[1][i] = below(n_ids);
		}
		check_both_ways(n, m, n_ids, true);
	}
}

static void shuffle(uint32_t *p, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = below(i), kept = p[k];
		p[k] = p[i - 1];
		p[i - 1] = kept;
	}
}

/* Far apart: permutations, few numbers, what is doubled. It is less than the best then. */
static void check_large(void)
{
	static const uint32_t ids[] = {1, 2, 3, 50, 1500, LARGE};
	for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++) {
		for (uint32_t i = 0; i < LARGE; i++) {
			v[0][i] = i % ids[k];
			v[1][i] = i % ids[k];
		}
		shuffle(v[0], LARGE);
		shuffle(v[1], LARGE);
		/* Where each is there once, the longest chain of anchors is the best. */
		check_both_ways(LARGE, LARGE - below(1000), ids[k], ids[k] == 1 || ids[k] == LARGE);
		/* The edits reach beyond the end of the one before they reach that of the other. */
		check_both_ways(100 + below(50), LARGE, ids[k], ids[k] == 1);
	}
}

/* A long part that is new is found whole, where the events around it are there once. */
static void check_inserted(void)
{
	enum { AT = 700, MORE = 1900, N = LARGE - MORE };
	for (uint32_t i = 0; i < LARGE; i++) {
		v[1][i] = i;
		if (i < N)
			v[0][i] = i < AT ? i : i + MORE;
	}
	v[0][3] = v[0][N - 3] = LARGE;
	/* What is repeated is no anchor, and lies between some. */
	v[0][50] = v[1][50] = v[0][60] = v[1][60] = LARGE + 1;
	struct align_side a = {v[0], N, with[0]}, b = {v[1], LARGE, with[1]};
	CHECK_U64(run(&a, &b, LARGE + 2), N - 2);
	CHECK_U64(with[0][AT], AT + MORE);
	CHECK_U64(with[0][60], 60);
}

/*
 * Both gaps around some anchors hold one element that both sides have there, among many that the other side has
 * in the other gap.
 */
static void check_strangers(void)
{
	enum { PART = 900, ANCHORS = 5, HALF = PART + 1, N = 2 * HALF + ANCHORS };
	enum { REPEATED = 2 * PART, ANCHOR };
	for (uint32_t i = 0; i < PART; i++) {
		uint32_t at = i < PART / 2 ? i : i + 1;
		v[0][at] = i;
		v[0][HALF + ANCHORS + at] = PART + i;
		v[1][at] = 2 * PART - 1 - i;
		v[1][HALF + ANCHORS + at] = PART - 1 - i;
	}
	for (int s = 0; s < 2; s++) {
		v[s][PART / 2] = v[s][HALF + ANCHORS + PART / 2] = REPEATED;
		for (uint32_t i = 0; i < ANCHORS; i++)
			v[s][HALF + i] = ANCHOR + i;
	}
	struct align_side a = {v[0], N, with[0]}, b = {v[1], N, with[1]};
	CHECK_U64(run(&a, &b, ANCHOR + ANCHORS), ANCHORS + 2);
	CHECK_U64(with[0][PART / 2], PART / 2);
	CHECK_U64(with[0][HALF + ANCHORS + PART / 2], HALF + ANCHORS + PART / 2);
}

/* Equal sides have nothing that differs. */
static void check_equal(void)
{
	for (uint32_t i = 0; i < LARGE; i++)
		v[0][i] = v[1][i] = below(5);
	struct align_side a = {v[0], LARGE, with[0]}, b = {v[1], LARGE, with[1]};
	CHECK_U64(run(&a, &b, 5), LARGE);
	b.n = 0;
	CHECK_U64(run(&a, &b, 5), 0);
	CHECK_U64(run(&b, &a, 5), 0);
}

int main(void)
{
	check_small();
	check_large();
	check_inserted();
	check_strangers();
	check_equal();
	return 0;
}
