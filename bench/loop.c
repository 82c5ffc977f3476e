/* SPDX-License-Identifier: Apache-2.0 */
/* The least that replaying N records of 120 bytes can cost: two EVP hashes a record, sha384, one
 * context that is used again. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char *argv[])
{
	long n = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	unsigned char record[120], digest[48], value[48] = {0};
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-384", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (n < 1 || md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		return 1;
	memset(record, 'x', sizeof(record));
	int ok = 1;
	for (long i = 0; i < n; i++) {
		memcpy(record, &i, sizeof(i));
		ok &= EVP_DigestInit_ex2(ctx, NULL, NULL);
		ok &= EVP_DigestUpdate(ctx, record, sizeof(record));
		ok &= EVP_DigestFinal_ex(ctx, digest, NULL);
		ok &= EVP_DigestInit_ex2(ctx, NULL, NULL);
		ok &= EVP_DigestUpdate(ctx, value, sizeof(value));
		ok &= EVP_DigestUpdate(ctx, digest, sizeof(digest));
		ok &= EVP_DigestFinal_ex(ctx, value, NULL);
	}
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return ok == 1 ? 0 : 1;
}
