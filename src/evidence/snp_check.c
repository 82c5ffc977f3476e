/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/snp_check.h"

#include <string.h>

#include "evidence/chain.h"
#include "evidence/der.h"
#include "evidence/signature.h"

/* One for both chains of a product. */
static const struct chain_pin amd[] = {
	{"ARK-Milan", "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9"},
	{"ARK-Genoa", "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831"},
	{"ARK-Turin", "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A component of the TCB: the last number of its id, and where it is in the reported TCB. */
struct spl {
	uint8_t id, at;
};

static const struct spl spls_milan[] = {{1, 0}, {2, 1}, {3, 6}, {8, 7}};
static const struct spl spls_turin[] = {{9, 0}, {1, 1}, {2, 2}, {3, 3}, {8, 7}};

struct check {
	const struct libcrypto_pki *pki;
	const struct evidence_trust *trust;
	const struct snp_report *report;
	struct chain chain;
	enum snp_product product;
	bool tcb, chip; /* the leaf is of the reported TCB, of this chip */
};

/* An id of AMD's: 1.3.6.1.4.1.3704.1.ID, or 1.3.6.1.4.1.3704.1.3.ID for a component. */
static struct bytes amd_extension(const struct check *k, bool component, uint8_t id)
{
	uint8_t oid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x03, 0};
	size_t n = component ? sizeof(oid) : sizeof(oid) - 1;
	oid[n - 1] = id;
	return certs_extension(k->pki, k->chain.leaf, (struct bytes){oid, n});
}

static bool is_named(const struct check *k, const X509 *cert, const char *want)
{
	char name[CERT_NAME_SIZE];
	return strcmp(certs_name(k->pki, cert, name), want) == 0;
}

static bool is_leaf(const struct check *k, const X509 *cert)
{
	return is_named(k, cert, k->report->key == SNP_VLEK ? "SEV-VLEK" : "SEV-VCEK");
}

/* An intermediate's name ends in its product: "SEV-Milan", "SEV-VLEK-Milan". */
static enum snp_product product_of(const struct check *k, const X509 *ca)
{
	char name[CERT_NAME_SIZE];
	const char *dash = strrchr(certs_name(k->pki, ca, name), '-');
	for (enum snp_product p = SNP_MILAN; dash != NULL && p < SNP_PRODUCTS; p++)
		if (strcmp(dash + 1, snp_product_name(p)) == 0)
			return p;
	return SNP_UNKNOWN;
}

static int take_spl(const struct check *k, uint8_t id, uint32_t *ret, struct err *err)
{
	struct bytes ext = amd_extension(k, true, id);
	if (ext.p != NULL && der_take_uint(&ext, UINT8_MAX, ret) && ext.n == 0)
		return 0;
	return err_set(err, ST_FORMAT,
		"the certificate of the report's key has no component %u of "
		"the TCB",
		id);
}

/* The reported TCB, not the current one: the key is derived from that. */
static int compare_tcb(struct check *k, const struct evidence *ev, struct err *err)
{
	bool turin = k->product == SNP_TURIN;
	const struct spl *spls = turin ? spls_turin : spls_milan;
	size_t n = turin ? COUNT(spls_turin) : COUNT(spls_milan);
	k->tcb = true;
	for (size_t i = 0; i < n; i++) {
		uint32_t spl = 0;
		if (take_spl(k, spls[i].id, &spl, err) < 0)
			return -1;
		k->tcb = k->tcb && spl == ev->snp.reported_tcb[spls[i].at];
	}
	return 0;
}

/* The firmware may be told to show zeros in place of the chip's id. */
static bool is_masked(const struct evidence *ev)
{
	return bytes_all_zero((struct bytes){ev->snp.chip_id, SNP_CHIP_ID_SIZE});
}

/* The id stands in the extension as it is, without DER. Turin's is shorter than its field. */
static int compare_chip(struct check *k, const struct evidence *ev, struct err *err)
{
	enum { HWID = 4, TURIN_HWID_SIZE = 8 };
	struct bytes ext = amd_extension(k, false, HWID);
	size_t n = k->product == SNP_TURIN ? TURIN_HWID_SIZE : SNP_CHIP_ID_SIZE;
	if (ext.n != n)
		return err_set(err, ST_FORMAT,
			"the VCEK certificate has a chip id of %zu bytes, and %s has %zu", ext.n,
			snp_product_name(k->product), n);
	k->chip = bytes_equal(ext, (struct bytes){ev->snp.chip_id, n});
	return 0;
}

/* A VLEK is of a provider, not of a chip. */
static bool has_chip(const struct check *k, const struct evidence *ev)
{
	return k->report->key == SNP_VCEK && !is_masked(ev);
}

static int compare(struct check *k, const struct evidence *ev, struct err *err)
{
	char name[CERT_NAME_SIZE];
	k->product = k->report->product;
	if (k->product == SNP_UNKNOWN && k->chain.ca != NULL)
		k->product = product_of(k, k->chain.ca);
	if (k->product == SNP_UNKNOWN)
		return err_set(err, ST_FORMAT, "the certificate '%s' is for an unknown product",
			k->chain.ca != NULL ? certs_name(k->pki, k->chain.ca, name) : "");
	k->chip = true;
	if (compare_tcb(k, ev, err) < 0)
		return -1;
	return has_chip(k, ev) ? compare_chip(k, ev, err) : 0;
}

/* Of several, as for several machines or patch levels, the one of this report; else the first. */
static void take_leaf(struct check *k, const struct evidence *ev)
{
	const struct certs *given = &k->trust->given;
	struct chain first = {0};
	for (size_t i = 0; i < given->n; i++) {
		struct err ignored;
		if (!is_leaf(k, given->v[i]))
			continue;
		chain_find(given->v[i], k->trust, &k->chain);
		if (compare(k, ev, &ignored) == 0 && k->tcb && k->chip)
			return;
		if (first.leaf == NULL)
			first = k->chain;
	}
	k->chain = first;
}

/* Whether the certificate of the other kind of key was given. */
static bool say_other_key(const struct check *k, struct evidence *ev)
{
	bool vlek = k->report->key == SNP_VLEK;
	const struct certs *given = &k->trust->given;
	for (size_t i = 0; i < given->n; i++) {
		if (!is_named(k, given->v[i], vlek ? "SEV-VCEK" : "SEV-VLEK"))
			continue;
		evidence_lacks(ev,
			"the report is signed by a %s, and the certificate of a %s was given: "
			"--certs",
			vlek ? "VLEK" : "VCEK", vlek ? "VCEK" : "VLEK");
		return true;
	}
	return false;
}

static void say_missing(const struct check *k, struct evidence *ev)
{
	const uint8_t *tcb = ev->snp.reported_tcb;
	char chip[2 * SNP_CHIP_ID_SIZE + 1];
	if (k->report->key == SNP_NO_KEY)
		evidence_lacks(ev, "the firmware did not sign this report");
	else if (k->chain.leaf != NULL)
		evidence_lacks(ev, "the certificate of the %s is missing: --certs",
			k->chain.ca == NULL ? "key's issuer (ASK or ASVK)" : "root (ARK)");
	else if (say_other_key(k, ev))
		return;
	else if (k->report->key == SNP_VLEK)
		evidence_lacks(ev, "the VLEK certificate, which the host has, and its issuers' are "
				   "missing: --certs");
	else if (k->product != SNP_MILAN && k->product != SNP_GENOA)
		evidence_lacks(ev, "the VCEK certificate and its issuers' are missing: --certs");
	else
		evidence_lacks(ev,
			"the VCEK certificate and its issuers' are missing: --certs; AMD has it: "
			"https://kdsintf.amd.com/vcek/v1/%s/%s?blSPL=%u&teeSPL=%u&snpSPL=%u&"
			"ucodeSPL=%u",
			snp_product_name(k->product),
			hex_str(chip, (struct bytes){ev->snp.chip_id, SNP_CHIP_ID_SIZE}), tcb[0],
			tcb[1], tcb[6], tcb[7]);
}

/* r or s, turned around; false if it is longer than a number of P-384 can be. */
static bool take_number(const uint8_t *field, uint8_t *dst)
{
	for (size_t i = 0; i < P384_SIZE; i++)
		dst[i] = field[P384_SIZE - 1 - i];
	return bytes_all_zero((struct bytes){field + P384_SIZE, SNP_SIGNATURE_FIELD - P384_SIZE});
}

/* A wrong certificate makes a right signature look wrong: then that is said, too. */
static void say_forged(const struct check *k, struct evidence *ev)
{
	evidence_fail(ev, EVIDENCE_FORGED, STEP_SIGNATURE,
		"the report is not signed by the key of the certificate%s",
		!k->chip  ? ", which is of another chip than the report names"
		: !k->tcb ? ", which is of another TCB than the report names"
			  : "");
}

static int check_signature(const struct check *k, struct evidence *ev, struct err *err)
{
	uint8_t rs[2 * P384_SIZE];
	const uint8_t *p = k->report->bytes.p;
	EVP_PKEY *key = k->pki->X509_get0_pubkey(k->chain.leaf);
	bool fits = take_number(p + SNP_SIGNATURE_R, rs), good = false;
	fits = take_number(p + SNP_SIGNATURE_R + SNP_SIGNATURE_FIELD, rs + P384_SIZE) && fits;
	if (fits && signature_check(k->pki, key, (struct bytes){p, SNP_SIGNED_SIZE},
			    (struct bytes){rs, sizeof(rs)}, &good, err) < 0)
		return -1;
	if (good)
		evidence_passed(ev, STEP_SIGNATURE);
	else
		say_forged(k, ev);
	return 0;
}

static void check_match(const struct check *k, struct evidence *ev)
{
	if (!k->tcb) {
		evidence_fail(ev, EVIDENCE_FORGED, STEP_TCB,
			"the certificate is of another TCB than the report names");
		return;
	}
	evidence_passed(ev, STEP_TCB);
	if (!k->chip)
		evidence_fail(ev, EVIDENCE_FORGED, STEP_CHIP_ID,
			"the certificate is of another chip than the report names");
	else if (has_chip(k, ev))
		evidence_passed(ev, STEP_CHIP_ID);
}

static int run(struct check *k, struct evidence *ev, struct err *err)
{
	if (chain_check(&k->chain, amd, COUNT(amd), k->trust, ev, err) < 0)
		return -1;
	if (!evidence_goes_on(ev))
		return 0;
	if (compare(k, ev, err) < 0 || check_signature(k, ev, err) < 0)
		return -1;
	ev->snp.product = snp_product_name(k->product);
	if (evidence_goes_on(ev))
		check_match(k, ev);
	if (evidence_goes_on(ev))
		chain_check_status(&k->chain, k->trust, ev);
	if (evidence_goes_on(ev))
		ev->verdict = EVIDENCE_GENUINE;
	return 0;
}

int snp_check(const struct snp_report *report, const struct evidence_trust *trust,
	struct evidence *ev, struct err *err)
{
	struct check k = {
		.pki = trust->given.pki,
		.trust = trust,
		.report = report,
		.product = report->product,
	};
	ev->steps = 1U << STEP_ROOT | 1U << STEP_CHAIN | 1U << STEP_SIGNATURE | 1U << STEP_TCB |
		    1U << STEP_CRL | 1U << STEP_TCB_LEVEL | 1U << STEP_VALIDITY;
	if (report->key == SNP_VCEK)
		ev->steps |= 1U << STEP_CHIP_ID;
	if (report->key != SNP_NO_KEY)
		take_leaf(&k, ev);
	if (k.chain.root != NULL)
		return run(&k, ev, err);
	say_missing(&k, ev);
	return 0;
}
