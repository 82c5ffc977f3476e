/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	(void)fputs("genlog: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static uint8_t *grow(struct buf *b, size_t n)
{
	if (b->room - b->n < n) {
		size_t room = 2 * b->room + n + 64;
		uint8_t *p = realloc(b->p, room);
		if (p == NULL)
			die("out of memory");
		b->p = p;
		b->room = room;
	}
	b->n += n;
	return b->p + b->n - n;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n > 0)
		memcpy(grow(b, n), p, n);
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		die("'%s': too long", fmt);
	buf_put(b, text, (size_t)n);
}

void buf_fill(struct buf *b, uint8_t c, size_t n)
{
	if (n > 0)
		memset(grow(b, n), c, n);
}

void buf_le(struct buf *b, uint64_t v, int size)
{
	uint8_t *at = grow(b, (size_t)size);
	for (int i = 0; i < size; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

void buf_be(struct buf *b, uint64_t v, int size)
{
	uint8_t *at = grow(b, (size_t)size);
	for (int i = 0; i < size; i++)
		at[i] = (uint8_t)(v >> 8 * (size - 1 - i));
}

void buf_hex(struct buf *b, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = p;
	uint8_t *at = grow(b, 2 * n);
	for (size_t i = 0; i < n; i++) {
		*at++ = (uint8_t)digits[from[i] >> 4];
		*at++ = (uint8_t)digits[from[i] & 15];
	}
}

void buf_base64(struct buf *b, const void *p, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *from = p;
	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i < 3 ? n - i : 3;
		uint32_t v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < have ? from[i + k] : 0);
		uint8_t *at = grow(b, 4);
		for (size_t k = 0; k < 4; k++)
			at[k] = (uint8_t)(k <= have ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
}

static void json_byte(struct buf *b, uint8_t c)
{
	static const char named[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const char *at = c == 0 ? NULL : strchr(named, c);
	if (at != NULL)
		buf_fmt(b, "\\%c", letters[at - named]);
	else if (c < 0x20)
		buf_fmt(b, "\\u%04x", (unsigned)c);
	else
		buf_put(b, &c, 1);
}

void buf_json(struct buf *b, const void *p, size_t n)
{
	const uint8_t *from = p;
	buf_str(b, "\"");
	for (size_t i = 0; i < n; i++)
		json_byte(b, from[i]);
	buf_str(b, "\"");
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void buf_unhex(struct buf *b, const char *s)
{
	for (const char *at = s; *at != '\0'; at += 2) {
		int high = digit_of(at[0]), low = digit_of(at[1]);
		if (high < 0 || low < 0)
			die("'%s': not pairs of hex digits", s);
		buf_le(b, (uint64_t)(high << 4 | low), 1);
	}
}

/* One character of UTF-8; how many bytes it took, 0 if it is none. */
static size_t utf8_char(const uint8_t *s, size_t n, uint32_t *ret)
{
	size_t more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
	if (more >= n || (s[0] & 0xc0) == 0x80)
		return 0;
	*ret = more == 0 ? s[0] : s[0] & (0x3fU >> more);
	for (size_t i = 1; i <= more; i++)
		*ret = *ret << 6 | (s[i] & 0x3f);
	return more + 1;
}

void buf_utf16(struct buf *b, const void *utf8, size_t n)
{
	const uint8_t *from = utf8;
	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t took = utf8_char(from + i, n - i, &c);
		if (took == 0)
			die("not UTF-8");
		i += took;
		if (c < 0x10000) {
			buf_le(b, c, 2);
		} else {
			buf_le(b, 0xd800 + ((c - 0x10000) >> 10), 2);
			buf_le(b, 0xdc00 + ((c - 0x10000) & 0x3ff), 2);
		}
	}
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

uint64_t number(const char *s, const char *what)
{
	unsigned base = s[0] == '0' && s[1] == 'x' ? 16 : 10;
	const char *at = base == 16 ? s + 2 : s;
	uint64_t v = 0;
	if (*at == '\0')
		die("'%s': %s is not a number", s, what);
	for (; *at != '\0'; at++) {
		int digit = digit_of(*at);
		if (digit < 0 || (unsigned)digit >= base || v > (UINT64_MAX - 15) / base)
			die("'%s': %s is not a number", s, what);
		v = v * base + (unsigned)digit;
	}
	return v;
}
