/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/encoded.h"
#include "evidence/tpm_json.h"
#include "formats/dstack_attestation.h"
#include "formats/json_reader.h"

/* 1 and what the text stands for; 0 if it is neither hex nor base64. */
static int open_text(struct bytes text, struct envelope *ret, struct err *err)
{
	uint8_t *raw;
	size_t n;
	int rc = encoded_get(text, &raw, &n);
	if (rc < 0)
		return err_sys(err, ENOMEM, "evidence");
	if (rc > 0)
		*ret = (struct envelope){.inner = {raw, n}, .owned = raw};
	return rc;
}

int envelope_check_one_quote(struct json_object *doc, struct err *err)
{
	bool tpm = tpm_json_is(doc);
	struct json_object *quote = json_member(doc, "quote", json_type_string);
	struct json_object *tdx = json_member(doc, "tdx", json_type_object);
	const struct {
		const char *name;
		bool is;
	} quotes[] = {
		{"'quote_base64'", json_member(doc, "quote_base64", json_type_string) != NULL},
		{"'quote'", quote != NULL ||
				    tpm_json_is_quote(json_member(doc, "quote", json_type_object))},
		{"that of 'tdx'", json_member(tdx, "quote", json_type_string) != NULL},
		{"'tpm_quote'", tpm_json_is_quote(json_member(doc, "tpm_quote", json_type_object))},
		{"'message'", tpm_json_is_quote(doc)},
		/* One of a TPM's is of the same machine. */
		{"'td_quote'", !tpm && json_member(doc, "td_quote", json_type_string) != NULL},
		/* dstack's agent gives the quote that is in it beside it. */
		{"'attestation'",
			quote == NULL && json_member(doc, "attestation", json_type_string) != NULL},
	};
	const char *first = NULL;
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		if (quotes[i].is && first != NULL)
			return err_set(err, ST_FORMAT,
				"JSON with two quotes, %s and %s: give one of them", first,
				quotes[i].name);
		first = quotes[i].is ? quotes[i].name : first;
	}
	return 0;
}

/* Of the object itself, or of its member "tdx". */
static struct json_object *find_quote(struct json_object *doc, struct err *err)
{
	struct json_object *in = json_member(doc, "tdx", json_type_object);
	struct json_object *quote = json_member(doc, "quote", json_type_string);
	if (quote == NULL)
		quote = json_member(in, "quote", json_type_string);
	struct json_object *schema = json_member(doc, "schema", json_type_string);
	if (quote == NULL && schema != NULL &&
		bytes_equal(json_bytes(schema), bytes_of("tsmctl.read/1")))
		err_set(err, ST_FORMAT,
			"this is what 'tsmctl read --json' prints, which nobody signed: --values "
			"reads it");
	else if (quote == NULL)
		err_set(err, ST_FORMAT, "JSON without a string 'quote'");
	return quote;
}

static int open_string(
	struct json_object *string, const char *name, struct envelope *ret, struct err *err)
{
	int rc = open_text(json_bytes(string), ret, err);
	return rc == 0 ? err_set(err, ST_FORMAT, "the JSON's '%s' is neither hex nor base64", name)
		       : rc;
}

static int open_quote(struct json_object *doc, struct envelope *ret, struct err *err)
{
	struct json_object *attestation = json_member(doc, "attestation", json_type_string);
	if (envelope_check_one_quote(doc, err) < 0)
		return -1;
	if (attestation != NULL && json_member(doc, "quote", json_type_string) == NULL) {
		struct dstack_attestation a;
		if (open_string(attestation, "attestation", ret, err) < 0 ||
			dstack_attestation_parse(ret->inner, &a, err) < 0)
			return -1;
		ret->inner = a.evidence;
		ret->certs = a.certs;
		return 0;
	}
	if (tpm_json_is(doc)) {
		ret->inner = (struct bytes){0};
		ret->tpm = json_object_get(doc);
		return 1;
	}
	struct json_object *quote = find_quote(doc, err);
	return quote != NULL ? open_string(quote, "quote", ret, err) : -1;
}

static int open_json(struct bytes text, struct envelope *ret, struct err *err)
{
	struct json_object *doc;
	if (json_whole(text, &doc, err) < 0)
		return err_in(err, "neither evidence nor JSON with a quote");
	int rc = open_quote(doc, ret, err);
	json_object_put(doc);
	return rc;
}

/* As CoCo's attestation service is sent its evidence: JSON in base64. */
static int open_inner_json(struct envelope *ret, struct err *err)
{
	struct envelope json = *ret;
	*ret = (struct envelope){0};
	int rc = open_json(json.inner, ret, err);
	free(json.owned);
	return rc;
}

int envelope_open(struct bytes file, struct envelope *ret, struct err *err)
{
	size_t blank = 0;
	int rc = 0;
	*ret = (struct envelope){.inner = file};
	while (blank < file.n && encoded_is_blank(file.p[blank]))
		blank++;
	if (blank < file.n && file.p[blank] == '{')
		rc = open_json(file, ret, err);
	else if (encoded_is_text(file))
		rc = open_text(file, ret, err);
	if (rc > 0 && ret->inner.n > 0 && ret->inner.p[0] == '{')
		rc = open_inner_json(ret, err);
	if (rc < 0 || !bytes_start_with(ret->inner, "HCLA"))
		return rc < 0 ? -1 : 0;
	rc = hcl_parse(ret->inner, &ret->hcl, err);
	ret->inner = rc == 0 ? ret->hcl.report : ret->inner;
	return rc;
}

void envelope_clear(struct envelope *e)
{
	free(e->owned);
	json_object_put(e->tpm);
	*e = (struct envelope){0};
}
