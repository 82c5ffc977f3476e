/* SPDX-License-Identifier: Apache-2.0 */
/* A log that is read ahead gives what the reader gives, on one processor and on more. */
#include <sched.h>
#include <unistd.h>

#include "check.h"
#include "feed.h"
#include "replay/readahead.h"
#include "formats/record_reader.h"
#include "formats/log_formats.h"

enum { ALTERED_EVERY = 7, LARGE = 3 * 1024 * 1024 };

/* An event of the agent, whose data must explain both digests; of some the second one is wrong. */
static void add_event(struct text *t, size_t seq, size_t size)
{
	uint8_t d[48], size_le[4] = {(uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16)};
	struct text data = {0};
	text_str(&data, "LEAA");
	text_add(&data, (struct bytes){size_le, 4});
	for (size_t i = 0; i < size; i++)
		text_char(&data, (char)('a' + (seq + i) % 26));
	text_le32(t, (uint32_t)(1 + seq % 4));
	text_le32(t, 6);
	text_le32(t, 2);
	text_le16(t, 0x0c);
	model_hash2(&model_sha384, text_bytes(&data), (struct bytes){NULL, 0}, d);
	text_add(t, (struct bytes){d, 48});
	text_le16(t, 0x0b);
	model_hash2(&model_sha256, text_bytes(&data), (struct bytes){NULL, 0}, d);
	if (seq % ALTERED_EVERY == 0)
		d[0] ^= 1;
	text_add(t, (struct bytes){d, 32});
	text_le32(t, (uint32_t)(8 + size));
	text_add(t, text_bytes(&data));
	text_free(&data);
}

static void check_view(struct bytes got, struct bytes want)
{
	CHECK((got.p == NULL) == (want.p == NULL));
	CHECK_BYTES(got, want);
}

static void check_same(const struct log_event *got, const struct log_event *want)
{
	CHECK(got->seq == want->seq && got->off == want->off && got->place == want->place);
	CHECK(got->index == want->index && got->extends == want->extends);
	CHECK_STR(got->reg, want->reg);
	CHECK_STR(got->kind, want->kind);
	check_view(got->data, want->data);
	check_view(got->hashed, want->hashed);
	check_view(got->text, want->text);
	check_view(got->time, want->time);
	check_view(got->note, want->note);
	CHECK_U64(got->n_digests, want->n_digests);
	for (size_t i = 0; i < got->n_digests; i++)
		CHECK(got->digest[i].tcg_id == want->digest[i].tcg_id &&
			digest_equal(&got->digest[i].d, &want->digest[i].d));
}

struct two {
	int fd;
	struct log_reader plain, read;
	struct readahead *ahead;
};

static void open_two(struct two *t, struct bytes log)
{
	struct err err;
	t->fd = memory_file(log);
	const struct log_format *aael = log_formats_by_name("aael");
	CHECK(log_formats_open(&t->plain, t->fd, aael, &err) == 0);
	CHECK(log_formats_open(&t->read, t->fd, aael, &err) == 0);
	CHECK(readahead_open(&t->ahead, &t->read, true, &err) == 0);
}

static void close_two(struct two *t)
{
	readahead_close(t->ahead);
	log_reader_close(&t->plain);
	log_reader_close(&t->read);
	close(t->fd);
}

/* Both ways to its end, or only so many events; returns how many there were. */
static size_t compare(struct bytes log, size_t most, int ends)
{
	static struct log_event want;
	struct two t;
	size_t n = 0;
	struct log_event *got;
	const enum explanation *of;
	struct err err = {0}, plain_err = {0};
	open_two(&t, log);
	while (n < most) {
		int rc = readahead_next(t.ahead, &got, &of, &err);
		CHECK_INT(rc, log_reader_next(&t.plain, &want, &plain_err));
		if (rc <= 0) {
			CHECK_INT(rc, ends);
			CHECK(rc == 0 || strcmp(err.msg, plain_err.msg) == 0);
			CHECK_INT(readahead_next(t.ahead, &got, &of, &err), ends);
			break;
		}
		check_same(got, &want);
		if (want.computed == HASH_NONE && want.n_digests == 2) {
			/* What one digest shows holds for all, whichever is asked about. */
			bool wrong = want.seq % ALTERED_EVERY == 0;
			CHECK_INT(of[0], wrong ? EXPLAINS_NOT : EXPLAINS);
			CHECK_INT(of[1], of[0]);
		} else {
			CHECK_INT(of[0], EXPLAINS);
		}
		n++;
	}
	close_two(&t);
	return n;
}

static void test_sizes(void)
{
	static const size_t counts[] = {1, 2, 300, 5000};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct text t = {0};
		for (size_t seq = 0; seq < counts[i]; seq++)
			add_event(&t, seq, seq % 300);
		CHECK_U64(compare(text_bytes(&t), SIZE_MAX, 0), counts[i]);
		/* Not to its end: with the thread wherever it is. */
		for (size_t most = 0; most < counts[i]; most += 1 + counts[i] / 5)
			CHECK_U64(compare(text_bytes(&t), most, 0), most);
		t.n -= 1;
		CHECK_U64(compare(text_bytes(&t), SIZE_MAX, -1), counts[i] - 1);
		text_free(&t);
	}
}

/* Events that are larger than a batch, at the front, between small ones, and at the end. */
static void test_large(void)
{
	struct text t = {0};
	for (size_t seq = 0; seq < 1001; seq++)
		add_event(&t, seq, seq % 500 == 0 ? LARGE : 100);
	CHECK_U64(compare(text_bytes(&t), SIZE_MAX, 0), 1001);
	text_free(&t);
}

static void test_computed(void)
{
	struct text t = {0};
	text_str(&t, "INIT sha384/");
	text_fill(&t, '0', 96);
	for (size_t i = 0; i < 5000; i++)
		text_str(&t, "\ndomain operation content");
	text_char(&t, '\n');
	CHECK_U64(compare(text_bytes(&t), SIZE_MAX, 0), 5001);
	text_free(&t);
}

static void test_all(void)
{
	test_sizes();
	test_large();
	test_computed();
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
