/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/encoded.h"
#include "evidence/hcl.h"
#include "evidence/tpm_json.h"
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

static struct json_object *find_quote(struct json_object *doc)
{
	struct json_object *in, *quote;
	if (json_object_object_get_ex(doc, "tdx", &in) && json_object_is_type(in, json_type_object))
		doc = in;
	if (!json_object_is_type(doc, json_type_object) ||
		!json_object_object_get_ex(doc, "quote", &quote) ||
		!json_object_is_type(quote, json_type_string))
		return NULL;
	return quote;
}

static int open_quote(struct json_object *doc, struct envelope *ret, struct err *err)
{
	struct json_object *quote = find_quote(doc);
	if (quote == NULL && tpm_json_is(doc)) {
		ret->inner = (struct bytes){0};
		ret->tpm = json_object_get(doc);
		return 1;
	}
	if (quote == NULL)
		return err_set(err, ST_FORMAT, "JSON without a string 'quote'");
	struct bytes text = {(const uint8_t *)json_object_get_string(quote),
		(size_t)json_object_get_string_len(quote)};
	int rc = open_text(text, ret, err);
	return rc == 0 ? err_set(err, ST_FORMAT, "the JSON's 'quote' is neither hex nor base64")
		       : rc;
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

static int open_hcl(struct envelope *ret, struct err *err)
{
	struct hcl hcl;
	if (hcl_parse(ret->inner, &hcl, err) < 0)
		return -1;
	ret->inner = hcl.report;
	return 0;
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
	if (rc >= 0 && bytes_start_with(ret->inner, "HCLA"))
		rc = open_hcl(ret, err);
	return rc < 0 ? -1 : 0;
}

void envelope_clear(struct envelope *e)
{
	free(e->owned);
	json_object_put(e->tpm);
	*e = (struct envelope){0};
}
