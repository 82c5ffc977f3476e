/* SPDX-License-Identifier: Apache-2.0 */
/* Digests as numbers from 0 on: equal ones have the same. */
#ifndef TSMCTL_VERIFY_NUMBERS_H
#define TSMCTL_VERIFY_NUMBERS_H

#include "model/hash.h"

/* Of one hash algorithm; starts as zeros. */
struct numbers {
	uint8_t *key; /* of each number: its digest, and whether it is doubtful */
	size_t key_size;
	uint32_t *slot; /* numbers plus one, by the hash of their keys; 0: empty */
	uint32_t n, slots;
	uint32_t next; /* the number after the one that was asked for last */
	uint64_t salt[(DIGEST_SIZE_MAX + 4) / 4 + 1];
};

/*
 * The number of a digest; a doubtful one has another than one that is not. Takes the same time whatever
 * digests were made up: how they are hashed is not known to who wrote the log. -1: no memory.
 */
int numbers_get(struct numbers *n, const struct digest *digest, bool doubtful, uint32_t *ret,
	struct err *err);
/* The digest that a number stands for; valid until the next numbers_get. */
struct bytes numbers_digest(const struct numbers *n, uint32_t number);
void numbers_clear(struct numbers *n);

#endif
