/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/evidence_file.h"

#include <string.h>

#include "base/input.h"
#include "base/scope.h"
#include "evidence/der.h"
#include "evidence/envelope.h"
#include "evidence/hcl.h"
#include "evidence/snp_check.h"
#include "evidence/tdx_check.h"
#include "evidence/tdx_quote.h"
#include "evidence/tpm_json.h"
#include "formats/log_formats.h"

/* The registers can be had without what signs them. */
static void settle(struct evidence *ev, int rc, const struct err *why)
{
	if (rc < 0) {
		ev->verdict = EVIDENCE_NONE;
		ev->failed = STEP_NONE;
		ev->detail[0] = '\0';
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
	/* Who sends evidence does not choose what it is revoked by. */
	certs_cut(&with.given, with.given.n, trust->given.n_crls);
	int rc = parse_quote(in->evidence, &with, regs, ev, err);
	certs_cut(&with.given, trust->given.n, trust->given.n_crls);
	/* What could be decided without them stays as it is. */
	if (rc == 0 && certs < 0 && ev->verdict == EVIDENCE_UNCHECKED) {
		err_in(&why, "its '%s'", in->certs_name);
		settle(ev, certs, &why);
	}
	return rc;
}

/* What the hardware says of a TPM, and who signed it; its own registers are not asked for. */
static int parse_hardware(struct bytes b, bool tdreport, const struct evidence_trust *trust,
	struct evidence *ret, struct err *err)
{
	struct register_file regs = {0};
	*ret = (struct evidence){.failed = STEP_NONE, .type = EVIDENCE_TDREPORT};
	int rc = tdreport ? tdx_quote_parse_report(b, &regs, ret, err)
			  : evidence_file_parse_raw(b, trust, &regs, ret, err);
	register_file_clear(&regs);
	return rc;
}

/* What is wrong with the hardware's evidence is wrong with the TPM's. */
static void take_failure(struct evidence *ev, const struct evidence *hardware)
{
	if (evidence_verdict_status(hardware->verdict) != ST_OK)
		evidence_fail(ev, hardware->verdict, hardware->failed, "its %s: %s",
			evidence_type_name(hardware->type), hardware->detail);
}

/* What the hardware's evidence is, the TPM's is at best. */
static void follow(
	struct evidence *ev, const struct evidence *hardware, const struct digest *digest)
{
	const char *name = evidence_type_name(hardware->type);
	ev->tpm.has_hardware = true;
	ev->tpm.hardware = hardware->type;
	ev->tpm.hardware_verdict = hardware->verdict;
	ev->debug = ev->debug || hardware->debug;
	take_failure(ev, hardware);
	if (evidence_goes_on(ev) && !hcl_is_bound(digest, hardware))
		evidence_fail(ev, EVIDENCE_FORGED, STEP_BINDING,
			"the report data of its %s is not the hash of the HCL report's data", name);
}

/* The report in the HCL report, and the quote beside it, are both of the data in it. */
static int check_hardware(const struct tpm_json *t, const struct hcl *hcl,
	const struct digest *digest, const struct evidence_trust *trust, struct evidence *ev,
	struct err *err)
{
	struct evidence hardware;
	if (parse_hardware(hcl->report, hcl->tdx, trust, &hardware, err) < 0)
		return err_in(err, "its HCL report");
	follow(ev, &hardware, digest);
	if (t->td_quote.p != NULL && evidence_goes_on(ev) && hardware.err.status == ST_OK) {
		if (parse_hardware(t->td_quote, false, trust, &hardware, err) < 0)
			return err_in(err, "its 'td_quote'");
		follow(ev, &hardware, digest);
	}
	/* What is wrong stays wrong where something else cannot be checked. */
	if (!evidence_goes_on(ev) || hardware.err.status == ST_OK)
		return 0;
	*err = hardware.err;
	return err_in(err, "its hardware report");
}

/* Without an HCL report nothing says whose TPM it is: a quote beside it can only make it worse. */
static int check_untied(const struct tpm_json *t, const struct evidence_trust *trust,
	struct evidence *ev, struct err *err)
{
	struct evidence quote;
	ev->steps |= 1U << STEP_BINDING;
	int rc = parse_hardware(t->td_quote, false, trust, &quote, err);
	if (rc == 0 && quote.err.status != ST_OK) {
		*err = quote.err;
		rc = -1;
	}
	if (rc < 0)
		return err_in(err, "its 'td_quote'");
	take_failure(ev, &quote);
	return 0;
}

static int hash_key(struct bytes b, struct digest *ret, struct err *err)
{
	struct hasher *h;
	if (hasher_open(&h, HASH_SHA256, err) < 0)
		return -1;
	int rc = hash_bytes(h, b, ret, err);
	hasher_close(h);
	return rc;
}

/* The TPM's key is that of the HCL report, if there is one, whose hardware report is of that key. */
static int check_key(const struct tpm_json *t, const struct hcl *hcl,
	const struct evidence_trust *trust, struct evidence *ev, struct err *err)
{
	struct digest digest, key;
	if (hcl_digest(hcl, &digest, err) < 0)
		return -1;
	if (hcl_attestation_key(hcl->data, &key, err) < 0)
		return err_in(err, "its HCL report");
	ev->steps |= 1U << STEP_BINDING;
	if (ev->tpm.has_ak && memcmp(ev->tpm.ak_sha256, key.v, SHA256_SIZE) != 0)
		evidence_fail(ev, EVIDENCE_FORGED, STEP_BINDING,
			"its 'ak_public' is not the key in its HCL report");
	memcpy(ev->tpm.ak_sha256, key.v, SHA256_SIZE);
	ev->tpm.has_ak = true;
	if (!evidence_goes_on(ev))
		return 0;
	if (check_hardware(t, hcl, &digest, trust, ev, err) < 0)
		return -1;
	if (evidence_goes_on(ev))
		evidence_passed(ev, STEP_BINDING);
	return 0;
}

static int tie(const struct tpm_json *t, const struct evidence_trust *trust, struct evidence *ev,
	struct err *err)
{
	struct evidence_trust with = *trust;
	struct digest key;
	struct hcl hcl;
	if (t->ak.p != NULL) {
		if (t->ak.n == 0 || t->ak.p[0] != DER_SEQUENCE)
			return err_set(err, ST_FORMAT,
				"its 'ak_public' is not a SubjectPublicKeyInfo in DER");
		if (hash_key(t->ak, &key, err) < 0)
			return -1;
		memcpy(ev->tpm.ak_sha256, key.v, SHA256_SIZE);
		ev->tpm.has_ak = true;
	}
	if (t->hcl.p == NULL)
		return t->td_quote.p != NULL ? check_untied(t, trust, ev, err) : 0;
	if (hcl_parse(t->hcl, &hcl, err) < 0)
		return -1;
	int rc = t->vcek.p != NULL ? certs_add(&with.given, t->vcek, err) : 0;
	certs_cut(&with.given, with.given.n, trust->given.n_crls);
	if (rc < 0)
		err_in(err, "its 'vcek'");
	if (rc == 0)
		rc = check_key(t, &hcl, &with, ev, err);
	certs_cut(&with.given, trust->given.n, trust->given.n_crls);
	return rc;
}

/* Its signature is not checked: it is genuine to nobody here. */
static void say_unchecked(const struct tpm_json *t, struct evidence *ev)
{
	static const char is[] = "the signature of the TPM's key is not checked here";
	if (ev->tpm.has_hardware)
		evidence_lacks(ev, "%s; that key is in the HCL report, whose %s is %s", is,
			evidence_type_name(ev->tpm.hardware),
			evidence_verdict_name(ev->tpm.hardware_verdict));
	else
		evidence_lacks(ev, "%s, and nothing ties that key to hardware%s", is,
			t->td_quote.p != NULL ? ": its 'td_quote' does not without an 'hcl_report'"
					      : "");
}

static int parse_tpm(struct json_object *doc, const struct evidence_trust *trust,
	struct register_file *regs, struct evidence *ev, struct err *err)
{
	struct tpm_json t;
	struct err why = {0};
	ev->type = EVIDENCE_TPM_QUOTE;
	int rc = tpm_json_parse(doc, &t, err);
	if (rc == 0)
		rc = tpm_quote_parse(t.message, t.pcr, t.n_pcrs, regs, ev, err);
	if (rc == 0 && evidence_goes_on(ev) && ev->err.status == ST_OK)
		settle(ev, tie(&t, trust, ev, &why), &why);
	if (rc == 0 && evidence_goes_on(ev) && ev->err.status == ST_OK)
		say_unchecked(&t, ev);
	tpm_json_clear(&t);
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
	if (rc == 0)
		rc = quote_json_check(
			&q, regs, (struct bytes){ev->report_data, sizeof(ev->report_data)}, err);
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
	if (rc == 0 && e.tpm != NULL)
		rc = parse_tpm(e.tpm, trust, regs, ev, err);
	else if (rc == 0)
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
	if (rc == 0 && e.tpm != NULL)
		rc = err_set(err, ST_FORMAT,
			"this is the quote of a TPM, not a TDREPORT: --quote reads it");
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
