/* SPDX-License-Identifier: Apache-2.0 */
/* The attestation report of an SEV-SNP guest, and the registers in it. */
#ifndef TSMCTL_EVIDENCE_SNP_REPORT_H
#define TSMCTL_EVIDENCE_SNP_REPORT_H

#include "evidence/evidence.h"
#include "evidence/register_file.h"

/* Offsets and sizes in a report (SEV-SNP Firmware ABI Specification, table "ATTESTATION_REPORT"). */
enum {
	SNP_REPORT_SIZE = 1184,
	SNP_SIGNED_SIZE = 0x2a0,
	SNP_SIGNATURE_R = 0x2a0, /* r and s: little endian, each in a field of 72 bytes */
	SNP_SIGNATURE_FIELD = 72,
};

enum snp_product { SNP_UNKNOWN, SNP_MILAN, SNP_GENOA, SNP_TURIN, SNP_PRODUCTS };
enum snp_key { SNP_VCEK = 0, SNP_VLEK = 1, SNP_NO_KEY = 7 };

struct snp_report {
	struct bytes bytes;	  /* of the report, borrowed */
	enum snp_product product; /* SNP_UNKNOWN: version 2 does not say it */
	enum snp_key key;	  /* what signed it */
};

/* NULL for SNP_UNKNOWN. */
const char *snp_product_name(enum snp_product product);
/* Whether these are the first bytes of a report. */
bool snp_report_looks_like(struct bytes b);
/*
 * A report of version 2 to 5, 1184 bytes and anything after them. Adds its registers to `regs`, in
 * the order of their names, and fills ev. ST_FORMAT, with the offset, for anything else; the caller
 * clears the registers, also after an error.
 */
int snp_report_parse(struct bytes b, struct snp_report *ret, struct register_file *regs,
	struct evidence *ev, struct err *err);

#endif
