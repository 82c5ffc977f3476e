/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/record_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "formats/tcg_names.h"

/* Most records fit into this: one look at the window for all pieces of one. */
enum { LOOK = 1024 };

int record_start(struct record_reader *t, struct window *in, struct err *err)
{
	*t = (struct record_reader){.in = in, .off = window_tell(in)};
	return window_peek(in, LOOK, &t->seen, err);
}

int record_more(struct record_reader *t, size_t n, struct err *err)
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
			record_off(t, t->seen.n), (unsigned long long)t->off);
	t->n = all;
	return 0;
}

int record_line(struct record_reader *t, struct bytes *ret, struct err *err)
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

struct bytes record_view(const struct record_reader *t, size_t at, size_t n)
{
	return (struct bytes){t->seen.p + at, n};
}

unsigned long long record_off(const struct record_reader *t, size_t at)
{
	return t->off + at;
}

void record_end(const struct record_reader *t)
{
	window_skip(t->in, t->n);
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
