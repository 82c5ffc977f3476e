/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/input.h"
#include "base/scope.h"
#include "kernel/resolve.h"

int root_open(struct root *ret, const char *dir, struct err *err)
{
	*ret = (struct root){.fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), .dir = dir};
	if (ret->fd < 0)
		return err_sys(err, errno, "--root '%s'", dir);
	return 0;
}

void root_close(struct root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	root->fd = -1;
}

void root_trace(const struct root *root, const char *path, int sys)
{
	if (root->trace != NULL)
		root->trace(path, sys);
}

/*
 * Linux before 5.6 and a systemd unit with RestrictSUIDSGID= answer ENOSYS to openat2, the filters of
 * older container engines EPERM. Where EPERM is the file's, the second way gives it again.
 */
static int open_below(int root_fd, const char *path, const struct open_how *how)
{
	long fd = syscall(SYS_openat2, root_fd, path, how, sizeof(*how));
	if (fd >= 0)
		return (int)fd;
	return errno == ENOSYS || errno == EPERM ? resolve_in_root(root_fd, path, (int)how->flags)
						 : -errno;
}

int root_at(const struct root *root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	if (path[0] != '/')
		return -EINVAL;
	if (!(flags & O_PATH))
		how.flags |= O_NOCTTY | O_NONBLOCK;

	int rc = -EAGAIN;
	for (int i = 0; i < OPENAT2_RETRIES_MAX && (rc == -EAGAIN || rc == -EINTR); i++)
		rc = open_below(root->fd, path, &how);
	if (rc < 0 || !(flags & O_PATH))
		root_trace(root, path, rc < 0 ? -rc : 0);
	return rc;
}

int root_open_file(const struct root *root, const char *path, int flags, struct err *err)
{
	struct stat st;
	int rc = root_stat(root, path, &st);
	if (rc < 0)
		return err_sys(err, -rc, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ST_FORMAT, "'%s': not a regular file", path);

	int fd = root_at(root, path, flags, 0);
	if (fd < 0) {
		err_sys(err, -fd, "'%s'", path);
		return fd == -EROFS ? err_add(err, ": a container is like this, and a systemd unit "
						   "with ProtectKernelTunables=")
				    : -1;
	}
	/* Looked at again: the name may have been given to something else in between. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ST_FORMAT, "'%s': not a regular file", path);
	}
	return fd;
}

DIR *root_open_dir(const struct root *root, const char *path, struct err *err)
{
	int fd = root_at(root, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0) {
		err_sys(err, -fd, "'%s'", path);
		return NULL;
	}
	DIR *d = fdopendir(fd);
	if (d == NULL) {
		err_sys(err, errno, "'%s'", path);
		close(fd);
	}
	return d;
}

int root_stat(const struct root *root, const char *path, struct stat *ret)
{
	int fd = root_at(root, path, O_PATH, 0);
	if (fd < 0)
		return fd;
	int rc = fstat(fd, ret) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int root_stat_in(
	const struct root *root, int dir_fd, const char *dir, const char *name, struct stat *ret)
{
	if (fstatat(dir_fd, name, ret, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(ret->st_mode))
		return 0;
	char *path;
	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	int rc = root_stat(root, path, ret);
	free(path);
	return rc;
}

/* One readv(2) that does not block for ever: -1 with errno, ETIMEDOUT when the deadline passed. */
static ssize_t readv_in_time(int fd, const struct iovec *iov, int n)
{
	ssize_t got;
	deadline_arm(READ_DEADLINE_MS);
	do
		got = readv(fd, iov, n);
	while (got < 0 && errno == EINTR && !deadline_passed());
	int sys = errno == EINTR ? ETIMEDOUT : errno;
	deadline_disarm();
	errno = sys;
	return got;
}

static ssize_t read_in_time(int fd, uint8_t *buf, size_t cap)
{
	struct iovec iov = {buf, cap};
	return readv_in_time(fd, &iov, 1);
}

/*
 * Reads until the end, or one byte more than buf has room for; -1 with errno. A file of just that
 * room, as every register's value is, is seen whole by one read: two would see two values.
 */
static ssize_t read_all(int fd, uint8_t *buf, size_t cap)
{
	uint8_t more;
	size_t n = 0;
	while (n < cap) {
		struct iovec iov[] = {{buf + n, cap - n}, {&more, 1}};
		ssize_t got = readv_in_time(fd, iov, 2);
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static int err_read(struct err *err, int sys, const char *path)
{
	if (sys == ETIMEDOUT)
		return err_set(err, ST_SYSTEM,
			"'%s': no answer from the kernel in %d seconds, given up", path,
			READ_DEADLINE_MS / 1000);
	return input_err_copy(err, sys, path);
}

int root_read(const struct root *root, const char *path, void *buf, size_t cap, size_t *ret_n,
	struct err *err)
{
	AUTO_CLOSE int fd = root_open_file(root, path, O_RDONLY, err);
	if (fd < 0)
		return -1;

	ssize_t n = read_all(fd, buf, cap);
	if (n < 0)
		return err_read(err, errno, path);
	if ((size_t)n > cap)
		return err_set(err, ST_FORMAT, "'%s': longer than %zu bytes", path, cap);
	*ret_n = (size_t)n;
	return 0;
}

/* Between its removal and its return the file does not exist for a moment. */
static int open_present(const struct root *root, const char *path, struct err *err)
{
	int fd = root_open_file(root, path, O_RDONLY, err);
	for (int i = 0; fd < 0 && err->sys == ENOENT && i < LOG_ABSENCES_MAX; i++) {
		sched_yield();
		fd = root_open_file(root, path, O_RDONLY, err);
	}
	return fd;
}

static int copy_until_still(const struct root *root, const char *path, int to, struct err *err)
{
	for (int i = 0; i < LOG_REOPENS_MAX; i++) {
		AUTO_CLOSE int from = open_present(root, path, err);
		if (from < 0 && err->sys == ENODEV)
			continue;
		if (from < 0)
			return -1;
		if (ftruncate(to, 0) < 0)
			return err_sys(err, errno, "'%s'", path);
		int rc = input_spool(from, to, KERNEL_COPY_MAX, read_in_time);
		if (rc == 0)
			return 0;
		if (rc > 0)
			return err_set(err, ST_FORMAT, "'%s': longer than %d bytes", path,
				KERNEL_COPY_MAX);
		if (rc != -ENODEV)
			return err_read(err, -rc, path);
	}
	return err_set(err, ST_SYSTEM,
		"'%s': changed %d times while it was read: something keeps writing to it", path,
		LOG_REOPENS_MAX);
}

int root_snapshot(const struct root *root, const char *path, struct err *err)
{
	int mem = memfd_create("log", MFD_CLOEXEC);
	if (mem < 0)
		return err_sys(err, errno, "'%s': memory", path);
	if (copy_until_still(root, path, mem, err) < 0) {
		close(mem);
		return -1;
	}
	return mem;
}

int root_write_once(const struct root *root, const char *path, struct bytes data, bool *ret_tried,
	struct err *err)
{
	*ret_tried = false;
	AUTO_CLOSE int fd = root_open_file(root, path, O_WRONLY, err);
	if (fd < 0)
		return -1;

	*ret_tried = true;
	ssize_t n = pwrite(fd, data.p, data.n, 0);
	if (n < 0)
		return err_sys(err, errno, "'%s'", path);
	if ((size_t)n != data.n)
		return err_set(
			err, ST_SYSTEM, "'%s': the kernel took %zd of %zu bytes", path, n, data.n);
	return 0;
}
