/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/register_file.h"

#include <unistd.h>

#include "check.h"
#include "text.h"

#define HEAD "{\"schema\":\"tsmctl.read/1\","
#define ZERO32 "0000000000000000000000000000000000000000000000000000000000000000"

/* The registers found, "NAME=HEX " each, or "NAME!STATUS(MESSAGE) "; or "refused". */
static char *outcome(struct bytes text, struct err *err)
{
	struct register_file v;
	struct text got = {0};
	*err = (struct err){0};
	if (register_file_parse(text, &v, err) < 0) {
		CHECK_INT(err->status, ST_FORMAT);
		CHECK(err->msg[0] != '\0');
		text_str(&got, "refused");
	} else {
		CHECK(v.mrs.n > 0);
		for (size_t i = 0; i < v.mrs.n; i++) {
			const struct mr *mr = v.mrs.mr[i];
			CHECK((v.value[i].p == NULL) == (mr->bad.status != ST_OK));
			if (v.value[i].p == NULL) {
				text_fmt(&got, "%s!%d(%s) ", mr->full, mr->bad.status, mr->bad.msg);
				continue;
			}
			CHECK_U64(mr->size, v.value[i].n);
			text_fmt(&got, "%s=", mr->full);
			text_hex(&got, v.value[i]);
			text_char(&got, ' ');
		}
	}
	register_file_clear(&v);
	text_char(&got, '\0');
	return (char *)got.p;
}

static void parses_bytes(struct bytes text, const char *want)
{
	struct err err;
	char *got = outcome(text, &err);
	if (strcmp(got, want) != 0)
		check_failed(__FILE__, __LINE__, "'%.*s' gives '%s' (%s), not '%s'", (int)text.n,
			(const char *)text.p, got, err.msg, want);
	free(got);
}

static void parses(const char *text, const char *want)
{
	parses_bytes(bytes_of(text), want);
}

static void refused(const char *text, const char *where)
{
	struct err err;
	char *got = outcome(bytes_of(text), &err);
	if (strcmp(got, "refused") != 0 || strstr(err.msg, where) == NULL)
		check_failed(__FILE__, __LINE__, "'%s' gives '%s' (%s)", text, got, err.msg);
	free(got);
}

#define ONES32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define ZERO20 "0000000000000000000000000000000000000000"

/* As tpm2_pcrread prints it, of versions 5, 4 and 3. */
static void test_pcrread(void)
{
	parses("  sha1:\n  sha256:\n    7 : 0x" ZERO32 "\n    17: 0x" ONES32 "\n",
		"pcr7:sha256=" ZERO32 " pcr17:sha256=" ONES32 " ");
	parses("sha1:\n  0 : 0x" ZERO20 "\nsha256:\n  0 : 0x" ZERO32 "\n",
		"pcr0:sha1=" ZERO20 " pcr0:sha256=" ZERO32 " ");
	parses("sha1 :\r\n  0  : " ZERO20 "\r\n\r\nsm3_256 :\r\n  10 : " ZERO32,
		"pcr0:sha1=" ZERO20 " pcr10:sm3=" ZERO32 " ");
	parses("sha256:\n 7 : 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFffffffffffffffffffffffffffffffff\n",
		"pcr7:sha256=" ONES32 " ");
	refused("sha1:\nsha256:\n", "no register");
	refused("foo:\n 7 : 0x" ZERO32 "\n", "line 1: unknown hash 'foo'");
	refused("sha256:\n 7 : 0x" ZERO20 "\n", "line 2: 'pcr7:sha256': 20 bytes");
	refused("sha256:\n 7 : 0x\n", "line 2: a value of 0 hex digits");
	refused("sha256:\n 7 : 0x" ZERO32 "\n 07: 0x" ZERO32 "\n", "line 3: 'pcr7:sha256' appears");
	refused("sha256:\n 7 : " ZERO32 "\nsha256:\n 7 : " ZERO32 "\n",
		"line 4: 'pcr7:sha256' appears");
	refused("sha256:\n 100: 0x" ZERO32 "\n", "line 2: '100' is not a PCR number");
	refused("sha256:\n rtmr0: 0x" ZERO32 "\n", "line 2: 'rtmr0' is not a PCR number");
	refused("sha256:\n : 0x" ZERO32 "\n", "line 2: '' is not a PCR number");
	refused("sha256:\n" ZERO32 "  pcr7\n", "line 2: neither 'BANK:' nor 'PCR : 0xHEX'");
	refused("sha256:\n 7 : \n", "line 2: unknown hash '7'");
	refused(ZERO32 "  pcr6:sha256\nsha256:\n 7 : 0x" ZERO32 "\n", "line 2: not 'HEX");
}

/* What IBM's tsspcrread prints does not say whose value it is: nothing is guessed. */
static void test_tsspcrread(void)
{
	const char *const cure = "write each as 'HEX  pcrN:HASH'";
	refused("count 1 pcrUpdateCounter 27 \ndigest length 20\n 00 00 00 00\n", cure);
	refused("TSS_Execute: ok\ncount 1 pcrUpdateCounter 27 \n", cure);
	refused(ZERO32 "\n", "line 1: not 'HEX  REGISTER'");
}

/* A register that has a number is the same in any case; of others the name is the writer's. */
static void test_case(void)
{
	parses(ZERO32 "  PCR7:SHA256\n", "pcr7:sha256=" ZERO32 " ");
	parses("00  RTMR3\n00  TDX_GUEST/Mrtd\n", "rtmr3=00 tdx_guest/mrtd=00 ");
	parses("00  NV0x01C10200\n", "nv0x01c10200=00 ");
	parses("00  P/Own:NewHash\n00  p/PCR7\n", "P/Own:NewHash=00 p/PCR7=00 ");
	parses(HEAD "\"registers\":[{\"register\":\"PCR7\",\"value\":\"00\"}]}", "pcr7=00 ");
	refused("00  pcr7\n00  PCR7\n", "line 2: 'pcr7' appears twice");
}

static void test_text(void)
{
	parses("00ff  a\n", "a=00ff ");
	parses("00ff  a", "a=00ff ");
	parses("00FF a\n", "a=00ff ");
	parses("00    p/a  \n01  p/b\r\n", "p/a=00 p/b=01 ");
	parses("\n\n01  a\n\n02  b\n\n", "a=01 b=02 ");
	parses(ZERO32 "  p/rtmr0:sha256\n", "p/rtmr0:sha256=" ZERO32 " ");
	parses("00  a:newhash\n", "a:newhash=00 ");
	parses("01  a\n01  p/a\n01  a:x\n", "a=01 p/a=01 a:x=01 ");
	refused("", "no register");
	refused("\n\n", "no register");
	refused("00\n", "line 1");
	refused("00  \n", "line 1");
	refused("  00  a\n", "line 1");
	refused("00  a\n0  b\n", "line 2");
	refused("000  a\n", "line 1");
	refused("0g  a\n", "line 1");
	refused("00\ta\n", "line 1");
	refused("00  a\tb\n", "line 1");
	refused("00  a b\n", "line 1");
	refused("00  a\n\n00  a\n", "line 3");
	refused("00  \xc3\xa9\n", "line 1");
	/* A name has no empty part, so that it is printed as it was read. */
	refused("00  /\n", "line 1");
	refused("00  /a\n", "line 1");
	refused("00  p/\n", "line 1");
	refused("00  :x\n", "line 1");
	refused("00  p/:x\n", "line 1");
	refused("00  a\x1b[2J\n", "line 1");
	refused("00  rtmr0:sha256\n", "32");
	refused(ZERO32 "00  rtmr0:sha256\n", "32");
	refused("[1]\n", "line 1");
	parses_bytes((struct bytes){(const uint8_t *)"00  a\0b\n", 8}, "refused");
	parses_bytes((struct bytes){(const uint8_t *)"\0\n", 2}, "refused");
}

static void test_sizes(void)
{
	struct text t = {0};
	struct err err;
	for (size_t extra = 0; extra < 2; extra++) {
		t.n = 0;
		text_fill(&t, 'a', 2 * (VALUE_SIZE_MAX + extra));
		text_str(&t, "  big\n");
		char *got = outcome(text_bytes(&t), &err);
		CHECK_INT(strncmp(got, "big=aaaa", 8) == 0, extra == 0);
		free(got);
	}
	for (size_t n = NAME_MAX_VISIBLE - 1; n <= NAME_MAX_VISIBLE; n++) {
		t.n = 0;
		text_str(&t, "00  ");
		text_fill(&t, 'n', n);
		char *got = outcome(text_bytes(&t), &err);
		CHECK_INT(strcmp(got, "refused") == 0, n >= NAME_MAX_VISIBLE);
		free(got);
	}
	t.n = 0;
	for (int i = 0; i <= REGISTERS_MAX; i++)
		text_fmt(&t, "00  r%d\n", i);
	parses_bytes(text_bytes(&t), "refused");
	text_free(&t);
}

static void test_json(void)
{
	parses(HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00ff\"}]}", "a=00ff ");
	parses(" \n" HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00FF\"}]}\n \n",
		"a=00ff ");
	parses("{\"registers\":[{\"value\":\"01\",\"x\":[{}],\"register\":\"p/a\"},"
	       "{\"register\":\"b\",\"value\":\"02\",\"size\":1}],\"boot_id\":null,"
	       "\"schema\":\"tsmctl.read/1\"}",
		"p/a=01 b=02 ");
	parses(HEAD "\"registers\":[{\"register\":\"\\u0061\",\"value\":\"00\"}]}", "a=00 ");
	parses("\t\r\n" HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}\r\n\t",
		"a=00 ");
	refused(HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\",\"value\":\"01\"}]}",
		"byte 0: two members of one object have the same name");
	/* A number in a member that nobody reads may be as big as it likes. */
	parses(HEAD "\"n\":123456789012345678901234567890123456789,\"m\":1e999,"
		    "\"registers\":[{\"register\":\"a\",\"value\":\"00\",\"size\":-1e400}]}",
		"a=00 ");
}

/* A row whose value could not be read is kept, with the reason. */
static void test_json_errors(void)
{
	parses(HEAD
		"\"registers\":[{\"register\":\"a\",\"error\":{\"status\":4,\"message\":\"x y\"}},"
		"{\"register\":\"b\",\"value\":\"02\"}]}",
		"a!4(x y) b=02 ");
	parses(HEAD "\"registers\":[{\"register\":\"a:sha256\",\"value\":null,"
		    "\"error\":{\"status\":1,\"message\":\"\\u001b[2J\\n\\u00e9\",\"errno\":"
		    "\"EIO\"}}]}",
		"a:sha256!1(^[[2J\\012M-CM-)) ");
	parses(HEAD
		"\"registers\":[{\"register\":\"a\",\"value\":\"00\",\"error\":{\"status\":0}}]}",
		"a=00 ");
	refused(HEAD
		"\"registers\":[{\"register\":\"a\",\"error\":{\"status\":4,\"message\":\"x\"}},"
		"{\"register\":\"a\",\"value\":\"02\"}]}",
		"registers[1]: 'a' appears twice");
	static const char *const errors[] = {"{}", "{\"status\":4}", "{\"message\":\"x\"}",
		"{\"status\":0,\"message\":\"x\"}", "{\"status\":7,\"message\":\"x\"}",
		"{\"status\":-1,\"message\":\"x\"}", "{\"status\":\"4\",\"message\":\"x\"}",
		"{\"status\":4294967300,\"message\":\"x\"}", "{\"status\":4,\"message\":7}"};
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct text t = {0};
		text_fmt(&t, HEAD "\"registers\":[{\"register\":\"a\",\"error\":%s}]}", errors[i]);
		text_char(&t, '\0');
		refused((const char *)t.p, "registers[0]: 'error'");
		text_free(&t);
	}
}

static void test_json_refused(void)
{
	static const char *const all[] = {
		"{",
		"{}",
		"{]",
		"{\"",
		HEAD,
		HEAD "}",
		HEAD "\"registers\":[]}",
		HEAD "\"registers\":{}}",
		HEAD "\"registers\":null}",
		HEAD "\"registers\":\"a\"}",
		HEAD "\"registers\":[1]}",
		HEAD "\"registers\":[null]}",
		HEAD "\"registers\":[[\"a\",\"00\"]]}",
		HEAD "\"registers\":[{}]}",
		HEAD "\"registers\":[{\"register\":\"a\"}]}",
		HEAD "\"registers\":[{\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":null}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":0}]}",
		HEAD "\"registers\":[{\"register\":1,\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"0\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"\"}]}",
		HEAD "\"registers\":[{\"register\":\"\",\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"0x\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\\u0000\",\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\\u0000\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"0\\u00000\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\\n\",\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"\\ud800\",\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"},"
		     "{\"register\":\"a\",\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a:sha256\",\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"error\":\"x\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"error\":{}}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]} x",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}{}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"},]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}],}",
		HEAD "\"registers\":[{\"register\":'a',\"value\":\"00\"}]}",
		HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}] /* c */}",
		HEAD "\"registers\":[{\"register\":\"\xff\",\"value\":\"00\"}]}",
		HEAD "\"x\":\"\xc3\",\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
		"{\"schema\":\"tsmctl.read/"
		"2\",\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
		"{\"schema\":1,\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
		"{\"schema\":\"tsmctl.read/1\\u0000x\","
		"\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
		"{\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
		"[{\"register\":\"a\",\"value\":\"00\"}]",
		"\xef\xbb\xbf" HEAD "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		parses(all[i], "refused");
}

static void test_json_hostile(void)
{
	struct text t = {0};
	static const char row[] = "\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}";
	for (size_t open = 0; open < 2; open++) {
		t.n = 0;
		text_str(&t, HEAD "\"x\":");
		for (int i = 0; i < 10000; i++)
			text_str(&t, open == 0 ? "[" : "{\"a\":");
		parses_bytes(text_bytes(&t), "refused");
		text_str(&t, "1");
		text_fill(&t, open == 0 ? ']' : '}', 10000);
		text_fmt(&t, ",%s", row);
		parses_bytes(text_bytes(&t), "refused");
	}
	/* NUL bytes: behind the document, in it, in a string. */
	t.n = 0;
	text_fmt(&t, HEAD "%s", row);
	parses_bytes(text_bytes(&t), "a=00 ");
	text_char(&t, '\0');
	parses_bytes(text_bytes(&t), "refused");
	text_str(&t, "garbage");
	parses_bytes(text_bytes(&t), "refused");
	static const char *const places[] = {"schema", ",", "[", "00"};
	for (size_t i = 0; i < 4; i++) {
		t.n = 0;
		text_fmt(&t, HEAD "%s", row);
		uint8_t *at = memmem(t.p, t.n, places[i], strlen(places[i]));
		CHECK(at != NULL);
		*at = '\0';
		parses_bytes(text_bytes(&t), "refused");
	}
	/* Cut anywhere, it is not the whole document. */
	t.n = 0;
	text_fmt(&t, HEAD "%s", row);
	for (size_t n = 0; n < t.n; n++)
		parses_bytes((struct bytes){t.p, n}, "refused");
	text_free(&t);
}

static void test_load(void)
{
	char path[] = "/tmp/tsmctl-values-XXXXXX";
	int fd = mkstemp(path);
	struct register_file v;
	struct err err = {0};
	CHECK(fd >= 0);
	CHECK_INT(write(fd, "00ff  a\n", 8), 8);
	CHECK_INT(register_file_load(path, &v, &err), 0);
	CHECK_U64(v.mrs.n, 1);
	register_file_clear(&v);
	CHECK_INT(write(fd, "zz\n", 3), 3);
	CHECK_INT(register_file_load(path, &v, &err), -1);
	CHECK(strstr(err.msg, path) != NULL && strstr(err.msg, "line 2") != NULL);
	register_file_clear(&v);
	CHECK_INT(ftruncate(fd, VALUES_FILE_MAX + 1), 0);
	CHECK_INT(register_file_load(path, &v, &err), -1);
	CHECK_INT(err.status, ST_FORMAT);
	register_file_clear(&v);
	close(fd);
	unlink(path);
	CHECK_INT(register_file_load(path, &v, &err), -1);
	CHECK_INT(err.status, ST_SYSTEM);
	register_file_clear(&v);
}

static void matches(const struct mr_list *list, const char *name, const char *want)
{
	struct register_file v;
	struct err err = {0};
	struct text t = {0};
	struct mr *mr = NULL;
	text_fmt(&t,
		"{\"schema\":\"tsmctl.read/1\",\"registers\":"
		"[{\"register\":\"%s\",\"value\":\"%s\"}]}",
		name, strchr(name, ':') != NULL ? ZERO32 : "00");
	struct mr_index index;
	CHECK_INT(register_file_parse(text_bytes(&t), &v, &err), 0);
	CHECK_INT(mr_index_init(&index, list->mr, list->n, &err), 0);
	enum register_file_match m = register_file_match(&v, 0, &index, &mr);
	mr_index_clear(&index);
	CHECK_STR(m == VALUES_NONE ? "none" : m == VALUES_AMBIGUOUS ? "several" : mr->full, want);
	register_file_clear(&v);
	text_free(&t);
}

static void test_match(void)
{
	struct mr_list list = {0};
	struct err err = {0};
	static const char *const names[][3] = {{"p", "rtmr0", "sha256"}, {"q", "rtmr0", "sha256"},
		{"p", "user_data", NULL}, {"p", "agile", "sha256"}, {"p", "agile", "sm3"}};
	for (size_t i = 0; i < 5; i++)
		CHECK(mr_list_add(&list, names[i][0], names[i][1], names[i][2], &err) != NULL);
	matches(&list, "p/rtmr0:sha256", "p/rtmr0:sha256");
	matches(&list, "rtmr0:sha256", "several");
	matches(&list, "rtmr0", "several");
	matches(&list, "p/rtmr0", "p/rtmr0:sha256");
	matches(&list, "user_data", "p/user_data");
	matches(&list, "x/user_data", "none");
	matches(&list, "agile:sm3", "p/agile:sm3");
	matches(&list, "p/agile", "several");
	matches(&list, "nothing", "none");
	mr_list_clear(&list);

	/* Registers of a file have no provider; those expected may. */
	CHECK(mr_list_add(&list, "", "rtmr0", "sha256", &err) != NULL);
	matches(&list, "tdx_guest/rtmr0:sha256", "rtmr0:sha256");
	matches(&list, "tdx_guest/rtmr1:sha256", "none");
	mr_list_clear(&list);

	/* What is left out on either side adds up; a whole name goes first. */
	CHECK(mr_list_add(&list, "", "r", NULL, &err) != NULL);
	CHECK(mr_list_add(&list, "p", "r", NULL, &err) != NULL);
	CHECK(mr_list_add(&list, "p", "r", "x", &err) != NULL);
	matches(&list, "p/r", "p/r");
	matches(&list, "r", "r");
	matches(&list, "p/r:y", "several");
	matches(&list, "q/r", "r");
	matches(&list, "r:x", "several");
	mr_list_clear(&list);
}

/* Each register's row, as "ROW ": a number, none or two. */
static void test_map(void)
{
	struct mr_list list = {0};
	struct err err = {0};
	struct register_file v;
	struct register_file_map map = {0};
	struct text got = {0};
	static const char *const names[][2] = {
		{"p", "a"}, {"q", "a"}, {"p", "b"}, {"p", "c"}, {"p", "d"}};
	for (size_t i = 0; i < 5; i++)
		CHECK(mr_list_add(&list, names[i][0], names[i][1], NULL, &err) != NULL);
	CHECK_U64(register_file_map_row(&map, list.mr[0]), VALUES_NO_ROW);
	CHECK_INT(register_file_parse(
			  bytes_of("01  d\n01  a\n01  b\n01  p/b\n01  q/a\n01  z\n"), &v, &err),
		0);
	CHECK_INT(register_file_map_init(&map, &v, &list, &err), 0);
	for (size_t i = 0; i < list.n; i++) {
		size_t row = register_file_map_row(&map, list.mr[i]);
		if (row == VALUES_NO_ROW || row == VALUES_TWO_ROWS)
			text_str(&got, row == VALUES_NO_ROW ? "none " : "two ");
		else
			text_fmt(&got, "%zu ", row);
	}
	text_char(&got, '\0');
	CHECK_STR((const char *)got.p, "none 4 two none 0 ");
	text_free(&got);
	register_file_map_clear(&map);
	register_file_clear(&v);
	mr_list_clear(&list);
}

/* Registers of evidence that is not as it should be are none; of what a later version says, too. */
static void test_evidence(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"verdict\":null}",
		"{\"verdict\":1}",
		"{\"verdict\":\"good\"}",
		"{\"verdict\":\"untrusted\"}",
		"\"genuine\"",
		"{\"verdict\":\"genuine\",\"error\":{}}",
		"{\"verdict\":\"genuine\",\"unmet\":[\"crl\"]}",
		"{\"verdict\":\"genuine\",\"unmet\":null}",
		"{\"verdict\":\"genuine\"},\"report_data_verdict\":\"mismatch\"",
		"{\"verdict\":\"unchecked\"},\"report_data_verdict\":null",
	};
	static const char *const good[] = {
		"null",
		"{\"verdict\":\"unchecked\",\"unmet\":[]}",
		"{\"verdict\":\"genuine\"},\"report_data_verdict\":\"match\"",
	};
	char text[256];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD
			"\"evidence\":%s,\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
			bad[i]);
		refused(text, "these values are of evidence ");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD
			"\"evidence\":%s,\"registers\":[{\"register\":\"a\",\"value\":\"00\"}]}",
			good[i]);
		parses(text, "a=00 ");
	}
	refused("error  tdx-quote  (no)\n00  a\n",
		"line 1: these values are of evidence that could not be ");
	refused("genuine  tdx-quote  (but --require crl is not met; root: x)\n00  a\n",
		"line 1: these values are of evidence that is not as ");
	refused("genuine  tdx-quote  (but its report data is not what was asked for; x)\n00  a\n",
		"line 1: these values are of evidence whose ");
	parses("genuine  tdx-quote  (root: x)\n00  a\n", "a=00 ");
}

int main(void)
{
	test_evidence();
	test_text();
	test_case();
	test_pcrread();
	test_tsspcrread();
	test_sizes();
	test_json();
	test_json_errors();
	test_json_refused();
	test_json_hostile();
	test_load();
	test_match();
	test_map();
	return 0;
}
