/* SPDX-License-Identifier: Apache-2.0 */
/* What 'quote --json' prints, read back: cut at every byte, each member wrong in each way. */
#include "evidence/quote_json.h"

#include "check.h"

static const char whole[] =
	"{\"schema\":\"tsmctl.quote/1\",\"boot_id\":\"0f0f0f0f-1111-2222-3333-444444444444\","
	"\"provider\":\"tdx_guest\",\"quote_base64\":\"AQID\",\"auxblob_base64\":\"BAU=\","
	"\"evidence\":{\"version\":4},\"logs\":[{\"source\":\"ccel\",\"format\":\"ccel\","
	"\"base64\":\"\"},{\"source\":\"kernel\",\"format\":\"rfc-text\","
	"\"register\":\"tdx_guest/rtmr0:sha256\",\"base64\":\"eA==\"}],\"registers\":[]}";

static int parse(struct bytes b, struct quote_json *ret)
{
	struct err err = {0};
	int rc = quote_json_parse(b, ret, &err);
	CHECK_INT(err.status, rc < 0 ? ST_FORMAT : ST_OK);
	return rc;
}

static void test_whole(void)
{
	struct quote_json q;
	CHECK(quote_json_looks_like(bytes_of(whole)));
	CHECK_INT(parse(bytes_of(whole), &q), 0);
	CHECK_STR(q.boot_id, "0f0f0f0f-1111-2222-3333-444444444444");
	CHECK_BYTES(((struct bytes){q.quote, q.n_quote}), bytes_of("\1\2\3"));
	CHECK_BYTES(((struct bytes){q.aux, q.n_aux}), bytes_of("\4\5"));
	CHECK_U64(q.logs.n, 2);
	CHECK_STR(q.logs.v[0].source, "ccel");
	CHECK(q.logs.v[0].reg == NULL && q.logs.v[0].p != NULL && q.logs.v[0].n == 0);
	CHECK_STR(q.logs.v[1].format, "rfc-text");
	CHECK_STR(q.logs.v[1].reg, "tdx_guest/rtmr0:sha256");
	CHECK_BYTES(((struct bytes){q.logs.v[1].p, q.logs.v[1].n}), bytes_of("x"));
	quote_json_clear(&q);
}

static void test_cut(void)
{
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		struct quote_json q;
		uint8_t *exact = malloc(n + 1);
		memcpy(exact, whole, n);
		CHECK_INT(parse((struct bytes){exact, n}, &q), -1);
		quote_json_clear(&q);
		free(exact);
	}
}

/* Any byte may be another one: an error, or a document. */
static void test_flipped(void)
{
	for (size_t i = 0; i < sizeof(whole) - 1; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct quote_json q;
			char copy[sizeof(whole)];
			memcpy(copy, whole, sizeof(copy));
			copy[i] = (char)(copy[i] ^ (1 << bit));
			parse((struct bytes){(uint8_t *)copy, sizeof(copy) - 1}, &q);
			quote_json_clear(&q);
		}
	}
}

static void test_others(void)
{
	static const char *const others[] = {"", "[]", "{}", "null", "{\"quote\":\"00\"}",
		"{\"schema\":\"tsmctl.read/1\"}", "{\"schema\":\"tsmctl.quote/11\"}",
		"{\"schema\":1}", "{\"quote\":\"{\\\"schema\\\":\\\"tsmctl.quote/1\\\"}\"}"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct quote_json q;
		CHECK(!quote_json_looks_like(bytes_of(others[i])));
		CHECK_INT(parse(bytes_of(others[i]), &q), -1);
		quote_json_clear(&q);
	}
	/* Somewhere else than at the front is good enough to be read, and refused for the rest. */
	CHECK(quote_json_looks_like(bytes_of("{\"a\":1, \"schema\" : \"tsmctl.quote/1\"}")));
}

int main(void)
{
	test_whole();
	test_cut();
	test_flipped();
	test_others();
	return 0;
}
