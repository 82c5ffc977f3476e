/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

enum {
	WORDS = (DIGEST_SIZE_MAX + 4) / 4,
	SLOTS_MIN = 64,
	NUMBER_BITS =
		22, /* of a slot; those above are of the hash, and spare most looks at a key */
};
_Static_assert(2 * DIFF_EVENTS_MAX < 1 << NUMBER_BITS, "numbers fit into a slot");
#define NUMBER_MASK ((UINT32_C(1) << NUMBER_BITS) - 1)

/* Multilinear hashing: universal, as the salt is drawn at random. */
static uint32_t hash_key(const struct numbers *n, const uint8_t *key)
{
	uint32_t word[WORDS] = {0};
	uint64_t h = n->salt[WORDS];
	memcpy(word, key, n->key_size);
	for (size_t i = 0; 4 * i < n->key_size; i++)
		h += n->salt[i] * word[i];
	return (uint32_t)(h >> 32);
}

static const uint8_t *key_of(const struct numbers *n, uint32_t number)
{
	return n->key + number * n->key_size;
}

/*
 * The slot of a key: the one it is in, or the empty one for it. *ret_top: what a slot of this key has above
 * its number.
 */
static uint32_t *find_slot(const struct numbers *n, const uint8_t *key, uint32_t *ret_top)
{
	uint32_t h = hash_key(n, key), top = h & ~NUMBER_MASK;
	*ret_top = top;
	for (uint32_t i = h;; i++) {
		uint32_t *slot = &n->slot[i & (n->slots - 1)];
		uint32_t number = *slot & NUMBER_MASK;
		if (number == 0 || ((*slot & ~NUMBER_MASK) == top &&
					   memcmp(key_of(n, number - 1), key, n->key_size) == 0))
			return slot;
	}
}

/* Puts a number into the first empty slot for the hash of its key, which no slot has. */
static void put_number(struct numbers *n, uint32_t number, uint32_t h)
{
	uint32_t i = h;
	while (n->slot[i & (n->slots - 1)] != 0)
		i++;
	n->slot[i & (n->slots - 1)] = (h & ~NUMBER_MASK) | (number + 1);
}

/* Fills all slots anew. Each is far from the last one: it is fetched while others are filled. */
static void fill_slots(struct numbers *n)
{
	enum { AHEAD = 16 };
	uint32_t h[AHEAD];
	for (uint32_t i = 0; i < n->n + AHEAD; i++) {
		if (i >= AHEAD)
			put_number(n, i - AHEAD, h[i % AHEAD]);
		if (i >= n->n)
			continue;
		h[i % AHEAD] = hash_key(n, key_of(n, i));
		__builtin_prefetch(&n->slot[h[i % AHEAD] & (n->slots - 1)], 1);
	}
}

static int grow(struct numbers *n, struct err *err)
{
	uint32_t slots = n->slots > 0 ? 2 * n->slots : SLOTS_MIN;
	uint8_t *key = reallocarray(n->key, slots / 2, n->key_size);
	if (key == NULL)
		return err_sys(err, ENOMEM, "events");
	n->key = key;
	free(n->slot);
	n->slot = calloc(slots, sizeof(*n->slot));
	n->slots = n->slot != NULL ? slots : 0;
	if (n->slot == NULL)
		return err_sys(err, ENOMEM, "events");
	fill_slots(n);
	return 0;
}

int numbers_get(struct numbers *n, const struct digest *digest, bool doubtful, uint32_t *ret,
	struct err *err)
{
	uint8_t key[DIGEST_SIZE_MAX + 1];
	if (n->key_size == 0) {
		n->key_size = digest->size + 1u;
		arc4random_buf(n->salt, sizeof(n->salt));
	}
	memcpy(key, digest->v, digest->size);
	key[digest->size] = doubtful;
	/* Like logs have like events in a row. */
	if (n->next < n->n && memcmp(key_of(n, n->next), key, n->key_size) == 0) {
		*ret = n->next++;
		return 0;
	}
	if (2 * n->n == n->slots && grow(n, err) < 0)
		return -1;
	uint32_t top, *slot = find_slot(n, key, &top);
	if (*slot == 0) {
		memcpy(n->key + n->n * n->key_size, key, n->key_size);
		*slot = top | ++n->n;
	}
	n->next = *slot & NUMBER_MASK;
	*ret = n->next - 1;
	return 0;
}

struct bytes numbers_digest(const struct numbers *n, uint32_t number)
{
	return (struct bytes){key_of(n, number), n->key_size - 1};
}

void numbers_clear(struct numbers *n)
{
	free(n->key);
	free(n->slot);
	*n = (struct numbers){0};
}
