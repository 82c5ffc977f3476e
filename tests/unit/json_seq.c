/* SPDX-License-Identifier: Apache-2.0 */
/* Files of JSON objects, in every framing that is in use, and what is none. */
#include "check.h"
#include "feed.h"

#define RECORD(data)                                                                               \
	"{\"pcr\":1,\"digests\":[{\"hashAlg\":\"none\",\"digest\":\"00\"}],\"content_type\":"      \
	"\"x\","                                                                                   \
	"\"content\":{\"a\":\"" data "\"}}"
#define ONE RECORD("1")

static struct bytes view(const char *s)
{
	return bytes_of(s);
}

static void good(const char *log, size_t n)
{
	feed_good(view(log), NULL, "cel-json", n);
	feed_good(view(log), "cel-json", "cel-json", n);
}

static void bad(const char *log, size_t n, const char *part)
{
	feed_bad(view(log), "cel-json", n, part);
}

static void test_framings(void)
{
	good(ONE, 1);
	good("\n\t \r" ONE, 1);
	good(ONE ONE ONE, 3);
	good(ONE "\n" ONE "\n", 2);
	good(ONE "\r\n\r\n" ONE "\r\n", 2);
	good("\x1e" ONE "\n\x1e" ONE "\n", 2);
	good("\x1e\x1e\n\x1e" ONE "\n\x1e\x1e", 1);
	good("[" ONE "]", 1);
	good(" [ " ONE " , \n" ONE "\t]\n\n", 2);
}

static void test_bad_framings(void)
{
	bad("[", 0, "offset 1: the JSON array is cut");
	bad("[ ]", 0, "no log: there is no record");
	bad("\x1e\n", 0, "no log: there is no record");
	bad("", 0, "no log: there is no record");
	bad(" ", 0, "no log: there is no record");
	bad("[" ONE, 1, "the JSON array is cut");
	bad("[" ONE ",", 1, "is cut");
	bad("[" ONE ",]", 1, "not a JSON object");
	bad("[," ONE "]", 0, "offset 1: not a JSON object");
	bad("[" ONE ONE "]", 1, "neither ',' nor ']'");
	bad("[" ONE "\x1e," ONE "]", 1, "neither ',' nor ']'");
	bad("[" ONE "]]", 1, "extra text after the end of the JSON array");
	bad("[" ONE "]" ONE, 1, "extra text after the end of the JSON array");
	bad("[[" ONE "]]", 0, "offset 1: not a JSON object");
	bad(ONE "," ONE, 1, "not a JSON object");
	bad(ONE " 7", 1, "not a JSON object");
	bad(ONE "\n[" ONE "]", 1, "not a JSON object");
	bad("\xef\xbb\xbf" ONE, 0, "offset 0: not a JSON object");
	bad("null", 0, "offset 0: not a JSON object");
}

static void test_not_json(void)
{
	bad("{\"a\":1,}", 0, "offset 7: not JSON");
	bad("{'a':1}", 0, "offset 1: not JSON: a name that is not in double quotes");
	bad("{ xax:1}", 0, "offset 2: not JSON");
	bad("{\"a\":[1,{}] ,'b':1}", 0, "offset 13: not JSON: a name that is not in");
	bad("{\"a\":{\"b\":[\"}\\\"{\",1]},'c':1}", 0, "a name that is not in double quotes");
	bad("{\"a\":'b'}", 0, "not JSON");
	bad("{\"a\":\"b\nc\"}", 0, "offset 7: not JSON: a control character in a string");
	bad("{\"a\":tru}", 0, "not JSON");
	bad("{\"a\":NaN}", 0, "offset 5: not JSON: NaN or Infinity");
	bad("{\"a\":[-Infinity]}", 0, "offset 7: not JSON: NaN or Infinity");
	bad("{/**/\"a\":1}", 0, "not JSON");
	bad("{\"a\":01}", 0, "not JSON");
	bad("{\"a\":\"\\x\"}", 0, "not JSON");
	bad(ONE "{\"a\"}", 1, "not JSON");
	bad(ONE "{\"a\":", 1, "is cut");
}

/* Numbers have the form of RFC 8259, section 6, wherever they stand. */
static void test_numbers(void)
{
	static const char *const right[] = {"0", "-0", "10", "-12", "0.0", "1.50", "0e0", "1E+05",
		"1e-05", "12.5e7", "true", "false", "null", "[0,-1, 2.5 ,3e1]"};
	static const char *const wrong[] = {"00", "-00", "01", "-01", "00.5", "1.", "-1.", "1.e5",
		".5", "-.5", "-", "+1", "1e", "1e+", "1.5.5", "1e5.5", "1-2", "[00]", "[1.]",
		"{\"b\":00}", "[1,00 ]"};
	static const char *const fronts[] = {"", "0", "\\u0000", "\xc3\xa9"};
	for (size_t f = 0; f < sizeof(fronts) / sizeof(fronts[0]); f++) {
		for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
			struct text t = {0};
			text_fmt(&t, "{\"a\":\"%s\",\"b\":%s}", fronts[f], right[i]);
			feed_bad(text_bytes(&t), "cel-json", 0, "no array 'digests'");
			text_free(&t);
		}
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			struct text t = {0};
			text_fmt(&t, "{\"a\":\"%s\",\"b\":%s}", fronts[f], wrong[i]);
			feed_bad(text_bytes(&t), "cel-json", 0, "not JSON: ");
			text_free(&t);
		}
	}
	bad("{\"recnum\":00}", 0,
		"offset 11: not JSON: a number in a form that JSON does not have");
	bad("{\"recnum\":1.}", 0,
		"offset 12: not JSON: a number in a form that JSON does not have");
	/* What looks like one in a string is text. */
	good(RECORD("00 1. -. +1 :00,[00"), 1);
	/* A number that the parser gets in two pieces. */
	for (size_t n = 4080; n < 4100; n++) {
		struct text t = {0};
		text_str(&t, "{\"a\":\"");
		text_fill(&t, 'x', n - t.n);
		text_str(&t, "\",\"b\":100}");
		feed_bad(text_bytes(&t), "cel-json", 0, "no array 'digests'");
		t.n -= strlen("100}");
		text_str(&t, "001}");
		feed_bad(text_bytes(&t), "cel-json", 0, "not JSON: ");
		text_free(&t);
	}
}

/* json-c cuts a name at a NUL: two names would be one. */
static void test_names(void)
{
	static const char *const wrong[] = {"{\"pcr\\u0000x\":1}", "{\"pcr\\u0000\" :1}",
		"{\"\\u0000\":1}", "{\"a\":[{\"b\\u0000\":\"c\"}]}", "{\"\\\\\\u0000\":1}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		bad(wrong[i], 0, ": a NUL (\\u0000) in the name of a member");
	bad("{\"ab\\u0000\":1}", 0, "offset 11: a NUL");
	for (size_t n = 4070; n < 4110; n++) {
		struct text t = {0};
		text_str(&t, "{\"a\":\"");
		text_fill(&t, 'x', n - t.n);
		text_str(&t, "\",\"b\\u0000\":1}");
		feed_bad(text_bytes(&t), "cel-json", 0, "a NUL (\\u0000) in the name");
		text_free(&t);
	}
	/* Values may have one, and a backslash before "u0000" is none. */
	good(RECORD("\\u0000"), 1);
	bad("{\"a\":\"\\u0000\",\"b\\\\u0000\":[\"\\u0000\"],\"\\u0010\\u00000\":1}", 0, "a NUL");
	bad("{\"a\":\"\\u0000\",\"b\\\\u0000\":[\"\\u0000\"],\"\\u0010\\u0001\":1}", 0,
		"no array 'digests'");
}

static void test_bytes(void)
{
	static const char *const wrong[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "a\x80", "\xe2\x82"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct text t = {0};
		text_fmt(&t, "{\"a\":\"%s\"}", wrong[i]);
		feed_bad(text_bytes(&t), "cel-json", 0,
			wrong[i][0] == 'a' ? "offset 7: not UTF-8" : "offset 6: not UTF-8");
		text_free(&t);
	}
	feed_bad((struct bytes){(const uint8_t *)"{\"a\":\"\0\"}", 9}, "cel-json", 0,
		"offset 6: not JSON: a control character in a string");
	feed_bad((struct bytes){(const uint8_t *)"{\"a\":\0"
						 "1}",
			 8},
		"cel-json", 0, "offset 5: a NUL byte in JSON");
	feed_bad((struct bytes){(const uint8_t *)ONE "\0", sizeof(ONE)}, "cel-json", 1,
		"not a JSON object");
	/* A NUL that is escaped is no reason to stop. */
	good(RECORD("\\u0000"), 1);
}

/* Strings are looked through in words: what ends one, or must not be in it, at each place of one. */
static void test_strings(void)
{
	static const char *const fills[] = {
		" ", "!", "#", "[", "]", "\x7f", "\xc2\xa0", "\xdf\xbf"};
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		for (size_t n = 0; n < 40; n++) {
			struct text t = {0};
			text_str(&t, "{\"a\":\"");
			for (size_t k = 0; k < n; k++)
				text_str(&t, fills[i]);
			size_t start = t.n;
			text_str(&t, "\\\\\\\"0123456789abcdef\",'c':1}");
			feed_bad(text_bytes(&t), "cel-json", 0, "a name that is not in double");
			t.n = start;
			text_str(&t, "\",'c':\"0123456789abcdef\"}");
			feed_bad(text_bytes(&t), "cel-json", 0, "a name that is not in double");
			t.n = start;
			text_str(&t, "\x1f"
				     "0123456789abcdef\"}");
			feed_bad(text_bytes(&t), "cel-json", 0, "a control character in a string");
			text_free(&t);
		}
	}
}

/* A whole object is looked through in words: what json-c lets pass, and what looks like it, at each place. */
static void test_plain(void)
{
	/* Strings that have it looked through byte by byte, and do not. */
	static const char *const fronts[] = {"IN'NaN, Infinity", "I"};
	static const struct {
		const char *rest, *part;
	} ends[] = {
		{"NaN,\"c\":0}", "not JSON: NaN or Infinity"},
		{"[-Infinity]}", "not JSON: NaN or Infinity"},
		{"NaN}", "not JSON: NaN or Infinity"},
		{"0,'c':0}", "a name that is not in double quotes"},
		{"\"\x7f\xc3\"}", "not UTF-8"},
		{"\"\x1f\"}", "a control character in a string"},
		{"0}", "no array 'digests'"},
	};
	for (size_t n = 0; n < 20; n++)
		for (size_t f = 0; f < sizeof(fronts) / sizeof(fronts[0]); f++)
			for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
				struct text t = {0};
				text_str(&t, "{\"a\":\"");
				text_fill(&t, 'N', n);
				text_fmt(&t, "%s\",\"b\":%s", fronts[f], ends[i].rest);
				feed_bad(text_bytes(&t), "cel-json", 0, ends[i].part);
				text_free(&t);
			}
}

/* The parser gets pieces: characters of two to four bytes across each border. */
static void test_pieces(void)
{
	for (size_t n = 4000; n < 4100; n++) {
		struct text t = {0};
		text_str(&t,
			"{\"pcr\":1,\"digests\":[{\"hashAlg\":\"x\",\"digest\":\"\"}],\"a\":\"");
		text_fill(&t, '.', n - t.n);
		for (int i = 0; i < 3000; i++)
			text_str(&t, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
		text_str(&t, "\"}");
		feed_good(text_bytes(&t), NULL, "cel-json", 1);
		size_t at = n + 18005;
		t.p[at] = 'x';
		feed_bad(text_bytes(&t), "cel-json", 0, "not UTF-8");
		text_free(&t);
	}
}

static void test_bounds(void)
{
	struct text t = {0};
	text_str(&t, "{\"a\":");
	text_fill(&t, '[', 10000);
	text_fill(&t, ']', 10000);
	text_char(&t, '}');
	feed_bad(text_bytes(&t), "cel-json", 0, "nesting");
	text_free(&t);
	for (int i = 0; i < 10000; i++)
		text_str(&t, "{\"a\":");
	feed_bad(text_bytes(&t), "cel-json", 0, "nesting");
	text_free(&t);
	text_fill(&t, '[', 10000);
	feed_bad(text_bytes(&t), "cel-json", 0, "offset 1: not a JSON object");
	text_free(&t);
	text_str(&t, "{\"a\":[");
	for (int i = 0; i < JSON_NODES_MAX / 2; i++)
		text_str(&t, "{},");
	text_str(&t, "1]}");
	feed_bad(text_bytes(&t), "cel-json", 0, "too many values in one object");
	text_free(&t);
	/* The object and the array are two of them. */
	for (int more = 0; more < 2; more++) {
		text_str(&t, "{\"a\":[");
		for (int i = 0; i < JSON_NODES_MAX - 2 + more; i++)
			text_str(&t, "0,");
		text_str(&t, "1]}");
		feed_bad(text_bytes(&t), "cel-json", 0,
			more != 0 ? "too many values in one object" : "no array 'digests'");
		text_free(&t);
	}
	text_str(&t, "\n{\"a\":\"");
	text_fill(&t, 'x', WINDOW_MAX);
	text_str(&t, "\"}");
	feed_bad(text_bytes(&t), "cel-json", 0, "offset 1: a JSON object of more than");
	text_free(&t);
	/* Blanks are no part of one, however many they are. */
	text_fill(&t, '\n', WINDOW_MAX);
	text_str(&t, ONE);
	text_fill(&t, ' ', WINDOW_MAX);
	text_str(&t, ONE);
	feed_good(text_bytes(&t), "cel-json", "cel-json", 2);
	text_free(&t);
}

static void test_cuts(void)
{
	static const char *const logs[] = {
		ONE ONE,
		ONE "\n" RECORD("\xf0\x9f\x98\x80") "\n",
		"\x1e" ONE "\n\x1e" ONE "\n",
		"[\n " ONE ",\n " ONE "\n]\n",
	};
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		feed_cuts(view(logs[i]), "cel-json");
}

int main(void)
{
	test_framings();
	test_bad_framings();
	test_not_json();
	test_numbers();
	test_names();
	test_bytes();
	test_strings();
	test_plain();
	test_pieces();
	test_bounds();
	test_cuts();
	return 0;
}
