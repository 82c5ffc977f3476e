/* SPDX-License-Identifier: Apache-2.0 */
/* Data of an event behind its type, in four bytes: what it says, and whether it explains digests. */
#include <string.h>

#include "feed.h"
#include "fuzz.h"
#include "describe/describe.h"
#include "replay/payload.h"
#include "formats/tcg_names.h"

static struct hasher *hashers[HASH_COUNT];

static const struct bank {
	enum hash_alg alg;
	const struct model_hash *model;
} banks[] = {{HASH_SHA256, &model_sha256}, {HASH_SHA384, &model_sha384}};

enum { N_BANKS = sizeof(banks) / sizeof(banks[0]), ROOM = 2048 };

static size_t describe(const struct log_event *ev, char *ret, size_t room)
{
	size_t n = event_describe(ev, ret, room);
	MUST(n < room && ret[n] == '\0');
	MUST(utf8_valid((struct bytes){(const uint8_t *)ret, n}));
	return n;
}

/* With less room it is the same as far as there is any, and says that more was to come. */
static void check_description(const struct log_event *ev, size_t less)
{
	char all[ROOM], cut[ROOM];
	size_t n_all = describe(ev, all, ROOM), n = describe(ev, cut, less);
	if (n == n_all && memcmp(all, cut, n) == 0)
		return;
	MUST(n >= 3 && strcmp(cut + n - 3, "...") == 0 && memcmp(all, cut, n - 3) == 0);
}

static void set_digests(struct log_event *ev, struct bytes hashed)
{
	ev->n_digests = N_BANKS;
	for (size_t i = 0; i < N_BANKS; i++) {
		struct event_digest *d = &ev->digest[i];
		d->tcg_id = tcg_hash_id(banks[i].alg);
		d->d.alg = banks[i].alg;
		d->d.size = (uint8_t)hash_size(banks[i].alg);
		model_hash2(banks[i].model, hashed, (struct bytes){NULL, 0}, d->d.v);
	}
}

static enum explanation explained(const struct log_event *ev)
{
	enum explanation ret[EVENT_DIGESTS_MAX];
	struct err err;
	MUST(payload_explain(ev, hashers, ret, &err) == 0);
	return payload_explanation(ret, ev->n_digests);
}

/* What is sure without the data, whatever the data is. */
static void check_explanation(struct log_event *ev)
{
	set_digests(ev, ev->data);
	enum explanation whole = explained(ev);
	ev->digest[N_BANKS - 1].d.v[ev->data.n % 32] ^= 1;
	enum explanation changed = explained(ev);
	MUST(changed != EXPLAINS);
	if (whole == EXPLAINS_UNKNOWN)
		MUST(changed == EXPLAINS_UNKNOWN);
	/* No data is known that has this hash. */
	for (size_t i = 0; i < N_BANKS; i++)
		memset(ev->digest[i].d.v, 0, sizeof(ev->digest[i].d.v));
	enum explanation unknown = explained(ev);
	MUST(unknown != EXPLAINS && (changed == EXPLAINS_NOT || unknown == changed));

	ev->extends = false;
	MUST(explained(ev) == EXPLAINS_UNKNOWN);
	ev->hashed = ev->data;
	MUST(explained(ev) == EXPLAINS_NOT);
	set_digests(ev, ev->data);
	MUST(explained(ev) == EXPLAINS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err;
	for (size_t i = 0; i < N_BANKS && hashers[banks[i].alg] == NULL; i++)
		MUST(hasher_open(&hashers[banks[i].alg], banks[i].alg, &err) == 0);
	if (size < 4)
		return 0;
	struct log_event ev = {
		.has_type = true,
		.extends = true,
		.type = data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
			(uint32_t)data[3] << 24,
		.data = {data + 4, size - 4},
	};
	check_description(&ev, 4 + size % 251);
	check_explanation(&ev);
	ev.text = ev.data;
	check_description(&ev, 4 + size % 31);
	return 0;
}
