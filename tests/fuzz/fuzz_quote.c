/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: quotes, SNP reports and TDX reports in whatever is around them; the same bytes are taken for each. */
#include "fuzz.h"

#include <string.h>

#include "evidence/evidence_file.h"
#include "text.h"

static struct evidence_trust trust;

static void check_error(const struct err *err)
{
	MUST(err->status == ST_FORMAT && err->msg[0] != '\0');
	MUST(memchr(err->msg, '\0', sizeof(err->msg)) != NULL);
	for (const char *c = err->msg; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

/* Ten registers, one more in a newer quote or a report, six of an SNP guest. */
static void check_registers(const struct register_file *v, const struct evidence *ev)
{
	struct mr_index index;
	struct err err;
	MUST(ev->type == EVIDENCE_SNP_REPORT ? v->mrs.n == 6 : v->mrs.n == 10 || v->mrs.n == 11);
	MUST(mr_index_init(&index, v->mrs.mr, v->mrs.n, &err) == 0);
	for (size_t i = 0; i < v->mrs.n; i++) {
		MUST(v->mrs.mr[i]->size == v->value[i].n);
		struct mr *found = NULL;
		MUST(register_file_match(v, i, &index, &found) == VALUES_ONE &&
			found == v->mrs.mr[i]);
	}
	mr_index_clear(&index);
}

/* Nobody who only knows public keys makes what is genuine: the corpus has none. */
static void check_verdict(const struct evidence *ev)
{
	MUST(ev->verdict != EVIDENCE_GENUINE);
	MUST((ev->verdict == EVIDENCE_NONE) == (ev->err.status != ST_OK));
	MUST((ev->verdict == EVIDENCE_FORGED || ev->verdict == EVIDENCE_UNTRUSTED) ==
		(ev->failed != STEP_NONE));
	MUST((ev->checked & ~ev->steps) == 0);
	if (ev->verdict == EVIDENCE_NONE) {
		check_error(&ev->err);
		MUST(ev->checked == 0);
	} else {
		MUST(ev->detail[0] != '\0');
	}
	for (const char *c = ev->detail; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

static int parse(
	struct bytes in, bool quote, struct register_file *v, struct evidence *ev, struct err *err)
{
	return quote ? evidence_file_parse(in, &trust, v, ev, err)
		     : evidence_file_parse_tdreport(in, v, ev, err);
}

/* A quote ends where its signature does: without what follows it says the same. */
static void check_end(struct bytes in, const struct evidence *ev)
{
	struct register_file cut;
	struct evidence again;
	struct err err;
	if ((in.p[0] != 4 && in.p[0] != 5) || ev->type != EVIDENCE_TDX_QUOTE)
		return;
	MUST(ev->trailing < in.n);
	in.n -= ev->trailing;
	MUST(parse(in, true, &cut, &again, &err) == 0);
	MUST(again.trailing == 0 && again.verdict == ev->verdict && again.failed == ev->failed);
	register_file_clear(&cut);
	in.n--;
	MUST(parse(in, true, &cut, &again, &err) < 0);
	check_error(&err);
	register_file_clear(&cut);
}

static void run(struct bytes in, bool quote)
{
	struct register_file v;
	struct evidence ev;
	struct err err = {0};
	if (parse(in, quote, &v, &ev, &err) < 0) {
		check_error(&err);
		MUST(v.mrs.n == 0);
	} else {
		check_registers(&v, &ev);
		check_verdict(&ev);
		check_end(in, &ev);
	}
	register_file_clear(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	if (trust.given.pki == NULL)
		MUST(evidence_trust_init(&trust, &err) == 0);
	run((struct bytes){data, size}, true);
	run((struct bytes){data, size}, false);
	return 0;
}
