/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of a TDX quote and of a TDX report: the same bytes are taken for either. */
#include "fuzz.h"

#include <string.h>

#include "evidence/tdx_quote.h"
#include "text.h"

typedef int parse_fn(struct bytes, struct register_file *, struct td_facts *, struct err *);

static void check_error(const struct err *err)
{
	MUST(err->status == ST_FORMAT && err->msg[0] != '\0');
	MUST(memchr(err->msg, '\0', sizeof(err->msg)) != NULL);
	for (const char *c = err->msg; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

/* Ten registers, one more in a newer quote or a report; each is one of the input's 48 bytes. */
static void check_registers(const struct register_file *v, struct bytes in)
{
	struct mr_index index;
	struct err err;
	MUST(v->mrs.n == 10 || v->mrs.n == 11);
	MUST(mr_index_init(&index, v->mrs.mr, v->mrs.n, &err) == 0);
	for (size_t i = 0; i < v->mrs.n; i++) {
		MUST(v->mrs.mr[i]->size == 48 && v->value[i].n == 48);
		MUST(in.p[0] == '{' || in.p[0] == ' ' || in.p[0] == '\n' ||
			memmem(in.p, in.n, v->value[i].p, 48) != NULL);
		struct mr *found = NULL;
		MUST(register_file_match(v, i, &index, &found) == VALUES_ONE &&
			found == v->mrs.mr[i]);
	}
	mr_index_clear(&index);
}

static void check_same(parse_fn *parse, struct bytes in, const struct register_file *v,
	const struct td_facts *facts, size_t trailing)
{
	struct register_file again;
	struct td_facts other;
	struct err err = {0};
	MUST(parse(in, &again, &other, &err) == 0);
	MUST(other.trailing == trailing && other.version == facts->version);
	MUST(memcmp(other.report_data, facts->report_data, sizeof(other.report_data)) == 0);
	MUST(again.mrs.n == v->mrs.n);
	for (size_t i = 0; i < v->mrs.n; i++)
		MUST(bytes_equal(again.value[i], v->value[i]));
	register_file_clear(&again);
}

/* A quote ends where its signature does: without what is behind it, it says the same; a byte shorter, nothing. */
static void check_end(struct bytes in, const struct register_file *v, const struct td_facts *facts)
{
	struct register_file cut;
	struct td_facts none;
	struct err err = {0};
	MUST(facts->trailing < in.n);
	in.n -= facts->trailing;
	check_same(quote_parse, in, v, facts, 0);
	in.n--;
	MUST(quote_parse(in, &cut, &none, &err) < 0);
	check_error(&err);
	register_file_clear(&cut);
}

static void run(parse_fn *parse, struct bytes in)
{
	struct register_file v;
	struct td_facts facts;
	struct err err = {0};
	if (parse(in, &v, &facts, &err) < 0) {
		check_error(&err);
		MUST(v.mrs.n == 0);
	} else {
		check_registers(&v, in);
		MUST(facts.debug == (facts.attributes[0] & 1));
		if (in.p[0] == 4 || in.p[0] == 5)
			check_end(in, &v, &facts);
		else
			check_same(parse, in, &v, &facts, facts.trailing);
	}
	register_file_clear(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(quote_parse, (struct bytes){data, size});
	run(tdreport_parse, (struct bytes){data, size});
	return 0;
}
