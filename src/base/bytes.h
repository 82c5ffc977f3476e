/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes, and the hexadecimal and UTF-8 that is made of them. */
#ifndef TSMCTL_BASE_BYTES_H
#define TSMCTL_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *p;
	size_t n;
};

/* The bytes of a string, without its NUL. */
struct bytes bytes_of(const char *s);
bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_start_with(struct bytes b, const char *prefix);
bool bytes_all_zero(struct bytes b);
/* One word of printable ASCII, which no other bytes look like: not empty, without blanks. */
bool bytes_is_word(struct bytes b);
/* A UUID as Linux writes it: 36 characters, in lower case. */
bool bytes_is_uuid(struct bytes b);

/* Writes 2 * b.n lower-case digits to dst, with no NUL. */
void hex_put(char *dst, struct bytes b);
/* Writes them and a NUL to dst, which has room for 2 * b.n + 1. Returns dst. */
char *hex_str(char *dst, struct bytes b);
/*
 * Reads exactly n bytes, two digits each, from s. Upper case is taken only where the caller says so
 * (the kernel's own lines have none). Returns false, with dst in no defined state, if s is anything
 * else.
 */
bool hex_get(uint8_t *dst, size_t n, struct bytes s, bool upper_too);

/* Strictly UTF-8: shortest forms, no surrogates, nothing above U+10FFFF (RFC 3629, section 3). */
bool utf8_valid(struct bytes b);
/*
 * Takes one code point off the front of b, which must be valid UTF-8 and not empty.
 */
uint32_t utf8_next(struct bytes *b);

/*
 * A name as it is shown and compared: one word of printable ASCII, so that it is safe anywhere; other bytes, and backslashes, stand
 * as strvis(3) shows them, so that no two names look the same. Allocated, the caller frees it; NULL: no memory.
 */
char *bytes_visible(const char *raw);

#endif
