/* SPDX-License-Identifier: Apache-2.0 */
/* What was extended differs from the log in one place: it is found, and nothing is where two differ. */
#include "check.h"
#include "kernel_model.h"
#include "replay/diagnosis.h"

enum { N = 7 };

static const char first[] = "a", second[] = "b", third[] = "c";
static struct hasher *hasher;

static struct digest of_byte(uint8_t b)
{
	struct digest d = {.alg = HASH_SHA384, .size = 48};
	model_hash2(&model_sha384, (struct bytes){&b, 1}, (struct bytes){NULL, 0}, d.v);
	return d;
}

/* The value after events with these numbers. */
static struct digest value_of(const uint8_t *numbers, size_t n)
{
	struct digest value = {.alg = HASH_SHA384, .size = 48};
	for (size_t i = 0; i < n; i++) {
		struct digest d = of_byte(numbers[i]);
		model_hash2(&model_sha384, digest_bytes(&value), digest_bytes(&d), value.v);
	}
	return value;
}

/* Events 0 to n-1, the first two, the next two and the rest of a log each. */
static void fill(struct near_event *ev, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ev[i] = (struct near_event){
			.spot = {i < 2	 ? first
				 : i < 4 ? second
					 : third,
				i},
			.digest = of_byte((uint8_t)i),
		};
}

static struct near_miss find(
	const struct near_event *ev, size_t n, const uint8_t *was, size_t n_was)
{
	struct digest start = {.alg = HASH_SHA384, .size = 48}, want = value_of(was, n_was);
	struct near_events events = {0};
	struct near_miss found;
	struct err err;
	for (size_t i = 0; i < n; i++) {
		CHECK(near_events_add(&events, &ev[i].spot, &ev[i].digest, &err) == 0);
		near_events_last(&events)->own = ev[i].own;
	}
	CHECK(near_miss_find(hasher, &start, &events, &want, &found, &err) == 0);
	near_events_clear(&events);
	return found;
}

static void check_found(enum near_kind kind, size_t at, const uint8_t *was, size_t n_was)
{
	struct near_event ev[N];
	fill(ev, N);
	struct near_miss found = find(ev, N, was, n_was);
	CHECK_INT(found.kind, kind);
	CHECK_U64(found.spot.seq, at);
}

static void test_each_place(void)
{
	for (size_t at = 0; at < N; at++) {
		uint8_t without[N], twice[N + 1], swapped[N], own[N];
		size_t n_without = 0, n_twice = 0;
		struct near_event ev[N];
		fill(ev, N);
		for (size_t i = 0; i < N; i++) {
			swapped[i] = own[i] = (uint8_t)i;
			if (i != at)
				without[n_without++] = (uint8_t)i;
			else
				twice[n_twice++] = (uint8_t)i;
			twice[n_twice++] = (uint8_t)i;
		}
		check_found(NEAR_WITHOUT, at, without, n_without);
		check_found(NEAR_TWICE, at, twice, n_twice);
		own[at] = 99;
		check_found(NEAR_NONE, 0, own, N);
		ev[at].own = of_byte(99);
		struct near_miss found = find(ev, N, own, N);
		CHECK(found.kind == NEAR_OWN && found.spot.seq == at);
		if (at + 1 == N)
			continue;
		swapped[at]++;
		swapped[at + 1]--;
		check_found(NEAR_SWAPPED, at, swapped, N);
	}
}

static void test_orders(void)
{
	static const uint8_t was[] = {4, 5, 6, 2, 3, 0, 1};
	struct near_event ev[N];
	fill(ev, N);
	struct near_miss found = find(ev, N, was, N);
	CHECK_INT(found.kind, NEAR_ORDER);
	CHECK(found.order[0] == third && found.order[1] == second && found.order[2] == first);
	CHECK(found.order[3] == NULL);
	/* More logs than are tried in every order. */
	for (size_t i = 0; i < N; i++)
		ev[i].spot.source = i % 2 == 0 ? first : second;
	CHECK_INT(find(ev, N, was, N).kind, NEAR_NONE);
}

static void test_nothing(void)
{
	static const uint8_t two_wrong[] = {0, 2, 1, 3, 5, 4, 6}, one[] = {1};
	struct near_event ev[N];
	fill(ev, N);
	CHECK_INT(find(ev, N, two_wrong, N).kind, NEAR_NONE);
	CHECK_INT(find(ev, 0, one, 1).kind, NEAR_NONE);
	CHECK_INT(find(ev, 1, one, 1).kind, NEAR_NONE);
	CHECK_INT(find(ev, 2, one, 1).kind, NEAR_WITHOUT);
}

/* The log of one event, 512 times; and of one more. */
static void test_too_many(void)
{
	struct near_events events = {0}, joined = {0};
	struct digest d = of_byte(0), start = {.alg = HASH_SHA384, .size = 48}, want = start;
	struct near_miss found;
	struct err err;
	for (uint64_t i = 0; i < NEAR_EVENTS_MAX; i++) {
		struct event_spot spot = {first, i};
		CHECK(near_events_add(&events, &spot, &d, &err) == 0);
		CHECK_U64(near_events_last(&events)->spot.seq, i);
		if (i > 0)
			CHECK(hash_extend(hasher, &want, &d, &err) == 0);
	}
	CHECK(near_miss_find(hasher, &start, &events, &want, &found, &err) == 0);
	CHECK_INT(found.kind, NEAR_WITHOUT);
	CHECK(near_events_join(&joined, &events, &err) == 0);
	CHECK(near_miss_find(hasher, &start, &joined, &want, &found, &err) == 0);
	CHECK_INT(found.kind, NEAR_WITHOUT);
	CHECK(near_events_add(&events, &(struct event_spot){first, 0}, &d, &err) == 0);
	CHECK(events.v == NULL && near_events_last(&events) == NULL);
	CHECK(near_miss_find(hasher, &start, &events, &want, &found, &err) == 0);
	CHECK_INT(found.kind, NEAR_NONE);
	near_events_clear(&joined);
	/* What is not kept of one log is missing in all. */
	CHECK(near_events_join(&joined, &events, &err) == 0);
	CHECK(joined.v == NULL && joined.n > NEAR_EVENTS_MAX);
	near_events_clear(&events);
	near_events_clear(&joined);
}

int main(void)
{
	struct err err;
	CHECK(hasher_open(&hasher, HASH_SHA384, &err) == 0);
	test_each_place();
	test_orders();
	test_nothing();
	test_too_many();
	hasher_close(hasher);
	return 0;
}
