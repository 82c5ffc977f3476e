/* SPDX-License-Identifier: Apache-2.0 */
/* dstack's "attestation": a quote or a report, and what its agent says beside it, in SCALE. */
#ifndef TSMCTL_EVIDENCE_DSTACK_EVIDENCE_H
#define TSMCTL_EVIDENCE_DSTACK_EVIDENCE_H

#include "base/bytes.h"
#include "base/err.h"

/*
 * Version 0 (dstack-attest, VersionedAttestation::V0), of TDX or SEV-SNP: the evidence, and the certificates
 * that come with a report, PEM with other bytes between; n 0: none. Both are part of `file`. ST_FORMAT: cut,
 * or another version or kind.
 */
int dstack_evidence_open(
	struct bytes file, struct bytes *ret, struct bytes *ret_certs, struct err *err);

#endif
