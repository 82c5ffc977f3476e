/* SPDX-License-Identifier: Apache-2.0 */
#include "model/libcrypto.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#ifdef TSMCTL_STATIC_CRYPTO

#define LINKED(function) .function = function,

static int load(struct libcrypto *ret, struct err *err)
{
	(void)err;
	*ret = (struct libcrypto){LIBCRYPTO_FUNCTIONS(LINKED)};
	return 0;
}

static int load_pki(struct libcrypto_pki *ret, struct err *err)
{
	(void)err;
	*ret = (struct libcrypto_pki){LIBCRYPTO_PKI_FUNCTIONS(LINKED)};
	return 0;
}

#else

#include <dlfcn.h>

#define SONAME "libcrypto.so.3"

/*
 * Packagers and initramfs tools find no library that is loaded by dlopen, unless a note names it: the
 * "ELF dlopen metadata" of the UAPI group, owner "FDO", type 0x407c0c0a, a JSON text.
 */
__asm__(".pushsection .note.dlopen, \"a\", %note\n"
	".balign 4\n"
	".long 2f - 1f, 4f - 3f, 0x407c0c0a\n"
	"1: .asciz \"FDO\"\n"
	"2: .balign 4\n"
	"3: .asciz \"[{\\\"feature\\\":\\\"crypto\\\","
	"\\\"description\\\":\\\"Hashes events and checks signatures\\\","
	"\\\"priority\\\":\\\"required\\\",\\\"soname\\\":[\\\"" SONAME "\\\"]}]\"\n"
	"4: .balign 4\n"
	".popsection\n");

struct function {
	const char *name;
	size_t off; /* of the pointer to it, in the struct that has it */
};

#define FUNCTION(function) {#function, offsetof(struct libcrypto, function)},
#define PKI_FUNCTION(function) {#function, offsetof(struct libcrypto_pki, function)},
static const struct function functions[] = {LIBCRYPTO_FUNCTIONS(FUNCTION)};
static const struct function pki_functions[] = {LIBCRYPTO_PKI_FUNCTIONS(PKI_FUNCTION)};

/* dlopen counts: each call gives the same library. */
static int look_up(const struct function *list, size_t n, void *ret, struct err *err)
{
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return err_set(err, ST_SYSTEM, "libcrypto cannot be loaded: %s", dlerror());
	for (size_t i = 0; i < n; i++) {
		void *symbol = dlsym(library, list[i].name);
		if (symbol == NULL)
			return err_set(err, ST_SYSTEM, "libcrypto has no %s", list[i].name);
		/* ISO C has no cast from an object pointer to a function pointer. */
		memcpy((char *)ret + list[i].off, &symbol, sizeof(symbol));
	}
	return 0;
}

static int load(struct libcrypto *ret, struct err *err)
{
	return look_up(functions, sizeof(functions) / sizeof(functions[0]), ret, err);
}

static int load_pki(struct libcrypto_pki *ret, struct err *err)
{
	return look_up(pki_functions, sizeof(pki_functions) / sizeof(pki_functions[0]), ret, err);
}

#endif

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
	if (crypto == NULL)
		err->sys = ELIBACC;
	pthread_mutex_unlock(&lock);
	return crypto;
}

const struct libcrypto_pki *libcrypto_pki_get(struct err *err)
{
	pthread_mutex_lock(&lock);
	const struct libcrypto_pki *pki = get_pki(err);
	if (pki == NULL)
		err->sys = ELIBACC;
	pthread_mutex_unlock(&lock);
	return pki;
}
