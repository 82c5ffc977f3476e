/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence: quotes, SNP reports and TDX reports in whatever is around them; the same bytes are taken for each. It is
 * checked against the roots below. What begins with "PACK" brings its own trust: sections of a letter, a length of
 * 2 bytes (little-endian) and that many bytes, then 'e' and the evidence. 'r': certificates of roots, 'g': given
 * certificates or a revocation list, 't': the time, of 8 bytes.
 */
#include "fuzz.h"

#include <string.h>

#include "base/cursor.h"
#include "evidence/evidence_file.h"
#include "evidence/tpm_quote.h"
#include "mint.h"

enum { SNP_SIGNED = 0x2a0 };

/* The roots of the seeds, and what was signed under them; what a pack has. */
static struct evidence_trust trust, packed;
static struct mint_buf quotes[2], report;

static void trust_cert(struct certs *to, X509 *cert)
{
	struct mint_buf der = {0};
	struct err err;
	mint_put_der(&der, cert);
	MUST(certs_add(to, (struct bytes){der.p, der.n}, &err) == 0);
	mint_free(&der);
}

/* RSA keys are of the build folder, but the one that signs reports is always the same. */
static void init(void)
{
	struct mint_intel intel;
	struct mint_amd amd;
	struct err err;
	MUST(evidence_trust_init(&trust, &err) == 0 && evidence_trust_init(&packed, &err) == 0);
	mint_intel_open(&intel, 0);
	mint_amd_open(&amd, MINT_MILAN, false, 0);
	trust_cert(&trust.roots, intel.root);
	trust_cert(&trust.roots, amd.ark);
	trust_cert(&trust.given, amd.ask);
	trust_cert(&trust.given, amd.cert);
	mint_quote_body(&quotes[0], 4, false);
	mint_quote_body(&quotes[1], 5, false);
	mint_report(&report, &amd, 3);
	mint_intel_clear(&intel);
	mint_amd_clear(&amd);
}

static bool begins(struct bytes in, const struct mint_buf *with, size_t n)
{
	return in.n >= n && memcmp(in.p, with->p, n) == 0;
}

/*
 * Only what was signed is genuine. What is in an envelope is not looked into, and a pack may sign for itself, but not
 * as a vendor.
 */
static bool was_signed(struct bytes in, const struct evidence_trust *by, const struct evidence *ev)
{
	if (ev->type == EVIDENCE_TPM_QUOTE)
		return false;
	if (by == &packed)
		return packed.roots.n > 0;
	bool raw = in.p[0] >= 2 && in.p[0] <= 5;
	if (ev->type == EVIDENCE_SNP_REPORT)
		return !raw || begins(in, &report, SNP_SIGNED);
	return !raw || begins(in, &quotes[0], quotes[0].n) || begins(in, &quotes[1], quotes[1].n);
}

static void check_error(const struct err *err)
{
	MUST(err->status == ST_FORMAT && err->msg[0] != '\0');
	MUST(memchr(err->msg, '\0', sizeof(err->msg)) != NULL);
	for (const char *c = err->msg; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

/* Ten registers, one more in a newer quote or a report, six of an SNP guest, and PCRs. */
static bool count_fits(size_t n, enum evidence_type type)
{
	if (type == EVIDENCE_TPM_QUOTE)
		return n >= 1 && n <= TPM_QUOTE_PCRS_MAX;
	return type == EVIDENCE_SNP_REPORT ? n == 6 : n == 10 || n == 11;
}

static void check_registers(const struct register_file *v, const struct evidence *ev)
{
	struct mr_index index;
	struct err err;
	MUST(count_fits(v->mrs.n, ev->type));
	MUST(mr_index_init(&index, v->mrs.mr, v->mrs.n, &err) == 0);
	for (size_t i = 0; i < v->mrs.n; i++) {
		MUST(v->mrs.mr[i]->size == v->value[i].n);
		struct mr *found = NULL;
		MUST(register_file_match(v, i, &index, &found) == VALUES_ONE &&
			found == v->mrs.mr[i]);
	}
	mr_index_clear(&index);
}

static void check_verdict(
	struct bytes in, const struct evidence_trust *by, const struct evidence *ev)
{
	MUST(ev->verdict != EVIDENCE_GENUINE || was_signed(in, by, ev));
	MUST((ev->verdict == EVIDENCE_NONE) == (ev->err.status != ST_OK));
	MUST((ev->verdict == EVIDENCE_FORGED || ev->verdict == EVIDENCE_UNTRUSTED) ==
		(ev->failed != STEP_NONE));
	MUST((ev->checked & ~ev->steps) == 0);
	if (ev->verdict == EVIDENCE_NONE) {
		check_error(&ev->err);
		MUST(ev->checked == 0);
	} else {
		MUST((ev->detail[0] != '\0') == (ev->verdict != EVIDENCE_GENUINE));
	}
	for (const char *c = ev->detail; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

/* Without `by` it is a TDREPORT. */
static int parse(struct bytes in, const struct evidence_trust *by, struct register_file *v,
	struct evidence *ev, struct err *err)
{
	return by != NULL ? evidence_file_parse(in, by, v, ev, err)
			  : evidence_file_parse_tdreport(in, v, ev, err);
}

/* A quote ends where its signature does: without what follows it says the same. */
static void check_end(struct bytes in, const struct evidence_trust *by, const struct evidence *ev)
{
	struct register_file cut;
	struct evidence again;
	struct err err;
	if ((in.p[0] != 4 && in.p[0] != 5) || ev->type != EVIDENCE_TDX_QUOTE)
		return;
	MUST(ev->trailing < in.n);
	in.n -= ev->trailing;
	MUST(parse(in, by, &cut, &again, &err) == 0);
	MUST(again.trailing == 0 && again.verdict == ev->verdict && again.failed == ev->failed);
	register_file_clear(&cut);
	in.n--;
	MUST(parse(in, by, &cut, &again, &err) < 0);
	check_error(&err);
	register_file_clear(&cut);
}

/* Lists and a time only take trust away. */
static void check_status(struct bytes in, const struct evidence *ev)
{
	struct evidence_trust less = packed;
	struct register_file v;
	struct evidence without;
	struct err err;
	less.given.n_crls = 0;
	less.has_time = false;
	MUST(parse(in, &less, &v, &without, &err) == 0);
	MUST(ev->verdict == without.verdict ||
		((without.verdict == EVIDENCE_GENUINE || ev->type == EVIDENCE_TPM_QUOTE) &&
			ev->verdict == EVIDENCE_UNTRUSTED));
	register_file_clear(&v);
}

static void run(struct bytes in, const struct evidence_trust *by)
{
	struct register_file v;
	struct evidence ev;
	struct err err = {0};
	if (parse(in, by, &v, &ev, &err) < 0) {
		check_error(&err);
		MUST(v.mrs.n == 0);
	} else {
		check_registers(&v, &ev);
		check_verdict(in, by, &ev);
		check_end(in, by, &ev);
		if (by == &packed)
			check_status(in, &ev);
	}
	register_file_clear(&v);
}

/* One section into `packed`; false behind the last. */
static bool take_section(struct cursor *c)
{
	struct bytes kind = cur_take(c, 1);
	if (!cur_ok(c) || kind.p[0] == 'e')
		return false;
	struct bytes b = cur_take(c, cur_le16(c));
	struct cursor time = {.left = b};
	struct err err = {0};
	if (kind.p[0] == 't') {
		packed.at = (time_t)cur_le64(&time);
		packed.has_time = true;
	} else if (certs_add(kind.p[0] == 'r' ? &packed.roots : &packed.given, b, &err) < 0) {
		check_error(&err);
	}
	return cur_ok(c);
}

static void run_packed(struct bytes in)
{
	struct cursor c = {.left = in};
	packed.has_time = false;
	while (take_section(&c))
		;
	run(c.left, &packed);
	evidence_trust_clear(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t magic = sizeof("PACK") - 1;
	struct bytes in = {data, size};
	if (trust.given.pki == NULL)
		init();
	if (bytes_start_with(in, "PACK")) {
		run_packed((struct bytes){data + magic, size - magic});
		return 0;
	}
	run(in, &trust);
	run(in, NULL);
	return 0;
}
