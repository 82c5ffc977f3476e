/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of a TD (a TDX virtual machine) as its quote or its report has them. */
#ifndef TSMCTL_EVIDENCE_TDX_QUOTE_H
#define TSMCTL_EVIDENCE_TDX_QUOTE_H

#include "evidence/evidence.h"
#include "evidence/register_file.h"

/*
 * A quote of version 4, or of version 5 with a body of type 2 or 3 (Intel TDX DCAP Quoting Library
 * API, appendix "Data Structures": version 4 and version 5 quote format). Adds its registers to
 * `regs`, in the order of `tsmctl read`, and fills ev; *ret_signature is where the signature data
 * begins, which is all there, and which tdx_check looks into. ST_FORMAT, with the offset or by name,
 * for anything else. The caller clears the registers, also after an error.
 */
int tdx_quote_parse(struct bytes b, struct register_file *regs, struct evidence *ev,
	size_t *ret_signature, struct err *err);
/*
 * The same for a report: TDREPORT_STRUCT, 1024 bytes (Intel TDX Module ABI Specification,
 * "TDREPORT_STRUCT"), with the verdict: its hashes are compared. Other errors than ST_FORMAT are
 * those of hasher_open.
 */
int tdx_quote_parse_report(
	struct bytes b, struct register_file *regs, struct evidence *ev, struct err *err);

#endif
