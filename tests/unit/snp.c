/* SPDX-License-Identifier: Apache-2.0 */
/* SEV-SNP reports that are signed under roots of the tests', and what forgers do to them; then genuine ones. */
#include <unistd.h>

#include <openssl/x509.h>

#include "base/input.h"
#include "evidence/chain.h"
#include "judged.h"
#include "mint.h"
#include "text.h"

static struct evidence_trust trust;

/* The leaves end in 2030. */
#define IN_2031 ((time_t)1924992000)

static struct evidence judge(const struct mint_buf *report)
{
	struct evidence ev;
	judged_by(&trust, (struct bytes){report->p, report->n}, &ev);
	return ev;
}

static void add(struct certs *to, X509 *cert)
{
	struct mint_buf der = {0};
	struct err err;
	mint_put_der(&der, cert);
	if (certs_add(to, (struct bytes){der.p, der.n}, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	mint_free(&der);
}

static void give(const struct mint_amd *amd)
{
	certs_clear(&trust.given);
	certs_clear(&trust.roots);
	add(&trust.roots, amd->ark);
	add(&trust.given, amd->ask);
	add(&trust.given, amd->cert);
}

static struct mint_buf made(const struct mint_amd *amd, unsigned version)
{
	struct mint_buf report = {0};
	mint_report(&report, amd, version);
	mint_report_sign(report.p, amd->key);
	return report;
}

static void test_genuine(void)
{
	static const char *const products[] = {"Milan", "Genoa", "Turin"};
	for (enum mint_product p = MINT_MILAN; p <= MINT_TURIN; p++) {
		for (unsigned vlek = 0; vlek < 2; vlek++) {
			struct mint_amd amd;
			mint_amd_open(&amd, p, vlek, 0);
			give(&amd);
			for (unsigned version = 2; version <= 5; version++) {
				struct mint_buf report = made(&amd, version);
				struct evidence ev = judge(&report);
				IS(ev, GENUINE, NONE);
				CHECK_U64(ev.version, version);
				CHECK_STR(ev.snp.product, products[p]);
				CHECK_STR(ev.snp.signing_key, vlek ? "VLEK" : "VCEK");
				CHECK_INT((ev.checked & 1U << STEP_CHIP_ID) == 0, vlek);
				CHECK_INT((ev.steps & 1U << STEP_CHIP_ID) == 0, vlek);
				CHECK_STR(ev.root, "--root-ca");
				mint_report_turn(report.p);
				ev = judge(&report);
				IS(ev, GENUINE, NONE);
				mint_free(&report);
			}
			mint_amd_clear(&amd);
		}
	}
}

static void test_registers(const struct mint_amd *amd)
{
	static const struct {
		const char *name;
		size_t n;
		uint8_t v;
	} want[] = {{"author_key_digest:sha384", 48, 0x33}, {"family_id", 16, 0x11},
		{"host_data", 32, 0xcc}, {"id_key_digest:sha384", 48, 0xee}, {"image_id", 16, 0x22},
		{"measurement:sha384", 48, 0x99}};
	struct mint_buf report = made(amd, 3);
	struct register_file regs;
	struct evidence ev;
	struct err err;
	give(amd);
	CHECK_INT(evidence_file_parse((struct bytes){report.p, report.n}, &trust, &regs, &ev, &err),
		0);
	CHECK_U64(regs.mrs.n, 6);
	for (size_t i = 0; i < 6; i++) {
		uint8_t v[48];
		memset(v, want[i].v, sizeof(v));
		CHECK_STR(regs.mrs.mr[i]->full, want[i].name);
		CHECK_U64(regs.mrs.mr[i]->flags, MR_READABLE);
		CHECK_BYTES(regs.value[i], ((struct bytes){v, want[i].n}));
	}
	register_file_clear(&regs);
	mint_free(&report);
}

/* One bit of every byte: up to the end of s all of them count, and none after it. */
static void sweep_report(struct bytes report)
{
	struct mint_buf copy = {0};
	mint_put(&copy, report.p, report.n);
	for (size_t at = 0; at < copy.n; at++) {
		uint8_t bit = (uint8_t)(1 << at % 8);
		copy.p[at] ^= bit;
		struct evidence ev = judge(&copy);
		copy.p[at] ^= bit;
		if (at >= 0x330) {
			IS(ev, GENUINE, NONE);
			continue;
		}
		bool kind = at < 4 || (at >= 0x34 && at < 0x38) || at == 0x48 || at == 0x188 ||
			    at == 0x189;
		bool forged = ev.verdict == EVIDENCE_FORGED && ev.failed == STEP_SIGNATURE;
		bool error = ev.verdict == EVIDENCE_NONE && ev.err.status == ST_FORMAT;
		if (!forged && !(kind && error))
			check_failed(__FILE__, __LINE__, "byte %zu: verdict %d, failed %d: %s%s",
				at, (int)ev.verdict, (int)ev.failed, ev.detail, ev.err.msg);
	}
	mint_free(&copy);
}

static struct evidence judge_with(const struct mint_buf *table, struct bytes report)
{
	struct evidence ev = {.verdict = EVIDENCE_NONE};
	certs_clear(&trust.given);
	if (certs_add(&trust.given, (struct bytes){table->p, table->n}, &ev.err) == 0)
		judged_by(&trust, report, &ev);
	return ev;
}

/*
 * The table has three rows, each a GUID of 16 bytes that nobody looks at and two numbers, and a row of
 * zeros; then VCEK or VLEK, ASK or ASVK, ARK. With --root-ca nobody needs the ARK that comes along.
 */
static bool is_covered(size_t at, size_t ark)
{
	enum { ROW = 24, GUID = 16, ROWS = 4 };
	bool needs_ark = trust.roots.n == 0;
	if (at < (size_t)ROWS * ROW)
		return at % ROW >= GUID && at / ROW < (needs_ark ? 3 : 2);
	return needs_ark || at < ark;
}

static void sweep_table(struct bytes report, const struct mint_amd *amd)
{
	struct mint_buf table = {0}, ark = {0};
	mint_put_auxblob(&table, amd);
	mint_put_der(&ark, amd->ark);
	for (size_t at = 0; at < table.n; at++) {
		uint8_t bit = (uint8_t)(1 << at % 8);
		if (!is_covered(at, table.n - ark.n))
			continue;
		table.p[at] ^= bit;
		struct evidence ev = judge_with(&table, report);
		table.p[at] ^= bit;
		if (ev.verdict == EVIDENCE_GENUINE)
			check_failed(__FILE__, __LINE__, "byte %zu of the table", at);
	}
	struct evidence ev = judge_with(&table, report);
	IS(ev, GENUINE, NONE);
	mint_free(&table);
	mint_free(&ark);
}

static void test_sweep(bool vlek)
{
	struct mint_amd amd;
	mint_amd_open(&amd, MINT_MILAN, vlek, 0);
	struct mint_buf report = made(&amd, 3);
	struct bytes bytes = {report.p, report.n};
	give(&amd);
	sweep_report(bytes);
	sweep_table(bytes, &amd);
	mint_free(&report);
	mint_amd_clear(&amd);
}

static void test_forged(const struct mint_amd *amd)
{
	struct mint_amd other, vlek;
	struct mint_buf report = made(amd, 3);
	mint_amd_open(&other, MINT_MILAN, false, 1);
	mint_amd_open(&vlek, MINT_MILAN, true, 0);
	give(amd);
	certs_clear(&trust.roots);
	add(&trust.given, amd->ark);
	struct evidence ev = judge(&report);
	IS(ev, FORGED, ROOT);
	CHECK_STR(ev.detail,
		"the root's key is not the vendor's: whoever has that key made this chain");
	/* An ASK of one's own under the genuine ARK. */
	certs_clear(&trust.given);
	add(&trust.roots, amd->ark);
	add(&trust.given, other.ask);
	add(&trust.given, other.cert);
	ev = judge(&report);
	IS(ev, FORGED, CHAIN);
	/* A VLEK cannot stand for a VCEK. */
	give(&vlek);
	ev = judge(&report);
	IS(ev, UNCHECKED, NONE);
	/* Signed by another key; as it would look in big endian; r or s too long, zero. */
	give(amd);
	mint_report_sign(report.p, vlek.key);
	ev = judge(&report);
	IS(ev, FORGED, SIGNATURE);
	mint_report_sign(report.p, amd->key);
	for (size_t i = 0; i < 24; i++) {
		uint8_t b = report.p[0x2a0 + i];
		report.p[0x2a0 + i] = report.p[0x2a0 + 47 - i];
		report.p[0x2a0 + 47 - i] = b;
	}
	ev = judge(&report);
	IS(ev, FORGED, SIGNATURE);
	memset(report.p + 0x2a0, 0, 144);
	ev = judge(&report);
	IS(ev, FORGED, SIGNATURE);
	memset(report.p + 0x2a0, 0xff, 48);
	ev = judge(&report);
	IS(ev, FORGED, SIGNATURE);
	/* r, or s, is one byte longer than a number of the curve. */
	for (size_t at = 0x2a0 + 48; at <= 0x2e8 + 48; at += 72) {
		mint_report_sign(report.p, amd->key);
		report.p[at] = 1;
		ev = judge(&report);
		IS(ev, FORGED, SIGNATURE);
	}
	mint_free(&report);
	mint_amd_clear(&other);
	mint_amd_clear(&vlek);
}

/* The report with one more in a byte, signed rightly. */
static struct evidence with_more(struct mint_buf *report, size_t at, const struct mint_amd *amd)
{
	report->p[at]++;
	mint_report_sign(report->p, amd->key);
	struct evidence ev = judge(report);
	report->p[at]--;
	return ev;
}

/* A right signature of a report that names another TCB or chip than the certificate. */
static void test_other_chip(
	const struct mint_amd *amd, const uint16_t *tcb, size_t n_tcb, uint16_t last_of_chip)
{
	struct mint_buf report = made(amd, 3);
	struct evidence ev;
	give(amd);
	for (size_t i = 0; i < n_tcb; i++) {
		ev = with_more(&report, tcb[i], amd);
		IS(ev, FORGED, TCB);
	}
	ev = with_more(&report, 0x1a0, amd);
	IS(ev, FORGED, CHIP_ID);
	ev = with_more(&report, last_of_chip, amd);
	IS(ev, FORGED, CHIP_ID);
	/* The current TCB may be any. */
	ev = with_more(&report, 0x38, amd);
	IS(ev, GENUINE, NONE);
	/* MASK_CHIP_ID: not checked, and that is said. */
	memset(report.p + 0x1a0, 0, 64);
	mint_report_sign(report.p, amd->key);
	ev = judge(&report);
	IS(ev, GENUINE, NONE);
	CHECK((ev.steps & ~ev.checked & 1U << STEP_CHIP_ID) != 0);
	/* The wrong certificate, perhaps: said beside the signature. */
	report.p[0x1a0] = 1;
	ev = judge(&report);
	IS(ev, FORGED, SIGNATURE);
	CHECK_STR(ev.detail, "the report is not signed by the key of the certificate, which is of "
			     "another chip than the report names");
	mint_free(&report);
}

static void test_other_chips(const struct mint_amd *amd)
{
	static const uint16_t milan[] = {0x180, 0x181, 0x186, 0x187};
	static const uint16_t turin[] = {0x180, 0x181, 0x182, 0x183, 0x187};
	struct mint_amd other;
	test_other_chip(amd, milan, 4, 0x1df);
	/* What the certificate does not say may be anything. */
	struct mint_buf report = made(amd, 3);
	struct evidence ev = with_more(&report, 0x182, amd);
	IS(ev, GENUINE, NONE);
	mint_free(&report);
	mint_amd_open(&other, MINT_TURIN, false, 0);
	test_other_chip(&other, turin, 5, 0x1a7);
	mint_amd_clear(&other);
}

/* Of the certificates of several machines the right one is taken. */
static void test_several(const struct mint_amd *amd)
{
	struct mint_buf report = made(amd, 3);
	struct mint_amd turin, vlek;
	mint_amd_open(&turin, MINT_TURIN, false, 1);
	mint_amd_open(&vlek, MINT_MILAN, true, 0);
	certs_clear(&trust.given);
	certs_clear(&trust.roots);
	add(&trust.given, turin.cert);
	add(&trust.given, vlek.cert);
	add(&trust.given, vlek.ask);
	add(&trust.given, turin.ask);
	add(&trust.given, turin.ark);
	add(&trust.given, amd->cert);
	add(&trust.given, amd->ask);
	add(&trust.roots, amd->ark);
	struct evidence ev = judge(&report);
	IS(ev, GENUINE, NONE);
	mint_free(&report);
	mint_amd_clear(&turin);
	mint_amd_clear(&vlek);
}

static void test_unchecked(const struct mint_amd *amd)
{
	struct mint_buf report = made(amd, 3);
	struct text url = {0};
	give(amd);
	certs_clear(&trust.given);
	struct evidence ev = judge(&report);
	IS(ev, UNCHECKED, NONE);
	text_str(&url, "the VCEK certificate and its issuers' are missing: --certs; AMD has it: "
		       "https://kdsintf.amd.com/vcek/v1/Milan/02");
	for (size_t i = 0; i < 63; i++)
		text_str(&url, "c4");
	text_str(&url, "?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=210");
	CHECK_BYTES(bytes_of(ev.detail), text_bytes(&url));
	text_free(&url);
	CHECK_U64(ev.checked, 0);
	add(&trust.given, amd->cert);
	ev = judge(&report);
	IS(ev, UNCHECKED, NONE);
	CHECK_STR(
		ev.detail, "the certificate of the key's issuer (ASK or ASVK) is missing: --certs");
	add(&trust.given, amd->ask);
	certs_clear(&trust.roots);
	ev = judge(&report);
	IS(ev, UNCHECKED, NONE);
	CHECK_STR(ev.detail, "the certificate of the root (ARK) is missing: --certs");
	/* Whoever takes a signature away has to say so. */
	give(amd);
	report.p[0x48] = 7 << 2;
	ev = judge(&report);
	IS(ev, UNCHECKED, NONE);
	CHECK_STR(ev.detail, "the firmware did not sign this report");
	mint_free(&report);
}

static void test_refused(const struct mint_amd *amd)
{
	struct mint_buf report = made(amd, 3);
	struct evidence ev;
	give(amd);
	for (size_t n = 0; n < report.n; n++) {
		CHECK_INT(judged_by(&trust, (struct bytes){report.p, n}, &ev), -1);
		CHECK_INT(ev.err.status, ST_FORMAT);
	}
	report.p[0] = 6;
	ev = judge(&report);
	SAYS(ev, "offset 0: an SEV-SNP report of version 6, and only 2 to 5 are known here");
	report.p[0] = 1;
	ev = judge(&report);
	SAYS(ev, "offset 0: an SEV-SNP report of version 1, and only 2 to 5 are known here");
	report.p[0] = 3;
	report.p[0x48] = 2 << 2;
	ev = judge(&report);
	SAYS(ev, "offset 72: signed by a key of kind 2, and only VCEK (0), VLEK (1) and none (7) "
		 "are known here");
	report.p[0x48] = 0;
	report.p[0x189] = 0x7f;
	ev = judge(&report);
	SAYS(ev, "offset 392: a report of CPU family 0x19, model 0x7f, which is not known here");
	report.p[0x189] = 1;
	mint_fill(&report, 0, 5);
	ev = judge(&report);
	IS(ev, GENUINE, NONE);
	CHECK(ev.trailing == 5 && ev.trailing_zeros);
	mint_free(&report);
}

/* In SCALE, a number of two bytes. */
static void put_sized(struct mint_buf *b, const struct mint_buf *part)
{
	mint_le(b, part->n << 2 | 1, 2);
	mint_put(b, part->p, part->n);
}

static int judge_attestation(struct bytes raw, struct evidence *ret)
{
	struct text json = {0};
	text_str(&json, "{\"attestation\":\"");
	text_hex(&json, raw);
	text_str(&json, "\"}");
	int rc = judged_by(&trust, text_bytes(&json), ret);
	text_free(&json);
	return rc;
}

/* As dstack passes a report on, with its certificates; cut at every byte. */
static void test_attestation(const struct mint_amd *amd)
{
	struct mint_buf report = made(amd, 3), raw = {0}, pem = {0};
	struct evidence ev;
	give(amd);
	certs_clear(&trust.given);
	mint_put(&raw, "\0\3", 2);
	put_sized(&raw, &report);
	mint_le(&raw, 2 << 2, 1);
	mint_put_pem(&pem, amd->cert);
	put_sized(&raw, &pem);
	pem.n = 0;
	mint_put_pem(&pem, amd->ask);
	put_sized(&raw, &pem);
	CHECK_INT(judge_attestation((struct bytes){raw.p, raw.n}, &ev), 0);
	IS(ev, GENUINE, NONE);
	CHECK_U64(trust.given.n, 0);
	for (size_t n = 0; n < raw.n; n++) {
		CHECK_INT(judge_attestation((struct bytes){raw.p, n}, &ev), -1);
		CHECK_INT(ev.err.status, ST_FORMAT);
	}
	/* A length in four bytes; one in more than that, which nothing has. */
	struct mint_buf other = {0};
	mint_put(&other, "\0\3", 2);
	mint_le(&other, report.n << 2 | 2, 4);
	mint_put(&other, raw.p + 4, raw.n - 4);
	CHECK_INT(judge_attestation((struct bytes){other.p, other.n}, &ev), 0);
	IS(ev, GENUINE, NONE);
	other.p[2] |= 3;
	CHECK_INT(judge_attestation((struct bytes){other.p, other.n}, &ev), -1);
	mint_free(&report);
	mint_free(&raw);
	mint_free(&pem);
	mint_free(&other);
}

static void test_facts(const struct mint_amd *amd)
{
	struct mint_buf report = made(amd, 5);
	give(amd);
	report.p[0x30] = 2;
	report.p[0x0a] |= 1 << 3;
	mint_report_sign(report.p, amd->key);
	struct evidence ev = judge(&report);
	IS(ev, GENUINE, NONE);
	CHECK_U64(ev.snp.vmpl, 2);
	CHECK(ev.debug);
	CHECK_U64(ev.snp.policy, 0xb0000);
	CHECK_U64(ev.report_data[0], 0x55);
	mint_free(&report);
}

static void give_crl(const struct mint_crl *crl)
{
	struct mint_buf der = {0};
	struct err err;
	mint_put_crl(&der, crl);
	CHECK_INT(certs_add(&trust.given, (struct bytes){der.p, der.n}, &err), 0);
	mint_free(&der);
}

static void test_revoked(const struct mint_amd *amd)
{
	struct mint_buf report = made(amd, 3);
	struct mint_amd other;
	mint_amd_open(&other, MINT_MILAN, false, 1);
	give(amd);
	/* Lists of other issuers say nothing. */
	give_crl(&(struct mint_crl){.issuer = "ARK-Milan", .signer = other.ark_key, .revoked = 2});
	give_crl(&(struct mint_crl){.issuer = "ARK-Genoa", .signer = amd->ark_key, .revoked = 2});
	struct evidence ev = judge(&report);
	IS(ev, GENUINE, NONE);
	CHECK((ev.checked & 1U << STEP_CRL) == 0);
	give_crl(&(struct mint_crl){.issuer = "ARK-Milan", .signer = amd->ark_key, .revoked = 2});
	ev = judge(&report);
	IS(ev, UNTRUSTED, CRL);
	CHECK_STR(ev.detail, "the certificate 'SEV-Milan' is revoked");
	/* Before the clock, and although the certificate has expired. */
	trust.has_time = true;
	trust.at = IN_2031;
	ev = judge(&report);
	IS(ev, UNTRUSTED, CRL);
	certs_clear(&trust.given);
	give(amd);
	ev = judge(&report);
	IS(ev, UNTRUSTED, VALIDITY);
	CHECK_STR(ev.detail, "the certificate 'SEV-VCEK' is not valid at the time given by --at");
	/* A wrong signature is worse. */
	report.p[0x90] ^= 1;
	ev = judge(&report);
	IS(ev, FORGED, SIGNATURE);
	report.p[0x90] ^= 1;
	trust.has_time = false;
	ev = judge(&report);
	IS(ev, GENUINE, NONE);
	mint_free(&report);
	mint_amd_clear(&other);
}

/* Genuine reports of real machines. */
#define VECTORS TSMCTL_SHARED_DIR "/vectors/snp/"

static void add_file(const char *name)
{
	char path[512];
	struct err err;
	snprintf(path, sizeof(path), VECTORS "%s", name);
	if (certs_add_file(&trust.given, path, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
}

static struct evidence of_file(const char *name)
{
	char path[512];
	struct register_file regs;
	struct evidence ev;
	struct err err;
	snprintf(path, sizeof(path), VECTORS "%s", name);
	if (evidence_file_load(path, &trust, &regs, &ev, NULL, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	register_file_clear(&regs);
	return ev;
}

/* All of a report of these certificates, which are trusted because their root is AMD's. */
static void sweep_vector(const char *report)
{
	char path[512];
	struct err err;
	uint8_t *raw;
	size_t n;
	struct chain chain = {0};
	snprintf(path, sizeof(path), VECTORS "%s", report);
	CHECK_INT(input_read(path, 1 << 20, &raw, &n, &err), 0);
	sweep_report((struct bytes){raw, n});
	chain_find(trust.given.v[0], &trust, &chain);
	X509_up_ref(chain.leaf);
	X509_up_ref(chain.ca);
	X509_up_ref(chain.root);
	sweep_table((struct bytes){raw, n},
		&(struct mint_amd){.cert = chain.leaf, .ask = chain.ca, .ark = chain.root});
	X509_free(chain.leaf);
	X509_free(chain.ca);
	X509_free(chain.root);
	free(raw);
}

static void test_vectors(void)
{
	if (access(VECTORS, F_OK) < 0)
		return;
	certs_clear(&trust.given);
	certs_clear(&trust.roots);
	add_file("vcek_milan.der");
	add_file("cert_chain_milan.pem");
	struct evidence ev = of_file("report_milan.hex");
	IS(ev, GENUINE, NONE);
	CHECK_STR(ev.root, "ARK-Milan");
	CHECK((ev.checked & 1U << STEP_CHIP_ID) != 0);
	certs_clear(&trust.given);
	add_file("vlek_milan.der");
	add_file("milan_ask_ark_asvk.pem");
	ev = of_file("vlek_report_milan.bin");
	IS(ev, GENUINE, NONE);
	CHECK_U64(ev.snp.vmpl, 1);
	trust.has_time = true;
	trust.at = 1767225600; /* 2026-01-01 */
	ev = of_file("vlek_report_milan.bin");
	IS(ev, UNTRUSTED, VALIDITY);
	trust.has_time = false;
	sweep_vector("vlek_report_milan.bin");
}

int main(void)
{
	struct mint_amd amd;
	struct err err;
	CHECK_INT(evidence_trust_init(&trust, &err), 0);
	mint_amd_open(&amd, MINT_MILAN, false, 0);
	test_genuine();
	test_registers(&amd);
	test_forged(&amd);
	test_other_chips(&amd);
	test_several(&amd);
	test_unchecked(&amd);
	test_refused(&amd);
	test_attestation(&amd);
	test_facts(&amd);
	test_revoked(&amd);
	test_sweep(false);
	test_sweep(true);
	test_vectors();
	evidence_trust_clear(&trust);
	mint_amd_clear(&amd);
	return 0;
}
