/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/readahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/pipeline.h"

/* An event in a batch, with room for its digests only; its bytes are after it. */
struct item {
	struct pipeline_item front;
	enum explanation of[EVENT_DIGESTS_MAX];
	struct log_event ev;
};

struct readahead {
	struct pipeline *pipeline;
	struct log_reader *reader;
	bool explains;
	struct hashers hashers[2]; /* the caller's, the thread's */
	/* Whoever fills batches writes it for every event: on cache lines of its own. */
	_Alignas(128) struct log_event pulled;
};

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
	size_t held = ev->held != NULL ? sizeof(*ev->held) : 0;
	return item_head(ev) + held + string_size(ev->reg) + string_size(ev->reg_group) +
	       string_size(ev->kind) + string_size(ev->boot_id) + ev->data.n + hashed + ev->text.n +
	       ev->time.n + ev->note.n;
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

static int pull(void *arg, uint32_t *ret_size, struct err *err)
{
	struct readahead *r = arg;
	int rc = log_reader_pull(r->reader, &r->pulled, err);
	if (rc > 0)
		*ret_size = (uint32_t)item_size(&r->pulled);
	return rc;
}

static void put(void *arg, struct pipeline_item *front, bool hurry)
{
	(void)hurry;
	const struct log_event *ev = &((struct readahead *)arg)->pulled;
	struct item *item = (struct item *)(void *)front;
	uint8_t *at = (uint8_t *)item + item_head(ev);
	memcpy(&item->ev, ev,
		offsetof(struct log_event, digest) + ev->n_digests * sizeof(ev->digest[0]));
	/* First: it is aligned there. */
	if (ev->held != NULL) {
		item->ev.held = memcpy(at, ev->held, sizeof(*ev->held));
		at += sizeof(*ev->held);
	}
	item->ev.reg = keep_string(&at, ev->reg);
	item->ev.reg_group = keep_string(&at, ev->reg_group);
	item->ev.boot_id = keep_string(&at, ev->boot_id);
	item->ev.kind = keep_string(&at, ev->kind);
	item->ev.data = keep(&at, ev->data);
	item->ev.hashed = hashes_data(ev) ? item->ev.data : keep(&at, ev->hashed);
	item->ev.text = keep(&at, ev->text);
	item->ev.time = keep(&at, ev->time);
	item->ev.note = keep(&at, ev->note);
}

/* Judges its digests. */
static int work(void *arg, struct pipeline_item *front, bool on_thread, struct err *err)
{
	struct readahead *r = arg;
	struct hashers *hashers = &r->hashers[on_thread];
	struct item *item = (struct item *)(void *)front;
	struct log_event *ev = &item->ev;
	struct hasher *hasher[HASH_COUNT] = {NULL};
	struct err absent;
	if (log_event_complete(ev, hashers, err) < 0)
		return -1;
	for (size_t i = 0; i < ev->n_digests; i++)
		item->of[i] = EXPLAINS_UNKNOWN;
	if (!r->explains)
		return 0;
	for (size_t i = 0; i < ev->n_digests; i++) {
		enum hash_alg alg = ev->digest[i].d.alg;
		if (alg <= HASH_UNKNOWN)
			continue;
		hasher[alg] = hashers_get(hashers, alg, &absent);
		if (hasher[alg] == NULL && absent.status != ST_ABSENT) {
			*err = absent;
			return -1;
		}
	}
	return payload_explain(ev, hasher, item->of, err);
}

static const struct pipeline_ops events = {(size_t)256 * 1024, pull, put, work};

int readahead_open(
	struct readahead **ret, struct log_reader *reader, bool explains, struct err *err)
{
	struct readahead *r = aligned_alloc(_Alignof(struct readahead), sizeof(*r));
	*ret = r;
	if (r == NULL)
		return err_sys(err, ENOMEM, "log");
	*r = (struct readahead){.reader = reader, .explains = explains};
	return pipeline_open(&r->pipeline, &events, r, err);
}

int readahead_next(struct readahead *r, struct log_event **ret, const enum explanation **ret_of,
	struct err *err)
{
	struct pipeline_item *front;
	int rc = pipeline_next(r->pipeline, &front, err);
	if (rc <= 0)
		return rc;
	struct item *item = (struct item *)(void *)front;
	*ret = &item->ev;
	*ret_of = item->of;
	return 1;
}

void readahead_close(struct readahead *r)
{
	if (r == NULL)
		return;
	pipeline_close(r->pipeline);
	hashers_close(&r->hashers[0]);
	hashers_close(&r->hashers[1]);
	free(r);
}
