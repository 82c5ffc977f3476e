/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's text log and its replay. The first byte of the input chooses hash, start and target,
 * the second which of the direct lines were extended, the rest is the log; in it, unless bit 7 of
 * the first byte is set:
 *     \x01     becomes the value, in hex, that the register has there
 *     \x02 c   becomes a digest of the byte c, in hex
 * so that logs whose claims are true are found at all. The replay is compiled here with small
 * limits, so that all of them are reached.
 */
#include "base/limits.h"
#define REPLAY_EXTENDS_MAX 300
#define REPLAY_RUNS_MAX 16
#define REPLAY_RUN_LINES_MAX 12
#include "replay/rfc_search.c" /* NOLINT(bugprone-suspicious-include) */

#include <unistd.h>

#include "fuzz.h"
#include "judge.h"

static const struct model_hash *hash;
/* what the replay is told that the register may have started from, and what it did start from */
static struct model_digest starts[2], start, truth;
static struct text text;
/* what the second byte says was extended */
static struct model_digest *extended;
static size_t n_extended, room;

static void extend_truth(const uint8_t *d)
{
	if (n_extended == room) {
		room = 2 * room + 64;
		struct model_digest *grown = realloc(extended, room * sizeof(*grown));
		MUST(grown != NULL);
		extended = grown;
	}
	memcpy(extended[n_extended++].v, d, hash->size);
	model_hash2(
		hash, (struct bytes){truth.v, hash->size}, (struct bytes){d, hash->size}, truth.v);
}

/* The line that ends the text so far: the last one of those that `bits` speak of. */
static void end_line(size_t from, unsigned bits, unsigned *n_direct)
{
	uint8_t d[MODEL_SIZE_MAX];
	if (text.n == from)
		return;
	struct bytes line = {text.p + from, text.n - from};
	if (line.p[0] != '#') {
		model_hash2(hash, line, (struct bytes){NULL, 0}, d);
		extend_truth(d);
	} else if (is_direct_line(line, hash, d) && bits >> (*n_direct)++ % 8 & 1) {
		extend_truth(d);
	}
}

/* Puts the log together, and the register that goes with it. */
static void build(struct bytes in, unsigned bits, bool raw)
{
	unsigned n_direct = 0;
	size_t from = 0;
	text.n = 0;
	n_extended = 0;
	truth = start;
	for (size_t i = 0; i < in.n && text.n < 100000; i++) {
		uint8_t digest[MODEL_SIZE_MAX];
		if (!raw && in.p[i] == 1) {
			text_hex(&text, (struct bytes){truth.v, hash->size});
		} else if (!raw && in.p[i] == 2 && i + 1 < in.n) {
			memset(digest, in.p[++i], sizeof(digest));
			text_hex(&text, (struct bytes){digest, hash->size});
		} else if (in.p[i] == '\n') {
			end_line(from, bits, &n_direct);
			text_char(&text, '\n');
			from = text.n;
		} else {
			text_char(&text, (char)in.p[i]);
		}
	}
}

static bool passes(enum verdict v)
{
	return v == VERDICT_MATCH || v == VERDICT_UNTOUCHED;
}

/* What passes, or is partial, hashes to the value; and there is only one way to get there. */
static void check_claim(const struct rfc_search_result *r, const uint8_t *target, bool is_truth)
{
	struct text_claim c;
	struct model_digest got, from = starts[0];
	struct bytes log = text_bytes(&text);
	claim_of(log, hash, r, &c);
	MUST(c.n == r->records && c.n == r->matched);
	if (r->verdict == VERDICT_PARTIAL) {
		size_t at = strlen("SYNC /") + strlen(hash->name);
		MUST(log.n > at + 2 * hash->size && log.p[0] == 'S');
		MUST(hex_get(
			from.v, hash->size, (struct bytes){log.p + at, 2 * hash->size}, false));
	}
	got = claim_value(&c, hash, &from);
	if (passes(r->verdict) && memcmp(got.v, target, hash->size) != 0)
		got = claim_value(&c, hash, &starts[1]);
	MUST(memcmp(got.v, target, hash->size) == 0);
	MUST(memcmp(r->value.v, target, hash->size) == 0);
	MUST((r->verdict == VERDICT_UNTOUCHED) == (c.n == 0 && passes(r->verdict)));
	if (is_truth && passes(r->verdict)) {
		MUST(c.n == n_extended);
		for (size_t i = 0; i < c.n; i++)
			MUST(memcmp(c.d[i].v, extended[i].v, hash->size) == 0);
	}
	claim_free(&c);
}

static void check_result(const struct rfc_search_result *r, const uint8_t *target, bool is_truth)
{
	MUST(r->verdict == VERDICT_MATCH || r->verdict == VERDICT_UNTOUCHED ||
		r->verdict == VERDICT_PARTIAL || r->verdict == VERDICT_LOG_AHEAD ||
		r->verdict == VERDICT_MISMATCH || r->verdict == VERDICT_UNDECIDED);
	MUST(r->place >= -1 && r->place < (off_t)text.n + (text.n == 0));
	MUST(!r->resumes || (r->verdict == VERDICT_MISMATCH && r->place >= 0));
	MUST(r->untrue == 0 || (r->untrue_off >= 0 && r->untrue_off < (off_t)text.n));
	off_t end = 0;
	for (size_t i = 0; i < r->n_runs; i++) {
		MUST(r->runs[i].first >= end && r->runs[i].end > r->runs[i].first);
		end = r->runs[i].end;
	}
	MUST(end <= (off_t)text.n);
	if (passes(r->verdict) || r->verdict == VERDICT_PARTIAL)
		check_claim(r, target, is_truth);
}

/* Replays against target; returns the verdict. The cost is bounded, whatever the log. */
static void check_replay(const uint8_t *target, bool is_truth, struct rfc_search_result *ret)
{
	struct err err;
	size_t lines = 0;
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	uint64_t before = hashes_done;
	int rc = judge_try(text_bytes(&text), hash, starts, 2, target, ret, &err);
	MUST(hashes_done - before <= 2 * (uint64_t)REPLAY_EXTENDS_MAX + 20 * lines + 10);
	if (rc < 0) {
		/* A log that is cut, or has a line that is too long. */
		MUST(err.status == ST_FORMAT && strstr(err.msg, "offset") != NULL);
		MUST(text.p[text.n - 1] != '\n' || text.n > LINE_MAX_BYTES);
	} else if (target != NULL) {
		check_result(ret, target, is_truth);
	}
}

/* Where the start is certain: what the tail behind it matches hashes to the value. */
static void check_tail(void)
{
	struct rfc_search_result r;
	struct text_claim c;
	judge_tail(text_bytes(&text), hash, 0, start.v, truth.v, &r);
	MUST(r.verdict == VERDICT_MATCH || r.verdict == VERDICT_MISMATCH);
	if (r.verdict == VERDICT_MATCH) {
		claim_of(text_bytes(&text), hash, &r, &c);
		struct model_digest got = claim_value(&c, hash, &start);
		MUST(memcmp(got.v, truth.v, hash->size) == 0);
		claim_free(&c);
	}
	rfc_search_clear(&r);
}

/* The value that the log starts from is that of a SYNC in its first line. */
static void check_stated(struct rfc_log *log)
{
	struct digest stated;
	struct err err = {0};
	bool is;
	if (rfc_search_stated_start(log, &is, &stated, &err) < 0)
		MUST(err.status == ST_FORMAT);
	else
		MUST(!is || bytes_start_with(text_bytes(&text), "SYNC "));
}

/* The reader alone: lines in order, each once, none with a newline, none empty. True: up to the end. */
static bool check_lines(void)
{
	struct rfc_log log;
	struct rfc_line line;
	struct err err = {0};
	off_t end = 0;
	int fd = memory_file(text_bytes(&text)), rc;
	MUST(rfc_log_open(&log, fd, digest_from(hash, start.v).alg, &err) == 0);
	while ((rc = rfc_log_next(&log, &line, &err)) > 0) {
		MUST(line.text.n > 0 && memchr(line.text.p, '\n', line.text.n) == NULL);
		MUST(line.off >= end && (line.after_blank == (line.off > end)));
		MUST(memcmp(text.p + line.off, line.text.p, line.text.n) == 0);
		end = line.off + (off_t)line.text.n + 1;
		MUST(rfc_log_tell(&log) == end);
		MUST((line.kind == RFC_DIRECT || line.kind == RFC_COMMENT) ==
			(line.text.p[0] == '#'));
	}
	MUST(rc == 0 || err.status == ST_FORMAT);
	check_stated(&log);
	rfc_log_close(&log);
	if (rfc_log_open(&log, fd, HASH_UNKNOWN, &err) == 0)
		rfc_log_close(&log);
	close(fd);
	return rc == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct model_hash *const hashes[] = {
		&model_sha1, &model_sha256, &model_sha384, &model_sha1};
	struct rfc_search_result r;
	if (size < 2)
		return 0;
	count_hashes();
	hash = hashes[data[0] & 3];
	memset(starts, 0, sizeof(starts));
	memcpy(starts[1].v, "rtmr", 4);
	start = starts[data[0] >> 2 & 1];
	if (data[0] & 8)
		memcpy(start.v, "firmware", 8);
	build((struct bytes){data + 2, size - 2}, data[1], (data[0] & 128) != 0);
	if (check_lines())
		check_tail();

	check_replay(truth.v, true, &r);
	rfc_search_clear(&r);
	/* A register that nobody extended in this way. */
	struct model_digest other = {{data[1]}};
	check_replay(other.v, false, &r);
	rfc_search_clear(&r);
	/* What an honest kernel would have meant is a history that ends in what it gives. */
	check_replay(NULL, false, &r);
	if (r.verdict == VERDICT_MATCH || r.verdict == VERDICT_UNTOUCHED) {
		memcpy(other.v, r.value.v, hash->size);
		rfc_search_clear(&r);
		check_replay(other.v, false, &r);
		MUST(passes(r.verdict) || r.verdict == VERDICT_UNDECIDED);
	}
	rfc_search_clear(&r);
	return 0;
}
