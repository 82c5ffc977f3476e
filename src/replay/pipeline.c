/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	BATCHES = 4,
	STACK_BYTES = 512 * 1024, /* of the thread, whatever RLIMIT_STACK says */
	ALIGN = _Alignof(max_align_t),
};

/*
 * Two cache lines, which processors fetch together: what one side writes for every item must not share
 * them with what the other side reads.
 */
#define LINE_BYTES 128

/* Belongs to one thread at a time. */
struct batch {
	_Alignas(LINE_BYTES) uint8_t *p;
	size_t room, used;
	size_t at, done; /* up to where its items were taken, and worked on */
	int rc;		 /* 1: there is more after it */
	struct err err;	 /* rc -1 */
};

struct pipeline {
	const struct pipeline_ops *ops;
	void *arg;
	struct batch *now;    /* what the caller takes items from; NULL: nothing was read yet */
	cpu_set_t processors; /* that the thread may run on; empty: not known */
	struct batch batch[BATCHES];

	/* Of the filling side: the bytes of the item that was pulled and waits for room; 0: none does. */
	_Alignas(LINE_BYTES) uint32_t held;

	/* Batches go round: the thread fills number `filled`, the caller takes from number `taken`. */
	_Alignas(LINE_BYTES) size_t filled;
	size_t taken;
	bool threaded, stop;
	atomic_bool starving; /* the caller waits for the next batch: better now than worked on */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t is_filled, is_free;
};

static struct pipeline_item *item_at(const struct batch *b, size_t at)
{
	return (struct pipeline_item *)(void *)(b->p + at);
}

/* Puts the item that was pulled into the batch, which it fits into, or which is empty. */
static int add_item(struct pipeline *p, struct batch *b, uint32_t size)
{
	if (size > b->room) {
		free(b->p);
		b->p = malloc(size);
		b->room = b->p != NULL ? size : 0;
	}
	if (b->p == NULL)
		return err_sys(&b->err, ENOMEM, "log");
	struct pipeline_item *item = item_at(b, b->used);
	item->size = size;
	p->ops->put(p->arg, item, atomic_load(&p->starving));
	b->used += size;
	return 0;
}

/* Pulls items until one does not fit after the others. */
static void fill(struct pipeline *p, struct batch *b)
{
	if (b->room != p->ops->batch_room) {
		free(b->p);
		b->p = malloc(p->ops->batch_room);
		b->room = p->ops->batch_room;
	}
	b->used = b->at = b->done = 0;
	b->rc = 1;
	for (;;) {
		uint32_t size = p->held;
		if (size == 0) {
			b->rc = p->ops->pull(p->arg, &size, &b->err);
			size = (size + ALIGN - 1) / ALIGN * ALIGN;
		}
		bool fits = b->used == 0 || size <= b->room - b->used;
		p->held = b->rc > 0 && !fits ? size : 0;
		if (b->rc <= 0 || !fits)
			return;
		if (add_item(p, b, size) < 0) {
			b->rc = -1;
			return;
		}
	}
}

/* Works on the next item of those that were not. */
static int work(const struct pipeline *p, struct batch *b, bool on_thread, struct err *err)
{
	struct pipeline_item *item = item_at(b, b->done);
	if (p->ops->work(p->arg, item, on_thread, err) < 0)
		return -1;
	b->done += item->size;
	return 0;
}

static bool wait_for_batch(struct pipeline *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->filled - p->taken == BATCHES && !p->stop)
		pthread_cond_wait(&p->is_free, &p->lock);
	bool go_on = !p->stop;
	pthread_mutex_unlock(&p->lock);
	return go_on;
}

static void *run(void *arg)
{
	struct pipeline *p = arg;
	bool more = true;
	/* From here on wherever the kernel likes it. */
	if (CPU_COUNT(&p->processors) > 0)
		pthread_setaffinity_np(pthread_self(), sizeof(p->processors), &p->processors);
	while (more && wait_for_batch(p)) {
		struct batch *b = &p->batch[p->filled % BATCHES];
		struct err ignored; /* the caller works on what was not, and finds it again */
		fill(p, b);
		more = b->rc > 0;
		while (p->ops->work != NULL && b->done < b->used && !atomic_load(&p->starving))
			if (work(p, b, true, &ignored) < 0)
				break;
		pthread_mutex_lock(&p->lock);
		p->filled++;
		pthread_mutex_unlock(&p->lock);
		pthread_cond_signal(&p->is_filled);
	}
	return NULL;
}

/* Which processors this process may run on; false: there is one only. */
static bool get_processors(cpu_set_t *ret)
{
	CPU_ZERO(ret);
	/* On a machine with more processors than fit into the set this fails; it has a second one. */
	return sched_getaffinity(0, sizeof(*ret), ret) < 0 || CPU_COUNT(ret) > 1;
}

/*
 * On another processor: left alone, the kernel may start it on this one, which is busy, and takes some
 * ten milliseconds to find out.
 */
static bool create_thread(struct pipeline *p)
{
	pthread_attr_t attr;
	cpu_set_t others = p->processors;
	int here = sched_getcpu();
	if (pthread_attr_init(&attr) != 0)
		return false;
	if (here >= 0 && here < CPU_SETSIZE)
		CPU_CLR((size_t)here, &others);
	if (CPU_COUNT(&others) > 0)
		pthread_attr_setaffinity_np(&attr, sizeof(others), &others);
	bool created = pthread_attr_setstacksize(&attr, STACK_BYTES) == 0 &&
		       pthread_create(&p->thread, &attr, run, p) == 0;
	pthread_attr_destroy(&attr);
	return created;
}

/* If no thread can be started, the items are still read. */
static void start_thread(struct pipeline *p)
{
	sigset_t all, before;
	if (!get_processors(&p->processors))
		return;
	sigfillset(&all);
	if (pthread_sigmask(SIG_BLOCK, &all, &before) != 0)
		return;
	p->threaded = create_thread(p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool pipeline_start(struct pipeline *p)
{
	start_thread(p);
	return p->threaded;
}

/* Waits for the thread to fill the next batch. */
static void wait_until_filled(struct pipeline *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->filled == p->taken) {
		atomic_store(&p->starving, true);
		pthread_cond_wait(&p->is_filled, &p->lock);
	}
	atomic_store(&p->starving, false);
	pthread_mutex_unlock(&p->lock);
	p->now = &p->batch[p->taken % BATCHES];
}

/* Continues after the batch that was taken to its end. */
static void next_batch(struct pipeline *p)
{
	bool first = p->now == NULL;
	if (!p->threaded) {
		p->now = &p->batch[0];
		p->filled = 1;
		fill(p, p->now);
		if (first && p->now->rc > 0)
			start_thread(p);
		return;
	}
	if (!first) {
		pthread_mutex_lock(&p->lock);
		p->taken++;
		pthread_mutex_unlock(&p->lock);
		pthread_cond_signal(&p->is_free);
	}
	wait_until_filled(p);
}

int pipeline_open(struct pipeline **ret, const struct pipeline_ops *ops, void *arg, struct err *err)
{
	struct pipeline *p = aligned_alloc(LINE_BYTES, sizeof(*p));
	*ret = p;
	if (p == NULL)
		return err_sys(err, ENOMEM, "log");
	*p = (struct pipeline){.ops = ops, .arg = arg};
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->is_filled, NULL);
	pthread_cond_init(&p->is_free, NULL);
	return 0;
}

int pipeline_next(struct pipeline *p, struct pipeline_item **ret, struct err *err)
{
	while (p->now == NULL || p->now->at == p->now->used) {
		if (p->now != NULL && p->now->rc <= 0) {
			if (p->now->rc < 0)
				*err = p->now->err;
			return p->now->rc;
		}
		next_batch(p);
	}
	struct batch *b = p->now;
	if (p->ops->work != NULL && b->at == b->done && work(p, b, false, err) < 0)
		return -1;
	*ret = item_at(b, b->at);
	b->at += (*ret)->size;
	return 1;
}

void pipeline_close(struct pipeline *p)
{
	if (p == NULL)
		return;
	if (p->threaded) {
		pthread_mutex_lock(&p->lock);
		p->stop = true;
		atomic_store(&p->starving, true);
		pthread_cond_signal(&p->is_free);
		pthread_mutex_unlock(&p->lock);
		pthread_join(p->thread, NULL);
	}
	for (size_t i = 0; i < BATCHES; i++)
		free(p->batch[i].p);
	pthread_cond_destroy(&p->is_free);
	pthread_cond_destroy(&p->is_filled);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
