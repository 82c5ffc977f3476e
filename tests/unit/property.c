/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of a register and its log, and what the replay says of them: the true one of
 * every honest kernel, whatever user space writes; never one that did not happen.
 *
 *     unit_property [HISTORIES [SEED]]     (or TSMCTL_HISTORIES, TSMCTL_SEED)
 *
 * Where the sanitizers make it slow there are fewer, unless told.
 */
#include <string.h>

#include "check.h"
#include "judge.h"

static struct dice dice;
static struct kernel k;
static const char *phase;
static uint64_t seed, history;
static size_t failed_since; /* direct writes that failed since the log was in sync */

static struct bytes current; /* the log that is being judged */

__attribute__((format(printf, 2, 3), noreturn)) static void wrong(int line, const char *fmt, ...)
{
	va_list ap;
	fprintf(stderr, "%s:%d: %s: ", __FILE__, line, phase);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nagain: unit_property 1 %" PRIu64 "\nthe log:\n", seed + history);
	fwrite(current.p, 1, current.n, stderr);
	fprintf(stderr, "the register: ");
	for (size_t i = 0; i < k.hash->size; i++)
		fprintf(stderr, "%02x", k.value.v[i]);
	fputc('\n', stderr);
	exit(1);
}

#define HOLDS(cond, ...) ((cond) ? (void)0 : wrong(__LINE__, __VA_ARGS__))

static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, k.hash->size) == 0;
}

static void extend(struct model_digest *v, const uint8_t *d)
{
	model_hash2(
		k.hash, (struct bytes){v->v, k.hash->size}, (struct bytes){d, k.hash->size}, v->v);
}

/* ---- what is written ---- */

/* A digest: a new one mostly, or one that is met elsewhere. */
static void pick_digest(uint8_t *ret)
{
	memset(ret, 0, MODEL_SIZE_MAX);
	switch (dice_below(&dice, 12)) {
	case 0:
		break;
	case 1:
		memcpy(ret, k.value.v, k.hash->size);
		break;
	case 2:
		if (k.n_extended > 0)
			memcpy(ret, k.extended[dice_below(&dice, k.n_extended)].v, k.hash->size);
		break;
	default:
		dice_bytes(&dice, ret, k.hash->size);
	}
}

/* One line of what programs measure, with all that the kernel trims, splits at or leaves alone. */
static void add_plain_line(struct text *t)
{
	static const char *const plain[] = {"event", "", "  spaces  ", "\t", "# comment", "#",
		"  # late comment", "l\v\fm", "voil\xc3\xa0", "\xa0# x", "caf\xc3\xa9", "SYNC",
		"SYNCX", "SYNC sha256", "# .EXTEND", "# .EXTEND deadbeef", "#.EXTEND 00", "a\rb",
		"\x01\x80\xff"};
	if (dice_one_in(&dice, 20)) {
		text_add(t, (struct bytes){(const uint8_t *)"nul\0in", 6});
		return;
	}
	text_str(t, plain[dice_below(&dice, sizeof(plain) / sizeof(plain[0]))]);
	if (dice_one_in(&dice, 2))
		text_fmt(t, " %zu", dice_below(&dice, 1000));
}

static void step_append(bool may_fail)
{
	struct text t = {0};
	for (size_t n = 1 + dice_below(&dice, 3); n > 0; n--) {
		add_plain_line(&t);
		if (n > 1 || dice_one_in(&dice, 2))
			text_str(&t, dice_one_in(&dice, 6) ? "\n\n" : "\n");
	}
	bool fails = may_fail && dice_one_in(&dice, 6);
	kernel_append(&k, text_bytes(&t), fails ? dice_below(&dice, 3) : SIZE_MAX);
	text_free(&t);
}

/* Some direct writes, of which as many fail as is promised to be found. */
static void step_direct(size_t most)
{
	for (size_t n = 1 + dice_below(&dice, most); n > 0; n--) {
		uint8_t d[MODEL_SIZE_MAX];
		pick_digest(d);
		if (k.in_sync)
			failed_since = 0;
		/* One that fails while the log is in sync leaves a mark of its own. */
		bool fails = dice_one_in(&dice, 4) && (k.in_sync || failed_since < 2);
		failed_since += fails && !k.in_sync;
		kernel_direct(&k, d, fails);
	}
}

static void step_honest(bool may_fail)
{
	if (dice_one_in(&dice, 2))
		step_append(may_fail);
	else
		step_direct(dice_one_in(&dice, 8) ? 12 : 3);
}

/* ---- what a forger writes ---- */

static struct model_digest believed; /* where the register would be, were his lines true */

static void add_sync(struct text *t, const uint8_t *stated)
{
	text_fmt(t, "SYNC %s/", k.hash->name);
	text_hex(t, (struct bytes){stated, k.hash->size});
}

static void add_direct(struct text *t, const uint8_t *d)
{
	text_str(t, "# .EXTEND ");
	text_hex(t, (struct bytes){d, k.hash->size});
}

/* Direct lines, in one write or in several, after which the register would hold `believed`. */
static void forge_run(void)
{
	struct text t = {0};
	bool apart = dice_one_in(&dice, 2);
	believed = dice_one_in(&dice, 3) ? believed : k.value;
	for (size_t n = 1 + dice_below(&dice, 4); n > 0; n--) {
		uint8_t d[MODEL_SIZE_MAX];
		pick_digest(d);
		add_direct(&t, d);
		text_char(&t, '\n');
		if (!dice_one_in(&dice, 4))
			extend(&believed, d);
		if (apart) {
			kernel_append(&k, text_bytes(&t), SIZE_MAX);
			t.n = 0;
		}
	}
	kernel_append(&k, text_bytes(&t), SIZE_MAX);
	text_free(&t);
}

static void forge_sync(void)
{
	struct text t = {0};
	uint8_t d[MODEL_SIZE_MAX];
	pick_digest(d);
	if (dice_one_in(&dice, 6))
		text_str(&t, "first\n");
	switch (dice_below(&dice, 8)) {
	case 0:
		add_sync(&t, d);
		break;
	case 1:
		add_sync(&t, k.value.v);
		break;
	case 2:
		add_sync(&t, k.start.v);
		break;
	default:
		add_sync(&t, believed.v);
		model_hash2(k.hash, text_bytes(&t), (struct bytes){0}, d);
		extend(&believed, d);
	}
	if (dice_one_in(&dice, 12))
		t.p[t.n - 1] = 'A';
	if (dice_one_in(&dice, 12))
		text_str(&t, "\nlast");
	kernel_append(&k, text_bytes(&t), SIZE_MAX);
	text_free(&t);
}

/* A line of the log once more. */
static void forge_repeat(void)
{
	if (k.log.n == 0)
		return;
	size_t from = dice_below(&dice, k.log.n);
	while (from > 0 && k.log.p[from - 1] != '\n')
		from--;
	const uint8_t *end = memchr(k.log.p + from, '\n', k.log.n - from);
	struct text t = {0};
	text_add(&t, (struct bytes){k.log.p + from, (size_t)(end - k.log.p) - from});
	kernel_append(&k, text_bytes(&t), SIZE_MAX);
	text_free(&t);
}

static void step_forged(void)
{
	switch (dice_below(&dice, 5)) {
	case 0:
	case 1:
		forge_run();
		break;
	case 2:
	case 3:
		forge_sync();
		break;
	default:
		forge_repeat();
	}
}

/* ---- what is said of it ---- */

static bool passes(enum verdict v)
{
	return v == VERDICT_MATCH || v == VERDICT_UNTOUCHED;
}

/* If the result passes, it claims what was extended, and nothing else. */
static void claims_truth(struct bytes log, const struct model_digest *truth, size_t n,
	const struct rfc_search_result *r)
{
	struct text_claim c;
	if (!passes(r->verdict))
		return;
	claim_of(log, k.hash, r, &c);
	HOLDS(c.n == n, "%zu digests claimed, %zu extended", c.n, n);
	for (size_t i = 0; i < n; i++)
		HOLDS(same(c.d[i].v, truth[i].v), "digest %zu is claimed to be another", i);
	HOLDS(r->records == n && r->matched == n, "%" PRIu64 " records, %zu extended", r->records,
		n);
	HOLDS((r->verdict == VERDICT_UNTOUCHED) == (n == 0), "%s, but %zu were extended",
		verdict_name(r->verdict), n);
	claim_free(&c);
}

static void judge_log(struct bytes log, const uint8_t *target, struct rfc_search_result *ret)
{
	struct model_digest starts[2] = {{""}, {"rtmr1"}};
	current = log;
	judge_text(log, k.hash, starts, 2, target, ret);
}

/* Whether no other direct line has the digest of line i: then it is certain which one was real. */
static bool is_single(size_t i)
{
	size_t hex = 10 + 2 * k.hash->size;
	for (size_t o = 0; o < k.n_direct; o++)
		if (o != i &&
			memcmp(k.log.p + k.direct[o].off, k.log.p + k.direct[i].off, hex) == 0)
			return false;
	return true;
}

static void must_be_found(void)
{
	struct rfc_search_result r;
	judge_log(text_bytes(&k.log), k.value.v, &r);
	HOLDS(passes(r.verdict), "an honest kernel's log is called %s", verdict_name(r.verdict));
	claims_truth(text_bytes(&k.log), k.extended, k.n_extended, &r);
	HOLDS(same(r.value.v, k.value.v), "another value");
	HOLDS(r.in_sync == k.in_sync, "in_sync is %d", r.in_sync);
	for (size_t i = 0; i < k.n_direct; i++)
		HOLDS(!is_single(i) || rfc_search_direct_is_real(&r, (off_t)k.direct[i].off) ==
					       k.direct[i].real,
			"the direct line at %zu was %s", k.direct[i].off,
			k.direct[i].real ? "real" : "not real");
	rfc_search_clear(&r);
}

static void must_not_lie(struct bytes log)
{
	struct rfc_search_result r;
	judge_log(log, k.value.v, &r);
	HOLDS(r.verdict != VERDICT_NONE, "no verdict");
	claims_truth(log, k.extended, k.n_extended, &r);
	if (r.verdict == VERDICT_PARTIAL) {
		struct text_claim c;
		struct model_digest stated = {0}, got;
		claim_of(log, k.hash, &r, &c);
		size_t at = strlen("SYNC /") + strlen(k.hash->name);
		HOLDS(log.n > at + 2 * k.hash->size && memcmp(log.p, "SYNC ", 5) == 0 &&
				hex_get(stated.v, k.hash->size,
					(struct bytes){log.p + at, 2 * k.hash->size}, false),
			"partial, with no start stated");
		got = claim_value(&c, k.hash, &stated);
		HOLDS(same(got.v, k.value.v), "partial, but not from the start that is stated");
		claim_free(&c);
	}
	rfc_search_clear(&r);
}

/* The register as it was some steps ago, with the log of now. */
static void old_value(const struct model_digest *value, size_t n_extended)
{
	struct rfc_search_result r;
	judge_log(text_bytes(&k.log), value->v, &r);
	HOLDS(passes(r.verdict) || r.verdict == VERDICT_LOG_AHEAD, "an old value is called %s",
		verdict_name(r.verdict));
	claims_truth(text_bytes(&k.log), k.extended, n_extended, &r);
	HOLDS(r.matched == n_extended, "%" PRIu64 " matched of %zu", r.matched, n_extended);
	rfc_search_clear(&r);
}

/* ---- histories ---- */

static void begin(void)
{
	static const struct model_hash *const hashes[] = {
		&model_sha1, &model_sha256, &model_sha256, &model_sha384};
	uint8_t name[MODEL_SIZE_MAX] = "rtmr1";
	dice.state = seed + history;
	kernel_open(&k, hashes[dice_below(&dice, 4)], dice_one_in(&dice, 4) ? name : NULL);
	failed_since = 0;
	believed = k.start;
}

static void honest(void)
{
	phase = "honest";
	begin();
	size_t steps = dice_below(&dice, 24), old_at = dice_below(&dice, 24), old_n = 0;
	struct model_digest old = k.start;
	for (size_t i = 0; i < steps; i++) {
		step_honest(true);
		if (dice_one_in(&dice, 4))
			must_be_found();
		/* In the middle of a run, one of which failed, nothing tells of it. */
		if (i <= old_at && k.in_sync) {
			old = k.value;
			old_n = k.n_extended;
		}
	}
	must_be_found();
	old_value(&old, old_n);
	kernel_close(&k);
}

static void forged(void)
{
	phase = "forged";
	begin();
	for (size_t n = dice_below(&dice, 16); n > 0; n--) {
		if (dice_one_in(&dice, 3))
			step_honest(true);
		else
			step_forged();
	}
	must_be_found();
	kernel_close(&k);
}

/* Beside the kernel's, there is another way to the register; and he knows how to hide it. */
static void hidden(void)
{
	phase = "hidden";
	begin();
	for (size_t n = dice_below(&dice, 16); n > 0; n--) {
		uint8_t d[MODEL_SIZE_MAX];
		struct text t = {0};
		switch (dice_below(&dice, 5)) {
		case 0:
			step_honest(true);
			break;
		case 1:
			pick_digest(d);
			if (dice_one_in(&dice, 2)) {
				add_direct(&t, d);
				kernel_append(&k, text_bytes(&t), SIZE_MAX);
			}
			believed = k.value;
			kernel_hidden(&k, d);
			break;
		default:
			step_forged();
		}
		text_free(&t);
		if (dice_one_in(&dice, 4))
			must_not_lie(text_bytes(&k.log));
	}
	must_not_lie(text_bytes(&k.log));
	kernel_close(&k);
}

/* The lines of a log, so that they can be moved. */
struct line {
	struct bytes b;
};

static size_t split(struct bytes log, struct line *ret, size_t room)
{
	size_t n = 0;
	for (size_t from = 0, i = 0; i < log.n && n < room; i++) {
		if (log.p[i] != '\n')
			continue;
		ret[n++].b = (struct bytes){log.p + from, i - from};
		from = i + 1;
	}
	return n;
}

static void insert(struct line *lines, size_t *n, size_t at, struct bytes b)
{
	memmove(lines + at + 1, lines + at, (*n - at) * sizeof(*lines));
	lines[at].b = b;
	*n += 1;
}

static void edit(struct line *lines, size_t *n, const struct text *spare)
{
	size_t a = dice_below(&dice, *n), b = dice_below(&dice, *n);
	struct line kept = lines[a];
	switch (dice_below(&dice, 7)) {
	case 0: /* drop */
		memmove(lines + a, lines + a + 1, (*n - a - 1) * sizeof(*lines));
		*n -= 1;
		break;
	case 1: /* swap */
		lines[a] = lines[b];
		lines[b] = kept;
		break;
	case 2: /* swap neighbours */
		if (a + 1 < *n) {
			lines[a] = lines[a + 1];
			lines[a + 1] = kept;
		}
		break;
	case 3:
		insert(lines, n, a, (struct bytes){NULL, 0});
		break;
	case 4:
		insert(lines, n, a, lines[b].b);
		break;
	case 5:
		insert(lines, n, a, text_bytes(spare));
		break;
	default: /* the end is gone */
		*n = a + 1;
	}
}

/* Someone edits the log that was exported; the register is what it was. */
static void edited(void)
{
	enum { ROOM = 512 };
	static struct line lines[ROOM];
	struct text spare = {0}, log = {0};
	phase = "edited";
	begin();
	for (size_t n = 1 + dice_below(&dice, 12); n > 0; n--)
		step_honest(false);
	size_t n = split(text_bytes(&k.log), lines, ROOM - 16);
	for (size_t edits = 1 + dice_below(&dice, 4); n > 0 && edits > 0; edits--) {
		uint8_t d[MODEL_SIZE_MAX];
		pick_digest(d);
		spare.n = 0;
		if (dice_one_in(&dice, 2))
			add_direct(&spare, d);
		else
			add_sync(&spare, dice_one_in(&dice, 2) ? k.value.v : k.start.v);
		edit(lines, &n, &spare);
		log.n = 0;
		for (size_t i = 0; i < n; i++) {
			text_add(&log, lines[i].b);
			text_char(&log, '\n');
		}
		if (dice_one_in(&dice, 3) && log.n > 0) {
			uint8_t *at = &log.p[dice_below(&dice, log.n)];
			*at = *at == '\n' ? '\n' : *at == 'a' ? 'b' : 'a';
		}
		must_not_lie(text_bytes(&log));
		/* Lines are views of the kernel's log, but for the spare one. */
		for (size_t i = 0; i < n; i++)
			if (lines[i].b.p == spare.p)
				lines[i].b.n = 0;
	}
	text_free(&spare);
	text_free(&log);
	kernel_close(&k);
}

static uint64_t number(const char *arg, const char *env, uint64_t otherwise)
{
	const char *s = arg != NULL ? arg : getenv(env);
	return s != NULL ? strtoull(s, NULL, 0) : otherwise;
}

int main(int argc, char *argv[])
{
	uint64_t n = number(argc > 1 ? argv[1] : NULL, "TSMCTL_HISTORIES",
		getenv("TSMCTL_SANITIZED") != NULL ? 600 : 3000);
	seed = number(argc > 2 ? argv[2] : NULL, "TSMCTL_SEED", 1);
	for (history = 0; history < n; history++) {
		honest();
		forged();
		hidden();
		edited();
	}
	return 0;
}
