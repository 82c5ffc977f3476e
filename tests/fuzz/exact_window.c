/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for src/base/window.c: what is looked at has memory of exactly its size, and is gone
 * with the next look, so that a sanitizer sees a byte read beyond it and a view that is too old.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/window.h"
#include "fuzz.h"

/* The file, which does not change: system calls are what takes the time. */
static uint8_t *file;
static size_t file_size;

int window_open(struct window *ret, int fd, struct err *err)
{
	(void)err;
	off_t end = lseek(fd, 0, SEEK_END);
	MUST(end >= 0);
	file_size = (size_t)end;
	free(file);
	file = malloc(file_size + 1);
	MUST(file != NULL && pread(fd, file, file_size, 0) == end);
	*ret = (struct window){.fd = fd, .end = INT64_MAX};
	return 0;
}

void window_close(struct window *w)
{
	free(w->buf);
	free(file);
	file = NULL;
	*w = (struct window){.fd = -1};
}

uint64_t window_tell(const struct window *w)
{
	return w->off;
}

void window_seek(struct window *w, uint64_t off)
{
	w->off = off;
}

int window_peek(struct window *w, size_t n, struct bytes *ret, struct err *err)
{
	if (n > WINDOW_MAX)
		return err_set(err, ST_FORMAT, "offset %llu: too much in one piece",
			(unsigned long long)w->off);
	MUST(w->off <= file_size);
	size_t end = w->end < file_size ? (size_t)w->end : file_size;
	size_t left = w->off < end ? end - (size_t)w->off : 0;
	w->have = n < left ? n : left;
	free(w->buf);
	w->buf = malloc(w->have);
	MUST(w->have == 0 || w->buf != NULL);
	if (w->have > 0)
		memcpy(w->buf, file + w->off, w->have);
	*ret = (struct bytes){w->buf, w->have};
	return 0;
}

void window_skip(struct window *w, size_t n)
{
	MUST(n <= w->have);
	w->off += n;
	w->have -= n;
}
