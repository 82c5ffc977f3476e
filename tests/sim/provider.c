/* SPDX-License-Identifier: Apache-2.0 */
#include "provider.h"

#include "hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MR_RTMR (MR_R | MR_X | MR_L)

/* A driver whose values are the hardware (the kernel's sample): an extend shows at once. */
static int extend_in_place(struct provider *p, const struct mr *mr, const uint8_t *digest)
{
	hash_extend(mr->hash, p->hw + mr->off, digest);
	memcpy(p->shown + mr->off, p->hw + mr->off, mr->size);
	return 0;
}

/*
 * A driver that answers from a report it fetched earlier: an extend reaches the hardware only. What
 * is shown changes at the next refresh, and the kernel core refreshes in two places: on a read of a
 * live register while the provider is out of sync, and before a SYNC line. append_event never puts
 * the provider out of sync, a write of digest or of a static register does. So, once anything was
 * read: append (SYNC due): digest shows the value before that append; later appends: digest does
 * not move; direct digest write: the next read of any live register shows the truth, earlier
 * appends included.
 */
static int extend_behind_cache(struct provider *p, const struct mr *mr, const uint8_t *digest)
{
	hash_extend(mr->hash, p->hw + mr->off, digest);
	return 0;
}

static int refresh_all(struct provider *p)
{
	if (p->type->derive)
		p->type->derive(p->hw);
	memcpy(p->shown, p->hw, p->type->state_size);
	return 0;
}

/* measurement-example: the RFC's sample */

static const struct mr example_mrs[] = {
	{"full_report", NULL, 0, 320, MR_R | MR_L},
	{"static_mr", "sha384", 0, 48, MR_R},
	{"config_mr", NULL, 48, 64, MR_R},
	{"rtmr0", "sha256", 112, 32, MR_RTMR},
	{"rtmr1", "sha384", 144, 48, MR_RTMR | MR_W},
	{"user_data", "sha512", 192, 64, MR_R | MR_W},
	{"report_digest", "sha512", 256, 64, MR_R | MR_L},
};

static void example_boot(uint8_t *state)
{
	memcpy(state, "STATIC MR", 9);
	memcpy(state + 48, "CONFIG MR", 9);
}

static void example_derive(uint8_t *state)
{
	hash_two("sha512", state, 256, NULL, 0, state + 256);
}

/* tsm_mr_sample: the sample of Linux 6.16 and later. rtmr0 can be extended by its other name only */

static const struct mr sample_mrs[] = {
	{"static_mr", "sha384", 0, 48, MR_R},
	{"config_mr", NULL, 48, 64, MR_R},
	{"rtmr0", "sha256", 112, 32, MR_RTMR},
	{"rtmr1", "sha384", 144, 48, MR_RTMR | MR_W},
	{"rtmr_crypto_agile", "sha256", 112, 32, MR_RTMR | MR_W},
	{"rtmr_crypto_agile", "sha384", 144, 48, MR_RTMR | MR_W},
	{"report_digest", "sha512", 192, 64, MR_R | MR_L},
};

static void sample_boot(uint8_t *state)
{
	memcpy(state, "static_mr", 9);
	memcpy(state + 48, "config_mr", 9);
	memcpy(state + 112, "rtmr0", 5);
	memcpy(state + 144, "rtmr1", 5);
}

static void sample_derive(uint8_t *state)
{
	hash_two("sha512", state, 192, NULL, 0, state + 192);
}

/* tdx_guest: a TD whose firmware and boot loader have extended rtmr0 to rtmr2 */

static const struct mr tdx_mrs[] = {
	{"mrtd", "sha384", 0, 48, MR_R},
	{"mrconfigid", NULL, 48, 48, MR_R},
	{"mrowner", NULL, 96, 48, MR_R},
	{"mrownerconfig", NULL, 144, 48, MR_R},
	{"rtmr0", "sha384", 192, 48, MR_RTMR | MR_W},
	{"rtmr1", "sha384", 240, 48, MR_RTMR | MR_W},
	{"rtmr2", "sha384", 288, 48, MR_RTMR | MR_W},
	{"rtmr3", "sha384", 336, 48, MR_RTMR | MR_W},
};

static void tdx_boot(uint8_t *state)
{
	static const char *const said[] = {"firmware", "boot loader", "kernel"};
	uint8_t digest[HASH_MAX];

	hash_two("sha384", "tsmsim mrtd", 11, NULL, 0, state);
	for (size_t i = 0; i < N(said); i++) {
		hash_two("sha384", said[i], strlen(said[i]), NULL, 0, digest);
		hash_extend("sha384", state + 192 + 48 * i, digest);
	}
}

/* stale: see extend_behind_cache */

static const struct mr stale_mrs[] = {
	{"rtmr0", "sha384", 0, 48, MR_RTMR | MR_W},
	{"rtmr1", "sha384", 48, 48, MR_RTMR | MR_W},
	{"user_data", NULL, 96, 64, MR_R | MR_W},
};

/* banks: one register under two hashes, which two of the layouts have room for */

static const struct mr banks_mrs[] = {
	{"rtmr0", "sha256", 0, 32, MR_RTMR | MR_W},
	{"rtmr1", "sha384", 32, 48, MR_RTMR | MR_W},
	{"rtmr_crypto_agile", "sha256", 0, 32, MR_RTMR | MR_W},
	{"rtmr_crypto_agile", "sha384", 32, 48, MR_RTMR | MR_W},
};

const struct provider_type provider_types[] = {
	{"measurement-example", example_mrs, N(example_mrs), 320, false, example_boot,
		example_derive, refresh_all, extend_in_place},
	{"tsm_mr_sample", sample_mrs, N(sample_mrs), 256, false, sample_boot, sample_derive,
		refresh_all, extend_in_place},
	{"tdx_guest", tdx_mrs, N(tdx_mrs), 384, true, tdx_boot, NULL, refresh_all, extend_in_place},
	{"stale", stale_mrs, N(stale_mrs), 160, false, NULL, NULL, refresh_all,
		extend_behind_cache},
	{"banks", banks_mrs, N(banks_mrs), 80, false, NULL, NULL, refresh_all, extend_in_place},
	{"empty", NULL, 0, 0, false, NULL, NULL, refresh_all, extend_in_place},
};
const size_t n_provider_types = N(provider_types);

const struct provider_type *provider_type_find(const char *name, size_t len)
{
	for (size_t i = 0; i < n_provider_types; i++) {
		const char *have = provider_types[i].name;

		if (strlen(have) == len && !memcmp(have, name, len))
			return &provider_types[i];
	}
	return NULL;
}

struct provider *provider_new(const struct provider_type *type)
{
	struct provider *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->type = type;
	p->extends = calloc(type->n_mrs + 1, sizeof(*p->extends));
	if (!p->extends) {
		free(p);
		return NULL;
	}
	if (type->boot)
		type->boot(p->hw);
	memcpy(p->shown, p->hw, type->state_size);
	return p;
}

void provider_free(struct provider *p)
{
	if (p)
		free(p->extends);
	free(p);
}

const struct mr *provider_mr(const struct provider *p, const char *name)
{
	for (size_t i = 0; i < p->type->n_mrs; i++)
		if (!strcmp(p->type->mrs[i].name, name))
			return &p->type->mrs[i];
	return NULL;
}

int provider_refresh(struct provider *p)
{
	return p->type->refresh(p);
}

const uint8_t *provider_read(struct provider *p, const struct mr *mr)
{
	if ((mr->flags & MR_L) && !p->in_sync)
		p->in_sync = provider_refresh(p) == 0;
	return p->shown + mr->off;
}

void provider_set(struct provider *p, const struct mr *mr, const uint8_t *data)
{
	memcpy(p->hw + mr->off, data, mr->size);
	memcpy(p->shown + mr->off, data, mr->size);
	p->in_sync = false;
}

int provider_extend(struct provider *p, const struct mr *mr, const uint8_t *digest)
{
	p->extends[mr - p->type->mrs]++;
	return p->type->extend(p, mr, digest);
}

void provider_enter(struct provider *p, enum access access, const char *who)
{
	if (access == ACCESS_NONE || !p->contends)
		return;
	if (p->writers || (access == ACCESS_WRITE && p->readers)) {
		if (!p->contended++)
			(void)snprintf(p->first, sizeof(p->first), "%s while %s", who, p->last);
	}
	(void)snprintf(p->last, sizeof(p->last), "%s", who);
	*(access == ACCESS_WRITE ? &p->writers : &p->readers) += 1;
}

void provider_leave(struct provider *p, enum access access)
{
	if (access != ACCESS_NONE && p->contends)
		*(access == ACCESS_WRITE ? &p->writers : &p->readers) -= 1;
}

void provider_truth(const struct provider *p, const struct mr *mr, uint8_t *ret)
{
	uint8_t state[PROVIDER_STATE_MAX];

	memcpy(state, p->hw, sizeof(state));
	if (p->type->derive)
		p->type->derive(state);
	memcpy(ret, state + mr->off, mr->size);
}
