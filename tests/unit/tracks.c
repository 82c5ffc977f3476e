/* SPDX-License-Identifier: Apache-2.0 */
/* Registers while logs are read: which of them an event is of, and where their claims lead to. */
#include "check.h"
#include "judge.h"
#include "model/mr_list.h"
#include "verify/tracks.h"

enum { SOURCES = 4 };

static struct mr_list mrs;
static struct tracks tracks;
static uint64_t n_fresh;

static const struct model_hash *const sha384 = &model_sha384;

static struct digest zeros(void)
{
	return digest_from(sha384, (uint8_t[MODEL_SIZE_MAX]){0});
}

static struct digest fresh(const struct model_hash *h)
{
	uint8_t d[MODEL_SIZE_MAX];
	n_fresh++;
	model_hash2(h, (struct bytes){(const uint8_t *)&n_fresh, sizeof(n_fresh)},
		(struct bytes){NULL, 0}, d);
	return digest_from(h, d);
}

static struct digest extended(struct digest value, const struct digest *digest)
{
	model_hash2(sha384, digest_bytes(&value), digest_bytes(digest), value.v);
	return value;
}

static void begin(bool discovers)
{
	tracks_init(&tracks, SOURCES, discovers);
}

static void end(void)
{
	tracks_clear(&tracks);
	mr_list_clear(&mrs);
}

/* PROVIDER/NAME:HASH, which holds `want`. */
static struct track *add_register(const char *provider, const char *name, const char *hash,
	const struct digest *want, const struct digest *trusted)
{
	struct err err;
	struct digest none = {0};
	struct mr *mr = mr_list_add(&mrs, provider, name, hash, &err);
	CHECK(mr != NULL);
	mr->alg = hash_by_name(bytes_of(hash));
	mr->size = (uint32_t)hash_size(mr->alg);
	mr->cc_mr_index = mr_cc_index(provider, name);
	CHECK(tracks_add(&tracks, mr, want != NULL ? want : &none,
		      trusted != NULL ? trusted : &none, &err) == 0);
	return &tracks.v[tracks.n - 1];
}

static struct track *add_rtmr(const struct digest *want)
{
	return add_register("tdx_guest", "rtmr3", "sha384", want, NULL);
}

/* An event of a register that the log names like this. */
static struct log_event named(const char *reg)
{
	struct log_event ev = {.place = PLACE_NAMED, .reg = reg, .extends = true, .locality = -1};
	event_settle_place(&ev);
	return ev;
}

static struct log_event with_digest(struct log_event ev, const struct digest *digest)
{
	ev.digest[ev.n_digests++].d = *digest;
	return ev;
}

/* A journal's record: extended at this value, which becomes what it made of it. */
static void record_digest(struct track *track, size_t source, uint64_t seq, struct digest *value,
	const struct digest *digest)
{
	struct err err;
	struct log_event ev = with_digest(named("rtmr3"), digest);
	ev.seq = seq;
	ev.held = &(struct event_held){.before = *value};
	*value = extended(*value, digest);
	CHECK(track_take_anchored(&tracks, track, source, &ev, &err) == 0);
}

static void record(struct track *track, size_t source, uint64_t seq, struct digest *value)
{
	struct digest d = fresh(sha384);
	record_digest(track, source, seq, value, &d);
}

/* A claim of another log. */
static void claim(struct track *track, size_t source, uint64_t seq, const struct digest *digest)
{
	struct err err;
	struct event_ref at = {source, seq};
	CHECK(track_take(&tracks, track, &at, digest, &err) == 0);
}

static void test_one_run(void)
{
	struct digest value = zeros();
	begin(false);
	struct track *track = add_rtmr(NULL);
	tracks_rewind(&tracks);
	for (uint64_t i = 0; i < 100; i++)
		record(track, 1, 2 * i, &value);
	track->want = value;
	CHECK(track->n_runs == 1 && track->n_firm_runs == 1 && track->claims == 100);
	CHECK_U64(track->run[0].n, 100);
	CHECK(track->run[0].first_seq == 0 && track->run[0].last_seq == 198);
	tracks_start(&tracks);
	const struct chain *chain = track_settled(track);
	CHECK(chain != NULL && chain->n == 100 && chain == track_likely(track));
	CHECK_BYTES(digest_bytes(&chain->value), digest_bytes(&value));
	CHECK(track_stuck(track, chain) == NULL);
	CHECK(track->tally[1].n == 100 && track->tally[1].first == 1 && track->tally[0].n == 0);
	end();
}

/* A run ends where its journal does, and where something else extended. */
static void test_interrupted_runs(void)
{
	for (int foreign = 0; foreign < 2; foreign++) {
		struct digest value = zeros();
		begin(false);
		struct track *track = add_rtmr(NULL);
		tracks_rewind(&tracks);
		record(track, 0, 5, &value);
		record(track, 1, 6, &value);
		record(track, 1, 7, &value);
		struct digest other = fresh(sha384);
		if (foreign)
			value = extended(value, &other);
		record(track, 1, 8, &value);
		track->want = value;
		CHECK_U64(track->n_runs, foreign ? 3 : 2);
		tracks_start(&tracks);
		const struct chain *chain = track_settled(track);
		CHECK((chain == NULL) == (foreign == 1));
		chain = track_likely(track);
		CHECK_U64(chain->n, foreign ? 3 : 4);
		const struct run *stuck = track_stuck(track, chain);
		CHECK((stuck == NULL) == (foreign == 0));
		CHECK(stuck == NULL || (stuck->source == 1 && stuck->first_seq == 8));
		end();
	}
}

/* Claims of another log, and what a journal has between them. */
static void test_jumps(void)
{
	struct digest value = zeros();
	begin(false);
	struct track *track = add_rtmr(NULL);
	tracks_rewind(&tracks);
	/* What is extended, in this order: the log's, the journal's two, the log's, the journal's. */
	struct digest d[2] = {fresh(sha384), fresh(sha384)};
	value = extended(value, &d[0]);
	record(track, 0, 0, &value);
	record(track, 0, 1, &value);
	value = extended(value, &d[1]);
	record(track, 0, 2, &value);
	track->want = value;
	tracks_start(&tracks);
	CHECK(track_settled(track) == NULL && track->chain[0].n == 0);
	for (uint64_t i = 0; i < 2; i++) {
		claim(track, 3, i, &d[i]);
		CHECK_U64(track->chain[0].n, i == 0 ? 3 : 5);
		CHECK((track_settled(track) != NULL) == (i == 1));
	}
	CHECK(track->tally[3].first == 1 && track->tally[0].first == 2);
	/* In another pass it is the same. */
	tracks.again = true;
	tracks_rewind(&tracks);
	tracks_start(&tracks);
	CHECK(track->chain[0].n == 0 && track->tally[0].first == 0);
	for (uint64_t i = 0; i < 2; i++)
		claim(track, 3, i, &d[i]);
	CHECK(track_settled(track) != NULL && track->claims == 5 && track->tally[3].n == 2);
	end();
}

/* A record whose end is not known counts where something confirms it. */
static void test_doubtful(void)
{
	enum { UNCONFIRMED, LAST, SEEN, GOES_ON, KINDS };
	for (int kind = 0; kind < KINDS; kind++) {
		struct digest value = zeros(), d = fresh(sha384);
		struct err err;
		begin(false);
		struct track *track = add_rtmr(NULL);
		tracks_rewind(&tracks);
		record(track, 0, 0, &value);
		struct digest after = extended(value, &d);
		struct log_event ev = with_digest(named("rtmr3"), &d);
		struct event_held held = {.before = value};
		ev.held = &held;
		ev.seq = 1;
		ev.doubtful = true;
		if (kind == SEEN)
			held.after = after;
		CHECK(track_take_anchored(&tracks, track, 0, &ev, &err) == 0);
		if (kind == GOES_ON)
			record(track, 0, 2, &after);
		track->want = kind == LAST || kind == GOES_ON ? after : value;
		CHECK(track->n_runs == (kind == GOES_ON ? 3 : 2) && track->run[1].doubtful);
		tracks_start(&tracks);
		CHECK_U64(track->chain[0].n, kind == UNCONFIRMED ? 1 : kind == GOES_ON ? 3 : 2);
		CHECK((track_settled(track) != NULL) == (kind != SEEN));
		CHECK(track_stuck(track, &track->chain[0]) == NULL);
		end();
	}
}

/* Logs are ahead of the register, which holds what `in` of seven claims give: which one is the next. */
static void test_ahead(void)
{
	for (uint64_t in = 0; in < 7; in++) {
		struct digest value = zeros(), want = zeros(), d[7];
		begin(false);
		for (uint64_t i = 0; i < 7; i++) {
			d[i] = fresh(sha384);
			if (i < in)
				want = extended(want, &d[i]);
		}
		struct track *track = add_rtmr(&want);
		tracks_rewind(&tracks);
		/* Three records of a journal, one of another, and a log. */
		for (uint64_t i = 0; i < 4; i++)
			record_digest(track, i / 3, 7 * i, &value, &d[i]);
		tracks_start(&tracks);
		for (uint64_t i = 4; i < 7; i++)
			claim(track, 3, 7 * i, &d[i]);
		const struct chain *chain = track_likely(track);
		CHECK(track_settled(track) == NULL && chain->n == 7);
		CHECK_U64(chain->reached, in + 1);
		CHECK_U64(chain->left.seq, 7 * in);
		CHECK_U64(chain->left.source, in < 4 ? in / 3 : 3);
		end();
	}
}

/* --- starts --- */

static struct digest filled(const struct model_hash *h, int byte)
{
	uint8_t v[MODEL_SIZE_MAX];
	memset(v, byte, sizeof(v));
	return digest_from(h, v);
}

static void check_starts(const struct track *track, const struct digest want[], size_t n)
{
	struct digest start[TIMELINE_STARTS_MAX];
	CHECK_U64(track_starts(track, start), n);
	for (size_t i = 0; i < n; i++)
		CHECK_BYTES(digest_bytes(&start[i]), digest_bytes(&want[i]));
	CHECK_U64(track->n_chains, n);
	for (size_t i = 0; i < n; i++)
		CHECK_BYTES(digest_bytes(&track->chain[i].value), digest_bytes(&want[i]));
}

static void test_pcr_starts(void)
{
	const struct digest starts[] = {filled(&model_sha256, 0xff), filled(&model_sha256, 0)};
	begin(false);
	for (unsigned i = 0; i < 24; i++) {
		char name[16];
		snprintf(name, sizeof(name), "pcr%u", i);
		struct track *track = add_register("", name, "sha256", NULL, NULL);
		bool drtm = i >= 17 && i <= 22;
		tracks_rewind(&tracks);
		check_starts(&tracks.v[track - tracks.v], drtm ? starts : starts + 1, drtm ? 2 : 1);
	}
	struct digest trusted = fresh(&model_sha256);
	struct track *track = add_register("", "pcr18", "sha256", NULL, &trusted);
	check_starts(track, &trusted, 1);
	end();
}

static void test_name_starts(void)
{
	struct digest starts[3] = {zeros(), zeros(), zeros()};
	static const char longer[] = "a-name-of-forty-nine-bytes-which-is-one-too-many-";
	begin(false);
	struct track *track = add_register("ccel", "measure", "sha384", NULL, NULL);
	struct err err;
	memcpy(starts[1].v, "measure", 7);
	check_starts(track, starts, 2);
	CHECK(tracks_add_alias(&tracks, 0, "other/metric:sha384", &err) == 0);
	tracks_rewind(&tracks);
	memcpy(starts[2].v, "metric", 6);
	check_starts(track, starts, 3);
	/* One that is longer than the register, or whose place has a number, is no value of it. */
	CHECK_U64(strlen(longer), 49);
	check_starts(add_register("ccel", longer, "sha384", NULL, NULL), starts, 1);
	check_starts(add_rtmr(NULL), starts, 1);
	end();
}

static void test_locality(void)
{
	struct digest starts[2] = {filled(&model_sha256, 0), filled(&model_sha256, 0)};
	struct digest d = fresh(&model_sha256);
	starts[0].v[31] = 3;
	begin(false);
	struct track *track = add_register("", "pcr0", "sha256", NULL, NULL);
	tracks_rewind(&tracks);
	track_set_locality(track, 0);
	track_set_locality(track, -1);
	check_starts(track, starts + 1, 1);
	track_set_locality(track, 3);
	track_set_locality(track, 4);
	check_starts(track, starts, 2);
	claim(track, 0, 0, &d);
	CHECK(track->chain[0].n == 1);
	end();
	/* Once something was extended, it is for the search. */
	begin(false);
	track = add_register("", "pcr0", "sha256", NULL, NULL);
	tracks_rewind(&tracks);
	claim(track, 0, 0, &d);
	track_set_locality(track, 3);
	struct digest start[TIMELINE_STARTS_MAX];
	CHECK(track->n_chains == 1 && track->chain[0].n == 1 && track_starts(track, start) == 2);
	end();
}

/* --- names --- */

/* How many banks an event of this name is of; of them, the first. */
static size_t hits(struct log_event ev, size_t *ret_first)
{
	struct err err;
	CHECK(tracks_find(&tracks, NULL, &ev, &err) == 0);
	*ret_first = tracks.n_hits > 0 ? tracks.hit[0] : SIZE_MAX;
	return tracks.n_hits;
}

static void check_hits(const char *name, size_t n, size_t first)
{
	size_t got;
	CHECK_U64(hits(named(name), &got), n);
	CHECK(n == 0 || got == first);
	/* The same when asked twice, which is remembered. */
	CHECK_U64(hits(named(name), &got), n);
}

static void test_names(void)
{
	size_t first;
	begin(false);
	add_register("prov", "m", "sha384", NULL, NULL);
	add_register("prov", "m", "sha256", NULL, NULL);
	add_register("tdx_guest", "rtmr3", "sha384", NULL, NULL);
	add_register("", "pcr100", "sha256", NULL, NULL);
	add_register("", "nv0x1c10200", "sha256", NULL, NULL);
	add_register("other", "pcr7", "sha256", NULL, NULL);
	CHECK(tracks.v[0].reg == tracks.v[1].reg && tracks.v[2].reg != tracks.v[0].reg);
	for (int again = 0; again < 2; again++) {
		CHECK_U64(hits(named("prov/m"), &first), 2);
		check_hits("prov/m:sha384", 1, 0);
		check_hits("m:sha256", 1, 1);
		check_hits("m:sha1", 0, 0);
		check_hits("else/m", 0, 0);
		check_hits("pro/m", 0, 0);
		check_hits("prov/mm", 0, 0);
		check_hits("rtmr3", 1, 2);
		check_hits("tdx_guest/rtmr3:sha384", 1, 2);
		check_hits("rtmr2", 0, 0);
		check_hits("pcr100", 1, 3);
		check_hits("nv0x01c10200", 1, 4);
		check_hits("other/pcr7", 1, 5);
		check_hits("pcr7", 0, 0);
	}
	for (size_t i = 0; i < tracks.n; i++)
		CHECK(tracks.v[i].rival == NULL);
	end();
}

/* The name of another register that is this one. */
static void test_aliases(void)
{
	struct err err;
	begin(false);
	add_register("prov", "m", "sha384", NULL, NULL);
	add_register("prov", "n", "sha384", NULL, NULL);
	CHECK(tracks_add_alias(&tracks, 0, "prov/n:sha384", &err) == 0);
	CHECK(tracks_add_alias(&tracks, 1, "prov/m:sha384", &err) == 0);
	CHECK(tracks_add_alias(&tracks, 0, "gone/x:sha384", &err) == 0);
	tracks_rewind(&tracks);
	size_t first;
	CHECK_U64(hits(named("prov/m:sha384"), &first), 2);
	CHECK_U64(hits(named("n"), &first), 2);
	check_hits("gone/x", 1, 0);
	check_hits("x:sha384", 1, 0);
	check_hits("x:sha256", 0, 0);
	CHECK(tracks.v[0].rival == NULL && tracks.v[1].rival == NULL);
	CHECK(tracks.v[0].reg != tracks.v[1].reg);
	end();
}

/* One that events have a place for, as a TD's rtmr2 has, and one that two journals tell of. */
static void test_placed_aliases(void)
{
	struct err err;
	size_t first;
	begin(false);
	add_register("tdx_guest", "rtmr2", "sha384", NULL, NULL);
	add_register("twin", "a", "sha384", NULL, NULL);
	add_register("twin", "b", "sha384", NULL, NULL);
	CHECK(tracks_add_alias(&tracks, 0, "twin/a:sha384", &err) == 0);
	for (int journal = 0; journal < 2; journal++)
		CHECK(tracks_add_alias(&tracks, 1, "tdx_guest/rtmr2:sha384", &err) == 0);
	for (int journal = 0; journal < 2; journal++)
		CHECK(tracks_add_alias(&tracks, 2, "gone/x:sha384", &err) == 0);
	tracks_rewind(&tracks);
	CHECK_U64(hits(named("tdx_guest/rtmr2:sha384"), &first), 2);
	CHECK_U64(hits(named("rtmr2"), &first), 2);
	CHECK_U64(hits(named("twin/a:sha384"), &first), 2);
	check_hits("gone/x", 1, 2);
	check_hits("rtmr3", 0, 0);
	CHECK(tracks.v[0].rival == NULL && tracks.v[1].rival == NULL);
	end();
}

static void test_rivals(void)
{
	size_t first;
	begin(false);
	add_register("a", "m", "sha384", NULL, NULL);
	add_register("b", "m", "sha384", NULL, NULL);
	add_register("b", "m", "sha256", NULL, NULL);
	tracks_rewind(&tracks);
	check_hits("a/m", 1, 0);
	CHECK_U64(hits(named("b/m"), &first), 2);
	CHECK(tracks.v[0].rival == NULL && tracks.v[1].rival == NULL);
	check_hits("m:sha256", 1, 2);
	CHECK(tracks.v[2].rival == NULL);
	CHECK_U64(hits(named("m"), &first), 3);
	CHECK(tracks.v[0].rival == &tracks.v[1] && tracks.v[1].rival == &tracks.v[0]);
	CHECK(tracks.v[2].rival == NULL);
	end();
}

/* --- no registers at hand --- */

static void test_discover(void)
{
	struct digest small = fresh(&model_sha256), large = fresh(sha384);
	size_t first;
	begin(true);
	struct log_event ev = {.place = PLACE_PCR, .index = 7, .seq = 3};
	ev = with_digest(ev, &small);
	CHECK_U64(hits(ev, &first), 1);
	CHECK(tracks.n == 1 && tracks.v[0].alg == HASH_SHA256 && !tracks.v[0].has_lack);
	tracks.v[0].first = (struct event_ref){2, 3};
	/* A bank that comes later lacks what came before. */
	ev = with_digest(ev, &large);
	ev.seq = 4;
	CHECK_U64(hits(ev, &first), 2);
	CHECK(tracks.n == 2 && tracks.v[1].alg == HASH_SHA384 &&
		tracks.v[1].reg == tracks.v[0].reg);
	CHECK(tracks.v[1].has_lack && tracks.v[1].lack.source == 2 && tracks.v[1].lack.seq == 3);
	CHECK(!tracks.v[0].has_lack);
	CHECK_U64(hits(ev, &first), 2);
	/* Of names, too; whatever provider stands before it. */
	CHECK_U64(hits(with_digest(named("p/m"), &small), &first), 1);
	CHECK(tracks.n == 3 && tracks.v[2].reg != tracks.v[0].reg);
	CHECK_STR(tracks.v[2].name, "p/m");
	CHECK_U64(hits(with_digest(named("p/m"), &large), &first), 2);
	CHECK(tracks.n == 4 && tracks.v[3].reg == tracks.v[2].reg && tracks.v[3].has_lack);
	/* An event without a hash that is known here is of a register, too. */
	struct log_event alien = {.place = PLACE_CC_MR, .index = 2, .n_digests = 1};
	alien.digest[0].d = (struct digest){.alg = HASH_UNKNOWN, .size = 7};
	CHECK_U64(hits(alien, &first), 1);
	CHECK(tracks.n == 5 && tracks.v[4].alg == HASH_UNKNOWN && tracks.v[4].n_chains == 0);
	end();
}

/* A bank's digest: the log's, or what an event without one says of all banks. */
static void test_digests(void)
{
	struct digest large = fresh(sha384), d;
	struct err err;
	bool is;
	begin(false);
	struct track *track = add_rtmr(NULL);
	struct log_event ev = with_digest(named("rtmr3"), &(struct digest){.alg = HASH_SHA256});
	CHECK(tracks_digest(&tracks, track, &ev, &d, &is, &err) == 0 && !is);
	ev.every_bank = true;
	CHECK(tracks_digest(&tracks, track, &ev, &d, &is, &err) == 0 && is);
	struct digest ones = filled(sha384, 0xff);
	CHECK_BYTES(digest_bytes(&d), digest_bytes(&ones));
	ev.hashed = bytes_of("data");
	CHECK(tracks_digest(&tracks, track, &ev, &d, &is, &err) == 0 && is);
	uint8_t own[MODEL_SIZE_MAX];
	model_hash2(sha384, ev.hashed, (struct bytes){NULL, 0}, own);
	CHECK_BYTES(digest_bytes(&d), ((struct bytes){own, 48}));
	ev = with_digest(ev, &large);
	CHECK(tracks_digest(&tracks, track, &ev, &d, &is, &err) == 0 && is);
	CHECK_BYTES(digest_bytes(&d), digest_bytes(&large));
	end();
}

int main(void)
{
	test_one_run();
	test_interrupted_runs();
	test_jumps();
	test_doubtful();
	test_ahead();
	test_pcr_starts();
	test_name_starts();
	test_locality();
	test_names();
	test_aliases();
	test_placed_aliases();
	test_rivals();
	test_discover();
	test_digests();
	return 0;
}
