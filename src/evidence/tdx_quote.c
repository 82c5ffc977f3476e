/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/tdx_quote.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "base/cursor.h"
#include "base/input.h"
#include "base/scope.h"
#include "formats/json_reader.h"
#include "formats/lookalike.h"
#include "formats/log_formats.h"

enum {
	TEE_TDX = 0x81, /* also the type of a report */
	HEADER_SIZE = 48,
	BODY_SIZE = 584, /* of version 4, and of type 2 */
	BODY_15_SIZE = 648,
	BODY_ATTRIBUTES = 120,
	BODY_REPORT_DATA = 520,
	QUOTE_MIN = 1020,
	QUOTE_5_MIN = 1026,

	REPORT_SIZE = 1024,
	REPORT_TCB_HASH = 32,
	REPORT_TD_HASH = 80,
	REPORT_DATA = 128,
	REPORT_TCB = 256,
	REPORT_TCB_SIZE = 239,
	REPORT_TD = 512,

	SNP_REPORT_SIZE = 0x4a0,

	REG_SIZE = 48, /* of every register of a TD */
};

/* A register and where it is. */
struct field {
	const char *name, *hash;
	int cc_mr_index;
	size_t off;
};

/* In the body of a quote. */
static const struct field body_fields[] = {
	{"mrconfigid", NULL, CC_MR_NONE, 184},
	{"mrowner", NULL, CC_MR_NONE, 232},
	{"mrownerconfig", NULL, CC_MR_NONE, 280},
	{"mrseam", NULL, CC_MR_NONE, 16},
	{"mrservicetd", NULL, CC_MR_NONE, 600},
	{"mrsignerseam", NULL, CC_MR_NONE, 64},
	{"mrtd", "sha384", 0, 136},
	{"rtmr0", "sha384", 1, 328},
	{"rtmr1", "sha384", 2, 376},
	{"rtmr2", "sha384", 3, 424},
	{"rtmr3", "sha384", 4, 472},
};

static const struct field report_fields[] = {
	{"mrconfigid", NULL, CC_MR_NONE, 576},
	{"mrowner", NULL, CC_MR_NONE, 624},
	{"mrownerconfig", NULL, CC_MR_NONE, 672},
	{"mrseam", NULL, CC_MR_NONE, 280},
	{"mrsignerseam", NULL, CC_MR_NONE, 328},
	{"mrtd", "sha384", 0, 528},
	{"rtmr0", "sha384", 1, 720},
	{"rtmr1", "sha384", 2, 768},
	{"rtmr2", "sha384", 3, 816},
	{"rtmr3", "sha384", 4, 864},
	{"servtd_hash", NULL, CC_MR_NONE, 912},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Those of the fields that `in` is long enough for. */
static int add_registers(const struct field *fields, size_t n, struct bytes in,
	struct register_file *ret, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct field *f = &fields[i];
		if (f->off + REG_SIZE > in.n)
			continue;
		struct bytes value = {in.p + f->off, REG_SIZE};
		struct mr *mr = register_file_add(ret, f->name, f->hash, value, err);
		if (mr == NULL)
			return -1;
		mr->cc_mr_index = f->cc_mr_index;
		/* MRTD is extended while the TD is built, never after. */
		mr->flags = MR_READABLE | (f->cc_mr_index > 0 ? MR_RUNTIME : 0);
	}
	return 0;
}

static void set_facts(struct td_facts *facts, const uint8_t *attributes, const uint8_t *report_data)
{
	memcpy(facts->attributes, attributes, TD_ATTRIBUTES_SIZE);
	memcpy(facts->report_data, report_data, TD_REPORT_DATA_SIZE);
	facts->debug = (attributes[0] & 1) != 0;
}

static bool starts(struct bytes b, const char *magic, size_t n)
{
	return b.n >= n && memcmp(b.p, magic, n) == 0;
}

/* AMD SEV-SNP ABI, section "ATTESTATION_REPORT": 2 to 5, ECDSA P-384 with SHA-384. */
static bool is_snp_report(struct bytes b)
{
	struct cursor c = {.left = b};
	uint32_t version = cur_le32(&c);
	cur_take(&c, 0x34 - 4);
	return b.n >= SNP_REPORT_SIZE && version >= 2 && version <= 5 && cur_le32(&c) == 1;
}

static bool is_text(struct bytes b)
{
	enum { LOOKED_AT = 8 };
	for (size_t i = 0; i < LOOKED_AT; i++)
		if (b.n < LOOKED_AT || b.p[i] < 0x20 || b.p[i] > 0x7e)
			return false;
	return true;
}

/* What is read by nobody here, by name; NULL: nothing that is known. */
static const char *foreign_name(struct bytes b)
{
	if (is_snp_report(b))
		return "an SEV-SNP attestation report";
	/* CBOR tag 399. */
	if (starts(b, "\xd9\x01\x8f", 3))
		return "an Arm CCA token";
	/* COSE_Sign1, its protected header {1: -35}; its tag may be left out. */
	if (starts(b, "\x84\x44\xa1\x01\x38\x22", 6) ||
		starts(b, "\xd2\x84\x44\xa1\x01\x38\x22", 7))
		return "an AWS Nitro attestation document";
	/* RFC 8949, section 3.1: an array, a map or a tag. */
	if (b.n > 0 && b.p[0] >= 0x80 && b.p[0] <= 0xdb)
		return "CBOR, as is the DICE evidence of newer TDX modules";
	return is_text(b) ? "hex, base64 or other text" : NULL;
}

static int err_foreign(const char *name, const char *wanted, struct err *err)
{
	return err_set(
		err, ST_FORMAT, "this is %s, not a %s: tsmctl does not read it", name, wanted);
}

static int parse_header(struct cursor *c, struct td_facts *facts, struct err *err)
{
	struct cursor h = {.left = cur_take(c, HEADER_SIZE)};
	if (!cur_ok(c))
		return err_set(err, ST_FORMAT,
			"offset 0: a quote starts with a header of %d bytes, and there are only "
			"%zu",
			HEADER_SIZE, c->left.n);
	facts->version = cur_le16(&h);
	cur_take(&h, 2); /* the type of the attestation key */
	uint32_t tee = cur_le32(&h);
	if (facts->version >= 3 && facts->version <= 5 && tee == 0)
		return err_foreign("an SGX quote", "TDX quote", err);
	if (facts->version != 4 && facts->version != 5)
		return err_set(err, ST_FORMAT,
			"offset 0: a quote of version %u, and only 4 and 5 are known here",
			facts->version);
	if (tee != TEE_TDX)
		return err_set(err, ST_FORMAT,
			"offset 4: a quote of TEE type 0x%x, and TDX is 0x%x", tee, TEE_TDX);
	return 0;
}

/* Version 5: the size of the body, which its type must have. */
static int parse_body_type(struct cursor *c, size_t *ret, struct err *err)
{
	size_t off = c->off;
	uint16_t type = cur_le16(c);
	uint32_t size = cur_le32(c);
	if (!cur_ok(c))
		return err_set(err, ST_FORMAT,
			"offset %zu: cut in the type and size of the quote's body", c->off);
	if (type == 1)
		return err_foreign("an SGX quote", "TDX quote", err);
	if (type == 4)
		return err_foreign("a quote with a body of type 4 (TDX 1.5, extended)",
			"quote of body type 2 or 3", err);
	if (type != 2 && type != 3)
		return err_set(err, ST_FORMAT,
			"offset %zu: a body of type %u, and only 2 and 3 are known here", off,
			type);
	*ret = type == 2 ? BODY_SIZE : BODY_15_SIZE;
	if (size != *ret)
		return err_set(err, ST_FORMAT,
			"offset %zu: a body of %u bytes, but type %u has %zu", off + 2, size, type,
			*ret);
	return 0;
}

/* Its length ends the quote; what it is made of is for whoever checks it. */
static int skip_signature(struct cursor *c, size_t quote_min, struct err *err)
{
	size_t off = c->off;
	uint32_t size = cur_le32(c);
	if (!cur_ok(c))
		return err_set(err, ST_FORMAT, "offset %zu: cut before the quote's signature", off);
	cur_take(c, size);
	if (!cur_ok(c))
		return err_set(err, ST_FORMAT,
			"offset %zu: a signature of %u bytes, and there are only %zu: the quote is "
			"cut",
			off, size, c->left.n);
	if (c->off < quote_min)
		return err_set(err, ST_FORMAT,
			"offset %zu: a signature of %u bytes: no quote is that short", off, size);
	return 0;
}

static int parse_binary(
	struct bytes b, struct register_file *ret, struct td_facts *facts, struct err *err)
{
	struct cursor c = {.left = b};
	size_t size = BODY_SIZE;
	if (lookalike_is_tdreport(b))
		return err_set(
			err, ST_FORMAT, "this is a TDREPORT, not a quote: --tdreport reads it");
	const char *foreign = foreign_name(b);
	if (foreign != NULL)
		return err_foreign(foreign, "TDX quote", err);
	if (parse_header(&c, facts, err) < 0)
		return -1;
	if (facts->version == 5 && parse_body_type(&c, &size, err) < 0)
		return -1;
	struct bytes body = cur_take(&c, size);
	if (!cur_ok(&c))
		return err_set(err, ST_FORMAT,
			"offset %zu: cut in the quote's body: it has %zu bytes, and there are only "
			"%zu",
			c.off, size, c.left.n);
	if (skip_signature(&c, facts->version == 5 ? QUOTE_5_MIN : QUOTE_MIN, err) < 0)
		return -1;
	facts->trailing = c.left.n;
	set_facts(facts, body.p + BODY_ATTRIBUTES, body.p + BODY_REPORT_DATA);
	return add_registers(body_fields, COUNT(body_fields), body, ret, err);
}

/* The quote in dstack's JSON, allocated; NULL with an error. */
static uint8_t *unwrap(struct json_object *doc, size_t *ret_n, struct err *err)
{
	struct json_object *quote;
	if (!json_object_object_get_ex(doc, "quote", &quote) ||
		!json_object_is_type(quote, json_type_string)) {
		err_set(err, ST_FORMAT, "JSON without a string 'quote'");
		return NULL;
	}
	struct bytes hex = {(const uint8_t *)json_object_get_string(quote),
		(size_t)json_object_get_string_len(quote)};
	*ret_n = hex.n / 2;
	uint8_t *raw = malloc(*ret_n + 1);
	if (raw == NULL) {
		err_sys(err, ENOMEM, "quote");
	} else if (!hex_get(raw, *ret_n, hex, true)) {
		err_set(err, ST_FORMAT, "the JSON's 'quote' is not hex");
		free(raw);
		raw = NULL;
	}
	return raw;
}

static int parse_json(
	struct bytes text, struct register_file *ret, struct td_facts *facts, struct err *err)
{
	AUTO_FREE uint8_t *raw = NULL;
	size_t n = 0;
	struct json_object *doc;
	if (json_whole(text, &doc, err) < 0)
		return err_in(err, "neither a TDX quote nor JSON with one");
	raw = unwrap(doc, &n, err);
	json_object_put(doc);
	if (raw == NULL)
		return -1;
	if (parse_binary((struct bytes){raw, n}, ret, facts, err) < 0)
		return err_in(err, "the JSON's 'quote'");
	return 0;
}

int quote_parse(
	struct bytes file, struct register_file *ret, struct td_facts *facts, struct err *err)
{
	*ret = (struct register_file){0};
	*facts = (struct td_facts){0};
	if (file.n > EVIDENCE_FILE_MAX)
		return err_set(err, ST_FORMAT, "longer than %d bytes", EVIDENCE_FILE_MAX);
	return json_head_first(file) == '{' ? parse_json(file, ret, facts, err)
					    : parse_binary(file, ret, facts, err);
}

static int compare_hash(struct hasher *h, struct bytes part, const uint8_t *want, bool *ret_differs,
	struct err *err)
{
	struct digest d;
	if (hash_bytes(h, part, &d, err) < 0)
		return -1;
	*ret_differs |= memcmp(d.v, want, d.size) != 0;
	return 0;
}

/* The MAC covers the two hashes, these the rest. */
static int check_hashes(const uint8_t *report, bool *ret_differs, struct err *err)
{
	struct hasher *h;
	struct bytes tcb = {report + REPORT_TCB, REPORT_TCB_SIZE};
	struct bytes td = {report + REPORT_TD, REPORT_SIZE - REPORT_TD};
	if (hasher_open(&h, HASH_SHA384, err) < 0)
		return -1;
	int rc = compare_hash(h, tcb, report + REPORT_TCB_HASH, ret_differs, err);
	if (rc == 0)
		rc = compare_hash(h, td, report + REPORT_TD_HASH, ret_differs, err);
	hasher_close(h);
	return rc;
}

static int check_report_type(struct bytes b, struct td_facts *facts, struct err *err)
{
	if (lookalike_is_tdx_quote(b))
		return err_set(
			err, ST_FORMAT, "this is a TDX quote, not a TDREPORT: --quote reads it");
	const char *foreign = b.n > 0 && b.p[0] != TEE_TDX ? foreign_name(b) : NULL;
	if (foreign != NULL)
		return err_foreign(foreign, "TDREPORT", err);
	if (b.n != REPORT_SIZE)
		return err_set(
			err, ST_FORMAT, "%zu bytes, and a TDREPORT has %d", b.n, REPORT_SIZE);
	if (b.p[0] != TEE_TDX)
		return err_set(err, ST_FORMAT, "offset 0: a report of type 0x%x, and TDX is 0x%x",
			b.p[0], TEE_TDX);
	facts->version = b.p[2];
	if (facts->version != 0 && facts->version != 1 && facts->version != 3)
		return err_set(err, ST_FORMAT,
			"offset 2: a TDREPORT of version %u, and only 0, 1 and 3 are known here",
			facts->version);
	return 0;
}

int tdreport_parse(
	struct bytes file, struct register_file *ret, struct td_facts *facts, struct err *err)
{
	*ret = (struct register_file){0};
	*facts = (struct td_facts){0};
	if (check_report_type(file, facts, err) < 0 ||
		check_hashes(file.p, &facts->contradictory, err) < 0)
		return -1;
	set_facts(facts, file.p + REPORT_TD, file.p + REPORT_DATA);
	return add_registers(report_fields, COUNT(report_fields), file, ret, err);
}

static int load(const char *path,
	int (*parse)(struct bytes, struct register_file *, struct td_facts *, struct err *),
	struct register_file *ret, struct td_facts *facts, struct err *err)
{
	AUTO_FREE uint8_t *file = NULL;
	size_t n;
	*ret = (struct register_file){0};
	if (input_read(path, EVIDENCE_FILE_MAX, &file, &n, err) < 0)
		return -1;
	if (parse((struct bytes){file, n}, ret, facts, err) == 0)
		return 0;
	log_formats_refuse((struct bytes){file, n}, err);
	return err_in(err, "'%s'", path);
}

int quote_load(const char *path, struct register_file *ret, struct td_facts *facts, struct err *err)
{
	return load(path, quote_parse, ret, facts, err);
}

int tdreport_load(
	const char *path, struct register_file *ret, struct td_facts *facts, struct err *err)
{
	return load(path, tdreport_parse, ret, facts, err);
}
