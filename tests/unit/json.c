/* SPDX-License-Identifier: Apache-2.0 */
#include "out/json.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* json-c has a type of the name of a function here. */
#define json_bool json_c_bool
#include <json-c/json.h>
#undef json_bool

#include "base/base64.h"
#include "check.h"
#include "text.h"

/* Goes on in a file in memory, whatever its length. */
static struct sink out;

static void begin(struct json *j)
{
	sink_open(&out, memory_file((struct bytes){NULL, 0}));
	*j = (struct json){.sink = &out};
}

static void end(struct text *ret)
{
	struct err err = {0};
	uint8_t buf[65536];
	ssize_t n;
	CHECK_INT(sink_flush(&out, &err), 0);
	CHECK(lseek(out.fd, 0, SEEK_SET) == 0);
	*ret = (struct text){0};
	while ((n = read(out.fd, buf, sizeof(buf))) > 0)
		text_add(ret, (struct bytes){buf, (size_t)n});
	close(out.fd);
}

static struct json_object *parse_strictly(struct bytes b)
{
	struct json_tokener *tok = json_tokener_new();
	json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *o = json_tokener_parse_ex(tok, (const char *)b.p, (int)b.n);
	if (o == NULL || json_tokener_get_parse_end(tok) != b.n)
		check_failed(__FILE__, __LINE__, "json-c: %s: %.*s",
			json_tokener_error_desc(json_tokener_get_error(tok)), (int)b.n,
			(const char *)b.p);
	json_tokener_free(tok);
	return o;
}

static void round_trip(struct bytes b)
{
	struct json j;
	struct text doc;
	CHECK(utf8_valid(b));
	begin(&j);
	json_open(&j, '[');
	json_text(&j, b);
	json_close(&j, ']');
	end(&doc);
	for (size_t i = 0; i < doc.n; i++)
		CHECK(doc.p[i] >= ' ' && doc.p[i] != 0x7f &&
			(doc.p[i] != 0xc2 || doc.p[i + 1] >= 0xa0));
	struct json_object *o = parse_strictly(text_bytes(&doc));
	struct json_object *s = json_object_array_get_idx(o, 0);
	CHECK_BYTES(((struct bytes){(const uint8_t *)json_object_get_string(s),
			    (size_t)json_object_get_string_len(s)}),
		b);
	json_object_put(o);
	text_free(&doc);
}

static void add_code_point(struct text *t, uint32_t cp)
{
	uint8_t s[4];
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n - 1; i > 0; i--, cp >>= 6)
		s[i] = (uint8_t)(0x80 | (cp & 0x3f));
	s[0] = (uint8_t)(lead[n] | cp);
	text_add(t, (struct bytes){s, n});
}

static const uint32_t edges[] = {0, 1, 8, 9, 10, 12, 13, 0x1f, 0x20, '"', '\\', '/', 0x7e, 0x7f,
	0x80, 0x9f, 0xa0, 0x7ff, 0x800, 0x2028, 0x2029, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xfffe,
	0xffff, 0x10000, 0x10ffff};
enum { N_EDGES = sizeof(edges) / sizeof(edges[0]) };

static uint32_t random_code_point(struct dice *d)
{
	uint32_t cp;
	switch (dice_below(d, 4)) {
	case 0:
		return edges[dice_below(d, N_EDGES)];
	case 1:
		return (uint32_t)dice_below(d, 0x80);
	case 2:
		return (uint32_t)dice_below(d, 0x800);
	default:
		do
			cp = (uint32_t)dice_below(d, 0x110000);
		while (cp >= 0xd800 && cp <= 0xdfff);
		return cp;
	}
}

/* One character anywhere in plain text, which is read eight bytes at a time. */
static void test_one_among_plain(void)
{
	enum { MOST = 25 };
	struct text t = {0};
	for (size_t n = 0; n < MOST; n++) {
		for (size_t at = 0; at <= n; at++) {
			for (size_t i = 0; i < N_EDGES; i++) {
				t.n = 0;
				text_fill(&t, 'x', at);
				add_code_point(&t, edges[i]);
				text_fill(&t, 'x', n - at);
				round_trip(text_bytes(&t));
			}
		}
	}
	text_free(&t);
}

static void test_strings(void)
{
	struct dice dice = {3};
	struct text t = {0};
	round_trip((struct bytes){NULL, 0});
	for (uint32_t cp = 0; cp < 0x800; cp++) {
		t.n = 0;
		add_code_point(&t, cp);
		round_trip(text_bytes(&t));
	}
	for (int i = 0; i < 3000; i++) {
		t.n = 0;
		for (size_t n = dice_below(&dice, 60); n > 0; n--)
			add_code_point(&t, random_code_point(&dice));
		round_trip(text_bytes(&t));
	}
	/* Longer than the sink's buffer, in one piece and with escapes. */
	t.n = 0;
	text_fill(&t, 'x', 100000);
	round_trip(text_bytes(&t));
	text_fill(&t, '\n', 40000);
	text_fill(&t, 'y', 32768);
	round_trip(text_bytes(&t));
	text_free(&t);
}

static void test_shapes(void)
{
	struct json j;
	struct text doc;
	begin(&j);
	json_open(&j, '{');
	json_key(&j, "null");
	json_null(&j);
	json_key(&j, "yes");
	json_bool(&j, true);
	json_key(&j, "no");
	json_bool(&j, false);
	json_key(&j, "n");
	json_open(&j, '[');
	json_u64(&j, 0);
	json_u64(&j, 10);
	json_u64(&j, UINT64_MAX);
	json_open(&j, '[');
	json_close(&j, ']');
	json_open(&j, '{');
	json_close(&j, '}');
	json_close(&j, ']');
	json_key(&j, "hex");
	json_hex(&j, (struct bytes){(const uint8_t *)"\0\xab", 2});
	json_key(&j, "empty");
	json_hex(&j, (struct bytes){NULL, 0});
	json_key(&j, "s");
	json_str(&j, "a\"b\\c\nd\re\tf\x01g\x7fh/\b\f");
	json_close(&j, '}');
	end(&doc);
	CHECK_BYTES(text_bytes(&doc),
		bytes_of("{\"null\":null,\"yes\":true,\"no\":false,"
			 "\"n\":[0,10,18446744073709551615,[],{}],\"hex\":\"00ab\",\"empty\":\"\","
			 "\"s\":\"a\\\"b\\\\c\\nd\\re\\tf\\u0001g\\u007fh/\\u0008\\u000c\"}"));
	json_object_put(parse_strictly(text_bytes(&doc)));
	text_free(&doc);
}

static void test_long_hex(void)
{
	struct json j;
	struct text doc, raw = {0}, want = {0};
	struct dice dice = {4};
	for (size_t n = 1; n < 70000; n = 2 * n + 1) {
		text_fill(&raw, (char)dice_next(&dice), n);
		begin(&j);
		json_hex(&j, text_bytes(&raw));
		end(&doc);
		want.n = 0;
		text_char(&want, '"');
		text_hex(&want, text_bytes(&raw));
		text_char(&want, '"');
		CHECK_BYTES(text_bytes(&doc), text_bytes(&want));
		text_free(&doc);
	}
	text_free(&raw);
	text_free(&want);
}

/* Each byte is written once and in order, however the pieces fall on the buffer's end. */
static void test_sink(void)
{
	struct dice dice = {5};
	struct text doc, want = {0}, piece = {0};
	sink_open(&out, memory_file((struct bytes){NULL, 0}));
	CHECK(!out.used);
	for (int i = 0; i < 3000; i++) {
		piece.n = 0;
		size_t n =
			dice_one_in(&dice, 50) ? dice_below(&dice, 80000) : dice_below(&dice, 99);
		text_fill(&piece, (char)('a' + i % 26), n);
		sink_bytes(&out, text_bytes(&piece));
		text_add(&want, text_bytes(&piece));
		sink_char(&out, '|');
		text_char(&want, '|');
		uint64_t number = dice_next(&dice) >> dice_below(&dice, 64);
		sink_u64(&out, number);
		text_fmt(&want, "%llu", (unsigned long long)number);
	}
	CHECK(out.used);
	end(&doc);
	CHECK_BYTES(text_bytes(&doc), text_bytes(&want));
	text_free(&doc);
	text_free(&want);
	text_free(&piece);
}

/* The first write that fails is told, once, and nothing is written after it. */
static void test_sink_full(void)
{
	struct err err = {0};
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		puts("no /dev/full here: that output which fails is told is not tested");
		return;
	}
	sink_open(&out, fd);
	CHECK_INT(sink_flush(&out, &err), 0);
	for (int i = 0; i < 40000; i++)
		sink_str(&out, "xx");
	sink_hex(&out, bytes_of("abc"));
	CHECK_INT(sink_flush(&out, &err), -1);
	CHECK_INT(err.status, ST_SYSTEM);
	CHECK_INT(err.sys, ENOSPC);
	close(fd);
}

/* Any number of bytes, also where a buffer of the sink ends. */
static void test_base64(void)
{
	static uint8_t raw[70000];
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(i * 7 + i / 256);
	const size_t sizes[] = {0, 1, 2, 3, 3071, 3072, 3073, 6145, 24576, 24577, sizeof(raw)};
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct json j;
		struct text doc;
		struct bytes b = {raw, sizes[k]};
		begin(&j);
		json_open(&j, '[');
		json_base64(&j, b);
		json_close(&j, ']');
		end(&doc);
		uint8_t *back = malloc(doc.n);
		size_t n;
		CHECK(base64_get(back, &n, (struct bytes){doc.p + 2, doc.n - 4}));
		CHECK_BYTES(((struct bytes){back, n}), b);
		free(back);
		text_free(&doc);
	}
}

int main(void)
{
	test_strings();
	test_one_among_plain();
	test_shapes();
	test_long_hex();
	test_sink();
	test_sink_full();
	test_base64();
	return 0;
}
