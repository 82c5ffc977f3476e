/* SPDX-License-Identifier: Apache-2.0 */
/* Reports and certificates as AMD's documents have them (SEV-SNP Firmware ABI, "ATTESTATION_REPORT"). */
#include "mint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { SIGNED = 0x2a0, FIELD = 72, NUMBER = 48, CHIP = 0xc4 };

static const char *const products[] = {"Milan", "Genoa", "Turin"};

/* A component of the TCB: its id, where it is in 8 bytes, and what it is here. */
static const struct spl {
	const char *oid;
	uint8_t id, at, v;
} spls[2][5] = {
	{{"1.3.6.1.4.1.3704.1.3.1", 1, 0, 3}, {"1.3.6.1.4.1.3704.1.3.2", 2, 1, 0},
		{"1.3.6.1.4.1.3704.1.3.3", 3, 6, 8}, {"1.3.6.1.4.1.3704.1.3.8", 8, 7, 0xd2}},
	{{"1.3.6.1.4.1.3704.1.3.9", 9, 0, 1}, {"1.3.6.1.4.1.3704.1.3.1", 1, 1, 2},
		{"1.3.6.1.4.1.3704.1.3.2", 2, 2, 3}, {"1.3.6.1.4.1.3704.1.3.3", 3, 3, 4},
		{"1.3.6.1.4.1.3704.1.3.8", 8, 7, 0x85}},
};

static const struct spl *spls_of(enum mint_product product, size_t *ret_n)
{
	*ret_n = product == MINT_TURIN ? 5 : 4;
	return spls[product == MINT_TURIN];
}

static X509 *make_leaf(const struct mint_amd *m, const char *issuer)
{
	struct mint_extension ext[6];
	uint8_t numbers[5][4], chip[64];
	size_t n;
	const struct spl *list = spls_of(m->product, &n);
	for (size_t i = 0; i < n; i++) {
		/* A number of 128 or more has a zero before it. */
		bool sign = list[i].v > 127;
		memcpy(numbers[i], (uint8_t[]){2, sign ? 2 : 1, sign ? 0 : list[i].v, list[i].v},
			4);
		ext[i] = (struct mint_extension){list[i].oid, numbers[i], sign ? 4 : 3};
	}
	memset(chip, CHIP, sizeof(chip));
	/* As a number in DER would begin: it is none. */
	chip[0] = 2;
	ext[n] = (struct mint_extension){
		"1.3.6.1.4.1.3704.1.4", chip, m->product == MINT_TURIN ? 8 : sizeof(chip)};
	return mint_cert(&(struct mint_cert){.subject = m->vlek ? "SEV-VLEK" : "SEV-VCEK",
		.issuer = issuer,
		.key = m->key,
		.signer = m->ask_key,
		.serial = 0,
		.until = "20300101000000Z",
		.ext = ext,
		.n_ext = m->vlek ? n : n + 1});
}

void mint_amd_open(struct mint_amd *ret, enum mint_product product, bool vlek, unsigned number)
{
	unsigned rsa = MINT_RSA_KEYS / 2 * number, ec = 16 * number + 20;
	char ark[32], ask[32];
	*ret = (struct mint_amd){.product = product, .vlek = vlek};
	snprintf(ark, sizeof(ark), "ARK-%s", products[product]);
	snprintf(ask, sizeof(ask), vlek ? "SEV-VLEK-%s" : "SEV-%s", products[product]);
	ret->ark_key = mint_rsa_key(rsa);
	ret->ask_key = mint_rsa_key(rsa + (vlek ? 2 : 1));
	ret->key = mint_key("secp384r1", ec + (vlek ? 1 : 0));
	ret->ark = mint_ca(ark, ark, ret->ark_key, ret->ark_key, 1);
	ret->ask = mint_ca(ask, ark, ret->ask_key, ret->ark_key, 2);
	ret->cert = make_leaf(ret, ask);
}

void mint_amd_clear(struct mint_amd *m)
{
	X509_free(m->ark);
	X509_free(m->ask);
	X509_free(m->cert);
	EVP_PKEY_free(m->ark_key);
	EVP_PKEY_free(m->ask_key);
	EVP_PKEY_free(m->key);
}

/* GUIDs are not looked at. */
void mint_put_auxblob(struct mint_buf *ret, const struct mint_amd *amd)
{
	enum { ROW = 24, ROWS = 4 };
	X509 *const certs[] = {amd->cert, amd->ask, amd->ark};
	struct mint_buf data = {0};
	for (size_t i = 0; i < ROWS - 1; i++) {
		size_t at = data.n;
		mint_put_der(&data, certs[i]);
		mint_fill(ret, (uint8_t)(0x63 + i), 16);
		mint_le(ret, (size_t)ROWS * ROW + at, 4);
		mint_le(ret, data.n - at, 4);
	}
	mint_fill(ret, 0, ROW);
	mint_put(ret, data.p, data.n);
	mint_free(&data);
}

static void put_tcb(uint8_t *dst, enum mint_product product, int less)
{
	size_t n;
	const struct spl *list = spls_of(product, &n);
	for (size_t i = 0; i < n; i++)
		dst[list[i].at] = (uint8_t)(list[i].v - less);
	dst[7] = (uint8_t)(dst[7] + 2 * less);
}

void mint_report(struct mint_buf *report, const struct mint_amd *amd, unsigned version)
{
	static const uint8_t cpu[][2] = {{0x19, 0x01}, {0x19, 0x11}, {0x1a, 0x02}};
	static const struct {
		uint16_t off, n;
		uint8_t v;
	} fields[] = {{0x010, 16, 0x11}, {0x020, 16, 0x22}, {0x050, 64, 0x55}, {0x090, 48, 0x99},
		{0x0c0, 32, 0xcc}, {0x0e0, 48, 0xee}, {0x110, 48, 0x33}, {0x140, 32, 0x44}};
	report->n = 0;
	mint_fill(report, 0, 1184);
	uint8_t *p = report->p;
	p[0] = (uint8_t)version;
	p[0x34] = 1;
	p[0x0a] = 3; /* SMT, and the bit that is always set */
	p[0x48] = amd->vlek ? 1 << 2 : 0;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		memset(p + fields[i].off, fields[i].v, fields[i].n);
	/* The current TCB is newer than the reported one. */
	put_tcb(p + 0x038, amd->product, 1);
	put_tcb(p + 0x180, amd->product, 0);
	if (version >= 3)
		memcpy(p + 0x188, cpu[amd->product], 2);
	if (!amd->vlek) {
		memset(p + 0x1a0, CHIP, amd->product == MINT_TURIN ? 8 : 64);
		p[0x1a0] = 2;
	}
}

static void put_number(uint8_t *field, const BIGNUM *n)
{
	memset(field, 0, FIELD);
	MUST(BN_bn2lebinpad(n, field, NUMBER) == NUMBER);
}

void mint_report_sign(uint8_t *report, EVP_PKEY *key)
{
	uint8_t der[128];
	const uint8_t *at = der;
	size_t n = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	MUST(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key) == 1);
	MUST(EVP_DigestSign(ctx, der, &n, report, SIGNED) == 1);
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)n);
	MUST(sig != NULL);
	put_number(report + SIGNED, ECDSA_SIG_get0_r(sig));
	put_number(report + SIGNED + FIELD, ECDSA_SIG_get0_s(sig));
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
}

void mint_report_turn(uint8_t *report)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp384r1);
	uint8_t *field = report + SIGNED + FIELD;
	BIGNUM *s = BN_lebin2bn(field, NUMBER, NULL);
	MUST(s != NULL && BN_sub(s, EC_GROUP_get0_order(group), s) == 1);
	put_number(field, s);
	BN_free(s);
	EC_GROUP_free(group);
}
