/* SPDX-License-Identifier: Apache-2.0 */
/* Crypto-agile logs of the TCG; see log/tcg2.h. */
#include <string.h>

#include "export/export.h"
#include "export/export_format.h"
#include "formats/tcg_names.h"

static const char spec_id[16] = "Spec ID Event03";

/* The header of a log that is exported: this one has its own. */
static bool is_header(const struct log_event *ev)
{
	return ev->has_type && ev->type == TCG_EV_NO_ACTION && ev->data.n >= sizeof(spec_id) &&
	       memcmp(ev->data.p, spec_id, sizeof(spec_id)) == 0;
}

static int err_place(const struct log_event *ev, struct err *err)
{
	switch (ev->place) {
	case PLACE_NAMED:
		return err_set(err, ST_ABSENT,
			"'%s' has no number, and 'tcg2' has no names of registers: use 'cel-json'",
			ev->reg);
	case PLACE_NV:
		if (ev->has_type && ev->index >> 24 == TCG_NV_HANDLES)
			break;
		return err_set(err, ST_ABSENT,
			"NV index '0x%08x': 'tcg2' has PCRs and CC MRs only: use 'cel-json' or "
			"'cel-tlv'",
			(unsigned)ev->index);
	case PLACE_NONE:
		return err_set(
			err, ST_ABSENT, "nothing says which register '%s' extended", ev->kind);
	case PLACE_PCR:
		if (ev->index >> 24 != TCG_NV_HANDLES)
			break;
		return err_set(err, ST_ABSENT,
			"PCR '%u': this number stands for an NV index in 'tcg2': use 'cel-json' or "
			"'cel-tlv'",
			(unsigned)ev->index);
	case PLACE_CC_MR:
		break;
	}
	return 0;
}

/* A log of PCRs has NV indices by the same number. */
static enum place kind_of(const struct log_event *ev)
{
	return ev->place == PLACE_NV ? PLACE_PCR : ev->place;
}

static int check(struct export *x, const struct log_event *ev, struct err *err)
{
	if (is_header(ev))
		return 1;
	if (err_place(ev, err) < 0)
		return -1;
	if (ev->index == UINT32_MAX && ev->has_type && ev->type == UINT32_MAX)
		return err_set(err, ST_ABSENT,
			"index and type '%u': these mark the end of a 'tcg2' log: use 'cel-json' "
			"or 'cel-tlv'",
			(unsigned)ev->index);
	if (x->place != PLACE_NONE && kind_of(ev) != x->place)
		return err_set(err, ST_ABSENT,
			"a '%s' after events of %s: 'tcg2' has registers of one kind: use "
			"'cel-json' or 'cel-tlv', or export each log by itself",
			kind_of(ev) == PLACE_PCR ? "PCR" : "CC MR",
			x->place == PLACE_PCR ? "PCRs" : "CC MRs");
	return 0;
}

static bool has_digest(const struct export *x, const struct event_digest *d)
{
	return d->d.alg != HASH_UNKNOWN && (x->algs & 1U << d->d.alg) != 0;
}

static size_t size(const struct export_record *rec)
{
	return rec->data.n;
}

/*
 * TCG_PCR_EVENT with a TCG_EfiSpecIdEvent, as EDK2 writes them for TPMs: platform class 0 (client),
 * version 2.0, errata 0, uintnSize 2 (64 bits), no words of a vendor. For CC MRs EDK2 has index 1
 * and td-shim 0; tpm2_eventlog takes 0 only.
 */
static void begin(struct export *x)
{
	static const uint8_t none[20] = {0}, version[] = {0, 2, 0, 2};
	struct export_out *out = &x->out;
	size_t n = 0;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		n += (x->algs >> alg & 1) != 0;
	out_le(out, 0, 4);
	out_le(out, TCG_EV_NO_ACTION, 4);
	out_bytes(out, (struct bytes){none, sizeof(none)});
	out_le(out, sizeof(spec_id) + 4 + sizeof(version) + 4 + 4 * n + 1, 4);
	out_bytes(out, (struct bytes){(const uint8_t *)spec_id, sizeof(spec_id)});
	out_le(out, 0, 4);
	out_bytes(out, (struct bytes){version, sizeof(version)});
	out_le(out, n, 4);
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++) {
		if ((x->algs >> alg & 1) == 0)
			continue;
		out_le(out, tcg_hash_id(alg), 2);
		out_le(out, hash_size(alg), 2);
	}
	out_le(out, 0, 1);
}

static void record(struct export *x, const struct export_record *rec)
{
	struct export_out *out = &x->out;
	x->place = kind_of(rec->ev);
	out_le(out, rec->ev->index, 4);
	out_le(out, rec->type, 4);
	out_le(out, rec->n_digests, 4);
	for (size_t i = 0; i < rec->n_digests; i++) {
		out_le(out, rec->digest[i]->tcg_id, 2);
		out_bytes(out, digest_bytes(&rec->digest[i]->d));
	}
	out_le(out, rec->data.n, 4);
	out_bytes(out, rec->data);
}

/*
 * A record whose data ends halfway. It is not of index 0, which might be padding; some readers take it
 * for the end where there is nothing at all of what they look for.
 */
static void cut(struct export *x)
{
	enum { CUT_SIZE = 8 };
	static const uint8_t none[DIGEST_SIZE_MAX] = {0};
	struct export_out *out = &x->out;
	unsigned n = 0;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		n += (x->algs >> alg & 1) != 0;
	out_le(out, 1, 4);
	out_le(out, TCG_EV_NO_ACTION, 4);
	out_le(out, n, 4);
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++) {
		if ((x->algs >> alg & 1) == 0)
			continue;
		out_le(out, tcg_hash_id(alg), 2);
		out_bytes(out, (struct bytes){none, hash_size(alg)});
	}
	out_le(out, CUT_SIZE, 4);
	out_le(out, 0, CUT_SIZE / 2);
}

const struct export_format export_tcg2 = {
	.name = "tcg2",
	.check = check,
	.has_digest = has_digest,
	.size_max = EVENT_DATA_MAX,
	.size = size,
	.begin = begin,
	.record = record,
	.cut = cut,
};
