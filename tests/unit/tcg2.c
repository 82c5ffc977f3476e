/* SPDX-License-Identifier: Apache-2.0 */
/* Crypto-agile TCG logs: of confidential VMs, and of machines with a TPM. */
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "check.h"
#include "feed.h"
#include "formats/log_formats.h"

enum { SHA1_ID = 0x04, SHA256_ID = 0x0b, SHA384_ID = 0x0c, SM3_ID = 0x12, ALIEN_ID = 0x7777 };

/* Index and type, twenty zeros, size, signature, class, version 2.0, errata, uintnSize. */
static void add_header_start(struct text *t, uint32_t index, uint32_t size, uint8_t uintn)
{
	text_le32(t, index);
	text_le32(t, 3);
	text_fill(t, '\0', 20);
	text_le32(t, size);
	text_add(t, (struct bytes){(const uint8_t *)"Spec ID Event03", 16});
	text_unhex(t, "00000000 00 02 00");
	text_char(t, (char)uintn);
}

static void add_header_of(
	struct text *t, uint32_t index, size_t n, const uint16_t *id, const uint16_t *size)
{
	add_header_start(t, index, (uint32_t)(28 + 4 * n + 1), 2);
	text_le32(t, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		text_le16(t, id[i]);
		text_le16(t, size[i]);
	}
	text_char(t, '\0');
}

/* With the index that EDK2 gives it in a confidential VM. */
static void add_header(struct text *t, size_t n, const uint16_t *id, const uint16_t *size)
{
	add_header_of(t, 1, n, id, size);
}

static void add_sha384_header(struct text *t)
{
	add_header(t, 1, (const uint16_t[]){SHA384_ID}, (const uint16_t[]){48});
}

static void add_tpm_header(struct text *t)
{
	add_header_of(t, 0, 1, (const uint16_t[]){SHA384_ID}, (const uint16_t[]){48});
}

static void add_event(struct text *t, uint32_t index, uint32_t type, char fill, struct bytes data)
{
	text_le32(t, index);
	text_le32(t, type);
	text_le32(t, 1);
	text_le16(t, SHA384_ID);
	text_fill(t, fill, 48);
	text_le32(t, (uint32_t)data.n);
	text_add(t, data);
}

static void add_str_event(struct text *t, uint32_t index, uint32_t type, const char *data)
{
	add_event(t, index, type, 'd', bytes_of(data));
}

static void see_first(const struct log_event *ev, void *arg)
{
	struct bytes *log = arg;
	if (ev->seq == 0) {
		CHECK_STR(ev->kind, "EV_NO_ACTION");
		CHECK(!ev->extends && ev->has_type && ev->n_digests == 0);
		CHECK_U64(ev->index, 1);
		CHECK_BYTES(ev->data, ((struct bytes){log->p + 32, 33}));
		return;
	}
	CHECK_INT(ev->place, PLACE_CC_MR);
	CHECK_U64(ev->off, 65);
	CHECK_U64(ev->index, 2);
	CHECK_U64(ev->type, 4);
	CHECK_STR(ev->kind, "EV_SEPARATOR");
	CHECK(ev->extends && ev->has_type && ev->locality == -1);
	CHECK_U64(ev->n_digests, 1);
	CHECK_U64(ev->digest[0].tcg_id, SHA384_ID);
	CHECK_INT(ev->digest[0].d.alg, HASH_SHA384);
	CHECK(ev->digest[0].d.size == 48 && ev->digest[0].d.v[47] == 'd');
	CHECK_BYTES(ev->data, bytes_of("abcd"));
	CHECK(ev->hashed.p == NULL && ev->text.p == NULL && ev->time.p == NULL);
}

static void test_fields(void)
{
	struct text t = {0};
	struct feed f;
	add_sha384_header(&t);
	add_str_event(&t, 2, 4, "abcd");
	struct bytes log = text_bytes(&t);
	feed_log(log, NULL, see_first, &log, &f);
	CHECK(f.rc == 0 && f.n == 2);
	CHECK_STR(f.format, "ccel");
	CHECK_STR(f.note, "");
	text_free(&t);
}

static void see_banks(const struct log_event *ev, void *arg)
{
	(void)arg;
	if (ev->seq == 0)
		return;
	CHECK_U64(ev->n_digests, 3);
	CHECK(ev->digest[0].tcg_id == ALIEN_ID && ev->digest[0].d.alg == HASH_UNKNOWN);
	CHECK(ev->digest[0].d.size == 7 && ev->digest[0].d.v[6] == 'u');
	CHECK(ev->digest[1].d.alg == HASH_SM3 && ev->digest[1].d.size == 32);
	CHECK(ev->digest[2].tcg_id == 0x7778 && ev->digest[2].d.size == 0);
	CHECK_BYTES(ev->data, bytes_of("x"));
	CHECK_STR(ev->kind, "0x00001234");
}

/* Algorithms that nobody knows, one longer than any digest, keep the reader in step. */
static void test_banks(void)
{
	struct text t = {0};
	struct feed f;
	add_header(&t, 3, (const uint16_t[]){SM3_ID, ALIEN_ID, 0x7778},
		(const uint16_t[]){32, 7, 100});
	for (int i = 0; i < 2; i++) {
		text_le32(&t, 1);
		text_le32(&t, 0x1234);
		text_le32(&t, 3);
		text_le16(&t, ALIEN_ID);
		text_fill(&t, 'u', 7);
		text_le16(&t, SM3_ID);
		text_fill(&t, 's', 32);
		text_le16(&t, 0x7778);
		text_fill(&t, 'l', 100);
		text_le32(&t, 1);
		text_char(&t, 'x');
	}
	feed_log(text_bytes(&t), NULL, see_banks, NULL, &f);
	CHECK(f.rc == 0 && f.n == 3);
	feed_cuts(text_bytes(&t), "tpm");
	text_free(&t);

	/* Only SM3, in a header for 32 bits, with words of its vendor behind. */
	add_header_start(&t, 0, 36, 1);
	text_le32(&t, 1);
	text_le16(&t, SM3_ID);
	text_le16(&t, 32);
	text_unhex(&t, "03 61 62 63");
	text_unhex(&t, "01000000 04000000 01000000 1200");
	text_fill(&t, 's', 32);
	text_unhex(&t, "04000000 00000000");
	feed_good(text_bytes(&t), NULL, "ccel", 2);
	text_free(&t);
}

static void see_no_action(const struct log_event *ev, void *arg)
{
	bool tpm = *(bool *)arg;
	if (ev->type != 3)
		return;
	CHECK(!ev->extends);
	if (ev->seq == 2)
		CHECK_INT(ev->locality, tpm ? 3 : -1);
	else
		CHECK_INT(ev->locality, -1);
}

static void test_no_action(void)
{
	struct text t = {0};
	struct feed f;
	uint8_t value[48], zeros[48] = {0};
	add_sha384_header(&t);
	add_event(&t, 1, 3, 'x', bytes_of("SP800-155 Event3"));
	add_event(&t, 0, 3, '\0', (struct bytes){(const uint8_t *)"StartupLocality\0\3", 17});
	add_event(&t, 0, 3, '\0', (struct bytes){(const uint8_t *)"StartupLocality\0\3!", 18});
	add_event(&t, 1, 3, '\0', (struct bytes){(const uint8_t *)"StartupLocality\0\3", 17});
	for (int tpm = 0; tpm < 2; tpm++) {
		bool is_tpm = tpm != 0;
		feed_log(text_bytes(&t), tpm ? "tpm" : "ccel", see_no_action, &is_tpm, &f);
		CHECK(f.rc == 0 && f.n == 5);
	}
	feed_value(text_bytes(&t), "ccel", PLACE_CC_MR, 1, &model_sha384, value);
	CHECK(memcmp(value, zeros, 48) == 0);
	text_free(&t);
}

/* What is behind the last event, how many events there are then, and what is noted. */
static void check_end(const char *hex, size_t fill, char with, size_t n, const char *note)
{
	struct text t = {0};
	struct feed f;
	add_sha384_header(&t);
	add_str_event(&t, 1, 4, "abcd");
	text_unhex(&t, hex);
	text_fill(&t, with, fill);
	feed_log(text_bytes(&t), "ccel", NULL, NULL, &f);
	if (f.rc < 0 || f.n != n || (*note == '\0' ? f.note[0] != '\0' : !strstr(f.note, note)))
		check_failed(__FILE__, __LINE__,
			"%s, %zu times %02x: %d, %zu events, note \"%s\", %s", hex, fill,
			(unsigned char)with, f.rc, f.n, f.note, f.rc < 0 ? f.err.msg : "");
	text_free(&t);
}

static void check_no_end(const char *hex)
{
	struct text t = {0};
	add_sha384_header(&t);
	add_str_event(&t, 1, 4, "abcd");
	text_unhex(&t, hex);
	feed_bad(text_bytes(&t), "ccel", 2, "offset 1");
	text_free(&t);
}

static void test_ends(void)
{
	static const char zeros[] = "ends at offset 135, where zeros start";
	static const char no_padding[] =
		"ends at offset 135, but the bytes after it are not padding";
	for (size_t n = 0; n < 30; n++) {
		check_end("", n, '\xff', 2, "");
		check_end("", n, '\0', 2, n > 0 ? zeros : "");
	}
	check_end("", 200000, '\xff', 2, "");
	check_end("", 200000, '\0', 2, zeros);
	check_end("ffffffff ffffffff", 200000, '\0', 2, no_padding);
	check_end("ffffffff ffffffff 00", 0, '\0', 2, no_padding);
	check_end("000000000000000000000000 01", 0, '\0', 2, no_padding);
	/* Index 0 alone is no end: eleven zeros, and a digest. */
	check_no_end("0000000000000000000000 01");
	check_no_end("00000001");
	check_no_end("0000ff");
	check_no_end("ffff00");
	check_no_end("ffffffff 00");
	check_no_end("ffffffff ffffff00");
	check_no_end("01");
}

static void see_last(const struct log_event *ev, void *arg)
{
	char room[EVENT_REG_ROOM], *last = arg;
	const char *name = event_register(ev, room);
	strlcpy(last, name != NULL ? name : "-", EVENT_REG_ROOM);
	if (ev->seq == 2) {
		CHECK_U64(ev->index, UINT32_MAX);
		CHECK_STR(last, "-");
	}
}

/* Windows writes events of index 0xffffffff; the log goes on behind one. */
static void test_index_of_ones(void)
{
	struct text t = {0};
	struct feed f;
	char last[EVENT_REG_ROOM];
	add_sha384_header(&t);
	add_str_event(&t, 1, 4, "abcd");
	add_str_event(&t, UINT32_MAX, 3, "trust point");
	add_str_event(&t, 2, 4, "abcd");
	feed_log(text_bytes(&t), "ccel", see_last, last, &f);
	CHECK(f.rc == 0 && f.n == 4);
	CHECK_STR(f.note, "");
	CHECK_STR(last, "rtmr1");
	feed_log(text_bytes(&t), "tpm", see_last, last, &f);
	CHECK(f.rc == 0 && f.n == 4);
	CHECK_STR(last, "pcr2");
	text_free(&t);
}

/* An index in the range of NV indices is one, in the log of a TPM. */
static void test_nv_index(void)
{
	struct text t = {0};
	struct feed f;
	char last[EVENT_REG_ROOM];
	for (uint32_t type = 3; type < 5; type++) {
		add_sha384_header(&t);
		add_str_event(&t, 0x01c40200, type, "NvIndexInstance");
		feed_log(text_bytes(&t), "tpm", see_last, last, &f);
		CHECK(f.rc == 0 && f.n == 2);
		CHECK_STR(f.note, "");
		CHECK_STR(last, "nv0x01c40200");
		feed_log(text_bytes(&t), "ccel", see_last, last, &f);
		CHECK(f.rc == 0 && f.n == 2);
		CHECK_STR(last, type == 3 ? "-" : "ccmr29622784");
		text_free(&t);
	}
}

static void test_real_data_at_end(void)
{
	struct text t = {0};
	add_sha384_header(&t);
	add_event(&t, 0, 3, '\0', bytes_of("no end"));
	add_event(&t, 1, 4, 'd', (struct bytes){(const uint8_t *)"\xff\xff\xff\xff", 4});
	feed_good(text_bytes(&t), NULL, "ccel", 3);
	text_fill(&t, '\xff', 64);
	feed_good(text_bytes(&t), NULL, "ccel", 3);
	text_free(&t);
}

static void test_malformed(void)
{
	struct text t = {0};
	static const char *const tails[][2] = {
		{"01000000 04000000 11000000", "offset 73: an event with 17 digests, 16 at most"},
		{"01000000 04000000 ffffffff", "offset 73: an event with 4294967295 digests"},
		{"01000000 04000000 01000000 2700",
			"offset 77: a digest of algorithm 0x0027, whose size the log does not say"},
		{"01000000 04000000 00000000 ffffffff",
			"offset 77: an event of 4294967295 bytes, 4194304 at most"},
		{"01000000 04000000 00000000 01004000", "offset 77: an event of 4194305 bytes"},
		{"01000000 04000000 00000000 00004000",
			"offset 81: the log ends within the record that starts at offset 65"},
	};
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		add_sha384_header(&t);
		text_unhex(&t, tails[i][0]);
		feed_bad(text_bytes(&t), NULL, 1, tails[i][1]);
		text_free(&t);
	}
	add_sha384_header(&t);
	text_unhex(&t, "01000000 04000000 02000000 0c00");
	text_fill(&t, 'a', 48);
	text_le16(&t, SHA384_ID);
	text_fill(&t, 'b', 48);
	text_le32(&t, 0);
	feed_bad(text_bytes(&t), NULL, 1, "offset 127: two digests of algorithm 0x000c");
	text_free(&t);

	/* Digests that no hash has, and the largest event behind one, are too much together. */
	add_header(&t, 1, (const uint16_t[]){ALIEN_ID}, (const uint16_t[]){65535});
	text_unhex(&t, "01000000 04000000 01000000 7777");
	text_fill(&t, 'a', 65535);
	text_le32(&t, EVENT_DATA_MAX);
	feed_bad(text_bytes(&t), NULL, 1, "offset 65: a record of more than");
	text_free(&t);
}

static void check_header(size_t n, const uint16_t *id, const uint16_t *size, const char *part)
{
	struct text t = {0};
	add_header(&t, n, id, size);
	feed_bad(text_bytes(&t), NULL, 0, part);
	text_free(&t);
}

/* A log without claims, and no damage: only a note says that it ends there. */
static void check_only_header(struct bytes log, const char *format)
{
	struct feed f;
	feed_good(log, NULL, format, 1);
	feed_log(log, NULL, NULL, NULL, &f);
	CHECK_STR(f.note, "the log contains only a header");
}

static void test_header(void)
{
	struct text t = {0};
	uint16_t ids[17], sizes[17];
	for (uint16_t i = 0; i < 17; i++) {
		ids[i] = (uint16_t)(0x1000 + i);
		sizes[i] = 5;
	}
	check_header(17, ids, sizes, "offset 56: 17 algorithms, 16 at most");
	check_header(2, (const uint16_t[]){SHA256_ID, SHA256_ID}, (const uint16_t[]){32, 32},
		"offset 64: algorithm 0x000b appears twice");
	check_header(1, (const uint16_t[]){SHA384_ID}, (const uint16_t[]){32},
		"offset 60: 32 bytes for sha384, not 48");
	add_header(&t, 16, ids, sizes);
	check_only_header(text_bytes(&t), "ccel");
	text_free(&t);

	/* As many algorithms as the event has no room for. */
	add_header_start(&t, 0, 28, 2);
	text_le32(&t, 1);
	feed_bad(text_bytes(&t), NULL, 0, "offset 56: 1 algorithms");
	text_free(&t);
	add_header_start(&t, 0, 28, 2);
	text_le32(&t, 0x40000001);
	text_unhex(&t, "0c003000");
	feed_bad(text_bytes(&t), NULL, 0, "offset 56: 1073741825 algorithms");
	text_free(&t);
	add_header_start(&t, 0, 27, 2);
	text_le32(&t, 0);
	feed_bad(text_bytes(&t), NULL, 0, "offset 28: a Spec ID event of 27 bytes");
	text_free(&t);
	add_header_start(&t, 0, UINT32_MAX, 2);
	text_le32(&t, 0);
	feed_bad(text_bytes(&t), NULL, 0, "offset 28: an event of 4294967295 bytes");
	text_free(&t);

	add_str_event(&t, 1, 4, "abcd");
	feed_bad(text_bytes(&t), "ccel", 0, "offset 0: no Spec ID event");
	feed_bad(text_bytes(&t), NULL, 0, "no log of a known format");
	feed_bad((struct bytes){t.p, 0}, "ccel", 0, "no log: there is no record in it");
	text_free(&t);
}

static void add_old(struct text *t, uint32_t index, uint32_t type, char fill, struct bytes data)
{
	text_le32(t, index);
	text_le32(t, type);
	text_fill(t, fill, 20);
	text_le32(t, (uint32_t)data.n);
	text_add(t, data);
}

static void see_old(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_INT(ev->place, PLACE_PCR);
	CHECK_U64(ev->n_digests, 1);
	CHECK_U64(ev->digest[0].tcg_id, 4);
	CHECK(ev->digest[0].d.alg == HASH_SHA1 && ev->digest[0].d.size == 20);
	CHECK(ev->has_type && ev->extends == (ev->type != 3));
	if (ev->type != 3) {
		CHECK_U64(ev->index, ev->seq);
		CHECK_STR(ev->kind, "EV_S_CRTM_VERSION");
		CHECK_BYTES(ev->data, bytes_of("hello"));
	} else {
		CHECK_INT(ev->locality, ev->data.n == 17 ? 3 : -1);
	}
}

/* Logs of TCG 1.2, with each start that there is. */
static void test_old_logs(void)
{
	static const struct bytes starts[] = {
		{(const uint8_t *)"", 0},
		{(const uint8_t *)"StartupLocality\0\3", 17},
		{(const uint8_t *)"Spec ID Event02\0\0\0\0\0\2\1\0\2\0", 26},
		{(const uint8_t *)"Spec ID Event00\0\0\0\0\0\2\1\0\2\0", 26},
	};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct text t = {0};
		struct feed f;
		uint32_t first = starts[i].n > 0;
		if (first)
			add_old(&t, 0, 3, '\0', starts[i]);
		for (uint32_t k = first; k < first + 3; k++)
			add_old(&t, k, 8, 'd', bytes_of("hello"));
		feed_log(text_bytes(&t), NULL, see_old, NULL, &f);
		CHECK(f.rc == 0 && f.n == first + 3);
		CHECK_STR(f.format, "tpm");
		CHECK_STR(f.note, "");
		feed_cuts(text_bytes(&t), "tpm");
		text_fill(&t, '\xff', 4096);
		feed_good(text_bytes(&t), NULL, "tpm", first + 3);
		feed_bad(text_bytes(&t), "ccel", 0, "offset 0: no Spec ID event");
		text_free(&t);
	}
}

/* What only looks like one. */
static void test_no_old_log(void)
{
	struct text t = {0};
	add_old(&t, 0, 8, 'd', bytes_of("hello"));
	add_old(&t, 0, 0x77, 'd', bytes_of("hello"));
	feed_bad(text_bytes(&t), NULL, 0, "no log of a known format");
	text_free(&t);
	add_old(&t, 24, 8, 'd', bytes_of("hello"));
	feed_bad(text_bytes(&t), NULL, 0, "no log of a known format");
	text_free(&t);
	add_old(&t, 0, 8, '\0', bytes_of("hello"));
	feed_bad(text_bytes(&t), NULL, 0, "no log of a known format");
	text_free(&t);
	add_old(&t, 0, 3, '\0', bytes_of("hello"));
	feed_bad(text_bytes(&t), NULL, 0, "no log of a known format");
	text_free(&t);
	text_fill(&t, '\0', 8192);
	feed_bad(text_bytes(&t), NULL, 0, "no log of a known format");
	text_free(&t);
}

static void see_place(const struct log_event *ev, void *arg)
{
	*(enum place *)arg = ev->place;
}

/* The header's index and bank, and the indexes of what follows; 'n' before one: it never extends. */
struct kind_case {
	uint32_t header;
	uint16_t alg;
	const char *events;
	const char *format;
	bool guessed;
};

static const struct kind_case kind_cases[] = {
	{0, SHA384_ID, "1234", "ccel", false},
	{0, SHA384_ID, "05", "tpm", false},
	{0, SHA384_ID, "15", "tpm", true},
	{0, SHA384_ID, "01", "ccel", true},
	{0, SHA256_ID, "01", "tpm", true},
	{0, SHA384_ID, "1n71", "ccel", false},
	{0, SHA384_ID, "1n0", "ccel", false},
	{0, SHA384_ID, "n9", "ccel", false},
	{0, SHA384_ID, "", "ccel", false},
	{0, SHA256_ID, "1234", "ccel", true},
	{0, SHA256_ID, "057", "tpm", false},
	{0, SHA1_ID, "14", "tpm", false},
	{0, SHA1_ID, "", "tpm", false},
	/* EDK2's header of a CCEL: an odd index is damage. */
	{1, SHA384_ID, "05", "ccel", false},
	{1, SHA256_ID, "14", "ccel", false},
	{1, SHA1_ID, "14", "tpm", false},
};

static void add_bank_event(struct text *t, uint32_t index, uint32_t type, uint16_t alg)
{
	text_le32(t, index);
	text_le32(t, type);
	text_le32(t, 1);
	text_le16(t, alg);
	text_fill(t, 'd', alg == SHA1_ID ? 20 : alg == SHA256_ID ? 32 : 48);
	text_le32(t, 0);
}

/* Whether a log is of PCRs or of CC MRs, and whether that is a guess. */
static void test_kinds(void)
{
	for (size_t i = 0; i < sizeof(kind_cases) / sizeof(kind_cases[0]); i++) {
		const struct kind_case *c = &kind_cases[i];
		uint16_t size = c->alg == SHA1_ID ? 20 : c->alg == SHA256_ID ? 32 : 48;
		struct text t = {0};
		struct feed f;
		add_header_of(&t, c->header, 1, &c->alg, &size);
		for (const char *e = c->events; *e != '\0'; e++) {
			uint32_t type = *e == 'n' ? 3 : 4;
			e += *e == 'n';
			add_bank_event(&t, (uint32_t)(*e - '0'), type, c->alg);
		}
		feed_log(text_bytes(&t), NULL, NULL, NULL, &f);
		if (f.rc < 0 || strcmp(f.format, c->format) != 0 || f.guessed != c->guessed)
			check_failed(__FILE__, __LINE__, "%zu: %s, %s", i, f.format,
				f.guessed ? "guessed" : "sure");
		text_free(&t);
	}
}

/* An index over 4 `before` bytes down the log. */
static void check_kind(size_t before, const char *format)
{
	struct text t = {0};
	struct feed f;
	enum place place;
	uint8_t *data = calloc(1, 50000);
	CHECK(data != NULL);
	add_tpm_header(&t);
	while (t.n < before)
		add_event(&t, 4, 4, 'd', (struct bytes){data, 50000});
	add_str_event(&t, 7, 4, "x");
	feed_log(text_bytes(&t), NULL, see_place, &place, &f);
	CHECK(f.rc == 0);
	CHECK_STR(f.format, format);
	CHECK_INT(place, strcmp(format, "tpm") == 0 ? PLACE_PCR : PLACE_CC_MR);
	if (place == PLACE_PCR)
		CHECK_STR(f.note, "");
	else
		CHECK(strstr(f.note, "CC MR with index 7 does not exist") != NULL);
	text_free(&t);
	free(data);
}

static void test_which(void)
{
	check_kind(0, "tpm");
	check_kind(6000, "tpm");
	check_kind(500000, "tpm");
	check_kind(1500000, "ccel");
	/* A log that is damaged behind what tells is still of its kind. */
	struct text t = {0};
	struct feed f;
	add_tpm_header(&t);
	add_str_event(&t, 9, 4, "x");
	text_unhex(&t, "05");
	feed_log(text_bytes(&t), NULL, NULL, NULL, &f);
	CHECK(f.rc < 0 && f.n == 2);
	CHECK_STR(f.format, "tpm");
	text_free(&t);

	add_sha384_header(&t);
	add_str_event(&t, 24, 4, "x");
	add_str_event(&t, 25, 4, "x");
	feed_log(text_bytes(&t), "tpm", NULL, NULL, &f);
	CHECK(f.rc == 0 && f.n == 3);
	CHECK_STR(f.note, "offset 65: PCR 24 does not exist");
	text_free(&t);
}

static void test_cuts(void)
{
	struct text t = {0};
	add_sha384_header(&t);
	add_str_event(&t, 0, 3, "first");
	add_str_event(&t, 1, 0x80000001, "second");
	add_str_event(&t, 4, 4, "");
	add_str_event(&t, 2, 0x12345678, "\xff\xff\xff");
	feed_cuts(text_bytes(&t), "ccel");
	text_fill(&t, '\xff', 50);
	feed_cuts(text_bytes(&t), "ccel");
	text_free(&t);
}

/* Events of up to 4 MiB; the reader comes back to the first one. */
static void test_large(void)
{
	struct text t = {0};
	struct log_reader r;
	static struct log_event ev;
	struct err err;
	size_t n = EVENT_DATA_MAX;
	uint8_t *data = calloc(1, n);
	CHECK(data != NULL);
	data[n - 1] = 'z';
	add_sha384_header(&t);
	add_event(&t, 1, 4, 'd', (struct bytes){data, n});
	add_event(&t, 2, 4, 'e', bytes_of("small"));
	int fd = memory_file(text_bytes(&t));
	CHECK(log_formats_open(&r, fd, NULL, &err) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(log_reader_next(&r, &ev, &err) == 1);
		CHECK(log_reader_next(&r, &ev, &err) == 1);
		CHECK_BYTES(ev.data, ((struct bytes){data, n}));
		CHECK(log_reader_next(&r, &ev, &err) == 1);
		CHECK_BYTES(ev.data, bytes_of("small"));
		CHECK(log_reader_next(&r, &ev, &err) == 0);
		CHECK(log_reader_rewind(&r, &err) == 0);
	}
	log_reader_close(&r);
	close(fd);
	text_free(&t);
	free(data);
}

int main(void)
{
	test_fields();
	test_banks();
	test_no_action();
	test_ends();
	test_index_of_ones();
	test_nv_index();
	test_real_data_at_end();
	test_malformed();
	test_header();
	test_old_logs();
	test_no_old_log();
	test_kinds();
	test_which();
	test_cuts();
	test_large();
	return 0;
}
