/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/tdx_check.h"

#include <string.h>

#include "base/cursor.h"
#include "evidence/chain.h"
#include "evidence/der.h"
#include "evidence/signature.h"
#include "evidence/tdx_signature.h"
#include "formats/record_reader.h"

enum {
	/* In the report of an enclave: Intel SDM, volume 3D, "REPORT". */
	QE_ATTRIBUTES = 48,
	QE_DEBUG = 1 << 1,
	QE_MRSIGNER = 128,
	QE_MRSIGNER_SIZE = 32,
	QE_ISVPRODID = 256,
	QE_ISVSVN = 258,
	QE_REPORT_DATA = 320,
	QE_ISVPRODID_TDX = 2,
};

static const struct chain_pin intel = {
	"Intel SGX Root CA", "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e"};

/* What Intel signs its enclaves with. */
static const char intel_mrsigner[] =
	"dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5";

/* 1.2.840.113741.1.13.1, and what follows it in the ids of its members. */
static const uint8_t pck_oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

struct check {
	const struct libcrypto_pki *pki;
	const struct evidence_trust *trust;
	struct tdx_signature sig;
	struct certs own; /* of the quote */
	struct chain chain;
};

static bool is_hex(struct bytes b, const char *hex)
{
	uint8_t want[SHA256_SIZE];
	return hex_get(want, b.n, bytes_of(hex), false) &&
	       bytes_equal(b, (struct bytes){want, b.n});
}

static bool is_named(const struct libcrypto_pki *pki, const X509 *cert, const char *name)
{
	char own[CERT_NAME_SIZE];
	return strcmp(certs_name(pki, cert, own), name) == 0;
}

static bool is_pck_ca(const struct libcrypto_pki *pki, const X509 *cert)
{
	return is_named(pki, cert, "Intel SGX PCK Platform CA") ||
	       is_named(pki, cert, "Intel SGX PCK Processor CA");
}

#define PCK_NAME "Intel SGX PCK Certificate"

static bool is_signed_by(const struct check *k, const X509 *cert)
{
	bool good = false;
	struct err ignored;
	EVP_PKEY *key = k->pki->X509_get0_pubkey(cert);
	return key != NULL &&
	       signature_check(
		       k->pki, key, k->sig.qe_report, k->sig.qe_signature, &good, &ignored) == 0 &&
	       good;
}

/*
 * What the quote does not have is looked for among what was given: of several platforms' certificates, that
 * of this quote; else the first.
 */
static void take_given_chain(struct check *k)
{
	const struct certs *given = &k->trust->given;
	struct chain first = {0};
	for (size_t i = 0; i < given->n; i++) {
		if (!is_named(k->pki, given->v[i], PCK_NAME))
			continue;
		chain_find(given->v[i], k->trust, &k->chain);
		if (k->chain.root != NULL && is_signed_by(k, given->v[i]))
			return;
		if (first.root == NULL)
			first = k->chain;
	}
	k->chain = first;
}

static int take_own_leaf(struct check *k, struct err *err)
{
	if (k->own.n != 1)
		return err_set(
			err, ST_FORMAT, "the quote has %zu certificates, and it needs 1", k->own.n);
	chain_find(k->own.v[0], k->trust, &k->chain);
	return 0;
}

/*
 * The order counts: a root that is elsewhere in the quote makes a wrong one of what stands in its
 * place.
 */
static int take_own_chain(struct check *k, struct err *err)
{
	if (k->own.n != 3)
		return err_set(err, ST_FORMAT,
			"the quote has %zu certificates, and it needs 3: leaf, intermediate, root",
			k->own.n);
	for (size_t i = 0; i < 2; i++) {
		bool pinned;
		if (chain_is_pinned(k->own.v[i], &intel, 1, k->trust, &pinned, err) < 0)
			return -1;
		if (pinned)
			return err_set(err, ST_FORMAT,
				"the quote's certificates are not in the order leaf, intermediate, "
				"root");
	}
	k->chain = (struct chain){k->own.v[0], k->own.v[1], k->own.v[2]};
	return 0;
}

static int take_chain(struct check *k, struct err *err)
{
	if (k->sig.certs_type < TDX_CERTS_LEAF) {
		take_given_chain(k);
		return 0;
	}
	if (certs_add_strict(&k->own, k->sig.certs, err) < 0)
		return err_in(err, "the quote's certificates");
	return k->sig.certs_type == TDX_CERTS_LEAF ? take_own_leaf(k, err) : take_own_chain(k, err);
}

static bool has_chain(const struct check *k)
{
	return k->chain.leaf != NULL && k->chain.ca != NULL && k->chain.root != NULL;
}

/* What is signed right, but for another purpose. */
static int check_names(const struct check *k, struct err *err)
{
	char leaf[CERT_NAME_SIZE], ca[CERT_NAME_SIZE];
	if (is_named(k->pki, k->chain.leaf, PCK_NAME) && is_pck_ca(k->pki, k->chain.ca))
		return 0;
	return err_set(err, ST_FORMAT,
		"the certificates are '%s' and '%s', not a PCK certificate and its CA",
		certs_name(k->pki, k->chain.leaf, leaf), certs_name(k->pki, k->chain.ca, ca));
}

/* SEQUENCE of an id below pck_oid and a value: the last number of the id, and what follows it. */
static bool take_member(struct bytes *in, uint8_t *ret_id, struct bytes *ret)
{
	struct bytes oid;
	if (!der_take(in, DER_SEQUENCE, ret) || !der_take(ret, DER_OID, &oid) || oid.n == 0)
		return false;
	*ret_id = oid.p[oid.n - 1];
	return true;
}

static bool take_octets(struct bytes in, uint8_t *dst, size_t n)
{
	struct bytes v;
	if (!der_take(&in, DER_OCTET_STRING, &v) || v.n != n)
		return false;
	memcpy(dst, v.p, n);
	return true;
}

static bool take_pcesvn(struct bytes in, uint32_t *ret)
{
	enum { PCESVN = 17 };
	struct bytes tcb, value;
	uint8_t id;
	if (!der_take(&in, DER_SEQUENCE, &tcb))
		return false;
	while (take_member(&tcb, &id, &value))
		if (id == PCESVN)
			return der_take_uint(&value, UINT16_MAX, ret);
	return false;
}

/* PCK Certificate Profile, section "SGX Extensions". */
static int take_platform(const struct check *k, struct evidence *ev, struct err *err)
{
	enum { TCB = 2, PCEID = 3, FMSPC = 4 };
	struct bytes ext =
		certs_extension(k->pki, k->chain.leaf, (struct bytes){pck_oid, sizeof(pck_oid)});
	struct bytes list, value;
	unsigned seen = 0;
	uint8_t id;
	if (ext.p == NULL || !der_take(&ext, DER_SEQUENCE, &list))
		list = (struct bytes){0};
	while (take_member(&list, &id, &value)) {
		bool good = id == TCB	  ? take_pcesvn(value, &ev->tdx.pcesvn)
			    : id == PCEID ? take_octets(value, ev->tdx.pceid, PCEID_SIZE)
			    : id == FMSPC ? take_octets(value, ev->tdx.fmspc, FMSPC_SIZE)
					  : false;
		seen |= good ? 1U << id : 0;
	}
	ev->tdx.has_pck = seen == (1U << TCB | 1U << PCEID | 1U << FMSPC);
	if (!ev->tdx.has_pck)
		return err_set(
			err, ST_FORMAT, "the PCK certificate does not have Intel's SGX extension");
	return 0;
}

static int check_qe_signature(const struct check *k, struct evidence *ev, struct err *err)
{
	bool good;
	EVP_PKEY *key = k->pki->X509_get0_pubkey(k->chain.leaf);
	if (signature_check(k->pki, key, k->sig.qe_report, k->sig.qe_signature, &good, err) < 0)
		return -1;
	if (good)
		evidence_passed(ev, STEP_QE_SIGNATURE);
	else
		evidence_fail(ev, EVIDENCE_FORGED, STEP_QE_SIGNATURE,
			"the quoting enclave's report is not signed by the platform's key%s",
			k->sig.certs_type == TDX_CERTS_CHAIN
				? ""
				: ", or --certs is of another platform");
	return 0;
}

/* Root, chain and the quoting enclave's report. */
static int check_certified(struct check *k, struct evidence *ev, struct err *err)
{
	if (chain_check(&k->chain, &intel, 1, k->trust, ev, err) < 0)
		return -1;
	if (!evidence_goes_on(ev))
		return 0;
	if (check_names(k, err) < 0 || take_platform(k, ev, err) < 0)
		return -1;
	return check_qe_signature(k, ev, err);
}

/* SHA-256 of the key and what the enclave was given with it, then zeros. */
static int check_binding(const struct check *k, struct evidence *ev, struct err *err)
{
	struct hasher *h;
	struct digest d;
	uint8_t want[REPORT_DATA_SIZE] = {0};
	if (hasher_open(&h, HASH_SHA256, err) < 0)
		return -1;
	int rc = hash_begin(h, err);
	rc = rc < 0 ? rc : hash_more(h, k->sig.key, err);
	rc = rc < 0 ? rc : hash_more(h, k->sig.qe_auth, err);
	rc = rc < 0 ? rc : hash_end(h, &d, err);
	hasher_close(h);
	if (rc < 0)
		return -1;
	memcpy(want, d.v, SHA256_SIZE);
	if (memcmp(want, k->sig.qe_report.p + QE_REPORT_DATA, sizeof(want)) == 0)
		evidence_passed(ev, STEP_BINDING);
	else
		evidence_fail(ev, EVIDENCE_FORGED, STEP_BINDING,
			"the quoting enclave's report is not of the key that signed the quote");
	return 0;
}

static void check_identity(const struct check *k, struct evidence *ev)
{
	const uint8_t *qe = k->sig.qe_report.p;
	struct bytes signer = {qe + QE_MRSIGNER, QE_MRSIGNER_SIZE};
	if (is_hex(signer, intel_mrsigner) && get_le16(qe + QE_ISVPRODID) == QE_ISVPRODID_TDX)
		evidence_passed(ev, STEP_QE_IDENTITY);
	else
		evidence_fail(ev, EVIDENCE_FORGED, STEP_QE_IDENTITY,
			"the enclave that signed the quote is not Intel's quoting enclave for TDX");
}

static int check_signature(const struct check *k, struct evidence *ev, struct err *err)
{
	EVP_PKEY *key;
	bool good = false;
	if (signature_key(k->pki, k->sig.key, &key, err) < 0)
		return -1;
	int rc = key == NULL
			 ? 0
			 : signature_check(k->pki, key, k->sig.data, k->sig.signature, &good, err);
	k->pki->EVP_PKEY_free(key);
	if (rc < 0)
		return -1;
	if (good)
		evidence_passed(ev, STEP_SIGNATURE);
	else
		evidence_fail(
			ev, EVIDENCE_FORGED, STEP_SIGNATURE, "the quote's signature is wrong");
	return 0;
}

/* A debug enclave's host can have it sign anything. */
static void check_trusted(const struct check *k, struct evidence *ev)
{
	if ((k->sig.qe_report.p[QE_ATTRIBUTES] & QE_DEBUG) != 0) {
		ev->checked &= ~(1U << STEP_QE_IDENTITY);
		evidence_fail(ev, EVIDENCE_UNTRUSTED, STEP_QE_IDENTITY,
			"the quoting enclave is a debug one, which its host can change");
	} else if (has_chain(k)) {
		chain_check_status(&k->chain, k->trust, ev);
	}
}

static int run(struct check *k, struct evidence *ev, struct err *err)
{
	if (has_chain(k) && check_certified(k, ev, err) < 0)
		return -1;
	if (evidence_goes_on(ev) && check_binding(k, ev, err) < 0)
		return -1;
	if (evidence_goes_on(ev))
		check_identity(k, ev);
	if (evidence_goes_on(ev) && check_signature(k, ev, err) < 0)
		return -1;
	if (evidence_goes_on(ev))
		check_trusted(k, ev);
	if (evidence_goes_on(ev) && has_chain(k))
		ev->verdict = EVIDENCE_GENUINE;
	else if (evidence_goes_on(ev))
		evidence_lacks(ev,
			"the quote lacks %sthe certificates of the platform's CA and the "
			"root: --certs",
			k->chain.leaf == NULL ? "its PCK certificate and " : "");
	return 0;
}

int tdx_check(struct bytes quote, size_t at, const struct evidence_trust *trust,
	struct evidence *ev, struct err *err)
{
	struct check k = {.pki = trust->given.pki, .trust = trust, .own.pki = trust->given.pki};
	ev->steps = 1U << STEP_ROOT | 1U << STEP_CHAIN | 1U << STEP_QE_SIGNATURE |
		    1U << STEP_BINDING | 1U << STEP_QE_IDENTITY | 1U << STEP_SIGNATURE |
		    1U << STEP_CRL | 1U << STEP_TCB_LEVEL | 1U << STEP_VALIDITY;
	if (tdx_signature_parse(quote, at, &k.sig, err) < 0)
		return -1;
	ev->tdx.qe_isvsvn = get_le16(k.sig.qe_report.p + QE_ISVSVN);
	int rc = take_chain(&k, err);
	if (rc == 0)
		rc = run(&k, ev, err);
	certs_clear(&k.own);
	return rc;
}
