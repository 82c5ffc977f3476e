/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/signature.h"

#include <string.h>

#include <openssl/asn1err.h>
#include <openssl/core_names.h>

#include "evidence/der.h"

/*
 * What OpenSSL 3.5 also reports if a signature is wrong or a point is not on the curve; 3.0, with
 * whose headers this may be built, has no names for them.
 */
enum { PROVIDER_KEYMGMT_FAILURE = 233, PROVIDER_SIGNATURE_FAILURE = 234 };

bool signature_not_computed(const struct libcrypto_pki *pki)
{
	bool ret = false;
	unsigned long e;
	while ((e = pki->ERR_get_error()) != 0) {
		int lib = ERR_GET_LIB(e), reason = ERR_GET_REASON(e);
		bool answered =
			reason == PROVIDER_KEYMGMT_FAILURE || reason == PROVIDER_SIGNATURE_FAILURE;
		ret = ret || (lib == ERR_LIB_EVP && !answered) || reason == ERR_R_MALLOC_FAILURE ||
		      (lib == ERR_LIB_ASN1 && reason == ASN1_R_UNKNOWN_MESSAGE_DIGEST_ALGORITHM);
	}
	return ret;
}

int signature_key(
	const struct libcrypto_pki *pki, struct bytes point, EVP_PKEY **ret, struct err *err)
{
	uint8_t encoded[1 + 2 * P256_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group) - 1),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof(encoded)),
		OSSL_PARAM_END,
	};
	memcpy(encoded + 1, point.p, sizeof(encoded) - 1);
	*ret = NULL;
	pki->ERR_clear_error();
	EVP_PKEY_CTX *ctx = pki->EVP_PKEY_CTX_new_from_name(pki->lib, "EC", NULL);
	bool ready = ctx != NULL && pki->EVP_PKEY_fromdata_init(ctx) == 1;
	if (ready)
		pki->EVP_PKEY_fromdata(ctx, ret, EVP_PKEY_PUBLIC_KEY, params);
	pki->EVP_PKEY_CTX_free(ctx);
	bool failed = *ret == NULL && signature_not_computed(pki);
	return ready && !failed ? 0 : err_set(err, ST_SYSTEM, "libcrypto cannot use a P-256 key");
}

/* SEQUENCE of two INTEGERs: two bytes before each number, one for its sign. */
static size_t encode(uint8_t *dst, struct bytes rs)
{
	size_t half = rs.n / 2;
	size_t n = der_put_uint(dst + 2, rs.p, half);
	n += der_put_uint(dst + 2 + n, rs.p + half, half);
	dst[0] = DER_SEQUENCE;
	dst[1] = (uint8_t)n;
	return 2 + n;
}

int signature_check(const struct libcrypto_pki *pki, EVP_PKEY *key, struct bytes data,
	struct bytes rs, bool *ret_good, struct err *err)
{
	uint8_t der[2 + 2 * (3 + P384_SIZE)];
	const char *hash = rs.n / 2 == P384_SIZE ? "SHA384" : "SHA256";
	size_t n = encode(der, rs);
	pki->ERR_clear_error();
	EVP_MD_CTX *ctx = pki->EVP_MD_CTX_new();
	bool ready = ctx != NULL &&
		     pki->EVP_DigestVerifyInit_ex(ctx, NULL, hash, pki->lib, NULL, key, NULL) == 1;
	*ret_good = ready && pki->EVP_DigestVerify(ctx, der, n, data.p, data.n) == 1;
	pki->EVP_MD_CTX_free(ctx);
	bool failed = !*ret_good && signature_not_computed(pki);
	return ready && !failed
		       ? 0
		       : err_set(err, ST_SYSTEM, "libcrypto cannot check an ECDSA signature");
}
