/* SPDX-License-Identifier: Apache-2.0 */
/* A quote of this TVM, alone or with the logs that lead to the registers in it. */
#ifndef TSMCTL_OPS_QUOTE_H
#define TSMCTL_OPS_QUOTE_H

#include "evidence/evidence_file.h"
#include "kernel/tsm_report.h"

struct quote_wanted {
	struct tsm_report_request request;
	bool with_logs;	 /* logs, quote, logs again: the logs must be the same and replay to it */
	bool coco;	 /* the same for the one log that Confidential Containers' services take */
	unsigned wait_s; /* how long to ask again while TDX has an open request */
	const char *only_abi; /* as tree_probe takes it */
};

struct quote_done {
	char provider[REPORT_PROVIDER_ROOM];
	struct tsm_report report;
	struct register_file regs; /* in the quote; with the boot id of this machine */
	struct evidence ev;	   /* its signature is checked, too: what that gives is no error */
	struct quote_logs logs;
	struct tsm_report_blob coco; /* that log; p NULL: there is none, and no event */
	char note[ERR_MSG_MAX];	     /* for the operator, beside the result; empty: none */
};

/*
 * Asks for a quote, and takes it only if it is of its provider's format and has the report data that
 * was asked for. ST_NO: it is not so, somebody else wrote to the request, or logs and quote do not
 * fit, QUOTE_RETRIES_MAX times; ST_ABSENT: no configfs, no provider, no such attribute, no runtime
 * register in the report; ST_SYSTEM: the kernel or the host refuses; ST_FORMAT: what came is neither
 * quote nor report, or a log cannot be read. No entry is left but where the note says so. The caller
 * clears the result, also after an error.
 */
int quote_run(const struct root *root, const struct quote_wanted *wanted, struct quote_done *ret,
	struct err *err);
void quote_clear(struct quote_done *done);

#endif
