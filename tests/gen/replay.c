/* SPDX-License-Identifier: Apache-2.0 */
/* The registers, and what the log makes of them. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number behind a prefix: "rtmr3", "pcr7"; false if the name is not of that form. */
static bool numbered(const char *name, const char *prefix, uint32_t *ret)
{
	size_t n = strlen(prefix);
	if (strncmp(name, prefix, n) != 0 || name[n] < '0' || name[n] > '9')
		return false;
	*ret = (uint32_t)number(name + n, "the register");
	return true;
}

struct reg reg_parse(const char *text)
{
	struct reg reg = {.alg = -1, .kind = REG_NAMED};
	const char *slash = strchr(text, '/'), *name = slash != NULL ? slash + 1 : text;
	size_t n = strcspn(name, ":");
	if (name[n] == ':')
		reg.alg = alg_find(name + n + 1, strlen(name + n + 1));
	if (strlen(text) >= sizeof(reg.name))
		die("'%s': too long", text);
	if (slash != NULL)
		memcpy(reg.provider, text, (size_t)(slash - text));
	memcpy(reg.name, name, n);
	if (strcmp(reg.name, "mrtd") == 0)
		reg.kind = REG_MRTD;
	else if (numbered(reg.name, "rtmr", &reg.n))
		reg.kind = REG_RTMR;
	else if (numbered(reg.name, "pcr", &reg.n))
		reg.kind = REG_PCR;
	else if (numbered(reg.name, "nv", &reg.n))
		reg.kind = REG_NV;
	return reg;
}

uint32_t reg_cc_index(const struct reg *reg)
{
	static const uint32_t of_pcr[16] = {0, 1, 2, 2, 2, 2, 2, 1, 3, 3, 3, 3, 3, 3, 3, 3};
	if (reg->kind == REG_PCR)
		return reg->n < 16 ? of_pcr[reg->n] : 4;
	return reg->kind == REG_RTMR ? reg->n + 1 : 0;
}

struct reg reg_placed(const struct gen *g, const struct reg *reg)
{
	struct reg ret = *reg;
	bool ok = true;
	switch (g->format->place) {
	case PLACE_CC:
		ok = reg->kind == REG_MRTD || reg->kind == REG_RTMR || reg->kind == REG_PCR;
		ret.kind = reg_cc_index(reg) == 0 ? REG_MRTD : REG_RTMR;
		ret.n = reg_cc_index(reg) == 0 ? 0 : reg_cc_index(reg) - 1;
		break;
	case PLACE_PCR:
		ok = reg->kind == REG_PCR;
		break;
	case PLACE_ANY:
		break;
	case PLACE_NAME:
		ret.kind = REG_NAMED;
		ret.alg = reg->alg >= 0 ? reg->alg : g->banks[0];
		if (reg->provider[0] == '\0')
			memcpy(ret.provider, "tdx_guest", sizeof("tdx_guest"));
		break;
	}
	if (!ok)
		die("'%s': a log of this format has no such register", reg->name);
	return ret;
}

static bool same(const struct reg *a, const struct reg *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind != REG_NAMED ? a->n == b->n
				    : strcmp(a->name, b->name) == 0 && a->alg == b->alg &&
					      strcmp(a->provider, b->provider) == 0;
}

struct state *state_of(struct gen *g, const struct reg *placed)
{
	for (size_t i = 0; i < g->n_states; i++)
		if (same(&g->states[i].reg, placed))
			return &g->states[i];
	if (g->n_states > 0 && (g->format->flags & F_ONE_REGISTER))
		die("a log of this format is that of one register");
	struct state *p = reallocarray(g->states, g->n_states + 1, sizeof(*p));
	if (p == NULL)
		die("out of memory");
	g->states = p;
	p = &g->states[g->n_states++];
	*p = (struct state){.reg = *placed};
	/* Of a dynamic launch: all ones until there was one. */
	if (placed->kind == REG_PCR && placed->n >= 17 && placed->n <= 22)
		memset(p->v, 0xff, sizeof(p->v));
	for (size_t i = 0; i < g->n_starts; i++) {
		struct reg start = reg_placed(g, &g->starts[i].reg);
		if (same(&start, placed))
			memcpy(p->v, g->starts[i].v, sizeof(p->v));
	}
	return p;
}

bool has_bank(const struct gen *g, const struct state *st, int alg)
{
	if (g->format->place == PLACE_NAME)
		return st->reg.alg == alg;
	for (int i = 0; i < g->n_banks; i++)
		if (g->banks[i] == alg)
			return true;
	return false;
}

int first_bank(const struct gen *g, const struct state *st)
{
	return g->format->place == PLACE_NAME ? st->reg.alg : g->banks[0];
}

void extend_bank(struct state *st, int alg, const uint8_t *digest)
{
	hash_two(alg, st->v[alg], algs[alg].size, digest, algs[alg].size, st->v[alg]);
	st->extended = true;
}

/* TCG PC Client Platform Firmware Profile, section 10.4.5.3: what PCR 0 starts from. */
static void set_locality(const struct record *r)
{
	static const char signature[16] = "StartupLocality";
	const struct buf *data = &r->data;
	int locality = -1;
	if (r->st->reg.kind != REG_PCR || r->st->reg.n != 0 || r->e->type.kind != KIND_TCG)
		return;
	if (r->e->type.number == 0x80000010)
		locality = 4;
	else if (r->e->type.number == 3 && data->n == 17 && memcmp(data->p, signature, 16) == 0)
		locality = data->p[16];
	for (int i = 0; i < N_ALGS && locality >= 0 && !r->st->extended; i++)
		r->st->v[i][algs[i].size - 1] = (uint8_t)locality;
}

void extend_record(struct gen *g, const struct record *r)
{
	uint8_t ones[HASH_MAX];
	memset(ones, 0xff, sizeof(ones));
	set_locality(r);
	r->st->count++;
	if (!r->extends || r->st->reg.kind == REG_MRTD)
		return;
	for (int i = 0; i < N_ALGS; i++)
		if (has_bank(g, r->st, i))
			extend_bank(r->st, i, r->e->violation ? ones : r->digest[i]);
}

static int by_register(const void *a, const void *b)
{
	const struct reg *x = &((const struct state *)a)->reg, *y = &((const struct state *)b)->reg;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void put_name(struct buf *ret, const struct reg *reg)
{
	switch (reg->kind) {
	case REG_MRTD:
	case REG_NAMED:
		buf_str(ret, reg->name);
		return;
	case REG_RTMR:
		buf_fmt(ret, "rtmr%u", (unsigned)reg->n);
		return;
	case REG_PCR:
		buf_fmt(ret, "pcr%u", (unsigned)reg->n);
		return;
	case REG_NV:
		buf_fmt(ret, "nv0x%x", (unsigned)reg->n);
		return;
	}
}

void put_values(struct gen *g)
{
	qsort(g->finals, g->n_finals, sizeof(*g->finals), by_register);
	for (size_t i = 0; i < g->n_finals; i++) {
		const struct state *st = &g->finals[i];
		for (int a = 0; a < N_ALGS; a++) {
			if (!st->extended || !has_bank(g, st, a))
				continue;
			buf_hex(&g->out, st->v[a], algs[a].size);
			buf_str(&g->out, "  ");
			put_name(&g->out, &st->reg);
			buf_fmt(&g->out, ":%s\n", algs[a].name);
		}
	}
	flush_out(g);
}
