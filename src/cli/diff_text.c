/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diff_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "describe/event_name.h"
#include "verify/align.h"

enum { SLOTS = 4 * DIFF_WORDS_MAX };

/* The words of both sides, and a number for each different one. */
struct diff_words {
	struct bytes v[2 * DIFF_WORDS_MAX];
	uint32_t number[2][DIFF_WORDS_MAX], with[2][DIFF_WORDS_MAX];
	uint32_t n[2], n_numbers;
	uint16_t slot[SLOTS]; /* numbers plus one, by hash; 0: empty */
	uint32_t slot_of[2 * DIFF_WORDS_MAX];
	uint64_t steps; /* of all events so far */
};

void diff_words_free(struct diff_words *words)
{
	free(words);
}

/* Makes room for other words; what is not empty alone has to be emptied. */
static void forget(struct diff_words *w)
{
	for (uint32_t i = 0; i < w->n_numbers; i++)
		w->slot[w->slot_of[i]] = 0;
	w->n_numbers = w->n[0] = w->n[1] = 0;
}

/* FNV-1a; who makes words with the same hash makes this slow, and uses up the steps. */
static uint32_t hash_word(struct bytes word)
{
	uint32_t h = 2166136261;
	for (size_t i = 0; i < word.n; i++)
		h = (h ^ word.p[i]) * 16777619;
	return h ^ h >> 16;
}

static uint32_t number_of(struct diff_words *w, struct bytes word)
{
	for (uint32_t at = hash_word(word) % SLOTS;; at = (at + 1) % SLOTS, w->steps++) {
		if (w->slot[at] == 0) {
			w->v[w->n_numbers] = word;
			w->slot_of[w->n_numbers] = at;
			w->slot[at] = (uint16_t)++w->n_numbers;
		}
		if (bytes_equal(w->v[w->slot[at] - 1], word))
			return w->slot[at] - 1u;
	}
}

/* False: there are too many. */
static bool split(struct diff_words *w, int side, struct bytes b)
{
	for (size_t i = 0; i < b.n;) {
		size_t end = i;
		while (end < b.n && b.p[end] != ' ')
			end++;
		if (end > i && w->n[side] == DIFF_WORDS_MAX)
			return false;
		if (end > i)
			w->number[side][w->n[side]++] =
				number_of(w, (struct bytes){b.p + i, end - i});
		i = end + 1;
	}
	return true;
}

static void put_word(struct text *t, const struct diff_words *w, int side, uint32_t i)
{
	if (w->with[side][i] != ALIGN_NONE)
		return;
	text_put(t, "%s%c", t->n > 0 ? " " : "", side == 0 ? '-' : '+');
	text_put_utf8(t, w->v[w->number[side][i]]);
}

/* In the order in which they stand: what was taken out before what came in its place. */
static void put_words(struct text *t, const struct diff_words *w)
{
	uint32_t i = 0, k = 0;
	while (i < w->n[0] || k < w->n[1]) {
		for (; i < w->n[0] && w->with[0][i] == ALIGN_NONE; i++)
			put_word(t, w, 0, i);
		for (; k < w->n[1] && w->with[1][k] == ALIGN_NONE; k++)
			put_word(t, w, 1, k);
		i += i < w->n[0];
		k += k < w->n[1];
	}
}

static bool has_space(struct bytes b)
{
	return b.n > 0 && memchr(b.p, ' ', b.n) != NULL;
}

/* Whether comparing the words is still within the steps; it takes at most their square. */
static bool may_compare(struct diff_words *w)
{
	uint64_t n = w->n[0] + w->n[1];
	w->steps += n * n;
	return w->steps <= DIFF_STEPS_MAX;
}

static int put_different(struct text *t, struct diff_words *w, struct err *err)
{
	struct align_side x = {w->number[0], w->n[0], w->with[0]};
	struct align_side y = {w->number[1], w->n[1], w->with[1]};
	if (align_run(&x, &y, w->n_numbers, err) < 0)
		return -1;
	put_words(t, w);
	return 0;
}

/* Puts nothing where there are no words to compare. */
static int try_words(
	struct diff_words **words, struct text *t, struct bytes a, struct bytes b, struct err *err)
{
	if (*words == NULL)
		*words = calloc(1, sizeof(**words));
	struct diff_words *w = *words;
	if (w == NULL)
		return err_sys(err, ENOMEM, "diff");
	bool fits = w->steps <= DIFF_STEPS_MAX && split(w, 0, a) && split(w, 1, b);
	int rc = fits && may_compare(w) ? put_different(t, w, err) : 0;
	forget(w);
	return rc;
}

int diff_text_put(struct diff_words **words, struct text *t, const struct diff_event *reference,
	const struct diff_event *now, struct err *err)
{
	struct bytes a = event_value(reference->kind, reference->shown);
	struct bytes b = event_value(now->kind, now->shown);
	bool same = bytes_equal(reference->shown, now->shown);
	/* The words of a variable are numbers and what they count: alone they say nothing. */
	bool words_tell = !event_is_variable(now->kind) && (has_space(a) || has_space(b));
	if (!same && words_tell && try_words(words, t, a, b, err) < 0)
		return -1;
	if (t->n > 0)
		return 0;
	if (same || (a.n == 0 && b.n == 0)) {
		text_put_utf8(t, event_name(now->kind, now->shown));
		text_put(t, "%sdigest ", t->n > 0 ? ": " : "");
		text_put_hex(t, digest_bytes(&reference->digest));
		text_put(t, " -> ");
		text_put_hex(t, digest_bytes(&now->digest));
		return 0;
	}
	text_put_utf8(t, a);
	text_put(t, " -> ");
	text_put_utf8(t, b);
	return 0;
}
