/* SPDX-License-Identifier: Apache-2.0 */
/* What dstack logs of its measurements, in lines and in a quote report. */
#include "check.h"
#include "feed.h"

#define HEX16 "0123456789abcdef"
#define HEX96 HEX16 HEX16 HEX16 HEX16 HEX16 HEX16

/* One event: what was hashed and what the log shows of it. */
struct want {
	const char *log;
	const char *kind, *data;
	struct bytes hashed;
	uint32_t index;
};

static void see_runtime(const struct log_event *ev, void *arg)
{
	const struct want *want = arg;
	uint8_t digest[48];
	CHECK_INT(ev->place, PLACE_CC_MR);
	CHECK_U64(ev->index, want->index);
	CHECK_STR(ev->kind, want->kind);
	CHECK(ev->extends && ev->has_type && ev->type == 0x08000001);
	CHECK_BYTES(ev->data, bytes_of(want->data));
	CHECK_BYTES(ev->hashed, want->hashed);
	CHECK(ev->text.p == NULL && ev->time.p == NULL && !ev->every_bank);
	CHECK(ev->n_digests == 1 && ev->digest[0].tcg_id == 0x0c);
	model_hash2(&model_sha384, want->hashed, (struct bytes){NULL, 0}, digest);
	CHECK_BYTES(digest_bytes(&ev->digest[0].d), ((struct bytes){digest, 48}));
}

#define V1(name, payload)                                                                          \
	{                                                                                          \
		(const uint8_t *)"\x01\0\0\x08:" name ":" payload,                                 \
			sizeof("\x01\0\0\x08:" name ":" payload) - 1                               \
	}
#define V2(name, payload)                                                                          \
	{                                                                                          \
		(const uint8_t *)"{\"name\":\"" name "\",\"payload\":\"" payload                   \
				 "\",\"type\":134217729}",                                         \
			sizeof("{\"name\":\"" name "\",\"payload\":\"" payload                     \
			       "\",\"type\":134217729}") -                                         \
				1                                                                  \
	}

static void test_runtime(void)
{
	static const struct want wants[] = {
		{"{\"event\":\"app-id\",\"payload\":\"YWJj\"}", "app-id", "abc",
			V1("app-id", "abc"), 4},
		{"{\"event\":\"a\",\"payload\":\"YWI=\",\"version\":1}", "a", "ab", V1("a", "ab"),
			4},
		{"{\"event\":\"a\",\"payload\":\"YQ==\"}", "a", "a", V1("a", "a"), 4},
		{"{\"event\":\"\",\"payload\":\"\"}", "record", "", V1("", ""), 4},
		{"{\"event\":\"x\",\"payload\":\"Pz8/Pj4+\"}", "x", "?\?\?>>>", V1("x", "?\?\?>>>"),
			4},
		{"{\"event\":\"app-id\",\"payload\":\"YWJj\",\"version\":2}", "app-id", "abc",
			V2("app-id", "616263"), 4},
		{"{\"event\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\\u007f\\u20ac\",\"payload\":"
		 "\"\",\"version\":2}",
			"\"\\\b\f\n\r\t\x01\x1f/\x7f\xe2\x82\xac", "",
			V2("\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\x7f\xe2\x82\xac", ""), 4},
		{"{\"imr\":3,\"event_type\":134217729,\"event\":\"a\",\"event_payload\":\"6162\"}",
			"a", "ab", V1("a", "ab"), 4},
		{"{\"imr\":0,\"event_type\":134217729,\"event\":\"a\",\"event_payload\":\"\","
		 "\"digest\":\"\",\"version\":2}",
			"a", "", V2("a", ""), 1},
	};
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct want want = wants[i];
		struct feed f;
		feed_log(bytes_of(want.log), NULL, see_runtime, &want, &f);
		if (f.rc < 0 || f.n != 1)
			check_failed(__FILE__, __LINE__, "%s: %s", want.log, f.err.msg);
		CHECK_STR(f.format, "dstack");
	}
}

#define FIRMWARE                                                                                   \
	"{\"imr\":2,\"event_type\":4,\"digest\":\"" HEX96                                          \
	"\",\"event\":\"shown\",\"event_payload\":\"616263\"}"
#define BARE                                                                                       \
	"{\"imr\":2,\"event_type\":13,\"digest\":\"" HEX96                                         \
	"\",\"event\":\"\",\"event_payload\":\"\"}"
#define GIVEN                                                                                      \
	"{\"imr\":3,\"event_type\":134217729,\"digest\":\"" HEX96                                  \
	"\",\"event\":\"a\",\"event_payload\":\"00\"}"

static void see_events(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_INT(ev->place, PLACE_CC_MR);
	CHECK(ev->n_digests == 1 && ev->digest[0].d.v[47] == 0xef);
	CHECK(ev->digest[0].d.alg == HASH_SHA384 && ev->extends);
	if (ev->seq == 0) {
		CHECK(ev->index == 3 && ev->type == 4 && ev->hashed.p == NULL);
		CHECK_STR(ev->kind, "EV_SEPARATOR");
		CHECK_BYTES(ev->data, bytes_of("abc"));
		/* Nobody hashed this: it is no text of the event. */
		CHECK(ev->text.p == NULL);
		CHECK_BYTES(ev->note, bytes_of("shown"));
	} else if (ev->seq == 1) {
		/* dstack leaves payloads out, which is not the same as an empty one. */
		CHECK_STR(ev->kind, "EV_IPL");
		CHECK(ev->data.p == NULL && ev->text.p == NULL && ev->note.p == NULL);
	} else {
		/* A digest that is given is taken, whatever the payload would give. */
		CHECK_STR(ev->kind, "a");
		CHECK(ev->index == 4 && ev->hashed.n == 8);
	}
}

static void check_report(const char *log)
{
	struct feed f;
	feed_log(bytes_of(log), NULL, see_events, NULL, &f);
	if (f.rc < 0 || f.n != 3)
		check_failed(__FILE__, __LINE__, "%s: %s", log, f.err.msg);
	CHECK_STR(f.format, "dstack");
}

/* The same text as the value of a string. */
static void add_quoted(struct text *t, const char *s)
{
	text_char(t, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			text_char(t, '\\');
		text_char(t, *s);
	}
	text_char(t, '"');
}

static void test_reports(void)
{
	struct text t = {0};
	check_report(FIRMWARE "\n" BARE "\n" GIVEN "\n");
	check_report("[" FIRMWARE "," BARE "," GIVEN "]");
	check_report("{\"quote\":\"0400\",\"event_log\":[" FIRMWARE "," BARE "," GIVEN "]}");
	text_str(&t, "{\"quote\":\"0400\",\"event_log\":");
	add_quoted(&t, "[" FIRMWARE "," BARE "," GIVEN "]");
	text_str(&t, ",\"vm_config\":\"\"}\n");
	text_char(&t, '\0');
	check_report((const char *)t.p);
	t.n--;
	feed_cuts(text_bytes(&t), "dstack");
	text_free(&t);
	feed_cuts(bytes_of(FIRMWARE "\n" GIVEN "\n"), "dstack");
	/* Two reports, the second of which has no event. */
	feed_good(bytes_of("{\"event_log\":[" FIRMWARE "," BARE "]}\n{\"event_log\":[]}\n" GIVEN),
		NULL, "dstack", 3);
}

static void bad(const char *log, size_t n, const char *part)
{
	feed_bad(bytes_of(log), "dstack", n, part);
	if (n > 0 || strstr(part, "no log") == NULL)
		feed_bad(bytes_of(log), "dstack", n, "offset ");
}

static void test_bad_lines(void)
{
	bad("", 0, "no log: there is no record in it");
	bad("{}", 0, "no string 'payload' or 'event_payload'");
	bad("{\"event\":\"a\"}", 0, "no string 'payload' or 'event_payload'");
	bad("{\"event\":\"a\",\"payload\":7}", 0, "no string 'payload' or 'event_payload'");
	bad(FIRMWARE "\n{\"payload\":\"\"}", 1, "no string 'event'");
	bad("{\"event\":\"a\",\"payload\":\"YWJ\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\"YWJ-\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\"YWK=\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\"YR==\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\"Y===\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\"YQ==YQ==\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\" YQ=\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\"YQ=\\u0000\"}", 0, "'payload' is not base64");
	bad("{\"event\":\"a\",\"payload\":\"\",\"version\":3}", 0, "unknown 'version'");
	bad("{\"event\":\"a\",\"payload\":\"\",\"version\":0}", 0, "unknown 'version'");
	bad("{\"event\":\"a\",\"payload\":\"\",\"version\":null}", 0, "unknown 'version'");
}

#define EVENT(imr, type, digest, payload)                                                          \
	"{\"imr\":" imr ",\"event_type\":" type ",\"digest\":" digest                              \
	",\"event\":\"\",\"event_payload\":" payload "}"
#define GOOD_DIGEST "\"" HEX96 "\""

static void test_bad_events(void)
{
	bad(EVENT("4294967295", "4", GOOD_DIGEST, "\"\""), 0, "'imr' is not a number of 32 bits");
	bad(EVENT("-1", "4", GOOD_DIGEST, "\"\""), 0, "'imr' is not a number of 32 bits");
	bad(EVENT("\"1\"", "4", GOOD_DIGEST, "\"\""), 0, "'imr' is not a number of 32 bits");
	bad(EVENT("1", "4294967296", GOOD_DIGEST, "\"\""), 0, "'event_type' is not a number");
	bad(EVENT("1", "99999999999999999999999", GOOD_DIGEST, "\"\""), 0, "offset ");
	bad(EVENT("1", "4", GOOD_DIGEST, "7"), 0, "'event_payload': not a string of hex digits");
	bad(EVENT("1", "4", GOOD_DIGEST, "\"0\""), 0, "'event_payload': not a string of hex");
	bad(EVENT("1", "4", GOOD_DIGEST, "null"), 0, "'event_payload': not a string of hex");
	bad(EVENT("1", "4", "\"\"", "\"\""), 0, "'digest' is not 48 bytes of hex");
	bad(EVENT("1", "4", "null", "\"\""), 0, "'digest' is not 48 bytes of hex");
	bad(EVENT("1", "134217729", "\"00\"", "\"\""), 0, "'digest' is not 48 bytes of hex");
	bad("{\"event_log\":[" FIRMWARE ",7]}", 1, "offset 0: event_log[1]: not a JSON object");
	bad("{\"event_log\":[null]}", 0, "event_log[0]: not a JSON object");
	bad("{\"event_log\":{}}", 0, "'event_log' is not an array");
	bad("{\"event_log\":null}", 0, "'event_log' is not an array");
	bad("{\"event_log\":\"7 \"}", 0, "'event_log' is not an array");
	bad("{\"event_log\":\"\"}", 0, "'event_log': byte 0: not JSON: it is cut");
	bad("{\"event_log\":\"[{}\"}", 0, "'event_log': byte 3: not JSON: it is cut");
	bad("{\"event_log\":\"[{}],\"}", 0, "'event_log': byte 4: not JSON");
	bad("{\"event_log\":\"[{'a':1}]\"}", 0, "'event_log': byte 2: not JSON: a name");
	bad("{\"event_log\":\"[]\\u0000\"}", 0, "'event_log': byte 2: not JSON: extra text");
	bad("{\"event_log\":\"[{\\\"a\\\":1,\\\"a\\\":1}]\"}", 0,
		"'event_log': byte 0: two members of one object have the same name");
	bad("{\"quote\":\"0400\"}", 0, "a quote without an 'event_log'");
}

static void test_bounds(void)
{
	struct text t = {0};
	text_str(&t, "{\"event_log\":\"");
	text_fill(&t, '[', 10000);
	text_str(&t, "\"}");
	feed_bad(text_bytes(&t), NULL, 0, "'event_log': byte ");
	feed_bad(text_bytes(&t), NULL, 0, "nesting");
	text_free(&t);
	text_str(&t, "{\"event_log\":\"[7");
	for (int i = 0; i < JSON_NODES_MAX; i++)
		text_str(&t, ",[]");
	text_str(&t, "]\"}");
	feed_bad(text_bytes(&t), NULL, 0, "'event_log': byte 49152: not JSON: too many values");
	text_free(&t);
}

int main(void)
{
	test_runtime();
	test_reports();
	test_bad_lines();
	test_bad_events();
	test_bounds();
	return 0;
}
