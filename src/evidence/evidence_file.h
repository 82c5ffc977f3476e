/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence from a file: what it is, the registers in it, and whether it is genuine. */
#ifndef TSMCTL_EVIDENCE_EVIDENCE_FILE_H
#define TSMCTL_EVIDENCE_EVIDENCE_FILE_H

#include "evidence/evidence.h"
#include "evidence/quote_json.h"
#include "evidence/register_file.h"

/*
 * A TDX quote, an SEV-SNP report or a TPM's quote with its PCRs, in the JSON of `quote` or whatever envelope_open takes off, checked against `trust`.
 * ST_FORMAT if the registers cannot be had; if only what signs them cannot be read or checked, 0,
 * and ev->err says why. The caller clears the registers, also after an error.
 */
int evidence_file_parse(struct bytes file, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct err *err);
/* The same for bytes as a kernel gives them, with nothing around them. */
int evidence_file_parse_raw(struct bytes raw, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct err *err);
/* The same for a TDREPORT. */
int evidence_file_parse_tdreport(
	struct bytes file, struct register_file *regs, struct evidence *ev, struct err *err);

/*
 * The same from a file ("-": standard input), whose name then stands before the message; without
 * `trust` it is a TDREPORT. `logs` are those that JSON of `quote` has beside it (NULL: they are
 * not wanted); the caller clears them, also after an error.
 */
int evidence_file_load(const char *path, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct quote_logs *logs, struct err *err);

#endif
