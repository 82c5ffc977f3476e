/* SPDX-License-Identifier: Apache-2.0 */
#include "base/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_FIRST = 65536 };

int window_open(struct window *ret, int fd, struct err *err)
{
	*ret = (struct window){
		.fd = fd, .buf = malloc(ROOM_FIRST), .room = ROOM_FIRST, .end = INT64_MAX};
	return ret->buf != NULL ? 0 : err_sys(err, ENOMEM, "log");
}

void window_close(struct window *w)
{
	free(w->buf);
	*w = (struct window){.fd = -1};
}

uint64_t window_tell(const struct window *w)
{
	return w->off + w->pos;
}

void window_seek(struct window *w, uint64_t off)
{
	if (off >= w->off && off - w->off <= w->have) {
		w->pos = (size_t)(off - w->off);
		return;
	}
	w->off = off;
	w->pos = w->have = 0;
}

/* Makes room for n bytes from pos on, at the front of the buffer. */
static int make_room(struct window *w, size_t n, struct err *err)
{
	size_t room = w->room;
	memmove(w->buf, w->buf + w->pos, w->have - w->pos);
	w->off += w->pos;
	w->have -= w->pos;
	w->pos = 0;
	while (room < n)
		room *= 2;
	if (room == w->room)
		return 0;
	uint8_t *grown = realloc(w->buf, room);
	if (grown == NULL)
		return err_sys(err, ENOMEM, "log");
	w->buf = grown;
	w->room = room;
	return 0;
}

int window_peek(struct window *w, size_t n, struct bytes *ret, struct err *err)
{
	if (n > WINDOW_MAX)
		return err_set(err, ST_FORMAT, "offset %llu: more than %d bytes in one piece",
			(unsigned long long)window_tell(w), WINDOW_MAX);
	if (w->have - w->pos < n && make_room(w, n, err) < 0)
		return -1;
	while (w->have - w->pos < n) {
		uint64_t at = w->off + w->have, left = at < w->end ? w->end - at : 0;
		size_t room = w->room - w->have;
		ssize_t got = pread(
			w->fd, w->buf + w->have, left < room ? (size_t)left : room, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, errno, "offset %llu", (unsigned long long)at);
		if (got == 0)
			break;
		w->have += (size_t)got;
	}
	size_t left = w->have - w->pos;
	*ret = (struct bytes){w->buf + w->pos, left < n ? left : n};
	return 0;
}

void window_skip(struct window *w, size_t n)
{
	w->pos += n;
}
