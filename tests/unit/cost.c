/* SPDX-License-Identifier: Apache-2.0 */
/* What a replay costs, in hashes: no clock is read. */
#include "check.h"
#include "judge.h"

static const struct model_digest zeros;
static struct dice dice = {6};

static const uint8_t *random_digest(void)
{
	static uint8_t d[MODEL_SIZE_MAX];
	dice_bytes(&dice, d, sizeof(d));
	return d;
}

/* The hashes that a replay of this register takes. */
static uint64_t cost_of(const struct kernel *k, const struct model_digest *starts, size_t n)
{
	struct rfc_search_result r;
	judge_text((struct bytes){NULL, 0}, k->hash, starts, n, k->value.v, &r);
	rfc_search_clear(&r);
	uint64_t before = hashes_done;
	judge_text(text_bytes(&k->log), k->hash, starts, n, k->value.v, &r);
	CHECK_STR(verdict_name(r.verdict), "match");
	CHECK_U64(r.records, k->n_extended);
	rfc_search_clear(&r);
	return hashes_done - before;
}

static void records(struct kernel *k, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kernel_append_str(k, "a record as there are many");
}

static void directs(struct kernel *k, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kernel_direct(k, random_digest(), false);
}

/* These, and at most the one with which a thread tries its hasher. */
static void check_cost(uint64_t cost, uint64_t want)
{
	CHECK(cost == want || cost == want + 1);
}

/* Two hashes a record, one a direct line; nothing else. */
static void test_honest(void)
{
	struct kernel k;
	kernel_open(&k, &model_sha384, NULL);
	records(&k, 20000);
	check_cost(cost_of(&k, &zeros, 1), UINT64_C(2) * 20001);
	directs(&k, 3);
	records(&k, 10);
	check_cost(cost_of(&k, &zeros, 1), UINT64_C(2) * 20012 + 3);
	kernel_close(&k);

	kernel_open(&k, &model_sha384, NULL);
	for (size_t i = 0; i < 500; i++) {
		directs(&k, 1 + i % 7);
		records(&k, 1 + i % 3);
	}
	CHECK(cost_of(&k, &zeros, 1) <= 2 * k.n_extended);
	kernel_close(&k);
}

/* 10,000 lines that extended, at most three hashes each, wherever they stand. */
static void test_long_run(void)
{
	for (int behind = 0; behind < 2; behind++) {
		struct kernel k;
		kernel_open(&k, &model_sha384, NULL);
		if (behind)
			records(&k, 5);
		directs(&k, 10000);
		CHECK(cost_of(&k, &zeros, 1) <= UINT64_C(3) * 10000);
		records(&k, 1);
		CHECK(cost_of(&k, &zeros, 1) <= UINT64_C(3) * 10000);
		kernel_close(&k);
	}
}

/* Of a register that starts with its name, the other start is no detour where the log names it. */
static void test_named_start(void)
{
	struct model_digest starts[2] = {{""}, {"rtmr1"}};
	struct kernel k;
	kernel_open(&k, &model_sha384, starts[1].v);
	records(&k, 1000);
	for (int i = 0; i < 20; i++) {
		directs(&k, 300);
		records(&k, 1);
	}
	CHECK(cost_of(&k, starts, 2) <= 2 * k.n_extended);
	kernel_close(&k);
}

int main(void)
{
	count_hashes();
	test_honest();
	test_long_run();
	test_named_start();
	return 0;
}
