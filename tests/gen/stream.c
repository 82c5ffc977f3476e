/* SPDX-License-Identifier: Apache-2.0 */
/* The events one after the other, with their damage, in memory that does not grow with --repeat. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void flush_out(struct gen *g)
{
	size_t n = g->out.n;
	if (g->cut != NONE && g->cut - g->written < n)
		n = (size_t)(g->cut - g->written);
	if (!g->mute) {
		if (n > 0 && fwrite(g->out.p, n, 1, stdout) != 1)
			die("standard output cannot be written");
		g->written += n;
	}
	g->out.n = 0;
}

/* The event that stands at place i of the log. */
static uint64_t event_at(const struct gen *g, uint64_t i)
{
	if (g->drop != NONE && i >= g->drop)
		i++;
	if (i == g->swap[0])
		return g->swap[1];
	return i == g->swap[1] ? g->swap[0] : i;
}

/* Text of the size asked for, of its own for each event. */
static void repeated_data(const struct gen *g, uint64_t i, struct buf *ret)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "event %llu ", (unsigned long long)i);
	ret->n = 0;
	buf_put(ret, text, (size_t)n < g->size ? (size_t)n : g->size);
	if (ret->n < g->size)
		buf_fill(ret, '.', g->size - ret->n);
}

static void digest_event(struct record *r, int alg, const struct buf *hashed, bool inside)
{
	static const char outside[] = "outside of the log";
	const struct event *e = r->e;
	uint8_t *digest = r->digest[alg];
	if (e->has_digest[alg])
		memcpy(digest, e->digest[alg], algs[alg].size);
	else if (e->type.rule == RULE_NONE || e->violation)
		memset(digest, 0, algs[alg].size);
	else if (e->type.kind == KIND_DIRECT || e->type.kind == KIND_FAILED) {
		if (r->data.n != algs[alg].size)
			die("a digest of %zu bytes is none of %s", r->data.n, algs[alg].name);
		memcpy(digest, r->data.p, algs[alg].size);
	} else if (inside && !e->other)
		hash_two(alg, hashed->p, hashed->n, NULL, 0, digest);
	else
		hash_two(alg, outside, sizeof(outside), hashed->p, hashed->n, digest);
}

/* Of those banks that the log has a digest for, or of those that it has none for. */
static void digest_banks(struct gen *g, struct record *r, bool logged)
{
	static struct buf hashed;
	hashed.n = 0;
	bool inside = hashed_bytes(g, r->e, &r->data, &hashed);
	for (int i = 0; i < N_ALGS; i++) {
		bool in_log = (g->format->flags & F_DIGESTS) &&
			      (!(g->format->flags & F_ONE_BANK) || i == first_bank(g, r->st));
		if (has_bank(g, r->st, i) && in_log == logged)
			digest_event(r, i, &hashed, inside);
	}
}

static void flip(struct gen *g, struct record *r)
{
	int alg = g->flip_alg >= 0 ? g->flip_alg : first_bank(g, r->st);
	if (!(g->format->flags & F_DIGESTS) || !has_bank(g, r->st, alg) ||
		g->flip_bit / 8 >= algs[alg].size)
		die("--flip: this log has no such bit");
	if ((g->format->flags & F_ONE_BANK) && alg != first_bank(g, r->st))
		die("--flip: this log has no such bit");
	r->digest[alg][g->flip_bit / 8] ^= (uint8_t)(1U << g->flip_bit % 8);
}

/* One bit of the last byte that is not NUL: what ends a text stays its end. */
static void alter(struct buf *data)
{
	if (data->n == 0)
		die("--alter: this event has no data");
	size_t i = data->n - 1;
	while (i > 0 && data->p[i] == 0)
		i--;
	data->p[i] ^= 1;
}

/* The data changes after its digests were made, but for those that only a reader makes. */
static void make_digests(struct gen *g, struct record *r, uint64_t which)
{
	digest_banks(g, r, true);
	if (which == g->alter)
		alter(&r->data);
	digest_banks(g, r, false);
	if (which == g->flip)
		flip(g, r);
}

static void one_event(struct gen *g, uint64_t which)
{
	static struct buf data;
	const struct event *e = &g->events[which < g->n_events ? (size_t)which : g->n_events - 1];
	if ((g->format->flags & F_NO_NO_ACTION) && e->type.kind == KIND_TCG &&
		e->type.rule == RULE_NONE)
		return;
	if (!(g->format->kinds & e->type.kind))
		die("'%s': no such event in a log of this format",
			e->type.name != NULL ? e->type.name : "0x...");
	struct reg placed = reg_placed(g, &e->reg);
	struct record r = {.e = e, .st = state_of(g, &placed), .seq = g->seq++};
	data.n = 0;
	if (which < g->n_events)
		buf_put(&data, e->data.p, e->data.n);
	else
		repeated_data(g, which, &data);
	r.data = data;
	r.extends = e->type.rule != RULE_NONE && e->type.kind != KIND_FAILED;
	make_digests(g, &r, which);
	g->format->event(g, &r);
	flush_out(g);
	extend_record(g, &r);
}

void run(struct gen *g)
{
	uint64_t n = g->n_events + g->repeat;
	if ((g->drop != NONE && g->drop >= n) || (g->flip != NONE && g->flip >= n) ||
		(g->alter != NONE && g->alter >= n) ||
		(g->swap[0] != NONE && (g->swap[0] >= n || g->swap[1] >= n)))
		die("there is no such event: the log has %llu", (unsigned long long)n);
	if (g->n_events == 0)
		die("the description has no event");
	n -= g->drop != NONE;
	free(g->states);
	g->states = NULL;
	g->n_states = 0;
	g->seq = 0;
	if (g->format->begin != NULL)
		g->format->begin(g);
	flush_out(g);
	for (uint64_t i = 0; i < n; i++)
		one_event(g, event_at(g, i));
	if (g->format->end != NULL)
		g->format->end(g);
	flush_out(g);
}
