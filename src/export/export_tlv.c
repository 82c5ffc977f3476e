/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical event logs in TLV; see log/cel_tlv.h. */
#include <string.h>

#include "export/export_format.h"
#include "formats/record_reader.h"

/* Elements: a type of one byte, a length of four, big-endian; then that many bytes. */
enum { HEAD = 5 };
enum {
	CEL_RECNUM = 0,
	CEL_PCR = 1,
	CEL_NV_INDEX = 2,
	CEL_DIGESTS = 3,
	CEL_PCCLIENT = 5,
	CEL_IMA_TEMPLATE = 7,
	CEL_IMA_TLV = 8,
	CEL_COS = 80,
	CEL_CC_MR = 108,
};

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
		n += HEAD + rec->digest[i]->d.size;
	put_head(out, CEL_DIGESTS, n);
	for (size_t i = 0; i < rec->n_digests; i++)
		put_element(out, (uint8_t)rec->digest[i]->tcg_id, digest_bytes(&rec->digest[i]->d));
}

static void put_pcclient(struct export_out *out, const struct export_record *rec)
{
	enum { TYPE = 0, DATA = 1, TYPE_SIZE = 4 };
	put_head(out, CEL_PCCLIENT, HEAD + TYPE_SIZE + HEAD + rec->data.n);
	put_integer(out, TYPE, rec->type, TYPE_SIZE);
	put_element(out, DATA, rec->data);
}

static void put_ima(struct export_out *out, const struct log_event *ev)
{
	enum { NAME = 0, DATA = 1 };
	struct bytes name = bytes_of(ev->kind);
	put_head(out, CEL_IMA_TEMPLATE, HEAD + name.n + HEAD + ev->data.n);
	put_element(out, NAME, name);
	put_element(out, DATA, ev->data);
}

/* What was hashed is a content as it stands in such a log: only there it is, with its head. */
static bool is_content(const struct log_event *ev)
{
	struct bytes h = ev->hashed;
	return !ev->has_type && ev->extends && h.n >= HEAD && h.n - HEAD == ev->data.n &&
	       (h.p[0] == CEL_COS || h.p[0] == CEL_IMA_TLV) && get_be32(h.p + 1) == ev->data.n &&
	       bytes_equal((struct bytes){h.p + HEAD, h.n - HEAD}, ev->data);
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
	if (rec->ima)
		put_ima(out, ev);
	else if (is_content(ev))
		out_bytes(out, ev->hashed);
	else
		put_pcclient(out, rec);
}

const struct export_format export_cel_tlv = {
	.name = "cel-tlv",
	.check = check,
	.has_digest = has_digest,
	.size_max = EVENT_DATA_MAX - EXPORT_HEADS_MAX,
	.size = size,
	.record = record,
};
