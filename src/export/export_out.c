/* SPDX-License-Identifier: Apache-2.0 */
#include "export/export_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"

int out_flush(struct export_out *out)
{
	struct bytes b = {out->buf, out->n};
	out->n = 0;
	if (!out->failed && b.n > 0 && out->put(out->arg, b, out->err) < 0)
		out->failed = true;
	return out->failed ? -1 : 0;
}

void out_bytes(struct export_out *out, struct bytes b)
{
	if (b.n > sizeof(out->buf) - out->n && out_flush(out) < 0)
		return;
	if (b.n > sizeof(out->buf)) {
		out->failed = out->put(out->arg, b, out->err) < 0;
		return;
	}
	if (b.n > 0)
		memcpy(out->buf + out->n, b.p, b.n);
	out->n += b.n;
}

void out_str(struct export_out *out, const char *s)
{
	out_bytes(out, bytes_of(s));
}

void out_le(struct export_out *out, uint64_t v, size_t n)
{
	uint8_t b[sizeof(v)];
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	out_bytes(out, (struct bytes){b, n});
}

void out_be(struct export_out *out, uint64_t v, size_t n)
{
	uint8_t b[sizeof(v)];
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	out_bytes(out, (struct bytes){b, n});
}

void out_decimal(struct export_out *out, uint64_t v)
{
	char s[sizeof("18446744073709551615")];
	snprintf(s, sizeof(s), "%" PRIu64, v);
	out_str(out, s);
}

void out_json_hex(struct export_out *out, struct bytes b)
{
	enum { STEP = 512 };
	char hex[2 * STEP];
	out_str(out, "\"");
	while (b.n > 0) {
		size_t n = b.n < STEP ? b.n : STEP;
		hex_put(hex, (struct bytes){b.p, n});
		out_bytes(out, (struct bytes){(const uint8_t *)hex, 2 * n});
		b.p += n;
		b.n -= n;
	}
	out_str(out, "\"");
}

static bool is_plain(uint8_t c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

void out_json(struct export_out *out, struct bytes utf8)
{
	char cell[sizeof("\\ud800\\udc00")];
	out_str(out, "\"");
	while (utf8.n > 0) {
		struct bytes one = {utf8.p, 0};
		while (one.n < utf8.n && is_plain(one.p[one.n]))
			one.n++;
		out_bytes(out, one);
		utf8 = (struct bytes){utf8.p + one.n, utf8.n - one.n};
		if (utf8.n == 0)
			break;
		struct text t = {.buf = cell, .room = sizeof(cell)};
		one = utf8;
		utf8_next(&utf8);
		one.n -= utf8.n;
		text_put_json(&t, one);
		out_bytes(out, (struct bytes){(const uint8_t *)cell, t.n});
	}
	out_str(out, "\"");
}
