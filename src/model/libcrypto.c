/* SPDX-License-Identifier: Apache-2.0 */
#include "model/libcrypto.h"

#include <pthread.h>
#include <string.h>

#ifdef TSMCTL_STATIC_CRYPTO

static int open_library(void **ret, struct err *err)
{
	(void)err;
	*ret = NULL;
	return 0;
}

#define LOOK_UP(function) ret->function = function;

#else

#include <dlfcn.h>

/* dlopen counts: each call gives the same library. */
static int open_library(void **ret, struct err *err)
{
	*ret = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
	return *ret != NULL ? 0
			    : err_set(err, ST_SYSTEM, "libcrypto cannot be loaded: %s", dlerror());
}

/* memcpy: ISO C has no cast from an object pointer to a function pointer. */
static int look_up(void *library, const char *name, void *ret_function, struct err *err)
{
	void *symbol = dlsym(library, name);
	if (symbol == NULL)
		return err_set(err, ST_SYSTEM, "libcrypto has no %s", name);
	memcpy(ret_function, &symbol, sizeof(symbol));
	return 0;
}

#define LOOK_UP(function)                                                                          \
	if (look_up(library, #function, &ret->function, err) < 0)                                  \
		return -1;

#endif

static int load(struct libcrypto *ret, struct err *err)
{
	void *library;
	if (open_library(&library, err) < 0)
		return -1;
	LIBCRYPTO_FUNCTIONS(LOOK_UP)
	return 0;
}

static int load_pki(struct libcrypto_pki *ret, struct err *err)
{
	void *library;
	if (open_library(&library, err) < 0)
		return -1;
	LIBCRYPTO_PKI_FUNCTIONS(LOOK_UP)
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

static const struct libcrypto_pki *get_pki(struct err *err)
{
	static struct libcrypto_pki pki;
	OSSL_LIB_CTX *lib;
	if (pki.lib != NULL)
		return &pki;
	if (get(&lib, err) == NULL || load_pki(&pki, err) < 0)
		return NULL;
	/* The digest of a certificate's signature is looked up by name, which NO_ADD_ALL_DIGESTS
	 * leaves out. */
	if (pki.EVP_add_digest(pki.EVP_sha256()) != 1 ||
		pki.EVP_add_digest(pki.EVP_sha384()) != 1) {
		err_set(err, ST_SYSTEM, "libcrypto cannot be initialised for certificates");
		return NULL;
	}
	pki.lib = lib;
	return &pki;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const struct libcrypto *libcrypto_get(OSSL_LIB_CTX **ret_lib, struct err *err)
{
	pthread_mutex_lock(&lock);
	const struct libcrypto *crypto = get(ret_lib, err);
	pthread_mutex_unlock(&lock);
	return crypto;
}

const struct libcrypto_pki *libcrypto_pki_get(struct err *err)
{
	pthread_mutex_lock(&lock);
	const struct libcrypto_pki *pki = get_pki(err);
	pthread_mutex_unlock(&lock);
	return pki;
}
