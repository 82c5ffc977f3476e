/* SPDX-License-Identifier: Apache-2.0 */
#include "reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct pending {
	struct pending *next;
	fuse_req_t req;
	struct reply reply;
	bool hangs, held, interrupted, moment;
	uint64_t due_ms;
	char copy[];
};

static struct pending *pendings;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void let_go(const struct reply *r)
{
	if (r->in)
		provider_leave(r->in, r->access);
	if (r->away)
		r->away->away--;
}

static void give(fuse_req_t req, const struct reply *r)
{
	let_go(r);
	switch (r->kind) {
	case REPLY_ERR:
		fuse_reply_err(req, r->err);
		break;
	case REPLY_BUF:
		fuse_reply_buf(req, r->p, r->n);
		break;
	case REPLY_WRITE:
		fuse_reply_write(req, r->n);
		break;
	case REPLY_OPEN:
		/* The opener may be gone; then no release will come. */
		if (fuse_reply_open(req, &r->fi))
			handle_free((struct handle *)(uintptr_t)r->fi.fh);
		break;
	case REPLY_ENTRY:
		fuse_reply_entry(req, &r->entry);
		break;
	case REPLY_ATTR:
		fuse_reply_attr(req, &r->entry.attr, r->entry.attr_timeout);
		break;
	}
}

static void on_interrupt(fuse_req_t req, void *data)
{
	struct pending *p = data;

	/* Answered by the next sweep: libfuse still holds the request here. */
	(void)req;
	p->interrupted = true;
}

static struct pending *postpone(fuse_req_t req, const struct reply *r)
{
	size_t n = r->kind == REPLY_BUF ? r->n : 0;
	struct pending *p = calloc(1, sizeof(*p) + n);

	if (!p) {
		let_go(r);
		give(req, &(struct reply){.kind = REPLY_ERR, .err = ENOMEM});
		return NULL;
	}
	p->req = req;
	p->reply = *r;
	if (n)
		memcpy(p->copy, r->p, n);
	p->reply.p = p->copy;
	p->next = pendings;
	pendings = p;
	return p;
}

/* An answer that is only an error, and still holds what r holds. */
static struct reply error_of(const struct reply *r, int err)
{
	struct reply ret = {.kind = REPLY_ERR, .err = err};

	if (r) {
		ret.in = r->in;
		ret.access = r->access;
		ret.away = r->away;
	}
	return ret;
}

void reply_hang(fuse_req_t req, const struct reply *r)
{
	struct reply late = error_of(r, EINTR);
	struct pending *p = postpone(req, &late);

	if (!p)
		return;
	/* The file is there again: what is missing is the answer. */
	if (p->reply.away)
		p->reply.away->away--;
	p->reply.away = NULL;
	p->hangs = true;
	fuse_req_interrupt_func(req, on_interrupt, p);
}

static void drop(const struct reply *r)
{
	if (r->kind == REPLY_OPEN)
		handle_free((struct handle *)(uintptr_t)r->fi.fh);
}

void reply_finish(fuse_req_t req, const struct reply *r, const struct fault_hit *hit)
{
	struct reply late = error_of(r, hit->after);
	struct pending *p;

	if (hit->hang_after) {
		drop(r);
		reply_hang(req, r);
		return;
	}
	/* An operation that failed by itself has no effect to hide. */
	if (hit->after && r->kind != REPLY_ERR) {
		drop(r);
		r = &late;
	}
	if (!hit->slow_ms && !hit->hold && !r->access && !r->away) {
		give(req, r);
		return;
	}
	p = postpone(req, r);
	if (!p)
		return;
	p->held = hit->hold;
	p->moment = !hit->slow_ms && !hit->hold;
	p->due_ms = p->moment ? UINT64_MAX : now_ms() + hit->slow_ms;
}

bool reply_in_moment(void)
{
	for (const struct pending *p = pendings; p; p = p->next)
		if (p->moment)
			return true;
	return false;
}

void reply_end_moment(void)
{
	for (struct pending *p = pendings; p; p = p->next)
		if (p->moment)
			p->due_ms = 0;
}

static bool is_due(const struct sim *sim, const struct pending *p, uint64_t now)
{
	if (p->held)
		return sim->release_hung;
	return p->hangs ? p->interrupted || sim->release_hung : p->due_ms <= now;
}

int reply_sweep(struct sim *sim)
{
	uint64_t now = pendings ? now_ms() : 0, next = UINT64_MAX;

	for (struct pending **at = &pendings; *at;) {
		struct pending *p = *at;

		if (!is_due(sim, p, now)) {
			if (!p->hangs && !p->held && !p->moment && p->due_ms - now < next)
				next = p->due_ms - now;
			at = &p->next;
			continue;
		}
		*at = p->next;
		give(p->req, &p->reply);
		free(p);
	}
	sim->release_hung = false;
	return next == UINT64_MAX ? -1 : (int)next;
}
