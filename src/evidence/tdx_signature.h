/* SPDX-License-Identifier: Apache-2.0 */
/* What a TDX quote is signed with. */
#ifndef TSMCTL_EVIDENCE_TDX_SIGNATURE_H
#define TSMCTL_EVIDENCE_TDX_SIGNATURE_H

#include "base/bytes.h"
#include "base/err.h"

enum { QE_REPORT_SIZE = 384 };

/* Types of certification data. */
enum tdx_certs_type {
	TDX_CERTS_PPID = 1, /* a platform's id, plain or encrypted, and no certificate */
	TDX_CERTS_PPID_2048,
	TDX_CERTS_PPID_3072,
	TDX_CERTS_LEAF,	 /* the PCK certificate alone */
	TDX_CERTS_CHAIN, /* with its CA's and the root's */
	TDX_CERTS_QE_REPORT,
};

/* Borrowed from the quote. */
struct tdx_signature {
	struct bytes data;	/* header and body: what is signed */
	struct bytes signature; /* r || s */
	struct bytes key;	/* the attestation key: x || y */
	struct bytes qe_report; /* QE_REPORT_SIZE bytes */
	struct bytes qe_signature;
	struct bytes qe_auth;
	enum tdx_certs_type certs_type;
	struct bytes certs;
};

/*
 * The parts of the signature data that begins `at` bytes into the quote (Intel TDX DCAP Quoting
 * Library API, "Quote Signature Data Structure - Version 4", with certification data of type 6);
 * its length is before it. ST_FORMAT, with the offset, if lengths do not add up exactly or
 * something is not known.
 */
int tdx_signature_parse(struct bytes quote, size_t at, struct tdx_signature *ret, struct err *err);

#endif
