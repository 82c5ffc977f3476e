/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow. Every failure in genlog ends it: it is a tool for tests. */
#ifndef GENLOG_BUF_H
#define GENLOG_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *p;
	size_t n, room;
};

/* Says why on standard error, and exits with status 1. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

void buf_put(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_fill(struct buf *b, uint8_t c, size_t n);
/* The lowest `size` bytes of v. */
void buf_le(struct buf *b, uint64_t v, int size);
void buf_be(struct buf *b, uint64_t v, int size);
/* Lower-case digits. */
void buf_hex(struct buf *b, const void *p, size_t n);
/* RFC 4648, section 4. */
void buf_base64(struct buf *b, const void *p, size_t n);
/* A JSON string with its quotes; escapes as RFC 8785, section 3.2.2.2 wants them. */
void buf_json(struct buf *b, const void *p, size_t n);
/* What the hex digits of s say. */
void buf_unhex(struct buf *b, const char *s);
/* UTF-8 as UTF-16, little-endian. */
void buf_utf16(struct buf *b, const void *utf8, size_t n);
void buf_free(struct buf *b);

/* Decimal, or hexadecimal after 0x; `what` is named when it is not a number. */
uint64_t number(const char *s, const char *what);

#endif
