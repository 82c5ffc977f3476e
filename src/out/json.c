/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"

#include <string.h>

#include "base/base64.h"
#include "base/scope.h"
#include "base/swar.h"

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

/* Control characters need escapes, or, DEL and those of U+0080 to U+009F (0xc2 comes first), are no good on a terminal. */
static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && c != 0xc2;
}

static void escape(struct sink *s, uint8_t c)
{
	static const char shorts[] = "\"\"\\\\\nn\rr\tt";
	for (const char *e = shorts; *e != '\0'; e += 2) {
		if (*e == (char)c) {
			sink_char(s, '\\');
			sink_char(s, e[1]);
			return;
		}
	}
	sink_str(s, "\\u00");
	sink_hex(s, (struct bytes){&c, 1});
}

/* The character at the front of b, which is not plain: how many bytes it has. */
static size_t put_special(struct sink *s, struct bytes b)
{
	if (b.p[0] != 0xc2) {
		escape(s, b.p[0]);
		return 1;
	}
	if (b.p[1] < 0xa0)
		escape(s, b.p[1]);
	else
		sink_bytes(s, (struct bytes){b.p, 2});
	return 2;
}

/* Whether eight bytes are plain and ASCII, as most are. */
static bool is_plain_word(const uint8_t *p)
{
	uint64_t word = word_get(p);
	uint64_t other = word_less(word, 0x20) | word_is(word, '"') | word_is(word, '\\') |
			 word_is(word, 0x7f);
	return ((other | word) & WORD_TOPS) == 0;
}

/* How many bytes at the front of b are plain. */
static size_t plain_run(struct bytes b)
{
	const size_t step = sizeof(uint64_t);
	size_t n = 0;
	while (b.n - n >= step && is_plain_word(b.p + n))
		n += step;
	if (n > 0 && b.n - n < step && is_plain_word(b.p + b.n - step))
		return b.n;
	while (n < b.n && is_plain(b.p[n]))
		n++;
	return n;
}

void json_text(struct json *j, struct bytes b)
{
	before(j);
	sink_char(j->sink, '"');
	while (b.n > 0) {
		size_t n = plain_run(b);
		sink_bytes(j->sink, (struct bytes){b.p, n});
		if (n < b.n)
			n += put_special(j->sink, (struct bytes){b.p + n, b.n - n});
		b.p += n;
		b.n -= n;
	}
	sink_char(j->sink, '"');
}

void json_str(struct json *j, const char *s)
{
	struct bytes b = bytes_of(s);
	if (utf8_valid(b)) {
		json_text(j, b);
		return;
	}
	AUTO_FREE char *visible = bytes_visible(s);
	json_text(j, bytes_of(visible != NULL ? visible : "?"));
}

void json_hex(struct json *j, struct bytes b)
{
	before(j);
	sink_char(j->sink, '"');
	sink_hex(j->sink, b);
	sink_char(j->sink, '"');
}

void json_base64(struct json *j, struct bytes b)
{
	enum { STEP = SINK_ROOM_MAX / 4 * 3 };
	before(j);
	sink_char(j->sink, '"');
	while (b.n > 0) {
		size_t n = b.n < STEP ? b.n : STEP;
		base64_put(sink_room(j->sink, (n + 2) / 3 * 4), (struct bytes){b.p, n});
		b.p += n;
		b.n -= n;
	}
	sink_char(j->sink, '"');
}

void json_raw(struct json *j, struct bytes b)
{
	before(j);
	sink_bytes(j->sink, b);
}
