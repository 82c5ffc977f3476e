/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/tracks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/limits.h"
#include "base/scope.h"

enum {
	/* TCG PC Client Platform TPM Profile, section "PCR Attributes": not reset at start-up. */
	DRTM_FIRST = 17,
	DRTM_LAST = 22,
};

void tracks_init(struct tracks *ret, size_t n_sources, bool discovers)
{
	*ret = (struct tracks){.n_sources = n_sources, .discovers = discovers};
}

void tracks_clear(struct tracks *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].name);
		free(t->v[i].run);
		free(t->v[i].tally);
	}
	for (size_t i = 0; i < t->n_names; i++) {
		free(t->name[i].name);
		free(t->name[i].provider);
	}
	free(t->v);
	free(t->name);
	free(t->alias);
	free(t->last);
	free(t->hit);
	hashers_close(&t->hashers);
	*t = (struct tracks){0};
}

/* The length of a register's name, [PROVIDER/]NAME[:HASH], without the hash. */
static size_t name_length(const char *name)
{
	size_t n;
	reg_hash(name, &n);
	return n;
}

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "registers");
}

/* Room for one more element of an array that doubles. */
static void *grow(void *v, size_t n, size_t size)
{
	return (n & (n - 1)) != 0 ? v : reallocarray(v, n == 0 ? 1 : 2 * n, size);
}

static struct digest filled(enum hash_alg alg, int byte)
{
	struct digest d = {.alg = alg, .size = (uint8_t)hash_size(alg)};
	memset(d.v, byte, d.size);
	return d;
}

/* A name, up to a hash after it, padded with NULs: what registers of some kernels start with. */
static bool name_start(enum hash_alg alg, const char *name, struct digest *ret)
{
	const char *slash = strchr(name, '/');
	name = slash != NULL ? slash + 1 : name;
	size_t n = name_length(name);
	*ret = filled(alg, 0);
	if (n == 0 || n > ret->size)
		return false;
	memcpy(ret->v, name, n);
	return true;
}

size_t track_starts(const struct track *track, struct digest ret[])
{
	size_t n = 0;
	if (track->trusted.size > 0) {
		ret[n++] = track->trusted;
		return n;
	}
	if (track->place == PLACE_PCR && track->index >= DRTM_FIRST && track->index <= DRTM_LAST)
		ret[n++] = filled(track->alg, 0xff);
	ret[n] = filled(track->alg, 0);
	if (track->locality > 0) {
		ret[n].v[ret[n].size - 1] = (uint8_t)track->locality;
		ret[++n] = filled(track->alg, 0);
	}
	n++;
	if (track->place == PLACE_NAMED && name_start(track->alg, track->name, &ret[n]))
		n++;
	for (size_t i = 0; i < track->n_aliases; i++)
		ret[n++] = track->alias_start[i];
	return n;
}

static void set_chains(struct track *track)
{
	struct digest start[TIMELINE_STARTS_MAX];
	size_t n = track->alg > HASH_UNKNOWN && !track->idle ? track_starts(track, start) : 0;
	track->n_chains = n < TRACK_CHAINS_MAX ? n : TRACK_CHAINS_MAX;
	for (size_t i = 0; i < track->n_chains; i++)
		track->chain[i] = (struct chain){.start = start[i], .value = start[i]};
}

/* The later one of two registers stands first. */
static int by_name(const void *a, const void *b)
{
	const struct track_name *x = a, *y = b;
	int rc = strcmp(x->name, y->name);
	return rc != 0 ? rc : x->track < y->track ? 1 : x->track > y->track ? -1 : 0;
}

void tracks_rewind(struct tracks *t)
{
	if (t->unsorted)
		qsort(t->name, t->n_names, sizeof(*t->name), by_name);
	t->unsorted = false;
	for (size_t i = 0; i < t->n; i++) {
		set_chains(&t->v[i]);
		for (size_t k = 0; k < t->v[i].n_runs; k++)
			t->v[i].run[k].taken = 0;
		for (size_t k = 0; k < t->n_sources; k++) {
			t->v[i].tally[k].first = 0;
			memset(t->v[i].tally[k].taken, 0, sizeof(t->v[i].tally[k].taken));
		}
	}
}

/* Whether registers of this place and index are found by it; those that are not, by their names. */
static bool has_head(enum place place, uint32_t index)
{
	return (place == PLACE_CC_MR || place == PLACE_PCR) && index < TRACK_SHORT;
}

static size_t *head_of(struct tracks *t, enum place place, uint32_t index)
{
	return &t->head[place == PLACE_PCR][index];
}

static int compare_names(const struct track_name *a, const char *name, size_t n)
{
	int rc = strncmp(a->name, name, n);
	return rc != 0 ? rc : a->name[n] != '\0';
}

/* The first name that is not before this one. */
static size_t find_name(const struct tracks *t, const char *name, size_t n)
{
	size_t from = 0, to = t->n_names;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (compare_names(&t->name[mid], name, n) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* Adds [PROVIDER/]NAME[:HASH] for a track. */
static int add_name(struct tracks *t, const char *name, size_t track, bool alias, struct err *err)
{
	const char *slash = strchr(name, '/');
	const char *local = slash != NULL ? slash + 1 : name;
	struct track_name *grown = grow(t->name, t->n_names, sizeof(*grown));
	if (grown == NULL)
		return no_memory(err);
	t->name = grown;
	struct track_name own = {
		.name = strndup(local, name_length(local)),
		.provider = strndup(name, slash != NULL ? (size_t)(slash - name) : 0),
		.track = track,
		.alias = alias,
	};
	if (own.name == NULL || own.provider == NULL) {
		free(own.name);
		free(own.provider);
		return no_memory(err);
	}
	size_t at = alias ? t->n_names : find_name(t, own.name, strlen(own.name));
	t->unsorted |= alias;
	memmove(grown + at + 1, grown + at, (t->n_names - at) * sizeof(*grown));
	grown[at] = own;
	t->n_names++;
	free(t->last);
	t->last = NULL;
	return 0;
}

/* A track of this place or name, without its register's number. */
static int add_track(struct tracks *t, const struct track *like, struct err *err)
{
	struct track *grown = grow(t->v, t->n, sizeof(*grown));
	if (grown == NULL)
		return no_memory(err);
	t->v = grown;
	struct track *track = &grown[t->n];
	*track = *like;
	track->tally = calloc(t->n_sources + 1, sizeof(*track->tally));
	if (track->tally == NULL)
		return no_memory(err);
	t->n++;
	set_chains(track);
	if (has_head(track->place, track->index)) {
		size_t *head = head_of(t, track->place, track->index);
		track->next = *head;
		*head = t->n;
		return 0;
	}
	char room[EVENT_REG_ROOM];
	return add_name(t, event_reg_name(track->place, track->index, track->name, room), t->n - 1,
		false, err);
}

/* The TPM that a PCR is of; NULL: away from a machine. */
static const char *tpm_of(const struct track *track)
{
	return track->mr != NULL && track->mr->provider[0] != '\0' ? track->mr->provider : NULL;
}

static bool is_of_tpm(const struct track *track, const char *tpm)
{
	const char *own = tpm_of(track);
	return tpm == NULL || own == NULL || strcmp(own, tpm) == 0;
}

/* The number of the register that has this place or name, in whatever hash; a new one if there is none. */
static size_t reg_number(struct tracks *t, const struct track *like)
{
	if (has_head(like->place, like->index)) {
		size_t i = *head_of(t, like->place, like->index);
		while (i > 0 && like->place == PLACE_PCR && !is_of_tpm(&t->v[i - 1], tpm_of(like)))
			i = t->v[i - 1].next;
		return i > 0 ? t->v[i - 1].reg : t->n_regs++;
	}
	char room[EVENT_REG_ROOM];
	const char *name = event_reg_name(like->place, like->index, like->name, room);
	const char *slash = strchr(name, '/');
	const char *local = slash != NULL ? slash + 1 : name;
	size_t n = name_length(local);
	for (size_t i = find_name(t, local, n);
		i < t->n_names && compare_names(&t->name[i], local, n) == 0; i++) {
		const struct track *other = &t->v[t->name[i].track];
		if (!t->name[i].alias && other->name != NULL && like->name != NULL &&
			strcmp(other->name, like->name) == 0)
			return other->reg;
	}
	return t->n_regs++;
}

/* How many banks of this hash have this place or name, of whatever provider. */
static size_t count_namesakes(struct tracks *t, const struct track *like)
{
	size_t n = 0;
	if (has_head(like->place, like->index)) {
		size_t i = *head_of(t, like->place, like->index);
		for (; i > 0; i = t->v[i - 1].next)
			n += t->v[i - 1].alg == like->alg;
		return n;
	}
	char room[EVENT_REG_ROOM];
	const char *name = event_reg_name(like->place, like->index, like->name, room);
	const char *slash = strchr(name, '/');
	const char *local = slash != NULL ? slash + 1 : name;
	size_t length = name_length(local);
	for (size_t i = find_name(t, local, length);
		i < t->n_names && compare_names(&t->name[i], local, length) == 0; i++)
		n += t->v[t->name[i].track].alg == like->alg;
	return n;
}

int tracks_add(struct tracks *t, const struct mr *mr, const struct digest *want,
	const struct digest *trusted, struct err *err)
{
	struct track track = {.mr = mr, .alg = mr->alg, .want = *want, .trusted = *trusted};
	if (hashers_get(&t->hashers, mr->alg, err) == NULL)
		return -1;
	if (mr->cc_mr_index != CC_MR_NONE) {
		track.place = PLACE_CC_MR;
		track.index = (uint32_t)mr->cc_mr_index;
	} else if (!reg_place(mr->provider, mr->name, &track.place, &track.index)) {
		track.place = PLACE_NAMED;
		track.name = strndup(mr->full, name_length(mr->full));
		if (track.name == NULL)
			return no_memory(err);
	}
	if (count_namesakes(t, &track) >= NAMESAKES_MAX) {
		free(track.name);
		return err_set(err, ST_FORMAT, "more than %d registers have the name of '%s'",
			NAMESAKES_MAX, mr->full);
	}
	track.reg = reg_number(t, &track);
	if (add_track(t, &track, err) == 0)
		return 0;
	if (t->n == 0 || t->v[t->n - 1].name != track.name)
		free(track.name);
	return -1;
}

static int add_placed_alias(
	struct tracks *t, size_t track, enum place place, uint32_t index, struct err *err)
{
	struct track_alias *grown = grow(t->alias, t->n_aliases, sizeof(*grown));
	if (grown == NULL)
		return no_memory(err);
	t->alias = grown;
	grown[t->n_aliases++] = (struct track_alias){place, index, track};
	return 0;
}

int tracks_add_alias(struct tracks *t, size_t i, const char *name, struct err *err)
{
	struct track *track = &t->v[i];
	struct log_event ev = {.place = PLACE_NAMED, .reg = name};
	size_t room = sizeof(track->alias_start) / sizeof(track->alias_start[0]);
	if (track->n_aliases < room &&
		name_start(track->alg, name, &track->alias_start[track->n_aliases]))
		track->n_aliases++;
	event_settle_place(&ev);
	return has_head(ev.place, ev.index) ? add_placed_alias(t, i, ev.place, ev.index, err)
					    : add_name(t, name, i, true, err);
}

/* Once, though two journals may give it the same alias. */
static int add_hit(struct tracks *t, size_t track, struct err *err)
{
	for (size_t i = 0; i < t->n_hits; i++)
		if (t->hit[i] == track)
			return 0;
	if (t->n_hits == t->hits_room) {
		size_t *grown = reallocarray(t->hit, 2 * t->hits_room + 8, sizeof(*grown));
		if (grown == NULL)
			return no_memory(err);
		t->hit = grown;
		t->hits_room = 2 * t->hits_room + 8;
	}
	t->hit[t->n_hits++] = track;
	return 0;
}

/* Two registers that one name may mean: neither is verified by it. */
static void tell_rivals(struct tracks *t)
{
	struct track *first[HASH_COUNT] = {NULL};
	for (size_t i = 0; i < t->n_hits; i++) {
		struct track *a = &t->v[t->hit[i]], **b = &first[a->alg];
		if (*b == NULL)
			*b = a;
		if (*b == a)
			continue;
		a->rival = *b;
		(*b)->rival = a;
	}
}

static int find_placed(struct tracks *t, const char *tpm, const struct log_event *ev,
	bool *ret_alias, struct err *err)
{
	for (size_t i = *head_of(t, ev->place, ev->index); i > 0; i = t->v[i - 1].next)
		if (is_of_tpm(&t->v[i - 1], tpm) && add_hit(t, i - 1, err) < 0)
			return -1;
	*ret_alias = false;
	for (size_t i = 0; i < t->n_aliases; i++) {
		if (t->alias[i].place != ev->place || t->alias[i].index != ev->index)
			continue;
		*ret_alias = true;
		if (add_hit(t, t->alias[i].track, err) < 0)
			return -1;
	}
	return 0;
}

/* A name with a hash is that of one bank. */
static int find_named(struct tracks *t, const char *name, bool *ret_alias, struct err *err)
{
	const char *slash = strchr(name, '/');
	const char *local = slash != NULL ? slash + 1 : name;
	size_t n = name_length(local), provider = slash != NULL ? (size_t)(slash - name) : 0;
	enum hash_alg alg = local[n] == ':' ? hash_by_name(bytes_of(local + n + 1)) : HASH_NONE;
	*ret_alias = false;
	for (size_t i = find_name(t, local, n);
		i < t->n_names && compare_names(&t->name[i], local, n) == 0; i++) {
		const char *own = t->name[i].provider;
		bool same = provider == 0 || *own == '\0' ||
			    (strncmp(own, name, provider) == 0 && own[provider] == '\0');
		same = same && (alg == HASH_NONE || t->v[t->name[i].track].alg == alg);
		*ret_alias |= same && t->name[i].alias;
		if (same && add_hit(t, t->name[i].track, err) < 0)
			return -1;
	}
	return 0;
}

/* Those of its digests, those of PCRs that were found so far if it extends every bank, and one unknown. */
static size_t banks_of(const struct tracks *t, const struct log_event *ev, enum hash_alg ret[])
{
	size_t n = 0;
	uint32_t more = ev->every_bank ? t->banks : 0;
	for (size_t i = 0; i < ev->n_digests; i++) {
		ret[n++] = ev->digest[i].d.alg;
		more &= ~(1U << ev->digest[i].d.alg);
	}
	for (enum hash_alg alg = HASH_UNKNOWN + 1; alg < HASH_COUNT; alg++)
		if (more >> alg & 1)
			ret[n++] = alg;
	ret[n++] = HASH_UNKNOWN;
	return n;
}

/* Each bank of an event that nobody has yet; one of an unknown hash where it has none that is known. */
static int discover(struct tracks *t, const struct log_event *ev, const char *name, struct err *err)
{
	size_t before = t->n_hits;
	struct track track = {.place = ev->place, .index = ev->index, .alg = HASH_UNKNOWN};
	bool any = false;
	enum hash_alg algs[EVENT_DIGESTS_MAX + HASH_COUNT + 1];
	size_t n = banks_of(t, ev, algs);
	for (size_t i = 0; i < n; i++) {
		enum hash_alg alg = algs[i];
		bool known = alg > HASH_UNKNOWN;
		any |= known;
		for (size_t k = 0; k < before && known; k++)
			known = t->v[t->hit[k]].alg != alg;
		if (!known && (i + 1 < n || any || before > 0))
			continue;
		if (known && hashers_get(&t->hashers, alg, err) == NULL)
			return -1;
		if (t->n >= TRACKS_MAX)
			return err_set(err, ST_FORMAT, "more than %d registers", TRACKS_MAX);
		track.alg = alg;
		track.name = ev->place == PLACE_NAMED ? strndup(name, name_length(name)) : NULL;
		if (ev->place == PLACE_NAMED && track.name == NULL)
			return no_memory(err);
		track.reg = before > 0 ? t->v[t->hit[0]].reg : t->n_regs++;
		if (add_track(t, &track, err) < 0 || add_hit(t, t->n - 1, err) < 0)
			return -1;
		t->banks |= ev->place == PLACE_PCR ? 1U << alg : 0;
		/* The events that it has already have no digest of this hash. */
		struct track *added = &t->v[t->n - 1];
		added->has_lack = before > 0;
		added->lack = before > 0 ? t->v[t->hit[0]].first : added->lack;
	}
	return 0;
}

int tracks_find(struct tracks *t, const char *tpm, const struct log_event *ev, struct err *err)
{
	char room[EVENT_REG_ROOM];
	bool alias;
	bool headed = has_head(ev->place, ev->index);
	const char *name = headed ? NULL : event_reg_name(ev->place, ev->index, ev->reg, room);
	if (!headed && t->last != NULL && !t->discovers && strcmp(t->last, name) == 0)
		return 0;
	t->n_hits = 0;
	int rc = headed ? find_placed(t, tpm, ev, &alias, err) : find_named(t, name, &alias, err);
	if (rc < 0)
		return -1;
	if (!alias && !t->discovers)
		tell_rivals(t);
	if (t->discovers && discover(t, ev, name, err) < 0)
		return -1;
	free(t->last);
	t->last = headed ? NULL : strdup(name);
	return 0;
}

int tracks_digest(struct tracks *t, const struct track *track, const struct log_event *ev,
	struct digest *ret, bool *ret_is, struct err *err)
{
	*ret_is = true;
	for (size_t i = 0; i < ev->n_digests && track->alg > HASH_UNKNOWN; i++) {
		if (ev->digest[i].d.alg != track->alg)
			continue;
		*ret = ev->digest[i].d;
		return 0;
	}
	*ret_is = ev->every_bank && track->alg > HASH_UNKNOWN;
	if (!*ret_is)
		return 0;
	*ret = filled(track->alg, 0xff);
	for (size_t i = 0; track->padded && ev->hashed.p != NULL && i < ev->n_digests; i++) {
		const struct digest *d = &ev->digest[i].d;
		if (d->alg != HASH_SHA1)
			continue;
		*ret = filled(track->alg, 0);
		memcpy(ret->v, d->v, d->size);
		return 0;
	}
	return ev->hashed.p != NULL ? hash_bytes(t->hashers.of[track->alg], ev->hashed, ret, err)
				    : 0;
}

static void look(const struct track *track, struct chain *c)
{
	if (track->want.size > 0 && digest_equal(&c->value, &track->want))
		c->reached = c->n + 1;
}

static int add_run(struct track *track, const struct run *run, struct err *err)
{
	track->too_many |= track->n_runs == TRACK_RUNS_MAX;
	if (track->too_many)
		return 0;
	struct run *grown = grow(track->run, track->n_runs, sizeof(*grown));
	if (grown == NULL)
		return no_memory(err);
	track->run = grown;
	grown[track->n_runs] = *run;
	grown[track->n_runs++].nth = track->tally[run->source].runs;
	track->tally[run->source].runs += !run->doubtful;
	track->n_firm_runs += !run->doubtful;
	return 0;
}

int track_take_run(struct track *track, const struct run *run, struct err *err)
{
	track->tally[run->source].n += run->n;
	track->claims += run->n;
	return add_run(track, run, err);
}

int track_take_anchored(struct tracks *t, struct track *track, size_t source,
	const struct log_event *ev, struct err *err)
{
	struct run *last = track->n_runs > 0 ? &track->run[track->n_runs - 1] : NULL;
	struct digest end = ev->held->before;
	if (hash_extend(t->hashers.of[track->alg], &end, &ev->digest[0].d, err) < 0)
		return -1;
	track->tally[source].n++;
	track->claims += !ev->doubtful;
	if (last != NULL && last->source == source && !last->doubtful && !ev->doubtful &&
		digest_equal(&last->end, &ev->held->before)) {
		if (track->want.size > 0 && digest_equal(&last->end, &track->want)) {
			last->inside = last->n + 1;
			last->inside_seq = ev->seq;
		}
		last->end = end;
		last->last_seq = ev->seq;
		last->n++;
		return 0;
	}
	struct run run = {
		.before = ev->held->before,
		.end = end,
		.n = 1,
		.first_seq = ev->seq,
		.last_seq = ev->seq,
		.source = (uint32_t)source,
		.doubtful = ev->doubtful,
		.after = ev->held->after,
	};
	return add_run(track, &run, err);
}

static int by_before(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	int rc = memcmp(x->before.v, y->before.v, x->before.size);
	return rc != 0 ? rc : x->first_seq < y->first_seq ? -1 : x->first_seq > y->first_seq;
}

/* The first run that starts at this value or after it. */
static size_t find_run(const struct track *track, const struct digest *before)
{
	size_t from = 0, to = track->n_runs;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (memcmp(track->run[mid].before.v, before->v, before->size) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static bool starts_at(const struct track *track, size_t i, const struct digest *value)
{
	return i < track->n_runs && digest_equal(&track->run[i].before, value);
}

/* A doubtful claim is taken where something confirms it, others in the order of their journal. */
static bool is_due(const struct track *track, const struct run *run, size_t chain)
{
	if (!run->doubtful)
		return run->nth == track->tally[run->source].taken[chain];
	return digest_equal(&run->end, &track->want) ||
	       (run->after.size > 0 && digest_equal(&run->end, &run->after)) ||
	       starts_at(track, find_run(track, &run->end), &run->end);
}

/* Takes the runs that follow from a chain's value. */
static void jump(struct track *track, size_t chain)
{
	struct chain *c = &track->chain[chain];
	uint32_t bit = UINT32_C(1) << chain;
	look(track, c);
	for (size_t i = find_run(track, &c->value); starts_at(track, i, &c->value);) {
		struct run *run = &track->run[i++];
		if ((run->taken & bit) || !is_due(track, run, chain))
			continue;
		run->taken |= bit;
		track->tally[run->source].taken[chain] += !run->doubtful;
		if (track->tally[run->source].first == 0)
			track->tally[run->source].first = c->n + 1;
		if (c->reached == c->n + 1)
			c->left = (struct event_ref){run->source, run->first_seq};
		if (run->inside > 0) {
			c->reached = c->n + run->inside;
			c->left = (struct event_ref){run->source, run->inside_seq};
		}
		c->value = run->end;
		c->n += run->n;
		c->n_runs += !run->doubtful;
		look(track, c);
		i = find_run(track, &c->value);
	}
}

void tracks_start(struct tracks *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct track *track = &t->v[i];
		if (track->n_runs > 1)
			qsort(track->run, track->n_runs, sizeof(*track->run), by_before);
		for (size_t k = 0; k < track->n_chains; k++)
			jump(track, k);
	}
}

int track_take(struct tracks *t, struct track *track, const struct event_ref *at,
	const struct digest *digest, struct err *err)
{
	struct tally *tally = &track->tally[at->source];
	if (tally->first == 0)
		tally->first = track_likely(track)->n + 1;
	tally->n += !t->again;
	track->claims += !t->again;
	for (size_t i = 0; i < track->n_chains; i++) {
		struct chain *c = &track->chain[i];
		if (c->reached == c->n + 1)
			c->left = *at;
		if (hash_extend(t->hashers.of[track->alg], &c->value, digest, err) < 0)
			return -1;
		c->n++;
		if (track->n_runs > 0)
			jump(track, i);
		else
			look(track, c);
	}
	return 0;
}

void track_set_locality(struct track *track, int locality)
{
	if (track->locality != 0 || locality <= 0)
		return;
	track->locality = locality;
	/* After an event of another log it is for the search to say. */
	if (track->claims == 0)
		set_chains(track);
}

const struct chain *track_settled(const struct track *track)
{
	for (size_t i = 0; i < track->n_chains && !track->too_many; i++)
		if (track->chain[i].reached == track->chain[i].n + 1 &&
			track->chain[i].n_runs == track->n_firm_runs)
			return &track->chain[i];
	return NULL;
}

const struct chain *track_likely(const struct track *track)
{
	const struct chain *likely = &track->chain[0];
	for (size_t i = 1; i < track->n_chains; i++)
		if (track->chain[i].n > likely->n)
			likely = &track->chain[i];
	return likely;
}

const struct run *track_stuck(const struct track *track, const struct chain *chain)
{
	uint32_t bit = UINT32_C(1) << (chain - track->chain);
	const struct run *first = NULL;
	for (size_t i = 0; i < track->n_runs; i++) {
		const struct run *run = &track->run[i];
		if (!run->doubtful && !(run->taken & bit) &&
			(first == NULL || run->source < first->source ||
				(run->source == first->source &&
					run->first_seq < first->first_seq)))
			first = run;
	}
	return first;
}

bool track_is_disordered(const struct track *track, const struct chain *chain)
{
	uint32_t bit = UINT32_C(1) << (chain - track->chain);
	bool is = false;
	for (size_t i = find_run(track, &chain->value); starts_at(track, i, &chain->value); i++)
		is |= !track->run[i].doubtful && !(track->run[i].taken & bit);
	return is;
}
