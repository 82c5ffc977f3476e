/* SPDX-License-Identifier: Apache-2.0 */
/* Logs made by hand for each sentence of the rule by which a log is replayed. */
#include "replay/rfc_search.h"

#include <unistd.h>

#include "check.h"
#include "judge.h"

static const struct model_hash *const hash = &model_sha256;
static const struct model_digest zeros;

/* A digest that is only this one. */
static const uint8_t *digest(int name)
{
	static struct model_digest d;
	memset(d.v, 0, sizeof(d.v));
	snprintf((char *)d.v, sizeof(d.v), "\xab%d", name);
	return d.v;
}

static void extend(struct model_digest *value, const uint8_t *d)
{
	model_hash2(hash, (struct bytes){value->v, hash->size}, (struct bytes){d, hash->size},
		value->v);
}

static void extend_record(struct model_digest *value, const char *line)
{
	uint8_t d[MODEL_SIZE_MAX];
	model_hash2(hash, bytes_of(line), (struct bytes){0}, d);
	extend(value, d);
}

static struct text line; /* the one that is being put together */

static const char *line_end(void)
{
	text_char(&line, '\0');
	return (const char *)line.p;
}

static const char *sync_line(const struct model_digest *stated)
{
	line.n = 0;
	text_fmt(&line, "SYNC %s/", hash->name);
	text_hex(&line, (struct bytes){stated->v, hash->size});
	return line_end();
}

static const char *direct_line(int name)
{
	line.n = 0;
	text_str(&line, "# .EXTEND ");
	text_hex(&line, (struct bytes){digest(name), hash->size});
	return line_end();
}

static void judged_from(const struct model_digest *start, size_t n, struct bytes log,
	const struct model_digest *target, enum verdict want, struct rfc_search_result *ret)
{
	judge_text(log, hash, start, n, target->v, ret);
	if (ret->verdict != want)
		check_failed(__FILE__, __LINE__, "%s, not %s:\n%.*s", verdict_name(ret->verdict),
			verdict_name(want), (int)log.n, (const char *)log.p);
	if (want == VERDICT_MATCH || want == VERDICT_UNTOUCHED || want == VERDICT_PARTIAL)
		CHECK_BYTES(digest_bytes(&ret->value), ((struct bytes){target->v, hash->size}));
}

/* Nothing but the verdict. */
static void gives(const struct text *log, const struct model_digest *target, enum verdict want)
{
	struct rfc_search_result r;
	judged_from(&zeros, 1, text_bytes(log), target, want, &r);
	rfc_search_clear(&r);
}

/* The log that the kernel has now explains the register, line for line as it was. */
static void is_true(const struct kernel *k, enum verdict want, struct rfc_search_result *ret)
{
	struct text_claim c;
	judged_from(&k->start, 1, text_bytes(&k->log), &k->value, want, ret);
	CHECK_U64(ret->records, k->n_extended);
	CHECK_U64(ret->matched, k->n_extended);
	CHECK_INT(ret->in_sync, k->in_sync);
	CHECK_INT(ret->place, -1);
	CHECK(!ret->resumes);
	for (size_t i = 0; i < k->n_direct; i++)
		CHECK_INT(
			rfc_search_direct_is_real(ret, (off_t)k->direct[i].off), k->direct[i].real);
	claim_of(text_bytes(&k->log), hash, ret, &c);
	CHECK_U64(c.n, k->n_extended);
	for (size_t i = 0; i < c.n; i++)
		CHECK(memcmp(c.d[i].v, k->extended[i].v, hash->size) == 0);
	claim_free(&c);
}

static void is_match(const struct kernel *k, uint64_t untrue)
{
	struct rfc_search_result r;
	is_true(k, VERDICT_MATCH, &r);
	CHECK_U64(r.untrue, untrue);
	rfc_search_clear(&r);
}

static void test_untouched(void)
{
	struct kernel k;
	struct rfc_search_result r;
	kernel_open(&k, hash, NULL);
	is_true(&k, VERDICT_UNTOUCHED, &r);
	CHECK_U64(r.n_runs, 0);
	CHECK_U64(r.untrue, 0);
	rfc_search_clear(&r);
	for (int i = 1; i < 6; i++) {
		/* Logged, never extended: the register is as it was. */
		kernel_direct(&k, digest(i), true);
		is_true(&k, VERDICT_UNTOUCHED, &r);
		CHECK_U64(r.untrue, (uint64_t)i);
		CHECK_INT(r.untrue_off, 0);
		rfc_search_clear(&r);
	}
	kernel_close(&k);

	struct text log = {0};
	text_str(&log, "# a comment\n\n# .EXTEND deadbeef\n");
	judged_from(&zeros, 1, text_bytes(&log), &zeros, VERDICT_UNTOUCHED, &r);
	CHECK(r.in_sync);
	rfc_search_clear(&r);
	struct model_digest other = {"other"};
	gives(&log, &other, VERDICT_MISMATCH);
	text_free(&log);
}

static void test_fresh(void)
{
	struct kernel k;
	struct rfc_search_result r;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "first event\n");
	is_match(&k, 0);
	kernel_append_str(&k, "second event");
	kernel_append_str(&k, "l1\nl2\nl3\n");
	is_match(&k, 0);
	kernel_append_str(&k, "\n\n\n");
	kernel_append_str(&k, "\n\n# comment\n  a \r\r\n\nb\xa0\n");
	kernel_append(
		&k, (struct bytes){(const uint8_t *)"nul\0mid\0\n\x7f\xff\x80", 12}, SIZE_MAX);
	kernel_append_str(&k, "SYNC");
	kernel_append_str(&k, "SYNCX");
	kernel_append_str(&k, "# .EXTEND deadbeef");
	is_match(&k, 0);
	CHECK_U64(k.n_extended, 1 + 5 + 2 + 2 + 2);
	is_true(&k, VERDICT_MATCH, &r);
	CHECK_U64(r.n_runs, 0);
	rfc_search_clear(&r);
	kernel_close(&k);

	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "\n");
	CHECK_U64(k.n_extended, 1);
	is_match(&k, 0);
	kernel_close(&k);
}

static void test_direct_first(void)
{
	struct kernel k;
	kernel_open(&k, hash, NULL);
	for (int i = 0; i < 4; i++) {
		kernel_direct(&k, digest(i), false);
		is_match(&k, 0);
	}
	kernel_append_str(&k, "hello");
	is_match(&k, 0);
	kernel_direct(&k, digest(7), false);
	is_match(&k, 0);
	kernel_direct(&k, digest(7), false);
	is_match(&k, 0);
	kernel_append_str(&k, "a\nb");
	kernel_direct(&k, digest(8), false);
	kernel_append_str(&k, "c");
	is_match(&k, 0);
	struct rfc_search_result r;
	is_true(&k, VERDICT_MATCH, &r);
	CHECK_U64(r.n_runs, 3);
	for (size_t i = 0; i < r.n_runs; i++)
		CHECK_U64(r.runs[i].n_failed, 0);
	CHECK_INT(r.runs[0].first, 0);
	CHECK(r.runs[0].end <= r.runs[1].first && r.runs[1].end <= r.runs[2].first);
	/* Only direct lines are asked for; any other offset is none that extended. */
	CHECK(!rfc_search_direct_is_real(&r, (off_t)k.log.n));
	CHECK(!rfc_search_direct_is_real(&r, r.runs[0].end));
	rfc_search_clear(&r);
	kernel_close(&k);
}

/* Every way in which up to two of five lines fail, at the start of the log and behind a record. */
static void test_failures(void)
{
	for (unsigned fails = 0; fails < 1u << 5; fails++) {
		for (int after_record = 0; after_record < 2; after_record++) {
			struct kernel k;
			uint64_t n = 0;
			bool real_before = false;
			unsigned since_real = 0;
			kernel_open(&k, hash, NULL);
			if (after_record)
				kernel_append_str(&k, "record");
			for (unsigned i = 0; i < 5; i++) {
				bool fail = (fails >> i & 1) != 0;
				n += fail;
				since_real += fail && (real_before || !after_record);
				real_before |= !fail;
				kernel_direct(&k, digest((int)i), fail);
			}
			/* Lines that failed while the log was in sync have a mark of their own. */
			if (since_real <= 2 && real_before) {
				is_match(&k, n);
				kernel_append_str(&k, "x");
				is_match(&k, n);
				kernel_append_str(&k, "y");
				kernel_direct(&k, digest(9), false);
				is_match(&k, n);
			} else if (!real_before) {
				kernel_append_str(&k, "x");
				is_match(&k, n);
			}
			kernel_close(&k);
		}
	}
}

static void test_many_failed(void)
{
	struct kernel k;
	kernel_open(&k, hash, NULL);
	for (int i = 0; i < 500; i++)
		kernel_direct(&k, digest(i), true);
	kernel_append_str(&k, "x");
	is_match(&k, 500);
	for (int i = 0; i < 500; i++)
		kernel_direct(&k, digest(i), true);
	is_match(&k, 1000);
	for (int i = 0; i < 10; i++)
		kernel_direct(&k, digest(i), i % 5 == 1);
	is_match(&k, 1002);
	kernel_append_str(&k, "y");
	is_match(&k, 1002);
	kernel_close(&k);
}

/* The same digest twice, one of them failed: which one cannot be told, what was extended can. */
static void test_twins(void)
{
	struct kernel k;
	struct rfc_search_result r;
	struct text_claim c;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "x");
	for (int i = 0; i < 4; i++)
		kernel_direct(&k, digest(1), i == 2);
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
	claim_of(text_bytes(&k.log), hash, &r, &c);
	CHECK_U64(c.n, k.n_extended);
	CHECK_U64(r.untrue, 1);
	claim_free(&c);
	rfc_search_clear(&r);
	kernel_close(&k);
}

/* The kernel extends a record before it logs it; an append can end behind its own SYNC. */
static void test_failed_appends(void)
{
	struct kernel k;
	kernel_open(&k, hash, NULL);
	kernel_append(&k, bytes_of("not even the SYNC"), 0);
	CHECK_U64(k.log.n, 0);
	kernel_append(&k, bytes_of("not in"), 1);
	is_match(&k, 0);
	kernel_append(&k, bytes_of("one\ntwo\nnot three\nnor four"), 2);
	is_match(&k, 0);
	kernel_direct(&k, digest(1), false);
	kernel_append(&k, bytes_of("nothing"), 0);
	kernel_direct(&k, digest(2), false);
	kernel_append(&k, bytes_of("only the SYNC"), 1);
	is_match(&k, 0);
	kernel_direct(&k, digest(3), true);
	kernel_append(&k, bytes_of("nothing"), 0);
	kernel_direct(&k, digest(4), false);
	is_match(&k, 1);
	CHECK_U64(k.n_extended, 1 + 2 + 2 + 1 + 1);
	kernel_close(&k);
}

/* Through append_event anyone writes a SYNC line: it is a record that claims something. */
static void test_forged_sync(void)
{
	struct kernel k;
	struct rfc_search_result r;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "x");
	struct model_digest lie = k.value, more = k.value;
	kernel_append_str(&k, sync_line(&k.value)); /* true */
	is_match(&k, 0);
	size_t at = k.log.n + 1;
	kernel_append_str(&k, sync_line(&lie));
	is_match(&k, 1);
	is_true(&k, VERDICT_MATCH, &r);
	CHECK_INT(r.untrue_off, at);
	rfc_search_clear(&r);
	kernel_append_str(&k, "SYNC sha384/00");
	kernel_append_str(&k, "SYNC sha1/0000000000000000000000000000000000000000");
	kernel_append_str(&k, "SYNC nohash/00");
	is_match(&k, 1);
	/* Right behind a direct line that failed: as if that one had extended. */
	more = k.value;
	extend(&more, digest(1));
	kernel_direct(&k, digest(1), true);
	kernel_append_str(&k, sync_line(&more));
	is_match(&k, 3);
	kernel_append_str(&k, "and on");
	is_match(&k, 3);
	/* Right behind one that did, without the blank line that only the kernel writes. */
	kernel_direct(&k, digest(2), false);
	kernel_append_str(&k, sync_line(&lie));
	is_match(&k, 4);
	kernel_close(&k);
}

/* A "# .EXTEND" of user space extends nothing, and no SYNC of user space makes it. */
static void test_forged_direct(void)
{
	struct kernel k;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, direct_line(1));
	is_match(&k, 1);
	kernel_append_str(&k, direct_line(2));
	is_match(&k, 2);
	struct model_digest v = k.value;
	extend(&v, digest(2));
	kernel_append_str(&k, sync_line(&v));
	is_match(&k, 3);
	/* The same, and the forger goes on as if it had been so. */
	extend_record(&v, sync_line(&v));
	kernel_append_str(&k, direct_line(3));
	extend(&v, digest(3));
	kernel_append_str(&k, sync_line(&v));
	is_match(&k, 5);
	/* A run of several, some as if they had failed; behind a real one; before a real one. */
	kernel_append_str(&k, direct_line(4));
	kernel_direct(&k, digest(5), false);
	kernel_direct(&k, digest(6), false);
	is_match(&k, 6);
	kernel_append_str(&k, direct_line(7));
	is_match(&k, 7);
	struct text many = {0};
	text_fmt(&many, "%s\n", direct_line(8));
	text_fmt(&many, "%s\n", direct_line(9));
	text_fmt(&many, "%s\n", direct_line(10));
	kernel_append(&k, text_bytes(&many), SIZE_MAX);
	v = k.value;
	extend(&v, digest(8));
	extend(&v, digest(10));
	kernel_append_str(&k, sync_line(&v));
	is_match(&k, 11);
	text_free(&many);
	kernel_close(&k);
}

static void add_sync(struct text *log, const char *before, const struct model_digest *v)
{
	text_fmt(log, "%s%s\n", before, sync_line(v));
}

/* Only exactly the lower-case hex of the register's size is a direct line. */
static void test_malformed_direct(void)
{
	static const char *const ends[] = {"", "0", "00", " ", "\r", "x"};
	for (int i = 0; i < 12; i++) {
		struct text log = {0};
		struct model_digest v = zeros;
		add_sync(&log, "", &v);
		extend_record(&v, sync_line(&v));
		text_char(&log, '\n');
		size_t at = log.n;
		text_fmt(&log, "%s%s\n", direct_line(1), i < 6 ? ends[i] : "");
		if (i == 6)
			log.p[at + 10] = '6' - 32; /* no digit */
		if (i == 7)
			memcpy(log.p + at, "# .extend", 9);
		if (i == 8)
			log.p[at + 10] = 'A';
		if (i == 9)
			memcpy(log.p + at, "#  EXTEND", 9);
		if (i == 10)
			memmove(log.p + at + 20, log.p + at + 21, log.n-- - at - 21);
		if (i == 11)
			log.p[at] = ';';
		struct model_digest real = v;
		extend(&real, digest(1));
		gives(&log, &real, i == 0 ? VERDICT_MATCH : VERDICT_MISMATCH);
		if (i < 11)
			gives(&log, &v, VERDICT_MATCH);
		text_free(&log);
	}
}

/* "real from the run's last blank-preceded line on": the first of these cannot have failed. */
static void test_what_can_be_real(void)
{
	static const struct {
		const char *before[2]; /* each direct line */
		int real;	       /* bits: which the register shows */
		bool is;
	} given[] = {
		{{"\n", ""}, 3, true},
		{{"\n", ""}, 1, true},
		{{"\n", ""}, 2, false},
		{{"\n", ""}, 0, true},
		{{"\n", "\n"}, 2, true},
		{{"\n", "\n"}, 3, false},
		{{"\n", "\n"}, 1, false},
		{{"\n", "\n"}, 0, true},
		{{"", ""}, 3, false},
		{{"", ""}, 1, false},
		{{"", ""}, 2, false},
		{{"", ""}, 0, true},
		{{"", "\n"}, 2, true},
		{{"", "\n"}, 3, false},
		{{"\n", "# c\n"}, 1, false},
		{{"\n", "# c\n"}, 3, false},
		{{"\n", "# c\n"}, 0, true},
		{{"\n", "# c\n\n"}, 2, true},
		{{"\n", "# c\n\n"}, 1, false},
	};
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		for (int goes_on = 0; goes_on < 2; goes_on++) {
			struct text log = {0};
			struct model_digest v = zeros;
			add_sync(&log, "", &v);
			extend_record(&v, sync_line(&v));
			for (int k = 0; k < 2; k++) {
				text_fmt(&log, "%s%s\n", given[i].before[k], direct_line(k));
				if (given[i].real >> k & 1)
					extend(&v, digest(k));
			}
			if (goes_on) {
				add_sync(&log, "\n", &v);
				extend_record(&v, sync_line(&v));
			}
			struct rfc_search_result r;
			judge_text(text_bytes(&log), hash, &zeros, 1, v.v, &r);
			if ((r.verdict == VERDICT_MATCH) != given[i].is)
				check_failed(__FILE__, __LINE__, "case %zu: %s", i,
					verdict_name(r.verdict));
			rfc_search_clear(&r);
			text_free(&log);
		}
	}
}

/* What stands behind a run that is real: the log's end, or a SYNC with a blank line before it. */
static void test_what_follows_a_run(void)
{
	static const struct {
		const char
			*behind; /* S: the SYNC that is true if the line was real; U: in capitals */
		bool is;
	} given[] = {
		{"", true},
		{"\n", true},
		{"\nS\n", true},
		{"\n\nS\n", true},
		{"S\n", false},
		{"\n# c\n\nS\n", false},
		{"# c\n", false},
		{"\nx\n\nS\n", false},
		{"\nx\n", false},
		{"\nT\n", false},
		{"\nU\n", false},
	};
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		struct text log = {0};
		struct model_digest v = zeros, off = zeros;
		text_fmt(&log, "%s\n", direct_line(1));
		extend(&v, digest(1));
		extend(&off, digest(2));
		for (const char *s = given[i].behind; *s != '\0'; s++) {
			if (strchr("STU", *s) != NULL) {
				const char *sync = sync_line(*s == 'T' ? &off : &v);
				for (size_t at = 12; *s == 'U' && line.p[at] != '\0'; at++)
					if (line.p[at] >= 'a')
						line.p[at] -= 32;
				text_str(&log, sync);
				extend_record(&v, sync);
			} else if (*s == 'x') {
				text_str(&log, "x");
				extend_record(&v, "x");
			} else {
				text_char(&log, *s);
			}
		}
		struct rfc_search_result r;
		judge_text(text_bytes(&log), hash, &zeros, 1, v.v, &r);
		if ((r.verdict == VERDICT_MATCH) != given[i].is)
			check_failed(
				__FILE__, __LINE__, "case %zu: %s", i, verdict_name(r.verdict));
		rfc_search_clear(&r);
		text_free(&log);
	}
}

/* A log that was given a blank line at its start. */
static void test_blank_at_start(void)
{
	struct text log = {0};
	struct model_digest v = zeros;
	for (int i = 0; i < 2; i++) {
		text_fmt(&log, "\n%s\n", direct_line(i));
		extend(&v, digest(1));
		gives(&log, &v, i == 0 ? VERDICT_MISMATCH : VERDICT_MATCH);
		v = zeros;
		extend(&v, digest(i));
		gives(&log, &v, VERDICT_MATCH);
		v = zeros;
	}
	text_free(&log);
}

/* What a log that starts with a SYNC says of a start that nobody knows. */
static void test_partial(void)
{
	struct kernel k;
	struct model_digest firmware = {"what the firmware left"};
	struct rfc_search_result r;
	kernel_open(&k, hash, firmware.v);
	kernel_append_str(&k, "a\nb");
	kernel_direct(&k, digest(1), false);
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_PARTIAL, &r);
	CHECK_U64(r.records, 4);
	CHECK_U64(r.matched, 4);
	CHECK(rfc_search_direct_is_real(&r, (off_t)k.direct[0].off));
	rfc_search_clear(&r);
	judged_from(&zeros, 0, text_bytes(&k.log), &k.value, VERDICT_PARTIAL, &r);
	rfc_search_clear(&r);
	/* Trusted, it is a match. */
	judged_from(&firmware, 1, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
	rfc_search_clear(&r);
	struct model_digest other = {"other"};
	gives(&k.log, &other, VERDICT_MISMATCH);

	/* A SYNC that is not at offset 0 says nothing of the start. */
	struct text moved = {0};
	text_char(&moved, '\n');
	text_add(&moved, text_bytes(&k.log));
	gives(&moved, &k.value, VERDICT_MISMATCH);
	text_free(&moved);
	kernel_close(&k);

	kernel_open(&k, hash, firmware.v);
	kernel_direct(&k, digest(1), false);
	gives(&k.log, &k.value, VERDICT_MISMATCH);
	kernel_append_str(&k, "x");
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_MISMATCH, &r);
	CHECK(r.resumes);
	CHECK_INT(r.place, 10 + 64 + 2);
	rfc_search_clear(&r);
	kernel_close(&k);
}

static void test_stated_start(void)
{
	struct model_digest v = {"some"};
	struct text log = {0};
	struct rfc_log reader;
	struct err err = {0};
	struct digest got;
	for (int i = 0; i < 3; i++) {
		bool is = i == 1;
		log.n = 0;
		if (i > 0)
			add_sync(&log, i == 2 ? "\n" : "", &v);
		int fd = memory_file(text_bytes(&log));
		CHECK_INT(rfc_log_open(&reader, fd, HASH_SHA256, &err), 0);
		CHECK_INT(rfc_search_stated_start(&reader, &is, &got, &err), 0);
		CHECK_INT(is, i == 1);
		if (is)
			CHECK_BYTES(digest_bytes(&got), ((struct bytes){v.v, 32}));
		rfc_log_close(&reader);
		close(fd);
	}
	text_free(&log);
}

/* Zeros, or the register's name: neither can be the result of an extend. */
static void test_named_start(void)
{
	struct model_digest starts[2] = {{""}, {"rtmr1"}};
	struct rfc_search_result r;
	struct kernel k;
	for (int direct = 0; direct < 2; direct++) {
		kernel_open(&k, hash, starts[1].v);
		judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_UNTOUCHED, &r);
		rfc_search_clear(&r);
		if (direct) {
			kernel_direct(&k, digest(1), true);
			kernel_direct(&k, digest(2), false);
			kernel_direct(&k, digest(3), false);
			judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
			rfc_search_clear(&r);
		}
		kernel_append_str(&k, "x\ny");
		kernel_direct(&k, digest(4), false);
		kernel_append_str(&k, "z");
		judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
		CHECK_U64(r.records, k.n_extended);
		CHECK_U64(r.untrue, direct);
		rfc_search_clear(&r);
		/* Something is missing: the place is told from the start that the log states. */
		kernel_hidden(&k, digest(5));
		kernel_direct(&k, digest(6), false);
		size_t at = k.log.n + 1;
		kernel_append_str(&k, "end");
		judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_MISMATCH, &r);
		CHECK(r.resumes);
		CHECK_INT(r.place, at);
		rfc_search_clear(&r);
		kernel_close(&k);
	}
}

/* Long runs of direct writes to a register that starts with its name: no history but this one. */
static void test_named_start_long(void)
{
	struct model_digest starts[2] = {{""}, {"rtmr1"}};
	struct rfc_search_result r;
	struct kernel k;
	kernel_open(&k, hash, starts[1].v);
	for (int i = 0; i < 10000; i++)
		kernel_direct(&k, digest(i), false);
	judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
	rfc_search_clear(&r);
	kernel_append_str(&k, "x");
	judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
	rfc_search_clear(&r);
	for (int run = 0; run < 20; run++) {
		for (int i = 0; i < 600; i++)
			kernel_direct(&k, digest(i), false);
		kernel_append_str(&k, "x");
	}
	judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
	rfc_search_clear(&r);
	kernel_close(&k);
}

/* Long runs, from a start that is not the one which is tried first. */
static void test_other_start_long(void)
{
	struct model_digest starts[2] = {{""}, {"rtmr1"}}, firmware = {"what the firmware left"};
	struct rfc_search_result r;
	struct kernel k;
	kernel_open(&k, hash, firmware.v);
	for (int run = 0; run < 3; run++) {
		kernel_append_str(&k, "x");
		for (int i = 0; i < 600; i++)
			kernel_direct(&k, digest(i), false);
	}
	judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_PARTIAL, &r);
	rfc_search_clear(&r);
	kernel_close(&k);

	kernel_open(&k, hash, starts[1].v);
	for (int i = 0; i < 600; i++)
		kernel_direct(&k, digest(i), i == 300);
	kernel_append_str(&k, "x");
	judged_from(starts, 2, text_bytes(&k.log), &k.value, VERDICT_MATCH, &r);
	CHECK_U64(r.untrue, 1);
	rfc_search_clear(&r);
	kernel_close(&k);
}

static void test_log_ahead(void)
{
	struct kernel k;
	struct rfc_search_result r;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "a\nb\nc");
	kernel_direct(&k, digest(1), false);
	struct model_digest old = k.value;
	uint64_t then = k.n_extended;
	kernel_append_str(&k, "d\ne");
	judged_from(&zeros, 1, text_bytes(&k.log), &old, VERDICT_LOG_AHEAD, &r);
	CHECK_U64(r.matched, then);
	CHECK_U64(r.records, k.n_extended);
	CHECK_BYTES(digest_bytes(&r.value), ((struct bytes){k.value.v, hash->size}));
	CHECK(r.in_sync);
	rfc_search_clear(&r);
	/* None of it. */
	judged_from(&zeros, 1, text_bytes(&k.log), &zeros, VERDICT_LOG_AHEAD, &r);
	CHECK_U64(r.matched, 0);
	rfc_search_clear(&r);
	/* In the middle of one write. */
	struct model_digest v = zeros;
	extend_record(&v, sync_line(&v));
	extend_record(&v, "a");
	judged_from(&zeros, 1, text_bytes(&k.log), &v, VERDICT_LOG_AHEAD, &r);
	CHECK_U64(r.matched, 2);
	rfc_search_clear(&r);
	kernel_close(&k);
}

/* More of a run's last lines failed than are looked for: a shorter log still reproduces it. */
static void test_log_ahead_in_run(void)
{
	struct kernel k;
	struct rfc_search_result r;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "a");
	kernel_direct(&k, digest(1), false);
	kernel_direct(&k, digest(2), false);
	for (int i = 3; i < 8; i++)
		kernel_direct(&k, digest(i), true);
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_LOG_AHEAD, &r);
	CHECK_U64(r.matched, k.n_extended);
	rfc_search_clear(&r);
	kernel_close(&k);
}

/* An extend that the log does not hold: nothing reproduces the register, and a SYNC tells where. */
static void test_mismatch(void)
{
	struct kernel k;
	struct rfc_search_result r;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "a");
	kernel_hidden(&k, digest(1));
	kernel_append_str(&k, "b");
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_MISMATCH, &r);
	CHECK_INT(r.place, -1);
	CHECK(!r.resumes);
	CHECK_U64(r.records, 3);
	rfc_search_clear(&r);
	kernel_direct(&k, digest(2), false);
	size_t first = k.log.n + 1;
	kernel_append_str(&k, "c");
	uint64_t then = k.n_extended;
	kernel_append_str(&k, "d");
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_MISMATCH, &r);
	CHECK_INT(r.place, first);
	CHECK(r.resumes);
	CHECK_U64(r.matched, k.n_extended - then + 2);
	rfc_search_clear(&r);
	/* Again: the log reproduces the register from the second place on only. */
	kernel_hidden(&k, digest(3));
	kernel_direct(&k, digest(4), false);
	size_t second = k.log.n + 1;
	kernel_append_str(&k, "e");
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_MISMATCH, &r);
	CHECK_INT(r.place, second);
	CHECK(r.resumes);
	CHECK_U64(r.matched, 2);
	rfc_search_clear(&r);
	/* And once more, with nothing behind it that tells. */
	kernel_hidden(&k, digest(5));
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_MISMATCH, &r);
	CHECK_INT(r.place, first);
	CHECK(!r.resumes);
	rfc_search_clear(&r);
	kernel_close(&k);
}

/* A SYNC without the blank line is user space's own, and names no place. */
static void test_mismatch_forged(void)
{
	struct kernel k;
	struct rfc_search_result r;
	struct text two = {0};
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "a");
	struct model_digest lie = {"lie"};
	text_fmt(&two, "b\n%s", sync_line(&lie));
	kernel_append(&k, text_bytes(&two), SIZE_MAX);
	is_match(&k, 1);
	kernel_hidden(&k, digest(1));
	judged_from(&zeros, 1, text_bytes(&k.log), &k.value, VERDICT_MISMATCH, &r);
	CHECK_INT(r.place, -1);
	rfc_search_clear(&r);
	text_free(&two);
	kernel_close(&k);
}

static bool replace(struct text *log, const char *from, const char *to)
{
	uint8_t *at = memmem(log->p, log->n, from, strlen(from));
	if (at == NULL || strlen(from) != strlen(to))
		return false;
	memcpy(at, to, strlen(to));
	return true;
}

/* What an exported log may lose or gain unseen, and what not. */
static void test_edited(void)
{
	struct kernel k;
	kernel_open(&k, hash, NULL);
	kernel_append_str(&k, "alpha\nbeta");
	kernel_append_str(&k, "# gamma");
	kernel_direct(&k, digest(1), false);
	kernel_append_str(&k, "delta");
	is_match(&k, 0);
	CHECK(replace(&k.log, "gamma", "other"));
	is_match(&k, 0);
	CHECK(replace(&k.log, "beta", "bela"));
	gives(&k.log, &k.value, VERDICT_MISMATCH);
	CHECK(replace(&k.log, "bela", "beta"));
	CHECK(replace(&k.log, "EXTEND ab", "EXTEND ac"));
	gives(&k.log, &k.value, VERDICT_MISMATCH);
	CHECK(replace(&k.log, "EXTEND ac", "EXTEND ab"));
	is_match(&k, 0);
	CHECK(replace(&k.log, "# .EXTEND", "# .extend"));
	gives(&k.log, &k.value, VERDICT_MISMATCH);
	CHECK(replace(&k.log, "# .extend", "# .EXTEND"));
	/* The last record is gone, and the SYNC before it. */
	k.log.n -= strlen("\ndelta\n");
	gives(&k.log, &k.value, VERDICT_MISMATCH);
	kernel_close(&k);
}

/* What an honest kernel would have meant, where no register is at hand. */
static void test_no_target(void)
{
	struct kernel k;
	struct rfc_search_result r;
	kernel_open(&k, hash, NULL);
	kernel_direct(&k, digest(1), false);
	kernel_append_str(&k, "a");
	kernel_direct(&k, digest(2), false);
	kernel_direct(&k, digest(3), true);
	kernel_direct(&k, digest(4), false);
	kernel_append_str(&k, "b");
	kernel_append_str(&k, direct_line(5));
	kernel_append_str(&k, "c");
	kernel_direct(&k, digest(6), false);
	judge_text(text_bytes(&k.log), hash, &zeros, 1, NULL, &r);
	CHECK_INT(r.verdict, VERDICT_MATCH);
	CHECK_BYTES(digest_bytes(&r.value), ((struct bytes){k.value.v, hash->size}));
	CHECK_U64(r.records, k.n_extended);
	for (size_t i = 0; i < k.n_direct; i++)
		CHECK_INT(rfc_search_direct_is_real(&r, (off_t)k.direct[i].off), k.direct[i].real);
	rfc_search_clear(&r);
	kernel_close(&k);
}

/* The part that a log gained while one extend was made. */
static void test_tail(void)
{
	for (unsigned bits = 0; bits < 32; bits++) {
		struct kernel k;
		struct rfc_search_result r;
		kernel_open(&k, hash, NULL);
		if (bits & 1)
			kernel_append_str(&k, "a");
		if (bits & 2)
			kernel_direct(&k, digest(1), false);
		size_t at = k.log.n, had = k.n_extended;
		struct model_digest before = k.value;
		if (bits & 4)
			kernel_append_str(&k, "b\nc");
		if (bits & 8)
			kernel_direct(&k, digest(2), (bits & 16) != 0);
		judge_tail(text_bytes(&k.log), hash, (off_t)at, before.v, k.value.v, &r);
		CHECK_INT(r.verdict, VERDICT_MATCH);
		CHECK_U64(r.records, k.n_extended - had);
		CHECK_BYTES(digest_bytes(&r.value), ((struct bytes){k.value.v, hash->size}));
		if (bits & 8)
			CHECK_INT(
				rfc_search_direct_is_real(&r, (off_t)k.direct[k.n_direct - 1].off),
				(bits & 16) == 0);
		rfc_search_clear(&r);
		judge_tail(text_bytes(&k.log), hash, (off_t)at, before.v, digest(77), &r);
		CHECK_INT(r.verdict, VERDICT_MISMATCH);
		rfc_search_clear(&r);
		kernel_close(&k);
	}
}

int main(void)
{
	test_untouched();
	test_fresh();
	test_direct_first();
	test_failures();
	test_many_failed();
	test_twins();
	test_failed_appends();
	test_forged_sync();
	test_forged_direct();
	test_malformed_direct();
	test_what_can_be_real();
	test_what_follows_a_run();
	test_blank_at_start();
	test_partial();
	test_stated_start();
	test_named_start();
	test_log_ahead();
	test_mismatch();
	test_mismatch_forged();
	test_edited();
	test_no_target();
	test_tail();
	test_log_ahead_in_run();
	test_named_start_long();
	test_other_start_long();
	text_free(&line);
	return 0;
}
