/* SPDX-License-Identifier: Apache-2.0 */
/* What is JSON to every reader: RFC 8259, and what is refused beyond it. */
#include "check.h"
#include "feed.h"
#include "formats/json_reader.h"

#define TWICE "two members of one object have the same name"
#define LONE "half of a surrogate pair in a string, without the other half"
#define CONTROL "not JSON: a control character in a string"
#define NUMBER "not JSON: a number in a form that JSON does not have"

struct want {
	const char *json;
	const char *wrong; /* part of the message; NULL: it is read */
};

static const struct want wants[] = {
	{"[0,-0,10,-12,0.0,1.50,0e0,1E+05,1e-05,12.5e7,true,false,null]", NULL},
	{"{\"\":0}", NULL},
	{"[ ]", NULL},
	{"{ \"a\"\n:\t[\r] , \"b\" : { } }", NULL},
	{"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\uFfFf\"]", NULL},
	{"[\"\x7f\xc2\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\"]", NULL},
	/* Numbers, section 6. */
	{"[00]", NUMBER},
	{"[01.5]", NUMBER},
	{"[-01]", NUMBER},
	{"[1.]", NUMBER},
	{"[1.e5]", NUMBER},
	{"[.5]", NUMBER},
	{"[+1]", NUMBER},
	{"[-]", NUMBER},
	{"[1e]", NUMBER},
	{"[1e+]", NUMBER},
	{"[0x1]", "not JSON: number expected"},
	{"[NaN]", "not JSON: NaN or Infinity"},
	{"[Infinity]", "not JSON: NaN or Infinity"},
	{"[-Infinity]", "not JSON: NaN or Infinity"},
	{"[nan]", "not JSON: "},
	{"[inf]", "not JSON: "},
	/* Literals and the rest of the grammar. */
	{"[True]", "not JSON: "},
	{"[nul]", "not JSON: "},
	{"[truefalse]", "not JSON: "},
	{"[1,]", "not JSON: "},
	{"[,1]", "not JSON: "},
	{"[1 2]", "not JSON: "},
	{"[1}", "not JSON: "},
	{"{\"a\":1,}", "not JSON: "},
	{"{\"a\":1 \"b\":2}", "not JSON: "},
	{"{\"a\" 1}", "not JSON: "},
	{"{\"a\"}", "not JSON: "},
	{"{\"a\":}", "not JSON: "},
	{"{1:1}", "not JSON: "},
	{"{a:1}", "not JSON: "},
	{"{\"a\":1]", "not JSON: "},
	{"{'a':1}", "not JSON: a name that is not in double quotes"},
	{"['a']", "not JSON: a name that is not in double quotes"},
	{"[/**/]", "not JSON: "},
	{"[1//\n]", "not JSON: "},
	{"[\v1]", "not JSON: "},
	{"[\xc2\xa0]", "not JSON: "},
	/* Strings, section 7. */
	{"[\"\n\"]", CONTROL},
	{"[\"\t\"]", CONTROL},
	{"[\"\x1f\"]", CONTROL},
	{"{\"\x01\":1}", CONTROL},
	{"[\"\\x\"]", "not JSON: "},
	{"[\"\\'\"]", "not JSON: "},
	{"[\"\\\n\"]", "not JSON: "},
	{"[\"\\u12\"]", "not JSON: an escape without four hex digits"},
	{"[\"\\u12g4\"]", "not JSON: an escape without four hex digits"},
	{"[\"\\ud8g0\"]", "not JSON: an escape without four hex digits"},
	{"[\"\\U0041\"]", "not JSON: "},
	/* Section 8.1. */
	{"[\"\xff\"]", "not UTF-8"},
	{"[\"\xc0\x80\"]", "not UTF-8"},
	{"[\"\xed\xa0\x80\"]", "not UTF-8"},
	{"[\"\xc3\"]", "not UTF-8"},
	{"[\xff]", "not UTF-8"},
	/* Surrogates, section 8.2. */
	{"[\"\\ud83d\\ude00\\uD83D\\uDE00\\ud800\\udc00\\udbff\\udfff\"]", NULL},
	{"[\"\\ud7ff\\ue000\\\\ud800\"]", NULL},
	{"{\"\\ud83d\\ude00\":1}", NULL},
	{"[\"\\ud800\"]", LONE},
	{"[\"\\udbffx\"]", LONE},
	{"[\"\\ud800\\n\"]", LONE},
	{"[\"\\ud800\\\\udc00\"]", LONE},
	{"[\"\\ud800\\u0041\"]", LONE},
	{"[\"\\ud800\\ud800\\udc00\"]", LONE},
	{"[\"\\udc00\"]", LONE},
	{"[\"\\udfff\\ud800\"]", LONE},
	{"[\"\\ud800\\udc00\\udc00\"]", LONE},
	{"[\"\\ud800\",\"\\udc00\"]", LONE},
	{"[\"\\ud800\xc3\xa9\"]", LONE},
	{"{\"\\ud800\":1}", LONE},
	/* Names. */
	{"{\"a\\u0000\":1}", "a NUL (\\u0000) in the name of a member"},
	{"{\"\\u0000\" :1}", "a NUL (\\u0000) in the name of a member"},
	{"{\"\\\\u0000\":\"\\u0000\"}", NULL},
	{"{\"a\":1,\"a\":1}", TWICE},
	{"{\"a\":1,\"b\":2,\"a\":3}", TWICE},
	{"{\"a\":1,\"\\u0061\":2}", TWICE},
	{"{\"\\/\":1,\"/\":2}", TWICE},
	{"{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}", TWICE},
	{"{\"\":1,\"\":2}", TWICE},
	{"{\"a\":null,\"a\":null}", TWICE},
	{"{\"a\":{\"b\":1,\"c\":2},\"a\":{}}", TWICE},
	{"{\"a\":{\"a\":[{\"b\":1},{\"b\":1,\"b\":1}]}}", TWICE},
	{"[{\"a\":1},[[{\"a\":{\"b\":1,\"b\":1}}]]]", TWICE},
	{"{\"a\":{\"a\":1},\"A\":[{\"a\":1},{\"a\":1}],\"b\":\"\\\",\\\"a\\\":\"}", NULL},
	/* As big as it likes where nobody reads it. */
	{"[18446744073709551616,-9223372036854775809,1e999,-1E-999]", NULL},
};

static void check_message(struct bytes json, const struct want *want, int rc, const struct err *err)
{
	const char *said = rc == 0 ? "read" : err->msg;
	const char *wanted = want->wrong != NULL ? want->wrong : "read";
	if (strstr(said, wanted) == NULL || (rc != 0 && err->status != ST_FORMAT))
		check_failed(__FILE__, __LINE__, "%.*s: '%s', not '%s'", (int)json.n,
			(const char *)json.p, said, wanted);
}

/* A text in memory, with and without blanks around it. */
static void check_whole(const struct want *want)
{
	static const char *const blanks[] = {"", " \t\r\n"};
	for (size_t i = 0; i < 2; i++) {
		struct text t = {0};
		struct json_object *o;
		struct err err;
		text_fmt(&t, "%s%s%s", blanks[i], want->json, blanks[i]);
		int rc = json_whole(text_bytes(&t), &o, &err);
		check_message(text_bytes(&t), want, rc, &err);
		if (rc == 0)
			json_object_put(o);
		text_free(&t);
	}
}

/* A member of an object in a log, which is read in pieces of 4,096 bytes; n bytes before it. */
static void check_log(const struct want *want, size_t n)
{
	struct text t = {0};
	text_str(&t, "{\"x\":\"");
	text_fill(&t, 'x', n);
	text_fmt(&t, "\",\"y\":%s}", want->json);
	feed_bad(text_bytes(&t), "cel-json", 0,
		want->wrong != NULL ? want->wrong : "no array 'digests'");
	text_free(&t);
}

static void test_wants(void)
{
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		check_whole(&wants[i]);
		for (size_t n = 0; n < 16; n++)
			check_log(&wants[i], n);
		for (size_t n = 4096 - 12 - strlen(wants[i].json); n < 4096; n++)
			check_log(&wants[i], n);
	}
}

/* Only what is one array or object, and nothing after it, is a text. */
static void test_whole(void)
{
	static const struct want texts[] = {
		{"", "byte 0: not JSON: it is cut"},
		{" ", "byte 1: not JSON: it is cut"},
		{"[", "byte 1: not JSON: it is cut"},
		{"[]]", "byte 2: not JSON: extra text after its end"},
		{"{}{}", "byte 2: not JSON: extra text after its end"},
		{"{} x", "byte 2: not JSON: extra text after its end"},
		{"}", "byte 0: not JSON"},
		{"\xef\xbb\xbf{}", "byte 0: not JSON"},
		{" [00]", "byte 3: not JSON"},
		{"[\"\\ud800\"]", "byte 8: half of"},
		{" {\"a\":1,\"a\":1}", "byte 0: two members"},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json_object *o;
		struct err err;
		int rc = json_whole(bytes_of(texts[i].json), &o, &err);
		CHECK(rc < 0 && o == NULL);
		check_message(bytes_of(texts[i].json), &texts[i], rc, &err);
	}
	static const uint8_t nuls[][4] = {
		{'[', 0, ']'}, {0, '[', ']'}, {'[', ']', 0}, {'{', '}', 0}};
	for (size_t i = 0; i < 4; i++) {
		struct json_object *o;
		struct err err;
		CHECK(json_whole((struct bytes){nuls[i], 3}, &o, &err) < 0 && o == NULL);
	}
}

/* The members of one object, as many as there may be: what they cost does not grow with their square. */
static void test_many(void)
{
	struct text t = {0};
	text_char(&t, '{');
	for (int i = 0; i < 30000; i++)
		text_fmt(&t, "\"%d\":0,", i);
	size_t end = t.n;
	text_str(&t, "\"x\":0}");
	feed_bad(text_bytes(&t), "cel-json", 0, "no array 'digests'");
	t.n = end;
	text_str(&t, "\"\\u0039999\":0}");
	feed_bad(text_bytes(&t), "cel-json", 0, "offset 0: " TWICE);
	text_free(&t);
}

#define RECORD(recnum)                                                                             \
	"{\"recnum\":" recnum ",\"pcr\":1,\"digests\":[{\"hashAlg\":\"x\",\"digest\":\"\"}]}"

/* Where a number is wanted, one of more than 64 bits is none. */
static void test_numbers(void)
{
	static const char *const wrong[] = {RECORD("18446744073709551616"),
		RECORD("99999999999999999999999999999999"), RECORD("-9223372036854775809"),
		RECORD("\"18446744073709551616\""), RECORD("\"0x10000000000000000\"")};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		feed_bad(bytes_of(wrong[i]), "cel-json", 0,
			"offset 0: 'recnum' is not a number of 64 bits");
	feed_good(bytes_of(RECORD("18446744073709551614")), "cel-json", "cel-json", 1);
}

int main(void)
{
	test_wants();
	test_whole();
	test_many();
	test_numbers();
	return 0;
}
