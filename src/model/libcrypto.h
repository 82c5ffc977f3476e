/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcrypto, loaded when the first digest is needed: its relocations cost more than everything that
 * a command without hashing does. Built with TSMCTL_STATIC_CRYPTO it is in the program, and there
 * is nothing to load.
 */
#ifndef TSMCTL_MODEL_LIBCRYPTO_H
#define TSMCTL_MODEL_LIBCRYPTO_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/err.h"

/* What to do where it is missing: an error has ELIBACC as its errno then. */
#define LIBCRYPTO_FIX "install libcrypto of OpenSSL 3 (Debian: libssl3)"

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

/* What checks signatures and certificates. */
#define LIBCRYPTO_PKI_FUNCTIONS(X)                                                                 \
	X(ERR_clear_error)                                                                         \
	X(ERR_get_error)                                                                           \
	X(EVP_add_digest)                                                                          \
	X(EVP_sha256)                                                                              \
	X(EVP_sha384)                                                                              \
	X(EVP_DigestVerify)                                                                        \
	X(EVP_DigestVerifyInit_ex)                                                                 \
	X(EVP_MD_CTX_free)                                                                         \
	X(EVP_MD_CTX_new)                                                                          \
	X(EVP_PKEY_CTX_free)                                                                       \
	X(EVP_PKEY_CTX_new_from_name)                                                              \
	X(EVP_PKEY_free)                                                                           \
	X(EVP_PKEY_fromdata)                                                                       \
	X(EVP_PKEY_fromdata_init)                                                                  \
	X(ASN1_STRING_get0_data)                                                                   \
	X(ASN1_STRING_length)                                                                      \
	X(OBJ_get0_data)                                                                           \
	X(OBJ_length)                                                                              \
	X(OPENSSL_sk_free)                                                                         \
	X(OPENSSL_sk_new_null)                                                                     \
	X(OPENSSL_sk_num)                                                                          \
	X(OPENSSL_sk_push)                                                                         \
	X(X509_CRL_free)                                                                           \
	X(X509_CRL_get0_by_cert)                                                                   \
	X(X509_CRL_get0_lastUpdate)                                                                \
	X(X509_CRL_get0_nextUpdate)                                                                \
	X(X509_CRL_get_ext_by_critical)                                                            \
	X(X509_CRL_get_issuer)                                                                     \
	X(X509_CRL_new_ex)                                                                         \
	X(X509_CRL_verify)                                                                         \
	X(X509_EXTENSION_get_data)                                                                 \
	X(X509_EXTENSION_get_object)                                                               \
	X(X509_NAME_cmp)                                                                           \
	X(X509_NAME_get_text_by_NID)                                                               \
	X(X509_STORE_CTX_free)                                                                     \
	X(X509_STORE_CTX_get0_chain)                                                               \
	X(X509_STORE_CTX_get_error)                                                                \
	X(X509_STORE_CTX_init)                                                                     \
	X(X509_STORE_CTX_new_ex)                                                                   \
	X(X509_STORE_CTX_set_flags)                                                                \
	X(X509_STORE_add_cert)                                                                     \
	X(X509_STORE_free)                                                                         \
	X(X509_STORE_new)                                                                          \
	X(X509_cmp_time)                                                                           \
	X(X509_free)                                                                               \
	X(X509_get0_notAfter)                                                                      \
	X(X509_get0_notBefore)                                                                     \
	X(X509_get0_pubkey)                                                                        \
	X(X509_get_X509_PUBKEY)                                                                    \
	X(X509_get_ext)                                                                            \
	X(X509_get_ext_count)                                                                      \
	X(X509_get_issuer_name)                                                                    \
	X(X509_get_subject_name)                                                                   \
	X(X509_new_ex)                                                                             \
	X(X509_verify_cert)                                                                        \
	X(X509_verify_cert_error_string)                                                           \
	X(d2i_X509)                                                                                \
	X(d2i_X509_CRL)                                                                            \
	X(i2d_X509_PUBKEY)

/* A pointer to each, by its own name. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes none */
#define X(function) __typeof__(function) *function;
struct libcrypto {
	LIBCRYPTO_FUNCTIONS(X)
};

struct libcrypto_pki {
	LIBCRYPTO_PKI_FUNCTIONS(X)
	OSSL_LIB_CTX *lib; /* the same as libcrypto_get's */
};
#undef X
/* NOLINTEND(bugprone-macro-parentheses) */

/*
 * The functions, and in *ret_lib the library context that all digests are fetched from: a private
 * one, set up without any configuration file. Both live until the process ends, and are for any
 * thread. NULL with ST_SYSTEM, and ELIBACC in err->sys, if libcrypto cannot be had.
 */
const struct libcrypto *libcrypto_get(OSSL_LIB_CTX **ret_lib, struct err *err);

/* The same for signatures and certificates; only who asks for them pays for looking them up. */
const struct libcrypto_pki *libcrypto_pki_get(struct err *err);

#endif
