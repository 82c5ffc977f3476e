/* SPDX-License-Identifier: Apache-2.0 */
/* What --quote and --tdreport are checked against: the options about signatures and report data. */
#ifndef TSMCTL_CLI_TD_OPTIONS_H
#define TSMCTL_CLI_TD_OPTIONS_H

#include "cli/app.h"
#include "evidence/evidence.h"

/* Of --require, as bits. */
enum td_require {
	REQUIRE_SIGNATURE = 1 << 0,
	REQUIRE_NO_DEBUG = 1 << 1,
	REQUIRE_CRL = 1 << 2,
	REQUIRE_VMPL0 = 1 << 3,
};

/* As --require spells the n-th bit; NULL after the last. */
const char *td_require_name(size_t n);

struct td_options {
	const char *path; /* NULL: neither --quote nor --tdreport was given */
	struct evidence_trust trust;
	unsigned require;
	bool asked; /* --report-data, --report-data-file */
	uint8_t wanted[REPORT_DATA_SIZE];
};

/*
 * Checks the options, and that --values, which stands for the same, is not given, too: ST_USAGE. Reads
 * no file but that of --report-data-file.
 */
int td_options_check(struct app *app, struct td_options *ret);
/* That alone: *ret_asked says whether one of the two options was given. ST_USAGE, or a file's error. */
int td_options_report_data(struct app *app, uint8_t ret[static REPORT_DATA_SIZE], bool *ret_asked);
/* Reads the certificates of --root-ca, --certs and --crl. The caller clears ret->trust. */
int td_options_load(struct app *app, struct td_options *ret);

#endif
