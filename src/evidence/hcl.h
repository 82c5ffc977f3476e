/* SPDX-License-Identifier: Apache-2.0 */
/* Azure's HCL report: a hardware report, and the data of the paravisor that is bound to it. */
#ifndef TSMCTL_EVIDENCE_HCL_H
#define TSMCTL_EVIDENCE_HCL_H

#include "base/err.h"
#include "model/hash.h"

struct hcl {
	struct bytes report; /* of SEV-SNP, or a TDREPORT */
	bool tdx;
	enum hash_alg alg; /* of `data`, whose digest begins the report data */
	struct bytes data; /* JSON with the keys of the vTPM; p NULL: it is cut */
};

/*
 * Borrows from b. The layout is that of Azure's "Confidential VM guest attestation" documentation: a header
 * of 32 bytes that begins with "HCLA", the hardware report in a field of 1184 bytes, and five
 * little-endian numbers of 4 bytes: the size of what follows the field, a version, the type of the report (2
 * SNP, 4 TDX), the hash (1 SHA-256, 2 SHA-384, 3 SHA-512) and the size of the data, which stands
 * behind them. ST_FORMAT if it is cut before the data, or of another type.
 */
int hcl_parse(struct bytes b, struct hcl *ret, struct err *err);

/*
 * Finds the TPM's attestation key (AK) in the data, the JSON Web Key "HCLAkPub" (RFC 7517): *ret is the SHA-256 of
 * its SubjectPublicKeyInfo (RFC 3279, section 2.3.1). ST_FORMAT if there is no such RSA key.
 */
int hcl_attestation_key(struct bytes data, struct digest *ret, struct err *err);

#endif
