/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 31 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Letters to insert, leave out, replace or swap with their neighbour (optimal string alignment). */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];
	for (size_t i = 0; i <= n; i++) {
		for (size_t k = 0; k <= m; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = i + k;
				continue;
			}
			bool same = same_letter(a[i - 1], b[k - 1]);
			d[i][k] = min3(d[i - 1][k] + 1, d[i][k - 1] + 1, d[i - 1][k - 1] + !same);
			if (i > 1 && k > 1 && same_letter(a[i - 1], b[k - 2]) &&
				same_letter(a[i - 2], b[k - 1]) && d[i - 2][k - 2] + 1 < d[i][k])
				d[i][k] = d[i - 2][k - 2] + 1;
		}
	}
	return d[n][m];
}

void suggest_try(struct suggestion *s, const char *name)
{
	size_t n = strlen(s->word), m = strlen(name);
	if (n < 2 || n > WORD_MAX || m > WORD_MAX)
		return;
	size_t far =
		n < m && strncasecmp(s->word, name, n) == 0 ? 1 : distance(s->word, n, name, m);
	if (far > (n + 2) / 3 || (s->name != NULL && far >= s->distance))
		return;
	s->name = name;
	s->distance = far;
}

/* rtmr4 is not a misspelt rtmr0. */
static bool same_digits(const char *a, const char *b)
{
	static const char digits[] = "0123456789";
	for (;;) {
		a += strcspn(a, digits);
		b += strcspn(b, digits);
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

const char *suggest_register(const struct mr_list *mrs, const char *word)
{
	struct suggestion s = {.word = word};
	struct err ambiguous;
	for (size_t i = 0; i < mrs->n; i++) {
		if (same_digits(word, mrs->mr[i]->name))
			suggest_try(&s, mrs->mr[i]->name);
		/* The name of a provider alone is the beginning of every name that has it. */
		if (strchr(word, '/') != NULL && same_digits(word, mrs->mr[i]->full))
			suggest_try(&s, mrs->mr[i]->full);
	}
	return s.name != NULL && mr_list_find(mrs, s.name, &ambiguous) != NULL ? s.name : NULL;
}
