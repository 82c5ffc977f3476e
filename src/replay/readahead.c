/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/readahead.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCHES = 4,
	BATCH_ROOM = 256 * 1024, /* bytes; one event that is larger gets what it needs */
	ALIGN = _Alignof(max_align_t),
};

/* An event in a batch, with room for its digests only; its bytes are behind it. */
struct item {
	size_t size; /* of it, with all that it has */
	enum explanation of[EVENT_DIGESTS_MAX];
	struct log_event ev;
};

/* Belongs to one thread at a time. */
struct batch {
	uint8_t *p;
	size_t room, used;
	size_t at, judged; /* up to where its items were taken, and judged */
	int rc;		   /* 1: there is more behind it */
	struct err err;	   /* rc -1 */
};

struct log_ahead {
	struct log_reader *reader;
	bool judges[HASH_COUNT];
	struct log_event pulled; /* waits for room in a batch, if `held` */
	bool held;
	struct hashers hashers[2]; /* the caller's, the thread's */
	struct batch batch[BATCHES];
	struct batch *now; /* what the caller takes events from; NULL: nothing was read yet */

	/* Batches go round: the thread fills number `filled`, the caller takes from number `taken`. */
	size_t filled, taken;
	bool threaded, stop;
	atomic_bool starving; /* the caller waits for the next batch: better now than judged */
	pthread_t thread;
	cpu_set_t processors; /* that it may run on; empty: not known */
	pthread_mutex_t lock;
	pthread_cond_t is_filled, is_free;
};

static size_t rounded(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t string_size(const char *s)
{
	return s != NULL ? strlen(s) + 1 : 0;
}

/* Of the item without its bytes; a digest that the log leaves out is yet to come. */
static size_t item_head(const struct log_event *ev)
{
	size_t digests = ev->n_digests + (ev->computed != HASH_NONE);
	return offsetof(struct item, ev.digest) + digests * sizeof(ev->digest[0]);
}

/* What was hashed is the data itself, which may be large. */
static bool hashes_data(const struct log_event *ev)
{
	return ev->hashed.p == ev->data.p && ev->hashed.n == ev->data.n;
}

static size_t item_size(const struct log_event *ev)
{
	size_t hashed = hashes_data(ev) ? 0 : ev->hashed.n;
	return rounded(item_head(ev) + string_size(ev->reg) + string_size(ev->kind) + ev->data.n +
		       hashed + ev->text.n + ev->time.n + ev->note.n);
}

static struct bytes keep(uint8_t **at, struct bytes b)
{
	if (b.p == NULL)
		return b;
	struct bytes kept = {*at, b.n};
	if (b.n > 0)
		memcpy(*at, b.p, b.n);
	*at += b.n;
	return kept;
}

static const char *keep_string(uint8_t **at, const char *s)
{
	return (const char *)keep(at, (struct bytes){(const uint8_t *)s, string_size(s)}).p;
}

static int add_item(struct batch *b, const struct log_event *ev)
{
	size_t head = item_head(ev), size = item_size(ev);
	if (size > b->room) {
		free(b->p);
		b->p = malloc(size);
		b->room = b->p != NULL ? size : 0;
	}
	if (b->p == NULL)
		return err_sys(&b->err, ENOMEM, "log");
	struct item *item = (struct item *)(void *)(b->p + b->used);
	uint8_t *at = b->p + b->used + head;
	item->size = size;
	memcpy(&item->ev, ev,
		offsetof(struct log_event, digest) + ev->n_digests * sizeof(ev->digest[0]));
	item->ev.reg = keep_string(&at, ev->reg);
	item->ev.kind = keep_string(&at, ev->kind);
	item->ev.data = keep(&at, ev->data);
	item->ev.hashed = hashes_data(ev) ? item->ev.data : keep(&at, ev->hashed);
	item->ev.text = keep(&at, ev->text);
	item->ev.time = keep(&at, ev->time);
	item->ev.note = keep(&at, ev->note);
	b->used += size;
	return 0;
}

/* Pulls events until one does not fit behind the others. */
static void fill(struct log_ahead *a, struct batch *b)
{
	if (b->room != BATCH_ROOM) {
		free(b->p);
		b->p = malloc(BATCH_ROOM);
		b->room = BATCH_ROOM;
	}
	b->used = b->at = b->judged = 0;
	b->rc = 1;
	for (;;) {
		if (!a->held)
			b->rc = log_reader_pull(a->reader, &a->pulled, &b->err);
		a->held = b->rc > 0 && b->used > 0 && item_size(&a->pulled) > b->room - b->used;
		if (b->rc <= 0 || a->held)
			return;
		if (add_item(b, &a->pulled) < 0) {
			b->rc = -1;
			return;
		}
	}
}

static struct item *item_at(const struct batch *b, size_t at)
{
	return (struct item *)(void *)(b->p + at);
}

/* Judges the next item of those that were not. */
static int judge(
	const struct log_ahead *a, struct batch *b, struct hashers *hashers, struct err *err)
{
	struct item *item = item_at(b, b->judged);
	struct log_event *ev = &item->ev;
	struct hasher *hasher[HASH_COUNT] = {NULL};
	struct err absent;
	if (log_event_complete(ev, hashers, err) < 0)
		return -1;
	for (size_t i = 0; i < ev->n_digests; i++) {
		enum hash_alg alg = ev->digest[i].d.alg;
		if (!a->judges[alg] || alg <= HASH_UNKNOWN)
			continue;
		hasher[alg] = hashers_get(hashers, alg, &absent);
		if (hasher[alg] == NULL && absent.status != ST_ABSENT) {
			*err = absent;
			return -1;
		}
	}
	if (event_explain(ev, hasher, item->of, err) < 0)
		return -1;
	b->judged += item->size;
	return 0;
}

static bool wait_for_batch(struct log_ahead *a)
{
	pthread_mutex_lock(&a->lock);
	while (a->filled - a->taken == BATCHES && !a->stop)
		pthread_cond_wait(&a->is_free, &a->lock);
	bool go_on = !a->stop;
	pthread_mutex_unlock(&a->lock);
	return go_on;
}

static void *run(void *arg)
{
	struct log_ahead *a = arg;
	bool more = true;
	/* From here on wherever the kernel likes it. */
	if (CPU_COUNT(&a->processors) > 0)
		pthread_setaffinity_np(pthread_self(), sizeof(a->processors), &a->processors);
	while (more && wait_for_batch(a)) {
		struct batch *b = &a->batch[a->filled % BATCHES];
		struct err ignored; /* the caller judges again what was not, and finds it */
		fill(a, b);
		more = b->rc > 0;
		while (b->judged < b->used && !atomic_load(&a->starving))
			if (judge(a, b, &a->hashers[1], &ignored) < 0)
				break;
		pthread_mutex_lock(&a->lock);
		a->filled++;
		pthread_mutex_unlock(&a->lock);
		pthread_cond_signal(&a->is_filled);
	}
	return NULL;
}

/* Where there is another processor than this one. */
static bool has_second_processor(struct log_ahead *a)
{
	CPU_ZERO(&a->processors);
	/* On a machine with more processors than fit into the set this fails; it has a second one. */
	return sched_getaffinity(0, sizeof(a->processors), &a->processors) < 0 ||
	       CPU_COUNT(&a->processors) > 1;
}

/*
 * On another processor: left alone, the kernel may start it on this one, which is busy, and takes some
 * ten milliseconds to find out.
 */
static bool create_thread(struct log_ahead *a)
{
	pthread_attr_t attr;
	cpu_set_t others = a->processors;
	int here = sched_getcpu();
	if (pthread_attr_init(&attr) != 0)
		return false;
	if (here >= 0 && here < CPU_SETSIZE)
		CPU_CLR((size_t)here, &others);
	if (CPU_COUNT(&others) > 0)
		pthread_attr_setaffinity_np(&attr, sizeof(others), &others);
	bool created = pthread_create(&a->thread, &attr, run, a) == 0;
	pthread_attr_destroy(&attr);
	return created;
}

/* Without a thread, whatever the reason, the log is read all the same. */
static void start_thread(struct log_ahead *a)
{
	sigset_t all, before;
	if (!has_second_processor(a))
		return;
	sigfillset(&all);
	if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0)
		return;
	a->threaded = create_thread(a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Goes on behind the batch that was taken to its end. */
static void next_batch(struct log_ahead *a)
{
	if (!a->threaded) {
		bool first = a->now == NULL;
		a->now = &a->batch[0];
		a->filled = 1;
		fill(a, a->now);
		if (first && a->now->rc > 0)
			start_thread(a);
		return;
	}
	pthread_mutex_lock(&a->lock);
	a->taken++;
	pthread_mutex_unlock(&a->lock);
	pthread_cond_signal(&a->is_free);
	pthread_mutex_lock(&a->lock);
	while (a->filled == a->taken) {
		atomic_store(&a->starving, true);
		pthread_cond_wait(&a->is_filled, &a->lock);
	}
	atomic_store(&a->starving, false);
	pthread_mutex_unlock(&a->lock);
	a->now = &a->batch[a->taken % BATCHES];
}

int log_ahead_open(struct log_ahead **ret, struct log_reader *reader,
	const bool judged[static HASH_COUNT], struct err *err)
{
	struct log_ahead *a = calloc(1, sizeof(*a));
	*ret = a;
	if (a == NULL)
		return err_sys(err, ENOMEM, "log");
	a->reader = reader;
	memcpy(a->judges, judged, sizeof(a->judges));
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->is_filled, NULL);
	pthread_cond_init(&a->is_free, NULL);
	return 0;
}

int log_ahead_next(struct log_ahead *a, struct log_event **ret, const enum explanation **ret_of,
	struct err *err)
{
	while (a->now == NULL || a->now->at == a->now->used) {
		if (a->now != NULL && a->now->rc <= 0) {
			if (a->now->rc < 0)
				*err = a->now->err;
			return a->now->rc;
		}
		next_batch(a);
	}
	struct batch *b = a->now;
	if (b->at == b->judged && judge(a, b, &a->hashers[0], err) < 0)
		return -1;
	struct item *item = item_at(b, b->at);
	b->at += item->size;
	*ret = &item->ev;
	*ret_of = item->of;
	return 1;
}

void log_ahead_close(struct log_ahead *a)
{
	if (a == NULL)
		return;
	if (a->threaded) {
		pthread_mutex_lock(&a->lock);
		a->stop = true;
		atomic_store(&a->starving, true);
		pthread_cond_signal(&a->is_free);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
	}
	for (size_t i = 0; i < BATCHES; i++)
		free(a->batch[i].p);
	hashers_close(&a->hashers[0]);
	hashers_close(&a->hashers[1]);
	pthread_cond_destroy(&a->is_free);
	pthread_cond_destroy(&a->is_filled);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
