/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM signs when it quotes PCRs, and the values that it quoted. */
#ifndef TSMCTL_EVIDENCE_TPM_QUOTE_H
#define TSMCTL_EVIDENCE_TPM_QUOTE_H

#include "evidence/evidence.h"
#include "evidence/register_file.h"

/* Of 24 PCRs, in a bank of each hash that is known here. */
enum { TPM_QUOTE_PCRS_MAX = 24 * HASH_COUNT };

/*
 * Parses a TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE (TPM 2.0 Library, Part 2: "TPMS_ATTEST", "TPMS_CLOCK_INFO",
 * "TPMS_QUOTE_INFO", "TPML_PCR_SELECTION" and "TPMS_PCR_SELECTION"; all numbers are big-endian). `pcrs` are the n
 * values of the PCRs that it selects, in the order of the selection. Adds them to `regs` and fills ev: the step
 * pcr-digest is passed, or it is forged where the digest in it is of other values, or ev->err says which hash
 * that it may be of cannot be computed. ST_FORMAT, with the offset, for
 * anything else, and for values that are too few, too many or of another size. Other errors are those of
 * hasher_open. The caller clears the registers, also after an error.
 */
int tpm_quote_parse(struct bytes message, const struct bytes *pcrs, size_t n,
	struct register_file *regs, struct evidence *ev, struct err *err);

#endif
