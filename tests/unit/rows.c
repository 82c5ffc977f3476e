/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: the same columns as JSON and as an aligned table. */
#include "out/table.h"

#include <unistd.h>

#include "check.h"
#include "text.h"

struct row {
	const char *name;
	const char *const *strs;
	uint64_t n;
	int64_t i;
	int tri;
	bool yes;
	struct bytes hex, text;
	struct digest_list digests;
	struct err err;
};

#define AT(member) offsetof(struct row, member)

static const struct column columns[] = {
	{"name", "NAME", COL_STR, AT(name), COL_DEFAULT},
	{"strs", "STRS", COL_STRS, AT(strs), 0},
	{"n", "N", COL_U64, AT(n), COL_DEFAULT},
	{"i", "I", COL_INT, AT(i), 0},
	{"tri", "TRI", COL_TRI, AT(tri), COL_OPTIONAL},
	{"yes", "YES", COL_BOOL, AT(yes), 0},
	{"hex", "HEX", COL_HEX, AT(hex), COL_SHORT},
	{"text", "TEXT", COL_TEXT, AT(text), COL_SHORT | COL_DEFAULT},
	{"digests", "DIGEST", COL_DIGESTS, AT(digests), COL_SHORT},
	{"error", NULL, COL_ERR, AT(err), 0},
	{NULL, "SHOWN", COL_STR, AT(name), 0},
};
enum { N = sizeof(columns) / sizeof(columns[0]) };

static struct sink out;

static void begin(void)
{
	sink_open(&out, memory_file((struct bytes){NULL, 0}));
}

/* What was written since, with a NUL behind it. */
static char *end(void)
{
	struct err err = {0};
	struct text t = {0};
	uint8_t buf[4096];
	ssize_t n;
	CHECK_INT(sink_flush(&out, &err), 0);
	CHECK(lseek(out.fd, 0, SEEK_SET) == 0);
	while ((n = read(out.fd, buf, sizeof(buf))) > 0)
		text_add(&t, (struct bytes){buf, (size_t)n});
	close(out.fd);
	text_char(&t, '\0');
	return (char *)t.p;
}

static void gives(const struct row *row, const char *json)
{
	begin();
	row_jsonl(&out, columns, N, row);
	char *got = end();
	CHECK_STR(got, json);
	free(got);
}

static void test_json(void)
{
	static const struct event_digest digests[] = {
		{4, {.alg = HASH_SHA1, .size = 20}}, {0x99, {.alg = HASH_UNKNOWN, .size = 2}}};
	struct row row = {.i = -1, .tri = -1};
	gives(&row, "{\"name\":null,\"strs\":[],\"n\":0,\"i\":null,\"yes\":false,\"hex\":null,"
		    "\"digests\":[]}\n");
	row = (struct row){
		.name = "a\"b",
		.strs = (const char *const[]){"x", "y", NULL},
		.n = 7,
		.i = 3,
		.tri = 0,
		.yes = true,
		.hex = bytes_of("\x01\xff"),
		.text = bytes_of("t\xc3\xa9"),
		.digests = {digests, 2},
		.err = {.status = ST_FORMAT, .msg = "broken"},
	};
	gives(&row, "{\"name\":\"a\\\"b\",\"strs\":[\"x\",\"y\"],\"n\":7,\"i\":3,\"tri\":false,"
		    "\"yes\":true,\"hex\":\"01ff\",\"text\":\"t\xc3\xa9\",\"digests\":[{\"alg\":"
		    "\"sha1\",\"digest\":\"0000000000000000000000000000000000000000\"},"
		    "{\"alg\":\"0x0099\",\"digest\":\"0000\"}],"
		    "\"error\":{\"status\":5,\"message\":\"broken\"}}\n");
	/* Text only where it is UTF-8; an empty one is there. */
	row = (struct row){.i = -1, .tri = 1, .hex = {(const uint8_t *)"", 0}};
	row.text = bytes_of("\xff");
	gives(&row, "{\"name\":null,\"strs\":[],\"n\":0,\"i\":null,\"tri\":true,\"yes\":false,"
		    "\"hex\":\"\",\"digests\":[]}\n");
	row.text = bytes_of("");
	gives(&row, "{\"name\":null,\"strs\":[],\"n\":0,\"i\":null,\"tri\":true,\"yes\":false,"
		    "\"hex\":\"\",\"text\":\"\",\"digests\":[]}\n");
}

static void table_of(struct table *t, const struct row *rows, size_t n, const char *want)
{
	struct err err = {0};
	begin();
	for (size_t i = 0; i < n; i++)
		CHECK_INT(table_row(t, &out, &rows[i], &err), 0);
	CHECK_INT(table_end(t, &out, &err), 0);
	char *got = end();
	CHECK_STR(got, want);
	free(got);
}

static void test_table(void)
{
	const struct row rows[] = {
		{.name = "a", .n = 12345, .text = bytes_of("one")},
		{.name = "longer", .n = 1, .text = bytes_of("")},
		{.n = 2, .text = bytes_of("two words")},
	};
	struct table t = {.columns = columns, .header = true};
	table_pick_default(&t, N);
	CHECK_U64(t.n, 3);
	table_of(&t, rows, 3,
		"NAME   N     TEXT\n"
		"a      12345 one\n"
		"longer 1     \n"
		"-      2     two words\n");
	t = (struct table){.columns = columns};
	table_pick_default(&t, N);
	table_of(&t, rows, 1, "a 12345 one\n");
	t = (struct table){.columns = columns, .header = true};
	table_pick_default(&t, N);
	table_of(&t, rows, 0, "NAME N TEXT\n");
	t = (struct table){.columns = columns};
	table_pick_default(&t, N);
	table_of(&t, rows, 0, "");
	/* Columns in another order, once more, and as wide as said. */
	static const size_t widths[] = {4, 2, 1};
	t = (struct table){.columns = columns, .header = true, .widths = widths, .n = 3};
	t.picked[0] = 2;
	t.picked[1] = 10;
	t.picked[2] = 2;
	table_of(&t, rows, 2,
		"N    SHOWN N\n"
		"12345 a  12345\n"
		"1    longer 1\n");
}

static void test_cells(void)
{
	static const char sixty[] = "123456789012345678901234567890123456789012345678901234567890";
	struct row row = {.i = -1, .tri = -1, .strs = (const char *const[]){"x", "y", NULL}};
	struct table t = {.columns = columns, .n = 8};
	static const size_t picked[] = {0, 1, 3, 4, 5, 6, 8, 7};
	memcpy(t.picked, picked, sizeof(picked));
	struct table kept = t;
	table_of(&t, &row, 1, "- x,y - - no - - -\n");
	row.hex = bytes_of("12345678");
	row.text = bytes_of(sixty);
	row.yes = true;
	row.tri = 1;
	row.i = 0;
	row.strs = (const char *const[]){"x", NULL};
	t = kept;
	table_of(&t, &row, 1,
		"- x 0 yes yes 3132333435363738 - "
		"123456789012345678901234567890123456789012345678901234567890\n");
	/* Bytes for a terminal: nothing that it would act on, and no more than there is room for. */
	row.hex = bytes_of("123456789");
	row.text = bytes_of(
		"a\x1b[2J\n\t\xff\x7f and more than sixty bytes of it, so that it is cut here");
	static const struct event_digest digest = {4, {.alg = HASH_SHA1, .size = 20}};
	row.digests = (struct digest_list){&digest, 1};
	row.tri = 0;
	t = kept;
	begin();
	struct err err = {0};
	CHECK_INT(table_row(&t, &out, &row, &err), 0);
	CHECK_INT(table_end(&t, &out, &err), 0);
	char *got = end();
	static const char start[] = "- x 0 no yes 3132333435363738... 0000000000000000... a";
	CHECK(strncmp(got, start, strlen(start)) == 0);
	for (size_t i = 0; got[i + 1] != '\0'; i++)
		CHECK(got[i] >= ' ' && got[i] < 0x7f);
	CHECK(strcmp(got + strlen(got) - 4, "...\n") == 0);
	free(got);
}

int main(void)
{
	test_json();
	test_table();
	test_cells();
	return 0;
}
