/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/evidence_file.h"

#include <string.h>

#include "base/input.h"
#include "base/scope.h"
#include "evidence/envelope.h"
#include "evidence/snp_check.h"
#include "evidence/tdx_check.h"
#include "evidence/tdx_quote.h"
#include "formats/log_formats.h"

/* The registers can be had without what signs them. */
static void settle(struct evidence *ev, int rc, const struct err *why)
{
	if (rc < 0) {
		ev->verdict = EVIDENCE_NONE;
		ev->checked = 0;
		ev->err = *why;
	}
}

static int parse_snp(struct bytes b, const struct evidence_trust *trust, struct register_file *regs,
	struct evidence *ev, struct err *err)
{
	struct snp_report report;
	struct err why;
	ev->type = EVIDENCE_SNP_REPORT;
	if (snp_report_parse(b, &report, regs, ev, err) < 0)
		return -1;
	settle(ev, snp_check(&report, trust, ev, &why), &why);
	return 0;
}

static int parse_quote(struct bytes b, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct err *err)
{
	size_t signature;
	struct err why;
	if (snp_report_looks_like(b))
		return parse_snp(b, trust, regs, ev, err);
	ev->type = EVIDENCE_TDX_QUOTE;
	if (tdx_quote_parse(b, regs, ev, &signature, err) < 0)
		return -1;
	settle(ev, tdx_check(b, signature, trust, ev, &why), &why);
	return 0;
}

int evidence_file_parse_raw(struct bytes raw, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct err *err)
{
	*regs = (struct register_file){0};
	*ev = (struct evidence){.failed = STEP_NONE};
	return parse_quote(raw, trust, regs, ev, err);
}

/* Evidence, and certificates that came with it, in what `certs_name` names; n 0: none. */
struct parts {
	struct bytes evidence, certs;
	const char *certs_name;
};

/* With those beside the ones that were given. */
static int parse_parts(const struct parts *in, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct err *err)
{
	struct evidence_trust with = *trust;
	struct err why = {0};
	int certs = in->certs.n > 0 ? certs_add(&with.given, in->certs, &why) : 0;
	int rc = parse_quote(in->evidence, &with, regs, ev, err);
	certs_cut(&with.given, trust->given.n, trust->given.n_crls);
	/* What could be decided without them stays as it is. */
	if (rc == 0 && certs < 0 && ev->verdict == EVIDENCE_UNCHECKED) {
		err_in(&why, "its '%s'", in->certs_name);
		settle(ev, certs, &why);
	}
	return rc;
}

static int parse_ours(struct bytes file, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct quote_logs *logs, struct err *err)
{
	struct quote_json q;
	int rc = quote_json_parse(file, &q, err);
	struct parts parts = {{q.quote, q.n_quote}, {q.aux, q.n_aux}, "auxblob_base64"};
	if (rc == 0)
		rc = parse_parts(&parts, trust, regs, ev, err);
	memcpy(regs->boot_id, q.boot_id, sizeof(q.boot_id));
	if (logs != NULL) {
		*logs = q.logs;
		q.logs = (struct quote_logs){0};
	}
	quote_json_clear(&q);
	return rc;
}

static int begin(struct bytes file, struct register_file *regs, struct evidence *ev,
	struct envelope *ret, struct err *err)
{
	*regs = (struct register_file){0};
	*ev = (struct evidence){.failed = STEP_NONE};
	*ret = (struct envelope){0};
	if (file.n > EVIDENCE_FILE_MAX)
		return err_set(err, ST_FORMAT, "longer than %d bytes", EVIDENCE_FILE_MAX);
	return envelope_open(file, ret, err);
}

static int parse_any(struct bytes file, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct quote_logs *logs, struct err *err)
{
	struct envelope e;
	*regs = (struct register_file){0};
	*ev = (struct evidence){.failed = STEP_NONE};
	if (quote_json_looks_like(file))
		return parse_ours(file, trust, regs, ev, logs, err);
	int rc = begin(file, regs, ev, &e, err);
	struct parts parts = {e.inner, e.certs, "attestation"};
	if (rc == 0)
		rc = parse_parts(&parts, trust, regs, ev, err);
	if (rc == 0)
		rc = hcl_take_user_data(&e.hcl, ev, err);
	envelope_clear(&e);
	return rc;
}

int evidence_file_parse(struct bytes file, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct err *err)
{
	return parse_any(file, trust, regs, ev, NULL, err);
}

int evidence_file_parse_tdreport(
	struct bytes file, struct register_file *regs, struct evidence *ev, struct err *err)
{
	struct envelope e;
	int rc = begin(file, regs, ev, &e, err);
	ev->type = EVIDENCE_TDREPORT;
	if (rc == 0)
		rc = tdx_quote_parse_report(e.inner, regs, ev, err);
	if (rc == 0)
		rc = hcl_take_user_data(&e.hcl, ev, err);
	envelope_clear(&e);
	return rc;
}

int evidence_file_load(const char *path, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct quote_logs *logs, struct err *err)
{
	AUTO_FREE uint8_t *raw = NULL;
	size_t n;
	*regs = (struct register_file){0};
	if (logs != NULL)
		*logs = (struct quote_logs){0};
	static const size_t limits[] = {EVIDENCE_FILE_MAX, QUOTE_FILE_MAX};
	if (input_read_long(
		    path, limits, trust != NULL ? quote_json_looks_like : NULL, &raw, &n, err) < 0)
		return -1;
	struct bytes file = {raw, n};
	int rc = trust != NULL ? parse_any(file, trust, regs, ev, logs, err)
			       : evidence_file_parse_tdreport(file, regs, ev, err);
	if (rc == 0)
		return 0;
	log_formats_refuse(file, err);
	return err_in(err, "'%s'", path);
}
