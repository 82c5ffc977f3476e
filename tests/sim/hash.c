/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *evp;
	size_t size;
} hashes[] = {
	{"sha1", "SHA1", 20},
	{"sha256", "SHA256", 32},
	{"sha384", "SHA384", 48},
	{"sha512", "SHA512", 64},
	{"sm3", "SM3", 32},
};

size_t hash_size(const char *name)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (!strcmp(hashes[i].name, name))
			return hashes[i].size;
	return 0;
}

static EVP_MD *fetch(const char *name)
{
	/* Fetched once: a fetch costs more than all the hashing that follows. */
	static EVP_MD *md[sizeof(hashes) / sizeof(hashes[0])];

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (strcmp(hashes[i].name, name))
			continue;
		if (!md[i])
			md[i] = EVP_MD_fetch(NULL, hashes[i].evp, NULL);
		return md[i];
	}
	return NULL;
}

void hash_two(const char *name, const void *a, size_t an, const void *b, size_t bn, uint8_t *ret)
{
	static EVP_MD_CTX *ctx;
	EVP_MD *md = fetch(name);

	if (!ctx)
		ctx = EVP_MD_CTX_new();
	if (!md || !ctx || !EVP_DigestInit_ex2(ctx, md, NULL) || !EVP_DigestUpdate(ctx, a, an) ||
		!EVP_DigestUpdate(ctx, b, bn) || !EVP_DigestFinal_ex(ctx, ret, NULL)) {
		(void)fprintf(stderr, "%s: libcrypto cannot compute this hash\n", name);
		abort();
	}
}

void hash_extend(const char *name, uint8_t *mr, const uint8_t *digest)
{
	size_t n = hash_size(name);

	hash_two(name, mr, n, digest, n, mr);
}
