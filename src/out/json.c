/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"

#include <string.h>

static void before(struct json *j)
{
	if (j->comma)
		sink_char(j->sink, ',');
	j->comma = true;
}

void json_open(struct json *j, char bracket)
{
	before(j);
	sink_char(j->sink, bracket);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	sink_char(j->sink, bracket);
	j->comma = true;
}

/* The comma, the quotes and the colon in one go: keys are half of what is printed. */
void json_key(struct json *j, const char *key)
{
	size_t n = strlen(key);
	char *at = sink_room(j->sink, n + 3 + j->comma);
	if (j->comma)
		*at++ = ',';
	*at++ = '"';
	memcpy(at, key, n);
	at[n] = '"';
	at[n + 1] = ':';
	j->comma = false;
}

void json_null(struct json *j)
{
	before(j);
	sink_str(j->sink, "null");
}

void json_bool(struct json *j, bool v)
{
	before(j);
	sink_str(j->sink, v ? "true" : "false");
}

void json_u64(struct json *j, uint64_t v)
{
	before(j);
	sink_u64(j->sink, v);
}

/* DEL need not be, but a terminal is a poor place for it. */
static const bool needs_escape[256] = {
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	true,
	['"'] = true,
	['\\'] = true,
	[0x7f] = true,
};

static void escape(struct sink *s, uint8_t c)
{
	sink_char(s, '\\');
	switch (c) {
	case '"':
	case '\\':
		sink_char(s, (char)c);
		break;
	case '\n':
		sink_char(s, 'n');
		break;
	case '\r':
		sink_char(s, 'r');
		break;
	case '\t':
		sink_char(s, 't');
		break;
	default:
		sink_str(s, "u00");
		sink_hex(s, (struct bytes){&c, 1});
	}
}

void json_text(struct json *j, struct bytes b)
{
	before(j);
	sink_char(j->sink, '"');
	while (b.n > 0) {
		size_t plain = 0;
		while (plain < b.n && !needs_escape[b.p[plain]])
			plain++;
		sink_bytes(j->sink, (struct bytes){b.p, plain});
		b.p += plain;
		b.n -= plain;
		if (b.n > 0) {
			escape(j->sink, b.p[0]);
			b.p++;
			b.n--;
		}
	}
	sink_char(j->sink, '"');
}

void json_str(struct json *j, const char *s)
{
	json_text(j, bytes_of(s));
}

void json_hex(struct json *j, struct bytes b)
{
	before(j);
	sink_char(j->sink, '"');
	sink_hex(j->sink, b);
	sink_char(j->sink, '"');
}
