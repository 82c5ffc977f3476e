/* SPDX-License-Identifier: Apache-2.0 */
/* The RSA keys of mint_rsa_key: making them takes seconds, so it is done once per build folder. */
#include "mint.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

int main(void)
{
	for (unsigned i = 0; i < MINT_RSA_KEYS; i++) {
		EVP_PKEY *key = EVP_RSA_gen(4096);
		if (key == NULL ||
			PEM_write_PrivateKey(stdout, key, NULL, NULL, 0, NULL, NULL) != 1)
			return 1;
		EVP_PKEY_free(key);
	}
	return 0;
}
