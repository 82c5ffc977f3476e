/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop N [2]: the least that replaying N records of 120 bytes can cost: two EVP hashes a record, sha384, one
 * context that is used again. With 2, in two threads, half of them each: what a second processor is worth.
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int hash_records(long n)
{
	unsigned char record[120], digest[48], value[48] = {0};
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA2-384", NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (md == NULL || ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		return 0;
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
	return ok;
}

static void *run(void *n)
{
	return hash_records(*(const long *)n) == 1 ? n : NULL;
}

int main(int argc, char *argv[])
{
	long n = argc == 2 || argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	pthread_t thread;
	void *done = &n;
	if (n < 1 || (argc == 3 && strcmp(argv[2], "2") != 0))
		return 1;
	if (argc == 3)
		n /= 2;
	if (argc == 3 && pthread_create(&thread, NULL, run, &n) != 0)
		return 1;
	int ok = hash_records(n);
	if (argc == 3 && pthread_join(thread, &done) != 0)
		return 1;
	return ok == 1 && done != NULL ? 0 : 1;
}
