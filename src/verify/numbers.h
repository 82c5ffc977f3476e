/* SPDX-License-Identifier: Apache-2.0 */
/* Digests as numbers from 0 on. */
#ifndef TSMCTL_VERIFY_NUMBERS_H
#define TSMCTL_VERIFY_NUMBERS_H

#include "model/hash.h"

/* Of one hash algorithm; starts as zeros. */
struct numbers {
	uint8_t *key; /* of each number: its digest, and whether it is doubtful */
	size_t key_size;
	uint32_t *first; /* of each number, once settled: the first one with an equal key */
	uint32_t n, room;
	uint32_t next; /* the number that is likely to be asked for */
	uint64_t salt[(DIGEST_SIZE_MAX + 4) / 4 + 1];
};

/* A number for a digest; a doubtful one has another than one that is not. -1: no memory. */
int numbers_add(struct numbers *n, const struct digest *digest, bool doubtful, uint32_t *ret,
	struct err *err);
/* Before the digests of another sequence, which is likely to be like the first: they share numbers. */
void numbers_begin(struct numbers *n);
/*
 * Finds the numbers that stand for equal digests, once, after all were added. Takes the same time whatever
 * digests were made up: how they are hashed is not known to who wrote the log. -1: no memory.
 */
int numbers_settle(struct numbers *n, struct err *err);
/* The digest that a number stands for; valid until the next numbers_add. */
struct bytes numbers_digest(const struct numbers *n, uint32_t number);
void numbers_clear(struct numbers *n);

#endif
