/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/record_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "formats/tcg_names.h"

/* Most records fit into this: one look at the window for all pieces of one. */
enum { LOOK = 1024 };

int take_start(struct take *t, struct window *in, struct err *err)
{
	*t = (struct take){.in = in, .off = window_tell(in)};
	return window_peek(in, LOOK, &t->seen, err);
}

int take_more(struct take *t, size_t n, struct err *err)
{
	if (n > WINDOW_MAX - t->n)
		return err_set(err, ST_FORMAT, "offset %llu: a record of more than %d bytes",
			(unsigned long long)t->off, WINDOW_MAX);
	size_t all = t->n + n;
	if (window_peek(t->in, all < LOOK ? LOOK : all, &t->seen, err) < 0)
		return -1;
	if (t->seen.n < all)
		return err_set(err, ST_FORMAT,
			"offset %llu: the log ends within the record that starts at offset %llu",
			take_off(t, t->seen.n), (unsigned long long)t->off);
	t->n = all;
	return 0;
}

int take_line(struct take *t, struct bytes *ret, struct err *err)
{
	size_t from = 0;
	if (t->seen.n == 0)
		return 0;
	for (;;) {
		const uint8_t *end = memchr(t->seen.p + from, '\n', t->seen.n - from);
		size_t n = end != NULL ? (size_t)(end - t->seen.p) : t->seen.n;
		if (n > LINE_MAX_BYTES)
			return err_set(err, ST_FORMAT, "offset %llu: a line of more than %d bytes",
				(unsigned long long)t->off, LINE_MAX_BYTES);
		if (end != NULL) {
			*ret = (struct bytes){t->seen.p, n};
			t->n = n + 1;
			return 1;
		}
		from = n;
		if (window_peek(t->in, 2 * n, &t->seen, err) < 0)
			return -1;
		if (t->seen.n == from)
			return err_set(err, ST_FORMAT,
				"offset %llu: the log ends within a line: no newline",
				(unsigned long long)t->off);
	}
}

struct bytes take_view(const struct take *t, size_t at, size_t n)
{
	return (struct bytes){t->seen.p + at, n};
}

unsigned long long take_off(const struct take *t, size_t at)
{
	return t->off + at;
}

void take_end(const struct take *t)
{
	window_skip(t->in, t->n);
}

int event_add_digest(struct log_event *ev, uint16_t tcg_id, struct bytes digest, struct err *err)
{
	enum hash_alg alg = tcg_hash_alg(tcg_id);
	if (alg != HASH_UNKNOWN && digest.n != hash_size(alg))
		return err_set(err, ST_FORMAT, "a %s digest of %zu bytes, not %zu", hash_name(alg),
			digest.n, hash_size(alg));
	for (size_t i = 0; i < ev->n_digests; i++)
		if (tcg_id != 0 && ev->digest[i].tcg_id == tcg_id)
			return err_set(err, ST_FORMAT,
				"two digests of algorithm 0x%04x for one event", tcg_id);
	if (ev->n_digests == EVENT_DIGESTS_MAX)
		return err_set(
			err, ST_FORMAT, "more than %d digests of one event", EVENT_DIGESTS_MAX);
	struct event_digest *d = &ev->digest[ev->n_digests++];
	d->tcg_id = tcg_id;
	d->d.alg = alg;
	d->d.size = digest.n <= DIGEST_SIZE_MAX ? (uint8_t)digest.n : 0;
	memcpy(d->d.v, digest.p, d->d.size);
	return 0;
}

void reader_note(struct log_reader *r, const char *fmt, ...)
{
	char one[sizeof(r->note)];
	size_t n = strlen(r->note);
	const char *gap = n > 0 ? "; " : "";
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(one, sizeof(one), fmt, ap);
	va_end(ap);
	if (strlen(gap) + strlen(one) < sizeof(r->note) - n)
		snprintf(r->note + n, sizeof(r->note) - n, "%s%s", gap, one);
}
