/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates from a key that signs evidence up to a root whose key is known beforehand. */
#ifndef TSMCTL_EVIDENCE_CHAIN_H
#define TSMCTL_EVIDENCE_CHAIN_H

#include "evidence/evidence.h"

/* A root that vendors publish, by the SHA-256 of its public key (SubjectPublicKeyInfo). */
struct chain_pin {
	const char *name, *sha256;
};

struct chain {
	X509 *leaf, *ca, *root; /* borrowed */
};

/*
 * The chain that begins with this certificate, by the names of issuers, from what was given and
 * --root-ca: ca and root are NULL where they are not there.
 */
void chain_find(X509 *leaf, const struct evidence_trust *trust, struct chain *ret);

/*
 * Checks that the root's key is pinned (by --root-ca, if there is one; then the pins do not count),
 * and that it signed the CA and this the leaf. Fails STEP_ROOT or STEP_CHAIN as forged; ev->root
 * and ev->root_sha256 are set in any case. No time is looked at. The keys can be used afterwards.
 * ST_FORMAT if the certificates
 * cannot be checked for another reason, ST_SYSTEM if libcrypto fails.
 */
int chain_check(const struct chain *chain, const struct chain_pin *pins, size_t n_pins,
	const struct evidence_trust *trust, struct evidence *ev, struct err *err);

/* Whether the key of this certificate is one of --root-ca or, without any, of the pins. */
int chain_is_pinned(const X509 *cert, const struct chain_pin *pins, size_t n_pins,
	const struct evidence_trust *trust, bool *ret, struct err *err);

/*
 * Of a chain that chain_check took: nothing is revoked by the lists that were given, and, if a time
 * was given, all is valid then. Fails STEP_CRL or STEP_VALIDITY as untrusted. A list that is not
 * signed by an issuer of this chain, or does not list all that it issued, is passed over.
 */
void chain_check_status(
	const struct chain *chain, const struct evidence_trust *trust, struct evidence *ev);

#endif
