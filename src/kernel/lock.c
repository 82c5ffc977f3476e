/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/scope.h"

static const char folder_path[] = "run/tsmctl";
static const char lock_path[] = "run/tsmctl/lock";

static int check_owner(const struct stat *st, const char *path, mode_t forbidden, struct err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(err, ST_SYSTEM,
			"'%s': owned by user %u, not root: remove it if you know whose it is", path,
			(unsigned)st->st_uid);
	if (st->st_mode & forbidden)
		return err_set(err, ST_SYSTEM, "'%s': mode %04o lets others in: chmod it to %04o",
			path, (unsigned)st->st_mode & 07777,
			(unsigned)(st->st_mode & 0777 & ~forbidden));
	return 0;
}

/* Opens the folder, never through a link, and makes it if it may. */
static int open_folder(const struct root *root, bool make, struct err *err)
{
	AUTO_CLOSE int run = root_at(root, "run", O_RDONLY | O_DIRECTORY, 0);
	if (run < 0)
		return err_sys(err, -run, "no lock without the folder 'run'");
	if (make && mkdirat(run, "tsmctl", 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "'%s'", folder_path);

	int fd = openat(run, "tsmctl", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "'%s'", folder_path);
	struct stat st;
	int rc = fstat(fd, &st) < 0 ? err_sys(err, errno, "'%s'", folder_path)
				    : check_owner(&st, folder_path, 0022, err);
	if (rc < 0)
		close(fd);
	return rc < 0 ? -1 : fd;
}

static int open_lock(const struct root *root, bool make, struct err *err)
{
	AUTO_CLOSE int dir = open_folder(root, make, err);
	if (dir < 0)
		return -1;

	struct stat st;
	int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	if (fstatat(dir, "lock", &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ST_SYSTEM, "'%s': not a regular file: remove it", lock_path);
	int fd = openat(dir, "lock", flags | (make ? O_CREAT : 0), 0600);
	if (fd < 0)
		return err_sys(err, errno, "'%s'", lock_path);
	int rc;
	if (fstat(fd, &st) < 0)
		rc = err_sys(err, errno, "'%s'", lock_path);
	else if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		rc = err_set(err, ST_SYSTEM, "'%s': not a file of its own: remove it", lock_path);
	else
		rc = check_owner(&st, lock_path, 0077, err);
	if (rc < 0)
		close(fd);
	return rc < 0 ? -1 : fd;
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
