/* SPDX-License-Identifier: Apache-2.0 */
#include "describe/text_guess.h"

#include <string.h>

uint8_t take_u8(struct cursor *c)
{
	struct bytes b = cur_take(c, 1);
	return b.n > 0 ? b.p[0] : 0;
}

struct bytes before_nul(struct bytes b)
{
	const uint8_t *nul = b.n > 0 ? memchr(b.p, '\0', b.n) : NULL;
	if (nul != NULL)
		b.n = (size_t)(nul - b.p);
	return b;
}

struct bytes before_nul16(struct bytes b)
{
	size_t n = 0;
	while (b.n - n >= 2 && (b.p[n] != 0 || b.p[n + 1] != 0))
		n += 2;
	b.n = n;
	return b;
}

struct bytes without_padding(struct bytes b)
{
	while (b.n > 0 && b.p[b.n - 1] == 0)
		b.n--;
	return b;
}

struct bytes without_padding16(struct bytes b)
{
	while (b.n >= 2 && b.n % 2 == 0 && b.p[b.n - 2] == 0 && b.p[b.n - 1] == 0)
		b.n -= 2;
	return b;
}

static bool is_printable(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

bool is_utf16_text(struct bytes b)
{
	if (b.n < 2 || b.n % 2 != 0)
		return false;
	if (b.n > 2 && b.p[b.n - 2] == 0 && b.p[b.n - 1] == 0)
		b.n -= 2;
	for (size_t i = 0; i < b.n; i += 2)
		if (b.p[i + 1] != 0 || !is_printable(b.p[i]))
			return false;
	return true;
}

/* Takes one code point off the front of b, which is not empty. */
static uint32_t utf16_next(struct bytes *b)
{
	if (b->n == 1) {
		b->n = 0;
		return 0xfffd;
	}
	uint32_t c = b->p[0] | (uint32_t)b->p[1] << 8;
	size_t n = 2;
	if (c >= 0xd800 && c < 0xdc00 && b->n >= 4 && (b->p[3] & 0xfc) == 0xdc) {
		uint32_t low = b->p[2] | (uint32_t)b->p[3] << 8;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		n = 4;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
	}
	b->p += n;
	b->n -= n;
	return c;
}

/* Writes a code point as UTF-8 (RFC 3629, section 3) and returns how many bytes it has. */
static size_t utf8_put(uint8_t *dst, uint32_t c)
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		dst[i] = (uint8_t)(0x80 | (c & 0x3f));
	dst[0] = (uint8_t)(lead[n] | c);
	return n;
}

void text_put_utf16(struct text *t, struct bytes b)
{
	while (b.n > 0 && !t->cut) {
		uint8_t piece[256];
		size_t n = 0;
		while (b.n > 0 && sizeof(piece) - n >= 4)
			n += utf8_put(piece + n, utf16_next(&b));
		text_put_utf8(t, (struct bytes){piece, n});
	}
}

bool text_put_guess(struct text *t, struct bytes b)
{
	if (is_utf16_text(b)) {
		text_put_utf16(t, without_padding16(b));
		return true;
	}
	b = without_padding(b);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < 0x80 && b.p[i] != '\0' && !is_printable(b.p[i]))
			return false;
	if (b.n == 0 || !utf8_valid(b))
		return false;
	text_put_utf8(t, b);
	return true;
}
