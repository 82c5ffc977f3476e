/* SPDX-License-Identifier: Apache-2.0 */
/* Both logs of the Confidential Containers attestation agent. */
#include "check.h"
#include "feed.h"

/* What the agent's own test measures for "domain operation content". */
static const char new_sha384[] = "dad5f0e226318ffa9839b75a472c6aa7fdb5834949d0a0a22990cf04d5692440"
				 "fb00f3aa0609db7e49cd8d793f670d02";
static const char new_sha256[] = "46df8dacf00a07d34a83cdf56d7978697790787cf2ba1432ef7c38f22cd96351";
static const char old_sha384[] = "26d944cb8d99096590252283b8c807b9508329b068703bdb7bac7eb6efe5b32f"
				 "c0fadf1462662b95d2c708aa49c0bfe1";
static const char example[] = "domain operation content";

static void add_event(struct text *t, uint32_t index, uint32_t tag_size, const char *text)
{
	text_le32(t, index);
	text_le32(t, 6);
	text_le32(t, 2);
	text_le16(t, 0x0c);
	text_unhex(t, new_sha384);
	text_le16(t, 0x0b);
	text_unhex(t, new_sha256);
	text_le32(t, (uint32_t)(8 + strlen(text)));
	text_str(t, "LEAA");
	text_le32(t, tag_size);
	text_str(t, text);
}

static void check_hashed(const struct log_event *ev)
{
	uint8_t d[48];
	model_hash2(&model_sha384, ev->hashed, (struct bytes){NULL, 0}, d);
	CHECK_BYTES(((struct bytes){d, 48}), ((struct bytes){ev->digest[0].d.v, 48}));
}

static void see_binary(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "EV_EVENT_TAG");
	CHECK(ev->extends && ev->has_type && ev->type == 6 && ev->n_digests == 2);
	CHECK_BYTES(ev->hashed, ev->data);
	if (ev->seq < 2) {
		CHECK_BYTES(ev->text, bytes_of(example));
		check_hashed(ev);
	} else {
		CHECK(ev->text.p == NULL);
	}
	CHECK_INT(ev->place, ev->seq == 1 ? PLACE_PCR : PLACE_CC_MR);
	CHECK_U64(ev->index, ev->seq == 1 ? 17 : 4);
}

static void test_binary(void)
{
	struct text t = {0};
	struct feed f;
	add_event(&t, 4, 24, example);
	add_event(&t, 17, 24, example);
	add_event(&t, 4, 25, example);
	add_event(&t, 4, 2, "\xff\xfe");
	feed_log(text_bytes(&t), NULL, see_binary, NULL, &f);
	CHECK(f.rc == 0 && f.n == 4);
	CHECK_STR(f.format, "aael");
	feed_cuts(text_bytes(&t), "aael");
	/* As it is in evidence. */
	text_fill(&t, '\xff', 8);
	feed_good(text_bytes(&t), NULL, "aael", 4);
	text_free(&t);
}

static void see_other(const struct log_event *ev, void *arg)
{
	(void)arg;
	if (ev->seq > 0)
		CHECK((ev->hashed.p != NULL) == (ev->type == 6) && ev->text.p == NULL);
}

/* Events of other types that are in it are just events; all data of a tagged one is hashed. */
static void test_foreign(void)
{
	struct text t = {0};
	struct feed f;
	add_event(&t, 4, 24, example);
	text_unhex(&t, "04000000 06000000 00000000 07000000 4c454141 000000");
	text_unhex(&t, "04000000 06000000 00000000 08000000 4c454142 00000000");
	text_unhex(&t, "04000000 05000000 00000000 08000000 4c454141 00000000");
	feed_log(text_bytes(&t), NULL, see_other, NULL, &f);
	CHECK(f.rc == 0 && f.n == 4);
	text_unhex(&t, "04000000 06000000 01000000 1000");
	feed_bad(text_bytes(&t), NULL, 4, "a digest of algorithm 0x0010");
	text_free(&t);
	feed_bad((struct bytes){NULL, 0}, "aael", 0, "no record");
}

static void see_line(const struct log_event *ev, void *arg)
{
	uint8_t d[48];
	CHECK_STR(ev->kind, ev->seq == 0 ? "INIT" : "record");
	CHECK(ev->extends && !ev->has_type && ev->n_digests == 1);
	CHECK(ev->place == PLACE_CC_MR && ev->index == 4);
	CHECK(ev->digest[0].d.alg == HASH_SHA384 && ev->digest[0].tcg_id == 0x0c);
	check_hashed(ev);
	if (ev->seq == 0)
		CHECK_BYTES(ev->hashed, bytes_of(arg));
	if (ev->seq != 1)
		return;
	CHECK_BYTES(ev->text, bytes_of(example));
	CHECK(hex_get(d, 48, bytes_of(old_sha384), false));
	CHECK_BYTES(((struct bytes){ev->digest[0].d.v, 48}), ((struct bytes){d, 48}));
}

static void check_lines(const char *start, const char *gap)
{
	struct text t = {0}, first = {0};
	struct feed f;
	text_fmt(&first, "%s%s", start, gap);
	text_fill(&first, '0', 96);
	text_add(&t, text_bytes(&first));
	text_fmt(&t, "\n%s\nsecond\nlast one here\n", example);
	text_char(&first, '\0');
	feed_log(text_bytes(&t), NULL, see_line, first.p, &f);
	CHECK(f.rc == 0 && f.n == 4);
	CHECK_STR(f.format, "aael");
	feed_cuts(text_bytes(&t), "aael");
	text_free(&t);
	text_free(&first);
}

static void check_bad_lines(const char *log, size_t n, const char *part)
{
	feed_bad(bytes_of(log), NULL, n, part);
}

static void test_lines(void)
{
	static const char zeros[] = "0000000000000000000000000000000000000000";
	static const char start[] = "offset 0: not 'INIT ALGORITHM/VALUE'";
	struct text t = {0};
	char line[4096];
	check_lines("INIT sha384", "/");
	check_lines("INIT/sha384", " ");
	check_bad_lines("INIT sha384/00\n", 0, start);
	check_bad_lines("INIT sha999/00\n", 0, start);
	check_bad_lines("INIT sha384\n", 0, start);
	check_bad_lines("INIT \n", 0, start);
	feed_bad(bytes_of("INIT\n"), "aael", 0, start);
	feed_bad(bytes_of("INITsha1/0000\n"), "aael", 0, start);
	snprintf(line, sizeof(line), "INIT sha1/%s\na\n\nb\n", zeros);
	check_bad_lines(line, 2, "offset 53: an empty line");
	snprintf(line, sizeof(line), "INIT sha1/%s", zeros);
	check_bad_lines(line, 0, "offset 0: the log ends within a line");

	text_fmt(&t, "INIT sha1/%s\n", zeros);
	text_fill(&t, 'x', 65536);
	text_char(&t, '\n');
	feed_good(text_bytes(&t), NULL, "aael", 2);
	t.n--;
	text_str(&t, "x\n");
	feed_bad(text_bytes(&t), NULL, 1, "offset 51: a line of more than 65536 bytes");
	text_free(&t);
}

int main(void)
{
	test_binary();
	test_foreign();
	test_lines();
	return 0;
}
