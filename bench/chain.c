/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain tdx QUOTE | chain snp REPORT LEAF CA ROOT: the least that checking evidence can cost: the same steps with X509
 * and EVP, on a quote of version 4 that the tests' mint signed, or a report and its certificates in DER. Looks at
 * nothing that it need not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

enum {
	DATA = 632,
	SIGNATURE = 636,
	KEY = 700,
	QE_REPORT = 770,
	QE_SIGNATURE = 1154,
	CERTS = 1258,
	SNP_SIGNED = 0x2a0,
	SNP_FIELD = 72,
};

static OSSL_LIB_CTX *lib;

static size_t read_file(const char *path, unsigned char *buf, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t n = f != NULL ? fread(buf, 1, room, f) : 0;
	if (f == NULL || n == 0)
		exit(1);
	fclose(f);
	return n;
}

static int check(EVP_PKEY *key, const char *hash, const unsigned char *rs, size_t half,
	const unsigned char *data, size_t n)
{
	unsigned char *der = NULL;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	ECDSA_SIG_set0(sig, BN_bin2bn(rs, (int)half, NULL), BN_bin2bn(rs + half, (int)half, NULL));
	int size = i2d_ECDSA_SIG(sig, &der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = EVP_DigestVerifyInit_ex(ctx, NULL, hash, lib, NULL, key, NULL) == 1 &&
		 EVP_DigestVerify(ctx, der, (size_t)size, data, n) == 1;
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	OPENSSL_free(der);
	return ok;
}

static int check_chain(X509 *const certs[3])
{
	unsigned char *der = NULL, hash[32];
	unsigned size;
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(lib, NULL);
	STACK_OF(X509) *between = sk_X509_new_null();
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certs[2]), &der);
	EVP_MD *md = EVP_MD_fetch(lib, "SHA2-256", NULL);
	int ok = EVP_Digest(der, (size_t)n, hash, &size, md, NULL);
	sk_X509_push(between, certs[1]);
	X509_STORE_add_cert(store, certs[2]);
	X509_STORE_CTX_init(ctx, store, certs[0], between);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_CHECK_SS_SIGNATURE);
	ok = ok && X509_verify_cert(ctx) == 1;
	sk_X509_free(between);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	EVP_MD_free(md);
	OPENSSL_free(der);
	return ok;
}

static EVP_PKEY *attestation_key(const unsigned char *xy)
{
	unsigned char point[65] = {POINT_CONVERSION_UNCOMPRESSED};
	char group[] = "prime256v1";
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group) - 1),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_END};
	memcpy(point + 1, xy, 64);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(lib, "EC", NULL);
	if (EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int check_tdx(char *const argv[])
{
	static unsigned char q[65536];
	X509 *certs[3];
	size_t n = read_file(argv[0], q, sizeof(q));
	BIO *pem = BIO_new_mem_buf(q + CERTS, (int)(n - CERTS));
	for (int i = 0; i < 3; i++) {
		certs[i] = X509_new_ex(lib, NULL);
		if (PEM_read_bio_X509(pem, &certs[i], NULL, NULL) == NULL)
			return 0;
	}
	EVP_PKEY *key = attestation_key(q + KEY);
	return check_chain(certs) &&
	       check(X509_get0_pubkey(certs[0]), "SHA256", q + QE_SIGNATURE, 32, q + QE_REPORT,
		       384) &&
	       check(key, "SHA256", q + SIGNATURE, 32, q, DATA);
}

static int check_snp(char *const argv[])
{
	static unsigned char r[2048], der[8192];
	unsigned char rs[96];
	X509 *certs[3];
	read_file(argv[0], r, sizeof(r));
	for (int i = 0; i < 3; i++) {
		const unsigned char *p = der;
		size_t n = read_file(argv[1 + i], der, sizeof(der));
		certs[i] = X509_new_ex(lib, NULL);
		if (d2i_X509(&certs[i], &p, (long)n) == NULL)
			return 0;
	}
	for (int i = 0; i < 48; i++) {
		rs[i] = r[SNP_SIGNED + 47 - i];
		rs[48 + i] = r[SNP_SIGNED + SNP_FIELD + 47 - i];
	}
	return check_chain(certs) &&
	       check(X509_get0_pubkey(certs[0]), "SHA384", rs, 48, r, SNP_SIGNED);
}

int main(int argc, char *argv[])
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
				    OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
				    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ATEXIT,
		NULL);
	lib = OSSL_LIB_CTX_new();
	EVP_add_digest(EVP_sha256());
	EVP_add_digest(EVP_sha384());
	if (argc == 3 && strcmp(argv[1], "tdx") == 0)
		return check_tdx(argv + 2) ? 0 : 1;
	if (argc == 6 && strcmp(argv[1], "snp") == 0)
		return check_snp(argv + 2) ? 0 : 1;
	return 2;
}
