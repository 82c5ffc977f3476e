/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "formats/tcg_names.h"

enum {
	DIRECT_MAX = 32,
	/* TCG PC Client Platform TPM Profile, section "PCR Attributes": not reset at start-up. */
	DRTM_FIRST = 17,
	DRTM_LAST = 22,
	HCRTM_LOCALITY = 4,
};

void banks_init(struct banks *ret, const struct bank_target targets[], size_t n)
{
	*ret = (struct banks){.target = targets, .n_targets = n};
}

static void bank_free(struct bank *bank)
{
	if (bank != NULL) {
		free(bank->sources);
		near_events_clear(&bank->kept);
	}
	free(bank);
}

void banks_clear(struct banks *b)
{
	for (size_t i = 0; i < b->n; i++) {
		for (enum hash_alg alg = HASH_NONE; alg < HASH_COUNT; alg++)
			bank_free(b->reg[i]->of[alg]);
		free(b->reg[i]->name);
		free(b->reg[i]);
	}
	free(b->reg);
	hashers_close(&b->hashers);
	*b = (struct banks){0};
}

/* The name up to a hash behind it. */
static size_t name_length(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon != NULL && hash_by_name(bytes_of(colon + 1)) != HASH_UNKNOWN
		       ? (size_t)(colon - name)
		       : strlen(name);
}

static bool is_name(const char *name, const char *of, size_t n)
{
	return strlen(name) == n && memcmp(name, of, n) == 0;
}

/* Whether a register of a log, [PROVIDER/]NAME, is this one; a provider may be left out. */
static bool is_named(const struct mr *mr, const char *name)
{
	const char *slash = strchr(name, '/');
	if (strcmp(slash != NULL ? slash + 1 : name, mr->name) != 0)
		return false;
	return slash == NULL || mr->provider[0] == '\0' ||
	       is_name(mr->provider, name, (size_t)(slash - name));
}

static bool is_target(const struct bank_reg *reg, const struct mr *mr)
{
	enum place place;
	uint32_t index;
	if (mr->cc_mr_index != CC_MR_NONE)
		return reg->place == PLACE_CC_MR && reg->index == (uint32_t)mr->cc_mr_index;
	if (reg_place(mr->provider, mr->name, &place, &index))
		return reg->place == place && reg->index == index;
	char room[EVENT_REG_ROOM];
	if (reg->place == PLACE_NV)
		return mr->provider[0] == '\0' &&
		       strcmp(event_reg_name(reg->place, reg->index, NULL, room), mr->name) == 0;
	return reg->place == PLACE_NAMED && is_named(mr, reg->name);
}

static void add_start(struct bank *bank, uint8_t fill)
{
	struct bank_chain *c = &bank->chain[bank->n_chains++];
	*c = (struct bank_chain){0};
	c->start.alg = bank->alg;
	c->start.size = (uint8_t)hash_size(bank->alg);
	memset(c->start.v, fill, c->start.size);
}

static void add_name_start(struct bank *bank, const char *name)
{
	add_start(bank, 0);
	struct digest *start = &bank->chain[bank->n_chains - 1].start;
	if (strlen(name) <= start->size)
		memcpy(start->v, name, strlen(name));
	else
		bank->n_chains--;
}

static void check_reached(struct bank *bank, struct bank_chain *c)
{
	if (bank->target == NULL || !digest_equal(&c->value, &bank->target->want))
		return;
	c->reached = true;
	c->matched = c->records;
}

/* What it may have been before its first event. */
static void set_starts(const struct bank_reg *reg, struct bank *bank)
{
	bank->n_chains = 0;
	if (bank->target != NULL && bank->target->start.size > 0) {
		add_start(bank, 0);
		bank->chain[0].start = bank->target->start;
	} else if (reg->place == PLACE_PCR && reg->index >= DRTM_FIRST && reg->index <= DRTM_LAST) {
		add_start(bank, 0xff);
		add_start(bank, 0);
	} else {
		add_start(bank, 0);
		if (reg->locality > 0)
			bank->chain[0].start.v[bank->chain[0].start.size - 1] =
				(uint8_t)reg->locality;
		const char *slash = reg->name != NULL ? strchr(reg->name, '/') : NULL;
		if (reg->name != NULL)
			add_name_start(bank, slash != NULL ? slash + 1 : reg->name);
	}
	for (size_t i = 0; i < bank->n_chains; i++) {
		bank->chain[i].value = bank->chain[i].start;
		check_reached(bank, &bank->chain[i]);
	}
}

static struct bank *add_bank(struct banks *b, struct bank_reg *reg, enum hash_alg alg,
	const struct bank_target *target, struct err *err)
{
	if (hashers_get(&b->hashers, alg, err) == NULL)
		return NULL;
	struct bank *bank = calloc(1, sizeof(*bank));
	if (bank == NULL) {
		err_sys(err, ENOMEM, "registers");
		return NULL;
	}
	bank->alg = alg;
	bank->target = target;
	set_starts(reg, bank);
	reg->of[alg] = bank;
	return bank;
}

/* The banks of a register that were asked about. */
static int add_targets(struct banks *b, struct bank_reg *reg, struct err *err)
{
	for (size_t i = 0; i < b->n_targets; i++) {
		const struct bank_target *t = &b->target[i];
		if (t->mr->alg > HASH_UNKNOWN && reg->of[t->mr->alg] == NULL &&
			is_target(reg, t->mr) && add_bank(b, reg, t->mr->alg, t, err) == NULL)
			return -1;
	}
	return 0;
}

static struct bank_reg *add_reg(struct banks *b, const struct log_event *ev, struct err *err)
{
	if (b->n >= BANK_REGISTERS_MAX) {
		err_set(err, ST_FORMAT, "more than %d registers", BANK_REGISTERS_MAX);
		return NULL;
	}
	struct bank_reg **grown = reallocarray(b->reg, b->n + 1, sizeof(*grown));
	struct bank_reg *reg = calloc(1, sizeof(*reg));
	if (grown != NULL)
		b->reg = grown;
	if (reg != NULL && ev->reg != NULL)
		reg->name = strndup(ev->reg, name_length(ev->reg));
	if (grown == NULL || reg == NULL || (ev->reg != NULL && reg->name == NULL)) {
		free(reg);
		err_sys(err, ENOMEM, "registers");
		return NULL;
	}
	reg->place = ev->place;
	reg->index = ev->index;
	b->reg[b->n++] = reg;
	return add_targets(b, reg, err) == 0 ? reg : NULL;
}

static struct bank_reg *search_reg(const struct banks *b, const struct log_event *ev)
{
	for (size_t i = 0; i < b->n; i++) {
		struct bank_reg *reg = b->reg[i];
		if (reg->place != ev->place)
			continue;
		if (ev->place == PLACE_NAMED ? is_name(reg->name, ev->reg, name_length(ev->reg))
					     : reg->index == ev->index)
			return reg;
	}
	return NULL;
}

static struct bank_reg *find_reg(struct banks *b, const struct log_event *ev, struct err *err)
{
	bool direct =
		(ev->place == PLACE_PCR || ev->place == PLACE_CC_MR) && ev->index < DIRECT_MAX;
	if (!direct) {
		struct bank_reg *reg = search_reg(b, ev);
		return reg != NULL ? reg : add_reg(b, ev, err);
	}
	struct bank_reg **slot = &b->direct[ev->place == PLACE_CC_MR][ev->index];
	if (*slot == NULL)
		*slot = add_reg(b, ev, err);
	return *slot;
}

static int add_source(struct bank *bank, const char *source, struct err *err)
{
	if (bank->n_sources > 0 && bank->sources[bank->n_sources - 1] == source)
		return 0;
	for (size_t i = 0; i < bank->n_sources; i++)
		if (bank->sources[i] == source)
			return 0;
	const char **grown = reallocarray(bank->sources, bank->n_sources + 2, sizeof(*grown));
	if (grown == NULL)
		return err_sys(err, ENOMEM, "registers");
	bank->sources = grown;
	grown[bank->n_sources++] = source;
	grown[bank->n_sources] = NULL;
	return 0;
}

static int extend_chain(struct banks *b, struct bank *bank, struct bank_chain *c,
	const struct digest *digest, struct err *err)
{
	if (hash_extend(b->hashers.of[bank->alg], &c->value, digest, err) < 0)
		return -1;
	c->records++;
	check_reached(bank, c);
	return 0;
}

/* The log says what the register held: only chains that have it can be right. */
static void keep_chains(
	struct bank *bank, const struct digest *before, const char *source, uint64_t seq)
{
	size_t kept = 0;
	for (size_t i = 0; i < bank->n_chains; i++)
		if (digest_equal(&bank->chain[i].value, before))
			bank->chain[kept++] = bank->chain[i];
	if (kept > 0) {
		bank->n_chains = kept;
		return;
	}
	bank->n_chains = 1;
	struct bank_chain *c = &bank->chain[0];
	bool trusted = bank->target != NULL && bank->target->start.size > 0;
	if (bank->n_sources == 0 && !trusted) {
		bank->stated = true;
		*c = (struct bank_chain){.start = *before};
	} else if (bank->gap.source == NULL) {
		bank->gap = (struct event_spot){source, seq};
	}
	c->value = *before;
	check_reached(bank, c);
}

static int keep_event(struct bank *bank, const char *source, const struct log_event *ev,
	const struct digest *digest, struct err *err)
{
	struct event_spot spot = {source, ev->seq};
	return bank->target != NULL ? near_events_add(&bank->kept, &spot, digest, err) : 0;
}

static int extend_bank(struct banks *b, struct bank *bank, const char *source,
	const struct log_event *ev, const struct digest *digest, struct err *err)
{
	if (ev->before.size > 0 && ev->before.alg == bank->alg)
		keep_chains(bank, &ev->before, source, ev->seq);
	if (add_source(bank, source, err) < 0 || keep_event(bank, source, ev, digest, err) < 0)
		return -1;
	if (ev->doubtful && bank->n_chains == 1)
		bank->chain[bank->n_chains++] = bank->chain[0];
	for (size_t i = ev->doubtful ? 1 : 0; i < bank->n_chains; i++)
		if (extend_chain(b, bank, &bank->chain[i], digest, err) < 0)
			return -1;
	return 0;
}

/* What a bank without a digest of its own was extended with. */
static int extend_other(struct banks *b, struct bank *bank, const char *source,
	const struct log_event *ev, struct err *err)
{
	struct digest d = {.alg = bank->alg, .size = (uint8_t)hash_size(bank->alg)};
	if (!ev->every_bank) {
		if (bank->lacks++ == 0)
			bank->lack = (struct event_spot){source, ev->seq};
		return 0;
	}
	memset(d.v, 0xff, d.size);
	if (ev->hashed.p != NULL && hash_bytes(b->hashers.of[bank->alg], ev->hashed, &d, err) < 0)
		return -1;
	return extend_bank(b, bank, source, ev, &d, err);
}

/* TCG PC Client Platform Firmware Profile 1.06, section "PCR[0]": who started up is in its start. */
static void set_locality(struct bank_reg *reg, int locality)
{
	reg->locality = locality;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		if (reg->of[alg] != NULL && reg->of[alg]->n_sources == 0)
			set_starts(reg, reg->of[alg]);
}

static int add_listed(
	struct banks *b, struct bank_reg *reg, const struct log_event *ev, struct err *err)
{
	for (size_t i = 0; i < ev->n_digests; i++) {
		enum hash_alg alg = ev->digest[i].d.alg;
		if (alg > HASH_UNKNOWN && reg->of[alg] == NULL &&
			add_bank(b, reg, alg, NULL, err) == NULL)
			return -1;
	}
	return 0;
}

static size_t digest_index(const struct log_event *ev, enum hash_alg alg)
{
	size_t i = 0;
	while (i < ev->n_digests && ev->digest[i].d.alg != alg)
		i++;
	return i;
}

/* Which digests the data must explain and does not. */
static int judge_data(const struct banks *b, const struct bank_reg *reg, const char *source,
	const struct log_event *ev, const enum explanation of[static EVENT_DIGESTS_MAX],
	struct err *err)
{
	for (size_t i = 0; i < ev->n_digests; i++) {
		enum hash_alg alg = ev->digest[i].d.alg;
		struct bank *bank = reg->of[alg];
		if (of[i] != EXPLAINS_NOT || bank == NULL)
			continue;
		if (bank->altered++ == 0)
			bank->altered_first = (struct event_spot){source, ev->seq};
		struct near_event *kept = near_events_last(&bank->kept);
		if (kept != NULL && event_own_digest(ev, b->hashers.of[alg], &kept->own, err) < 0)
			return -1;
	}
	return 0;
}

/* The register of an event that extends it, or says how it starts; NULL in *ret: of neither kind. */
static int reg_of(
	struct banks *b, const struct log_event *ev, struct bank_reg **ret, struct err *err)
{
	*ret = NULL;
	/* MRTD is fixed when the TD is built: what a log says of it is for information. */
	if ((!ev->extends && ev->locality < 0) || (ev->place == PLACE_CC_MR && ev->index == 0))
		return 0;
	if (ev->place == PLACE_NONE)
		return err_set(err, ST_FORMAT, "event %llu does not say which register it extends",
			(unsigned long long)ev->seq);
	*ret = find_reg(b, ev, err);
	return *ret != NULL ? 0 : -1;
}

int banks_take(struct banks *b, const char *source, struct log_event *ev,
	const enum explanation of[static EVENT_DIGESTS_MAX], struct err *err)
{
	struct bank_reg *reg;
	event_settle_place(ev);
	if (reg_of(b, ev, &reg, err) < 0)
		return -1;
	if (reg == NULL)
		return 0;
	bool hcrtm = ev->has_type && ev->type == TCG_EV_EFI_HCRTM_EVENT && ev->place == PLACE_PCR &&
		     ev->index == 0;
	if (ev->locality >= 0 || hcrtm)
		set_locality(reg, hcrtm ? HCRTM_LOCALITY : ev->locality);
	if (!ev->extends)
		return 0;
	if (b->n_targets == 0 && add_listed(b, reg, ev, err) < 0)
		return -1;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++) {
		struct bank *bank = reg->of[alg];
		if (bank == NULL)
			continue;
		size_t i = digest_index(ev, alg);
		int rc = i < ev->n_digests ? extend_bank(b, bank, source, ev, &ev->digest[i].d, err)
					   : extend_other(b, bank, source, ev, err);
		if (rc < 0)
			return -1;
	}
	return judge_data(b, reg, source, ev, of, err);
}

const struct bank *banks_find(const struct banks *b, const struct bank_target *target)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->reg[i]->of[target->mr->alg] != NULL &&
			b->reg[i]->of[target->mr->alg]->target == target)
			return b->reg[i]->of[target->mr->alg];
	return NULL;
}

const struct bank_chain *bank_best(const struct bank *bank)
{
	const struct bank_chain *best = &bank->chain[0];
	for (size_t i = 0; i < bank->n_chains; i++) {
		const struct bank_chain *c = &bank->chain[i];
		if (c->reached && c->matched == c->records)
			return c;
		if (c->reached && (!best->reached || c->matched > best->matched))
			best = c;
	}
	return best;
}

int bank_near_miss(
	const struct banks *b, const struct bank *bank, struct near_miss *ret, struct err *err)
{
	*ret = (struct near_miss){.kind = NEAR_NONE};
	if (bank->gap.source != NULL)
		return 0;
	for (size_t i = 0; i < bank->n_chains && ret->kind == NEAR_NONE; i++)
		if (near_miss_find(b->hashers.of[bank->alg], &bank->chain[i].start, &bank->kept,
			    &bank->target->want, ret, err) < 0)
			return -1;
	return 0;
}
