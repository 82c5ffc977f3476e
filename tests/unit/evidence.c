/* SPDX-License-Identifier: Apache-2.0 */
/* TDX quotes that are signed under a root of the tests', and what forgers do to them; then genuine ones. */
#include "evidence/evidence_file.h"

#include <unistd.h>

#include <openssl/objects.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/input.h"
#include "evidence/chain.h"
#include "judged.h"
#include "mint.h"
#include "text.h"

static struct mint_intel ours, theirs;
static struct evidence_trust trust;

static struct evidence judge(const struct mint_buf *quote)
{
	struct evidence ev;
	judged_by(&trust, (struct bytes){quote->p, quote->n}, &ev);
	return ev;
}

static struct mint_buf made(unsigned version, const struct mint_quote *how)
{
	struct mint_buf quote = {0};
	mint_quote_body(&quote, version, false);
	mint_quote_sign(&quote, how);
	return quote;
}

static struct evidence judged(const struct mint_quote *how)
{
	struct mint_buf quote = made(4, how);
	struct evidence ev = judge(&quote);
	mint_free(&quote);
	return ev;
}

#define ALL_STEPS                                                                                  \
	(1U << STEP_ROOT | 1U << STEP_CHAIN | 1U << STEP_QE_SIGNATURE | 1U << STEP_BINDING |       \
		1U << STEP_QE_IDENTITY | 1U << STEP_SIGNATURE)

static void test_genuine(void)
{
	static const struct mint_quote ways[] = {
		{0}, {.der = true}, {.no_auth = true}, {.auth = 1}, {.auth = 65535}};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		for (unsigned version = 4; version <= 5; version++) {
			struct mint_quote how = ways[i];
			how.intel = &ours;
			struct mint_buf quote = made(version, &how);
			struct evidence ev = judge(&quote);
			IS(ev, GENUINE, NONE);
			CHECK_U64(ev.version, version);
			CHECK_U64(ev.checked, ALL_STEPS);
			CHECK_U64(ev.steps & ~ev.checked,
				1U << STEP_CRL | 1U << STEP_TCB_LEVEL | 1U << STEP_VALIDITY);
			CHECK_STR(ev.root, "--root-ca");
			CHECK(ev.tdx.has_pck && memcmp(ev.tdx.fmspc, "\0\x90\x6e\xd5\0\0", 6) == 0);
			CHECK_U64(ev.tdx.pcesvn, 11);
			CHECK_U64(ev.tdx.qe_isvsvn, 4);
			CHECK_U64(ev.tdx.tee_tcb_svn[15], 0xaa);
			CHECK_U64(ev.report_data[63], 0x55);
			CHECK(!ev.debug && ev.trailing == 0);
			mint_fill(&quote, 'x', 3);
			ev = judge(&quote);
			IS(ev, GENUINE, NONE);
			CHECK(ev.trailing == 3 && !ev.trailing_zeros);
			mint_free(&quote);
		}
	}
}

static void test_forged(void)
{
	struct evidence ev = judged(&(struct mint_quote){.intel = &theirs});
	IS(ev, FORGED, ROOT);
	CHECK_U64(ev.checked, 0);
	ev = judged(&(struct mint_quote){.intel = &ours, .other_pck = true});
	IS(ev, FORGED, QE_SIGNATURE);
	ev = judged(&(struct mint_quote){.intel = &ours, .other_key = true});
	IS(ev, FORGED, BINDING);
	ev = judged(&(struct mint_quote){.intel = &ours, .long_binding = true});
	IS(ev, FORGED, BINDING);
	ev = judged(&(struct mint_quote){.intel = &ours, .other_signer = true});
	IS(ev, FORGED, QE_IDENTITY);
	ev = judged(&(struct mint_quote){.intel = &ours, .other_prodid = true});
	IS(ev, FORGED, QE_IDENTITY);
	ev = judged(&(struct mint_quote){.intel = &ours, .debug_qe = true});
	IS(ev, UNTRUSTED, QE_IDENTITY);
	CHECK_U64(ev.checked, ALL_STEPS & ~(1U << STEP_QE_IDENTITY));
	/* A debug enclave and a wrong signature: the worse counts. */
	struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours, .debug_qe = true});
	quote.p[400] ^= 1;
	ev = judge(&quote);
	IS(ev, FORGED, SIGNATURE);
	mint_free(&quote);
	/* Without --root-ca, only Intel's root is trusted. */
	struct evidence_trust intel = {0};
	struct err err;
	CHECK_INT(evidence_trust_init(&intel, &err), 0);
	quote = made(4, &(struct mint_quote){.intel = &ours});
	judged_by(&intel, (struct bytes){quote.p, quote.n}, &ev);
	IS(ev, FORGED, ROOT);
	CHECK_STR(ev.root, "unknown");
	mint_free(&quote);
}

static struct evidence with_certs(const struct mint_buf *certs)
{
	return judged(&(struct mint_quote){
		.intel = &ours, .certs = (const char *)certs->p, .n_certs = certs->n});
}

static struct evidence with_chain(X509 *leaf, X509 *ca, X509 *root)
{
	struct mint_buf pem = {0};
	mint_put_pem(&pem, leaf);
	mint_put_pem(&pem, ca);
	mint_put_pem(&pem, root);
	struct evidence ev = with_certs(&pem);
	mint_free(&pem);
	return ev;
}

#define ORDER "the quote's certificates are not in the order leaf, intermediate, root"

static void test_chains(void)
{
	struct evidence ev = with_chain(theirs.pck, theirs.ca, ours.root);
	IS(ev, FORGED, CHAIN);
	ev = with_chain(theirs.pck, ours.ca, ours.root);
	IS(ev, FORGED, CHAIN);
	ev = with_chain(ours.pck, theirs.ca, ours.root);
	IS(ev, FORGED, CHAIN);
	ev = with_chain(ours.pck, ours.ca, theirs.root);
	IS(ev, FORGED, ROOT);
	ev = with_chain(ours.root, ours.ca, ours.pck);
	SAYS(ev, ORDER);
	ev = with_chain(ours.pck, ours.root, ours.ca);
	SAYS(ev, ORDER);
	ev = with_chain(ours.ca, ours.pck, ours.root);
	SAYS(ev, "the certificates are not in the order leaf, intermediate, root");
	/* Signed by ours, but not for that. */
	X509 *other = mint_cert(&(struct mint_cert){.subject = "Intel SGX TCB Signing",
		.issuer = "Intel SGX PCK Platform CA",
		.key = ours.pck_key,
		.signer = ours.ca_key,
		.serial = 9});
	ev = with_chain(other, ours.ca, ours.root);
	SAYS(ev, "the certificates are 'Intel SGX TCB Signing' and 'Intel SGX PCK Platform CA', "
		 "not a PCK certificate and its CA");
	X509_free(other);
	other = mint_cert(&(struct mint_cert){.subject = "Intel SGX PCK Certificate",
		.issuer = "Intel SGX PCK Platform CA",
		.key = ours.pck_key,
		.signer = ours.ca_key,
		.serial = 9});
	ev = with_chain(other, ours.ca, ours.root);
	SAYS(ev, "the PCK certificate does not have Intel's SGX extension");
	X509_free(other);
	/* Platforms of one processor have the other CA. */
	X509 *ca = mint_ca(
		"Intel SGX PCK Processor CA", "Intel SGX Root CA", ours.ca_key, ours.root_key, 9);
	other = mint_pck(&ours, "Intel SGX PCK Processor CA");
	ev = with_chain(other, ca, ours.root);
	IS(ev, GENUINE, NONE);
	X509_free(other);
	X509_free(ca);
	/* What is no CA signs nothing. */
	other = mint_cert(&(struct mint_cert){.subject = "Intel SGX PCK Platform CA",
		.issuer = "Intel SGX Root CA",
		.key = ours.ca_key,
		.signer = ours.root_key,
		.serial = 9});
	ev = with_chain(ours.pck, other, ours.root);
	IS(ev, FORGED, CHAIN);
	X509_free(other);
}

/* Another certificate with the root's key is as good, if that key signed it. */
static void test_root_again(void)
{
	struct mint_cert again = {.subject = "Intel SGX Root CA",
		.issuer = "Intel SGX Root CA",
		.key = ours.root_key,
		.signer = ours.root_key,
		.serial = 77,
		.ca = true};
	X509 *root = mint_cert(&again);
	struct evidence ev = with_chain(ours.pck, ours.ca, root);
	IS(ev, GENUINE, NONE);
	X509_free(root);
	again.signer = theirs.root_key;
	root = mint_cert(&again);
	ev = with_chain(ours.pck, ours.ca, root);
	IS(ev, FORGED, CHAIN);
	X509_free(root);
}

static struct evidence by_pin(const struct evidence_trust *by, const X509 *root)
{
	struct chain chain = {ours.pck, ours.ca, ours.root};
	struct evidence ev = {.failed = STEP_NONE};
	struct err err;
	uint8_t der[200], hash[32], *p = der;
	char hex[65];
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(root), &p);
	SHA256(der, (size_t)n, hash);
	struct chain_pin pin = {"ours", hex_str(hex, (struct bytes){hash, sizeof(hash)})};
	CHECK_INT(chain_check(&chain, &pin, 1, by, &ev, &err), 0);
	return ev;
}

/* A root is known by the hash of its key; --root-ca stands in place of those, not beside them. */
static void test_pins(void)
{
	struct evidence_trust none = {0}, other = {0};
	struct mint_buf pem = {0};
	struct err err;
	CHECK_INT(evidence_trust_init(&none, &err), 0);
	CHECK_INT(evidence_trust_init(&other, &err), 0);
	mint_put_pem(&pem, theirs.root);
	CHECK_INT(certs_add(&other.roots, (struct bytes){pem.p, pem.n}, &err), 0);
	struct evidence ev = by_pin(&none, ours.root);
	CHECK_U64(ev.checked, 1U << STEP_ROOT | 1U << STEP_CHAIN);
	CHECK_STR(ev.root, "ours");
	ev = by_pin(&none, theirs.root);
	IS(ev, FORGED, ROOT);
	ev = by_pin(&other, ours.root);
	IS(ev, FORGED, ROOT);
	evidence_trust_clear(&other);
	mint_free(&pem);
}

static struct evidence with_text(const char *text)
{
	struct mint_buf certs = {0};
	mint_put(&certs, text, strlen(text));
	struct evidence ev = with_certs(&certs);
	mint_free(&certs);
	return ev;
}

static void test_certificate_data(void)
{
	struct mint_buf pem = {0};
	struct evidence ev = with_text("\n");
	SAYS(ev, "the quote has 0 certificates, and it needs 3: leaf, intermediate, root");
	ev = with_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	SAYS(ev, "the quote's certificates: certificate 1 is not an X.509 certificate");
	ev = with_text("-----BEGIN CERTIFICATE-----\nA*AA\n-----END CERTIFICATE-----\n");
	SAYS(ev, "the quote's certificates: a PEM block that is not base64");
	ev = with_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICAT-----\n");
	SAYS(ev, "the quote's certificates: a PEM block that does not end as it begins");
	ev = with_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	SAYS(ev, "the quote's certificates: a PEM block of 'PRIVATE KEY'");
	for (size_t i = 0; i < 4; i++) {
		mint_put_pem(&pem, i == 0 ? ours.pck : i == 1 ? ours.ca : ours.root);
		if (i == 2)
			continue;
		ev = with_certs(&pem);
		char message[100];
		snprintf(message, sizeof(message),
			"the quote has %zu certificates, and it needs 3: leaf, intermediate, root",
			i + 1);
		SAYS(ev, message);
	}
	while (pem.n < 1 << 20)
		mint_put_pem(&pem, ours.root);
	ev = with_certs(&pem);
	SAYS(ev, "the quote's certificates: more than 64 certificates or 32 revocation lists");
	pem.n = 0;
	mint_put_pem(&pem, ours.pck);
	mint_put(&pem, "x", 1);
	mint_put_pem(&pem, ours.ca);
	mint_put_pem(&pem, ours.root);
	ev = with_certs(&pem);
	SAYS(ev, "the quote's certificates: other bytes beside the certificates");
	pem.n = 0;
	mint_put_der(&pem, ours.pck);
	mint_put_der(&pem, ours.ca);
	mint_put_der(&pem, ours.root);
	mint_put(&pem, "x", 1);
	ev = with_certs(&pem);
	SAYS(ev, "the quote's certificates: other bytes beside the certificates");
	mint_free(&pem);
}

/* The parts of a quote of version 4 whose authentication data has 32 bytes. */
enum {
	AT_DATA = 636,
	AT_KEY = AT_DATA + 64,
	AT_TYPE_6 = AT_DATA + 128,
	AT_QE_REPORT = AT_TYPE_6 + 6,
	AT_QE_SIGNATURE = AT_QE_REPORT + 384,
	AT_AUTH = AT_QE_SIGNATURE + 64,
	AT_TYPE_5 = AT_AUTH + 34,
	AT_CERTS = AT_TYPE_5 + 6,
};

/* The body of version 5 has a type and a size before it, and is longer. */
enum { BODY_5 = 48, BODY_5_SIZE = 648, LONGER_5 = 6 + 64 };

/* What a changed byte there has to give; STEP_NONE: an error, as for a length or a kind. */
static enum evidence_step step_of(size_t at)
{
	if (at < 8 || (at >= 12 && at < 28) || (at >= AT_DATA - 4 && at < AT_DATA) ||
		(at >= AT_TYPE_6 && at < AT_QE_REPORT) || (at >= AT_AUTH && at < AT_AUTH + 2) ||
		(at >= AT_TYPE_5 && at < AT_CERTS))
		return STEP_NONE;
	if (at < AT_KEY)
		return STEP_SIGNATURE;
	if (at < AT_TYPE_6 || (at >= AT_AUTH && at < AT_TYPE_5))
		return STEP_BINDING;
	return STEP_QE_SIGNATURE;
}

/* A place in a quote of version 4 where a changed byte gives the same. */
static size_t as_in_4(size_t at, unsigned version)
{
	if (version == 4 || at < BODY_5)
		return at;
	if (at < BODY_5 + 6)
		return 0;
	return at < BODY_5 + 6 + BODY_5_SIZE ? BODY_5 : at - LONGER_5;
}

static void check_flip(const struct evidence *ev, size_t at, unsigned version)
{
	at = as_in_4(at, version);
	enum evidence_step want = step_of(at);
	bool error = ev->verdict == EVIDENCE_NONE && ev->err.status == ST_FORMAT;
	/* A certificate is what it says, or none, or none of these three. */
	bool good =
		at >= AT_CERTS
			? error || (ev->verdict == EVIDENCE_FORGED &&
					   (ev->failed == STEP_ROOT || ev->failed == STEP_CHAIN))
		: want == STEP_NONE
			/* The quote then ends elsewhere. */
			? error
			: ev->verdict == EVIDENCE_FORGED && ev->failed == want;
	if (!good)
		check_failed(__FILE__, __LINE__, "byte %zu: verdict %d, failed %d: %s%s", at,
			(int)ev->verdict, (int)ev->failed, ev->detail, ev->err.msg);
}

/* One bit of every byte, a different one from byte to byte. */
static void sweep(unsigned version, bool der)
{
	struct mint_buf quote = made(version, &(struct mint_quote){.intel = &ours, .der = der});
	for (size_t at = 0; at < quote.n; at++) {
		uint8_t bit = (uint8_t)(1 << at % 8);
		/* What follows the last certificate may be a blank. */
		if (!der && at == quote.n - 1)
			continue;
		quote.p[at] ^= bit;
		struct evidence ev = judge(&quote);
		check_flip(&ev, at, version);
		quote.p[at] ^= bit;
	}
	struct evidence ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	mint_free(&quote);
}

static void add_le32(uint8_t *p, uint32_t add)
{
	uint32_t v = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	v += add;
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Each length one off, alone and together with those around it. */
static void test_lengths(void)
{
	static const size_t at[] = {AT_DATA - 4, AT_TYPE_6 + 2, AT_TYPE_5 + 2};
	struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours});
	mint_fill(&quote, 0, 2);
	for (unsigned which = 1; which < 8; which++) {
		for (int off = -1; off <= 1; off += 2) {
			for (size_t i = 0; i < 3; i++)
				if ((which & 1U << i) != 0)
					add_le32(quote.p + at[i], (uint32_t)off);
			struct evidence ev = judge(&quote);
			/* All three one more or less: a NUL more or less after the PEM. */
			if (which == 7)
				IS(ev, GENUINE, NONE);
			else
				CHECK(ev.verdict == EVIDENCE_NONE && ev.err.status == ST_FORMAT);
			for (size_t i = 0; i < 3; i++)
				if ((which & 1U << i) != 0)
					add_le32(quote.p + at[i], (uint32_t)-off);
		}
	}
	for (int off = -1; off <= 1; off += 2) {
		quote.p[AT_AUTH] = (uint8_t)(32 + off);
		struct evidence ev = judge(&quote);
		CHECK(ev.verdict == EVIDENCE_NONE && ev.err.status == ST_FORMAT);
	}
	quote.p[AT_AUTH] = 32;
	for (size_t n = 0; n < quote.n - 2; n++) {
		struct evidence ev;
		CHECK_INT(judged_by(&trust, (struct bytes){quote.p, n}, &ev), -1);
		CHECK_INT(ev.err.status, ST_FORMAT);
	}
	mint_free(&quote);
}

static void test_kinds(void)
{
	struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours});
	quote.p[2] = 3;
	struct evidence ev = judge(&quote);
	SAYS(ev, "offset 2: an attestation key of type 3, and only 2 (ECDSA P-256) is known here");
	mint_free(&quote);
	ev = judged(&(struct mint_quote){.intel = &ours, .key_type_6 = 7});
	SAYS(ev, "offset 764: certification data of type 7, and it is 6 in a TDX quote");
	quote = made(4, &(struct mint_quote){.intel = &ours});
	quote.p[12] ^= 1;
	ev = judge(&quote);
	SAYS(ev, "offset 12: a quoting enclave of another vendor than Intel, which is not known "
		 "here");
	quote.p[12] ^= 1;
	quote.p[AT_TYPE_5] = 6;
	ev = judge(&quote);
	SAYS(ev, "offset 1252: certification data of type 6, and 1 to 5 are known here");
	for (uint8_t type = 1; type <= 3; type++) {
		quote.p[AT_TYPE_5] = type;
		ev = judge(&quote);
		CHECK(strstr(ev.err.msg, "offset 1252: certification data of type ") == ev.err.msg);
	}
	quote.p[AT_TYPE_5] = 4;
	ev = judge(&quote);
	SAYS(ev, "the quote has 3 certificates, and it needs 1");
	quote.p[AT_TYPE_5] = 5;
	quote.p[AT_TYPE_5 + 2] ^= 1;
	ev = judge(&quote);
	CHECK(strstr(ev.err.msg, "offset 1254: certification data of ") == ev.err.msg);
	quote.p[AT_TYPE_5 + 2] ^= 1;
	quote.p[AT_AUTH + 1] = 0xff;
	ev = judge(&quote);
	SAYS(ev, "offset 770: cut in the quoting enclave's report and what signs it");
	mint_free(&quote);
}

/* A quote with this in place of r, of s, of both, in each of its two signatures. */
static void check_number(const uint8_t number[static 32])
{
	static const struct {
		size_t at;
		enum evidence_step step;
	} signatures[] = {{AT_DATA, STEP_SIGNATURE}, {AT_QE_SIGNATURE, STEP_QE_SIGNATURE}};
	for (size_t i = 0; i < 2; i++) {
		for (unsigned which = 1; which <= 3; which++) {
			struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours});
			uint8_t *r = quote.p + signatures[i].at;
			if ((which & 1) != 0)
				memcpy(r, number, 32);
			if ((which & 2) != 0)
				memcpy(r + 32, number, 32);
			struct evidence ev = judge(&quote);
			judged_is(&ev, EVIDENCE_FORGED, signatures[i].step, __LINE__);
			mint_free(&quote);
		}
	}
}

/* r and s of zero, of the curve's order, of all ones; (r, n - s) is as good as (r, s). */
static void test_numbers(void)
{
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3,
		0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
	uint8_t fill[32] = {0};
	check_number(fill);
	check_number(order);
	memset(fill, 0xff, sizeof(fill));
	check_number(fill);
	struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours});
	mint_quote_turn(quote.p + AT_DATA);
	mint_quote_turn(quote.p + AT_QE_SIGNATURE);
	struct evidence ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	mint_free(&quote);
}

/* A quote that names its platform by an encrypted id has no certificates. */
static void test_unchecked(void)
{
	struct mint_buf quote = made(4, &(struct mint_quote){0}), pem = {0};
	struct evidence ev = judge(&quote);
	struct err err;
	IS(ev, UNCHECKED, NONE);
	CHECK_U64(ev.checked, 1U << STEP_BINDING | 1U << STEP_QE_IDENTITY | 1U << STEP_SIGNATURE);
	CHECK(!ev.tdx.has_pck && ev.root == NULL);
	quote.p[300] ^= 1;
	ev = judge(&quote);
	IS(ev, FORGED, SIGNATURE);
	quote.p[300] ^= 1;
	quote.p[AT_AUTH + 2] ^= 1;
	ev = judge(&quote);
	IS(ev, FORGED, BINDING);
	quote.p[AT_AUTH + 2] ^= 1;
	/* The chain of the platform, from a file: this report was not signed by it. */
	mint_put_pem(&pem, ours.ca);
	mint_put_pem(&pem, ours.pck);
	CHECK_INT(certs_add(&trust.given, (struct bytes){pem.p, pem.n}, &err), 0);
	ev = judge(&quote);
	IS(ev, FORGED, QE_SIGNATURE);
	CHECK_STR(ev.detail, "the quoting enclave's report is not signed by the platform's key, "
			     "or --certs is of another platform");
	/* Those of several platforms, this one's last. */
	struct mint_intel this = ours;
	this.pck_key = mint_key("prime256v1", MINT_OTHER_PCK);
	X509 *pck = mint_pck(&this, "Intel SGX PCK Platform CA");
	pem.n = 0;
	mint_put_pem(&pem, pck);
	CHECK_INT(certs_add(&trust.given, (struct bytes){pem.p, pem.n}, &err), 0);
	ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	X509_free(pck);
	EVP_PKEY_free(this.pck_key);
	mint_free(&quote);
	/* The leaf is in the quote, its CA's certificate given, the root's, too. */
	pem.n = 0;
	mint_put_pem(&pem, ours.pck);
	quote = made(4, &(struct mint_quote){
				.intel = &ours, .certs = (const char *)pem.p, .n_certs = pem.n});
	quote.p[AT_TYPE_5] = 4;
	ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	certs_clear(&trust.given);
	ev = judge(&quote);
	IS(ev, UNCHECKED, NONE);
	mint_free(&pem);
	mint_free(&quote);
}

static void give_crl(const struct mint_crl *c)
{
	struct mint_buf der = {0};
	struct err err;
	mint_put_crl(&der, c);
	if (certs_add(&trust.given, (struct bytes){der.p, der.n}, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	mint_free(&der);
}

#define ROOT_CRL .issuer = "Intel SGX Root CA", .signer = ours.root_key
#define CA_CRL .issuer = "Intel SGX PCK Platform CA", .signer = ours.ca_key

static void test_revoked(void)
{
	struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours});
	give_crl(&(struct mint_crl){CA_CRL});
	struct evidence ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	CHECK((ev.checked & 1U << STEP_CRL) == 0);
	give_crl(&(struct mint_crl){ROOT_CRL, .revoked = 99});
	ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	CHECK((ev.checked & 1U << STEP_CRL) != 0);
	give_crl(&(struct mint_crl){CA_CRL, .revoked = MINT_PCK_SERIAL});
	ev = judge(&quote);
	IS(ev, UNTRUSTED, CRL);
	CHECK_STR(ev.detail, "the certificate 'Intel SGX PCK Certificate' is revoked");
	/* A wrong signature is worse. */
	quote.p[300] ^= 1;
	ev = judge(&quote);
	IS(ev, FORGED, SIGNATURE);
	quote.p[300] ^= 1;
	certs_clear(&trust.given);
	give_crl(&(struct mint_crl){ROOT_CRL, .revoked = MINT_CA_SERIAL});
	ev = judge(&quote);
	IS(ev, UNTRUSTED, CRL);
	CHECK_STR(ev.detail, "the certificate 'Intel SGX PCK Platform CA' is revoked");
	certs_clear(&trust.given);
	/* One of others' says nothing, one of a part not all. */
	give_crl(&(struct mint_crl){.issuer = "Intel SGX PCK Platform CA",
		.signer = theirs.ca_key,
		.revoked = MINT_PCK_SERIAL});
	give_crl(&(struct mint_crl){.issuer = "Intel SGX PCK Processor CA",
		.signer = ours.ca_key,
		.revoked = MINT_PCK_SERIAL});
	give_crl(&(struct mint_crl){ROOT_CRL});
	give_crl(&(struct mint_crl){CA_CRL, .partial = true});
	ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	CHECK((ev.checked & 1U << STEP_CRL) == 0);
	give_crl(&(struct mint_crl){CA_CRL, .partial = true, .revoked = MINT_PCK_SERIAL});
	ev = judge(&quote);
	IS(ev, UNTRUSTED, CRL);
	certs_clear(&trust.given);
	mint_free(&quote);
}

/* 2025-01-15, in the month of the tests' lists; the leaf ends in 2030. */
enum { IN_2019 = 1577000000, IN_JANUARY = 1736899200, IN_MARCH = 1742000000 };
#define IN_2031 ((time_t)1924992000)

static struct evidence at_time(const struct mint_buf *quote, time_t at)
{
	trust.has_time = true;
	trust.at = at;
	struct evidence ev = judge(quote);
	trust.has_time = false;
	return ev;
}

static void test_times(void)
{
	struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours});
	struct evidence ev = at_time(&quote, IN_MARCH);
	IS(ev, GENUINE, NONE);
	CHECK((ev.checked & 1U << STEP_VALIDITY) != 0);
	ev = at_time(&quote, IN_2031);
	IS(ev, UNTRUSTED, VALIDITY);
	CHECK_STR(ev.detail,
		"the certificate 'Intel SGX PCK Certificate' is not valid at the time given by "
		"--at");
	ev = at_time(&quote, IN_2019);
	IS(ev, UNTRUSTED, VALIDITY);
	give_crl(&(struct mint_crl){CA_CRL});
	ev = at_time(&quote, IN_JANUARY);
	IS(ev, GENUINE, NONE);
	ev = at_time(&quote, IN_MARCH);
	IS(ev, UNTRUSTED, VALIDITY);
	CHECK_STR(ev.detail, "a revocation list is not valid at the time given by --at");
	ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	certs_clear(&trust.given);
	mint_free(&quote);
}

/* A libcrypto that does not find SHA-256 by its name proves nothing against anybody. */
static void test_no_digest(void)
{
	struct mint_buf quote = made(4, &(struct mint_quote){.intel = &ours});
	OBJ_NAME_remove(SN_sha256, OBJ_NAME_TYPE_MD_METH);
	struct evidence ev = judge(&quote);
	CHECK_INT(ev.verdict, EVIDENCE_NONE);
	CHECK_INT(ev.err.status, ST_SYSTEM);
	CHECK(strstr(ev.err.msg, "libcrypto cannot check the certificates: ") == ev.err.msg);
	EVP_add_digest(EVP_sha256());
	ev = judge(&quote);
	IS(ev, GENUINE, NONE);
	mint_free(&quote);
}

static void add_refused(const void *p, size_t n, const char *message)
{
	struct certs c = {.pki = trust.given.pki};
	struct err err = {0};
	CHECK_INT(certs_add(&c, (struct bytes){p, n}, &err), -1);
	CHECK_INT(err.status, ST_FORMAT);
	CHECK_STR(err.msg, message);
	certs_clear(&c);
}

static void add_taken(const struct mint_buf *b, size_t n, size_t n_crls)
{
	struct certs c = {.pki = trust.given.pki};
	struct err err;
	if (certs_add(&c, (struct bytes){b->p, b->n}, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	CHECK_U64(c.n, n);
	CHECK_U64(c.n_crls, n_crls);
	certs_clear(&c);
}

#define NONE_THERE "no certificate and no revocation list: PEM, DER or an auxblob is needed"

/* Files of an operator's. */
static void test_files(void)
{
	struct mint_buf b = {0}, crl = {0};
	mint_put_crl(&crl, &(struct mint_crl){ROOT_CRL, .revoked = 5});
	add_taken(&crl, 0, 1);
	mint_put(&b, "Subject: a text\n", 16);
	mint_put_pem(&b, ours.ca);
	mint_put(&b, "another\n", 8);
	mint_put_pem(&b, ours.pck);
	add_taken(&b, 2, 0);
	b.n = 0;
	mint_put_der(&b, ours.pck);
	add_taken(&b, 1, 0);
	mint_put_der(&b, ours.ca);
	char message[80];
	snprintf(message, sizeof(message), "%zu bytes after a certificate",
		b.n - (size_t)i2d_X509(ours.pck, NULL));
	add_refused(b.p, b.n, message);
	add_refused("", 0, NONE_THERE);
	add_refused("text\n", 5, NONE_THERE);
	add_refused("0\x03\x02\x01\x05", 5, "certificate 1 is not an X.509 certificate");
	/* An auxblob: a row of a certificate, one of a list, one of nothing, the end. */
	struct mint_buf table = {0};
	size_t n = (size_t)i2d_X509(ours.pck, NULL);
	mint_fill(&table, 0x63, 16);
	mint_le(&table, 96, 4);
	mint_le(&table, n, 4);
	mint_fill(&table, 0x92, 16);
	mint_le(&table, 96 + n, 4);
	mint_le(&table, crl.n, 4);
	mint_fill(&table, 0xec, 16);
	mint_le(&table, 0, 4);
	mint_le(&table, 4, 4);
	mint_fill(&table, 0, 24);
	mint_put_der(&table, ours.pck);
	mint_put(&table, crl.p, crl.n);
	add_taken(&table, 1, 1);
	table.p[44]++;
	snprintf(message, sizeof(message),
		"a certificate of %zu bytes at offset %zu, and the table has %zu", crl.n + 1,
		96 + n, table.n);
	add_refused(table.p, table.n, message);
	memset(table.p + 72, 1, 16);
	table.p[44]--;
	memset(table.p + 24, 0, 48);
	table.p[24] = 1;
	add_refused(table.p, 24 + n + 24, NONE_THERE);
	mint_free(&table);
	mint_free(&crl);
	mint_free(&b);
}

/* Genuine evidence of real machines. */
#define VECTORS TSMCTL_SHARED_DIR "/vectors/"

static struct evidence of_file(const char *name)
{
	struct register_file regs;
	struct evidence_trust intel = {0};
	struct evidence ev;
	struct err err;
	char path[512];
	snprintf(path, sizeof(path), VECTORS "%s", name);
	CHECK_INT(evidence_trust_init(&intel, &err), 0);
	if (evidence_file_load(path, &intel, &regs, &ev, NULL, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	register_file_clear(&regs);
	return ev;
}

static void check_vector(const char *name, const char *fmspc, uint16_t qe_isvsvn, bool debug)
{
	char hex[2 * FMSPC_SIZE + 1];
	struct evidence ev = of_file(name);
	IS(ev, GENUINE, NONE);
	CHECK_STR(ev.root, "Intel SGX Root CA");
	CHECK_STR(hex_str(hex, (struct bytes){ev.tdx.fmspc, FMSPC_SIZE}), fmspc);
	CHECK_INT(ev.debug, debug);
	CHECK(qe_isvsvn == 0 || qe_isvsvn == ev.tdx.qe_isvsvn);
}

/* --root-ca is trusted in place of Intel's root, not beside it. */
static void test_only_ours(void)
{
	struct register_file regs;
	struct evidence ev;
	struct err err;
	CHECK_INT(evidence_file_load(
			  VECTORS "trustee/tdx_quote_5.dat", &trust, &regs, &ev, NULL, &err),
		0);
	IS(ev, FORGED, ROOT);
	register_file_clear(&regs);
}

static void test_vectors(void)
{
	if (access(VECTORS, F_OK) < 0)
		return;
	test_only_ours();
	check_vector("trustee/tdx_quote_4.dat", "50806f000000", 4, true);
	check_vector("trustee/tdx_quote_5.dat", "90c06f000000", 0, false);
	check_vector("trustee/az-tdx-quote.bin", "00806f050000", 0, false);
	check_vector("go-tdx-guest/cos-113-tdx-quote.dat", "00806f050000", 0, false);
	check_vector("dstack/quote-report.json", "90c06f000000", 0, false);
}

/* No byte of it can be changed unnoticed. */
static void test_vector_sweep(void)
{
	struct evidence_trust intel = {0};
	struct evidence ev;
	struct err err;
	uint8_t *raw;
	size_t n, missed = 0;
	if (access(VECTORS, F_OK) < 0)
		return;
	CHECK_INT(evidence_trust_init(&intel, &err), 0);
	CHECK_INT(input_read(VECTORS "trustee/tdx_quote_5.dat", 1 << 20, &raw, &n, &err), 0);
	for (size_t at = 0; at < n; at++) {
		raw[at] ^= 1;
		judged_by(&intel, (struct bytes){raw, n}, &ev);
		if (ev.verdict == EVIDENCE_GENUINE || ev.verdict == EVIDENCE_UNCHECKED) {
			printf("byte %zu is not covered\n", at);
			missed++;
		}
		raw[at] ^= 1;
	}
	CHECK_U64(missed, 0);
	free(raw);
}

int main(void)
{
	struct err err;
	struct mint_buf pem = {0};
	mint_intel_open(&ours, 0);
	mint_intel_open(&theirs, 1);
	CHECK_INT(evidence_trust_init(&trust, &err), 0);
	mint_put_pem(&pem, ours.root);
	CHECK_INT(certs_add(&trust.roots, (struct bytes){pem.p, pem.n}, &err), 0);
	test_genuine();
	test_forged();
	test_chains();
	test_root_again();
	test_pins();
	test_certificate_data();
	test_lengths();
	test_kinds();
	test_numbers();
	test_unchecked();
	test_revoked();
	test_times();
	test_no_digest();
	test_files();
	sweep(4, false);
	sweep(4, true);
	sweep(5, false);
	test_vectors();
	test_vector_sweep();
	evidence_trust_clear(&trust);
	mint_intel_clear(&ours);
	mint_intel_clear(&theirs);
	mint_free(&pem);
	return 0;
}
