/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcrypto, loaded when the first digest is needed: its relocations cost more than all that a
 * command which does not hash does. Built with TSMCTL_STATIC_CRYPTO it is in the program, and there
 * is nothing to load.
 */
#ifndef TSMCTL_MODEL_LIBCRYPTO_H
#define TSMCTL_MODEL_LIBCRYPTO_H

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/err.h"

#define LIBCRYPTO_FUNCTIONS(X)                                                                     \
	X(OPENSSL_init_crypto)                                                                     \
	X(OSSL_LIB_CTX_new)                                                                        \
	X(EVP_MD_fetch)                                                                            \
	X(EVP_MD_free)                                                                             \
	X(EVP_MD_CTX_new)                                                                          \
	X(EVP_MD_CTX_free)                                                                         \
	X(EVP_DigestInit_ex2)                                                                      \
	X(EVP_DigestUpdate)                                                                        \
	X(EVP_DigestFinal_ex)

/* A pointer to each, by its own name. */
struct libcrypto {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration takes none */
#define X(function) __typeof__(function) *function;
	LIBCRYPTO_FUNCTIONS(X)
#undef X
};

/*
 * The functions, and in *ret_lib the library context that all digests are fetched from: a private
 * one, set up without any configuration file. Both live until the process ends, and are for any
 * thread. NULL with ST_SYSTEM if libcrypto cannot be had.
 */
const struct libcrypto *libcrypto_get(OSSL_LIB_CTX **ret_lib, struct err *err);

#endif
