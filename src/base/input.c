/* SPDX-License-Identifier: Apache-2.0 */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"

bool input_exceeds_limit(off_t size)
{
	struct rlimit limit;
	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       (rlim_t)size > limit.rlim_cur;
}

/* 0 or -errno. */
static int put_all(int fd, const uint8_t *buf, size_t n, off_t at)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = pwrite(fd, buf + done, n - done, at + (off_t)done);
		if (put <= 0)
			return put < 0 ? -errno : -ENOSPC;
		done += (size_t)put;
	}
	return 0;
}

int input_err_copy(struct err *err, int sys, const char *path)
{
	return sys == EFBIG
		       ? err_sys(err, sys, "'%s': RLIMIT_FSIZE is too small for its copy in memory",
				 path)
		       : err_sys(err, sys, "'%s'", path);
}

int input_spool(int from, int to, ssize_t (*reader)(int fd, uint8_t *buf, size_t cap))
{
	uint8_t buf[16384];
	off_t size = 0;
	for (;;) {
		ssize_t n = reader(from, buf, sizeof(buf));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (size > LOG_FILE_MAX - n)
			return -EOVERFLOW;
		int rc = put_all(to, buf, (size_t)n, size);
		if (rc < 0)
			return rc;
		size += n;
	}
}

static ssize_t read_again(int fd, uint8_t *buf, size_t cap)
{
	ssize_t n;
	do
		n = read(fd, buf, cap);
	while (n < 0 && errno == EINTR);
	return n;
}

/* A file that the operator named, wherever its reading starts; never a folder. */
static int open_named(const char *path, struct stat *st, struct err *err)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, errno, "'%s'", path);
	int sys = fstat(fd, st) < 0 ? errno : S_ISDIR(st->st_mode) ? EISDIR : 0;
	if (sys == 0)
		return fd;
	close(fd);
	return err_sys(err, sys, "'%s'", path);
}

int input_open(const char *path, struct err *err)
{
	struct stat st = {0};
	int fd = open_named(path, &st, err);
	/* Files of /proc say that they are empty, and are not. */
	if (fd < 0 || (S_ISREG(st.st_mode) && st.st_size > 0))
		return fd;

	AUTO_CLOSE int from = fd;
	int mem = memfd_create("input", MFD_CLOEXEC);
	int rc = mem < 0 ? -errno : input_spool(from, mem, read_again);
	if (rc == 0)
		return mem;
	if (mem >= 0)
		close(mem);
	return input_err_copy(err, -rc, path);
}

/* Until buf is full or the file ends; -1 with errno. */
static ssize_t pread_all(int fd, uint8_t *buf, size_t cap, off_t off)
{
	size_t n = 0;
	while (n < cap) {
		ssize_t got = pread(fd, buf + n, cap - n, off + (off_t)n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

int input_read(const char *path, size_t max, uint8_t **ret, size_t *ret_n, struct err *err)
{
	struct stat st;
	AUTO_CLOSE int fd = open_named(path, &st, err);
	if (fd < 0)
		return -1;
	AUTO_FREE uint8_t *buf = NULL;
	size_t n = 0, room = 0;
	for (;;) {
		if (n == room) {
			room = room == 0 ? 4096 : 2 * room;
			uint8_t *grown = realloc(buf, room);
			if (grown == NULL)
				return err_sys(err, ENOMEM, "'%s'", path);
			buf = grown;
		}
		ssize_t got = read_again(fd, buf + n, room - n);
		if (got < 0)
			return err_sys(err, errno, "'%s'", path);
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max)
			return err_set(err, ST_FORMAT, "'%s': longer than %zu bytes", path, max);
	}
	*ret = buf;
	*ret_n = n;
	buf = NULL;
	return 0;
}

int input_memory(struct bytes b, struct err *err)
{
	int mem = memfd_create("log", MFD_CLOEXEC);
	int rc = mem < 0 ? -errno : put_all(mem, b.p, b.n, 0);
	if (rc == 0)
		return mem;
	if (mem >= 0)
		close(mem);
	return err_sys(err, -rc, "memory");
}

enum { WINDOW = 2 * LINE_MAX_BYTES };

int lines_open(struct lines *ret, int fd, struct err *err)
{
	*ret = (struct lines){.fd = fd, .buf = malloc(WINDOW), .end = INT64_MAX};
	return ret->buf != NULL ? 0 : err_sys(err, ENOMEM, "log");
}

void lines_close(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

off_t lines_tell(const struct lines *l)
{
	return l->off + (off_t)l->pos;
}

void lines_seek(struct lines *l, off_t off)
{
	if (off >= l->off && off <= l->off + (off_t)l->have) {
		l->pos = (size_t)(off - l->off);
		return;
	}
	l->off = off;
	l->pos = l->have = 0;
}

/* Moves what is left to the front and fills up behind it; returns the bytes gained, -1 on error. */
static ssize_t refill(struct lines *l, struct err *err)
{
	size_t left = l->have - l->pos;
	memmove(l->buf, l->buf + l->pos, left);
	l->off += (off_t)l->pos;
	l->pos = 0;
	l->have = left;
	off_t at = l->off + (off_t)left;
	size_t room = WINDOW - left;
	if (at < l->end && l->end - at < (off_t)room)
		room = (size_t)(l->end - at);
	ssize_t n = at < l->end ? pread_all(l->fd, l->buf + left, room, at) : 0;
	if (n < 0)
		return err_sys(err, errno, "offset %lld", (long long)l->off);
	l->have += (size_t)n;
	return n;
}

int lines_next(struct lines *l, struct bytes *ret, struct err *err)
{
	const uint8_t *end = memchr(l->buf + l->pos, '\n', l->have - l->pos);
	if (end == NULL) {
		if (refill(l, err) < 0)
			return -1;
		end = memchr(l->buf, '\n', l->have);
	}
	if (end == NULL && l->have == 0)
		return 0;

	size_t n = (size_t)((end != NULL ? end : l->buf + l->have) - (l->buf + l->pos));
	if (n > LINE_MAX_BYTES)
		return err_set(err, ST_FORMAT, "offset %lld: a line of more than %d bytes",
			(long long)lines_tell(l), LINE_MAX_BYTES);
	if (end == NULL)
		return err_set(err, ST_FORMAT,
			"offset %lld: the last line has no newline: the log is cut",
			(long long)lines_tell(l));
	*ret = (struct bytes){l->buf + l->pos, n};
	l->pos += n + 1;
	return 1;
}
