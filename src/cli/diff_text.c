/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diff_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "describe/event_name.h"
#include "verify/align.h"

/* The words of both sides, and a number for each different one. */
struct words {
	struct bytes v[2 * DIFF_WORDS_MAX];
	uint32_t number[2][DIFF_WORDS_MAX], with[2][DIFF_WORDS_MAX];
	uint32_t n[2], n_numbers;
};

static uint32_t number_of(struct words *w, struct bytes word)
{
	uint32_t i = 0;
	while (i < w->n_numbers && !bytes_equal(w->v[i], word))
		i++;
	if (i == w->n_numbers)
		w->v[w->n_numbers++] = word;
	return i;
}

/* False: there are too many. */
static bool split(struct words *w, int side, struct bytes b)
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

static void put_word(struct text *t, const struct words *w, int side, uint32_t i)
{
	if (w->with[side][i] != ALIGN_NONE)
		return;
	text_put(t, "%s%c", t->n > 0 ? " " : "", side == 0 ? '-' : '+');
	text_put_utf8(t, w->v[w->number[side][i]]);
}

/* In the order in which they stand: what was taken out before what came in its place. */
static void put_words(struct text *t, const struct words *w)
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

/* *ret: words were put. */
static int try_words(struct text *t, struct bytes a, struct bytes b, bool *ret, struct err *err)
{
	*ret = false;
	if (!has_space(a) && !has_space(b))
		return 0;
	struct words *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return err_sys(err, ENOMEM, "diff");
	struct align_side x = {w->number[0], 0, w->with[0]}, y = {w->number[1], 0, w->with[1]};
	int rc = 0;
	if (split(w, 0, a) && split(w, 1, b)) {
		x.n = w->n[0];
		y.n = w->n[1];
		rc = align_run(&x, &y, w->n_numbers, err);
		if (rc == 0)
			put_words(t, w);
		*ret = rc == 0 && t->n > 0;
	}
	free(w);
	return rc;
}

int diff_text_put(struct text *t, const struct diff_event *reference, const struct diff_event *now,
	struct err *err)
{
	struct bytes a = event_value(reference->kind, reference->shown);
	struct bytes b = event_value(now->kind, now->shown);
	bool same = bytes_equal(reference->shown, now->shown), put = false;
	if (!same && try_words(t, a, b, &put, err) < 0)
		return -1;
	if (put)
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
