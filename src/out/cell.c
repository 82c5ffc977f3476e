/* SPDX-License-Identifier: Apache-2.0 */
#include "out/cell.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/vis.h>

#include "base/swar.h"

char *cell_room(struct cell *c, size_t n)
{
	if (c->p == NULL || c->room - c->n < n) {
		size_t room = 2 * (c->n + n) + 1;
		char *grown = realloc(c->p, room);
		if (grown == NULL)
			return NULL;
		c->p = grown;
		c->room = room;
	}
	return c->p + c->n;
}

int cell_put(struct cell *c, const char *s, size_t n)
{
	char *at = cell_room(c, n);
	if (at == NULL)
		return -1;
	if (n > 0)
		memcpy(at, s, n);
	c->n += n;
	return 0;
}

int cell_str(struct cell *c, const char *s)
{
	return cell_put(c, s, strlen(s));
}

int cell_hex(struct cell *c, struct bytes b)
{
	char *at = cell_room(c, 2 * b.n);
	if (at == NULL)
		return -1;
	hex_put(at, b);
	c->n += 2 * b.n;
	return 0;
}

int cell_u64(struct cell *c, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);
	do
		digits[--i] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	return cell_put(c, digits + i, sizeof(digits) - i);
}

/*
 * Bytes of b that vis(3) takes at once: it needs a hundred times as much memory. A NUL is written otherwise
 * before a digit: the two stay together.
 */
static size_t visible_piece(struct bytes b)
{
	enum { PIECE = 4096 };
	if (b.n <= PIECE)
		return b.n;
	return b.p[PIECE - 1] == '\0' ? PIECE - 1 : PIECE;
}

/* The end of what is written, which has no NUL behind it; NULL: no memory. */
static char *put_escaped(char *to, struct bytes b, int flags)
{
	while (b.n > 0) {
		struct bytes piece = {b.p, visible_piece(b)};
		/* Without memory it writes nothing, and returns -1 or 0. */
		int n = strvisx(to, (const char *)piece.p, piece.n, flags);
		if (n < (int)piece.n)
			return NULL;
		to += n;
		b = (struct bytes){b.p + piece.n, b.n - piece.n};
	}
	return to;
}

/*
 * The bytes of the character at the front if it is shown as it is; 0: it is not, as controls are not, and what
 * moves other characters or takes no room.
 */
static size_t letter(const struct screen *screen, struct bytes b)
{
	size_t n = 2;
	if (b.p[0] < 0x80)
		return b.p[0] >= ' ' && b.p[0] <= '~' && b.p[0] != '\\';
	while (n < 4 && n < b.n && (b.p[n] & 0xc0) == 0x80)
		n++;
	struct bytes one = {b.p, n};
	if (screen->locale == (locale_t)0 || n > b.n || !utf8_valid(one))
		return 0;
	return screen_width(screen, utf8_next(&one)) > 0 ? n : 0;
}

/* Eight bytes of ASCII at a time, as most text is. */
static bool is_plain(const uint8_t *p)
{
	uint64_t word = word_get(p);
	return (word_less(word, ' ') | word_is(word, 0x7f) | word_is(word, '\\') |
		       (word & WORD_TOPS)) == 0;
}

static size_t shown_piece(const struct screen *screen, struct bytes b)
{
	size_t n = 0, step = 1;
	while (n < b.n && step > 0) {
		bool plain = b.n - n >= sizeof(uint64_t) && is_plain(b.p + n);
		step = plain ? sizeof(uint64_t) : letter(screen, (struct bytes){b.p + n, b.n - n});
		n += step;
	}
	return n;
}

/* What vis(3) has to see: up to the next letter. A NUL is written otherwise before a digit. */
static size_t escaped_piece(const struct screen *screen, struct bytes b)
{
	size_t n = 0;
	while (n < b.n && ((b.p[n] >= '0' && b.p[n] <= '9') ||
				  letter(screen, (struct bytes){b.p + n, b.n - n}) == 0))
		n++;
	return n;
}

static char *put_visible(char *to, const struct screen *screen, struct bytes b, int flags)
{
	while (b.n > 0 && to != NULL) {
		size_t n = shown_piece(screen, b), m;
		memcpy(to, b.p, n);
		b = (struct bytes){b.p + n, b.n - n};
		m = escaped_piece(screen, b);
		to = put_escaped(to + n, (struct bytes){b.p, m}, flags);
		b = (struct bytes){b.p + m, b.n - m};
	}
	return to;
}

int cell_visible(struct cell *c, const struct screen *screen, struct bytes b, size_t max, int flags)
{
	struct bytes shown = {b.p, b.n < max ? b.n : max};
	size_t n = shown_piece(screen, shown);
	/* Most text is as it is shown, and vis(3) is slow. */
	if (cell_put(c, (const char *)shown.p, n) < 0)
		return -1;
	if (n < shown.n) {
		char *at = cell_room(c, 4 * (shown.n - n) + 1);
		char *end = at == NULL ? NULL
				       : put_visible(at, screen,
						 (struct bytes){shown.p + n, shown.n - n},
						 VIS_CSTYLE | VIS_NL | VIS_TAB | flags);
		if (end == NULL)
			return -1;
		c->n += (size_t)(end - at);
	}
	return shown.n < b.n ? cell_str(c, screen_mark(screen)) : 0;
}

size_t cell_width(const struct screen *screen, struct bytes text)
{
	size_t width = 0;
	if (screen->locale == (locale_t)0)
		return text.n;
	while (text.n > 0)
		width += screen_width(screen, utf8_next(&text));
	return width;
}

int cell_cut(struct cell *c, const struct screen *screen, struct bytes text, size_t room)
{
	struct bytes mark = bytes_of(screen_mark(screen)), rest = text;
	size_t width = 0, mark_width = cell_width(screen, mark);
	if (room >= text.n || cell_width(screen, text) <= room)
		return cell_put(c, (const char *)text.p, text.n);
	while (rest.n > 0) {
		struct bytes next = {rest.p + 1, rest.n - 1};
		if (screen->locale != (locale_t)0) {
			next = rest;
			width += screen_width(screen, utf8_next(&next));
		} else {
			width++;
		}
		if (width + mark_width > room)
			break;
		rest = next;
	}
	if (cell_put(c, (const char *)text.p, text.n - rest.n) < 0)
		return -1;
	return room < mark_width ? 0 : cell_put(c, (const char *)mark.p, mark.n);
}

struct bytes cell_bytes(const struct cell *c)
{
	return (struct bytes){(const uint8_t *)c->p, c->n};
}

void cell_clear(struct cell *c)
{
	free(c->p);
	*c = (struct cell){0};
}
