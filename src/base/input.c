/* SPDX-License-Identifier: Apache-2.0 */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/scope.h"

#define SPOOL_DIR "/var/tmp"

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
		       ? err_sys(err, sys, "'%s': RLIMIT_FSIZE is too small for a copy of it", path)
		       : err_sys(err, sys, "'%s'", path);
}

int input_spool(int from, int to, off_t max, ssize_t (*reader)(int fd, uint8_t *buf, size_t cap))
{
	uint8_t buf[16384];
	struct stat st;
	if (fstat(to, &st) < 0)
		return -errno;
	for (off_t size = st.st_size; size <= max;) {
		ssize_t n = reader(from, buf, sizeof(buf));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		int rc = put_all(to, buf, (size_t)n, size);
		if (rc < 0)
			return rc;
		size += n;
	}
	return 1;
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

static bool is_in_memory(int fd)
{
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* A file without a name, on a disk. */
static int open_unnamed(struct err *err)
{
	char name[] = SPOOL_DIR "/tsmctl-XXXXXX";
	int fd = open(SPOOL_DIR, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	/* Not every filesystem makes one without a name. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0)
		return err_sys(err, errno, "'" SPOOL_DIR "'");
	if (!is_in_memory(fd))
		return fd;
	close(fd);
	return err_set(err, ST_SYSTEM, "'" SPOOL_DIR "' is in memory, too");
}

/* What `mem` has of it, and the rest of it, in a file. */
static int keep_on_disk(int from, int mem, const char *path, struct err *err)
{
	int disk = open_unnamed(err);
	if (disk < 0) {
		err_in(err, "'%s': longer than %d bytes", path, INPUT_KEEP_MAX);
		return err_add(err, ": give a regular file");
	}
	int rc = input_spool(mem, disk, INPUT_SPOOL_MAX, read_again);
	if (rc == 0)
		rc = input_spool(from, disk, INPUT_SPOOL_MAX, read_again);
	if (rc == 0)
		return disk;
	close(disk);
	if (rc > 0)
		return err_set(err, ST_FORMAT, "'%s': longer than %d bytes: give a regular file",
			path, INPUT_SPOOL_MAX);
	input_err_copy(err, -rc, path);
	return err_add(
		err, "; what is longer than %d bytes is copied to '" SPOOL_DIR "'", INPUT_KEEP_MAX);
}

/* Reads only as much as it takes to tell what it is. */
static int keep_head(int from, int mem, input_check_fn check, const char *path, struct err *err)
{
	uint8_t head[LOG_HEAD_BYTES];
	size_t n = 0;
	ssize_t got = 1;
	while (n < sizeof(head) && (got = read_again(from, head + n, sizeof(head) - n)) > 0)
		n += (size_t)got;
	if (got < 0)
		return err_sys(err, errno, "'%s'", path);
	if (check != NULL && check((struct bytes){head, n}, err) < 0)
		return err_in(err, "'%s'", path);
	int rc = put_all(mem, head, n, 0);
	return rc < 0 ? input_err_copy(err, -rc, path) : 0;
}

static int keep(int from, input_check_fn check, const char *path, struct err *err)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "'%s'", path);
	if (keep_head(from, fd, check, path, err) < 0) {
		close(fd);
		return -1;
	}
	int rc = input_spool(from, fd, INPUT_KEEP_MAX, read_again);
	if (rc == 0)
		return fd;
	rc = rc > 0 ? keep_on_disk(from, fd, path, err) : input_err_copy(err, -rc, path);
	close(fd);
	return rc;
}

int input_open(const char *path, input_check_fn check, struct err *err)
{
	struct stat st = {0};
	int fd = open_named(path, &st, err);
	/* Files of /proc say that they are empty, and are not. */
	if (fd < 0 || (S_ISREG(st.st_mode) && st.st_size > 0))
		return fd;
	AUTO_CLOSE int from = fd;
	return keep(from, check, path, err);
}

ssize_t input_pread(int fd, uint8_t *buf, size_t cap, off_t off)
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
	return input_read_long(path, (const size_t[]){max, max}, NULL, ret, ret_n, err);
}

int input_read_long(const char *path, const size_t limits[2], bool (*is_long)(struct bytes start),
	uint8_t **ret, size_t *ret_n, struct err *err)
{
	size_t max = limits[0];
	struct stat st;
	AUTO_CLOSE int fd = open_named(path, &st, err);
	if (fd < 0)
		return -1;
	AUTO_FREE uint8_t *buf = NULL;
	size_t n = 0, room = 0;
	for (;;) {
		if (n == room) {
			room = room == 0 ? 4096 : 2 * room;
			if (room > max)
				room = max + 1;
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
		if (n > max && is_long != NULL && is_long((struct bytes){buf, n}))
			max = limits[1];
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

/* Moves what is left to the front and fills up after it; returns the bytes gained, -1 on error. */
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
	ssize_t n = at < l->end ? input_pread(l->fd, l->buf + left, room, at) : 0;
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
