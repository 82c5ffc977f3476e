/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/dstack_evidence.h"

#include "base/cursor.h"

static uint8_t take_byte(struct cursor *c)
{
	struct bytes b = cur_take(c, 1);
	return b.n > 0 ? b.p[0] : 0;
}

/* A number whose two lowest bits say in how many bytes it stands: 1, 2, 4, or more than is needed here. */
static uint32_t take_compact(struct cursor *c)
{
	struct bytes first = {c->left.p, c->left.n > 0 ? 1 : 0};
	switch (first.n > 0 ? first.p[0] & 3 : 0) {
	case 0:
		return take_byte(c) >> 2;
	case 1:
		return cur_le16(c) >> 2;
	case 2:
		return cur_le32(c) >> 2;
	default:
		return UINT32_MAX;
	}
}

static struct bytes take_sized(struct cursor *c)
{
	return cur_take(c, take_compact(c));
}

static struct bytes take_certs(struct cursor *c)
{
	uint32_t n = take_compact(c);
	struct bytes ret = c->left;
	for (uint32_t i = 0; i < n && cur_ok(c); i++)
		take_sized(c);
	ret.n -= c->left.n;
	return ret;
}

int dstack_evidence_open(
	struct bytes file, struct bytes *ret, struct bytes *ret_certs, struct err *err)
{
	enum { TDX = 0, GCP_TDX = 1, SNP = 3, MSGPACK_MAP = 0x80 };
	struct cursor c = {.left = file};
	uint8_t version = take_byte(&c), kind = take_byte(&c);
	if (version >> 4 == MSGPACK_MAP >> 4)
		return err_set(err, ST_FORMAT,
			"dstack's attestation of version 1 or later (MessagePack), which is not "
			"read here: ask its agent for the quote (GetQuote)");
	if (version != 0)
		return err_set(err, ST_FORMAT,
			"dstack's attestation of version %u, and only 0 is known here", version);
	if (kind != TDX && kind != GCP_TDX && kind != SNP)
		return err_set(err, ST_FORMAT,
			"dstack's attestation of kind %u, and only 0, 1 (TDX) and 3 (SEV-SNP) are "
			"known here",
			kind);
	*ret = take_sized(&c);
	*ret_certs = kind == SNP ? take_certs(&c) : (struct bytes){0};
	return cur_ok(&c)
		       ? 0
		       : err_set(err, ST_FORMAT, "offset %zu: cut in dstack's attestation", c.off);
}
