/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "base/scope.h"
#include "cli/row_mr.h"
#include "cli/td_file.h"
#include "ops/quote.h"

/* What the quote is asked for, and the bytes that this borrows. */
struct asked {
	struct quote_wanted wanted;
	uint8_t data[REPORT_DATA_SIZE];
	char guid[37];
};

static int take_nonce(struct app *app, uint8_t *ret)
{
	struct bytes hex = bytes_of(app->opt.nonce);
	if (hex.n == 0 || hex.n > (size_t)2 * REPORT_DATA_SIZE ||
		!hex_get(ret, hex.n / 2, hex, true))
		return err_set(&app->err, ST_USAGE,
			"--nonce: 1 to %d bytes are needed, as two hex digits each",
			REPORT_DATA_SIZE);
	memset(ret + hex.n / 2, 0, REPORT_DATA_SIZE - hex.n / 2);
	return 0;
}

/* Hex is never taken for base64: 64 hex digits are both. */
static int take_data(struct app *app, uint8_t *ret)
{
	const struct options *o = &app->opt;
	bool asked;
	int given = (o->report_data != NULL) + (o->report_data_file != NULL) + (o->nonce != NULL) +
		    o->random;
	if (given != 1)
		return err_set(&app->err, ST_USAGE,
			"quote needs %sone of --report-data, --report-data-file, --nonce and "
			"--random",
			given > 1 ? "only " : "");
	if (o->nonce != NULL)
		return take_nonce(app, ret);
	if (o->random) {
		arc4random_buf(ret, REPORT_DATA_SIZE);
		return 0;
	}
	return td_options_report_data(app, ret, &asked);
}

static int take_number(
	struct app *app, const char *option, const char *text, long long max, long long *ret)
{
	const char *wrong;
	*ret = strtonum(text, 0, max, &wrong);
	/* It is handed on as it is spelled, and the kernel takes 010 for 8. */
	if (wrong == NULL && text[strspn(text, "0123456789")] == '\0' &&
		(text[0] != '0' || text[1] == '\0'))
		return 0;
	return err_set(
		&app->err, ST_USAGE, "--%s '%s': not a number from 0 to %lld", option, text, max);
}

static int take_guid(struct app *app, char ret[static 37])
{
	const char *guid = app->opt.service_guid;
	size_t n = strlen(guid);
	for (size_t i = 0; i < n && i < 36; i++)
		ret[i] = (char)(guid[i] >= 'A' && guid[i] <= 'F' ? guid[i] + 'a' - 'A' : guid[i]);
	if (n == 36 && bytes_is_uuid((struct bytes){(const uint8_t *)ret, n}))
		return 0;
	return err_set(&app->err, ST_USAGE,
		"--service-guid '%s': not a GUID, as 00112233-4455-6677-8899-aabbccddeeff", guid);
}

static int take_service(struct app *app, struct asked *ret)
{
	const struct options *o = &app->opt;
	struct tsm_report_request *r = &ret->wanted.request;
	long long version;
	if (o->service_guid != NULL && o->service_provider == NULL)
		return err_set(&app->err, ST_USAGE, "--service-guid needs --service-provider");
	if (o->service_manifest_version != NULL && o->service_guid == NULL)
		return err_set(
			&app->err, ST_USAGE, "--service-manifest-version needs --service-guid");
	if (o->service_provider != NULL && !bytes_is_word(bytes_of(o->service_provider)))
		return err_set(&app->err, ST_USAGE,
			"--service-provider: not a name: one word of printable ASCII");
	if (o->service_guid != NULL && take_guid(app, ret->guid) < 0)
		return -1;
	r->service_provider = o->service_provider;
	r->service_guid = o->service_guid != NULL ? ret->guid : NULL;
	r->service_manifest_version = o->service_manifest_version;
	return o->service_manifest_version == NULL
		       ? 0
		       : take_number(app, "service-manifest-version", o->service_manifest_version,
				 UINT32_MAX, &version);
}

static int check_output(struct app *app)
{
	const struct options *o = &app->opt;
	if (o->json && o->format != NULL)
		return err_set(&app->err, ST_USAGE, "--json and --format cannot be combined");
	if (o->with_logs && !o->json && o->format == NULL)
		return err_set(&app->err, ST_USAGE, "--with-logs needs --json or --format");
	if (!o->json && o->format == NULL && isatty(STDOUT_FILENO))
		return err_set(&app->err, ST_USAGE,
			"the quote is binary and standard output a terminal: add '> FILE', --json "
			"or --format");
	return 0;
}

static int take_options(struct app *app, struct asked *ret)
{
	const struct options *o = &app->opt;
	struct tsm_report_request *r = &ret->wanted.request;
	long long level = -1;
	if (check_output(app) < 0 || take_data(app, ret->data) < 0 || take_service(app, ret) < 0)
		return -1;
	if (o->privlevel != NULL &&
		take_number(app, "privlevel", o->privlevel, REPORT_PRIVLEVEL_MAX, &level) < 0)
		return -1;
	r->data = (struct bytes){ret->data, sizeof(ret->data)};
	r->privlevel = (int)level;
	ret->wanted.with_logs = o->with_logs;
	ret->wanted.coco = o->format != NULL;
	ret->wanted.wait_s = o->quote_wait_s;
	ret->wanted.only_abi = o->abi;
	return 0;
}

static void json_blob(struct json *j, const char *key, const struct tsm_report_blob *blob)
{
	json_key(j, key);
	if (blob->n > 0)
		json_base64(j, (struct bytes){blob->p, blob->n});
	else
		json_null(j);
}

static void json_logs(struct json *j, const struct quote_logs *logs)
{
	json_key(j, "logs");
	json_open(j, '[');
	for (size_t i = 0; i < logs->n; i++) {
		const struct quote_log *log = &logs->v[i];
		json_open(j, '{');
		json_key(j, "source");
		json_str(j, log->source);
		json_key(j, "format");
		json_str(j, log->format);
		if (log->reg != NULL) {
			json_key(j, "register");
			json_str(j, log->reg);
		}
		json_key(j, "base64");
		json_base64(j, (struct bytes){log->p, log->n});
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_registers(struct app *app, struct json *j, const struct register_file *regs)
{
	json_key(j, app->cmd->rows);
	json_open(j, '[');
	for (size_t i = 0; i < regs->mrs.n; i++) {
		struct row_mr row;
		row_mr_fill(&row, regs->mrs.mr[i]);
		row.value = regs->value[i];
		row_mr_print_value(&row, j, NULL);
		row_mr_clear(&row);
	}
	json_close(j, ']');
}

static void json_head(struct json *j, const struct quote_done *done)
{
	json_key(j, "boot_id");
	if (done->regs.boot_id[0] != '\0')
		json_str(j, done->regs.boot_id);
	else
		json_null(j);
	json_key(j, "provider");
	json_str(j, done->provider);
	json_key(j, "report_data");
	json_hex(j, (struct bytes){done->ev.report_data, REPORT_DATA_SIZE});
	json_key(j, "privlevel");
	if (done->report.privlevel >= 0)
		json_u64(j, (uint64_t)done->report.privlevel);
	else
		json_null(j);
}

static void print_json(struct app *app, const struct quote_done *done)
{
	struct json j;
	struct td_file td = {.asked.path = done->provider, .ev = done->ev};
	app_json_begin(app, &j);
	json_head(&j, done);
	json_blob(&j, "quote_base64", &done->report.out);
	json_blob(&j, "auxblob_base64", &done->report.aux);
	json_blob(&j, "manifestblob_base64", &done->report.manifest);
	td_file_json_evidence(&td, &j);
	json_logs(&j, &done->logs);
	json_registers(app, &j, &done->regs);
	app_json_end(&j);
}

/* guest-components, attestation-agent/attester/src/tdx: TdxEvidence. */
static void print_coco(struct app *app, const struct quote_done *done)
{
	struct json j = {.sink = &app->out};
	json_open(&j, '{');
	json_blob(&j, "cc_eventlog", &done->coco);
	json_blob(&j, "quote", &done->report.out);
	json_close(&j, '}');
	sink_char(&app->out, '\n');
}

static void tell(const struct app *app, const struct quote_done *done)
{
	const struct evidence *ev = &done->ev;
	if (done->note[0] != '\0')
		app_note(app, "%s", done->note);
	if (evidence_verdict_status(ev->verdict) != ST_OK)
		app_note(app, "'%s' gave a report that is %s: %s", done->provider,
			evidence_verdict_name(ev->verdict), ev->detail);
	if (ev->debug)
		app_note(app, "this %s has the debug attribute: nobody should trust its quotes",
			ev->type == EVIDENCE_SNP_REPORT ? "guest" : "TD");
}

int cmd_quote(struct app *app, int argc, char *const argv[])
{
	struct asked asked = {0};
	struct quote_done done = {0};
	(void)argc;
	(void)argv;
	if (take_options(app, &asked) < 0 || app_open_root(app) < 0)
		return -1;
	int rc = quote_run(&app->root, &asked.wanted, &done, &app->err);
	if (rc < 0 && done.note[0] != '\0')
		app_note(app, "%s", done.note);
	if (rc == 0) {
		tell(app, &done);
		if (app->opt.format != NULL)
			print_coco(app, &done);
		else if (app->opt.json)
			print_json(app, &done);
		else
			sink_bytes(&app->out, (struct bytes){done.report.out.p, done.report.out.n});
	}
	quote_clear(&done);
	return rc;
}
