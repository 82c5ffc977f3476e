/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/kept_event.h"

#include <string.h>

/* Seven bits a byte, the lowest first: most numbers are small, and there are many events. */
static void put_number(struct sink *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		sink_char(out, (char)(v | 0x80));
	sink_char(out, (char)v);
}

static uint64_t take_number(struct bytes *b)
{
	uint64_t v = 0;
	unsigned shift = 0;
	for (; (*b->p & 0x80) != 0; b->p++, b->n--, shift += 7)
		v |= (uint64_t)(*b->p & 0x7f) << shift;
	v |= (uint64_t)*b->p << shift;
	b->p++;
	b->n--;
	return v;
}

static struct bytes take(struct bytes *b, size_t n)
{
	struct bytes taken = {b->p, n};
	b->p += n;
	b->n -= n;
	return taken;
}

/* Absent bytes are something else than no bytes. */
static void put_bytes(struct sink *out, struct bytes b)
{
	put_number(out, b.p != NULL ? b.n + 1 : 0);
	if (b.p != NULL)
		sink_bytes(out, b);
}

static struct bytes take_bytes(struct bytes *b)
{
	uint64_t counted = take_number(b);
	return counted > 0 ? take(b, counted - 1) : (struct bytes){0};
}

static void put_digest(struct sink *out, const struct event_digest *d)
{
	put_number(out, d->tcg_id);
	put_number(out, d->d.alg);
	put_bytes(out, digest_bytes(&d->d));
}

static void take_digest(struct bytes *b, struct event_digest *ret)
{
	ret->tcg_id = (uint16_t)take_number(b);
	ret->d.alg = (enum hash_alg)take_number(b);
	struct bytes digest = take_bytes(b);
	ret->d.size = (uint8_t)digest.n;
	if (digest.n > 0)
		memcpy(ret->d.v, digest.p, digest.n);
}

void kept_event_put(struct sink *out, const struct event *event)
{
	sink_bytes(out, (struct bytes){(const uint8_t *)&event->source, sizeof(event->source)});
	put_number(out, event->seq);
	put_number(out, event->offset);
	/* None is negative, and these are of 32 bits at most. */
	put_number(out, (uint64_t)(event->cc_mr_index + 1));
	put_number(out, (uint64_t)(event->type + 1));
	put_number(out, (uint64_t)event->extends + 1);
	put_number(out, (uint64_t)event->data_matches + 1);
	put_bytes(out, bytes_of(event->kind));
	put_number(out, event->digests.n);
	for (size_t i = 0; i < event->digests.n; i++)
		put_digest(out, &event->digests.v[i]);
	put_bytes(out, event->data);
	put_bytes(out, event->description);
	put_bytes(out, event->note);
	put_bytes(out, event->time);
}

void kept_event_get(struct bytes b, const char *register_name, struct kept_event *ret)
{
	struct event *event = &ret->event;
	*event = (struct event){.register_name = register_name, .kind = ret->kind};
	memcpy(&event->source, take(&b, sizeof(event->source)).p, sizeof(event->source));
	event->seq = take_number(&b);
	event->offset = take_number(&b);
	event->cc_mr_index = (int64_t)take_number(&b) - 1;
	event->type = (int64_t)take_number(&b) - 1;
	event->extends = (int)take_number(&b) - 1;
	event->data_matches = (int)take_number(&b) - 1;
	struct bytes kind = take_bytes(&b);
	size_t n = kind.n < sizeof(ret->kind) ? kind.n : sizeof(ret->kind) - 1;
	if (n > 0)
		memcpy(ret->kind, kind.p, n);
	ret->kind[n] = '\0';
	event->digests = (struct digest_list){ret->digests, take_number(&b)};
	for (size_t i = 0; i < event->digests.n; i++)
		take_digest(&b, &ret->digests[i]);
	event->data = take_bytes(&b);
	event->description = take_bytes(&b);
	event->note = take_bytes(&b);
	event->time = take_bytes(&b);
}
