/* SPDX-License-Identifier: Apache-2.0 */
/* The judge on logs that are in memory alone: what it says of each register, and what that costs. */
#include <errno.h>
#include <unistd.h>

#include "check.h"
#include "feed.h"
#include "judge.h"
#include "model/mr_list.h"
#include "verify/judge.h"

enum { REGISTERS = 80, FILES = 4, SHA1_ID = 0x04, SHA256_ID = 0x0b, SHA384_ID = 0x0c };

static const char boot[] = "01234567-89ab-cdef-0123-456789abcdef";
static const char other_boot[] = "ffffffff-89ab-cdef-0123-456789abcdef";

/* The question, the logs, and the answers. */
struct trial {
	struct mr_list mrs;
	struct asked asked[REGISTERS];
	struct inputs inputs;
	int fd[FILES];
	size_t n_fds;
	const char *boot_id;
	struct judgement j[REGISTERS];
};

static enum hash_alg alg_of(const struct model_hash *h)
{
	return hash_by_name(bytes_of(h->name));
}

/* PROVIDER/NAME, in one hash, with this value. */
static void add_register(struct trial *t, const char *provider, const char *name,
	const struct model_hash *h, const struct model_digest *value)
{
	struct err err;
	struct mr *mr = mr_list_add(&t->mrs, provider, name, h->name, &err);
	CHECK(mr != NULL && t->mrs.n <= REGISTERS);
	mr->alg = alg_of(h);
	mr->size = (uint32_t)h->size;
	mr->flags = MR_RUNTIME | MR_READABLE;
	mr->cc_mr_index = mr_cc_index(provider, name);
	t->asked[t->mrs.n - 1] =
		(struct asked){.mr = mr, .wanted = true, .value = digest_from(h, value->v)};
}

static void add_log(struct trial *t, const struct text *log, const char *format)
{
	char arg[64];
	struct err err = {0};
	CHECK(t->n_fds < FILES);
	int fd = t->fd[t->n_fds++] = memory_file(text_bytes(log));
	snprintf(arg, sizeof(arg), "/proc/self/fd/%d%s%s", fd, format != NULL ? ":" : "",
		format != NULL ? format : "");
	if (inputs_add(&t->inputs, arg, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
}

static void run(struct trial *t)
{
	struct question q = {.mrs = &t->mrs, .v = t->asked, .boot_id = t->boot_id};
	struct err err = {0};
	if (judge(&q, &t->inputs, t->j, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
}

static void end(struct trial *t)
{
	for (size_t i = 0; i < t->mrs.n; i++)
		judgement_clear(&t->j[i]);
	inputs_close(&t->inputs);
	for (size_t i = 0; i < t->n_fds; i++)
		close(t->fd[i]);
	mr_list_clear(&t->mrs);
}

static void extend(const struct model_hash *h, struct model_digest *value, const uint8_t *digest)
{
	model_hash2(
		h, (struct bytes){value->v, h->size}, (struct bytes){digest, h->size}, value->v);
}

/* --- logs of firmware --- */

static const struct model_hash *const banks[] = {&model_sha1, &model_sha256, &model_sha384};
static const uint16_t bank_id[] = {SHA1_ID, SHA256_ID, SHA384_ID};

static void put_header(struct text *t, size_t n_banks)
{
	text_le32(t, 0);
	text_le32(t, 3);
	text_fill(t, '\0', 20);
	text_le32(t, (uint32_t)(28 + 4 * n_banks + 1));
	text_add(t, (struct bytes){(const uint8_t *)"Spec ID Event03", 16});
	text_unhex(t, "00000000 00 02 00 02");
	text_le32(t, (uint32_t)n_banks);
	for (size_t b = 0; b < n_banks; b++) {
		text_le16(t, bank_id[b]);
		text_le16(t, (unsigned)banks[b]->size);
	}
	text_char(t, '\0');
}

/* What number `n` extends bank b with. */
static struct model_digest digest_number(size_t b, uint64_t n)
{
	struct model_digest d = {{0}};
	model_hash2(banks[b], (struct bytes){(const uint8_t *)&n, sizeof(n)},
		(struct bytes){NULL, 0}, d.v);
	return d;
}

static void put_event(struct text *t, uint32_t pcr, size_t n_banks, uint64_t number)
{
	text_le32(t, pcr);
	text_le32(t, 0x80000008);
	text_le32(t, (uint32_t)n_banks);
	for (size_t b = 0; b < n_banks; b++) {
		struct model_digest d = digest_number(b, number);
		text_le16(t, bank_id[b]);
		text_add(t, (struct bytes){d.v, banks[b]->size});
	}
	text_le32(t, 4);
	text_str(t, "data");
}

/* PCR 10 in three banks: two programs' logs, event by event, or something unknown at the end as well. */
static void two_programs(struct trial *t, size_t each, bool unknown)
{
	struct text log[2] = {{0}, {0}};
	struct model_digest value[3] = {{{0}}, {{0}}, {{0}}};
	for (size_t l = 0; l < 2; l++) {
		text_char(&log[l], '[');
		for (size_t i = 0; i < each; i++) {
			text_fmt(&log[l], "%s{\"recnum\":%zu,\"pcr\":10,\"digests\":[",
				i > 0 ? "," : "", i);
			for (size_t b = 0; b < 3; b++) {
				struct model_digest d = digest_number(b, 2 * i + l);
				text_fmt(&log[l], "%s{\"hashAlg\":\"%s\",\"digest\":\"",
					b > 0 ? "," : "", banks[b]->name);
				text_hex(&log[l], (struct bytes){d.v, banks[b]->size});
				text_str(&log[l], "\"}");
			}
			text_str(&log[l],
				"],\"content_type\":\"pcclient_std\",\"content\":{\"event_type\":"
				"\"EV_IPL\",\"event_data\":\"\"}}");
		}
		text_char(&log[l], ']');
	}
	for (size_t b = 0; b < 3; b++) {
		for (size_t i = 0; i < 2 * each + unknown; i++)
			extend(banks[b], &value[b], digest_number(b, i).v);
		add_register(t, "", "pcr10", banks[b], &value[b]);
	}
	for (size_t l = 0; l < 2; l++) {
		add_log(t, &log[l], "cel-json");
		text_free(&log[l]);
	}
}

/* What one bank's search found is tried in the others. */
static void test_banks_share(void)
{
	static const size_t each[] = {5, 40};
	for (size_t many = 0; many < 2; many++)
		for (int unknown = 0; unknown < 2; unknown++) {
			struct trial t = {.n_fds = 0};
			two_programs(&t, each[many], unknown == 1);
			uint64_t before = hashes_done;
			run(&t);
			uint64_t spent = hashes_done - before, claims = 2 * each[many];
			enum verdict want = many      ? VERDICT_UNDECIDED
					    : unknown ? VERDICT_MISMATCH
						      : VERDICT_MATCH;
			for (size_t b = 0; b < 3; b++) {
				CHECK_INT(t.j[b].verdict, want);
				CHECK(t.j[b].sources != NULL && t.j[b].sources[1] != NULL);
				CHECK_U64(t.j[b].records, claims);
			}
			CHECK(t.j[0].extends > 100 * many);
			for (size_t b = 1; b < 3; b++)
				CHECK(want != VERDICT_MATCH || t.j[b].extends <= 8 * claims);
			CHECK(spent <= 3 * ((1 << 18) + 64 * claims + 400 * claims));
			end(&t);
		}
}

/* 24 PCRs in three banks, 512 events each, of which none gives what the register holds. */
static void test_many_unexplained(void)
{
	enum { PCRS = 24, EVENTS = 512 };
	struct trial t = {.n_fds = 0};
	struct text log = {0};
	put_header(&log, 3);
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		for (uint64_t i = 0; i < EVENTS; i++)
			put_event(&log, pcr, 3, (uint64_t)pcr * EVENTS + i);
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		for (size_t b = 0; b < 3; b++) {
			char name[16];
			struct model_digest value = digest_number(b, 1000000 + pcr);
			snprintf(name, sizeof(name), "pcr%u", pcr);
			add_register(&t, "", name, banks[b], &value);
		}
	add_log(&t, &log, "tpm");
	text_free(&log);
	uint64_t before = hashes_done;
	run(&t);
	uint64_t spent = hashes_done - before;
	for (size_t i = 0; i < t.mrs.n; i++) {
		CHECK_INT(t.j[i].verdict, VERDICT_MISMATCH);
		CHECK(t.j[i].diagnosis.kind == DIAG_NONE && t.j[i].records == EVENTS);
		CHECK(t.j[i].extends <= (1 << 18) + 64 * EVENTS);
	}
	CHECK(spent <= (uint64_t)PCRS * 3 * ((1 << 18) + 64 * EVENTS + 8 * EVENTS));
	end(&t);
}

/* More of them: all searches together have a limit, and what is not found out is not said. */
static void test_all_together(void)
{
	enum { PCRS = 24, EVENTS = 4000, BANKS = 2 };
	struct trial t = {.n_fds = 0};
	struct text log = {0};
	size_t undecided = 0;
	put_header(&log, 3);
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		for (uint64_t i = 0; i < EVENTS; i++)
			put_event(&log, pcr, 3, (uint64_t)pcr * EVENTS + i);
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		for (size_t b = 0; b < BANKS; b++) {
			char name[16];
			struct model_digest value = digest_number(b, 1000000 + pcr);
			snprintf(name, sizeof(name), "pcr%u", pcr);
			add_register(&t, "", name, banks[b], &value);
		}
	add_log(&t, &log, "tpm");
	text_free(&log);
	uint64_t before = hashes_done;
	run(&t);
	uint64_t spent = hashes_done - before;
	for (size_t i = 0; i < t.mrs.n; i++) {
		bool is = t.j[i].verdict == VERDICT_UNDECIDED;
		CHECK(is || t.j[i].verdict == VERDICT_MISMATCH);
		CHECK(!is || (t.j[i].spent && t.j[i].extends == REPLAY_EXTENDS_MAX));
		CHECK(!is || (t.j[i].sources != NULL && t.j[i].diagnosis.kind == DIAG_NONE));
		undecided += is;
	}
	CHECK_INT(t.j[0].verdict, VERDICT_MISMATCH);
	CHECK(undecided > 0);
	CHECK(spent <= REPLAY_EXTENDS_MAX + (uint64_t)PCRS * EVENTS * BANKS * 8);
	end(&t);
}

/* One register's claims take nothing from what another one may cost. */
static void test_not_starved(void)
{
	struct trial t = {.n_fds = 0};
	struct text log = {0};
	struct model_digest value = {{0}};
	two_programs(&t, 40, true);
	put_header(&log, 3);
	for (uint64_t i = 0; i < 300; i++) {
		put_event(&log, 4, 3, i);
		if (i != 150)
			extend(banks[1], &value, digest_number(1, i).v);
	}
	add_register(&t, "", "pcr4", banks[1], &value);
	add_log(&t, &log, "tpm");
	text_free(&log);
	run(&t);
	CHECK_INT(t.j[0].verdict, VERDICT_UNDECIDED);
	CHECK_INT(t.j[3].verdict, VERDICT_MISMATCH);
	CHECK_INT(t.j[3].diagnosis.kind, DIAG_EXTRA);
	CHECK_U64(t.j[3].diagnosis.event.seq, 151);
	CHECK_U64(t.j[3].diagnosis.event.source, 2);
	end(&t);
}

/* --- journals --- */

/* A journal of records of one register, which is extended by them. */
static void put_journal(
	struct text *t, const char *boot_id, const char *reg, size_t n, struct model_digest *value)
{
	const struct model_hash *h = &model_sha384;
	text_fmt(t,
		"{\"schema\":\"tsmctl.journal/1\",\"boot_id\":\"%s\",\"created\":"
		"\"2026-11-24T16:17:31Z\"}\n",
		boot_id);
	for (size_t i = 0; i < n; i++) {
		struct model_digest d;
		uint8_t byte = (uint8_t)('a' + i);
		model_hash2(h, (struct bytes){&byte, 1}, (struct bytes){NULL, 0}, d.v);
		text_fmt(t,
			"{\"kind\":\"intent\",\"seq\":%zu,\"register\":\"%s\",\"record_hex\":\"%"
			"02x\","
			"\"digest\":\"",
			i, reg, byte);
		text_hex(t, (struct bytes){d.v, h->size});
		text_str(t, "\",\"before\":\"");
		text_hex(t, (struct bytes){value->v, h->size});
		text_str(t, "\",\"expected\":\"");
		extend(h, value, d.v);
		text_hex(t, (struct bytes){value->v, h->size});
		text_fmt(t,
			"\",\"pid\":4242,\"start\":100000,\"time\":\"2026-11-24T16:17:31Z\"}\n"
			"{\"kind\":\"commit\",\"seq\":%zu}\n",
			i);
	}
}

/* A journal of another boot takes no part, unless a register survived that. */
static void test_boots(void)
{
	enum { SAME, UNKNOWN, OTHER, SURVIVED, KINDS };
	for (int kind = 0; kind < KINDS; kind++) {
		struct trial t = {.boot_id = kind == UNKNOWN ? NULL : boot};
		struct text log = {0};
		struct model_digest value = {{0}}, zeros = {{0}};
		put_journal(&log, kind == SAME ? boot : other_boot, "tdx_guest/rtmr3:sha384", 3,
			&value);
		bool reset = kind == OTHER;
		add_register(&t, "tdx_guest", "rtmr3", &model_sha384, reset ? &zeros : &value);
		add_log(&t, &log, NULL);
		text_free(&log);
		run(&t);
		CHECK_INT(t.j[0].verdict, reset ? VERDICT_UNTOUCHED : VERDICT_MATCH);
		CHECK((t.j[0].other_boot != NULL) == reset);
		CHECK_U64(t.j[0].matched, reset ? 0 : 3);
		end(&t);
	}
}

/* Changed in this boot, by what is in no log of it. */
static void test_other_boot_unlogged(void)
{
	struct trial t = {.boot_id = boot};
	struct text log = {0};
	struct model_digest value = {{0}};
	put_journal(&log, other_boot, "tdx_guest/rtmr3:sha384", 3, &value);
	value.v[0] ^= 1;
	add_register(&t, "tdx_guest", "rtmr3", &model_sha384, &value);
	add_log(&t, &log, NULL);
	text_free(&log);
	run(&t);
	CHECK_INT(t.j[0].verdict, VERDICT_UNLOGGED);
	CHECK_STR(t.j[0].other_boot, t.inputs.v[0].name);
	CHECK(strstr(t.j[0].detail, "of another boot") != NULL);
	end(&t);
}

/* --- what cannot be read --- */

/* A log that is cut taints what its format can name, whatever other logs say, and nothing else. */
static void test_unread(void)
{
	static const char *const pcrs[] = {"pcr4", "pcr5"};
	struct trial t = {.n_fds = 0};
	struct text log = {0}, journal = {0};
	struct model_digest value = {{0}}, zeros = {{0}}, rtmr = {{0}};
	put_header(&log, 3);
	for (uint64_t i = 0; i < 4; i++) {
		put_event(&log, 4, 3, i);
		extend(banks[1], &value, digest_number(1, i).v);
	}
	put_journal(&journal, boot, "tdx_guest/rtmr3:sha384", 3, &rtmr);
	for (int cut = 0; cut < 2; cut++) {
		t = (struct trial){.n_fds = 0};
		log.n -= (size_t)cut;
		add_register(&t, "", pcrs[0], banks[1], &value);
		add_register(&t, "", pcrs[1], banks[1], &zeros);
		add_register(&t, "tdx_guest", "rtmr3", &model_sha384, &rtmr);
		add_log(&t, &log, "tpm");
		add_log(&t, &journal, NULL);
		run(&t);
		CHECK_INT(t.j[0].verdict, cut ? VERDICT_NONE : VERDICT_MATCH);
		CHECK_INT(t.j[1].verdict, cut ? VERDICT_NONE : VERDICT_UNTOUCHED);
		for (size_t i = 0; i < 2; i++)
			CHECK_INT(t.j[i].err.status, cut ? ST_FORMAT : ST_OK);
		CHECK_INT(t.j[2].verdict, VERDICT_MATCH);
		CHECK_INT(t.j[2].err.status, ST_OK);
		CHECK_INT(t.inputs.v[0].err.status, cut ? ST_FORMAT : ST_OK);
		end(&t);
	}
	text_free(&log);
	text_free(&journal);
}

/* A log that may not be read leaves its registers unchecked. */
static void test_denied(void)
{
	struct trial t = {.n_fds = 0};
	struct text log = {0};
	struct model_digest zeros = {{0}};
	put_header(&log, 1);
	add_log(&t, &log, "tpm");
	text_free(&log);
	err_sys(&t.inputs.v[0].err, EACCES, "'log'");
	add_register(&t, "", "pcr4", banks[1], &zeros);
	add_register(&t, "tdx_guest", "rtmr3", &model_sha384, &zeros);
	run(&t);
	CHECK_INT(t.j[0].verdict, VERDICT_UNCHECKED);
	CHECK(t.j[0].detail[0] != '\0');
	CHECK_INT(t.j[1].verdict, VERDICT_UNTOUCHED);
	end(&t);
}

int main(void)
{
	count_hashes();
	test_banks_share();
	test_many_unexplained();
	test_all_together();
	test_not_starved();
	test_boots();
	test_other_boot_unlogged();
	test_unread();
	test_denied();
	return 0;
}
