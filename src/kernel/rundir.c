/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/scope.h"

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

static int err_run(struct err *err, int sys, const char *path)
{
	err_sys(err, sys, "'%s'", path);
	return sys == EROFS ? err_add(err, ": mount /run writable; a systemd unit with "
					   "ProtectSystem=strict needs ReadWritePaths=" RUNDIR_PATH
					   ", and that folder has to exist")
			    : -1;
}

int rundir_open(const struct root *root, bool make, struct err *err)
{
	AUTO_CLOSE int run = root_at(root, "/run", O_RDONLY | O_DIRECTORY, 0);
	if (run < 0) {
		err_sys(err, -run, "no lock without the folder '/run'");
		return err_add(err, "; make it and mount a tmpfs on it");
	}
	bool made = make && mkdirat(run, "tsmctl", 0755) == 0;
	if (make && !made && errno != EEXIST)
		return err_run(err, errno, RUNDIR_PATH);

	int fd = openat(run, "tsmctl", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "'%s'", RUNDIR_PATH);
	/* Anyone may read the journal, whatever umask there is. */
	if (made && fchmod(fd, 0755) < 0) {
		err_sys(err, errno, "'%s'", RUNDIR_PATH);
		close(fd);
		return -1;
	}
	struct stat st;
	int rc = fstat(fd, &st) < 0 ? err_sys(err, errno, "'%s'", RUNDIR_PATH)
				    : check_owner(&st, RUNDIR_PATH, 0022, err);
	if (rc < 0)
		close(fd);
	return rc < 0 ? -1 : fd;
}

static int check_file(int fd, const char *path, mode_t forbidden, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return err_set(err, ST_SYSTEM,
			"'%s': it has more than one name (hard links): remove the others", path);
	return check_owner(&st, path, forbidden, err);
}

int rundir_open_file(
	int dir, const char *name, int flags, mode_t mode, mode_t forbidden, struct err *err)
{
	struct stat st;
	char path[64] = RUNDIR_PATH "/";
	strlcat(path, name, sizeof(path));
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ST_SYSTEM, "'%s': not a regular file: remove it", path);

	flags |= O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd;
	do
		fd = openat(dir, name, flags, mode);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return err_run(err, errno, path);
	if (check_file(fd, path, forbidden, err) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}
