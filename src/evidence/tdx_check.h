/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a TDX quote was signed by Intel's quoting enclave on a platform that Intel certified. */
#ifndef TSMCTL_EVIDENCE_TDX_CHECK_H
#define TSMCTL_EVIDENCE_TDX_CHECK_H

#include "evidence/evidence.h"

/*
 * Checks the quote whose signature data begins `at` bytes into it (tdx_signature_parse), and
 * fills what ev has of a quoting enclave and a platform (Intel SGX PCK Certificate and CRL Profile
 * Specification). ev->verdict is set, or ST_FORMAT for what cannot be parsed, ST_SYSTEM if libcrypto
 * fails. `trust` is not changed.
 */
int tdx_check(struct bytes quote, size_t at, const struct evidence_trust *trust,
	struct evidence *ev, struct err *err);

#endif
