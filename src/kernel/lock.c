/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/scope.h"
#include "kernel/backend.h"
#include "kernel/rundir.h"

static const char lock_path[] = RUNDIR_PATH "/lock";

/* Who holds it: pid 0 if that is not known, as for a process outside this PID namespace. */
struct holder {
	int pid;
	char name[32];
};

/* The number at *p in this base (10 or 16), behind which *p stands then; UINT64_MAX if there is
 * none. */
static uint64_t take_number(const char **p, unsigned base)
{
	uint64_t n = 0;
	const char *start = *p;
	for (;; (*p)++) {
		char c = **p;
		unsigned digit = c >= '0' && c <= '9'	? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
							: 16;
		if (digit >= base || n > UINT64_MAX / 32)
			break;
		n = n * base + digit;
	}
	return *p == start ? UINT64_MAX : n;
}

static const char *next_word(const char *p)
{
	p += strcspn(p, " ");
	return p + strspn(p, " ");
}

/*
 * A line of proc(5), /proc/locks: "1: FLOCK  ADVISORY  WRITE 1234 00:1b:5678 0 EOF". Those who wait
 * have "->" behind the number. Returns whether it is a lock of this file.
 */
static bool is_lock_of(const char *line, const struct stat *st, int *ret_pid)
{
	const char *p = next_word(line);
	if (strncmp(p, "FLOCK ", 6) != 0)
		return false;
	p = next_word(next_word(next_word(p)));
	uint64_t pid = take_number(&p, 10);
	*ret_pid = pid <= INT32_MAX ? (int)pid : 0;
	p = next_word(p);
	uint64_t major_no = take_number(&p, 16);
	p += *p == ':';
	uint64_t minor_no = take_number(&p, 16);
	p += *p == ':';
	return major_no == major(st->st_dev) && minor_no == minor(st->st_dev) &&
	       take_number(&p, 10) == st->st_ino;
}

static void read_name(const struct root *root, struct holder *h)
{
	char path[64];
	struct err unused;
	size_t n;
	snprintf(path, sizeof(path), "/proc/%d/comm", h->pid);
	if (root_read(root, path, h->name, sizeof(h->name) - 1, &n, &unused) < 0)
		n = 0;
	h->name[n] = '\0';
	h->name[strcspn(h->name, "\n")] = '\0';
}

/* Whether /proc/locks lists the file as held, and by whom; false if there is no such list. */
static bool find_holder(const struct root *root, const struct stat *st, struct holder *ret)
{
	struct err unused;
	size_t n;
	*ret = (struct holder){0};
	AUTO_FREE char *text = malloc(LOCKS_TEXT_MAX + 1);
	if (text == NULL || root_read(root, "/proc/locks", text, LOCKS_TEXT_MAX, &n, &unused) < 0)
		return false;
	text[n] = '\0';
	char *rest = text, *line;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!is_lock_of(line, st, &ret->pid))
			continue;
		if (ret->pid > 0)
			read_name(root, ret);
		return true;
	}
	return false;
}

static int err_held(struct err *err, const struct holder *h, unsigned waited_s)
{
	err_set(err, ST_SYSTEM, "'%s': held by ", lock_path);
	if (h->pid == 0)
		err_add(err, "another process");
	else if (h->name[0] == '\0')
		err_add(err, "process %d", h->pid);
	else
		err_add(err, "process %d (%s)", h->pid, h->name);
	if (waited_s > 0)
		err_add(err, " for more than %u second%s", waited_s, waited_s == 1 ? "" : "s");
	err->sys = EWOULDBLOCK;
	return -1;
}

static int open_lock(const struct root *root, bool make, struct err *err)
{
	AUTO_CLOSE int dir = rundir_open(root, make, err);
	return dir < 0 ? -1
		       : rundir_open_file(
				 dir, "lock", O_RDWR | (make ? O_CREAT : 0), 0600, 0077, err);
}

/* flock that is given up after wait_s seconds. Takes fd over: it is closed on failure. */
static int lock_fd(const struct root *root, int fd, unsigned wait_s, struct err *err)
{
	struct stat st;
	struct holder holder = {0};
	int rc = flock(fd, LOCK_EX | LOCK_NB);
	if (rc < 0 && errno == EWOULDBLOCK && wait_s > 0) {
		deadline_arm((int)wait_s * 1000);
		do
			rc = flock(fd, LOCK_EX);
		while (rc < 0 && errno == EINTR && !deadline_passed());
		int sys = errno == EINTR ? EWOULDBLOCK : errno;
		deadline_disarm();
		errno = sys;
	}
	if (rc == 0)
		return fd;
	if (errno != EWOULDBLOCK) {
		err_sys(err, errno, "'%s'", lock_path);
	} else {
		if (fstat(fd, &st) == 0)
			find_holder(root, &st, &holder);
		err_held(err, &holder, wait_s);
	}
	close(fd);
	return -1;
}

int lock_take(const struct root *root, unsigned wait_s, struct err *err)
{
	int fd = open_lock(root, true, err);
	fd = fd < 0 ? -1 : lock_fd(root, fd, wait_s, err);
	if (fd < 0 && err->sys == EWOULDBLOCK && wait_s > 0)
		err_add(err, ": wait longer with --wait");
	return fd;
}

/* The machine that this process runs on, not a folder with another one's files: "/", however many
 * dots are in it. */
static bool is_machine(const struct root *root)
{
	const char *dir = root->dir;
	return dir[0] == '/' && dir[strspn(dir, "/.")] == '\0' && strstr(dir, "...") == NULL;
}

/* Why the lock cannot be opened: a reason that keeps every tsmctl out is none to wait for. */
static int without_lock(struct err *err)
{
	if (err->sys == ENOMEM || err->sys == EMFILE || err->sys == ENFILE || err->sys == EINTR)
		return -1;
	*err = (struct err){0};
	return 0;
}

/* The lock's file is not for this user; the list of all locks is, and names it while it is held. */
static int await_list(const struct root *root, int dir, unsigned wait_s, struct err *err)
{
	struct stat st;
	struct holder holder;
	*err = (struct err){0};
	if (fstatat(dir, "lock", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	for (uint64_t ms = 0; find_holder(root, &st, &holder); ms += LOCK_LOOK_MS) {
		if (ms >= (uint64_t)wait_s * 1000)
			return err_held(err, &holder, wait_s);
		poll(NULL, 0, LOCK_LOOK_MS);
	}
	return 0;
}

int lock_read(const struct root *root, unsigned wait_s, int *ret, struct err *err)
{
	*ret = -1;
	AUTO_CLOSE int dir = rundir_open(root, is_machine(root), err);
	if (dir < 0)
		return without_lock(err);
	/* Read-only is enough for flock, and all that a read-only /run gives. */
	int fd = rundir_open_file(dir, "lock", O_RDONLY | O_CREAT, 0600, 0077, err);
	if (fd < 0 && err->sys == EACCES)
		return await_list(root, dir, wait_s, err);
	if (fd < 0)
		return without_lock(err);
	*ret = lock_fd(root, fd, wait_s, err);
	return *ret < 0 ? -1 : 0;
}

int lock_read_for(const struct root *root, const struct mr_list *mrs, unsigned wait_s, int *ret,
	struct err *err)
{
	*ret = -1;
	for (size_t i = 0; i < mrs->n; i++)
		if (backend_contends(mrs->mr[i]))
			return lock_read(root, wait_s, ret, err);
	return 0;
}

int lock_check(const struct root *root, struct err *err)
{
	AUTO_CLOSE int fd = open_lock(root, false, err);
	return fd >= 0 || err->sys == ENOENT || err->sys == EACCES ? 0 : -1;
}

bool lock_is_held(const struct root *root, struct err *err)
{
	struct err unused;
	AUTO_CLOSE int dir = rundir_open(root, false, &unused);
	if (dir < 0)
		return false;
	int fd = rundir_open_file(dir, "lock", O_RDONLY, 0, 0077, &unused);
	if (fd < 0)
		return unused.sys == EACCES && await_list(root, dir, 0, err) < 0;
	fd = lock_fd(root, fd, 0, err);
	if (fd >= 0)
		close(fd);
	return fd < 0;
}
