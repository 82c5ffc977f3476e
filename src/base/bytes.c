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

void hex_put(char *dst, struct bytes b)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < b.n; i++) {
		dst[2 * i] = digits[b.p[i] >> 4];
		dst[2 * i + 1] = digits[b.p[i] & 15];
	}
}

char *hex_str(char *dst, struct bytes b)
{
	hex_put(dst, b);
	dst[2 * b.n] = '\0';
	return dst;
}

static int hex_value(uint8_t c, bool upper_too)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (upper_too && c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hex_get(uint8_t *dst, size_t n, struct bytes s, bool upper_too)
{
	if (s.n / 2 != n || s.n % 2 != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_value(s.p[2 * i], upper_too);
		int lo = hex_value(s.p[2 * i + 1], upper_too);
		if (hi < 0 || lo < 0)
			return false;
		dst[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
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

bool utf8_valid(struct bytes b)
{
	while (b.n > 0) {
		size_t n = b.p[0] < 0x80 ? 1 : utf8_sequence(b);
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
	size_t plain = 0;
	while (raw[plain] > ' ' && raw[plain] < 0x7f)
		plain++;
	if (raw[plain] == '\0')
		return strdup(raw);
	char *s = malloc(4 * strlen(raw) + 1);
	if (s != NULL)
		strvis(s, raw, VIS_OCTAL | VIS_WHITE);
	return s;
}
