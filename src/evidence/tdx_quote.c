/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/tdx_quote.h"

#include <string.h>

#include "base/cursor.h"
#include "evidence/foreign.h"
#include "formats/lookalike.h"

enum {
	TEE_TDX = 0x81, /* also the type of a report */
	HEADER_SIZE = 48,
	BODY_SIZE = 584, /* of version 4, and of type 2 */
	BODY_15_SIZE = 648,
	BODY_TCB_SVN = 0,
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

static void set_facts(struct evidence *ev, const uint8_t *attributes, const uint8_t *report_data)
{
	memcpy(ev->tdx.attributes, attributes, sizeof(ev->tdx.attributes));
	memcpy(ev->report_data, report_data, REPORT_DATA_SIZE);
	ev->debug = (attributes[0] & 1) != 0;
}

static int parse_header(struct cursor *c, struct evidence *ev, struct err *err)
{
	struct cursor h = {.left = cur_take(c, HEADER_SIZE)};
	if (!cur_ok(c))
		return err_set(err, ST_FORMAT,
			"offset 0: a quote starts with a header of %d bytes, and there are only "
			"%zu",
			HEADER_SIZE, c->left.n);
	ev->version = cur_le16(&h);
	cur_take(&h, 2); /* the type of the attestation key */
	uint32_t tee = cur_le32(&h);
	if (ev->version >= 3 && ev->version <= 5 && tee == 0)
		return foreign_err("an SGX quote", "TDX quote", err);
	if (ev->version != 4 && ev->version != 5)
		return err_set(err, ST_FORMAT,
			"offset 0: a quote of version %u, and only 4 and 5 are known here",
			ev->version);
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
		return foreign_err("an SGX quote", "TDX quote", err);
	if (type == 4)
		return foreign_err("a quote with a body of type 4 (TDX 1.5, extended)",
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

/* Its length ends the quote. */
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

static void take_body(struct bytes body, struct evidence *ev)
{
	memcpy(ev->tdx.tee_tcb_svn, body.p + BODY_TCB_SVN, sizeof(ev->tdx.tee_tcb_svn));
	set_facts(ev, body.p + BODY_ATTRIBUTES, body.p + BODY_REPORT_DATA);
}

int tdx_quote_parse(struct bytes b, struct register_file *regs, struct evidence *ev,
	size_t *ret_signature, struct err *err)
{
	struct cursor c = {.left = b};
	size_t size = BODY_SIZE;
	if (lookalike_is_tdreport(b))
		return err_set(
			err, ST_FORMAT, "this is a TDREPORT, not a quote: --tdreport reads it");
	if (foreign_refuse(b, "TDX quote", err) < 0 || parse_header(&c, ev, err) < 0)
		return -1;
	if (ev->version == 5 && parse_body_type(&c, &size, err) < 0)
		return -1;
	struct bytes body = cur_take(&c, size);
	if (!cur_ok(&c))
		return err_set(err, ST_FORMAT,
			"offset %zu: cut in the quote's body: it has %zu bytes, and there are only "
			"%zu",
			c.off, size, c.left.n);
	*ret_signature = c.off + 4;
	if (skip_signature(&c, ev->version == 5 ? QUOTE_5_MIN : QUOTE_MIN, err) < 0)
		return -1;
	ev->trailing = c.left.n;
	ev->trailing_zeros = bytes_all_zero(c.left);
	take_body(body, ev);
	return add_registers(body_fields, COUNT(body_fields), body, regs, err);
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

static int check_report_type(struct bytes b, struct evidence *ev, struct err *err)
{
	if (lookalike_is_tdx_quote(b))
		return err_set(
			err, ST_FORMAT, "this is a TDX quote, not a TDREPORT: --quote reads it");
	if ((b.n == 0 || b.p[0] != TEE_TDX) && foreign_refuse(b, "TDREPORT", err) < 0)
		return -1;
	if (b.n != REPORT_SIZE)
		return err_set(
			err, ST_FORMAT, "%zu bytes, and a TDREPORT has %d", b.n, REPORT_SIZE);
	if (b.p[0] != TEE_TDX)
		return err_set(err, ST_FORMAT, "offset 0: a report of type 0x%x, and TDX is 0x%x",
			b.p[0], TEE_TDX);
	ev->version = b.p[2];
	if (ev->version != 0 && ev->version != 1 && ev->version != 3)
		return err_set(err, ST_FORMAT,
			"offset 2: a TDREPORT of version %u, and only 0, 1 and 3 are known here",
			ev->version);
	return 0;
}

int tdx_quote_parse_report(
	struct bytes b, struct register_file *regs, struct evidence *ev, struct err *err)
{
	bool differs = false;
	if (check_report_type(b, ev, err) < 0 || check_hashes(b.p, &differs, err) < 0)
		return -1;
	set_facts(ev, b.p + REPORT_TD, b.p + REPORT_DATA);
	ev->steps = 1U << STEP_BINDING | 1U << STEP_SIGNATURE;
	if (differs) {
		evidence_fail(ev, EVIDENCE_FORGED, STEP_BINDING,
			"the report's hashes do not match its contents: it was modified");
	} else {
		evidence_passed(ev, STEP_BINDING);
		evidence_lacks(ev, "its MAC can be checked only by the CPU that made it, or by a "
				   "quote made from it");
	}
	return add_registers(report_fields, COUNT(report_fields), b, regs, err);
}
