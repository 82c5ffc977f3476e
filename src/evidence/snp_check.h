/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an SEV-SNP report was signed by the firmware of a chip that AMD certified. */
#ifndef TSMCTL_EVIDENCE_SNP_CHECK_H
#define TSMCTL_EVIDENCE_SNP_CHECK_H

#include "evidence/snp_report.h"

/*
 * Checks the report with the certificates of `trust` (AMD: "Versioned Chip Endorsement Key (VCEK)
 * Certificate and KDS Interface Specification"). ev->verdict is set, or ST_FORMAT for certificates
 * that cannot be used, ST_SYSTEM if libcrypto fails.
 */
int snp_check(const struct snp_report *report, const struct evidence_trust *trust,
	struct evidence *ev, struct err *err);

#endif
