/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical event logs in TLV; see log/cel_tlv.h. */
#include <string.h>

#include "export/export.h"
#include "export/export_format.h"
#include "formats/cel_tlv.h"
#include "formats/record_reader.h"

static int check(struct export *x, const struct log_event *ev, struct err *err)
{
	(void)x;
	if (ev->place == PLACE_NAMED)
		return err_set(err, ST_ABSENT,
			"'%s' has no number, and 'cel-tlv' has no names of registers: use "
			"'cel-json'",
			ev->reg);
	if (ev->place == PLACE_NONE)
		return err_set(
			err, ST_ABSENT, "nothing says which register '%s' extended", ev->kind);
	return 0;
}

/* A digest has its algorithm's number in one byte. */
static bool has_digest(const struct export *x, const struct event_digest *d)
{
	(void)x;
	return d->tcg_id != 0 && d->tcg_id <= UINT8_MAX && d->d.size > 0;
}

static size_t size(const struct export_record *rec)
{
	return rec->data.n + strlen(rec->ev->kind);
}

static void put_head(struct export_out *out, uint8_t type, size_t n)
{
	out_le(out, type, 1);
	out_be(out, n, 4);
}

static void put_element(struct export_out *out, uint8_t type, struct bytes b)
{
	put_head(out, type, b.n);
	out_bytes(out, b);
}

static void put_integer(struct export_out *out, uint8_t type, uint64_t v, size_t n)
{
	put_head(out, type, n);
	out_be(out, v, n);
}

static void put_digests(struct export_out *out, const struct export_record *rec)
{
	size_t n = 0;
	for (size_t i = 0; i < rec->n_digests; i++)
		n += CEL_ELEMENT_HEAD + rec->digest[i]->d.size;
	put_head(out, CEL_DIGESTS, n);
	for (size_t i = 0; i < rec->n_digests; i++)
		put_element(out, (uint8_t)rec->digest[i]->tcg_id, digest_bytes(&rec->digest[i]->d));
}

static void put_pcclient(struct export_out *out, const struct export_record *rec)
{
	enum { TYPE_SIZE = 4 };
	put_head(out, CEL_PCCLIENT, CEL_ELEMENT_HEAD + TYPE_SIZE + CEL_ELEMENT_HEAD + rec->data.n);
	put_integer(out, CEL_EVENT_TYPE, rec->type, TYPE_SIZE);
	put_element(out, CEL_EVENT_DATA, rec->data);
}

static void put_ima(struct export_out *out, const struct log_event *ev)
{
	struct bytes name = bytes_of(ev->kind);
	put_head(out, CEL_IMA_TEMPLATE, CEL_ELEMENT_HEAD + name.n + CEL_ELEMENT_HEAD + ev->data.n);
	put_element(out, CEL_TEMPLATE_NAME, name);
	put_element(out, CEL_TEMPLATE_DATA, ev->data);
}

/* The hash covers the content with its head, which only a log of this format has. */
static bool is_content(const struct log_event *ev)
{
	struct bytes h = ev->hashed;
	return h.n >= CEL_ELEMENT_HEAD && h.n - CEL_ELEMENT_HEAD == ev->data.n &&
	       (h.p[0] == CEL_COS || h.p[0] == CEL_IMA_TLV) && get_be32(h.p + 1) == ev->data.n &&
	       bytes_equal(
		       (struct bytes){h.p + CEL_ELEMENT_HEAD, h.n - CEL_ELEMENT_HEAD}, ev->data);
}

static bool has_content(const struct export_record *rec)
{
	return rec->ima || is_content(rec->ev);
}

/* The widths are those that every program takes: Google's wants these. */
static void record(struct export *x, const struct export_record *rec)
{
	struct export_out *out = &x->out;
	const struct log_event *ev = rec->ev;
	uint8_t place = ev->place == PLACE_PCR	? CEL_PCR
			: ev->place == PLACE_NV ? CEL_NV_INDEX
						: CEL_CC_MR;
	put_integer(out, CEL_RECNUM, rec->recnum, 8);
	put_integer(out, place, ev->index, ev->index <= UINT8_MAX ? 1 : 4);
	put_digests(out, rec);
	if (rec->typed || !has_content(rec))
		put_pcclient(out, rec);
	else if (rec->ima)
		put_ima(out, ev);
	else
		out_bytes(out, ev->hashed);
}

/*
 * Where the register should be there is half of another record number: some readers take it for the end
 * where there is nothing at all of what they look for.
 */
static void cut(struct export *x)
{
	put_integer(&x->out, CEL_RECNUM, x->records, 8);
	put_head(&x->out, CEL_RECNUM, 8);
	out_be(&x->out, 0, 4);
}

const struct export_format export_cel_tlv = {
	.name = "cel-tlv",
	.check = check,
	.has_digest = has_digest,
	.size_max = EVENT_DATA_MAX - EXPORT_HEADS_MAX,
	.size = size,
	.has_content = has_content,
	.record = record,
	.cut = cut,
};
