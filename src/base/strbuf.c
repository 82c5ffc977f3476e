/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	if (t->cut)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(t->buf + t->n, t->room - t->n, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->room - t->n)
		t->cut = true;
	else
		t->n += (size_t)n;
}

void text_put_hex(struct text *t, struct bytes b)
{
	if (t->cut || b.n > (t->room - 1 - t->n) / 2) {
		t->cut = true;
		return;
	}
	hex_str(t->buf + t->n, b);
	t->n += 2 * b.n;
}

/* Valid UTF-8. */
static void put_valid(struct text *t, struct bytes b)
{
	size_t room = t->room - 1 - t->n;
	if (t->cut)
		return;
	if (b.n > room) {
		t->cut = true;
		for (b.n = room; b.n > 0 && (b.p[b.n] & 0xc0) == 0x80;)
			b.n--;
	}
	if (b.n > 0)
		memcpy(t->buf + t->n, b.p, b.n);
	t->n += b.n;
}

void text_put_utf8(struct text *t, struct bytes b)
{
	if (utf8_valid(b)) {
		put_valid(t, b);
		return;
	}
	while (b.n > 0 && !t->cut) {
		size_t n = 1;
		while (n < 4 && n < b.n && !utf8_valid((struct bytes){b.p, n}))
			n++;
		bool valid = utf8_valid((struct bytes){b.p, n});
		put_valid(t, valid ? (struct bytes){b.p, n} : bytes_of("\xef\xbf\xbd"));
		n = valid ? n : 1;
		b.p += n;
		b.n -= n;
	}
}

void text_put_json(struct text *t, struct bytes s)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	while (s.n > 0 && !t->cut) {
		uint32_t c = utf8_next(&s);
		const char *e = c == 0 || c >= 0x7f ? NULL : strchr(shorts, (int)c);
		if (e != NULL && (e - shorts) % 2 == 0)
			text_put(t, "\\%c", e[1]);
		else if (c >= 0x20 && c < 0x7f)
			text_put(t, "%c", (int)c);
		else if (c < 0x10000)
			text_put(t, "\\u%04x", (unsigned)c);
		else
			text_put(t, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((c - 0x10000) >> 10)),
				(unsigned)(0xdc00 + ((c - 0x10000) & 0x3ff)));
	}
}
