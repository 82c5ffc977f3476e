/* SPDX-License-Identifier: Apache-2.0 */
/* A TPM's quote with its PCR values as services are sent it: JSON, also with what ties the TPM to hardware. */
#ifndef TSMCTL_EVIDENCE_TPM_JSON_H
#define TSMCTL_EVIDENCE_TPM_JSON_H

#include <json-c/json.h>

#include "base/bytes.h"
#include "base/err.h"
#include "evidence/tpm_quote.h"

/* All are allocated; p NULL: it is not there. */
struct tpm_json {
	struct bytes message; /* TPMS_ATTEST */
	struct bytes pcr[TPM_QUOTE_PCRS_MAX];
	size_t n_pcrs;
	struct bytes ak;       /* SubjectPublicKeyInfo of the TPM's key */
	struct bytes hcl;      /* Azure's HCL report */
	struct bytes td_quote; /* of the TD that this report is of */
	struct bytes
		vcek; /* certificate of the chip that signed this report, as certs_add takes it */
};

/* Whether an object (or NULL) is a TPM's quote: it has "message" and "pcrs". */
bool tpm_json_is_quote(struct json_object *o);
/* Whether JSON has a TPM's quote: as "tpm_quote" or "quote", or it is one itself. */
bool tpm_json_is(struct json_object *doc);
/*
 * Decodes such JSON. The quote has "message" and "pcrs"; beside it may stand "ak_public", "hcl_report" or "report",
 * "td_quote" and "vcek". Bytes are hex, base64 or an array of numbers. ST_FORMAT, which names the member, for others.
 * The caller clears it, also after an error.
 */
int tpm_json_parse(struct json_object *doc, struct tpm_json *ret, struct err *err);
void tpm_json_clear(struct tpm_json *t);

#endif
