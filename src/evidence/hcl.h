/* SPDX-License-Identifier: Apache-2.0 */
/* The report that Azure's paravisor (HCL) keeps for its guest: a hardware report, and JSON that it is of. */
#ifndef TSMCTL_EVIDENCE_HCL_H
#define TSMCTL_EVIDENCE_HCL_H

#include "evidence/evidence.h"

struct hcl {
	struct bytes report; /* of SEV-SNP, or a TDREPORT */
	enum hash_alg
		hash; /* whose digest of the JSON is the report data; HASH_UNKNOWN: another one */
	struct bytes json; /* p NULL: it is cut */
};

/*
 * A header of 32 bytes, a hardware report in a field of 1184, then 5 numbers: the third says what report it is,
 * the fourth the hash, the last how long the JSON after them is. ST_FORMAT: cut before that, or another report.
 */
int hcl_open(struct bytes file, struct hcl *ret, struct err *err);
/*
 * The 64 bytes of the guest's own, "user-data" of the JSON, if the report data of `ev` is the JSON's digest
 * with zeros after it: a guest cannot set the report data itself there.
 */
int hcl_take_user_data(const struct hcl *hcl, struct evidence *ev, struct err *err);

#endif
