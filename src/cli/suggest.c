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
