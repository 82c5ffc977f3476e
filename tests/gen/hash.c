/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include "buf.h"

#include <openssl/evp.h>
#include <string.h>

const struct alg algs[N_ALGS] = {
	[SHA1] = {"sha1", "sha1", "SHA1", 0x04, 20},
	[SHA256] = {"sha256", "sha256", "SHA256", 0x0b, 32},
	[SHA384] = {"sha384", "sha384", "SHA384", 0x0c, 48},
	[SHA512] = {"sha512", "sha512", "SHA512", 0x0d, 64},
	[SM3] = {"sm3", "sm3_256", "SM3", 0x12, 32},
};

int alg_find(const char *name, size_t n)
{
	for (int i = 0; i < N_ALGS; i++)
		if (strlen(algs[i].name) == n && memcmp(algs[i].name, name, n) == 0)
			return i;
	die("'%.*s': no hash of that name is known here", (int)n, name);
}

void hash_two(int alg, const void *a, size_t an, const void *b, size_t bn, uint8_t *ret)
{
	/* Fetched once: a fetch costs more than the hashing that follows. */
	static EVP_MD *md[N_ALGS];
	static EVP_MD_CTX *ctx;
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (md[alg] == NULL)
		md[alg] = EVP_MD_fetch(NULL, algs[alg].evp, NULL);
	if (ctx == NULL || md[alg] == NULL || !EVP_DigestInit_ex2(ctx, md[alg], NULL) ||
		!EVP_DigestUpdate(ctx, a, an) || !EVP_DigestUpdate(ctx, b, bn) ||
		!EVP_DigestFinal_ex(ctx, ret, NULL))
		die("libcrypto cannot compute %s", algs[alg].name);
}
