/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"

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

void json_key(struct json *j, const char *key)
{
	before(j);
	sink_char(j->sink, '"');
	sink_str(j->sink, key);
	sink_str(j->sink, "\":");
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
static bool needs_escape(uint8_t c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

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
		while (plain < b.n && !needs_escape(b.p[plain]))
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
