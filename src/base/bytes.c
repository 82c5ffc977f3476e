/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/vis.h>

#include "base/swar.h"

struct bytes bytes_of(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_start_with(struct bytes b, const char *prefix)
{
	size_t n = strlen(prefix);
	return b.n >= n && memcmp(b.p, prefix, n) == 0;
}

bool bytes_all_zero(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] != 0)
			return false;
	return true;
}

bool bytes_is_word(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] <= ' ' || b.p[i] >= 0x7f)
			return false;
	return b.n > 0;
}

bool bytes_is_uuid(struct bytes b)
{
	enum { UUID_TEXT = 36 };
	for (size_t i = 0; i < b.n; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (b.p[i] >= '0' && b.p[i] <= '9') || (b.p[i] >= 'a' && b.p[i] <= 'f');
		if (dash ? b.p[i] != '-' : !hex)
			return false;
	}
	return b.n == UUID_TEXT;
}

/* The two digits of every byte, in memory order: a log is mostly printed as hex. */
#define HEX_ROW(hi)                                                                                \
	hi "0" hi "1" hi "2" hi "3" hi "4" hi "5" hi "6" hi "7" hi "8" hi "9" hi "a" hi "b" hi     \
	   "c" hi "d" hi "e" hi "f"
static const char hex_pairs[] = HEX_ROW("0") HEX_ROW("1") HEX_ROW("2") HEX_ROW("3") HEX_ROW("4")
	HEX_ROW("5") HEX_ROW("6") HEX_ROW("7") HEX_ROW("8") HEX_ROW("9") HEX_ROW("a") HEX_ROW("b")
		HEX_ROW("c") HEX_ROW("d") HEX_ROW("e") HEX_ROW("f");

void hex_put(char *dst, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		memcpy(dst + 2 * i, hex_pairs + 2 * (size_t)b.p[i], 2);
}

char *hex_str(char *dst, struct bytes b)
{
	hex_put(dst, b);
	dst[2 * b.n] = '\0';
	return dst;
}

/*
 * Decodes eight digits into four bytes; *bad gets bits set if one is not a hex digit. A letter has
 * bit 6 set, and its value is its lower half plus 9. Re-encode the nibble and compare with the
 * input: a difference means that it was not a hex digit.
 */
static uint32_t hex_word(uint64_t digits, bool upper_too, uint64_t *bad)
{
	uint64_t letter = digits >> 6 & WORD_ONES;
	uint64_t value = (digits & WORD_ONES * 0xf) + letter * 9;
	uint64_t is_ten = (value + WORD_ONES * (0x80 - 10)) & WORD_TOPS;
	*bad |= (digits | letter << 5) ^ (value + WORD_ONES * '0' + letter * ('a' - '0' - 10));
	*bad |= (is_ten ^ letter << 7) | (value & WORD_ONES << 4);
	if (!upper_too)
		*bad |= letter << 5 & ~digits;
	uint64_t pairs = (value << 4 | value >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	pairs = (pairs | pairs >> 8) & UINT64_C(0x0000ffff0000ffff);
	return htole32((uint32_t)(pairs | pairs >> 16));
}

bool hex_get(uint8_t *dst, size_t n, struct bytes s, bool upper_too)
{
	const size_t step = sizeof(uint32_t);
	uint64_t bad = 0;
	if (s.n / 2 != n || s.n % 2 != 0)
		return false;
	for (; n >= step; n -= step) {
		uint32_t word = hex_word(word_get(s.p), upper_too, &bad);
		memcpy(dst, &word, step);
		dst += step;
		s.p += 2 * step;
	}
	if (n > 0) {
		uint8_t last[sizeof(uint64_t)];
		memset(last, '0', sizeof(last));
		memcpy(last, s.p, 2 * n);
		uint32_t word = hex_word(word_get(last), upper_too, &bad);
		memcpy(dst, &word, n);
	}
	return bad == 0;
}

/* The length of the well-formed sequence at the front of b, or 0 (Unicode 15, table 3-7). */
static size_t utf8_sequence(struct bytes b)
{
	uint8_t c = b.p[0];
	size_t n = c < 0x80		    ? 1
		   : c >= 0xc2 && c <= 0xdf ? 2
		   : c >= 0xe0 && c <= 0xef ? 3
		   : c >= 0xf0 && c <= 0xf4 ? 4
					    : 0;
	if (n == 0 || n > b.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((b.p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && b.p[1] < 0xa0) || (c == 0xed && b.p[1] > 0x9f) ||
		(c == 0xf0 && b.p[1] < 0x90) || (c == 0xf4 && b.p[1] > 0x8f))
		return 0;
	return n;
}

/* How many bytes at the front of b are ASCII. */
static size_t ascii_run(struct bytes b)
{
	size_t n = 0;
	while (b.n - n >= sizeof(uint64_t) && (word_get(b.p + n) & WORD_TOPS) == 0)
		n += sizeof(uint64_t);
	while (n < b.n && b.p[n] < 0x80)
		n++;
	return n;
}

bool utf8_valid(struct bytes b)
{
	while (b.n > 0) {
		size_t n = b.p[0] < 0x80 ? ascii_run(b) : utf8_sequence(b);
		if (n == 0)
			return false;
		b.p += n;
		b.n -= n;
	}
	return true;
}

uint32_t utf8_next(struct bytes *b)
{
	static const uint8_t lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t n = utf8_sequence(*b);
	uint32_t cp = b->p[0] & lead_mask[n];
	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | (b->p[i] & 0x3f);
	b->p += n;
	b->n -= n;
	return cp;
}

char *bytes_visible(const char *raw)
{
	char *s = malloc(4 * strlen(raw) + 1);
	/* Without memory it writes nothing, and returns -1 or 0. */
	if (s != NULL && strvis(s, raw, VIS_OCTAL | VIS_WHITE) < (int)strlen(raw)) {
		free(s);
		return NULL;
	}
	return s;
}
