/* SPDX-License-Identifier: Apache-2.0 */
/* What one pass over a text log says, against a model of the kernel that knows the truth. */
#include "replay/rfc_walk.h"

#include <unistd.h>

#include "check.h"
#include "judge.h"

static struct dice dice = {11};

static struct rfc_walk walk(const struct kernel *k, const struct model_digest *shown)
{
	struct digest v = digest_from(k->hash, shown->v);
	struct rfc_walk ret;
	struct rfc_log log;
	struct hasher *h;
	struct err err = {0};
	int fd = memory_file(text_bytes(&k->log));
	CHECK_INT(hasher_open(&h, v.alg, &err), 0);
	CHECK_INT(rfc_log_open(&log, fd, v.alg, &err), 0);
	if (rfc_walk(&log, h, &v, &ret, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
	rfc_log_close(&log);
	hasher_close(h);
	close(fd);
	return ret;
}

static void check_true(const struct kernel *k, const struct model_digest *shown, bool exact)
{
	struct rfc_walk w = walk(k, shown);
	struct digest truth = digest_from(k->hash, k->value.v);
	if (w.sync != RFC_WALK_SYNC_MAYBE)
		CHECK_INT(w.sync, k->in_sync ? RFC_WALK_SYNC_DONE : RFC_WALK_SYNC_DUE);
	if (w.end != RFC_WALK_UNKNOWN)
		CHECK(digest_equal(&w.value, &truth));
	if (exact) {
		CHECK(w.sync != RFC_WALK_SYNC_MAYBE);
		CHECK_INT(w.end, RFC_WALK_SHOWN);
	}
}

static void test_by_hand(void)
{
	struct kernel k;
	uint8_t d[MODEL_SIZE_MAX] = {7};
	struct model_digest before;
	kernel_open(&k, &model_sha256, NULL);
	check_true(&k, &k.value, true);
	kernel_direct(&k, d, false);
	kernel_direct(&k, d, true);
	check_true(&k, &k.value, true); /* never in sync: which of them failed is all the same */
	kernel_append_str(&k, "a");
	check_true(&k, &k.value, true);
	before = k.value;
	kernel_append_str(&k, "# .EXTEND "
			      "0000000000000000000000000000000000000000000000000000000000000000");
	check_true(&k, &k.value, true);
	kernel_append_str(&k, "b");
	CHECK_INT(walk(&k, &before).end, RFC_WALK_AHEAD);
	check_true(&k, &before, false);
	kernel_direct(&k, d, true);
	check_true(&k, &k.value, true);
	kernel_direct(&k, d, false);
	check_true(&k, &k.value, true);
	kernel_direct(&k, d, true);
	CHECK_INT(walk(&k, &k.value).sync, RFC_WALK_SYNC_MAYBE);
	CHECK_INT(walk(&k, &k.value).end, RFC_WALK_UNKNOWN);
	kernel_append_str(&k, "c");
	check_true(&k, &k.value, true);
	kernel_hidden(&k, d);
	CHECK_INT(walk(&k, &k.value).end, RFC_WALK_UNKNOWN);
	CHECK_INT(walk(&k, &k.value).sync, RFC_WALK_SYNC_DONE);
	kernel_close(&k);
}

static void step(struct kernel *k, bool *fails)
{
	static const char *const records[] = {"one", "two\nthree", "# note", "\n\n", "x\n# y\nz"};
	uint8_t d[MODEL_SIZE_MAX];
	if (dice_one_in(&dice, 2)) {
		kernel_append(k, (struct bytes){(const uint8_t *)records[0], strlen(records[0])},
			dice_one_in(&dice, 5) ? dice_below(&dice, 2) : SIZE_MAX);
		kernel_append_str(k, records[dice_below(&dice, 5)]);
		*fails = false;
		return;
	}
	dice_bytes(&dice, d, sizeof(d));
	bool fail = dice_one_in(&dice, 3);
	*fails = *fails || (fail && !k->in_sync);
	kernel_direct(k, d, fail);
}

/* Honest kernels: nothing false is ever said, and without a failed direct extend in the last run
 * nothing is left open. */
static void test_random(void)
{
	for (int i = 0; i < 3000; i++) {
		struct kernel k;
		bool fails = false;
		uint8_t name[MODEL_SIZE_MAX] = "rtmr0";
		kernel_open(&k, &model_sha384, dice_one_in(&dice, 2) ? name : NULL);
		for (size_t n = dice_below(&dice, 30); n > 0; n--) {
			step(&k, &fails);
			check_true(&k, &k.value, !fails);
		}
		kernel_close(&k);
	}
}

/* One hash per direct line, two per record, whatever failed. */
static void test_cost(void)
{
	struct kernel k;
	kernel_open(&k, &model_sha384, NULL);
	kernel_append_str(&k, "a");
	for (size_t i = 0; i < 600; i++) {
		uint8_t d[MODEL_SIZE_MAX];
		dice_bytes(&dice, d, sizeof(d));
		kernel_direct(&k, d, i == 200 || i == 400);
	}
	uint64_t before = hashes_done;
	walk(&k, &k.value);
	/* and what a hasher hashes to see that it is right when it is opened */
	CHECK(hashes_done - before <= 2 * 2 + 600 + 4);
	kernel_close(&k);
}

int main(void)
{
	count_hashes();
	test_by_hand();
	test_random();
	test_cost();
	return 0;
}
