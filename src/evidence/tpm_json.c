/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/tpm_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoded.h"
#include "formats/json_reader.h"

bool tpm_json_is_quote(struct json_object *o)
{
	return json_member(o, "pcrs", json_type_array) != NULL &&
	       json_object_object_get_ex(o, "message", NULL);
}

static struct json_object *find_quote(struct json_object *doc)
{
	struct json_object *in = json_member(doc, "tpm_quote", json_type_object);
	if (in == NULL)
		in = json_member(doc, "quote", json_type_object);
	if (in == NULL)
		in = doc;
	return tpm_json_is_quote(in) ? in : NULL;
}

bool tpm_json_is(struct json_object *doc)
{
	return find_quote(doc) != NULL;
}

/* As Rust writes bytes without being told otherwise. False: not all are bytes. */
static bool take_array(struct json_object *list, uint8_t *dst)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		uint64_t v;
		struct json_object *one = json_object_array_get_idx(list, i);
		if (!json_object_is_type(one, json_type_int) || !json_number(one, &v) ||
			v > UINT8_MAX)
			return false;
		dst[i] = (uint8_t)v;
	}
	return true;
}

static int take_bytes(
	struct json_object *value, const char *what, struct bytes *ret, struct err *err)
{
	uint8_t *p = NULL;
	size_t n = 0;
	bool good = false;
	if (json_object_is_type(value, json_type_string)) {
		int rc = encoded_get(json_bytes(value), &p, &n);
		if (rc < 0)
			return err_sys(err, ENOMEM, "evidence");
		good = rc > 0;
	} else if (json_object_is_type(value, json_type_array)) {
		n = json_object_array_length(value);
		p = malloc(n + 1);
		if (p == NULL)
			return err_sys(err, ENOMEM, "evidence");
		good = take_array(value, p);
	}
	if (good) {
		*ret = (struct bytes){p, n};
		return 0;
	}
	free(p);
	return err_set(err, ST_FORMAT,
		"the JSON's '%s' is neither hex, base64 nor an array of bytes", what);
}

/* One that may be missing, or null. */
static int take_member(struct json_object *o, const char *name, struct bytes *ret, struct err *err)
{
	struct json_object *value;
	if (!json_object_object_get_ex(o, name, &value) || value == NULL)
		return 0;
	return take_bytes(value, name, ret, err);
}

static int take_pcrs(struct json_object *list, struct tpm_json *ret, struct err *err)
{
	size_t n = json_object_array_length(list);
	if (n > TPM_QUOTE_PCRS_MAX)
		return err_set(err, ST_FORMAT, "the JSON's 'pcrs' has %zu values, more than %d", n,
			TPM_QUOTE_PCRS_MAX);
	for (; ret->n_pcrs < n; ret->n_pcrs++)
		if (take_bytes(json_object_array_get_idx(list, ret->n_pcrs), "pcrs",
			    &ret->pcr[ret->n_pcrs], err) < 0)
			return -1;
	return 0;
}

/* A certificate in PEM is text already. */
static int take_vcek(struct json_object *doc, struct bytes *ret, struct err *err)
{
	struct json_object *pem = json_member(doc, "vcek", json_type_string);
	if (pem == NULL || !bytes_start_with(json_bytes(pem), "-----BEGIN"))
		return take_member(doc, "vcek", ret, err);
	struct bytes text = json_bytes(pem);
	uint8_t *copy = malloc(text.n);
	if (copy == NULL)
		return err_sys(err, ENOMEM, "evidence");
	memcpy(copy, text.p, text.n);
	*ret = (struct bytes){copy, text.n};
	return 0;
}

/* As version 0 names the HCL report. */
static int take_older_report(struct json_object *doc, struct bytes *ret, struct err *err)
{
	struct json_object *report;
	if (ret->p == NULL)
		return take_member(doc, "report", ret, err);
	if (json_object_object_get_ex(doc, "report", &report) && report != NULL)
		return err_set(err, ST_FORMAT,
			"JSON with two reports, 'hcl_report' and 'report': give one of them");
	return 0;
}

int tpm_json_parse(struct json_object *doc, struct tpm_json *ret, struct err *err)
{
	struct json_object *quote = find_quote(doc);
	*ret = (struct tpm_json){0};
	if (take_member(quote, "message", &ret->message, err) < 0 ||
		take_pcrs(json_member(quote, "pcrs", json_type_array), ret, err) < 0 ||
		take_member(doc, "ak_public", &ret->ak, err) < 0 ||
		take_member(doc, "hcl_report", &ret->hcl, err) < 0 ||
		take_member(doc, "td_quote", &ret->td_quote, err) < 0)
		return -1;
	if (take_older_report(doc, &ret->hcl, err) < 0)
		return -1;
	return take_vcek(doc, &ret->vcek, err);
}

void tpm_json_clear(struct tpm_json *t)
{
	const struct bytes *all[] = {&t->message, &t->ak, &t->hcl, &t->td_quote, &t->vcek};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		free((void *)(uintptr_t)all[i]->p);
	for (size_t i = 0; i < t->n_pcrs; i++)
		free((void *)(uintptr_t)t->pcr[i].p);
	*t = (struct tpm_json){0};
}
