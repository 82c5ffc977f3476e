/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash algorithms by every name the field has for them, and the hashing itself. Names and sizes:
 * TCG Algorithm Registry, table "Hash Algorithms"; kernel: crypto/hash_info.c.
 */
#ifndef TSMCTL_MODEL_HASH_H
#define TSMCTL_MODEL_HASH_H

#include "base/bytes.h"
#include "base/err.h"

enum hash_alg {
	HASH_NONE,    /* the register has no hash */
	HASH_UNKNOWN, /* it has one that is not in the table: never guessed from a length */
	HASH_SHA1,
	HASH_SHA256,
	HASH_SHA384,
	HASH_SHA512,
	HASH_SM3,
	HASH_SHA3_256,
	HASH_SHA3_384,
	HASH_SHA3_512,
	HASH_COUNT
};

struct digest {
	enum hash_alg alg;
	uint8_t size;
	uint8_t v[DIGEST_SIZE_MAX];
};

/* As a log has it for one bank of an event. */
struct event_digest {
	uint16_t tcg_id; /* TCG Algorithm Registry; 0 where only an unknown name is given */
	struct digest d; /* alg is HASH_UNKNOWN for an algorithm that is not in our table */
};

struct digest_list {
	const struct event_digest *v;
	size_t n;
};

/* The kernel's name ("sha384"); "none" and "unknown" for the first two. */
const char *hash_name(enum hash_alg alg);
/* Bytes of a digest; 0 for the first two. */
size_t hash_size(enum hash_alg alg);
/* Any spelling: "sha384", "SHA-384" is not one, "sha2-384", "sm3-256", "sha3_256" are. HASH_UNKNOWN
 * if none. */
enum hash_alg hash_by_name(struct bytes name);

/*
 * One algorithm, ready to hash, with one context that is used again and again. libcrypto is set up
 * by the first hasher_open of a process: in a library context of its own, without any configuration
 * file.
 */
struct hasher;

/* ST_ABSENT if libcrypto does not have alg; ST_SYSTEM if it does not give the right answer for a
 * known vector. */
int hasher_open(struct hasher **ret, enum hash_alg alg, struct err *err);
void hasher_close(struct hasher *h);
enum hash_alg hasher_alg(const struct hasher *h);

/* ret = H(data). */
int hash_bytes(struct hasher *h, struct bytes data, struct digest *ret, struct err *err);
/* value = H(value || digest); both of the hasher's size, or it is an error. */
int hash_extend(
	struct hasher *h, struct digest *value, const struct digest *digest, struct err *err);
/* The same for data that comes in pieces. */
int hash_begin(struct hasher *h, struct err *err);
int hash_more(struct hasher *h, struct bytes data, struct err *err);
int hash_end(struct hasher *h, struct digest *ret, struct err *err);

/* One of each algorithm, opened when it is first asked for. Starts as zeros. */
struct hashers {
	struct hasher *of[HASH_COUNT];
};

/* NULL with err as hasher_open sets it; owned by the set. */
struct hasher *hashers_get(struct hashers *set, enum hash_alg alg, struct err *err);
void hashers_close(struct hashers *set);

static inline struct bytes digest_bytes(const struct digest *d)
{
	return (struct bytes){d->v, d->size};
}

static inline bool digest_equal(const struct digest *a, const struct digest *b)
{
	return bytes_equal(digest_bytes(a), digest_bytes(b));
}

/* A digest of alg whose bytes are b, which must be of its size. */
struct digest digest_of(enum hash_alg alg, struct bytes b);

#endif
