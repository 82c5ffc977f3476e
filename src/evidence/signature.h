/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA signatures as evidence has them: r and s as two big-endian numbers of fixed size. */
#ifndef TSMCTL_EVIDENCE_SIGNATURE_H
#define TSMCTL_EVIDENCE_SIGNATURE_H

#include "base/bytes.h"
#include "model/libcrypto.h"

enum {
	P256_SIZE = 32, /* of r, s, x and y */
	P384_SIZE = 48,
};

/*
 * The public key whose point on P-256 is x || y, 2 * P256_SIZE bytes; *ret is NULL if the curve has
 * no such point. The caller frees it with EVP_PKEY_free. ST_SYSTEM if libcrypto fails.
 */
int signature_key(
	const struct libcrypto_pki *pki, struct bytes point, EVP_PKEY **ret, struct err *err);

/*
 * Whether rs, which is r || s, is the key's signature of `data`: of its SHA-256 if rs has 2 *
 * P256_SIZE bytes, of its SHA-384 if it has 2 * P384_SIZE. ST_SYSTEM if libcrypto could not compute
 * that.
 */
int signature_check(const struct libcrypto_pki *pki, EVP_PKEY *key, struct bytes data,
	struct bytes rs, bool *ret_good, struct err *err);

/*
 * Whether what libcrypto reported since ERR_clear_error is that it could not compute, which says
 * nothing about a signature: no memory, no such algorithm. Empties its list of errors.
 */
bool signature_not_computed(const struct libcrypto_pki *pki);

#endif
