/* SPDX-License-Identifier: Apache-2.0 */
#include "out/sink.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void sink_open(struct sink *s, int fd)
{
	s->fd = fd;
	s->sys = 0;
	s->used = s->may_leave = false;
	s->written = 0;
	s->n = 0;
}

static void write_all(struct sink *s, const char *p, size_t n)
{
	while (n > 0 && s->sys == 0) {
		ssize_t put = write(s->fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EPIPE && s->may_leave)
			return;
		if (put < 0) {
			s->sys = errno;
			return;
		}
		s->written += (uint64_t)put;
		p += put;
		n -= (size_t)put;
	}
}

void sink_empty(struct sink *s)
{
	write_all(s, s->buf, s->n);
	s->n = 0;
}

void sink_bytes(struct sink *s, struct bytes b)
{
	if (b.n > SINK_ROOM_MAX) {
		sink_empty(s);
		s->used = true;
		write_all(s, (const char *)b.p, b.n);
	} else if (b.n > 0) {
		memcpy(sink_room(s, b.n), b.p, b.n);
	}
}

void sink_str(struct sink *s, const char *str)
{
	sink_bytes(s, bytes_of(str));
}

void sink_hex(struct sink *s, struct bytes b)
{
	while (b.n > 0) {
		size_t n = b.n < SINK_ROOM_MAX / 2 ? b.n : SINK_ROOM_MAX / 2;
		hex_put(sink_room(s, 2 * n), (struct bytes){b.p, n});
		b.p += n;
		b.n -= n;
	}
}

void sink_u64(struct sink *s, uint64_t v)
{
	size_t n = 1;
	for (uint64_t rest = v; rest >= 10; rest /= 10)
		n++;
	char *at = sink_room(s, n);
	do
		at[--n] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
}

int sink_flush(struct sink *s, struct err *err)
{
	sink_empty(s);
	if (s->sys != 0)
		return err_sys(err, s->sys, "standard output");
	return 0;
}
