/* SPDX-License-Identifier: Apache-2.0 */
/* What `tsmctl quote --json` prints, "tsmctl.quote/1": a quote, and the logs of the same moment. */
#ifndef TSMCTL_EVIDENCE_QUOTE_JSON_H
#define TSMCTL_EVIDENCE_QUOTE_JSON_H

#include "base/bytes.h"
#include "base/err.h"
#include "evidence/register_file.h"

struct json_object;

struct quote_log {
	char *source; /* "ccel", "journal", ...; shown, and never a path */
	char *format; /* as in FILE:FORMAT */
	char *reg;    /* whose kernel log it is; NULL: its events say that */
	uint8_t *p;
	size_t n;
};

struct quote_logs {
	struct quote_log *v;
	size_t n;
};

void quote_json_clear_logs(struct quote_logs *logs);
/* Adds one, which is owned from here on, also after an error. ST_SYSTEM: no memory. */
int quote_json_add_log(struct quote_logs *logs, const struct quote_log *log, struct err *err);

struct quote_json {
	char boot_id[37]; /* empty: it does not say */
	uint8_t *quote, *aux;
	size_t n_quote, n_aux; /* n_aux 0: no certificates of the host */
	struct quote_logs logs;
	struct json_object *doc; /* all of it */
};

/* Whether a file begins as one. */
bool quote_json_looks_like(struct bytes file);
/* ST_FORMAT for anything else, up to QUOTE_FILE_MAX. The caller clears it, also after an error. */
int quote_json_parse(struct bytes file, struct quote_json *ret, struct err *err);
void quote_json_clear(struct quote_json *q);
/*
 * Only the quote is signed: ST_FORMAT if the members "report_data" and "registers" beside it, which anybody
 * can change, say something else than what was read of it.
 */
int quote_json_check(const struct quote_json *q, const struct register_file *regs,
	struct bytes report_data, struct err *err);

#endif
