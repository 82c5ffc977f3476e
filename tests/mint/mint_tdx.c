/* SPDX-License-Identifier: Apache-2.0 */
/* What Intel's documents say a quote is signed with (Intel TDX DCAP quote formats, appendix A.3). */
#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { NUMBERS = 16, ATTESTATION = 8, OTHER_ATTESTATION };

/* An element of DER around what `in` holds from `from` on; up to 64 KiB. */
static void wrap(struct mint_buf *in, size_t from, uint8_t tag)
{
	size_t n = in->n - from;
	uint8_t head[4] = {tag, (uint8_t)n};
	size_t size = 2;
	if (n > 127) {
		head[1] = 0x82;
		head[2] = (uint8_t)(n >> 8);
		head[3] = (uint8_t)n;
		size = 4;
	}
	mint_fill(in, 0, size);
	memmove(in->p + from + size, in->p + from, n);
	memcpy(in->p + from, head, size);
}

/* SEQUENCE of an id below Intel's and an element of this tag. */
static void member(struct mint_buf *b, const uint8_t *id, size_t n_id, uint8_t tag,
	const struct mint_buf *value)
{
	static const uint8_t base[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
	size_t from = b->n;
	mint_put(b, base, sizeof(base));
	mint_put(b, id, n_id);
	wrap(b, from, 0x06);
	size_t at = b->n;
	mint_put(b, value->p, value->n);
	wrap(b, at, tag);
	wrap(b, from, 0x30);
}

static void put_hex(struct mint_buf *b, const char *hex)
{
	for (; *hex != '\0'; hex += 2) {
		char byte[3] = {hex[0], hex[1]};
		mint_fill(b, (uint8_t)strtoul(byte, NULL, 16), 1);
	}
}

static void member_bytes(struct mint_buf *b, uint8_t id, const char *hex)
{
	struct mint_buf v = {0};
	put_hex(&v, hex);
	member(b, &id, 1, 0x04, &v);
	mint_free(&v);
}

/* FMSPC 00906ed50000, PCE 0000 with SVN 11. */
static void sgx_extension(struct mint_buf *b)
{
	struct mint_buf tcb = {0}, v = {0};
	member_bytes(b, 1, "000102030405060708090a0b0c0d0e0f");
	for (uint8_t i = 1; i <= 17; i++) {
		v.n = 0;
		mint_fill(&v, i == 17 ? 11 : i, 1);
		member(&tcb, (const uint8_t[]){2, i}, 2, 0x02, &v);
	}
	v.n = 0;
	mint_fill(&v, 7, 16);
	member(&tcb, (const uint8_t[]){2, 18}, 2, 0x04, &v);
	member(b, (const uint8_t[]){2}, 1, 0x30, &tcb);
	member_bytes(b, 3, "0000");
	member_bytes(b, 4, "00906ed50000");
	wrap(b, 0, 0x30);
	mint_free(&tcb);
	mint_free(&v);
}

X509 *mint_pck(const struct mint_intel *m, const char *issuer)
{
	struct mint_buf sgx = {0};
	sgx_extension(&sgx);
	struct mint_extension ext = {"1.2.840.113741.1.13.1", sgx.p, sgx.n};
	X509 *ret = mint_cert(&(struct mint_cert){.subject = "Intel SGX PCK Certificate",
		.issuer = issuer,
		.key = m->pck_key,
		.signer = m->ca_key,
		.serial = MINT_PCK_SERIAL,
		.until = "20300101000000Z",
		.ext = &ext,
		.n_ext = 1});
	mint_free(&sgx);
	return ret;
}

void mint_intel_open(struct mint_intel *ret, unsigned number)
{
	static const char root[] = "Intel SGX Root CA", ca[] = "Intel SGX PCK Platform CA";
	unsigned n = NUMBERS * number;
	ret->root_key = mint_key("prime256v1", n + 1);
	ret->ca_key = mint_key("prime256v1", n + 2);
	ret->pck_key = mint_key("prime256v1", n + 3);
	ret->root = mint_ca(root, root, ret->root_key, ret->root_key, 1);
	ret->ca = mint_ca(ca, root, ret->ca_key, ret->root_key, MINT_CA_SERIAL);
	ret->pck = mint_pck(ret, ca);
}

void mint_intel_clear(struct mint_intel *m)
{
	X509_free(m->root);
	X509_free(m->ca);
	X509_free(m->pck);
	EVP_PKEY_free(m->root_key);
	EVP_PKEY_free(m->ca_key);
	EVP_PKEY_free(m->pck_key);
}

/*
 * r || s, each 32 bytes, with a nonce that follows from the data alone: the same bytes in each run.
 * These keys are no secret.
 */
static void sign(struct mint_buf *ret, EVP_PKEY *key, const uint8_t *p, size_t n)
{
	uint8_t hash[32], rs[64];
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	const BIGNUM *order = EC_GROUP_get0_order(group);
	EC_POINT *point = EC_POINT_new(group);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *private = NULL, *r = BN_new(), *s = BN_new();
	SHA256(p, n, hash);
	BIGNUM *e = BN_bin2bn(hash, sizeof(hash), NULL), *k = BN_dup(e);
	MUST(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &private) == 1);
	MUST(BN_add_word(k, 1) == 1 && BN_nnmod(k, k, order, ctx) == 1);
	MUST(EC_POINT_mul(group, point, k, NULL, NULL, ctx) == 1);
	MUST(EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) == 1);
	MUST(BN_nnmod(r, r, order, ctx) == 1 && BN_mod_mul(s, r, private, order, ctx) == 1);
	MUST(BN_mod_add(s, s, e, order, ctx) == 1 && BN_mod_inverse(k, k, order, ctx) != NULL);
	MUST(BN_mod_mul(s, s, k, order, ctx) == 1);
	MUST(BN_bn2binpad(r, rs, 32) == 32 && BN_bn2binpad(s, rs + 32, 32) == 32);
	mint_put(ret, rs, sizeof(rs));
	BN_free(private);
	BN_free(r);
	BN_free(s);
	BN_free(e);
	BN_free(k);
	BN_CTX_free(ctx);
	EC_POINT_free(point);
	EC_GROUP_free(group);
}

static void put_key(struct mint_buf *ret, const EVP_PKEY *key)
{
	uint8_t point[65];
	size_t n;
	MUST(EVP_PKEY_get_octet_string_param(
		     key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &n) == 1 &&
		n == sizeof(point));
	mint_put(ret, point + 1, 64);
}

/* The report of the enclave that made the key (Intel SDM, volume 3D, "REPORT"). */
static void put_qe_report(struct mint_buf *b, const struct mint_quote *how, const uint8_t *data)
{
	size_t from = b->n;
	mint_fill(b, 0x0b, 16);
	mint_fill(b, 0, 32);
	mint_fill(b, how->debug_qe ? 0x17 : 0x15, 1);
	mint_fill(b, 0, 15);
	mint_fill(b, 0xe5, 32);
	mint_fill(b, 0, 32);
	if (how->other_signer)
		mint_fill(b, 0x66, 32);
	else
		put_hex(b, "dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5");
	mint_fill(b, 0, 96);
	mint_le(b, how->other_prodid ? 1 : 2, 2);
	mint_le(b, 4, 2);
	mint_fill(b, 0, 60);
	mint_put(b, data, 64);
	MUST(b->n - from == 384);
}

static void put_certs(struct mint_buf *b, const struct mint_quote *how)
{
	void (*put)(struct mint_buf *, X509 *) = how->der ? mint_put_der : mint_put_pem;
	if (how->certs != NULL) {
		mint_put(b, how->certs, how->n_certs);
		return;
	}
	if (how->intel == NULL) {
		mint_fill(b, 0x1d, 404);
		return;
	}
	put(b, how->intel->pck);
	put(b, how->intel->ca);
	put(b, how->intel->root);
	if (!how->der)
		mint_fill(b, 0, 1);
}

static void put_qe(struct mint_buf *b, const struct mint_quote *how, const EVP_PKEY *key)
{
	struct mint_buf hashed = {0}, certs = {0};
	uint8_t data[64] = {0};
	size_t auth = how->no_auth ? 0 : how->auth > 0 ? how->auth : 32;
	EVP_PKEY *pck = how->other_pck || how->intel == NULL
				? mint_key("prime256v1", MINT_OTHER_PCK)
				: how->intel->pck_key;
	put_key(&hashed, key);
	mint_fill(&hashed, 0xa0, auth);
	SHA256(hashed.p, hashed.n, data);
	data[40] = how->long_binding ? 1 : 0;
	size_t at = b->n;
	put_qe_report(b, how, data);
	sign(&certs, pck, b->p + at, 384);
	mint_put(b, certs.p, certs.n);
	mint_le(b, auth, 2);
	mint_fill(b, 0xa0, auth);
	certs.n = 0;
	put_certs(&certs, how);
	mint_le(b, how->intel == NULL && how->certs == NULL ? 3 : 5, 2);
	mint_le(b, certs.n, 4);
	mint_put(b, certs.p, certs.n);
	if (how->other_pck || how->intel == NULL)
		EVP_PKEY_free(pck);
	mint_free(&hashed);
	mint_free(&certs);
}

void mint_quote_sign(struct mint_buf *quote, const struct mint_quote *how)
{
	struct mint_buf data = {0}, qe = {0};
	EVP_PKEY *key = mint_key("prime256v1", ATTESTATION);
	EVP_PKEY *signer = mint_key("prime256v1", how->other_key ? OTHER_ATTESTATION : ATTESTATION);
	put_qe(&qe, how, key);
	sign(&data, signer, quote->p, quote->n);
	put_key(&data, signer);
	mint_le(&data, how->key_type_6 != 0 ? how->key_type_6 : 6, 2);
	mint_le(&data, qe.n, 4);
	mint_put(&data, qe.p, qe.n);
	mint_le(quote, data.n, 4);
	mint_put(quote, data.p, data.n);
	EVP_PKEY_free(key);
	EVP_PKEY_free(signer);
	mint_free(&data);
	mint_free(&qe);
}

void mint_quote_turn(uint8_t *signature)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);
	MUST(s != NULL && BN_sub(s, EC_GROUP_get0_order(group), s) == 1);
	MUST(BN_bn2binpad(s, signature + 32, 32) == 32);
	BN_free(s);
	EC_GROUP_free(group);
}

void mint_quote_body(struct mint_buf *quote, unsigned version, bool debug)
{
	mint_le(quote, version, 2);
	mint_le(quote, 2, 2);
	mint_le(quote, 0x81, 4);
	mint_le(quote, 0, 4);
	put_hex(quote, "939a7233f79c4ca9940a0db3957f0607");
	mint_fill(quote, 0x75, 20);
	if (version == 5) {
		mint_le(quote, 3, 2);
		mint_le(quote, 648, 4);
	}
	mint_fill(quote, 0xaa, 16);
	mint_fill(quote, 0x51, 48);
	mint_fill(quote, 0x52, 48);
	mint_fill(quote, 0, 8);
	mint_le(quote, 0x10000000 | (debug ? 1 : 0), 8);
	mint_fill(quote, 0xe7, 8);
	for (uint8_t i = 0; i < 8; i++)
		mint_fill(quote, (uint8_t)(0x10 + i), 48);
	mint_fill(quote, 0x55, 64);
	if (version == 5) {
		mint_fill(quote, 0xbb, 16);
		mint_fill(quote, 0x53, 48);
	}
}
