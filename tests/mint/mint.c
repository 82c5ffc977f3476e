/* SPDX-License-Identifier: Apache-2.0 */
#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

void mint_put(struct mint_buf *b, const void *p, size_t n)
{
	if (b->n + n > b->room) {
		b->room = 2 * (b->n + n);
		b->p = realloc(b->p, b->room);
		MUST(b->p != NULL);
	}
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void mint_fill(struct mint_buf *b, uint8_t byte, size_t n)
{
	while (n-- > 0)
		mint_put(b, &byte, 1);
}

void mint_le(struct mint_buf *b, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mint_fill(b, (uint8_t)(v >> 8 * i), 1);
}

void mint_free(struct mint_buf *b)
{
	free(b->p);
	*b = (struct mint_buf){0};
}

EVP_PKEY *mint_key(const char *curve, unsigned number)
{
	uint8_t point[1 + 2 * 66];
	EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(curve));
	EC_POINT *public = EC_POINT_new(group);
	BIGNUM *private = BN_new();
	EVP_PKEY *ret = NULL;
	MUST(group != NULL && public != NULL && BN_set_word(private, 0x10001 + number) == 1);
	MUST(EC_POINT_mul(group, public, private, NULL, NULL, NULL) == 1);
	size_t n = EC_POINT_point2oct(
		group, public, POINT_CONVERSION_UNCOMPRESSED, point, sizeof(point), NULL);

	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, private);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	MUST(params != NULL && EVP_PKEY_fromdata_init(ctx) == 1);
	MUST(EVP_PKEY_fromdata(ctx, &ret, EVP_PKEY_KEYPAIR, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(private);
	EC_POINT_free(public);
	EC_GROUP_free(group);
	return ret;
}

EVP_PKEY *mint_rsa_key(unsigned number)
{
	EVP_PKEY *ret = NULL;
	FILE *f = fopen(MINT_RSA_KEYS_FILE, "r");
	MUST(f != NULL && number < MINT_RSA_KEYS);
	for (unsigned i = 0; i <= number; i++) {
		EVP_PKEY_free(ret);
		ret = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		MUST(ret != NULL);
	}
	(void)fclose(f);
	return ret;
}

static X509_NAME *make_name(const char *common_name)
{
	X509_NAME *name = X509_NAME_new();
	MUST(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
		     (const unsigned char *)"tsmctl's tests", -1, -1, 0) == 1);
	MUST(X509_NAME_add_entry_by_txt(
		     name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0) == 1);
	return name;
}

/* The context of a signature by this key, as its vendor makes it. */
static EVP_MD_CTX *signing(EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pss;
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	MUST(EVP_DigestSignInit(ctx, &pss, rsa ? EVP_sha384() : EVP_sha256(), NULL, key) == 1);
	if (rsa) {
		MUST(EVP_PKEY_CTX_set_rsa_padding(pss, RSA_PKCS1_PSS_PADDING) == 1);
		MUST(EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, 48) == 1);
	}
	return ctx;
}

static void add_extension(X509 *cert, const char *oid, bool critical, const void *p, size_t n)
{
	ASN1_OBJECT *id = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	MUST(id != NULL && ASN1_OCTET_STRING_set(value, p, (int)n) == 1);
	X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, id, critical, value);
	MUST(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(id);
}

X509 *mint_cert(const struct mint_cert *c)
{
	/* basicConstraints with CA true; keyUsage with keyCertSign and cRLSign. */
	static const uint8_t is_ca[] = {0x30, 3, 1, 1, 0xff}, signs[] = {3, 2, 1, 6};
	X509 *cert = X509_new();
	X509_NAME *subject = make_name(c->subject), *issuer = make_name(c->issuer);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), c->serial);
	ASN1_TIME_set_string(X509_getm_notBefore(cert), "20200101000000Z");
	ASN1_TIME_set_string(
		X509_getm_notAfter(cert), c->until != NULL ? c->until : "20491231235959Z");
	X509_set_subject_name(cert, subject);
	X509_set_issuer_name(cert, issuer);
	X509_set_pubkey(cert, c->key);
	if (c->ca) {
		add_extension(cert, "2.5.29.19", true, is_ca, sizeof(is_ca));
		add_extension(cert, "2.5.29.15", true, signs, sizeof(signs));
	}
	for (size_t i = 0; i < c->n_ext; i++)
		add_extension(cert, c->ext[i].oid, false, c->ext[i].p, c->ext[i].n);
	EVP_MD_CTX *ctx = signing(c->signer);
	MUST(X509_sign_ctx(cert, ctx) > 0);
	EVP_MD_CTX_free(ctx);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	return cert;
}

X509 *mint_ca(
	const char *subject, const char *issuer, EVP_PKEY *key, EVP_PKEY *signer, unsigned serial)
{
	return mint_cert(&(struct mint_cert){.subject = subject,
		.issuer = issuer,
		.key = key,
		.signer = signer,
		.serial = serial,
		.ca = true});
}

void mint_put_pem(struct mint_buf *b, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	MUST(PEM_write_bio_X509(bio, cert) == 1);
	long n = BIO_get_mem_data(bio, &p);
	mint_put(b, p, (size_t)n);
	BIO_free(bio);
}

void mint_put_der(struct mint_buf *b, X509 *cert)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);
	MUST(n > 0);
	mint_put(b, der, (size_t)n);
	OPENSSL_free(der);
}

static void revoke(X509_CRL *crl, unsigned serial)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	ASN1_TIME *time = ASN1_TIME_new();
	ASN1_INTEGER_set(number, serial);
	ASN1_TIME_set_string(time, "20240101000000Z");
	X509_REVOKED_set_serialNumber(entry, number);
	X509_REVOKED_set_revocationDate(entry, time);
	MUST(X509_CRL_add0_revoked(crl, entry) == 1);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(time);
}

void mint_put_crl(struct mint_buf *b, const struct mint_crl *c)
{
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *issuer = make_name(c->issuer);
	ASN1_TIME *from = ASN1_TIME_new(), *to = ASN1_TIME_new();
	unsigned char *der = NULL;
	ASN1_TIME_set_string(from, "20250101000000Z");
	ASN1_TIME_set_string(to, "20250201000000Z");
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, issuer);
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, to);
	if (c->revoked != 0)
		revoke(crl, c->revoked);
	if (c->partial) {
		ASN1_INTEGER *base = ASN1_INTEGER_new();
		ASN1_INTEGER_set(base, 1);
		MUST(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, 0) == 1);
		ASN1_INTEGER_free(base);
	}
	EVP_MD_CTX *ctx = signing(c->signer);
	MUST(X509_CRL_sign_ctx(crl, ctx) > 0);
	int n = i2d_X509_CRL(crl, &der);
	MUST(n > 0);
	mint_put(b, der, (size_t)n);
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_NAME_free(issuer);
	X509_CRL_free(crl);
}
