/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/rfc_ahead.h"

#include <stdlib.h>
#include <string.h>

#include "replay/pipeline.h"

enum { WORTH_BYTES = 256 * 1024, BATCH_ROOM = 32 * 1024 };

/* Of a record or SYNC. Its text stays where it was read: handing it over costs more than hashing it. */
struct rfc_ahead_item {
	struct pipeline_item front;
	uint32_t size; /* of the digest; 0: the caller waited and hashes it */
	off_t off;
	uint8_t digest[];
};

/*
 * What the thread works with while it runs. It must not share a cache line, or the next one, with
 * what the caller writes for every record; so the thread opens its hasher itself, on its own heap.
 */
struct rfc_ahead_thread {
	_Alignas(128) struct rfc_log log;
	struct hashers hashers;
	struct rfc_line pulled;
};

void rfc_ahead_init(struct rfc_ahead *ret, const struct rfc_log *log, struct hasher *hasher)
{
	*ret = (struct rfc_ahead){.log = log, .hasher = hasher, .from = -1, .worth = WORTH_BYTES};
}

static void stop(struct rfc_ahead *a)
{
	struct rfc_ahead_thread *t = a->thread;
	pipeline_close(a->pipeline);
	a->pipeline = NULL;
	a->thread = NULL;
	a->item = NULL;
	if (t == NULL)
		return;
	hashers_close(&t->hashers);
	rfc_log_close(&t->log);
	free(t);
}

void rfc_ahead_close(struct rfc_ahead *ahead)
{
	stop(ahead);
}

static int pull(void *arg, uint32_t *ret_size, struct err *err)
{
	struct rfc_ahead_thread *t = arg;
	int rc;
	do
		rc = rfc_log_next(&t->log, &t->pulled, err);
	while (rc > 0 && t->pulled.kind != RFC_RECORD && t->pulled.kind != RFC_SYNC);
	if (rc > 0)
		*ret_size = (uint32_t)(sizeof(struct rfc_ahead_item) + hash_size(t->log.alg));
	return rc;
}

/* Without the digest if libcrypto fails: the caller finds that again. */
static void put(void *arg, struct pipeline_item *front, bool hurry)
{
	struct rfc_ahead_thread *t = arg;
	struct rfc_ahead_item *item = (struct rfc_ahead_item *)(void *)front;
	struct digest d;
	struct err ignored;
	item->off = t->pulled.off;
	item->size = 0;
	struct hasher *h = hurry ? NULL : hashers_get(&t->hashers, t->log.alg, &ignored);
	if (h == NULL || rfc_line_digest(&t->pulled, h, &d, &ignored) < 0)
		return;
	memcpy(item->digest, d.v, d.size);
	item->size = d.size;
}

static const struct pipeline_ops records = {BATCH_ROOM, pull, put, NULL};

static bool start(struct rfc_ahead *a, off_t from)
{
	struct err ignored; /* what keeps it from reading ahead is no error */
	struct rfc_ahead_thread *t = aligned_alloc(_Alignof(struct rfc_ahead_thread), sizeof(*t));
	if (t == NULL)
		return false;
	*t = (struct rfc_ahead_thread){0};
	if (rfc_log_open(&t->log, a->log->lines.fd, a->log->alg, &ignored) < 0) {
		free(t);
		return false;
	}
	a->thread = t;
	rfc_log_seek(&t->log, from);
	return pipeline_open(&a->pipeline, &records, t, &ignored) == 0 &&
	       pipeline_start(a->pipeline);
}

/* What the thread has of the record at `off`; NULL: nothing. */
static const struct rfc_ahead_item *take(struct rfc_ahead *a, off_t off)
{
	struct pipeline_item *front;
	struct err ignored; /* the caller reads the same log, and finds it, too */
	while (a->pipeline != NULL && (a->item == NULL || a->item->off < off)) {
		if (pipeline_next(a->pipeline, &front, &ignored) <= 0)
			stop(a);
		else
			a->item = (const struct rfc_ahead_item *)(const void *)front;
	}
	return a->pipeline != NULL && a->item->off == off && a->item->size > 0 ? a->item : NULL;
}

int rfc_ahead_digest(
	struct rfc_ahead *ahead, const struct rfc_line *line, struct digest *ret, struct err *err)
{
	if (ahead->from < 0 || line->off < ahead->last) {
		stop(ahead);
		ahead->from = line->off;
	}
	ahead->last = line->off;
	if (ahead->pipeline == NULL && !ahead->alone && line->off - ahead->from >= ahead->worth) {
		ahead->from = line->off;
		ahead->alone = !start(ahead, line->off);
		if (ahead->alone)
			stop(ahead);
	}
	const struct rfc_ahead_item *item = take(ahead, line->off);
	if (item == NULL)
		return rfc_line_digest(line, ahead->hasher, ret, err);
	*ret = digest_of(ahead->log->alg, (struct bytes){item->digest, item->size});
	return 0;
}
