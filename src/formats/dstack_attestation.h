/* SPDX-License-Identifier: Apache-2.0 */
/* dstack's "attestation": a quote or a report, and what its agent says beside it, in SCALE. */
#ifndef TSMCTL_FORMATS_DSTACK_ATTESTATION_H
#define TSMCTL_FORMATS_DSTACK_ATTESTATION_H

#include "base/bytes.h"
#include "base/err.h"

struct dstack_attestation {
	struct bytes evidence;
	struct bytes certs; /* that come with a report, PEM with other bytes between; n 0: none */
	bool has_log;	    /* of TDX */
	struct bytes rest;  /* from the log on */
	size_t rest_at;	    /* in the file */
};

/*
 * Version 0 (dstack-attest, VersionedAttestation::V0), of TDX or SEV-SNP. What is in `ret` is part of
 * `file`. ST_FORMAT: cut, or another version or kind.
 */
int dstack_attestation_parse(struct bytes file, struct dstack_attestation *ret, struct err *err);

/*
 * The events of TDX (cc-eventlog, TdxEvent) as a log of format dstack, of *ret_n bytes; the caller frees
 * it. ST_FORMAT: cut, a name that is not UTF-8, or more than 16 MiB of log; ST_ABSENT: it is not of TDX.
 */
int dstack_attestation_log(
	const struct dstack_attestation *a, char **ret, size_t *ret_n, struct err *err);

#endif
