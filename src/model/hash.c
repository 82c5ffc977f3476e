/* SPDX-License-Identifier: Apache-2.0 */
#include "model/hash.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/libcrypto.h"

struct hash_desc {
	const char *name;
	const char *spellings[3]; /* the others that are met; '_' counts as '-' */
	const char *evp;
	size_t size;
	const char *abc; /* the digest of "abc": FIPS 180-4 and 202 examples, GB/T 32905-2016 annex
			    A.1 */
};

static const struct hash_desc hashes[HASH_COUNT] = {
	[HASH_NONE] = {.name = "none"},
	[HASH_UNKNOWN] = {.name = "unknown"},
	[HASH_SHA1] = {"sha1", {"sha-1"}, "SHA1", 20, "a9993e364706816aba3e25717850c26c9cd0d89d"},
	[HASH_SHA256] = {"sha256", {"sha2-256"}, "SHA2-256", 32,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	[HASH_SHA384] = {"sha384", {"sha2-384"}, "SHA2-384", 48,
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		"8086072ba1e7cc2358baeca134c825a7"},
	[HASH_SHA512] = {"sha512", {"sha2-512"}, "SHA2-512", 64,
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	[HASH_SM3] = {"sm3", {"sm3-256"}, "SM3", 32,
		"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
	[HASH_SHA3_256] = {"sha3-256", {NULL}, "SHA3-256", 32,
		"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
	[HASH_SHA3_384] = {"sha3-384", {NULL}, "SHA3-384", 48,
		"ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
		"98d88cea927ac7f539f1edf228376d25"},
	[HASH_SHA3_512] = {"sha3-512", {NULL}, "SHA3-512", 64,
		"b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
		"10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
};

const char *hash_name(enum hash_alg alg)
{
	return hashes[alg].name;
}

size_t hash_size(enum hash_alg alg)
{
	return hashes[alg].size;
}

static bool spelled(struct bytes given, const char *name)
{
	if (name == NULL || strlen(name) != given.n)
		return false;
	for (size_t i = 0; i < given.n; i++) {
		uint8_t c = given.p[i];
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c == '_')
			c = '-';
		if (c != (uint8_t)name[i])
			return false;
	}
	return true;
}

enum hash_alg hash_by_name(struct bytes name)
{
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++) {
		const struct hash_desc *d = &hashes[alg];
		if (spelled(name, d->name))
			return alg;
		for (size_t i = 0; i < sizeof(d->spellings) / sizeof(d->spellings[0]); i++)
			if (spelled(name, d->spellings[i]))
				return alg;
	}
	return HASH_UNKNOWN;
}

struct digest digest_of(enum hash_alg alg, struct bytes b)
{
	struct digest d = {.alg = alg, .size = (uint8_t)hashes[alg].size};
	if (b.n == d.size)
		memcpy(d.v, b.p, b.n);
	return d;
}

struct hasher {
	enum hash_alg alg;
	const struct libcrypto *crypto;
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

/* A fetch that lacked memory may leave libcrypto without hashes that it has. */
static atomic_bool starved;

/* NULL: libcrypto does not have it, or (ENOMEM in errno) that cannot be known for lack of memory. */
static EVP_MD *fetch(const struct libcrypto *crypto, OSSL_LIB_CTX *lib, enum hash_alg alg)
{
	errno = 0;
	EVP_MD *md = crypto->EVP_MD_fetch(lib, hashes[alg].evp, NULL);
	if (errno == ENOMEM)
		atomic_store(&starved, true);
	else if (md == NULL && atomic_load(&starved))
		errno = ENOMEM;
	return md;
}

static int check_known_vector(struct hasher *h, struct err *err)
{
	uint8_t want[DIGEST_SIZE_MAX];
	size_t size = hash_size(h->alg);
	struct digest got;
	if (hash_bytes(h, bytes_of("abc"), &got, err) < 0)
		return -1;
	if (!hex_get(want, size, bytes_of(hashes[h->alg].abc), false) ||
		!bytes_equal((struct bytes){want, size}, digest_bytes(&got)))
		return err_set(err, ST_SYSTEM,
			"libcrypto computes %s wrongly: nothing can be trusted here",
			hash_name(h->alg));
	return 0;
}

int hasher_open(struct hasher **ret, enum hash_alg alg, struct err *err)
{
	if (hashes[alg].evp == NULL)
		return err_set(err, ST_ABSENT, "the register's hash is %s", hash_name(alg));
	OSSL_LIB_CTX *lib;
	const struct libcrypto *crypto = libcrypto_get(&lib, err);
	if (crypto == NULL)
		return -1;

	struct hasher *h = calloc(1, sizeof(*h));
	if (h == NULL)
		return err_sys(err, ENOMEM, "hash");
	h->alg = alg;
	h->crypto = crypto;
	h->md = fetch(h->crypto, lib, alg);
	bool absent = h->md == NULL && errno != ENOMEM;
	h->ctx = h->crypto->EVP_MD_CTX_new();
	if (absent)
		err_set(err, ST_ABSENT, "libcrypto here does not have %s", hash_name(alg));
	else if (h->md == NULL || h->ctx == NULL)
		err_sys(err, ENOMEM, "libcrypto: %s", hash_name(alg));
	else if (h->crypto->EVP_DigestInit_ex2(h->ctx, h->md, NULL) != 1)
		err_set(err, ST_SYSTEM, "libcrypto cannot start %s", hash_name(alg));
	else if (check_known_vector(h, err) == 0) {
		*ret = h;
		return 0;
	}
	hasher_close(h);
	return -1;
}

void hasher_close(struct hasher *h)
{
	if (h == NULL)
		return;
	h->crypto->EVP_MD_CTX_free(h->ctx);
	h->crypto->EVP_MD_free(h->md);
	free(h);
}

enum hash_alg hasher_alg(const struct hasher *h)
{
	return h->alg;
}

int hash_begin(struct hasher *h, struct err *err)
{
	if (h->crypto->EVP_DigestInit_ex2(h->ctx, NULL, NULL) != 1)
		return err_set(err, ST_SYSTEM, "libcrypto cannot start %s", hash_name(h->alg));
	return 0;
}

int hash_more(struct hasher *h, struct bytes data, struct err *err)
{
	if (h->crypto->EVP_DigestUpdate(h->ctx, data.p, data.n) != 1)
		return err_set(err, ST_SYSTEM, "libcrypto cannot go on with %s", hash_name(h->alg));
	return 0;
}

int hash_end(struct hasher *h, struct digest *ret, struct err *err)
{
	if (h->crypto->EVP_DigestFinal_ex(h->ctx, ret->v, NULL) != 1)
		return err_set(err, ST_SYSTEM, "libcrypto cannot end %s", hash_name(h->alg));
	ret->alg = h->alg;
	ret->size = (uint8_t)hashes[h->alg].size;
	return 0;
}

int hash_bytes(struct hasher *h, struct bytes data, struct digest *ret, struct err *err)
{
	if (hash_begin(h, err) < 0 || hash_more(h, data, err) < 0)
		return -1;
	return hash_end(h, ret, err);
}

int hash_extend(
	struct hasher *h, struct digest *value, const struct digest *digest, struct err *err)
{
	if (value->alg != h->alg || digest->alg != h->alg)
		return err_set(err, ST_FORMAT, "a %s digest cannot extend a %s register",
			hash_name(digest->alg), hash_name(value->alg));
	uint8_t both[2 * DIGEST_SIZE_MAX];
	memcpy(both, value->v, value->size);
	memcpy(both + value->size, digest->v, digest->size);
	return hash_bytes(h, (struct bytes){both, (size_t)value->size + digest->size}, value, err);
}

struct hasher *hashers_get(struct hashers *set, enum hash_alg alg, struct err *err)
{
	if (set->of[alg] == NULL && hasher_open(&set->of[alg], alg, err) < 0)
		return NULL;
	return set->of[alg];
}

void hashers_close(struct hashers *set)
{
	for (enum hash_alg alg = HASH_NONE; alg < HASH_COUNT; alg++)
		hasher_close(set->of[alg]);
	*set = (struct hashers){0};
}
