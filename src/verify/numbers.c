/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

enum {
	WORDS = (DIGEST_SIZE_MAX + 4) / 4,
	ROOM_MIN = 64,
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

static int grow(struct numbers *n, struct err *err)
{
	size_t room = n->room > 0 ? 2 * (size_t)n->room : ROOM_MIN;
	uint8_t *key = reallocarray(n->key, room, n->key_size);
	if (key == NULL)
		return err_sys(err, ENOMEM, "events");
	n->key = key;
	n->room = (uint32_t)room;
	return 0;
}

int numbers_add(struct numbers *n, const struct digest *digest, bool doubtful, uint32_t *ret,
	struct err *err)
{
	uint8_t key[DIGEST_SIZE_MAX + 1];
	if (n->key_size == 0)
		n->key_size = digest->size + 1u;
	memcpy(key, digest->v, digest->size);
	key[digest->size] = doubtful;
	*ret = n->next++;
	if (*ret < n->n && memcmp(key_of(n, *ret), key, n->key_size) == 0)
		return 0;
	if (n->n == n->room && grow(n, err) < 0)
		return -1;
	memcpy(n->key + n->n * n->key_size, key, n->key_size);
	*ret = n->n++;
	return 0;
}

void numbers_begin(struct numbers *n)
{
	n->next = 0;
}

/* A number whose first equal one is looked for. */
struct search {
	uint32_t number, h;
};

static uint32_t *slot_of(uint32_t *slot, uint32_t slots, uint32_t h)
{
	return &slot[h & (slots - 1)];
}

/* The first number with this key, from the slots; the number itself is put there if there is none. */
static uint32_t find_first(
	const struct numbers *n, uint32_t *slot, uint32_t slots, const struct search *s)
{
	uint32_t top = s->h & ~NUMBER_MASK;
	for (uint32_t i = s->h;; i++) {
		uint32_t *at = slot_of(slot, slots, i), other = *at & NUMBER_MASK;
		if (other == 0) {
			*at = top | (s->number + 1);
			return s->number;
		}
		if ((*at & ~NUMBER_MASK) == top &&
			memcmp(key_of(n, other - 1), key_of(n, s->number), n->key_size) == 0)
			return other - 1;
	}
}

/* Slots and keys are far from each other: each is fetched from memory while others are looked at. */
static void find_all(struct numbers *n, uint32_t *slot, uint32_t slots)
{
	enum { AHEAD = 16, NEAR = 8 };
	struct search s[AHEAD];
	for (uint32_t i = 0; i < n->n + AHEAD; i++) {
		if (i >= AHEAD)
			n->first[i - AHEAD] = find_first(n, slot, slots, &s[i % AHEAD]);
		if (i < n->n) {
			s[i % AHEAD] = (struct search){i, hash_key(n, key_of(n, i))};
			__builtin_prefetch(slot_of(slot, slots, s[i % AHEAD].h), 1);
		}
		if (i >= NEAR && i - NEAR < n->n) {
			uint32_t other =
				*slot_of(slot, slots, s[(i - NEAR) % AHEAD].h) & NUMBER_MASK;
			const uint8_t *key = key_of(n, other > 0 ? other - 1 : 0);
			__builtin_prefetch(key);
			__builtin_prefetch(key + n->key_size - 1);
		}
	}
}

int numbers_settle(struct numbers *n, struct err *err)
{
	uint32_t slots = ROOM_MIN;
	if (n->n == 0)
		return 0;
	while (slots < 2 * n->n)
		slots *= 2;
	arc4random_buf(n->salt, sizeof(n->salt));
	uint32_t *slot = calloc(slots, sizeof(*slot));
	n->first = calloc(n->n, sizeof(*n->first));
	if (slot != NULL && n->first != NULL)
		find_all(n, slot, slots);
	free(slot);
	return slot != NULL && n->first != NULL ? 0 : err_sys(err, ENOMEM, "events");
}

struct bytes numbers_digest(const struct numbers *n, uint32_t number)
{
	return (struct bytes){key_of(n, number), n->key_size - 1};
}

void numbers_clear(struct numbers *n)
{
	free(n->key);
	free(n->first);
	*n = (struct numbers){0};
}
