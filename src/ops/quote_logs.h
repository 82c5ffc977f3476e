/* SPDX-License-Identifier: Apache-2.0 */
/* The logs of this machine beside a quote. */
#ifndef TSMCTL_OPS_QUOTE_LOGS_H
#define TSMCTL_OPS_QUOTE_LOGS_H

#include "evidence/register_file.h"
#include "evidence/quote_json.h"
#include "kernel/tsm_report.h"

/*
 * Copies of all logs of this machine that can be of an RTMR, up to QUOTE_LOGS_MAX bytes together;
 * none is no error. ST_SYSTEM, ST_FORMAT: one cannot be read. The caller clears the result, also
 * after an error.
 */
int quote_logs_read(
	const struct root *root, const char *only_abi, struct quote_logs *ret, struct err *err);
bool quote_logs_equal(const struct quote_logs *a, const struct quote_logs *b);
/* Whether they lead to the runtime registers of the quote: ST_NO with the first that they do not. */
int quote_logs_judge(
	const struct quote_logs *logs, const struct register_file *regs, struct err *err);

/*
 * The log that the services of Confidential Containers take beside a TDX quote: the firmware's up to
 * its end mark, or the header of one, then the agent's records and an end mark. p NULL if there is
 * neither. The caller frees it.
 */
int quote_logs_coco(const struct quote_logs *logs, struct tsm_report_blob *ret, struct err *err);

#endif
