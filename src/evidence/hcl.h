/* SPDX-License-Identifier: Apache-2.0 */
/* Azure's HCL report: a hardware report, and the data of the paravisor that is bound to it. */
#ifndef TSMCTL_EVIDENCE_HCL_H
#define TSMCTL_EVIDENCE_HCL_H

#include "evidence/evidence.h"

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

/* The digest of its data, by its hash. ST_FORMAT if the data is cut or the hash unknown. */
int hcl_digest(const struct hcl *hcl, struct digest *ret, struct err *err);

/* Whether the report data of `ev` is that digest with zeros after it. */
bool hcl_is_bound(const struct digest *digest, const struct evidence *ev);

/*
 * The 64 bytes of the guest's own, "user-data" of the data, into `ev`, if its report is bound to them: a
 * guest cannot set the report data itself there. Nothing is taken from data that cannot be read.
 */
int hcl_take_user_data(const struct hcl *hcl, struct evidence *ev, struct err *err);

/*
 * Finds the TPM's attestation key (AK) in the data, the JSON Web Key "HCLAkPub" (RFC 7517): *ret is the SHA-256 of
 * its SubjectPublicKeyInfo (RFC 3279, section 2.3.1). ST_FORMAT if there is no such RSA key.
 */
int hcl_attestation_key(struct bytes data, struct digest *ret, struct err *err);

#endif
