/* SPDX-License-Identifier: Apache-2.0 */
#include "model/libcrypto.h"

#include <pthread.h>
#include <string.h>

#ifndef TSMCTL_STATIC_CRYPTO
#include <dlfcn.h>
#endif

static int load(struct libcrypto *ret, struct err *err)
{
#ifdef TSMCTL_STATIC_CRYPTO
	(void)err;
#define X(function) ret->function = function;
	LIBCRYPTO_FUNCTIONS(X)
#undef X
#else
	void *symbol, *handle = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return err_set(err, ST_SYSTEM, "libcrypto cannot be loaded: %s", dlerror());
		/* memcpy: ISO C has no cast from an object pointer to a function pointer. */
#define X(function)                                                                                \
	symbol = dlsym(handle, #function);                                                         \
	if (symbol == NULL)                                                                        \
		return err_set(err, ST_SYSTEM, "libcrypto has no %s", #function);                  \
	memcpy(&ret->function, &symbol, sizeof(symbol));
	LIBCRYPTO_FUNCTIONS(X)
#undef X
#endif
	return 0;
}

static const struct libcrypto *get(OSSL_LIB_CTX **ret_lib, struct err *err)
{
	static struct libcrypto crypto;
	static OSSL_LIB_CTX *lib;
	*ret_lib = lib;
	if (lib != NULL)
		return &crypto;
	if (load(&crypto, err) < 0)
		return NULL;

	/* NO_LOAD_CONFIG: OPENSSL_CONF must not choose who hashes. The rest only saves start-up
	 * time. */
	uint64_t only_digests = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
				OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
				OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ATEXIT;
	if (crypto.OPENSSL_init_crypto(only_digests, NULL) != 1 ||
		(lib = crypto.OSSL_LIB_CTX_new()) == NULL) {
		err_set(err, ST_SYSTEM, "libcrypto cannot be initialised");
		return NULL;
	}
	*ret_lib = lib;
	return &crypto;
}

const struct libcrypto *libcrypto_get(OSSL_LIB_CTX **ret_lib, struct err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	const struct libcrypto *crypto = get(ret_lib, err);
	pthread_mutex_unlock(&lock);
	return crypto;
}
