/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cursor.h"
#include "base/encoded.h"
#include "formats/json_reader.h"

/* 1 and what the text stands for; 0 if it is neither hex nor base64. */
static int decode(struct bytes text, uint8_t **ret_owned, struct bytes *ret, struct err *err)
{
	int rc = encoded_get(text, ret_owned, &ret->n);
	if (rc < 0)
		return err_sys(err, ENOMEM, "evidence");
	if (rc > 0)
		ret->p = *ret_owned;
	return rc;
}

static int open_text(struct bytes text, struct envelope *ret, struct err *err)
{
	struct bytes inner = {0};
	int rc = decode(text, &ret->owned, &inner, err);
	if (rc > 0)
		ret->inner = inner;
	return rc;
}

/* The member's string; p NULL if it has none. */
static struct bytes string_of(struct json_object *doc, const char *key)
{
	struct json_object *v;
	if (!json_object_is_type(doc, json_type_object) ||
		!json_object_object_get_ex(doc, key, &v) ||
		!json_object_is_type(v, json_type_string))
		return (struct bytes){0};
	return (struct bytes){
		(const uint8_t *)json_object_get_string(v), (size_t)json_object_get_string_len(v)};
}

static struct bytes find_quote(struct json_object *doc)
{
	struct json_object *in;
	if (json_object_object_get_ex(doc, "tdx", &in))
		doc = in;
	struct bytes quote = string_of(doc, "quote");
	return quote.p != NULL ? quote : string_of(doc, "quote_base64");
}

static int open_quote(struct json_object *doc, struct envelope *ret, struct err *err)
{
	struct bytes text = find_quote(doc), certs = string_of(doc, "auxblob_base64");
	if (text.p == NULL)
		return err_set(err, ST_FORMAT, "JSON without a string 'quote'");
	int rc = open_text(text, ret, err);
	if (rc == 0)
		return err_set(err, ST_FORMAT, "the JSON's 'quote' is neither hex nor base64");
	if (rc < 0 || certs.n == 0)
		return rc;
	rc = decode(certs, &ret->owned_certs, &ret->certs, err);
	return rc == 0 ? err_set(err, ST_FORMAT, "the JSON's 'auxblob_base64' is not base64") : rc;
}

static int open_json(struct bytes text, struct envelope *ret, struct err *err)
{
	struct json_object *doc;
	while (text.n > 0 && encoded_is_blank(text.p[text.n - 1]))
		text.n--;
	if (json_whole(text, &doc, err) < 0)
		return err_in(err, "neither evidence nor JSON with a quote");
	int rc = string_of(doc, "quote").p != NULL && string_of(doc, "quote_base64").p != NULL
			 ? err_set(err, ST_FORMAT, "both 'quote' and 'quote_base64' are there")
			 : open_quote(doc, ret, err);
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

/*
 * Azure's: a header of 32 bytes, a hardware report in a field of 1184, then 5 numbers, the third of which
 * says what report it is.
 */
static int open_hcl(struct envelope *ret, struct err *err)
{
	enum { HEADER = 32, FIELD = 1184, SNP = 2, TDX = 4, TDREPORT_SIZE = 1024 };
	struct cursor c = {.left = ret->inner};
	cur_take(&c, HEADER);
	struct bytes field = cur_take(&c, FIELD);
	cur_take(&c, 8);
	uint32_t type = cur_le32(&c);
	if (!cur_ok(&c))
		return err_set(err, ST_FORMAT, "offset %zu: cut in Azure's HCL report", c.off);
	if (type != SNP && type != TDX)
		return err_set(err, ST_FORMAT,
			"offset %d: an HCL report of type %u, and only 2 (SNP) and 4 (TDX) are "
			"known here",
			HEADER + FIELD + 8, type);
	ret->inner = (struct bytes){field.p, type == TDX ? TDREPORT_SIZE : FIELD};
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
	free(e->owned_certs);
	*e = (struct envelope){0};
}
