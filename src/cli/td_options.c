/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/td_options.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/input.h"
#include "base/scope.h"

static const char *const require_names[] = {"signature", "no-debug", "crl", "vmpl0", NULL};

const char *td_require_name(size_t n)
{
	return require_names[n];
}

static int check_one_source(struct app *app)
{
	const struct options *o = &app->opt;
	const char *const given[][2] = {
		{"values", o->values}, {"quote", o->quote}, {"tdreport", o->tdreport}};
	const char *first = NULL;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (given[i][1] == NULL)
			continue;
		if (first != NULL)
			return err_set(&app->err, ST_USAGE, "--%s and --%s cannot be combined",
				first, given[i][0]);
		first = given[i][0];
	}
	return 0;
}

/* Options that only say something about a quote, or about a quote or a report. */
static int check_needs_quote(struct app *app)
{
	const struct options *o = &app->opt;
	const char *report_data = o->report_data != NULL	? "report-data"
				  : o->report_data_file != NULL ? "report-data-file"
				  : o->require.n > 0		? "require"
								: NULL;
	const char *signature = o->root_ca.n > 0 ? "root-ca"
				: o->certs.n > 0 ? "certs"
				: o->crl.n > 0	 ? "crl"
				: o->at != NULL	 ? "at"
						 : NULL;
	if (report_data != NULL && o->quote == NULL && o->tdreport == NULL)
		return err_set(&app->err, ST_USAGE,
			"--%s needs --quote or --tdreport to be checked against", report_data);
	if (signature != NULL && o->quote == NULL)
		return err_set(&app->err, ST_USAGE, "--%s needs --quote", signature);
	if (o->report_data != NULL && o->report_data_file != NULL)
		return err_set(&app->err, ST_USAGE,
			"--report-data and --report-data-file cannot be combined");
	return 0;
}

int td_options_report_data(struct app *app, uint8_t ret[static REPORT_DATA_SIZE], bool *ret_asked)
{
	const struct options *o = &app->opt;
	AUTO_FREE uint8_t *file = NULL;
	size_t n;
	*ret_asked = o->report_data != NULL || o->report_data_file != NULL;
	if (o->report_data != NULL &&
		!hex_get(ret, REPORT_DATA_SIZE, bytes_of(o->report_data), true))
		return err_set(&app->err, ST_USAGE,
			"--report-data: it has %d bytes: exactly %d hex digits are needed",
			REPORT_DATA_SIZE, 2 * REPORT_DATA_SIZE);
	if (o->report_data_file == NULL)
		return 0;
	if (input_read(o->report_data_file, VALUES_FILE_MAX, &file, &n, &app->err) < 0)
		return -1;
	if (n != REPORT_DATA_SIZE)
		return err_set(&app->err, ST_USAGE,
			"--report-data-file '%s': %zu bytes, and report data has %d",
			o->report_data_file, n, REPORT_DATA_SIZE);
	memcpy(ret, file, REPORT_DATA_SIZE);
	return 0;
}

static int take_word(struct app *app, struct bytes word, unsigned *ret)
{
	for (size_t i = 0; require_names[i] != NULL; i++) {
		if (!bytes_equal(word, bytes_of(require_names[i])))
			continue;
		*ret |= 1U << i;
		return 0;
	}
	return err_set(&app->err, ST_USAGE,
		"--require '%.*s': not one of signature, no-debug, crl, vmpl0", (int)word.n,
		(const char *)word.p);
}

/* Words with commas between. */
static int take_require(struct app *app, unsigned *ret)
{
	const struct str_list *list = &app->opt.require;
	for (size_t i = 0; i < list->n; i++) {
		const char *p = list->v[i];
		for (;;) {
			size_t n = strcspn(p, ",");
			if (take_word(app, (struct bytes){(const uint8_t *)p, n}, ret) < 0)
				return -1;
			if (p[n] == '\0')
				break;
			p += n + 1;
		}
	}
	return 0;
}

/* Whether text has a digit where the mask has '0', and elsewhere what the mask has. */
static bool fits(const char *text, const char *mask)
{
	size_t i = 0;
	for (; mask[i] != '\0'; i++)
		if (mask[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != mask[i])
			return false;
	return text[i] == '\0';
}

/* strptime takes a date that is not there, as the 31st of April, for another one. */
static bool take_date(const char *text, time_t *ret)
{
	struct tm tm = {0}, back;
	bool day = fits(text, "0000-00-00");
	if (!day && !fits(text, "0000-00-00T00:00:00Z"))
		return false;
	if (strptime(text, day ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &tm) == NULL)
		return false;
	struct tm given = tm;
	*ret = timegm(&tm);
	return gmtime_r(ret, &back) != NULL && back.tm_mday == given.tm_mday &&
	       back.tm_sec == given.tm_sec;
}

static int take_time(struct app *app, struct evidence_trust *ret)
{
	const char *at = app->opt.at, *why = NULL;
	if (at == NULL)
		return 0;
	ret->has_time = true;
	if (strcmp(at, "now") == 0) {
		ret->at = time(NULL);
	} else if (at[0] == '@') {
		/* To the end of the year 9999. */
		ret->at = (time_t)strtonum(at + 1, 0, INT64_C(253402300799), &why);
		if (at[1] < '0' || at[1] > '9')
			why = "no number";
	} else if (!take_date(at, &ret->at)) {
		why = "no date";
	}
	if (why != NULL)
		return err_set(&app->err, ST_USAGE,
			"--at '%s': not 'now', YYYY-MM-DD, YYYY-MM-DDTHH:MM:SSZ or @SECONDS", at);
	return 0;
}

int td_options_check(struct app *app, struct td_options *ret)
{
	const struct options *o = &app->opt;
	*ret = (struct td_options){.path = o->quote != NULL ? o->quote : o->tdreport};
	if (check_one_source(app) < 0 || check_needs_quote(app) < 0 ||
		take_time(app, &ret->trust) < 0 ||
		td_options_report_data(app, ret->wanted, &ret->asked) < 0)
		return -1;
	return take_require(app, &ret->require);
}

static int add_files(struct app *app, const struct str_list *files, struct certs *ret)
{
	for (size_t i = 0; i < files->n; i++)
		if (certs_add_file(ret, files->v[i], &app->err) < 0)
			return -1;
	return 0;
}

int td_options_load(struct app *app, struct td_options *ret)
{
	struct evidence_trust *trust = &ret->trust;
	const struct options *o = &app->opt;
	if (evidence_trust_init(trust, &app->err) < 0 ||
		add_files(app, &o->root_ca, &trust->roots) < 0 ||
		add_files(app, &o->certs, &trust->given) < 0)
		return -1;
	/* Without a root in it, the pinned ones would be trusted. */
	if (o->root_ca.n > 0 && trust->roots.n == 0)
		return err_set(&app->err, ST_FORMAT, "'%s': no certificate in it", o->root_ca.v[0]);
	return add_files(app, &o->crl, &trust->given);
}
