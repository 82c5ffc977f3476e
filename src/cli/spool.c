/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WINDOW = 65536 };

static const char NAME[] = "what differs, in /tmp or memory";

int spool_open(struct spool *ret, bool on_disk, struct err *err)
{
	*ret = (struct spool){.out.fd = -1};
	int fd = on_disk ? open("/tmp", O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		fd = memfd_create("diff", MFD_CLOEXEC);
	sink_open(&ret->out, fd);
	return fd >= 0 ? 0 : err_sys(err, errno, "%s", NAME);
}

void spool_close(struct spool *s)
{
	if (s->out.fd >= 0)
		close(s->out.fd);
	if (s->map != NULL)
		munmap(s->map, s->out.written);
	free(s->window);
}

struct spool_piece spool_begin(const struct spool *s)
{
	return (struct spool_piece){.off = s->out.written + s->out.n};
}

void spool_end(const struct spool *s, struct spool_piece *piece)
{
	piece->n = (uint32_t)(s->out.written + s->out.n - piece->off);
}

int spool_finish(struct spool *s, struct err *err)
{
	if (sink_flush(&s->out, err) == 0)
		return 0;
	return err_sys(err, s->out.sys, "%s", NAME);
}

void spool_map(struct spool *s, uint64_t bytes_max)
{
	if (s->out.written == 0 || s->out.written > bytes_max)
		return;
	void *map = mmap(NULL, s->out.written, PROT_READ, MAP_SHARED, s->out.fd, 0);
	s->map = map != MAP_FAILED ? map : NULL;
}

void spool_fetch(const struct spool *s, const struct spool_piece *piece)
{
	enum { LINE = 64, MOST = 256 };
	for (uint32_t i = 0; s->map != NULL && i < piece->n && i < MOST; i += LINE)
		__builtin_prefetch(s->map + piece->off + i);
}

static int fill(struct spool *s, uint64_t off, size_t n, struct err *err)
{
	for (s->at = off, s->have = 0; s->have < n;) {
		ssize_t got =
			pread(s->out.fd, s->window + s->have, n - s->have, (off_t)(off + s->have));
		if (got < 0 && errno != EINTR)
			return err_sys(err, errno, "%s", NAME);
		if (got == 0)
			break;
		s->have += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

int spool_read(struct spool *s, const struct spool_piece *piece, struct bytes *ret, struct err *err)
{
	if (s->map != NULL) {
		*ret = (struct bytes){s->map + piece->off, piece->n};
		return 0;
	}
	bool near = piece->off >= s->at && piece->off <= s->at + s->have;
	size_t n = near && piece->n < WINDOW ? WINDOW : piece->n;
	if (!near || piece->off + piece->n > s->at + s->have) {
		uint8_t *grown = n > s->room ? realloc(s->window, n) : s->window;
		if (grown == NULL)
			return err_sys(err, ENOMEM, "events");
		s->window = grown;
		s->room = n > s->room ? n : s->room;
		if (fill(s, piece->off, n, err) < 0)
			return -1;
		/* No other program has this file: it contains what was written to it. */
		if (s->have < piece->n)
			return err_sys(err, EIO, "%s", NAME);
	}
	*ret = (struct bytes){s->window + (piece->off - s->at), piece->n};
	return 0;
}
