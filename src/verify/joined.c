/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/joined.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/scope.h"
#include "formats/log_formats.h"
#include "verify/passes.h"
#include "verify/textlog.h"

enum { ALL_BANKS = (1 << HASH_COUNT) - (1 << (HASH_UNKNOWN + 1)) };

/* What one pass over the logs works on. */
struct pass {
	struct joined *j;
	struct numbers *numbers;	    /* it reads */
	const struct joined_teller *teller; /* it tells */
	uint32_t format;	     /* of the log that is read, from 1 on; 0: none with data */
	struct joined_register *reg; /* of the event that is told */
	uint32_t at;
};

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "events");
}

enum hash_alg joined_strongest(uint32_t banks)
{
	enum hash_alg best = HASH_NONE;
	for (int alg = HASH_UNKNOWN + 1; alg < HASH_COUNT; alg++)
		if ((banks & (1u << alg)) && hash_size((enum hash_alg)alg) > hash_size(best))
			best = (enum hash_alg)alg;
	return best;
}

/* --- registers --- */

static int by_name(const void *a, const void *b)
{
	const struct joined_register *x = a, *y = b;
	int rc = strcmp(x->name, y->name);
	return rc != 0 ? rc : (int)x->only - (int)y->only;
}

static struct joined_register *add_register(
	struct joined *j, const struct joined_register *like, struct err *err)
{
	struct joined_register **grown =
		reallocarray(j->v, j->n + 1, sizeof(struct joined_register *));
	struct joined_register *reg = calloc(1, sizeof(*reg));
	if (grown != NULL)
		j->v = grown;
	if (reg != NULL)
		reg->name = strdup(like->name);
	if (grown == NULL || reg == NULL || reg->name == NULL)
		goto fail;
	reg->only = like->only;
	reg->given = reg->possible = UINT32_MAX;
	if (tsearch(reg, &j->tree, by_name) == NULL)
		goto fail;
	j->v[j->n++] = reg;
	return reg;
fail:
	if (reg != NULL)
		free(reg->name);
	free(reg);
	no_memory(err);
	return NULL;
}

/* A register by its name, which is added if err is given; NULL: it is not there, or no memory. */
static struct joined_register *find(
	struct joined *j, const char *name, size_t n, enum hash_alg only, struct err *err)
{
	AUTO_FREE char *copy = strndup(name, n);
	struct joined_register key = {.name = copy, .only = only};
	if (copy == NULL) {
		if (err != NULL)
			no_memory(err);
		return NULL;
	}
	struct joined_register **found = tfind(&key, &j->tree, by_name);
	if (found != NULL || err == NULL)
		return found != NULL ? *found : NULL;
	if (j->n < REGISTERS_MAX)
		return add_register(j, &key, err);
	err_set(err, ST_FORMAT, "more than %d registers", REGISTERS_MAX);
	return NULL;
}

/* A name that no index stands for is that of one bank, if its events have digests of one. */
static struct joined_register *find_named(
	struct joined *j, const char *name, struct digest_list digests, struct err *err)
{
	size_t n;
	enum hash_alg only = reg_hash(name, &n);
	if (only == HASH_NONE && digests.n == 1)
		only = digests.v[0].d.alg;
	return find(j, name, n, only, err);
}

static struct joined_register *find_of(
	struct joined *j, const struct log_event *ev, struct err *err)
{
	char room[EVENT_REG_ROOM];
	if (ev->place == PLACE_NAMED)
		return find_named(j, ev->reg, (struct digest_list){ev->digest, ev->n_digests}, err);
	/* Many in a row are of one register. */
	if (j->last != NULL && j->place == ev->place && j->index == ev->index)
		return j->last;
	const char *name = event_reg_name(ev->place, ev->index, ev->reg, room);
	j->last = find(j, name, strlen(name), HASH_NONE, err);
	j->place = ev->place;
	j->index = ev->index;
	return j->last;
}

/* That of a text log: an index stands for its name, or it is of one bank. */
static struct joined_register *find_of_text(struct joined *j, const struct mr *mr, struct err *err)
{
	enum place place;
	uint32_t index;
	AUTO_FREE char *name = mr_base_name(mr);
	if (name == NULL) {
		if (err != NULL)
			no_memory(err);
		return NULL;
	}
	bool indexed = reg_place(mr->provider, mr->name, &place, &index);
	return indexed ? find(j, mr->name, strlen(mr->name), HASH_NONE, err)
		       : find(j, name, strlen(name), mr->alg, err);
}

/* --- events --- */

/* MRTD is fixed when the TD is built: what a log says of it is for information. */
static bool is_counted(const struct log_event *ev)
{
	return ev->extends && !(ev->place == PLACE_CC_MR && ev->index == 0);
}

static const struct digest *digest_in(struct digest_list digests, enum hash_alg alg)
{
	for (size_t i = 0; i < digests.n; i++)
		if (digests.v[i].d.alg == alg)
			return &digests.v[i].d;
	return NULL;
}

static void note_banks(struct joined_register *reg, struct digest_list digests, bool every_bank)
{
	uint32_t banks = 0;
	for (size_t i = 0; i < digests.n; i++)
		banks |= 1u << digests.v[i].d.alg;
	reg->given &= banks & ALL_BANKS;
	reg->possible &= every_bank ? ALL_BANKS : banks & ALL_BANKS;
	if (reg->alg == HASH_NONE && reg->n == 0)
		reg->alg = joined_strongest(banks);
}

/* Room for one more of n numbers. */
static int grow(uint32_t **v, uint32_t n, struct err *err)
{
	if ((n & (n - 1)) != 0)
		return 0;
	uint32_t *grown = reallocarray(*v, n == 0 ? 1 : 2 * (size_t)n, sizeof(*grown));
	if (grown == NULL)
		return no_memory(err);
	*v = grown;
	return 0;
}

static int append(struct joined_register *reg, uint32_t number, uint32_t mark, struct err *err)
{
	if (grow(&reg->digest, reg->n, err) < 0 || grow(&reg->mark, reg->n, err) < 0)
		return -1;
	reg->digest[reg->n] = number;
	reg->mark[reg->n++] = mark;
	return 0;
}

enum { MARK_BITS = 27, MARK_WORDS = JOINED_SALT - 2 }; /* the bits above are of the format */

/* Multilinear hashing of 64 bytes at a time, each with the hash of those before it: universal. */
static uint32_t mark_more(const uint64_t *salt, uint32_t h, struct bytes b)
{
	for (;;) {
		uint32_t word[MARK_WORDS] = {0};
		size_t n = b.n < sizeof(word) ? b.n : sizeof(word);
		uint64_t sum = salt[MARK_WORDS] * h + salt[MARK_WORDS + 1] * n;
		if (n > 0)
			memcpy(word, b.p, n);
		for (size_t i = 0; 4 * i < n; i++)
			sum += salt[i] * word[i];
		h = (uint32_t)(sum >> 32);
		if (n == b.n)
			return h;
		b.p += n;
		b.n -= n;
	}
}

static uint32_t mark_of(const struct pass *p, const struct log_event *ev)
{
	const uint64_t *salt = p->j->salt;
	uint32_t h = mark_more(salt, ev->has_type ? ev->type : 0, ev->data);
	if (!ev->has_type)
		h = mark_more(salt, h, bytes_of(ev->kind));
	if (ev->note.p != NULL)
		h = mark_more(salt, h, ev->note);
	return p->format << MARK_BITS | (h & ((1 << MARK_BITS) - 1));
}

bool joined_marks_differ(uint32_t a, uint32_t b)
{
	return a != b && a >> MARK_BITS == b >> MARK_BITS;
}

static int add_run(struct joined_register *reg, const struct digest *before, struct err *err)
{
	struct joined_run *v = reg->run;
	if ((reg->n_runs & (reg->n_runs - 1)) == 0)
		v = reallocarray(v, reg->n_runs == 0 ? 1 : 2 * (size_t)reg->n_runs, sizeof(*v));
	if (v == NULL)
		return no_memory(err);
	reg->run = v;
	if (reg->n_runs == 0)
		reg->n_free = reg->n;
	v[reg->n_runs++] = (struct joined_run){.before = *before, .end = *before, .first = reg->n};
	return 0;
}

/* A record of a journal stands where it says: it lengthens the run before it, or begins one. */
static int take_anchored(struct joined *j, struct joined_register *reg, const struct digest *before,
	const struct digest *digest, struct err *err)
{
	struct hasher *h = hashers_get(&j->hashers, reg->alg, err);
	if (h == NULL)
		return -1;
	if ((reg->n_runs == 0 || !digest_equal(&reg->run[reg->n_runs - 1].end, before)) &&
		add_run(reg, before, err) < 0)
		return -1;
	struct joined_run *last = &reg->run[reg->n_runs - 1];
	last->n++;
	return hash_extend(h, &last->end, digest, err);
}

static int too_many(struct err *err)
{
	return err_set(err, ST_FORMAT, "more than %d events to compare", DIFF_EVENTS_MAX);
}

/* ev NULL: a line of a text log, which has no data but what is hashed. */
static int take(struct pass *p, struct joined_register *reg, const struct digest *digest,
	const struct log_event *ev, struct err *err)
{
	bool doubtful = ev != NULL && ev->doubtful;
	uint32_t number;
	if (++p->j->n_events > DIFF_EVENTS_MAX)
		return too_many(err);
	if (numbers_add(&p->numbers[reg->alg], digest, doubtful, &number, err) < 0)
		return -1;
	return append(reg, number, ev != NULL ? mark_of(p, ev) : 0, err);
}

/* The digest of a bank that a log leaves out: that of the data, or ones for a violation. */
static int compute(struct joined *j, enum hash_alg alg, const struct log_event *ev,
	struct digest *ret, struct err *err)
{
	struct hasher *h = hashers_get(&j->hashers, alg, err);
	*ret = (struct digest){.alg = alg, .size = (uint8_t)hash_size(alg)};
	memset(ret->v, 0xff, ret->size);
	if (h == NULL)
		return -1;
	return ev->hashed.p != NULL ? hash_bytes(h, ev->hashed, ret, err) : 0;
}

static int read_event(void *arg, size_t source, struct log_event *ev, enum explanation explanation,
	struct err *err)
{
	struct pass *p = arg;
	struct digest computed;
	struct digest_list digests = {ev->digest, ev->n_digests};
	(void)source;
	(void)explanation;
	if (!is_counted(ev))
		return 0;
	if (ev->place == PLACE_NONE)
		return err_set(err, ST_FORMAT, "event %llu does not say which register it extends",
			(unsigned long long)ev->seq);
	struct joined_register *reg = find_of(p->j, ev, err);
	if (reg == NULL)
		return -1;
	note_banks(reg, digests, ev->every_bank);
	const struct digest *digest = digest_in(digests, reg->alg);
	if (digest == NULL && ev->every_bank && reg->alg != HASH_NONE) {
		if (compute(p->j, reg->alg, ev, &computed, err) < 0)
			return -1;
		digest = &computed;
	}
	reg->lacks |= digest == NULL;
	if (digest == NULL)
		return 0;
	if (ev->held != NULL && ev->held->before.alg == reg->alg &&
		take_anchored(p->j, reg, &ev->held->before, digest, err) < 0)
		return -1;
	return take(p, reg, digest, ev, err);
}

static int read_text_event(void *arg, const struct event *event, struct err *err)
{
	struct pass *p = arg;
	if (event->extends == EXTENDS_NOT)
		return 0;
	note_banks(p->reg, event->digests, false);
	const struct digest *digest = digest_in(event->digests, p->reg->alg);
	p->reg->lacks |= digest == NULL;
	return digest != NULL ? take(p, p->reg, digest, NULL, err) : 0;
}

/* --- the order --- */

static int by_before(const void *a, const void *b)
{
	const struct joined_run *x = a, *y = b;
	int rc = memcmp(x->before.v, y->before.v, x->before.size);
	return rc != 0 ? rc : x->first < y->first ? -1 : x->first > y->first;
}

static int by_first(const void *a, const void *b)
{
	const struct joined_run *x = a, *y = b;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The first run that begins at this value and is not taken yet; NULL: there is none. */
static struct joined_run *run_at(const struct joined_register *reg, const struct digest *value)
{
	uint32_t from = 0, to = reg->n_runs;
	while (from < to) {
		uint32_t mid = from + (to - from) / 2;
		if (memcmp(reg->run[mid].before.v, value->v, value->size) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < reg->n_runs && digest_equal(&reg->run[from].before, value); from++)
		if (!reg->run[from].taken)
			return &reg->run[from];
	return NULL;
}

static void place_run(struct joined_register *reg, struct joined_run *run, uint32_t *at)
{
	run->taken = true;
	for (uint32_t i = 0; i < run->n; i++)
		reg->place[run->first + i] = (*at)++;
}

static void place_runs_at(struct joined_register *reg, struct digest *value, uint32_t *at)
{
	for (struct joined_run *run = run_at(reg, value); run != NULL; run = run_at(reg, value)) {
		place_run(reg, run, at);
		*value = run->end;
	}
}

/* What is not reached from zeros comes last. */
static void place_others(struct joined_register *reg, uint32_t *at)
{
	qsort(reg->run, reg->n_runs, sizeof(*reg->run), by_first);
	for (uint32_t i = 0; i < reg->n_runs; i++)
		if (!reg->run[i].taken)
			place_run(reg, &reg->run[i], at);
}

/* Puts each run of a journal where the events of other logs lead to the value that it begins at. */
static int place_all(struct joined *j, struct joined_register *reg, const struct numbers *numbers,
	struct err *err)
{
	struct hasher *h = hashers_get(&j->hashers, reg->alg, err);
	struct digest value = {.alg = reg->alg, .size = (uint8_t)hash_size(reg->alg)};
	uint32_t at = 0;
	if (h == NULL)
		return -1;
	qsort(reg->run, reg->n_runs, sizeof(*reg->run), by_before);
	place_runs_at(reg, &value, &at);
	for (uint32_t i = 0; i < reg->n_free; i++) {
		struct digest digest = digest_of(reg->alg, numbers_digest(numbers, reg->digest[i]));
		if (hash_extend(h, &value, &digest, err) < 0)
			return -1;
		reg->place[i] = at++;
		place_runs_at(reg, &value, &at);
	}
	place_others(reg, &at);
	return 0;
}

static int sort_by_place(uint32_t **v, const uint32_t *place, uint32_t n, struct err *err)
{
	uint32_t *sorted = calloc(n, sizeof(*sorted));
	if (sorted == NULL)
		return no_memory(err);
	for (uint32_t i = 0; i < n; i++)
		sorted[place[i]] = (*v)[i];
	free(*v);
	*v = sorted;
	return 0;
}

static int join(struct joined *j, struct joined_register *reg, const struct numbers *numbers,
	struct err *err)
{
	if (reg->n_runs == 0 || (reg->n_runs == 1 && reg->n_free == 0))
		return 0;
	reg->place = calloc(reg->n, sizeof(*reg->place));
	if (reg->place == NULL)
		return no_memory(err);
	if (place_all(j, reg, numbers, err) < 0 ||
		sort_by_place(&reg->digest, reg->place, reg->n, err) < 0)
		return -1;
	return sort_by_place(&reg->mark, reg->place, reg->n, err);
}

/* --- passes --- */

/* Firmware's logs, others, text logs, journals. */
static int rank(const struct log_input *in)
{
	return passes_is_firmware(in) ? 0 : passes_is_journal(in) ? 3 : in->text ? 2 : 1;
}

static int run_text(struct pass *p, size_t source, event_fn each, struct err *err)
{
	struct log_input *in = &p->j->inputs->v[source];
	const struct text_log text = {in->mr, in->name, in->fd, &p->j->text[source]};
	if (in->fd < 0 || in->err.status != ST_OK)
		return 0;
	if (events_run(&text, each, p, err) == 0)
		return 0;
	err_in(err, "'%s'", in->path);
	if (err->status != ST_FORMAT)
		return -1;
	in->err = *err;
	return 0;
}

/* All logs in their order; those of another boot take no part. */
static int run_all(
	struct pass *p, int (*run)(struct pass *p, size_t source, struct err *err), struct err *err)
{
	struct inputs *inputs = p->j->inputs;
	for (int k = 0; k < 4; k++)
		for (size_t i = 0; i < inputs->n; i++)
			if (!inputs->v[i].other_boot && rank(&inputs->v[i]) == k &&
				run(p, i, err) < 0)
				return -1;
	return 0;
}

static int read_source(struct pass *p, size_t source, struct err *err)
{
	const struct log_input *in = &p->j->inputs->v[source];
	p->format = 1;
	while (log_formats[p->format - 1] != NULL && log_formats[p->format - 1] != in->format)
		p->format++;
	if (!in->text)
		return inputs_read(p->j->inputs, source, read_event, p, err);
	p->reg = find_of_text(p->j, in->mr, err);
	return p->reg != NULL ? run_text(p, source, read_text_event, err) : -1;
}

static void begin_anew(struct joined *j)
{
	j->n_events = 0;
	for (size_t i = 0; i < j->n; i++) {
		struct joined_register *reg = j->v[i];
		free(reg->place);
		reg->place = NULL;
		reg->n = reg->n_runs = 0;
		reg->lacks = false;
	}
}

int joined_read(struct joined *j, struct numbers numbers[static HASH_COUNT], struct err *err)
{
	struct pass p = {.j = j, .numbers = numbers};
	bool values_only = j->inputs->values_only;
	begin_anew(j);
	for (int alg = 0; alg < HASH_COUNT; alg++)
		numbers_begin(&numbers[alg]);
	j->inputs->values_only = true;
	int rc = run_all(&p, read_source, err);
	j->inputs->values_only = values_only;
	if (rc == 0 && j->n_events > DIFF_EVENTS_MAX)
		rc = too_many(err);
	for (size_t i = 0; i < j->n && rc == 0; i++)
		rc = join(j, j->v[i], &numbers[j->v[i]->alg], err);
	return rc;
}

/* What an honest kernel would have meant by the lines of a text log. */
static int replay_text(struct joined *j, size_t source, struct err *err)
{
	struct log_input *in = &j->inputs->v[source];
	struct digest zeros = {.alg = in->mr->alg, .size = (uint8_t)in->mr->size};
	const struct rfc_search_starts starts = {&zeros, 1};
	if (in->fd < 0 || textlog_replay(in, zeros.alg, &starts, NULL, &j->text[source], err) == 0)
		return 0;
	if (err->status != ST_FORMAT)
		return -1;
	in->err = *err;
	return 0;
}

int joined_init(struct joined *ret, struct inputs *inputs, struct err *err)
{
	*ret = (struct joined){.inputs = inputs};
	ret->text = calloc(inputs->n + 1, sizeof(*ret->text));
	if (ret->text == NULL)
		return no_memory(err);
	for (size_t i = 0; i < inputs->n; i++)
		if (inputs->v[i].text && replay_text(ret, i, err) < 0)
			return -1;
	return 0;
}

static void keep(void *unused)
{
	(void)unused;
}

void joined_clear(struct joined *j)
{
	tdestroy(j->tree, keep);
	for (size_t i = 0; i < j->n; i++) {
		free(j->v[i]->name);
		free(j->v[i]->digest);
		free(j->v[i]->mark);
		free(j->v[i]->place);
		free(j->v[i]->run);
		free(j->v[i]);
	}
	for (size_t i = 0; j->text != NULL && i < j->inputs->n; i++)
		rfc_search_clear(&j->text[i]);
	free(j->v);
	free(j->text);
	hashers_close(&j->hashers);
	*j = (struct joined){0};
}

/* --- telling --- */

/* The name of an event that was read, if it is wanted. A log that moved has more than was read. */
static const char *want_next(struct pass *p, struct joined_register *reg)
{
	p->reg = reg;
	p->at = reg->next++;
	if (p->at >= reg->n)
		return NULL;
	if (reg->place != NULL)
		p->at = reg->place[p->at];
	return p->teller->want(p->teller->arg, reg, p->at);
}

static const char *name_event(
	void *arg, const struct log_event *ev, const char *name, int64_t cc_mr_index)
{
	struct pass *p = arg;
	(void)name;
	(void)cc_mr_index;
	p->reg = NULL;
	if (!is_counted(ev) || ev->place == PLACE_NONE)
		return NULL;
	struct joined_register *reg = find_of(p->j, ev, NULL);
	struct digest_list digests = {ev->digest, ev->n_digests};
	bool has = reg != NULL && reg->alg != HASH_NONE &&
		   (ev->every_bank || digest_in(digests, reg->alg) != NULL);
	return has ? want_next(p, reg) : NULL;
}

static int tell_event(void *arg, const struct event *event, struct err *err)
{
	struct pass *p = arg;
	/* Events that are of no register are told whatever their name is. */
	if (event->register_name == NULL)
		return 0;
	return p->teller->each(p->teller->arg, p->reg, p->at, event, err);
}

static int tell_text_event(void *arg, const struct event *event, struct err *err)
{
	struct pass *p = arg;
	struct event named = *event;
	if (event->extends == EXTENDS_NOT || digest_in(event->digests, p->reg->alg) == NULL)
		return 0;
	named.register_name = want_next(p, p->reg);
	return tell_event(p, &named, err);
}

static int tell_source(struct pass *p, size_t source, struct err *err)
{
	const struct log_input *in = &p->j->inputs->v[source];
	if (!in->text)
		return events_run_input(p->j->inputs, source, name_event, tell_event, p, err);
	p->reg = find_of_text(p->j, in->mr, NULL);
	return p->reg != NULL ? run_text(p, source, tell_text_event, err) : 0;
}

int joined_tell(struct joined *j, const struct joined_teller *teller, struct err *err)
{
	struct pass p = {.j = j, .teller = teller};
	for (size_t i = 0; i < j->n; i++)
		j->v[i]->next = 0;
	return run_all(&p, tell_source, err);
}
