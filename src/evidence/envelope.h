/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as it is passed on: the bytes of a quote or report inside text, JSON or another report. */
#ifndef TSMCTL_EVIDENCE_ENVELOPE_H
#define TSMCTL_EVIDENCE_ENVELOPE_H

#include "evidence/hcl.h"

struct json_object;

struct envelope {
	struct bytes inner; /* the evidence; of `owned`, or of the file */
	struct bytes certs; /* that came with it, as certs_add takes them; n 0: none */
	struct hcl hcl;	    /* data.p NULL: no HCL report is around it */
	uint8_t *owned;
	struct json_object
		*tpm; /* JSON with a TPM's quote, in place of `inner`; NULL: it is none */
};

/*
 * Takes off what is around the evidence: hex, with or without 0x; base64 (RFC 4648, sections 4 and
 * 5, padded or not), both with blanks anywhere; JSON with the quote in hex or base64 as its member
 * "quote" (dstack, CoCo), or as that of its member "tdx" (Intel Trust Authority), or with dstack's
 * "attestation", this JSON in base64, too; Azure's HCL report. JSON with the quote of a TPM (tpm_json_is)
 * is kept whole, in `tpm`. What is none of these is taken as it is. ST_FORMAT for JSON without such a
 * member, or with two quotes, or a report that is cut. The caller clears the result, also after an
 * error; it borrows from `file`.
 */
int envelope_open(struct bytes file, struct envelope *ret, struct err *err);
void envelope_clear(struct envelope *e);
/*
 * ST_FORMAT for JSON that has two quotes in whatever members: which is meant cannot be told, and an
 * answer for one would hide the other.
 */
int envelope_check_one_quote(struct json_object *doc, struct err *err);

#endif
