/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that are made to be slow. The replay under test is compiled here a second time, with small
 * limits, so that each of them is reached in a moment.
 */
#include "base/limits.h"
#define REPLAY_EXTENDS_MAX (1 << 16)
#define REPLAY_RUNS_MAX (1 << 10)
#define REPLAY_RUN_LINES_MAX 256
#include "replay/rfc_search.c" /* NOLINT(bugprone-suspicious-include) */

#include "check.h"
#include "judge.h"

static const struct model_hash *const hash = &model_sha256;
static const struct model_digest zeros;
static struct dice dice = {7};

static void extend_model(struct model_digest *v, const uint8_t *d)
{
	model_hash2(hash, (struct bytes){v->v, hash->size}, (struct bytes){d, hash->size}, v->v);
}

static void add_direct(struct text *log, const char *before, const uint8_t *d)
{
	text_fmt(log, "%s# .EXTEND ", before);
	text_hex(log, (struct bytes){d, hash->size});
	text_char(log, '\n');
}

/* A blank line, a SYNC that states *v, and what the line itself makes of *v. */
static void add_sync(struct text *log, struct model_digest *v)
{
	struct text line = {0};
	uint8_t d[MODEL_SIZE_MAX];
	text_fmt(&line, "SYNC %s/", hash->name);
	text_hex(&line, (struct bytes){v->v, hash->size});
	model_hash2(hash, text_bytes(&line), (struct bytes){0}, d);
	extend_model(v, d);
	text_char(log, '\n');
	text_add(log, text_bytes(&line));
	text_char(log, '\n');
	text_free(&line);
}

/* A run of n lines that a SYNC says were all extended but for `failed` of them. */
static void add_run(struct text *log, struct model_digest *v, size_t n, size_t failed)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t d[MODEL_SIZE_MAX];
		dice_bytes(&dice, d, sizeof(d));
		add_direct(log, i == 0 ? "\n" : "", d);
		if (i == 0 || i >= failed + 1)
			extend_model(v, d);
	}
	add_sync(log, v);
}

static enum verdict judged(const struct text *log, const uint8_t *target)
{
	struct rfc_search_result r;
	size_t lines = 0;
	for (size_t i = 0; i < log->n; i++)
		lines += log->p[i] == '\n';
	uint64_t before = hashes_done;
	judge_text(text_bytes(log), hash, &zeros, 1, target, &r);
	/* Of what counts as one extend, a record is two hashes; each line may be looked at once
	 * without counting in each of the passes from the start and the one that tells the place. */
	uint64_t spent = hashes_done - before;
	if (spent > 2 * (uint64_t)REPLAY_EXTENDS_MAX + 8 * lines)
		check_failed(__FILE__, __LINE__, "%" PRIu64 " hashes for %zu lines", spent, lines);
	enum verdict v = r.verdict;
	CHECK(r.n_runs <= REPLAY_RUNS_MAX);
	CHECK(v == VERDICT_UNDECIDED || v == VERDICT_MISMATCH || v == VERDICT_MATCH ||
		v == VERDICT_UNTOUCHED);
	rfc_search_clear(&r);
	return v;
}

/* Runs with two readings each, one behind another: true as a whole, or for none of them. */
static void test_two_readings(void)
{
	for (size_t n = 1; n < 3000; n = 3 * n) {
		struct text log = {0};
		struct model_digest v = zeros, none = zeros;
		add_sync(&log, &v);
		none = v;
		for (size_t i = 0; i < n; i++)
			add_run(&log, &v, 1 + dice_below(&dice, 2), 0);
		enum verdict all = judged(&log, v.v);
		CHECK(all == VERDICT_MATCH || n > REPLAY_RUNS_MAX);
		CHECK(all == VERDICT_MATCH || all == VERDICT_UNDECIDED);
		uint8_t wrong[MODEL_SIZE_MAX] = {1};
		enum verdict not = judged(&log, wrong);
		CHECK(not == VERDICT_MISMATCH || (n > 50 && not == VERDICT_UNDECIDED));
		/* None of them was extended, and the SYNC lines are user space's. */
		for (size_t i = 0; i + 5 < log.n; i++) {
			if (i == 0 || log.p[i - 1] != '\n' || memcmp(log.p + i, "SYNC ", 5) != 0)
				continue;
			const uint8_t *end = memchr(log.p + i, '\n', log.n - i);
			uint8_t d[MODEL_SIZE_MAX];
			if (i > 1)
				model_hash2(hash,
					(struct bytes){log.p + i, (size_t)(end - log.p) - i},
					(struct bytes){0}, d);
			if (i > 1)
				extend_model(&none, d);
		}
		enum verdict nothing = judged(&log, none.v);
		CHECK(nothing == VERDICT_MATCH || (n > 50 && nothing == VERDICT_UNDECIDED));
		text_free(&log);
	}
}

/* Runs with two readings each before a very long one that is looked at again for each of them. */
static void test_long_tail(void)
{
	static const char *const ends[] = {"", "\nend\n"};
	for (int i = 0; i < 2; i++) {
		struct text log = {0};
		struct model_digest v = zeros;
		uint8_t wrong[MODEL_SIZE_MAX] = {1};
		add_sync(&log, &v);
		for (size_t n = 0; n < 250; n++)
			add_run(&log, &v, 1, 0);
		for (size_t n = 0; n < 20000; n++)
			add_direct(&log, n == 0 ? "\n" : "", wrong);
		text_str(&log, ends[i]);
		judged(&log, wrong);
		text_free(&log);
	}
}

/* Long runs, of which the register or a SYNC shows no reading with at most two failed lines. */
static void test_long_runs(void)
{
	static const size_t sizes[] = {3, 20, 70, 255, 256, 257, 1000, 20000};
	for (size_t i = 0; i < 32; i++) {
		struct text log = {0};
		struct model_digest v = zeros;
		size_t n = sizes[i / 4], failed = i % 4;
		add_sync(&log, &v);
		add_run(&log, &v, n, failed);
		enum verdict got = judged(&log, v.v);
		bool small = n <= 20 || (n <= 70 && failed < 2) || failed == 0;
		if (failed > 2 || n <= failed)
			CHECK(got != VERDICT_MATCH || n <= failed + 1);
		else
			CHECK(got == VERDICT_MATCH || (!small && got == VERDICT_UNDECIDED));
		for (int more = 0; more < 5; more++)
			add_run(&log, &v, n, failed);
		got = judged(&log, v.v);
		CHECK(failed > 0 || got == VERDICT_MATCH);
		text_free(&log);
	}
}

/* All that the kernel itself would have written, with two failed lines in each of many runs. */
static void test_honest(void)
{
	struct kernel k;
	kernel_open(&k, hash, NULL);
	for (int run = 0; run < 300; run++) {
		for (size_t i = 0; i < 8; i++) {
			uint8_t d[MODEL_SIZE_MAX];
			dice_bytes(&dice, d, sizeof(d));
			kernel_direct(&k, d, i == 3 || i == 6);
		}
		kernel_append_str(&k, "record");
	}
	CHECK_INT(judged(&k.log, k.value.v), VERDICT_MATCH);
	kernel_close(&k);
}

/* That the log is wrong was certain; what is only to be told beside it may be given up. */
static void test_certain(void)
{
	for (size_t n = 30; n < 70; n += 5) {
		struct text log = {0};
		struct model_digest v = zeros, lie = {"somewhere else"};
		uint8_t d[MODEL_SIZE_MAX] = {1};
		add_sync(&log, &v);
		text_str(&log, "\na record\n");
		add_sync(&log, &lie);
		for (size_t i = 0; i < n; i++) {
			dice_bytes(&dice, d, sizeof(d));
			add_direct(&log, i == 0 ? "\n" : "", d);
		}
		/* All readings of n lines at the end are fewer than the limit, twice those are not. */
		CHECK_INT(judged(&log, d), VERDICT_MISMATCH);
		text_free(&log);
	}
}

int main(void)
{
	count_hashes();
	test_honest();
	test_long_runs();
	test_two_readings();
	test_long_tail();
	test_certain();
	return 0;
}
