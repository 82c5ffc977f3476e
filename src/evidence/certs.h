/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and revocation lists: from PEM, from DER and from the table of an SEV-SNP host. */
#ifndef TSMCTL_EVIDENCE_CERTS_H
#define TSMCTL_EVIDENCE_CERTS_H

#include "base/bytes.h"
#include "model/libcrypto.h"

struct certs {
	const struct libcrypto_pki *pki; /* set before anything is added */
	X509 *v[CERTS_MAX];
	size_t n;
	X509_CRL *crl[CRLS_MAX];
	size_t n_crls;
};

/*
 * Adds what the bytes hold: PEM (other text around it is passed over), or DER of one certificate or
 * one list, or the table that configfs gives as auxblob (GHCB specification, "SNP Extended Guest
 * Request": 16 bytes of GUID, an offset and a length of 4 bytes each, up to a row of zeros), these two
 * also in hex or base64. ST_FORMAT
 * if it holds neither, or too many.
 */
int certs_add(struct certs *c, struct bytes b, struct err *err);
/* The same from a file ("-": standard input), whose name then stands before the message. */
int certs_add_file(struct certs *c, const char *path, struct err *err);
/*
 * Adds exactly the certificates of b, PEM one after the other with nothing but blanks and NULs
 * between, or DER one after the other. ST_FORMAT for anything else.
 */
int certs_add_strict(struct certs *c, struct bytes b, struct err *err);
void certs_clear(struct certs *c);
/* Frees what was added after there were so many of each. */
void certs_cut(struct certs *c, size_t n, size_t n_crls);

enum { CERT_NAME_SIZE = 65 }; /* a common name (RFC 5280, appendix A.1) and a NUL */

/* The common name of its subject, "" if it has none. Returns ret. */
const char *certs_name(const struct libcrypto_pki *pki, const X509 *cert, char *ret);
/* What is in the extension of this OID (the bytes of its DER); p NULL if there is none. Borrowed. */
struct bytes certs_extension(const struct libcrypto_pki *pki, const X509 *cert, struct bytes oid);

#endif
