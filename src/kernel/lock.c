/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/scope.h"
#include "kernel/rundir.h"

static const char lock_path[] = RUNDIR_PATH "/lock";

static int open_lock(const struct root *root, bool make, struct err *err)
{
	AUTO_CLOSE int dir = rundir_open(root, make, err);
	return dir < 0 ? -1
		       : rundir_open_file(
				 dir, "lock", O_RDWR | (make ? O_CREAT : 0), 0600, 0077, err);
}

/* flock that is given up after wait_s seconds. Takes fd over: it is closed on failure. */
static int lock_fd(int fd, int how, unsigned wait_s, struct err *err)
{
	int rc = flock(fd, how | LOCK_NB);
	if (rc < 0 && errno == EWOULDBLOCK && wait_s > 0) {
		deadline_arm((int)wait_s * 1000);
		do
			rc = flock(fd, how);
		while (rc < 0 && errno == EINTR && !deadline_passed());
		int sys = errno == EINTR ? EWOULDBLOCK : errno;
		deadline_disarm();
		errno = sys;
	}
	if (rc == 0)
		return fd;

	if (errno == EWOULDBLOCK && wait_s == 0)
		err_set(err, ST_SYSTEM, "'%s': held by another tsmctl", lock_path);
	else if (errno == EWOULDBLOCK)
		err_set(err, ST_SYSTEM,
			"'%s': held by another tsmctl for %u seconds: see 'fuser', or wait longer "
			"with --wait",
			lock_path, wait_s);
	else
		err_sys(err, errno, "'%s'", lock_path);
	close(fd);
	return -1;
}

int lock_take(const struct root *root, unsigned wait_s, struct err *err)
{
	int fd = open_lock(root, true, err);
	return fd < 0 ? -1 : lock_fd(fd, LOCK_EX, wait_s, err);
}

int lock_check(const struct root *root, struct err *err)
{
	AUTO_CLOSE int fd = open_lock(root, false, err);
	return fd >= 0 || err->sys == ENOENT || err->sys == EACCES ? 0 : -1;
}

int lock_share(const struct root *root, unsigned wait_s, struct err *err)
{
	int fd = open_lock(root, false, err);
	if (fd < 0) {
		*err = (struct err){0};
		return -1;
	}
	return lock_fd(fd, LOCK_SH, wait_s, err);
}
