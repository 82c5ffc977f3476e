/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/td_file.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "model/verdict.h"
#include "out/wrap.h"

enum { LINE_ROOM = ERR_MSG_MAX, INDENT = 4 };

static struct bytes report_data(const struct td_file *td)
{
	return (struct bytes){td->ev.report_data, sizeof(td->ev.report_data)};
}

static struct bytes wanted(const struct td_file *td)
{
	return (struct bytes){td->asked.wanted, sizeof(td->asked.wanted)};
}

/* What has to be what was asked for: the report data, or what the guest had put into that. */
static struct bytes answer(const struct td_file *td)
{
	const struct evidence *ev = &td->ev;
	if (!ev->has_user_data || bytes_equal(report_data(td), wanted(td)))
		return report_data(td);
	return (struct bytes){ev->user_data, sizeof(ev->user_data)};
}

bool td_file_answers(const struct td_file *td)
{
	return !td->asked.asked || bytes_equal(answer(td), wanted(td));
}

static const char *answer_name(const struct td_file *td)
{
	return verdict_name(td_file_answers(td) ? VERDICT_MATCH : VERDICT_MISMATCH);
}

/* Whose registers they are. */
static const char *machine_name(const struct evidence *ev)
{
	return ev->type == EVIDENCE_TDX_QUOTE || ev->type == EVIDENCE_TDREPORT ? "TD" : "guest";
}

/* What the file says is worth nothing unless it is genuine. */
static unsigned find_unmet(const struct td_file *td)
{
	const struct evidence *ev = &td->ev;
	unsigned met = 0;
	if (ev->verdict == EVIDENCE_GENUINE) {
		met |= REQUIRE_SIGNATURE;
		met |= !ev->debug ? REQUIRE_NO_DEBUG : 0;
		met |= (ev->checked & 1U << STEP_CRL) != 0 ? REQUIRE_CRL : 0;
		met |= ev->type == EVIDENCE_SNP_REPORT && ev->snp.vmpl == 0 ? REQUIRE_VMPL0 : 0;
	}
	return td->asked.require & ~met;
}

static void tell_notes(const struct app *app, const struct td_file *td)
{
	const char *path = td->asked.path;
	const struct evidence *ev = &td->ev;
	if (ev->trailing > 0 && !ev->trailing_zeros)
		app_note(app, "'%s': ignored %zu byte%s after the end of the %s", path,
			ev->trailing, ev->trailing == 1 ? "" : "s",
			ev->type == EVIDENCE_SNP_REPORT ? "report" : "quote");
	if (td->asked.asked && ev->has_user_data && !bytes_equal(report_data(td), wanted(td)))
		app_note(app,
			"'%s': what --report-data asks for is compared with the user data that the "
			"report data is the hash of",
			path);
	if (ev->debug)
		app_note(app,
			"'%s': this %s has the debug attribute: its host can read and change it, "
			"so its registers prove nothing",
			path, machine_name(ev));
}

void td_file_tell_limits(struct app *app, const struct td_file *td)
{
	const struct evidence *ev = &td->ev;
	struct err later;
	if (app->screen.columns > 0)
		sink_flush(&app->out, &later);
	if (td->asked.path != NULL && ev->verdict == EVIDENCE_GENUINE &&
		ev->type == EVIDENCE_TDX_QUOTE)
		app_note(app, "'%s': its TCB level is not checked: see EVIDENCE in tsmctl(8)",
			td->asked.path);
	if (td->asked.path != NULL && ev->verdict == EVIDENCE_UNCHECKED && td->unmet == 0)
		app_note(app,
			"'%s': nothing here shows that this is genuine: '--require signature' "
			"makes that a failure",
			td->asked.path);
}

static void tell_unmet(struct app *app, const struct td_file *td)
{
	static const char *const why[] = {
		NULL,
		"its host can read and change this guest",
		"no complete revocation list of every issuer was given",
		"it is not of VMPL 0 of an SEV-SNP guest",
	};
	bool genuine = td->ev.verdict == EVIDENCE_GENUINE;
	struct err err;
	for (size_t i = 0; td_require_name(i) != NULL; i++) {
		if ((td->unmet & 1U << i) == 0)
			continue;
		err_set(&err, ST_NO, "'%s': --require %s: %s", td->asked.path, td_require_name(i),
			genuine ? why[i] : "it is not known to be genuine");
		app_error(app, &err);
	}
}

static void tell_errors(struct app *app, const struct td_file *td)
{
	char is[2 * REPORT_DATA_SIZE + 1], asked[2 * REPORT_DATA_SIZE + 1];
	const struct evidence *ev = &td->ev;
	struct err err = ev->err;
	if (err.status != ST_OK) {
		err_in(&err, "'%s'", td->asked.path);
		app_error(app, &err);
	}
	if (evidence_verdict_status(ev->verdict) != ST_OK) {
		err_set(&err, ST_NO, "'%s' is %s: %s", td->asked.path,
			evidence_verdict_name(ev->verdict), ev->detail);
		app_error(app, &err);
	}
	if (td_file_answers(td))
		return;
	err_set(&err, ST_NO,
		"'%s': the report data is %s, not %s: this was not made for that request",
		td->asked.path, hex_str(is, answer(td)), hex_str(asked, wanted(td)));
	app_error(app, &err);
}

int td_file_load(struct app *app, struct td_file *td, struct register_file *ret)
{
	bool quote = app->opt.quote != NULL;
	*ret = (struct register_file){0};
	if (quote && td_options_load(app, &td->asked) < 0)
		return -1;
	if (evidence_file_load(td->asked.path, quote ? &td->asked.trust : NULL, ret, &td->ev,
		    &td->logs, &app->err) < 0)
		return -1;
	if (td->lone && td->logs.n == 0)
		return app_err_lone(app, quote ? "quote" : "tdreport");
	td->unmet = find_unmet(td);
	tell_notes(app, td);
	tell_errors(app, td);
	tell_unmet(app, td);
	return 0;
}

void td_file_clear(struct td_file *td)
{
	evidence_trust_clear(&td->asked.trust);
	quote_json_clear_logs(&td->logs);
}

bool td_file_verdict(const struct td_file *td, const char **ret)
{
	enum evidence_verdict verdict = td->ev.verdict;
	if (td->asked.path == NULL)
		return false;
	if (evidence_verdict_status(verdict) == ST_OK && !td_file_answers(td))
		*ret = verdict_name(VERDICT_MISMATCH);
	else if (evidence_verdict_status(verdict) == ST_OK && td->unmet != 0)
		*ret = evidence_verdict_name(EVIDENCE_UNTRUSTED);
	else if (evidence_verdict_status(verdict) != ST_OK || verdict == EVIDENCE_NONE)
		*ret = evidence_verdict_name(verdict);
	else
		return false;
	return true;
}

static void put_not_checked(const struct evidence *ev, struct text *t)
{
	const char *before = "; not checked: ";
	for (enum evidence_step s = 0; s < STEP_COUNT; s++) {
		if ((ev->steps & ~ev->checked & 1U << s) == 0)
			continue;
		text_put(t, "%s%s", before, evidence_step_name(s));
		before = ", ";
	}
}

static void put_genuine(const struct evidence *ev, struct text *t)
{
	enum { POLICY_MIGRATE = 1 << 18 };
	bool snp = ev->type == EVIDENCE_SNP_REPORT;
	if (ev->debug)
		text_put(t, "of a debug %s, which proves nothing; ", snp ? "guest" : "TD");
	text_put(t, "root: %s", ev->root);
	if (snp) {
		text_put(t, "; %s, VMPL %u", ev->snp.signing_key, (unsigned)ev->snp.vmpl);
		if ((ev->snp.policy & POLICY_MIGRATE) != 0)
			text_put(t, ", may be migrated");
	} else {
		text_put(t, "; FMSPC ");
		text_put_hex(t, (struct bytes){ev->tdx.fmspc, sizeof(ev->tdx.fmspc)});
	}
	put_not_checked(ev, t);
}

/* The verdict is about the signatures alone: what makes the answer another one stands next to it. */
static void put_but(const struct td_file *td, struct text *t)
{
	const char *before = "but --require ";
	for (size_t i = 0; td_require_name(i) != NULL; i++) {
		if ((td->unmet & 1U << i) == 0)
			continue;
		text_put(t, "%s%s", before, td_require_name(i));
		before = ",";
	}
	if (td->unmet != 0)
		text_put(t, " is not met; ");
	if (!td_file_answers(td))
		text_put(t, "but its report data is not what was asked for; ");
}

/* "VERDICT  TYPE  (detail)", as rows of verify are. */
static const char *make_line(const struct td_file *td, char *buf)
{
	const struct evidence *ev = &td->ev;
	const char *verdict = evidence_verdict_name(ev->verdict);
	struct text t = {.buf = buf, .room = LINE_ROOM};
	text_put(
		&t, "%s  %s  (", verdict != NULL ? verdict : "error", evidence_type_name(ev->type));
	put_but(td, &t);
	if (ev->verdict == EVIDENCE_GENUINE)
		put_genuine(ev, &t);
	else
		text_put(&t, "%s", verdict != NULL ? ev->detail : ev->err.msg);
	text_put(&t, ")");
	return buf;
}

/* Yellow: what is signed is true, and proves nothing. */
static const char *color_of(const struct td_file *td)
{
	if (td->ev.verdict != EVIDENCE_GENUINE || td->unmet != 0 || !td_file_answers(td))
		return "\033[31m";
	return td->ev.debug ? "\033[33m" : "\033[32m";
}

void td_file_print(struct app *app, const struct td_file *td)
{
	char line[LINE_ROOM];
	if (td->asked.path == NULL)
		return;
	const char *rest = strchr(make_line(td, line), ' '), *detail = strchr(line, '(');
	bool colored = app_colored(app);
	size_t at = (size_t)(detail - line);
	sink_str(&app->out, colored ? color_of(td) : "");
	sink_bytes(&app->out, (struct bytes){(const uint8_t *)line, (size_t)(rest - line)});
	sink_str(&app->out, colored ? "\033[0m" : "");
	sink_bytes(&app->out, (struct bytes){(const uint8_t *)rest, (size_t)(detail - rest)});
	if (app->screen.columns > 0) {
		wrap_words(&app->out, detail, at, INDENT, app->screen.columns);
		return;
	}
	sink_str(&app->out, detail);
	sink_char(&app->out, '\n');
}

void td_file_warn(const struct td_file *td)
{
	char line[LINE_ROOM];
	if (td->asked.path != NULL)
		fprintf(stderr, "tsmctl: '%s': %s\n", td->asked.path, make_line(td, line));
}

static void json_key_hex(struct json *j, const char *key, const uint8_t *p, size_t n)
{
	json_key(j, key);
	json_hex(j, (struct bytes){p, n});
}

static void json_key_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

static void json_key_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	if (s != NULL)
		json_str(j, s);
	else
		json_null(j);
}

static void json_steps(struct json *j, const char *key, unsigned steps)
{
	json_key(j, key);
	json_open(j, '[');
	for (enum evidence_step s = 0; s < STEP_COUNT; s++)
		if ((steps & 1U << s) != 0)
			json_str(j, evidence_step_name(s));
	json_close(j, ']');
}

static void json_tpm(struct json *j, const struct evidence *ev)
{
	bool has = ev->tpm.has_hardware;
	json_key_hex(j, "nonce", ev->report_data, ev->tpm.n_nonce);
	json_key_hex(j, "qualified_signer", ev->tpm.signer, ev->tpm.n_signer);
	json_key(j, "ak_sha256");
	if (ev->tpm.has_ak)
		json_hex(j, (struct bytes){ev->tpm.ak_sha256, SHA256_SIZE});
	else
		json_null(j);
	json_key_str(j, "hardware", has ? evidence_type_name(ev->tpm.hardware) : NULL);
	json_key_str(j, "hardware_verdict",
		has ? evidence_verdict_name(ev->tpm.hardware_verdict) : NULL);
}

static void json_platform(struct json *j, const struct evidence *ev)
{
	if (ev->type == EVIDENCE_TPM_QUOTE)
		json_tpm(j, ev);
	if (ev->type == EVIDENCE_SNP_REPORT) {
		json_key_str(j, "product", ev->snp.product);
		json_key_str(j, "signing_key", ev->snp.signing_key);
		json_key_u64(j, "vmpl", ev->snp.vmpl);
		json_key_u64(j, "policy", ev->snp.policy);
		json_key_hex(j, "reported_tcb", ev->snp.reported_tcb, SNP_TCB_SIZE);
		json_key_hex(j, "chip_id", ev->snp.chip_id, SNP_CHIP_ID_SIZE);
	}
	if (ev->type != EVIDENCE_TDX_QUOTE)
		return;
	json_key_hex(j, "tee_tcb_svn", ev->tdx.tee_tcb_svn, CPU_TCB_SIZE);
	json_key_u64(j, "qe_isvsvn", ev->tdx.qe_isvsvn);
	if (!ev->tdx.has_pck)
		return;
	json_key_hex(j, "fmspc", ev->tdx.fmspc, FMSPC_SIZE);
	json_key_hex(j, "pceid", ev->tdx.pceid, PCEID_SIZE);
	json_key_u64(j, "pcesvn", ev->tdx.pcesvn);
}

static void json_checked(struct json *j, const struct td_file *td)
{
	const struct evidence *ev = &td->ev;
	unsigned failed = ev->failed != STEP_NONE ? 1U << ev->failed : 0;
	json_key_str(j, "verdict", evidence_verdict_name(ev->verdict));
	json_key_str(j, "failed", evidence_failed_name(ev->failed));
	json_key_str(j, "detail", ev->detail[0] != '\0' ? ev->detail : NULL);
	json_key_str(j, "root", ev->root);
	json_key(j, "root_sha256");
	if (ev->root != NULL)
		json_hex(j, (struct bytes){ev->root_sha256, SHA256_SIZE});
	else
		json_null(j);
	json_steps(j, "checked", ev->checked);
	json_steps(j, "not_checked", ev->steps & ~ev->checked & ~failed);
	json_key(j, "unmet");
	json_open(j, '[');
	for (size_t i = 0; td_require_name(i) != NULL; i++)
		if ((td->unmet & 1U << i) != 0)
			json_str(j, td_require_name(i));
	json_close(j, ']');
}

static void json_at(struct json *j, const struct evidence_trust *trust)
{
	char text[32];
	struct tm tm;
	bool known = trust->has_time && gmtime_r(&trust->at, &tm) != NULL &&
		     strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0;
	json_key_str(j, "at", known ? text : NULL);
}

void td_file_json_evidence(const struct td_file *td, struct json *j)
{
	const struct evidence *ev = &td->ev;
	json_key(j, "evidence");
	if (td->asked.path == NULL) {
		json_null(j);
		return;
	}
	json_open(j, '{');
	json_key_str(j, "type", evidence_type_name(ev->type));
	json_key_u64(j, "version", ev->version);
	json_checked(j, td);
	json_at(j, &td->asked.trust);
	json_key(j, "debug");
	json_bool(j, ev->debug);
	json_key_hex(j, "report_data", ev->report_data, REPORT_DATA_SIZE);
	if (ev->has_user_data)
		json_key_hex(j, "user_data", ev->user_data, REPORT_DATA_SIZE);
	json_key_u64(j, "trailing_bytes", ev->trailing);
	json_platform(j, ev);
	if (ev->err.status != ST_OK) {
		json_key(j, "error");
		json_err(j, &ev->err);
	}
	json_close(j, '}');
}

static void json_attributes(const struct td_file *td, struct json *j)
{
	if (td->ev.type == EVIDENCE_TDX_QUOTE || td->ev.type == EVIDENCE_TDREPORT)
		json_key_hex(
			j, "td_attributes", td->ev.tdx.attributes, sizeof(td->ev.tdx.attributes));
	json_key(j, "debug");
	json_bool(j, td->ev.debug);
}

void td_file_json_facts(const struct td_file *td, struct json *j)
{
	if (td->asked.path == NULL)
		return;
	td_file_json_evidence(td, j);
	json_key(j, "report_data");
	json_hex(j, report_data(td));
	if (td->asked.asked) {
		json_key(j, "report_data_expected");
		json_hex(j, wanted(td));
		json_key_str(j, "report_data_verdict", answer_name(td));
	}
	json_attributes(td, j);
}

void td_file_json_answer(const struct td_file *td, struct json *j)
{
	td_file_json_evidence(td, j);
	if (td->asked.path == NULL)
		return;
	json_attributes(td, j);
	if (!td->asked.asked)
		return;
	json_key(j, "report_data");
	json_open(j, '{');
	json_key(j, "value");
	json_hex(j, answer(td));
	json_key(j, "expected");
	json_hex(j, wanted(td));
	json_key_str(j, "verdict", answer_name(td));
	json_close(j, '}');
}
