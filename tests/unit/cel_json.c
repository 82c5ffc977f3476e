/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical event logs in JSON, as their writers spell them. */
#include "check.h"
#include "feed.h"

enum { SHA256_ID = 0x0b, SHA384_ID = 0x0c, SM3_ID = 0x12 };

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16
#define HEX96 HEX64 HEX16 HEX16
#define SHA384 "{\"hashAlg\":\"sha384\",\"digest\":\"" HEX96 "\"}"
#define IPL                                                                                        \
	"\"content_type\":\"pcclient_std\",\"content\":{\"event_type\":\"ev_ipl\",\"event_data\":" \
	"\"616263\"}"
#define RECORD(place, content) "{" place ",\"digests\":[" SHA384 "]," content "}"
#define CONTENT(type, content) "\"content_type\":\"" type "\",\"content\":" content

static void good(const char *log, feed_event *each, void *arg, struct feed *f)
{
	feed_log(bytes_of(log), NULL, each, arg, f);
	if (f->rc < 0 || f->n == 0)
		check_failed(__FILE__, __LINE__, "%s: %s", log, f->err.msg);
}

static void bad(const char *log, const char *part)
{
	feed_bad(bytes_of(log), "cel-json", 0, part);
	/* The second record says so, too, and where it is. */
	struct text t = {0};
	text_str(&t, RECORD("\"pcr\":1", IPL) "\n");
	char at[40];
	snprintf(at, sizeof(at), "offset %zu: ", t.n);
	text_str(&t, log);
	feed_bad(text_bytes(&t), "cel-json", 1, part);
	feed_bad(text_bytes(&t), "cel-json", 1, at);
	text_free(&t);
}

static void see_fields(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_U64(ev->off, ev->seq == 0 ? 2 : 252);
	CHECK_INT(ev->place, PLACE_CC_MR);
	CHECK_U64(ev->index, 4);
	CHECK_STR(ev->kind, "EV_IPL");
	CHECK(ev->extends && ev->has_type && ev->type == 0xd && ev->locality == -1);
	CHECK_U64(ev->n_digests, 1);
	CHECK_U64(ev->digest[0].tcg_id, SHA384_ID);
	CHECK(ev->digest[0].d.alg == HASH_SHA384 && ev->digest[0].d.v[47] == 0xef);
	CHECK_BYTES(ev->data, bytes_of("abc"));
	CHECK(ev->hashed.p == NULL && ev->text.p == NULL && ev->time.p == NULL);
}

static void test_fields(void)
{
	struct feed f;
	good("[\n" RECORD("\"recnum\":0,\"ccmr\":4", IPL) ",\n" RECORD(
		     "\"recnum\":1,\"ccmr\":4", IPL) "]\n",
		see_fields, NULL, &f);
	CHECK_STR(f.format, "cel-json");
	CHECK_U64(f.n, 2);
	CHECK_STR(f.note, "");
}

struct want {
	enum place place;
	uint32_t index;
	const char *reg;
};

static void see_place(const struct log_event *ev, void *arg)
{
	const struct want *want = arg;
	CHECK_INT(ev->place, want->place);
	CHECK_U64(ev->index, want->index);
	CHECK_STR(ev->reg, want->reg);
}

static void test_places(void)
{
	static const struct {
		const char *log;
		struct want want;
	} places[] = {
		{RECORD("\"pcr\":11", IPL), {PLACE_PCR, 11, NULL}},
		{RECORD("\"nv_index\":4294967295", IPL), {PLACE_NV, UINT32_MAX, NULL}},
		{RECORD("\"ccmr\":0", IPL), {PLACE_CC_MR, 0, NULL}},
		{RECORD("\"rtmr\":3", IPL), {PLACE_CC_MR, 4, NULL}},
		{RECORD("\"imr\":0", IPL), {PLACE_CC_MR, 1, NULL}},
		/* What is shown alike is one register. */
		{RECORD("\"register\":\"rtmr3:sha384\"", IPL), {PLACE_CC_MR, 4, NULL}},
		{RECORD("\"register\":\"tdx_guest/rtmr0\"", IPL), {PLACE_CC_MR, 1, NULL}},
		{RECORD("\"register\":\"mrtd\"", IPL), {PLACE_CC_MR, 0, NULL}},
		{RECORD("\"register\":\"ccmr5\"", IPL), {PLACE_CC_MR, 5, NULL}},
		{RECORD("\"register\":\"ccmr4294967295\"", IPL), {PLACE_CC_MR, UINT32_MAX, NULL}},
		{RECORD("\"register\":\"pcr0\"", IPL), {PLACE_PCR, 0, NULL}},
		{RECORD("\"register\":\"pcr100\"", IPL), {PLACE_PCR, 100, NULL}},
		{RECORD("\"register\":\"pcr4294967295:sha384\"", IPL),
			{PLACE_PCR, UINT32_MAX, NULL}},
		{RECORD("\"register\":\"nv0x1c10200\"", IPL), {PLACE_NV, 0x1c10200, NULL}},
		{RECORD("\"register\":\"nv0x01C10200\"", IPL), {PLACE_NV, 0x1c10200, NULL}},
		{RECORD("\"register\":\"nv0x0\"", IPL), {PLACE_NV, 0, NULL}},
		/* And these are shown otherwise. */
		{RECORD("\"register\":\"pcr07\"", IPL), {PLACE_NAMED, 0, "pcr07"}},
		{RECORD("\"register\":\"pcr\"", IPL), {PLACE_NAMED, 0, "pcr"}},
		{RECORD("\"register\":\"pcr4294967296\"", IPL), {PLACE_NAMED, 0, "pcr4294967296"}},
		{RECORD("\"register\":\"pcr18446744073709551623\"", IPL),
			{PLACE_NAMED, 0, "pcr18446744073709551623"}},
		{RECORD("\"register\":\"pcr1a\"", IPL), {PLACE_NAMED, 0, "pcr1a"}},
		{RECORD("\"register\":\"x/pcr1\"", IPL), {PLACE_NAMED, 0, "x/pcr1"}},
		{RECORD("\"register\":\"pcr1:x\"", IPL), {PLACE_NAMED, 0, "pcr1:x"}},
		{RECORD("\"register\":\"ccmr4\"", IPL), {PLACE_NAMED, 0, "ccmr4"}},
		{RECORD("\"register\":\"nv0x100000000\"", IPL), {PLACE_NAMED, 0, "nv0x100000000"}},
		{RECORD("\"register\":\"nv0x\"", IPL), {PLACE_NAMED, 0, "nv0x"}},
		{RECORD("\"register\":\"p/m\\\\040r:sha384\"", IPL),
			{PLACE_NAMED, 0, "p/m\\040r:sha384"}},
		{RECORD("\"pcr\":3,\"rtmr\":null", IPL), {PLACE_PCR, 3, NULL}},
	};
	struct feed f;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct want want = places[i].want;
		good(places[i].log, see_place, &want, &f);
	}
	bad(RECORD("\"pcr\":1,\"ccmr\":1", IPL), "both 'pcr' and 'ccmr' say which register");
	bad(RECORD("\"pcr\":4294967296", IPL), "'pcr' is not a number of 32 bits");
	bad(RECORD("\"rtmr\":4294967295", IPL), "'rtmr' is not a number of 32 bits");
	bad(RECORD("\"pcr\":-1", IPL), "'pcr' is not a number of 32 bits");
	bad(RECORD("\"pcr\":1.0", IPL), "'pcr' is not a number of 32 bits");
	bad(RECORD("\"pcr\":\"1\"", IPL), "'pcr' is not a number of 32 bits");
	bad(RECORD("\"pcr\":99999999999999999999999999", IPL), "offset ");
	bad(RECORD("\"register\":7", IPL), "'register' is not a string");
	bad(RECORD("\"register\":\"\"", IPL), "'register' is empty");
	static const char *const not_shown_alone[] = {"a\\u0000b", "pcr1\\u0000", "pcr1 ", " pcr1",
		"pcr1\\t", "pcr\\u200b1", "\\u0440cr1", "\\u007f"};
	for (size_t i = 0; i < sizeof(not_shown_alone) / sizeof(not_shown_alone[0]); i++) {
		char log[512];
		snprintf(log, sizeof(log), RECORD("\"register\":\"%s\"", IPL), not_shown_alone[i]);
		bad(log, "'register' is not a name: one word of printable ASCII");
	}
	bad(RECORD("\"register\":\"mr:sha256\"", IPL),
		"'register' is that of sha256, and digests[0] is not");
	bad(RECORD("\"register\":\"pcr1:sha256\"", IPL),
		"'register' is that of sha256, and digests[0] is not");
	bad(RECORD("\"PCR\":1", IPL), "nothing says which register it is");
}

static void see_digests(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_U64(ev->n_digests, 6);
	CHECK_U64(ev->digest[0].tcg_id, SM3_ID);
	CHECK(ev->digest[0].d.alg == HASH_SM3 && ev->digest[0].d.v[0] == 0x01);
	CHECK_U64(ev->digest[1].tcg_id, SHA384_ID);
	CHECK_INT(ev->digest[1].d.alg, HASH_SHA384);
	CHECK_INT(ev->digest[2].d.alg, HASH_SHA256);
	CHECK_U64(ev->digest[3].tcg_id, 0x7777);
	CHECK(ev->digest[3].d.alg == HASH_UNKNOWN && ev->digest[3].d.size == 2);
	for (int i = 4; i < 6; i++)
		CHECK(ev->digest[i].tcg_id == 0 && ev->digest[i].d.alg == HASH_UNKNOWN);
}

#define DIGESTS(list) "{\"pcr\":1,\"digests\":[" list "]," IPL "}"
#define DIGEST(alg, hex) "{\"hashAlg\":" alg ",\"digest\":\"" hex "\"}"

static void test_digests(void)
{
	struct feed f;
	good(DIGESTS(DIGEST("\"SM3_256\"", HEX64) "," DIGEST("12", HEX96) "," DIGEST(
		     "\"0x000b\"", HEX64) "," DIGEST("30583", "ABcd") "," DIGEST("\"whirlpool\"",
		     HEX16) "," DIGEST("\"tiger\"", HEX16)),
		see_digests, NULL, &f);
	bad(DIGESTS(""), "'digests' is empty");
	/* Nothing extends MRTD, so that it needs no digest. */
	good("{\"ccmr\":0,\"digests\":[]," IPL "}", NULL, NULL, &f);
	bad("{\"pcr\":1," IPL "}", "no array 'digests'");
	bad("{\"pcr\":1,\"digests\":{}," IPL "}", "no array 'digests'");
	bad(DIGESTS("7"), "digests[0]: 'hashAlg' is neither a name nor 16 bits");
	bad(DIGESTS(SHA384 "," DIGEST("65536", "00")), "digests[1]: 'hashAlg' is neither");
	bad(DIGESTS(DIGEST("null", "00")), "'hashAlg' is neither");
	bad(DIGESTS("{\"hashAlg\":\"sha384\"}"), "no string 'digest'");
	bad(DIGESTS("{\"hashAlg\":\"sha384\",\"digest\":7}"), "no string 'digest'");
	bad(DIGESTS(DIGEST("\"sha384\"", HEX64)), "a sha384 digest of 32 bytes, not 48");
	bad(DIGESTS(DIGEST("\"sha384\"", HEX96 "0")), "'digest' is not hex");
	bad(DIGESTS(DIGEST("\"x\"", "0g")), "'digest' is not hex");
	bad(DIGESTS(DIGEST("\"x\"", HEX96 HEX16 HEX16 "00")), "'digest' is not hex of at most 64");
	bad(DIGESTS(SHA384 "," DIGEST("12", HEX96)), "two digests of algorithm 0x000c");
	bad(DIGESTS(DIGEST("7", "00") "," DIGEST("\"7\"", "01")), "two digests of algorithm");

	struct text t = {0};
	text_str(&t, "{\"pcr\":1,\"digests\":[");
	for (int i = 0; i <= EVENT_DIGESTS_MAX; i++)
		text_fmt(&t, "%s{\"hashAlg\":\"x\",\"digest\":\"\"}", i > 0 ? "," : "");
	text_str(&t, "]}");
	feed_bad(text_bytes(&t), "cel-json", 0, "digests[16]: more than 16 digests");
	text_free(&t);
}

/* What the content makes of an event; NULL: no such thing. */
struct content {
	const char *log, *kind, *data, *hashed, *text;
	int64_t type;
	bool not_extended;
};

static void check_view(const char *what, struct bytes got, const char *want)
{
	if ((got.p == NULL) != (want == NULL) ||
		(want != NULL && !bytes_equal(got, bytes_of(want))))
		check_failed(__FILE__, __LINE__, "%s is \"%.*s\", not \"%s\"", what, (int)got.n,
			got.p != NULL ? (const char *)got.p : "", want != NULL ? want : "(none)");
}

static void see_content(const struct log_event *ev, void *arg)
{
	const struct content *want = arg;
	CHECK_STR(ev->kind, want->kind);
	CHECK_INT(ev->has_type ? (int64_t)ev->type : -1, want->type);
	CHECK(ev->extends == !want->not_extended && !ev->every_bank);
	check_view("data", ev->data, want->data);
	check_view("hashed", ev->hashed, want->hashed);
	check_view("text", ev->text, want->text);
}

#define TYPED(type) RECORD("\"pcr\":1", CONTENT("pcclient_std", "{\"event_type\":" type "}"))
#define TSMCTL(content) RECORD("\"pcr\":1", CONTENT("tsmctl", content))
#define MANAGED(content) "{\"digests\":[]," CONTENT("cel", content) "}"
#define IMA(name, data)                                                                            \
	RECORD("\"pcr\":10", CONTENT("ima_template", "{\"template_name\":\"" name                  \
						     "\",\"template_data\":\"" data "\"}"))

/* In d-ng and n-ng: a digest of "sha1:", NUL and "abcd", and the path "/x". */
#define IMA_NG_HEX "0a000000736861313a0061626364030000002f7800"

static const struct content contents[] = {
	{TYPED("\"EV_SEPARATOR\""), "EV_SEPARATOR", NULL, NULL, NULL, 4, false},
	{TYPED("\"ev_no_action\""), "EV_NO_ACTION", NULL, NULL, NULL, 3, true},
	{TYPED("13"), "EV_IPL", NULL, NULL, NULL, 13, false},
	{TYPED("\"13\""), "EV_IPL", NULL, NULL, NULL, 13, false},
	{TYPED("4294967295"), "0xffffffff", NULL, NULL, NULL, UINT32_MAX, false},
	{TYPED("\"new_type\""), "new_type", NULL, NULL, NULL, -1, false},
	{TYPED("\"EV_EFI_ACTIONS\""), "EV_EFI_ACTIONS", NULL, NULL, NULL, -1, false},
	{TYPED("\"\""), "record", NULL, NULL, NULL, -1, false},
	{TSMCTL("{\"kind\":\"record\",\"data\":\"616263\"}"), "record", "abc", "abc", NULL, -1,
		false},
	{TSMCTL("{\"kind\":\"record\",\"data\":\"\"}"), "record", "", "", NULL, -1, false},
	{TSMCTL("{\"kind\":\"digest\"}"), "digest", NULL, NULL, NULL, -1, false},
	{TSMCTL("{\"data\":\"616263\",\"kind\":\"digest\"}"), "digest", "abc", NULL, NULL, -1,
		false},
	{MANAGED("{\"type\":\"firmware_end\"}"), "firmware_end", NULL, NULL,
		"{\"type\":\"firmware_end\"}", -1, true},
	{MANAGED("[{\"type\":\"state_trans\",\"data\":\"kexec\"}]"), "state_trans", NULL, NULL,
		"[{\"type\":\"state_trans\",\"data\":\"kexec\"}]", -1, true},
	{MANAGED("[]"), "cel", NULL, NULL, "[]", -1, true},
	{IMA("ima-x", "616263"), "ima-x", "abc", "abc", NULL, -1, false},
	{IMA("", "616263"), "ima_template", "abc", "abc", NULL, -1, false},
	{IMA("ima", "616263"), "ima", "abc", NULL, NULL, -1, false},
	{RECORD("\"pcr\":1", CONTENT("tss2", "{\"a\": [1, \"/\"]}")), "tss2", NULL, NULL,
		"{\"a\":[1,\"/\"]}", -1, false},
	{"{\"pcr\":1,\"digests\":[" SHA384 "]}", "record", NULL, NULL, NULL, -1, false},
	{RECORD("\"pcr\":1", "\"content_type\":7"), "record", NULL, NULL, NULL, -1, false},
	{RECORD("\"pcr\":1", CONTENT("PCClient_STD", "{\"event_type\":4}")), "EV_SEPARATOR", NULL,
		NULL, NULL, 4, false},
	{RECORD("\"rtmr\":2", CONTENT("systemd", "{\"string\":\"ready\",\"eventType\":\"phase\"}")),
		"phase", "ready", "ready", "ready", -1, false},
};

static void see_ima(const struct log_event *ev, void *arg)
{
	CHECK_STR(ev->kind, "ima-ng");
	check_view("text", ev->text, "/x");
	CHECK_U64(ev->data.n, 21);
	CHECK((ev->hashed.p != NULL) == *(bool *)arg);
}

static void test_contents(void)
{
	struct feed f;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct content want = contents[i];
		feed_log(bytes_of(want.log), "cel-json", see_content, &want, &f);
		if (f.rc < 0)
			check_failed(__FILE__, __LINE__, "%s: %s", want.log, f.err.msg);
	}
	bool hashed = true;
	good(IMA("ima-ng", IMA_NG_HEX), see_ima, &hashed, &f);
	/* A violation: what was extended has nothing to do with the data. */
	hashed = false;
	good("{\"pcr\":10,\"digests\":[{\"hashAlg\":\"x\",\"digest\":\"ffffffff\"}]," CONTENT(
		     "ima_template",
		     "{\"template_name\":\"ima-ng\",\"template_data\":\"" IMA_NG_HEX "\"}") "}",
		see_ima, &hashed, &f);
}

static void test_bad_contents(void)
{
	bad(TYPED("null"), "a pcclient_std content without 'event_type'");
	bad(TYPED("4294967296"), "'event_type' is neither a name nor 32 bits");
	bad(TYPED("-1"), "'event_type' is neither a name nor 32 bits");
	bad(TYPED("[]"), "'event_type' is neither a name nor 32 bits");
	static const char *const alike[] = {"EV_EFI_ACTION\\u0000", "\\u0000x", "EV_EFI_ACTION ",
		" EV_EFI_ACTION", "EV_EFI_ACTION\\n", "EV_EFI\\u00a0ACTION", "EV_EFI_\\u0410CTION"};
	for (size_t i = 0; i < sizeof(alike) / sizeof(alike[0]); i++) {
		char log[512];
		snprintf(log, sizeof(log), TYPED("\"%s\""), alike[i]);
		bad(log, "'event_type' is not a name: one word of printable ASCII");
		snprintf(log, sizeof(log), TSMCTL("{\"kind\":\"%s\"}"), alike[i]);
		bad(log, "'kind' is not a name: one word");
		snprintf(log, sizeof(log), IMA("%s", "00"), alike[i]);
		bad(log, "'template_name': not a template name");
		snprintf(
			log, sizeof(log), RECORD("\"pcr\":1", "\"content_type\":\"%s\""), alike[i]);
		bad(log, "'content_type' is not a name: one word");
		snprintf(log, sizeof(log),
			RECORD("\"pcr\":1", CONTENT("systemd", "{\"event_type\":\"%s\"}")),
			alike[i]);
		bad(log, "'event_type' is not a name: one word");
	}
	/* A type of which the data is not judged, by another way. */
	bad(TSMCTL("{\"kind\":\"EV_EFI_ACTION\",\"data\":\"00\"}"),
		"'kind' is 'EV_EFI_ACTION', the type of an event that only a pcclient_std");
	bad(IMA("ev_ipl", "00"), "'template_name': not a template name");
	bad(RECORD("\"pcr\":1", "\"content_type\":\"Ev_Ipl\""), "'content_type' is 'Ev_Ipl', the");
	bad(RECORD("\"pcr\":1", CONTENT("systemd", "{\"eventType\":\"EV_IPL\"}")),
		"'eventType' is 'EV_IPL', the");
	bad(MANAGED("{\"type\":\"EV_NO_ACTION\"}"), "'type' is 'EV_NO_ACTION', the");
	bad(RECORD("\"pcr\":1", CONTENT("pcclient_std", "7")), "'content' is not an object");
	bad(RECORD("\"pcr\":1", CONTENT("pcclient_std", "[]")), "'content' is not an object");
	bad(RECORD("\"pcr\":1", "\"content_type\":\"systemd\""), "'content' is not an object");
	bad(RECORD("\"pcr\":1",
		    CONTENT("pcclient_std", "{\"event_type\":4,\"event_data\":\"616\"}")),
		"'event_data': not a string of hex digits");
	bad(RECORD("\"pcr\":1", CONTENT("pcclient_std", "{\"event_type\":4,\"event_data\":6}")),
		"'event_data': not a string of hex digits");
	bad(TSMCTL("{\"data\":\"00\"}"), "a tsmctl content without a string 'kind'");
	bad(TSMCTL("{\"kind\":\"record\",\"data\":\"0x\"}"), "'data': not a string of hex");
	bad(TSMCTL("{\"kind\":\"record\"}"), "a record without 'data'");
	bad(IMA("ima-ng", "zz"), "'template_data': not a string of hex");
}

static void check_note(const char *places, const char *part)
{
	struct text t = {0};
	struct feed f;
	size_t n = 0;
	for (const char *c = places; *c != '\0'; n++) {
		size_t size = strcspn(c, ";");
		text_fmt(&t, "{%.*s,\"digests\":[" SHA384 "]," IPL "}\n", (int)size, c);
		c += size + (c[size] == ';');
	}
	feed_log(text_bytes(&t), NULL, NULL, NULL, &f);
	if (f.rc < 0 || f.n != n || (*part == '\0') != (f.note[0] == '\0') ||
		strstr(f.note, part) == NULL)
		check_failed(__FILE__, __LINE__, "%s: \"%s\", not \"%s\" (%s)", places, f.note,
			part, f.rc < 0 ? f.err.msg : "");
	text_free(&t);
}

#define NUMBERED(number, pcr) "\"recnum\":" number ",\"pcr\":" pcr ";"

static void test_recnum(void)
{
	check_note(NUMBERED("0", "1") NUMBERED("1", "2") NUMBERED("2", "1"), "");
	check_note(NUMBERED("1", "1") NUMBERED("2", "2") NUMBERED("3", "1"), "");
	check_note(NUMBERED("0", "1") NUMBERED("0", "2") NUMBERED("1", "1"), "");
	check_note("\"recnum\":\"0x0\",\"register\":\"a\";\"recnum\":0,\"register\":\"b\"", "");
	check_note(
		NUMBERED("0", "1") NUMBERED("2", "1"), "recnum is not consecutive at offset 248");
	check_note(NUMBERED("0", "1") NUMBERED("0", "1"), "is not consecutive");
	check_note(NUMBERED("5", "1") NUMBERED("6", "1"), "recnum is not consecutive at offset 0");
	check_note(
		"\"pcr\":1;" NUMBERED("0", "1") "\"pcr\":1", "recnum is missing in 2 of 3 records");
	check_note("\"pcr\":1", "");
	check_note("\"pcr\":1;\"pcr\":1", "");
	check_note(NUMBERED("18446744073709551614", "1"), "is not consecutive");
	bad(RECORD("\"recnum\":18446744073709551615,\"pcr\":1", IPL), "'recnum' is not a number");
	bad(RECORD("\"recnum\":\"18446744073709551615\",\"pcr\":1", IPL), "'recnum' is not a");
	bad(RECORD("\"recnum\":\"18446744073709551617\",\"pcr\":1", IPL), "'recnum' is not a");
	bad(RECORD("\"recnum\":\"0x1g\",\"pcr\":1", IPL), "'recnum' is not a number");
	bad(RECORD("\"recnum\":\"\",\"pcr\":1", IPL), "'recnum' is not a number");
	bad(RECORD("\"recnum\":-1,\"pcr\":1", IPL), "'recnum' is not a number");
	bad(RECORD("\"recnum\":1e0,\"pcr\":1", IPL), "'recnum' is not a number");
	bad(RECORD("\"recnum\":true,\"pcr\":1", IPL), "'recnum' is not a number");
}

/* More registers than are counted apart are counted over the log alone. */
static void test_many_registers(void)
{
	struct text t = {0};
	struct feed f;
	size_t n = (size_t)RECNUM_REGISTERS_MAX + 10;
	for (size_t i = 0; i < n; i++)
		text_fmt(&t, "{\"recnum\":0,\"nv_index\":%zu,\"digests\":[" SHA384 "]}\n", i);
	feed_log(text_bytes(&t), NULL, NULL, NULL, &f);
	CHECK(f.rc == 0 && f.n == n);
	CHECK_STR(f.note, "");
	text_free(&t);
}

/* Members have no order, and a content may be larger than what the format is told from. */
static void test_sniff(void)
{
	struct text t = {0};
	text_str(&t, "[{\"content_type\":\"tsmctl\",\"content\":{\"kind\":\"record\",\"data\":\"");
	text_fill(&t, '0', 20000);
	text_str(&t, "\"},\"digests\":[" SHA384 "],\"pcr\":1}]");
	feed_good(text_bytes(&t), NULL, "cel-json", 1);
	text_free(&t);
	feed_bad(bytes_of("{\"a\":\"digests\",\"content_type\" 1}"), NULL, 0,
		"no log of a known format");
	feed_bad(bytes_of("\"digests\":[]"), NULL, 0, "no log of a known format");
}

int main(void)
{
	test_sniff();
	test_fields();
	test_places();
	test_digests();
	test_contents();
	test_bad_contents();
	test_recnum();
	test_many_registers();
	feed_cuts(bytes_of("[" RECORD("\"recnum\":0,\"ccmr\":4", IPL) ", " TSMCTL(
			  "{\"kind\":\"record\",\"data\":\"616263\"}") "]"),
		"cel-json");
	return 0;
}
