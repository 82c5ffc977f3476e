/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_asked.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "model/mr_list.h"

enum { SLOTS = 256 };

/*
 * A log has millions of events of few registers: what was found out for a register's name and its
 * hashes is kept. One slot for each hash value of these: a newer one replaces an older one.
 */
struct log_asked_name {
	char *name; /* as the event has it; NULL: the slot is empty */
	size_t n_algs;
	enum hash_alg alg[EVENT_DIGESTS_MAX];
	bool every_bank;
	char *shown; /* NULL: as it is */
	bool asked;
};

int log_asked_init(struct log_asked *ret, int n, char *const specs[], struct err *err)
{
	*ret = (struct log_asked){.n = n, .specs = specs};
	ret->seen = calloc((size_t)n + 1, sizeof(*ret->seen));
	ret->fold = calloc((size_t)n + 1, sizeof(*ret->fold));
	ret->names = calloc(SLOTS, sizeof(*ret->names));
	return ret->seen != NULL && ret->fold != NULL && ret->names != NULL
		       ? 0
		       : err_sys(err, ENOMEM, "log");
}

static void empty_slot(struct log_asked_name *slot)
{
	free(slot->name);
	free(slot->shown);
	*slot = (struct log_asked_name){0};
}

static void empty_slots(struct log_asked *asked)
{
	for (size_t i = 0; asked->names != NULL && i < SLOTS; i++)
		empty_slot(&asked->names[i]);
}

void log_asked_clear(struct log_asked *asked)
{
	empty_slots(asked);
	free(asked->names);
	free(asked->fold);
	free(asked->seen);
	*asked = (struct log_asked){0};
}

bool log_asked_all_seen(const struct log_asked *asked)
{
	for (int i = 0; i < asked->n; i++)
		if (!asked->seen[i])
			return false;
	return true;
}

void log_asked_fold_unseen(struct log_asked *asked)
{
	for (int i = 0; i < asked->n; i++) {
		asked->fold[i] = !asked->seen[i];
		asked->seen[i] = false;
	}
	empty_slots(asked);
}

bool log_asked_register(struct log_asked *asked, const struct mr *mr)
{
	bool any = asked->n == 0;
	for (int i = 0; i < asked->n; i++) {
		const char *spec = asked->specs[i];
		bool fold = asked->fold[i];
		bool is = mr_named(mr, spec, fold) || mr_matches(mr, spec, fold);
		asked->seen[i] = asked->seen[i] || is;
		any = any || is;
	}
	return any;
}

/* FNV-1a. */
static size_t slot_of(const struct log_event *ev, const char *name)
{
	uint32_t h = 2166136261;
	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 16777619;
	for (size_t i = 0; i < ev->n_digests; i++)
		h = (h ^ (uint8_t)ev->digest[i].d.alg) * 16777619;
	return (h ^ h >> 16) % SLOTS;
}

static bool is_same(const struct log_asked_name *slot, const struct log_event *ev, const char *name)
{
	if (slot->name == NULL || slot->n_algs != ev->n_digests ||
		slot->every_bank != ev->every_bank || strcmp(slot->name, name) != 0)
		return false;
	for (size_t i = 0; i < ev->n_digests; i++)
		if (slot->alg[i] != ev->digest[i].d.alg)
			return false;
	return true;
}

/* [PROVIDER/]NAME[:HASH] as a register of this hash, which the name may have already. */
static struct mr *add_register(struct mr_list *list, const char *name, enum hash_alg alg)
{
	struct err no_memory;
	const char *slash = strchr(name, '/');
	AUTO_FREE char *provider = strndup(name, slash != NULL ? (size_t)(slash - name) : 0);
	AUTO_FREE char *local = strdup(slash != NULL ? slash + 1 : name);
	if (provider == NULL || local == NULL)
		return NULL;
	char *colon = strrchr(local, ':');
	if (colon != NULL && alg > HASH_UNKNOWN && hash_by_name(bytes_of(colon + 1)) == alg)
		*colon = '\0';
	return mr_list_add(list, provider, local, hash_name(alg), &no_memory);
}

/* Whether an operand asks for the register that has this name and hash; -1: no memory. */
static int ask_one(struct log_asked *asked, const char *name, enum hash_alg alg)
{
	struct mr_list list = {0};
	const struct mr *mr = add_register(&list, name, alg);
	int is = mr == NULL ? -1 : log_asked_register(asked, mr);
	mr_list_clear(&list);
	return is;
}

static bool has_digest(const struct log_event *ev, enum hash_alg alg)
{
	size_t i = 0;
	while (i < ev->n_digests && ev->digest[i].d.alg != alg)
		i++;
	return i < ev->n_digests;
}

/* The same for its hashes. *ret_bare: only for one that the event extends without having its digest (IMA). */
static int ask(
	struct log_asked *asked, const struct log_event *ev, const char *name, bool *ret_bare)
{
	int is = asked->n == 0;
	*ret_bare = false;
	for (size_t i = 0; asked->n > 0 && is >= 0 && i < ev->n_digests; i++) {
		int one = ask_one(asked, name, ev->digest[i].d.alg);
		is = one != 0 ? one : is;
	}
	for (enum hash_alg alg = HASH_SHA1;
		ev->every_bank && is >= 0 && asked->n > 0 && alg < HASH_COUNT; alg++) {
		int one = has_digest(ev, alg) ? 0 : ask_one(asked, name, alg);
		*ret_bare |= one > 0 && is == 0;
		is = one != 0 ? one : is;
	}
	return is;
}

static bool fill_slot(struct log_asked *asked, struct log_asked_name *slot,
	const struct log_event *ev, const char *name)
{
	empty_slot(slot);
	bool bare;
	int is = ask(asked, ev, name, &bare);
	bool with_hash = !bare && ev->n_digests == 1 && ev->digest[0].d.alg > HASH_UNKNOWN &&
			 strchr(name, ':') == NULL;
	if (with_hash && asprintf(&slot->shown, "%s:%s", name, hash_name(ev->digest[0].d.alg)) < 0)
		slot->shown = NULL;
	slot->name = strdup(name);
	if (is < 0 || slot->name == NULL || (with_hash && slot->shown == NULL)) {
		empty_slot(slot);
		return false;
	}
	slot->asked = is;
	slot->n_algs = ev->n_digests;
	slot->every_bank = ev->every_bank;
	for (size_t i = 0; i < ev->n_digests; i++)
		slot->alg[i] = ev->digest[i].d.alg;
	return true;
}

const char *log_asked_event(struct log_asked *asked, const struct log_event *ev, const char *name)
{
	struct log_asked_name *slot = &asked->names[slot_of(ev, name)];
	if (!is_same(slot, ev, name) && !fill_slot(asked, slot, ev, name))
		return name;
	if (!slot->asked)
		return NULL;
	return slot->shown != NULL ? slot->shown : slot->name;
}
