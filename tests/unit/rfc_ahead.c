/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that hashes a text log's records ahead changes nothing: on one processor and on more. */
#include "replay/rfc_ahead.h"

#include <sched.h>
#include <unistd.h>

#include "check.h"
#include "judge.h"

static struct dice dice = {9};

static void random_line(struct text *t)
{
	char direct[] = "# .EXTEND ";
	uint8_t d[32];
	dice_bytes(&dice, d, sizeof(d));
	switch (dice_below(&dice, 8)) {
	case 0:
		text_char(t, '\n');
		return;
	case 1:
		text_str(t, "# a comment");
		break;
	case 2:
	case 3:
		text_str(t, dice_one_in(&dice, 2) ? direct : "SYNC sha256/");
		text_hex(t, (struct bytes){d, sizeof(d)});
		break;
	default:
		text_fill(t, (char)('a' + dice_below(&dice, 26)), 1 + dice_below(&dice, 300));
	}
	text_char(t, '\n');
}

/* The next line and its digest; false at the end. */
static bool next_is_right(struct rfc_log *log, struct rfc_ahead *ahead, struct hasher *h)
{
	struct rfc_line line;
	struct digest got, want;
	struct err err;
	int rc = rfc_log_next(log, &line, &err);
	CHECK(rc >= 0);
	if (rc == 0)
		return false;
	if (line.kind != RFC_RECORD && line.kind != RFC_SYNC)
		return true;
	CHECK_INT(rfc_ahead_digest(ahead, &line, &got, &err), 0);
	CHECK_INT(rfc_line_digest(&line, h, &want, &err), 0);
	CHECK(got.alg == want.alg && digest_equal(&got, &want));
	return true;
}

/* Reads it to its end, now and then from another place on that was read before. */
static void walk(struct bytes text, off_t worth, size_t jumps_every)
{
	enum { PLACES = 64 };
	off_t place[PLACES] = {0};
	struct rfc_log log;
	struct rfc_ahead ahead;
	struct hasher *h;
	struct err err;
	int fd = memory_file(text);
	CHECK_INT(rfc_log_open(&log, fd, HASH_SHA256, &err), 0);
	CHECK_INT(hasher_open(&h, HASH_SHA256, &err), 0);
	rfc_ahead_init(&ahead, &log, h);
	ahead.worth = worth;
	size_t jumps = 0;
	do {
		if (jumps_every == 0 || jumps == 100 || !dice_one_in(&dice, jumps_every))
			continue;
		place[dice_below(&dice, PLACES)] = rfc_log_tell(&log);
		rfc_log_seek(&log, place[dice_below(&dice, PLACES)]);
		jumps++;
	} while (next_is_right(&log, &ahead, h));
	rfc_ahead_close(&ahead);
	hasher_close(h);
	rfc_log_close(&log);
	close(fd);
}

static void test_walks(void)
{
	static const size_t sizes[] = {0, 1, 2, 700, 20000};
	static const off_t worth[] = {0, 1, 1000, 100000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct text t = {0};
		for (size_t n = 0; n < sizes[i]; n++)
			random_line(&t);
		for (size_t k = 0; k < sizeof(worth) / sizeof(worth[0]); k++) {
			walk(text_bytes(&t), worth[k], 0);
			walk(text_bytes(&t), worth[k], 3);
			walk(text_bytes(&t), worth[k], 300);
		}
		text_free(&t);
	}
}

/* Closed with the thread wherever it is. */
static void test_not_to_the_end(void)
{
	struct text t = {0};
	for (size_t n = 0; n < 5000; n++)
		random_line(&t);
	for (size_t most = 0; most < 5000; most += 271) {
		struct rfc_log log;
		struct rfc_ahead ahead;
		struct hasher *h;
		struct err err;
		int fd = memory_file(text_bytes(&t));
		CHECK_INT(rfc_log_open(&log, fd, HASH_SHA256, &err), 0);
		CHECK_INT(hasher_open(&h, HASH_SHA256, &err), 0);
		rfc_ahead_init(&ahead, &log, h);
		ahead.worth = 0;
		for (size_t n = 0; n < most; n++)
			next_is_right(&log, &ahead, h);
		rfc_ahead_close(&ahead);
		hasher_close(h);
		rfc_log_close(&log);
		close(fd);
	}
	text_free(&t);
}

/* What cannot be read from some place on is found by who reads it, and where it stands. */
static void test_damaged(void)
{
	static const char *const ends[] = {"a line that was cut", "", "\n\nand again"};
	const struct model_digest zeros = {0};
	struct kernel k;
	kernel_open(&k, &model_sha256, NULL);
	for (int i = 0; i < 5000; i++)
		kernel_append_str(&k,
			"a record that is as long as records of this kind mostly are, or longer");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct text t = {0};
		struct rfc_search_result r;
		struct err err;
		char where[32];
		text_add(&t, text_bytes(&k.log));
		text_str(&t, ends[i]);
		if (ends[i][0] == '\0')
			text_fill(&t, 'x', LINE_MAX_BYTES + 1);
		CHECK_INT(judge_try(text_bytes(&t), &model_sha256, &zeros, 1, k.value.v, &r, &err),
			-1);
		CHECK_INT(err.status, ST_FORMAT);
		snprintf(where, sizeof(where), "offset %zu:", k.log.n + strspn(ends[i], "\n"));
		CHECK(strncmp(err.msg, where, strlen(where)) == 0);
		rfc_search_clear(&r);
		text_free(&t);
	}
	kernel_close(&k);
}

/* A long log with direct lines, of which some failed, so that the search goes back. */
static void make_history(struct kernel *k)
{
	char record[80];
	kernel_open(k, &model_sha384, NULL);
	for (int i = 0; i < 12000; i++) {
		uint8_t d[48];
		snprintf(record, sizeof(record),
			"record %d of a history that is long enough for a thread", i);
		kernel_append_str(k, record);
		if (i % 1000 != 999)
			continue;
		dice_bytes(&dice, d, sizeof(d));
		kernel_direct(k, d, i == 4999);
		kernel_direct(k, d, false);
	}
}

static void test_replay(void)
{
	const struct model_digest zeros = {0};
	struct kernel k;
	struct rfc_search_result r;
	make_history(&k);
	judge_text(text_bytes(&k.log), k.hash, &zeros, 1, k.value.v, &r);
	CHECK_STR(verdict_name(r.verdict), "match");
	CHECK_U64(r.records, k.n_extended);
	for (size_t i = 0; i < k.n_direct; i++)
		CHECK(rfc_search_direct_is_real(&r, (off_t)k.direct[i].off) == k.direct[i].real);
	rfc_search_clear(&r);

	uint8_t other[48];
	dice_bytes(&dice, other, sizeof(other));
	judge_text(text_bytes(&k.log), k.hash, &zeros, 1, other, &r);
	CHECK_STR(verdict_name(r.verdict), "mismatch");
	rfc_search_clear(&r);

	kernel_hidden(&k, other);
	for (int i = 0; i < 3000; i++)
		kernel_append_str(
			&k, "a record after something that no log has; it is long enough, too");
	judge_text(text_bytes(&k.log), k.hash, &zeros, 1, k.value.v, &r);
	CHECK_STR(verdict_name(r.verdict), "mismatch");
	rfc_search_clear(&r);
	kernel_close(&k);
}

static void test_all(void)
{
	test_walks();
	test_not_to_the_end();
	test_damaged();
	test_replay();
}

int main(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();
	test_all();
	CPU_ZERO(&one);
	CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
	test_all();
	return 0;
}
