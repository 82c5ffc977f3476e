/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stories of a register: what was extended, and what logs say of it. The search finds each history that
 * the logs allow, whatever order they are given in, says how far each log is in it, and names the one
 * change where there is none.
 */
#include "check.h"
#include "judge.h"
#include "verify/diagnosis.h"
#include "verify/history.h"
#include "verify/timeline.h"

enum { LISTS = 5, CLAIMS = 8, EXTENDS = 128, STORIES = 60, EXTENDS_BASE = 1 << 18 };

static struct dice dice = {4};
static struct hasher *hasher_of[HASH_COUNT];
static uint64_t n_fresh;

struct story {
	const struct model_hash *hash;
	struct digest start, value; /* before all, and now */
	struct digest was[EXTENDS]; /* what was extended */
	size_t n_was;
	struct claim_list list[LISTS]; /* what the logs say */
	size_t n_lists;
	struct claim doubtful;
	bool has_doubtful, trusted;
	bool may_start; /* `start` is an initial value, beside zeros */
};

static void begin(struct story *s, const struct model_hash *hash, size_t n_lists)
{
	static const uint8_t zeros[MODEL_SIZE_MAX];
	*s = (struct story){.hash = hash, .n_lists = n_lists};
	s->start = s->value = digest_from(hash, zeros);
	for (size_t l = 0; l < n_lists; l++)
		s->list[l].source = l + 10;
}

static void end(struct story *s)
{
	for (size_t l = 0; l < s->n_lists; l++)
		free(s->list[l].v);
}

/* A digest that nobody has had yet. */
static struct digest fresh(const struct story *s)
{
	uint8_t d[MODEL_SIZE_MAX];
	n_fresh++;
	model_hash2(s->hash, (struct bytes){(const uint8_t *)&n_fresh, sizeof(n_fresh)},
		(struct bytes){NULL, 0}, d);
	return digest_from(s->hash, d);
}

static struct digest extended(
	const struct story *s, struct digest value, const struct digest *digest)
{
	model_hash2(s->hash, digest_bytes(&value), digest_bytes(digest), value.v);
	return value;
}

static void extend(struct story *s, struct digest digest)
{
	CHECK(s->n_was < EXTENDS);
	s->value = extended(s, s->value, &digest);
	s->was[s->n_was++] = digest;
}

/* Log l says that this is extended now. */
static struct claim *say(struct story *s, size_t l, struct digest digest)
{
	struct claim_list *list = &s->list[l];
	struct claim claim = {.seq = list->n, .digest = digest};
	struct err err;
	if (list->anchored)
		claim.before = s->value;
	CHECK(timeline_add(list, &claim, &err) == 0);
	return &list->v[list->n - 1];
}

static void say_and_extend(struct story *s, size_t l)
{
	struct digest d = fresh(s);
	say(s, l, d);
	extend(s, d);
}

/* Order number k of the lists, of n! there are. */
static void order_number(size_t k, size_t n, size_t order[])
{
	for (size_t i = 0; i < n; i++) {
		size_t at = k % (i + 1);
		k /= i + 1;
		memmove(order + at + 1, order + at, (i - at) * sizeof(*order));
		order[at] = i;
	}
}

static size_t factorial(size_t n)
{
	size_t product = 1;
	for (; n > 1; n--)
		product *= n;
	return product;
}

/* The question that the story asks, its lists in order number k. */
static void ask(const struct story *s, size_t k, struct timeline *ret)
{
	size_t order[LISTS] = {0};
	struct err err;
	*ret = (struct timeline){.h = hasher_of[s->value.alg], .want = &s->value};
	order_number(k, s->n_lists, order);
	for (size_t i = 0; i < s->n_lists; i++) {
		const struct claim_list *from = &s->list[order[i]];
		struct claim_list *to = &ret->list[ret->n_lists++];
		*to = *from;
		to->v = NULL;
		to->n = 0;
		for (size_t c = 0; c < from->n; c++)
			CHECK(timeline_add(to, &from->v[c], &err) == 0);
	}
	ret->start[ret->n_starts++] = digest_from(s->hash, (uint8_t[MODEL_SIZE_MAX]){0});
	if (s->may_start)
		ret->start[ret->n_starts++] = s->start;
	ret->trusted = s->trusted;
	if (s->has_doubtful)
		CHECK(timeline_add_doubtful(ret, 99, &s->doubtful, &err) == 0);
}

/* The same, and its answer. */
static void solve(const struct story *s, size_t k, struct timeline *ret)
{
	struct err err = {0};
	ask(s, k, ret);
	if (history_find(ret, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
}

/* The same for another bank of the register. */
static void solve_like(const struct story *s, const struct timeline *like, struct timeline *ret)
{
	struct err err = {0};
	ask(s, 0, ret);
	if (history_find_like(ret, like, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s", err.msg);
}

static const struct fit *fit_of(const struct timeline *t, size_t source)
{
	for (size_t l = 0; l < t->n_lists; l++)
		if (t->list[l].source == source + 10)
			return &t->fit[l];
	check_failed(__FILE__, __LINE__, "no list of source %zu", source);
}

/* The history that was found is what was extended. */
static void check_path(const struct story *s, const struct timeline *t)
{
	CHECK(t->found && t->diagnosis.kind == DIAG_NONE);
	CHECK_BYTES(digest_bytes(&t->value), digest_bytes(&s->value));
	CHECK_BYTES(digest_bytes(&t->from), digest_bytes(&s->start));
	CHECK_U64(t->n_path, s->n_was);
	for (size_t k = 0; k < t->n_path; k++) {
		const struct step *step = &t->path[k];
		const struct claim *c = step->list == DOUBTFUL_LIST
						? &t->doubtful[step->at]
						: &t->list[step->list].v[step->at];
		CHECK_BYTES(digest_bytes(&c->digest), digest_bytes(&s->was[k]));
	}
}

/* It has all that the logs say. */
static void check_whole(const struct story *s, const struct timeline *t)
{
	check_path(s, t);
	for (size_t l = 0; l < t->n_lists; l++) {
		CHECK_U64(t->fit[l].in, t->list[l].n);
		CHECK(t->fit[l].left == 0 && t->fit[l].moved == 0 && !t->fit[l].inside);
	}
}

/* In every order of the lists. */
static void check_honest(const struct story *s)
{
	for (size_t k = 0; k < factorial(s->n_lists); k++) {
		struct timeline t;
		solve(s, k, &t);
		check_whole(s, &t);
		CHECK(!t.from_stated);
		timeline_clear(&t);
	}
}

static const struct model_hash *any_hash(void)
{
	return dice_one_in(&dice, 2) ? &model_sha384 : &model_sha256;
}

static void test_whole_lists(void)
{
	for (size_t i = 0; i < STORIES; i++) {
		struct story s;
		size_t order[LISTS], n = 1 + dice_below(&dice, 4);
		begin(&s, any_hash(), n);
		order_number(dice_below(&dice, factorial(n)), n, order);
		for (size_t l = 0; l < n; l++)
			for (size_t c = dice_below(&dice, CLAIMS + 1); c > 0; c--)
				say_and_extend(&s, order[l]);
		check_honest(&s);
		end(&s);
	}
}

/* Side by side: claims of each list, one of any list at a time. */
static void interleave(struct story *s, size_t from, size_t most)
{
	size_t left[LISTS] = {0}, n = 0;
	for (size_t l = from; l < s->n_lists; l++)
		n += left[l] = dice_below(&dice, most + 1);
	for (; n > 0; n--) {
		size_t l;
		do
			l = from + dice_below(&dice, s->n_lists - from);
		while (left[l] == 0);
		left[l]--;
		say_and_extend(s, l);
	}
}

static void test_interleaved(void)
{
	static const size_t most[] = {0, CLAIMS, 6, 3, 2};
	for (size_t i = 0; i < STORIES; i++) {
		struct story s;
		size_t n = 1 + dice_below(&dice, 4);
		begin(&s, any_hash(), n);
		interleave(&s, 0, most[n]);
		check_honest(&s);
		end(&s);
	}
}

/* Where there are too many ways to try all, none is said to be the last one. */
static void test_many_ways(void)
{
	for (size_t i = 0; i < 20; i++) {
		struct story s;
		struct timeline t;
		begin(&s, &model_sha256, 4);
		interleave(&s, 0, CLAIMS);
		solve(&s, 0, &t);
		if (t.found)
			check_whole(&s, &t);
		else
			CHECK(!t.all_tried);
		timeline_clear(&t);
		end(&s);
	}
}

static void test_firmware(void)
{
	struct story s;
	struct timeline t;
	for (size_t i = 0; i < STORIES; i++) {
		begin(&s, any_hash(), 3);
		s.list[0].firmware = true;
		for (size_t c = dice_below(&dice, CLAIMS + 1); c > 0; c--)
			say_and_extend(&s, 0);
		interleave(&s, 1, 4);
		check_honest(&s);
		end(&s);
	}
	/* Firmware is done before others extend; but what gives the value was extended, whoever logged it. */
	for (int firmware = 0; firmware < 2; firmware++) {
		begin(&s, &model_sha384, 2);
		s.list[0].firmware = firmware == 1;
		say_and_extend(&s, 1);
		say_and_extend(&s, 0);
		solve(&s, 0, &t);
		CHECK(t.found);
		timeline_clear(&t);
		end(&s);
	}
}

/* Firmware's log that goes on with what others extended later, and which they tell of, too. */
static void test_firmware_tells_more(void)
{
	struct story s;
	begin(&s, &model_sha384, 3);
	s.list[0].firmware = true;
	say_and_extend(&s, 0);
	say_and_extend(&s, 1);
	for (size_t i = 0; i < 2; i++) {
		say_and_extend(&s, 1);
		say(&s, 0, s.was[s.n_was - 1]);
		say_and_extend(&s, 2);
	}
	check_honest(&s);
	end(&s);
}

/* The same, where the other log is not in step: its first claim was not extended. */
static void test_firmware_goes_on(void)
{
	for (size_t k = 0; k < 6; k++) {
		struct story s;
		struct timeline t;
		begin(&s, &model_sha384, 3);
		s.list[0].firmware = true;
		say_and_extend(&s, 0);
		say_and_extend(&s, 1);
		say(&s, 2, fresh(&s));
		say(&s, 2, fresh(&s));
		say(&s, 0, s.list[2].v[1].digest);
		extend(&s, s.list[2].v[1].digest);
		solve(&s, k, &t);
		check_path(&s, &t);
		CHECK(fit_of(&t, 0)->left == 0 && fit_of(&t, 1)->left == 0);
		CHECK(fit_of(&t, 2)->left == 1 && fit_of(&t, 2)->inside);
		timeline_clear(&t);
		end(&s);
	}
}

static void test_journals(void)
{
	for (size_t i = 0; i < STORIES; i++) {
		struct story s;
		size_t n = 2 + dice_below(&dice, 2);
		begin(&s, any_hash(), n);
		s.list[0].anchored = true;
		s.list[n - 1].anchored = dice_one_in(&dice, 2);
		interleave(&s, 0, n == 2 || s.list[n - 1].anchored ? CLAIMS : 5);
		check_honest(&s);
		end(&s);
	}
}

/* Two records for one value: one of them is of another boot, whichever journal is named first. */
static void test_rival_journals(void)
{
	for (size_t k = 0; k < 2; k++) {
		struct story s;
		struct timeline t;
		begin(&s, &model_sha384, 2);
		s.list[0].anchored = s.list[1].anchored = true;
		struct digest both = fresh(&s);
		say(&s, 1, both);
		say(&s, 0, both);
		extend(&s, both);
		say(&s, 1, fresh(&s));
		say_and_extend(&s, 0);
		say_and_extend(&s, 0);
		solve(&s, k, &t);
		check_path(&s, &t);
		CHECK(fit_of(&t, 0)->left == 0 && fit_of(&t, 0)->in == 3);
		CHECK(fit_of(&t, 1)->left == 1 && fit_of(&t, 1)->in == 1 && !fit_of(&t, 1)->inside);
		timeline_clear(&t);
		end(&s);
	}
}

/* Three journals, of which two have a record at the end that was not extended. */
static void test_three_rivals(void)
{
	for (size_t k = 0; k < 6; k++) {
		struct story s;
		struct timeline t;
		begin(&s, &model_sha384, 3);
		for (size_t l = 0; l < 3; l++) {
			s.list[l].anchored = true;
			if (l > 0)
				say(&s, l - 1, fresh(&s));
			say_and_extend(&s, l);
		}
		solve(&s, k, &t);
		check_path(&s, &t);
		for (size_t l = 0; l < 3; l++)
			CHECK(fit_of(&t, l)->in == 1 && fit_of(&t, l)->left == (l < 2));
		timeline_clear(&t);
		end(&s);
	}
}

/*
 * A record of a journal whose end is not known: it was extended at once, after something of another
 * log, or never.
 */
static void test_doubtful(void)
{
	enum { AT_BEFORE, AT_AFTER, NOWHERE, KINDS };
	for (int kind = 0; kind < KINDS; kind++)
		for (size_t at = 0; at <= 4; at++)
			for (int seen = 0; seen < 2; seen++) {
				struct story s;
				begin(&s, &model_sha384, 2);
				s.list[0].anchored = true;
				for (size_t i = 0; i < at; i++)
					say_and_extend(&s, i % 2);
				s.has_doubtful = true;
				s.doubtful.digest = fresh(&s);
				s.doubtful.before = s.value;
				if (kind == AT_AFTER)
					say_and_extend(&s, 1);
				if (kind != NOWHERE)
					extend(&s, s.doubtful.digest);
				if (kind == AT_AFTER || seen == 1)
					s.doubtful.after = s.value;
				for (size_t i = at; i < 4; i++)
					say_and_extend(&s, i % 2);
				check_honest(&s);
				end(&s);
			}
}

/* One that was begun when the register held its value already: an equal record led there, and no log tells of it. */
static void test_doubtful_later(void)
{
	for (int seen = 0; seen < 2; seen++)
		for (size_t more = 0; more < 3; more++) {
			struct story s;
			struct timeline t;
			begin(&s, &model_sha384, 1);
			s.has_doubtful = true;
			s.doubtful.digest = fresh(&s);
			extend(&s, s.doubtful.digest);
			s.doubtful.before = s.value;
			if (seen == 1)
				s.doubtful.after = s.value;
			for (size_t i = 0; i < more; i++)
				say_and_extend(&s, 0);
			solve(&s, 0, &t);
			CHECK(!t.found || t.from_stated);
			timeline_clear(&t);
			end(&s);
		}
}

/* A start that a log states: from it all must follow, and the operator does not trust another. */
static void test_stated(void)
{
	enum { STATED, JOURNAL, NOT_WHOLE, TRUSTED, KINDS };
	for (int kind = 0; kind < KINDS; kind++)
		for (size_t k = 0; k < 2; k++) {
			struct story s;
			struct timeline t;
			struct err err;
			begin(&s, &model_sha256, 2);
			s.start = s.value = fresh(&s);
			s.trusted = kind == TRUSTED;
			s.list[1].anchored = kind == JOURNAL || k == 1;
			say_and_extend(&s, 1);
			interleave(&s, 0, 3);
			if (kind == NOT_WHOLE)
				say(&s, 1, fresh(&s));
			ask(&s, k, &t);
			if (kind != JOURNAL)
				t.stated[t.n_stated++] = s.start;
			CHECK(history_find(&t, &err) == 0);
			CHECK(t.found == (kind == STATED || kind == JOURNAL));
			CHECK(t.from_stated == t.found);
			if (t.found)
				check_whole(&s, &t);
			timeline_clear(&t);
			end(&s);
		}
}

/* With a copy, what must be taken whole still is. */
static void test_stated_copy(void)
{
	struct story s;
	struct timeline t;
	struct err err;
	begin(&s, &model_sha384, 2);
	s.start = s.value = fresh(&s);
	for (size_t i = 0; i < 4; i++) {
		say_and_extend(&s, 0);
		say(&s, 1, s.was[i]);
	}
	ask(&s, 0, &t);
	t.stated[t.n_stated++] = s.start;
	CHECK(history_find(&t, &err) == 0);
	CHECK(t.from_stated);
	check_whole(&s, &t);
	timeline_clear(&t);
	end(&s);
}

/* One of several initial values, in this bank and in the next. */
static void test_starts(void)
{
	struct story s, other;
	struct timeline t, u;
	begin(&s, &model_sha256, 2);
	begin(&other, &model_sha384, 2);
	s.may_start = other.may_start = true;
	s.start = s.value = fresh(&s);
	other.start = other.value = fresh(&other);
	for (size_t i = 0; i < 5; i++) {
		say_and_extend(&s, i % 2);
		say_and_extend(&other, i % 2);
	}
	check_honest(&s);
	solve(&s, 0, &t);
	CHECK_U64(t.from_index, 1);
	solve_like(&other, &t, &u);
	check_whole(&other, &u);
	CHECK_U64(u.extends, 5);
	timeline_clear(&u);
	timeline_clear(&t);
	end(&other);
	end(&s);
}

/* A log and a copy of claims `from` to `to` of it, beside another log. */
static void test_copies(void)
{
	for (size_t from = 0; from <= 4; from++)
		for (size_t to = from; to <= 4; to++) {
			struct story s;
			begin(&s, any_hash(), 3);
			for (size_t i = 0; i < 6; i++)
				say_and_extend(&s, i == 2 || i == 5 ? 2 : 0);
			for (size_t i = from; i < to; i++)
				say(&s, 1, s.list[0].v[i].digest);
			check_honest(&s);
			end(&s);
		}
}

/* What was extended twice and is in two logs once each is no copy. */
static void test_equal_claims(void)
{
	struct story s;
	begin(&s, &model_sha384, 2);
	struct digest separator = fresh(&s);
	for (size_t l = 0; l < 2; l++) {
		say_and_extend(&s, l);
		say(&s, l, separator);
		extend(&s, separator);
	}
	check_honest(&s);
	end(&s);
	for (size_t n = 2; n <= LISTS; n++) {
		begin(&s, &model_sha384, n);
		for (size_t l = 0; l < n; l++) {
			say(&s, l, separator);
			extend(&s, separator);
		}
		check_honest(&s);
		end(&s);
	}
}

/* Logs that go on behind what was extended. */
static void test_ends_left(void)
{
	for (size_t i = 0; i < STORIES; i++) {
		struct story s;
		size_t n = 1 + dice_below(&dice, 3), in[LISTS], left[LISTS];
		begin(&s, any_hash(), n);
		s.list[0].anchored = dice_one_in(&dice, 4);
		interleave(&s, 0, n == 1 ? CLAIMS : n == 2 ? 3 : 2);
		struct digest value = s.value;
		for (size_t l = 0; l < n; l++) {
			in[l] = s.list[l].n;
			left[l] = dice_below(&dice, 3);
			for (size_t c = 0; c < left[l]; c++) {
				say(&s, l, fresh(&s));
				s.value = extended(&s, s.value, &s.list[l].v[in[l] + c].digest);
			}
			s.value = value;
		}
		for (size_t k = 0; k < factorial(n); k++) {
			struct timeline t;
			solve(&s, k, &t);
			check_path(&s, &t);
			for (size_t l = 0; l < n; l++) {
				CHECK_U64(fit_of(&t, l)->in, in[l]);
				CHECK_U64(fit_of(&t, l)->left, left[l]);
				CHECK(left[l] == 0 || fit_of(&t, l)->first_left == in[l]);
				CHECK(!fit_of(&t, l)->inside && fit_of(&t, l)->moved == 0);
			}
			timeline_clear(&t);
		}
		end(&s);
	}
}

/* Direct lines that were left out are no claims. */
static void test_loose_left(void)
{
	struct story s;
	struct timeline t;
	begin(&s, &model_sha384, 1);
	say_and_extend(&s, 0);
	say(&s, 0, fresh(&s));
	say(&s, 0, fresh(&s))->loose = true;
	solve(&s, 0, &t);
	check_path(&s, &t);
	CHECK(t.fit[0].in == 1 && t.fit[0].left == 1 && t.fit[0].first_left == 1);
	timeline_clear(&t);
	end(&s);
}

/* A claim amid a log that another log shows to be one too many; a loose one is no claim then. */
static void test_left_inside(void)
{
	for (int loose = 0; loose < 2; loose++)
		for (size_t at = 0; at <= 3; at++)
			for (size_t k = 0; k < 2; k++) {
				struct story s;
				struct timeline t;
				begin(&s, &model_sha384, 2);
				for (size_t i = 0; i <= 3; i++) {
					if (i == at)
						say(&s, 0, fresh(&s))->loose = loose == 1;
					if (i == 3)
						break;
					say_and_extend(&s, 0);
					say(&s, 1, s.was[i]);
				}
				solve(&s, k, &t);
				check_path(&s, &t);
				CHECK(fit_of(&t, 1)->in == 3 && fit_of(&t, 1)->left == 0);
				CHECK_U64(fit_of(&t, 0)->in, 3);
				CHECK_U64(fit_of(&t, 0)->left, loose ? 0 : 1);
				CHECK(loose || fit_of(&t, 0)->first_left == at);
				CHECK_U64(fit_of(&t, 0)->moved, 0);
				CHECK(fit_of(&t, 0)->inside == (!loose && at < 3));
				timeline_clear(&t);
				end(&s);
			}
}

/* --- one change --- */

enum { SPOTS = 7 }; /* events of three logs: two, two and three */

static size_t log_of(size_t spot)
{
	return spot < 2 ? 0 : spot < 4 ? 1 : 2;
}

static size_t seq_of(size_t spot)
{
	return spot < 4 ? spot % 2 : spot - 4;
}

/* The logs in order number k, each whole, but for what differs at the spot. */
static void changed_story(struct story *s, enum diagnosis_kind kind, size_t at, size_t k)
{
	struct digest d[SPOTS], own;
	size_t order[3];
	begin(s, any_hash(), 3);
	own = fresh(s);
	for (size_t i = 0; i < SPOTS; i++) {
		struct claim *claim = say(s, log_of(i), d[i] = fresh(s));
		if (kind == DIAG_WRONG_DIGEST && i == at)
			claim->own = own;
	}
	if (kind == DIAG_WRONG_DIGEST || kind == DIAG_NONE)
		d[at] = own;
	if (kind == DIAG_SWAPPED) {
		struct digest first = d[at];
		d[at] = d[at + 1];
		d[at + 1] = first;
	}
	order_number(k, 3, order);
	for (size_t l = 0; l < 3; l++)
		for (size_t i = 0; i < SPOTS; i++) {
			if (log_of(i) != order[l] || (kind == DIAG_EXTRA && i == at))
				continue;
			extend(s, d[i]);
			if (kind == DIAG_REPEATED && i == at)
				extend(s, d[i]);
		}
}

static void check_change(const struct timeline *t, enum diagnosis_kind kind, size_t at)
{
	const struct diagnosis *d = &t->diagnosis;
	CHECK(!t->found && t->all_tried);
	CHECK_INT(d->kind, kind);
	CHECK(d->has_event == (kind != DIAG_NONE));
	CHECK(d->has_other == (kind == DIAG_SWAPPED));
	if (d->has_event)
		CHECK(d->event.source == log_of(at) + 10 && d->event.seq == seq_of(at));
	if (d->has_other)
		CHECK(d->other.source == log_of(at) + 10 && d->other.seq == seq_of(at) + 1);
}

/* At each place, whatever order the logs were extended and are given in. */
static void test_each_change(void)
{
	static const enum diagnosis_kind kinds[] = {
		DIAG_NONE, DIAG_WRONG_DIGEST, DIAG_EXTRA, DIAG_REPEATED, DIAG_SWAPPED};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t at = 0; at < SPOTS; at++)
			for (size_t k = 0; k < 6; k++) {
				struct story s;
				struct timeline t;
				bool last = at + 1 == SPOTS || log_of(at + 1) != log_of(at);
				if (kinds[i] == DIAG_SWAPPED && last)
					continue;
				changed_story(&s, kinds[i], at, k);
				solve(&s, dice_below(&dice, 6), &t);
				if (kinds[i] == DIAG_EXTRA && last) {
					/* Logged and not yet extended. */
					check_path(&s, &t);
					CHECK_U64(fit_of(&t, log_of(at))->left, 1);
				} else {
					check_change(&t, kinds[i], at);
				}
				timeline_clear(&t);
				end(&s);
			}
}

/* A log with a copy: the change is in both. */
static void test_changed_copies(void)
{
	static const enum diagnosis_kind kinds[] = {DIAG_EXTRA, DIAG_SWAPPED};
	for (size_t i = 0; i < 2; i++)
		for (size_t at = 0; at < 4; at++) {
			struct story s;
			struct timeline t;
			struct digest d[5];
			begin(&s, any_hash(), 2);
			for (size_t k = 0; k < 5; k++) {
				d[k] = fresh(&s);
				say(&s, 0, d[k]);
				say(&s, 1, d[k]);
			}
			for (size_t k = 0; k < 5; k++) {
				bool swapped = kinds[i] == DIAG_SWAPPED && (k == at || k == at + 1);
				if (kinds[i] == DIAG_EXTRA && k == at)
					continue;
				extend(&s, swapped ? d[2 * at + 1 - k] : d[k]);
			}
			solve(&s, at % 2, &t);
			CHECK(!t.found && t.all_tried);
			CHECK_INT(t.diagnosis.kind, kinds[i]);
			CHECK_U64(t.diagnosis.event.seq, at);
			timeline_clear(&t);
			end(&s);
		}
}

/* Two changes are none that can be named: one, and a claim twice, or some that were not extended yet. */
static void test_two_changes(void)
{
	for (size_t k = 0; k < 6; k++)
		for (int ahead = 0; ahead < 2; ahead++) {
			struct story s;
			struct timeline t;
			changed_story(&s, DIAG_REPEATED, 1, k);
			if (!ahead)
				extend(&s, s.was[0]);
			s.value = ahead ? s.start : s.value;
			for (size_t i = 0; ahead && i + 2 < s.n_was; i++)
				s.value = extended(&s, s.value, &s.was[i]);
			solve(&s, 0, &t);
			/* The end may be before what was repeated. */
			if (!t.found)
				check_change(&t, DIAG_NONE, 0);
			CHECK(!t.found || ahead);
			timeline_clear(&t);
			end(&s);
		}
}

/* A log has an event of another register at this place, which extended this one. */
static void test_other_register(void)
{
	for (size_t at = 0; at < SPOTS; at++)
		for (size_t k = 0; k < 6; k++) {
			struct story s;
			struct timeline t;
			struct err err;
			struct digest other = {0}, wrong;
			size_t order[3], l = log_of(at), given = 0;
			begin(&s, any_hash(), 3);
			order_number(k, 3, order);
			for (size_t o = 0; o < 3; o++)
				for (size_t i = 0; i < SPOTS; i++) {
					if (log_of(i) != order[o])
						continue;
					if (i != at)
						say(&s, order[o], fresh(&s))->seq = seq_of(i);
					else
						other = fresh(&s);
					extend(&s, i != at ? s.list[order[o]]
								     .v[s.list[order[o]].n - 1]
								     .digest
							   : other);
				}
			wrong = fresh(&s);
			solve(&s, 0, &t);
			check_change(&t, DIAG_NONE, at);
			while (t.list[given].source != l + 10)
				given++;
			CHECK(diagnosis_try_insert(&t, given, seq_of(at), &wrong, &err) == 0);
			check_change(&t, DIAG_NONE, at);
			CHECK(diagnosis_try_insert(&t, given, seq_of(at), &other, &err) == 0);
			/* Only the order in which they are given is tried. */
			if (k == 0)
				check_change(&t, DIAG_OTHER_REGISTER, at);
			timeline_clear(&t);
			end(&s);
		}
}

/* Something that is in no log, before record `at` of a journal, with another log's event or without. */
static void test_foreign(void)
{
	enum { RECORDS = 5 };
	for (size_t at = 0; at <= RECORDS; at++)
		for (size_t n_lists = 1; n_lists <= 2; n_lists++) {
			struct story s;
			struct timeline t;
			begin(&s, any_hash(), n_lists);
			s.list[0].anchored = s.trusted = true;
			for (size_t i = 0; i <= RECORDS; i++) {
				if (i == at)
					extend(&s, fresh(&s));
				if (i < RECORDS)
					say_and_extend(&s, 0);
			}
			solve(&s, 0, &t);
			const struct diagnosis *d = &t.diagnosis;
			CHECK(!t.found && t.all_tried);
			CHECK_INT(d->kind, DIAG_FOREIGN);
			CHECK(d->has_event == (at < RECORDS) && d->has_other == (at > 0));
			CHECK(!d->has_event || (d->event.source == 10 && d->event.seq == at));
			CHECK(!d->has_other || (d->other.source == 10 && d->other.seq == at - 1));
			CHECK_U64(t.n_path, at);
			timeline_clear(&t);
			end(&s);
		}
}

/* A record of a journal that was not extended, amid others that were; of this register, or any. */
static void test_journal_extra(void)
{
	enum { RECORDS = 5 };
	for (int foreign = 0; foreign < 2; foreign++)
		for (size_t at = 0; at < RECORDS; at++) {
			struct story s;
			struct timeline t;
			begin(&s, &model_sha384, 1);
			s.list[0].anchored = true;
			for (size_t i = 0; i < RECORDS; i++) {
				if (i != at) {
					say_and_extend(&s, 0);
					continue;
				}
				struct claim *extra = say(&s, 0, fresh(&s));
				if (foreign)
					extra->before = fresh(&s);
			}
			solve(&s, 0, &t);
			if (at + 1 < RECORDS) {
				CHECK(!t.found && t.all_tried);
				CHECK_INT(t.diagnosis.kind, DIAG_EXTRA);
				CHECK_U64(t.diagnosis.event.seq, at);
			} else {
				check_path(&s, &t);
				CHECK(fit_of(&t, 0)->left == 1 && fit_of(&t, 0)->first_left == at);
			}
			timeline_clear(&t);
			end(&s);
		}
}

/* --- what it costs --- */

/* Two long logs of which nobody can try all ways: it ends, and says so. */
static void many_claims(struct story *s, const struct model_hash *hash)
{
	begin(s, hash, 2);
	for (size_t i = 0; i < 40; i++) {
		say_and_extend(s, 0);
		say_and_extend(s, 1);
	}
}

static void check_cost(const struct timeline *t, uint64_t spent)
{
	uint64_t claims = timeline_claims(t);
	CHECK(t->extends <= EXTENDS_BASE + 64 * claims);
	/* Once more each for the likely order, for what it leads to, and to compare. */
	CHECK(spent <= EXTENDS_BASE + 64 * claims + 2 * claims + 4);
}

static void test_limit(void)
{
	for (int unknown = 0; unknown < 2; unknown++) {
		struct story s;
		struct timeline t;
		many_claims(&s, &model_sha256);
		if (unknown)
			extend(&s, fresh(&s));
		ask(&s, 0, &t);
		struct err err;
		uint64_t before = hashes_done;
		CHECK(history_find(&t, &err) == 0);
		check_cost(&t, hashes_done - before);
		CHECK(!t.found && !t.all_tried);
		CHECK_INT(t.diagnosis.kind, DIAG_NONE);
		CHECK(t.n_path == 80 && t.extends > EXTENDS_BASE / 4);
		timeline_clear(&t);
		end(&s);
	}
}

/* A register's own claims decide what it may cost, at the most that are searched among. */
static void test_large(void)
{
	struct story s;
	struct timeline t;
	struct err err;
	begin(&s, &model_sha256, 2);
	for (size_t i = 0; i < TIMELINE_CLAIMS_MAX; i++) {
		struct digest d = fresh(&s);
		say(&s, i < TIMELINE_CLAIMS_MAX / 2, d);
		s.value = extended(&s, s.value, &d);
	}
	ask(&s, 0, &t);
	uint64_t before = hashes_done;
	CHECK(history_find(&t, &err) == 0);
	CHECK(t.found && t.n_path == TIMELINE_CLAIMS_MAX);
	CHECK(hashes_done - before <= UINT64_C(6) * TIMELINE_CLAIMS_MAX);
	timeline_clear(&t);
	s.value.v[0] ^= 1;
	ask(&s, 0, &t);
	before = hashes_done;
	CHECK(history_find(&t, &err) == 0);
	CHECK(!t.found);
	check_cost(&t, hashes_done - before);
	timeline_clear(&t);
	end(&s);
}

/* --- another bank --- */

/* The same story in another hash. */
static void other_bank(const struct story *s, struct story *ret)
{
	begin(ret, &model_sha384, s->n_lists);
	ret->trusted = s->trusted;
	for (size_t l = 0; l < s->n_lists; l++) {
		ret->list[l].firmware = s->list[l].firmware;
		ret->list[l].anchored = s->list[l].anchored;
	}
	/* Claims of lists without anchors only: the value at which they are said does not matter. */
	struct digest d[EXTENDS];
	for (size_t k = 0; k < s->n_was; k++)
		extend(ret, d[k] = fresh(ret));
	for (size_t l = 0; l < s->n_lists; l++)
		for (size_t i = 0; i < s->list[l].n; i++) {
			size_t k = 0;
			while (k < s->n_was && !digest_equal(&s->was[k], &s->list[l].v[i].digest))
				k++;
			say(ret, l, k < s->n_was ? d[k] : fresh(ret))->own = s->list[l].v[i].own;
		}
}

/* What was found in one bank is not searched for in the next one. */
static void test_like_found(void)
{
	for (size_t i = 0; i < STORIES; i++) {
		struct story s, other;
		struct timeline t, u;
		begin(&s, &model_sha256, 2);
		interleave(&s, 0, 6);
		other_bank(&s, &other);
		solve(&s, 0, &t);
		solve_like(&other, &t, &u);
		check_whole(&other, &u);
		CHECK(u.extends <= u.n_path);
		timeline_clear(&u);
		/* It has one extend more: no order of the claims gives that, and no change of them. */
		extend(&other, fresh(&other));
		solve_like(&other, &t, &u);
		CHECK(!u.found && u.diagnosis.kind == DIAG_NONE);
		CHECK(u.extends <= (1 << 18) + 64 * timeline_claims(&u));
		timeline_clear(&u);
		timeline_clear(&t);
		end(&other);
		end(&s);
	}
}

/* What was not found in one bank, for whatever reason, is not searched for again. */
static void test_like_not_found(void)
{
	for (int many = 0; many < 2; many++) {
		struct story s, other;
		struct timeline t, u;
		if (many)
			many_claims(&s, &model_sha256);
		else
			changed_story(&s, DIAG_NONE, 3, 0);
		other_bank(&s, &other);
		extend(&other, fresh(&other));
		solve(&s, 0, &t);
		CHECK(!t.found && t.all_tried == (many == 0));
		solve_like(&other, &t, &u);
		CHECK(!u.found && u.all_tried == t.all_tried);
		CHECK(u.extends <= (1 << 18) + 64 * timeline_claims(&u));
		timeline_clear(&u);
		timeline_clear(&t);
		end(&other);
		end(&s);
	}
}

/* The change of one bank is named in the other one, too; and one that only the other has. */
static void test_like_changed(void)
{
	struct story s, other;
	struct timeline t, u;
	changed_story(&s, DIAG_REPEATED, 4, 0);
	solve(&s, 0, &t);
	check_change(&t, DIAG_REPEATED, 4);
	begin(&other, &model_sha384, 3);
	for (size_t i = 0; i < SPOTS; i++) {
		say_and_extend(&other, log_of(i));
		if (i == 4)
			extend(&other, other.was[i]);
	}
	solve_like(&other, &t, &u);
	check_change(&u, DIAG_REPEATED, 4);
	timeline_clear(&u);
	timeline_clear(&t);
	end(&other);
	end(&s);
	begin(&s, &model_sha256, 1);
	begin(&other, &model_sha384, 1);
	for (size_t i = 0; i < 3; i++) {
		say_and_extend(&s, 0);
		say_and_extend(&other, 0);
	}
	other.list[0].v[1].own = other.list[0].v[1].digest;
	other.list[0].v[1].digest = fresh(&other);
	solve(&s, 0, &t);
	solve_like(&other, &t, &u);
	CHECK(!u.found && u.diagnosis.kind == DIAG_WRONG_DIGEST && u.diagnosis.event.seq == 1);
	timeline_clear(&u);
	timeline_clear(&t);
	end(&other);
	end(&s);
}

/* A bank that has other claims is searched for on its own. */
static void test_like_others(void)
{
	struct story s, other;
	struct timeline t, u;
	begin(&s, &model_sha256, 2);
	say_and_extend(&s, 0);
	solve(&s, 0, &t);
	begin(&other, &model_sha384, 2);
	for (size_t i = 0; i < 4; i++)
		say_and_extend(&other, i % 2);
	solve_like(&other, &t, &u);
	check_whole(&other, &u);
	timeline_clear(&u);
	timeline_clear(&t);
	end(&other);
	end(&s);
}

/* Two programs, each with a log, extended the banks one after the other: each has its own order. */
static void test_like_other_order(void)
{
	static const size_t orders[2][4] = {{0, 2, 1, 3}, {0, 2, 3, 1}};
	struct story s[2];
	struct timeline t, u;
	for (size_t bank = 0; bank < 2; bank++) {
		struct digest d[4];
		begin(&s[bank], bank == 0 ? &model_sha256 : &model_sha384, 2);
		for (size_t i = 0; i < 4; i++) {
			d[i] = fresh(&s[bank]);
			say(&s[bank], i / 2, d[i]);
		}
		for (size_t i = 0; i < 4; i++)
			extend(&s[bank], d[orders[bank][i]]);
	}
	solve(&s[0], 0, &t);
	check_whole(&s[0], &t);
	solve_like(&s[1], &t, &u);
	check_whole(&s[1], &u);
	timeline_clear(&u);
	timeline_clear(&t);
	end(&s[1]);
	end(&s[0]);
}

/* One bank starts where its log says, the next where the operator says. */
static void test_like_stated(void)
{
	for (int trusted = 0; trusted < 2; trusted++) {
		struct story s, other;
		struct timeline t, u;
		begin(&s, &model_sha256, 1);
		begin(&other, &model_sha384, 1);
		s.start = s.value = fresh(&s);
		other.start = other.value = fresh(&other);
		s.list[0].anchored = other.list[0].anchored = true;
		other.trusted = trusted == 1;
		for (size_t i = 0; i < 3; i++) {
			say_and_extend(&s, 0);
			say_and_extend(&other, 0);
		}
		solve(&s, 0, &t);
		CHECK(t.found && t.from_stated);
		solve_like(&other, &t, &u);
		CHECK(u.found == (trusted == 0) && u.from_stated == u.found);
		timeline_clear(&u);
		timeline_clear(&t);
		end(&other);
		end(&s);
	}
}

int main(void)
{
	struct err err;
	CHECK(hasher_open(&hasher_of[HASH_SHA384], HASH_SHA384, &err) == 0);
	CHECK(hasher_open(&hasher_of[HASH_SHA256], HASH_SHA256, &err) == 0);
	count_hashes();
	test_whole_lists();
	test_interleaved();
	test_many_ways();
	test_firmware();
	test_firmware_tells_more();
	test_firmware_goes_on();
	test_journals();
	test_rival_journals();
	test_three_rivals();
	test_doubtful();
	test_doubtful_later();
	test_stated();
	test_stated_copy();
	test_starts();
	test_copies();
	test_equal_claims();
	test_ends_left();
	test_left_inside();
	test_loose_left();
	test_each_change();
	test_changed_copies();
	test_two_changes();
	test_other_register();
	test_foreign();
	test_journal_extra();
	test_limit();
	test_large();
	test_like_found();
	test_like_not_found();
	test_like_changed();
	test_like_others();
	test_like_other_order();
	test_like_stated();
	hasher_close(hasher_of[HASH_SHA384]);
	hasher_close(hasher_of[HASH_SHA256]);
	return 0;
}
