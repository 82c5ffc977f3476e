/* SPDX-License-Identifier: Apache-2.0 */
/* Text that a test puts together, and files that are not on any disk. */
#ifndef TEST_TEXT_H
#define TEST_TEXT_H

#include "base/bytes.h"

struct text {
	uint8_t *p;
	size_t n, room;
};

void text_add(struct text *t, struct bytes b);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_fmt(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_hex(struct text *t, struct bytes b);
/* The same character n times. */
void text_fill(struct text *t, char c, size_t n);
void text_free(struct text *t);

static inline struct bytes text_bytes(const struct text *t)
{
	return (struct bytes){t->p, t->n};
}

/* A descriptor of a file in memory that holds b; the caller closes it. */
int memory_file(struct bytes b);

/* Numbers that look random and follow from the seed alone (splitmix64). */
struct dice {
	uint64_t state;
};

uint64_t dice_next(struct dice *d);
/* 0 .. n - 1; n is not 0. */
size_t dice_below(struct dice *d, size_t n);
/* true in one of n cases. */
bool dice_one_in(struct dice *d, size_t n);
void dice_bytes(struct dice *d, uint8_t *p, size_t n);

#endif
