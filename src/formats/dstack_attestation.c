/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/dstack_attestation.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "base/strbuf.h"

enum { LOG_ROOM = 16 * 1024 * 1024 };

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

static int err_cut(const struct cursor *c, struct err *err)
{
	return err_set(err, ST_FORMAT, "offset %zu: cut in dstack's attestation", c->off);
}

int dstack_attestation_parse(struct bytes file, struct dstack_attestation *ret, struct err *err)
{
	enum { TDX = 0, GCP_TDX = 1, SNP = 3, MSGPACK_MAP = 0x80 };
	struct cursor c = {.left = file};
	uint8_t version = take_byte(&c), kind = take_byte(&c);
	*ret = (struct dstack_attestation){.has_log = kind != SNP};
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
	ret->evidence = take_sized(&c);
	if (kind == SNP)
		ret->certs = take_certs(&c);
	ret->rest = c.left;
	ret->rest_at = c.off;
	return cur_ok(&c) ? 0 : err_cut(&c, err);
}

/* One TdxEvent, as JSON that log_format_dstack reads. */
static int put_event(struct cursor *c, struct text *t, struct err *err)
{
	size_t at = c->off;
	uint32_t imr = cur_le32(c), type = cur_le32(c);
	struct bytes digest = take_sized(c), name = take_sized(c), payload = take_sized(c);
	if (!cur_ok(c))
		return err_cut(c, err);
	if (!utf8_valid(name))
		return err_set(err, ST_FORMAT,
			"offset %zu: the name of an event in dstack's attestation is not UTF-8",
			at);
	text_put(t, "{\"imr\":%u,\"event_type\":%u,\"digest\":\"", (unsigned)imr, (unsigned)type);
	text_put_hex(t, digest);
	text_put(t, "\",\"event\":\"");
	text_put_json(t, name);
	text_put(t, "\",\"event_payload\":\"");
	text_put_hex(t, payload);
	text_put(t, "\"}\n");
	return 0;
}

int dstack_attestation_log(
	const struct dstack_attestation *a, char **ret, size_t *ret_n, struct err *err)
{
	struct cursor c = {.left = a->rest, .off = a->rest_at};
	struct text t = {.buf = a->has_log ? malloc(LOG_ROOM) : NULL, .room = LOG_ROOM};
	if (!a->has_log)
		return err_set(
			err, ST_ABSENT, "no log: dstack's attestation of SEV-SNP has no event log");
	if (t.buf == NULL)
		return err_sys(err, ENOMEM, "log");
	int rc = 0;
	for (uint32_t left = take_compact(&c); left > 0 && rc == 0 && !t.cut; left--)
		rc = put_event(&c, &t, err);
	if (rc == 0 && !cur_ok(&c))
		rc = err_cut(&c, err);
	if (rc == 0 && t.cut)
		rc = err_set(err, ST_FORMAT,
			"the log in dstack's attestation is longer than %d bytes", LOG_ROOM);
	if (rc < 0) {
		free(t.buf);
		return -1;
	}
	*ret = t.buf;
	*ret_n = t.n;
	return 0;
}
