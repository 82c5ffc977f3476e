/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/vis.h>

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

/* What a digit stands for, and whether it is one at all, and one that is not upper case; else 0. */
enum { ANY_DIGIT = 0x10, NOT_UPPER = 0x20, DIGIT = ANY_DIGIT | NOT_UPPER, UPPER_DIGIT = ANY_DIGIT };
static const uint8_t hex_digits[256] = {
	['0'] = DIGIT,
	['1'] = DIGIT | 1,
	['2'] = DIGIT | 2,
	['3'] = DIGIT | 3,
	['4'] = DIGIT | 4,
	['5'] = DIGIT | 5,
	['6'] = DIGIT | 6,
	['7'] = DIGIT | 7,
	['8'] = DIGIT | 8,
	['9'] = DIGIT | 9,
	['a'] = DIGIT | 10,
	['b'] = DIGIT | 11,
	['c'] = DIGIT | 12,
	['d'] = DIGIT | 13,
	['e'] = DIGIT | 14,
	['f'] = DIGIT | 15,
	['A'] = UPPER_DIGIT | 10,
	['B'] = UPPER_DIGIT | 11,
	['C'] = UPPER_DIGIT | 12,
	['D'] = UPPER_DIGIT | 13,
	['E'] = UPPER_DIGIT | 14,
	['F'] = UPPER_DIGIT | 15,
};

bool hex_get(uint8_t *dst, size_t n, struct bytes s, bool upper_too)
{
	unsigned valid = upper_too ? ANY_DIGIT : NOT_UPPER;
	if (s.n / 2 != n || s.n % 2 != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned hi = hex_digits[s.p[2 * i]], lo = hex_digits[s.p[2 * i + 1]];
		valid &= hi & lo;
		dst[i] = (uint8_t)(hi << 4 | (lo & 0xf));
	}
	return valid != 0;
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

/* How many bytes at the front of b, in steps of 8, are ASCII. */
static size_t ascii_run(struct bytes b)
{
	size_t n = 0;
	uint64_t word = 0;
	for (; b.n - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, b.p + n, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	return n;
}

bool utf8_valid(struct bytes b)
{
	while (b.n > 0) {
		size_t n = b.p[0] < 0x80 ? ascii_run(b) : utf8_sequence(b);
		if (n == 0 && b.p[0] < 0x80)
			n = 1;
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
	if (s != NULL)
		strvis(s, raw, VIS_OCTAL | VIS_WHITE);
	return s;
}
