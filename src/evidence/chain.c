/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "base/scope.h"
#include "evidence/signature.h"

enum { CHAIN_LENGTH = 3 };

static int key_sha256(
	const struct libcrypto_pki *pki, const X509 *cert, struct digest *ret, struct err *err)
{
	struct hasher *h;
	X509_PUBKEY *key = pki->X509_get_X509_PUBKEY(cert);
	int n = pki->i2d_X509_PUBKEY(key, NULL);
	AUTO_FREE uint8_t *der = n > 0 ? malloc((size_t)n) : NULL;
	uint8_t *p = der;
	if (der == NULL)
		return err_sys(err, ENOMEM, "certificate");
	n = pki->i2d_X509_PUBKEY(key, &p);
	if (hasher_open(&h, HASH_SHA256, err) < 0)
		return -1;
	int rc = hash_bytes(h, (struct bytes){der, (size_t)n}, ret, err);
	hasher_close(h);
	return rc;
}

/* Whose root has this key; NULL if it is none that is trusted. */
static int find_root(const struct digest *key, const struct chain_pin *pins, size_t n_pins,
	const struct evidence_trust *trust, const char **ret, struct err *err)
{
	char hex[2 * SHA256_SIZE + 1];
	struct digest own;
	*ret = NULL;
	for (size_t i = 0; i < trust->roots.n; i++) {
		if (key_sha256(trust->roots.pki, trust->roots.v[i], &own, err) < 0)
			return -1;
		if (digest_equal(key, &own))
			*ret = "--root-ca";
	}
	hex_str(hex, digest_bytes(key));
	for (size_t i = 0; i < n_pins && trust->roots.n == 0; i++)
		if (strcmp(pins[i].sha256, hex) == 0)
			*ret = pins[i].name;
	return 0;
}

int chain_is_pinned(const X509 *cert, const struct chain_pin *pins, size_t n_pins,
	const struct evidence_trust *trust, bool *ret, struct err *err)
{
	struct digest key;
	const char *root;
	if (key_sha256(trust->given.pki, cert, &key, err) < 0 ||
		find_root(&key, pins, n_pins, trust, &root, err) < 0)
		return -1;
	*ret = root != NULL;
	return 0;
}

static X509 *issuer_in(const struct certs *certs, const X509 *cert)
{
	const struct libcrypto_pki *pki = certs->pki;
	for (size_t i = 0; i < certs->n; i++)
		if (certs->v[i] != cert &&
			pki->X509_NAME_cmp(pki->X509_get_subject_name(certs->v[i]),
				pki->X509_get_issuer_name(cert)) == 0)
			return certs->v[i];
	return NULL;
}

static X509 *issuer_of(const X509 *cert, const struct evidence_trust *trust)
{
	X509 *issuer = cert != NULL ? issuer_in(&trust->roots, cert) : NULL;
	return cert != NULL && issuer == NULL ? issuer_in(&trust->given, cert) : issuer;
}

void chain_find(X509 *leaf, const struct evidence_trust *trust, struct chain *ret)
{
	ret->leaf = leaf;
	ret->ca = issuer_of(leaf, trust);
	ret->root = issuer_of(ret->ca, trust);
}

static int check_root(const struct chain *chain, const struct chain_pin *pins, size_t n_pins,
	const struct evidence_trust *trust, struct evidence *ev, struct err *err)
{
	struct digest key;
	const char *root;
	if (key_sha256(trust->given.pki, chain->root, &key, err) < 0 ||
		find_root(&key, pins, n_pins, trust, &root, err) < 0)
		return -1;
	memcpy(ev->root_sha256, key.v, sizeof(ev->root_sha256));
	ev->root = root != NULL ? root : "unknown";
	if (root == NULL)
		evidence_fail(ev, EVIDENCE_FORGED, STEP_ROOT,
			"the root's key is not %s: whoever has that key made this chain",
			trust->roots.n > 0 ? "that of --root-ca" : "the vendor's");
	else
		evidence_passed(ev, STEP_ROOT);
	return 0;
}

/* What X509_verify_cert says of a chain that somebody made without the keys. */
static bool is_forgery(int code)
{
	switch (code) {
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
	case X509_V_ERR_AKID_SKID_MISMATCH:
	case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
		return true;
	default:
		return false;
	}
}

static int judge(const struct libcrypto_pki *pki, const X509_STORE_CTX *ctx, bool good,
	struct evidence *ev, struct err *err)
{
	if (good) {
		const OPENSSL_STACK *built =
			(const OPENSSL_STACK *)pki->X509_STORE_CTX_get0_chain(ctx);
		if (pki->OPENSSL_sk_num(built) != CHAIN_LENGTH)
			return err_set(err, ST_FORMAT,
				"the certificates are not in the order leaf, intermediate, root");
		evidence_passed(ev, STEP_CHAIN);
		return 0;
	}
	int code = pki->X509_STORE_CTX_get_error(ctx);
	const char *why = pki->X509_verify_cert_error_string(code);
	if (signature_not_computed(pki) || code == X509_V_ERR_OUT_OF_MEM ||
		code == X509_V_ERR_UNSPECIFIED)
		return err_set(err, ST_SYSTEM, "libcrypto cannot check the certificates: %s", why);
	if (!is_forgery(code))
		return err_set(err, ST_FORMAT, "the certificates cannot be checked: %s", why);
	evidence_fail(ev, EVIDENCE_FORGED, STEP_CHAIN,
		"the certificates do not lead to the root: %s", why);
	return 0;
}

/*
 * CHECK_SS_SIGNATURE: the root is trusted for its key alone, so what else it says has to be signed
 * by that key.
 */
static int check_links(const struct libcrypto_pki *pki, const struct chain *chain,
	struct evidence *ev, struct err *err)
{
	X509_STORE *store = pki->X509_STORE_new();
	X509_STORE_CTX *ctx = pki->X509_STORE_CTX_new_ex(pki->lib, NULL);
	OPENSSL_STACK *between = pki->OPENSSL_sk_new_null();
	int rc = -1;
	pki->ERR_clear_error();
	if (store == NULL || ctx == NULL || between == NULL ||
		pki->OPENSSL_sk_push(between, chain->ca) != 1 ||
		pki->X509_STORE_add_cert(store, chain->root) != 1 ||
		pki->X509_STORE_CTX_init(ctx, store, chain->leaf, (STACK_OF(X509) *)between) != 1) {
		err_sys(err, ENOMEM, "certificates");
	} else {
		pki->X509_STORE_CTX_set_flags(
			ctx, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_CHECK_SS_SIGNATURE);
		rc = judge(pki, ctx, pki->X509_verify_cert(ctx) == 1, ev, err);
	}
	pki->X509_STORE_CTX_free(ctx);
	pki->OPENSSL_sk_free(between);
	pki->X509_STORE_free(store);
	return rc;
}

/* Of a kind that is not known, or no point of its curve. */
static int check_keys(const struct libcrypto_pki *pki, const struct chain *chain, struct err *err)
{
	const X509 *const certs[CHAIN_LENGTH] = {chain->leaf, chain->ca, chain->root};
	char name[CERT_NAME_SIZE];
	for (size_t i = 0; i < CHAIN_LENGTH; i++)
		if (pki->X509_get0_pubkey(certs[i]) == NULL)
			return err_set(err, ST_FORMAT,
				"the key of the certificate '%s' cannot be used",
				certs_name(pki, certs[i], name));
	return 0;
}

int chain_check(const struct chain *chain, const struct chain_pin *pins, size_t n_pins,
	const struct evidence_trust *trust, struct evidence *ev, struct err *err)
{
	if (check_root(chain, pins, n_pins, trust, ev, err) < 0)
		return -1;
	if (!evidence_goes_on(ev))
		return 0;
	if (check_keys(trust->given.pki, chain, err) < 0)
		return -1;
	return check_links(trust->given.pki, chain, ev, err);
}

/* A list with a critical extension may be one of changes or of a part: what is not in it may be revoked. */
static bool is_complete(const struct libcrypto_pki *pki, const X509_CRL *crl)
{
	return pki->X509_CRL_get_ext_by_critical(crl, 1, -1) < 0;
}

static bool is_list_of(const struct libcrypto_pki *pki, X509_CRL *crl, const X509 *issuer)
{
	return pki->X509_NAME_cmp(
		       pki->X509_CRL_get_issuer(crl), pki->X509_get_subject_name(issuer)) == 0 &&
	       pki->X509_CRL_verify(crl, pki->X509_get0_pubkey(issuer)) == 1;
}

/* Whether a list of the issuer was given that lists all; a certificate in one of them fails. */
static bool check_revoked(
	const struct evidence_trust *trust, X509 *cert, const X509 *issuer, struct evidence *ev)
{
	const struct libcrypto_pki *pki = trust->given.pki;
	char name[CERT_NAME_SIZE];
	bool ret = false;
	for (size_t i = 0; i < trust->given.n_crls; i++) {
		X509_CRL *crl = trust->given.crl[i];
		X509_REVOKED *entry;
		if (!is_list_of(pki, crl, issuer))
			continue;
		ret = ret || is_complete(pki, crl);
		if (pki->X509_CRL_get0_by_cert(crl, &entry, cert) == 1)
			evidence_fail(ev, EVIDENCE_UNTRUSTED, STEP_CRL,
				"the certificate '%s' is revoked", certs_name(pki, cert, name));
	}
	return ret;
}

static bool is_between(
	const struct libcrypto_pki *pki, const ASN1_TIME *from, const ASN1_TIME *to, time_t at)
{
	return pki->X509_cmp_time(from, &at) < 0 && (to == NULL || pki->X509_cmp_time(to, &at) > 0);
}

static void check_cert_time(
	const struct evidence_trust *trust, const X509 *cert, struct evidence *ev)
{
	const struct libcrypto_pki *pki = trust->given.pki;
	char name[CERT_NAME_SIZE];
	if (!is_between(
		    pki, pki->X509_get0_notBefore(cert), pki->X509_get0_notAfter(cert), trust->at))
		evidence_fail(ev, EVIDENCE_UNTRUSTED, STEP_VALIDITY,
			"the certificate '%s' is not valid at the time given by --at",
			certs_name(pki, cert, name));
}

static void check_crl_time(const struct evidence_trust *trust, const struct chain *chain,
	X509_CRL *crl, struct evidence *ev)
{
	const struct libcrypto_pki *pki = trust->given.pki;
	if (!is_list_of(pki, crl, chain->ca) && !is_list_of(pki, crl, chain->root))
		return;
	if (!is_between(pki, pki->X509_CRL_get0_lastUpdate(crl), pki->X509_CRL_get0_nextUpdate(crl),
		    trust->at))
		evidence_fail(ev, EVIDENCE_UNTRUSTED, STEP_VALIDITY,
			"a revocation list is not valid at the time given by --at");
}

static void check_times(
	const struct chain *chain, const struct evidence_trust *trust, struct evidence *ev)
{
	X509 *const certs[CHAIN_LENGTH] = {chain->leaf, chain->ca, chain->root};
	for (size_t i = 0; i < CHAIN_LENGTH && evidence_goes_on(ev); i++)
		check_cert_time(trust, certs[i], ev);
	for (size_t i = 0; i < trust->given.n_crls && evidence_goes_on(ev); i++)
		check_crl_time(trust, chain, trust->given.crl[i], ev);
	if (evidence_goes_on(ev))
		evidence_passed(ev, STEP_VALIDITY);
}

void chain_check_status(
	const struct chain *chain, const struct evidence_trust *trust, struct evidence *ev)
{
	bool leaf = check_revoked(trust, chain->leaf, chain->ca, ev);
	bool ca = check_revoked(trust, chain->ca, chain->root, ev);
	ev->all_crls = leaf && ca;
	if (ev->all_crls && evidence_goes_on(ev))
		evidence_passed(ev, STEP_CRL);
	if (trust->has_time && evidence_goes_on(ev))
		check_times(chain, trust, ev);
}
