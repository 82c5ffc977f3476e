/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes at a time, the first in the lowest eight bits: most of a log is text and hex. */
#ifndef TSMCTL_BASE_SWAR_H
#define TSMCTL_BASE_SWAR_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* In each byte the lowest bit, the highest one. */
#define WORD_ONES UINT64_C(0x0101010101010101)
#define WORD_TOPS UINT64_C(0x8080808080808080)

static inline uint64_t word_get(const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

/*
 * Top bits: none if no byte is less than `least` (1 to 128); else the lowest one is the first such
 * byte's.
 */
static inline uint64_t word_less(uint64_t word, uint8_t least)
{
	return (word - WORD_ONES * least) & ~word & WORD_TOPS;
}

/* The same of bytes that are c. */
static inline uint64_t word_is(uint64_t word, uint8_t c)
{
	return word_less(word ^ WORD_ONES * c, 1);
}

#endif
