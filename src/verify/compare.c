/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/scope.h"
#include "describe/event_name.h"
#include "verify/align.h"

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "events");
}

/* --- registers --- */

static const char *local_name(const char *name)
{
	const char *slash = strchr(name, '/');
	return slash != NULL ? slash + 1 : name;
}

/* What is printed alike is one register; a provider or a bank that one of them leaves out is any. */
static bool may_be(const struct joined_register *a, const struct joined_register *b)
{
	bool banks = a->only == b->only || a->only == HASH_NONE || b->only == HASH_NONE;
	const char *x = local_name(a->name), *y = local_name(b->name);
	bool whole = x != a->name && y != b->name;
	return banks && strcmp(whole ? a->name : x, whole ? b->name : y) == 0;
}

static bool is_exact(const struct joined_register *a, const struct joined_register *b)
{
	return a->only == b->only && strcmp(a->name, b->name) == 0;
}

/* The only register of a side that may be this one, one of the same name before others; NULL: none. */
static struct joined_register *find_in(const struct joined *side, const struct joined_register *reg)
{
	struct joined_register *found = NULL;
	size_t n = 0;
	for (size_t i = 0; i < side->n; i++) {
		if (is_exact(side->v[i], reg))
			return side->v[i];
		if (may_be(side->v[i], reg)) {
			found = side->v[i];
			n++;
		}
	}
	return n == 1 ? found : NULL;
}

/* Pairs the registers of both sides: those without a partner follow. */
static int pair_registers(struct compare *c, struct err *err)
{
	struct joined *a = &c->side[0], *b = &c->side[1];
	c->v = calloc(a->n + b->n + 1, sizeof(*c->v));
	if (c->v == NULL)
		return no_memory(err);
	for (size_t k = 0; k < b->n; k++)
		b->v[k]->at = SIZE_MAX;
	for (size_t i = 0; i < a->n; i++) {
		a->v[i]->at = c->n;
		struct joined_register *other = find_in(b, a->v[i]);
		if (other != NULL && find_in(a, other) != a->v[i])
			other = NULL;
		if (other != NULL)
			other->at = c->n;
		c->v[c->n++] = (struct compare_register){.joined = {a->v[i], other}};
	}
	for (size_t k = 0; k < b->n; k++) {
		if (b->v[k]->at != SIZE_MAX)
			continue;
		b->v[k]->at = c->n;
		c->v[c->n++] = (struct compare_register){.joined = {NULL, b->v[k]}};
	}
	return 0;
}

/* Sets the bank of one side's register; true: its events have to be read once more. */
static bool set_bank(struct joined_register *reg, enum hash_alg alg)
{
	bool again = reg->alg != alg || reg->lacks;
	reg->alg = alg;
	return again;
}

/* The strongest bank that all events have that both sides have, or the one side that has any. */
static void pick_bank(struct compare_register *reg, bool ret_again[static 2])
{
	uint32_t given = UINT32_MAX, possible = UINT32_MAX;
	for (int s = 0; s < 2; s++) {
		if (reg->joined[s] == NULL)
			continue;
		given &= reg->joined[s]->given;
		possible &= reg->joined[s]->possible;
	}
	enum hash_alg alg = joined_strongest(given);
	if (alg == HASH_NONE)
		alg = joined_strongest(possible);
	reg->no_bank = alg == HASH_NONE;
	for (int s = 0; s < 2 && alg != HASH_NONE; s++)
		if (reg->joined[s] != NULL)
			ret_again[s] |= set_bank(reg->joined[s], alg);
}

/* The side whose name is shown: the one that has a provider, else any. */
static const struct joined_register *named(const struct compare_register *reg)
{
	const struct joined_register *a = reg->joined[0], *b = reg->joined[1];
	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	return local_name(b->name) > b->name ? b : a;
}

/* The name that is shown: that of the machine, where it has one. */
static int name_register(struct compare *c, struct compare_register *reg,
	const struct mr_list *machine, struct err *err)
{
	struct err unknown;
	const struct joined_register *of = named(reg);
	const char *hash = reg->no_bank ? NULL : hash_name(of->alg), *local = local_name(of->name);
	AUTO_FREE char *spec = NULL, *provider = NULL;
	if (asprintf(&spec, "%s%s%s", of->name, hash != NULL ? ":" : "", hash != NULL ? hash : "") <
		0)
		return no_memory(err);
	provider =
		local > of->name ? strndup(of->name, (size_t)(local - of->name - 1)) : strdup("");
	if (provider == NULL)
		return no_memory(err);
	const struct mr *whole = machine != NULL ? mr_list_find(machine, spec, &unknown) : NULL;
	reg->mr = mr_list_add(&c->mrs, whole != NULL ? whole->provider : provider,
		whole != NULL ? whole->name : local, hash, err);
	return reg->mr != NULL ? 0 : -1;
}

/* --- alignment --- */

/* What all registers need while they are aligned: their digests, and numbers of one register alone. */
struct alignment {
	struct numbers numbers[HASH_COUNT];
	struct {
		uint32_t user, number;
	} * map; /* of each number: that of the register which used it last */
	uint32_t user, n;
};

/*
 * Whether the first side is to be aligned with the second one, not the other way round: what was kept is
 * the same then, whichever side is the reference.
 */
static bool is_forward(const struct numbers *numbers, const struct joined_register *a,
	const struct joined_register *b)
{
	uint32_t i = 0;
	while (i < a->n && i < b->n && numbers->first[a->digest[i]] == numbers->first[b->digest[i]])
		i++;
	if (i == a->n || i == b->n)
		return i == a->n;
	struct bytes x = numbers_digest(numbers, a->digest[i]);
	return memcmp(x.p, numbers_digest(numbers, b->digest[i]).p, x.n) < 0;
}

/* Numbers from 0 on, so that the work depends on this register's events alone. */
static void renumber(struct alignment *al, struct joined_register *reg)
{
	const uint32_t *first = al->numbers[reg->alg].first;
	for (uint32_t i = 0; i < reg->n; i++) {
		uint32_t *number = &reg->digest[i];
		*number = first[*number];
		if (al->map[*number].user != al->user) {
			al->map[*number].user = al->user;
			al->map[*number].number = al->n++;
		}
		*number = al->map[*number].number;
	}
}

static int make_side(struct compare_side *side, const struct joined_register *reg, struct err *err)
{
	side->n = reg != NULL ? reg->n : 0;
	side->with = calloc(side->n + 1, sizeof(*side->with));
	side->change = calloc(side->n + 1, sizeof(*side->change));
	side->wanted = calloc(side->n + 1, sizeof(*side->wanted));
	bool all = side->with != NULL && side->change != NULL && side->wanted != NULL;
	return all ? 0 : no_memory(err);
}

static int align(struct alignment *al, struct compare_register *reg, struct err *err)
{
	struct joined_register *a = reg->joined[0], *b = reg->joined[1];
	struct align_side v[2];
	bool forward = is_forward(&al->numbers[a->alg], a, b);
	al->user++;
	al->n = 0;
	renumber(al, a);
	renumber(al, b);
	for (int s = 0; s < 2; s++)
		v[s] = (struct align_side){
			reg->joined[s]->digest, reg->side[s].n, reg->side[s].with};
	if (align_run(&v[!forward], &v[forward], al->n, err) < 0)
		return -1;
	for (int s = 0; s < 2; s++)
		for (uint32_t i = 0; i < v[s].n; i++)
			reg->side[s].change[i] =
				v[s].with[i] == ALIGN_NONE ? COMPARE_ONLY : COMPARE_SAME;
	return align_moved(&v[0], &v[1], al->n, err);
}

/* What has found a partner only after the alignment was moved. */
static void settle(struct compare_register *reg)
{
	for (int s = 0; s < 2; s++) {
		struct compare_side *side = &reg->side[s];
		for (uint32_t i = 0; i < side->n; i++) {
			if (reg->joined[1 - s] == NULL)
				side->with[i] = ALIGN_NONE;
			if (reg->joined[1 - s] == NULL)
				side->change[i] = COMPARE_ONLY;
			else if (side->change[i] == COMPARE_ONLY && side->with[i] != ALIGN_NONE)
				side->change[i] = COMPARE_MOVED;
			side->wanted[i] = side->change[i] != COMPARE_SAME;
			reg->differs |= side->wanted[i];
		}
	}
}

/* What the digests do not cover. */
static void compare_data(struct compare_register *reg)
{
	const struct compare_side *side = &reg->side[0];
	for (uint32_t i = 0; i < side->n; i++) {
		uint32_t with = side->with[i];
		if (with == ALIGN_NONE ||
			!joined_marks_differ(reg->joined[0]->mark[i], reg->joined[1]->mark[with]))
			continue;
		if (reg->n_other_data++ > 0)
			continue;
		reg->other_data[0] = i;
		reg->other_data[1] = with;
	}
}

static int align_register(struct alignment *al, struct compare_register *reg, struct err *err)
{
	if (reg->no_bank)
		return 0;
	if (make_side(&reg->side[0], reg->joined[0], err) < 0 ||
		make_side(&reg->side[1], reg->joined[1], err) < 0)
		return -1;
	if (reg->joined[0] != NULL && reg->joined[1] != NULL && align(al, reg, err) < 0)
		return -1;
	settle(reg);
	compare_data(reg);
	for (int s = 0; s < 2; s++) {
		if (reg->joined[s] == NULL)
			continue;
		free(reg->joined[s]->digest);
		free(reg->joined[s]->mark);
		reg->joined[s]->digest = reg->joined[s]->mark = NULL;
	}
	return 0;
}

static int align_all(struct compare *c, struct alignment *al, struct err *err)
{
	uint32_t most = 0;
	for (int alg = 0; alg < HASH_COUNT; alg++)
		most = al->numbers[alg].n > most ? al->numbers[alg].n : most;
	al->map = calloc(most + 1, sizeof(*al->map));
	if (al->map == NULL)
		return no_memory(err);
	for (size_t i = 0; i < c->n; i++) {
		if (align_register(al, &c->v[i], err) < 0)
			return -1;
		c->n_common +=
			!c->v[i].no_bank && c->v[i].joined[0] != NULL && c->v[i].joined[1] != NULL;
	}
	return 0;
}

/* --- events --- */

/* Reads both sides, once more if registers were not in the bank that is compared. */
static int read_sides(struct compare *c, struct alignment *al, struct err *err)
{
	bool again[2] = {false, false};
	for (int s = 0; s < 2; s++)
		if (joined_read(&c->side[s], al->numbers, err) < 0)
			return -1;
	if (pair_registers(c, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		pick_bank(&c->v[i], again);
	if (!again[0] && !again[1])
		return 0;
	for (int alg = 0; alg < HASH_COUNT; alg++)
		numbers_clear(&al->numbers[alg]);
	for (int s = 0; s < 2; s++)
		if (joined_read(&c->side[s], al->numbers, err) < 0)
			return -1;
	return 0;
}

static int load(
	struct compare *c, const struct mr_list *machine, struct alignment *al, struct err *err)
{
	if (read_sides(c, al, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++)
		if (name_register(c, &c->v[i], machine, err) < 0)
			return -1;
	mr_list_sort(&c->mrs);
	for (int alg = 0; alg < HASH_COUNT; alg++)
		if (numbers_settle(&al->numbers[alg], err) < 0)
			return -1;
	return align_all(c, al, err);
}

int compare_load(struct compare *ret, struct inputs *reference, struct inputs *now,
	const struct mr_list *machine, struct err *err)
{
	struct alignment al = {0};
	*ret = (struct compare){0};
	int rc = joined_init(&ret->side[0], reference, err);
	if (rc == 0)
		rc = joined_init(&ret->side[1], now, err);
	arc4random_buf(ret->side[0].salt, sizeof(ret->side[0].salt));
	memcpy(ret->side[1].salt, ret->side[0].salt, sizeof(ret->side[0].salt));
	if (rc == 0)
		rc = load(ret, machine, &al, err);
	for (int alg = 0; alg < HASH_COUNT; alg++)
		numbers_clear(&al.numbers[alg]);
	free(al.map);
	return rc;
}

void compare_clear(struct compare *c)
{
	for (size_t i = 0; i < c->n; i++) {
		for (int s = 0; s < 2; s++) {
			free(c->v[i].side[s].with);
			free(c->v[i].side[s].change);
			free(c->v[i].side[s].wanted);
			free(c->v[i].side[s].name);
		}
	}
	free(c->v);
	mr_list_clear(&c->mrs);
	joined_clear(&c->side[0]);
	joined_clear(&c->side[1]);
	*c = (struct compare){0};
}

void compare_want(struct compare_register *reg, bool all)
{
	for (int s = 0; s < 2; s++)
		if (reg->side[s].n > 0)
			memset(reg->side[s].wanted, all, reg->side[s].n * sizeof(bool));
}

struct telling {
	struct compare *c;
	int side;
	compare_event_fn each;
	void *arg;
};

static const char *want(void *arg, const struct joined_register *reg, uint32_t at)
{
	const struct telling *t = arg;
	const struct compare_register *r = &t->c->v[reg->at];
	return !r->no_bank && r->side[t->side].wanted[at] ? r->mr->full : NULL;
}

/* FNV-1a; who makes two names alike makes two events look like one that was changed. */
static uint64_t name_number(const struct event *event)
{
	struct bytes name = event_name(event->kind, event_shown(event));
	uint64_t h = 14695981039346656037u;
	for (const char *p = event->kind; *p != '\0'; p++)
		h = (h ^ (uint8_t)*p) * 1099511628211u;
	h *= 1099511628211u;
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * 1099511628211u;
	return h;
}

static int tell(void *arg, const struct joined_register *reg, uint32_t at,
	const struct event *event, struct err *err)
{
	const struct telling *t = arg;
	struct compare_register *r = &t->c->v[reg->at];
	struct compare_side *side = &r->side[t->side];
	if (side->name == NULL)
		side->name = calloc(side->n + 1, sizeof(*side->name));
	if (side->name == NULL)
		return no_memory(err);
	side->name[at] = name_number(event);
	const struct compare_place place = {r, t->side, at};
	return t->each(t->arg, &place, event, err);
}

int compare_events(struct compare *c, compare_event_fn each, void *arg, struct err *err)
{
	for (int s = 0; s < 2; s++) {
		struct telling t = {c, s, each, arg};
		const struct joined_teller teller = {want, tell, &t};
		if (joined_tell(&c->side[s], &teller, err) < 0)
			return -1;
	}
	return 0;
}

/* --- pairs --- */

/* An event that the other side does not have, and which of the gaps between equal ones it is in. */
struct lone {
	uint64_t name;
	uint32_t gap, at;
};

static int by_gap_and_name(const struct lone *x, const struct lone *y)
{
	if (x->gap != y->gap)
		return x->gap < y->gap ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static int by_place(const void *a, const void *b)
{
	const struct lone *x = a, *y = b;
	int rc = by_gap_and_name(x, y);
	return rc != 0 ? rc : x->at < y->at ? -1 : 1;
}

/* Those of one side, as they stand in it; the caller frees them. */
static struct lone *lone_events(const struct compare_side *side, size_t *ret_n)
{
	size_t n = 0;
	for (uint32_t i = 0; i < side->n; i++)
		n += side->change[i] == COMPARE_ONLY;
	struct lone *v = calloc(n + 1, sizeof(*v));
	*ret_n = n;
	uint32_t gap = 0;
	n = 0;
	for (uint32_t i = 0; i < side->n && v != NULL; i++) {
		gap += side->change[i] == COMPARE_SAME;
		if (side->change[i] == COMPARE_ONLY)
			v[n++] = (struct lone){side->name[i], gap, i};
	}
	return v;
}

static void make_changed(struct compare_register *reg, uint32_t at, uint32_t with)
{
	reg->side[0].change[at] = reg->side[1].change[with] = COMPARE_CHANGED;
	reg->side[0].with[at] = with;
	reg->side[1].with[with] = at;
}

/* As many as have the same names in the same order; returns how many these are. */
static size_t pair_first(struct compare_register *reg, const struct lone *a, size_t n,
	const struct lone *b, size_t m)
{
	size_t i = 0;
	for (; i < n && i < m && by_gap_and_name(&a[i], &b[i]) == 0; i++)
		make_changed(reg, a[i].at, b[i].at);
	return i;
}

static void pair_events(
	struct compare_register *reg, struct lone *a, size_t n, struct lone *b, size_t m)
{
	size_t first = pair_first(reg, a, n, b, m);
	a += first;
	n -= first;
	b += first;
	m -= first;
	qsort(a, n, sizeof(*a), by_place);
	qsort(b, m, sizeof(*b), by_place);
	for (size_t i = 0, k = 0; i < n && k < m;) {
		int rc = by_gap_and_name(&a[i], &b[k]);
		if (rc == 0)
			make_changed(reg, a[i].at, b[k].at);
		i += rc <= 0;
		k += rc >= 0;
	}
}

int compare_pair(struct compare *c, struct err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		struct compare_register *reg = &c->v[i];
		size_t n, m;
		if (reg->side[0].name == NULL || reg->side[1].name == NULL)
			continue;
		AUTO_FREE struct lone *a = lone_events(&reg->side[0], &n);
		AUTO_FREE struct lone *b = lone_events(&reg->side[1], &m);
		if (a == NULL || b == NULL)
			return no_memory(err);
		pair_events(reg, a, n, b, m);
		for (int s = 0; s < 2; s++) {
			free(reg->side[s].name);
			reg->side[s].name = NULL;
		}
	}
	return 0;
}
