/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/diagnosis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

static void drop_all(struct near_events *e)
{
	free(e->v);
	*e = (struct near_events){.n = NEAR_EVENTS_MAX + 1};
}

static int add_event(struct near_events *e, const struct near_event *event, struct err *err)
{
	enum { ROOM_FIRST = 16 };
	size_t n = e->n;
	if (n > NEAR_EVENTS_MAX)
		return 0;
	if (n == NEAR_EVENTS_MAX) {
		drop_all(e);
		return 0;
	}
	if (n == 0 || (n >= ROOM_FIRST && (n & (n - 1)) == 0)) {
		size_t room = n == 0 ? ROOM_FIRST : 2 * n;
		struct near_event *grown = reallocarray(e->v, room, sizeof(*grown));
		if (grown == NULL)
			return err_sys(err, ENOMEM, "registers");
		e->v = grown;
	}
	e->v[e->n++] = *event;
	return 0;
}

int near_events_add(struct near_events *e, const struct event_spot *spot,
	const struct digest *digest, struct err *err)
{
	struct near_event event = {.spot = *spot, .digest = *digest};
	return add_event(e, &event, err);
}

int near_events_join(struct near_events *e, const struct near_events *more, struct err *err)
{
	if (more->n > NEAR_EVENTS_MAX)
		drop_all(e);
	for (size_t i = 0; more->v != NULL && i < more->n; i++)
		if (add_event(e, &more->v[i], err) < 0)
			return -1;
	return 0;
}

struct near_event *near_events_last(const struct near_events *e)
{
	return e->v != NULL && e->n > 0 ? &e->v[e->n - 1] : NULL;
}

void near_events_clear(struct near_events *e)
{
	free(e->v);
	*e = (struct near_events){0};
}

struct search {
	struct hasher *h;
	const struct near_event *ev;
	size_t n;
	const struct digest *start, *want;
	struct near_miss *found;
};

/* Extends with the events from..to-1, as the log has them. */
static int go_on(
	const struct search *s, struct digest *value, size_t from, size_t to, struct err *err)
{
	for (size_t i = from; i < to; i++)
		if (hash_extend(s->h, value, &s->ev[i].digest, err) < 0)
			return -1;
	return 0;
}

/* What stands for event i: at most two digests, and where the log goes on behind them. */
struct change {
	enum near_kind kind;
	const struct digest *of[2];
	size_t next;
};

static int try_change(const struct search *s, const struct digest *before, size_t i,
	const struct change *c, struct err *err)
{
	struct digest value = *before;
	for (size_t k = 0; k < 2 && c->of[k] != NULL; k++)
		if (hash_extend(s->h, &value, c->of[k], err) < 0)
			return -1;
	if (go_on(s, &value, c->next, s->n, err) < 0)
		return -1;
	if (digest_equal(&value, s->want)) {
		s->found->kind = c->kind;
		s->found->spot = s->ev[i].spot;
	}
	return 0;
}

/* All changes of one kind, event by event. */
static int try_kind(const struct search *s, enum near_kind kind, struct err *err)
{
	struct digest value = *s->start;
	for (size_t i = 0; i < s->n && s->found->kind == NEAR_NONE; i++) {
		const struct near_event *ev = &s->ev[i];
		struct change c = {.kind = kind, .next = i + 1};
		bool can = true;
		if (kind == NEAR_OWN) {
			c.of[0] = &ev->own;
			can = ev->own.size > 0;
		} else if (kind == NEAR_TWICE) {
			c.of[0] = c.of[1] = &ev->digest;
		} else if (kind == NEAR_SWAPPED) {
			can = i + 1 < s->n;
			c.of[0] = can ? &ev[1].digest : NULL;
			c.of[1] = &ev->digest;
			c.next = i + 2;
		}
		if (can && try_change(s, &value, i, &c, err) < 0)
			return -1;
		if (hash_extend(s->h, &value, &ev->digest, err) < 0)
			return -1;
	}
	return 0;
}

/* A log, and where its events are: they stand together, as it was read whole. */
struct block {
	const char *source;
	size_t from, to;
};

static size_t find_blocks(const struct search *s, struct block block[NEAR_SOURCES_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (n == 0 || block[n - 1].source != s->ev[i].spot.source) {
			if (n == NEAR_SOURCES_MAX)
				return 0;
			block[n++] = (struct block){s->ev[i].spot.source, i, i};
		}
		block[n - 1].to = i + 1;
	}
	return n;
}

/* The order with this number, of n! there are: each digit of it picks one of those that are left. */
static int try_order(
	const struct search *s, const struct block *block, size_t n, size_t number, struct err *err)
{
	struct digest value = *s->start;
	struct block left[NEAR_SOURCES_MAX];
	const char *order[NEAR_SOURCES_MAX + 1] = {NULL};
	memcpy(left, block, n * sizeof(*left));
	for (size_t k = n; k > 0; k--) {
		size_t pick = number % k;
		number /= k;
		order[n - k] = left[pick].source;
		if (go_on(s, &value, left[pick].from, left[pick].to, err) < 0)
			return -1;
		left[pick] = left[k - 1];
	}
	if (!digest_equal(&value, s->want))
		return 0;
	s->found->kind = NEAR_ORDER;
	memcpy(s->found->order, order, sizeof(order));
	return 0;
}

static int try_orders(const struct search *s, struct err *err)
{
	struct block block[NEAR_SOURCES_MAX];
	size_t n = find_blocks(s, block), orders = 1;
	for (size_t i = 2; i <= n; i++)
		orders *= i;
	for (size_t i = 0; n > 1 && i < orders && s->found->kind == NEAR_NONE; i++)
		if (try_order(s, block, n, i, err) < 0)
			return -1;
	return 0;
}

int near_miss_find(struct hasher *h, const struct digest *start, const struct near_events *events,
	const struct digest *want, struct near_miss *ret, struct err *err)
{
	const struct search s = {h, events->v, events->n, start, want, ret};
	*ret = (struct near_miss){.kind = NEAR_NONE};
	if (events->v == NULL)
		return 0;
	for (enum near_kind kind = NEAR_OWN; kind < NEAR_ORDER && ret->kind == NEAR_NONE; kind++)
		if (try_kind(&s, kind, err) < 0)
			return -1;
	return ret->kind == NEAR_NONE ? try_orders(&s, err) : 0;
}

static void say_order(const char *const order[], char ret[ERR_MSG_MAX])
{
	struct err shown = {0};
	for (size_t i = 0; order[i] != NULL; i++) {
		char so_far[ERR_MSG_MAX];
		snprintf(so_far, sizeof(so_far), "%s", shown.msg);
		err_set(&shown, ST_OK, "%s%s'%s'", so_far,
			i == 0 ? "the logs were extended in another order: " : ", then ", order[i]);
	}
	memcpy(ret, shown.msg, ERR_MSG_MAX);
}

void near_miss_say(
	const struct near_miss *near, const struct event_spot *altered, char ret[ERR_MSG_MAX])
{
	static const struct {
		const char *before, *behind;
	} words[] = {
		[NEAR_OWN] = {"the digest of ",
			" is wrong in the log: with that of its data the log gives this value"},
		[NEAR_WITHOUT] = {"without ",
			" the log gives this value: it is logged, and was not extended"},
		[NEAR_TWICE] = {"", " was extended once more than it is logged"},
		[NEAR_SWAPPED] = {"",
			" was extended after the one that follows it in this register"},
	};
	if (near->kind == NEAR_ORDER)
		say_order(near->order, ret);
	else
		event_spot_say(
			words[near->kind].before, &near->spot, words[near->kind].behind, ret);
	if (near->spot.source != altered->source || near->spot.seq != altered->seq)
		event_spot_add_altered(altered, ret);
}
