/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/limits.h"
#include "base/scope.h"

/* A path that is being looked up. */
struct lookup {
	int root, dir;	     /* dir: the folder reached so far; the root's own descriptor there */
	char done[PATH_MAX]; /* the path of dir below the root: "/a/b", without links */
	char todo[2 * PATH_MAX]; /* what is left, from `next` on */
	char *next;
	unsigned links; /* that were followed */
};

static void enter(struct lookup *l, int dir)
{
	if (l->dir != l->root)
		close(l->dir);
	l->dir = dir;
}

static void restart(struct lookup *l)
{
	enter(l, l->root);
	l->done[0] = '\0';
}

/* Puts text in front of what is left. An absolute one begins at the root. */
static int put_first(struct lookup *l, const char *text)
{
	size_t n = strlen(text), rest = strlen(l->next);
	if (n + 1 + rest >= sizeof(l->todo))
		return -ENAMETOOLONG;
	memmove(l->todo + n, l->next, rest + 1);
	memcpy(l->todo, text, n);
	l->next = l->todo;
	if (text[0] == '/')
		restart(l);
	return 0;
}

/*
 * The parent is looked up again from the root. The ".." of the folder itself would leave the root
 * if somebody moved that folder out of it.
 */
static int go_up(struct lookup *l)
{
	char parent[PATH_MAX];
	strlcpy(parent, l->done, sizeof(parent));
	char *slash = strrchr(parent, '/');
	if (slash == NULL)
		return 0;
	slash[0] = '\0';
	return put_first(l, parent[0] != '\0' ? parent : "/");
}

/* Links of /proc/PID name files, and their text is not a path. The folder /proc has inode 1. */
static bool is_magic(int dir, int link)
{
	struct statfs fs;
	struct stat st;
	return fstatfs(link, &fs) < 0 || fstat(dir, &st) < 0 ||
	       (fs.f_type == PROC_SUPER_MAGIC && st.st_ino != 1);
}

/* Follows what fd is open on, if that is a link: 1, or 0 if it is none. */
static int follow(struct lookup *l, int fd)
{
	char text[PATH_MAX];
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	ssize_t n = readlinkat(fd, "", text, sizeof(text));
	/* Links of another user's process are there, and cannot be read. */
	if (n < 0)
		return -errno;
	if (is_magic(l->dir, fd) || ++l->links > LINKS_MAX)
		return -ELOOP;
	if (n == 0 || (size_t)n == sizeof(text))
		return n == 0 ? -ENOENT : -ENAMETOOLONG;
	text[n] = '\0';
	int rc = put_first(l, text);
	return rc < 0 ? rc : 1;
}

/* 1: NAME is a link, and its text comes next. Otherwise a descriptor in *ret, or -errno. */
static int open_name(struct lookup *l, const char *name, int flags, int *ret)
{
	int fd = openat(l->dir, name, flags | O_NOFOLLOW);
	int sys = fd < 0 ? errno : 0;
	bool maybe_link = fd < 0 ? sys == ELOOP || sys == ENOTDIR
				 : (flags & (O_PATH | O_DIRECTORY)) == O_PATH;
	if (fd < 0 && maybe_link)
		fd = openat(l->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -sys;
	int rc = maybe_link ? follow(l, fd) : 0;
	if (rc == 0 && sys == 0) {
		*ret = fd;
		return 0;
	}
	close(fd);
	/* It was a link, and is none now. */
	return rc == 0 && sys == ELOOP ? -EAGAIN : rc == 0 ? -sys : rc;
}

/* Takes one component: 1 with the descriptor in *ret where the path ends, 0 if there is more. */
static int step(struct lookup *l, int flags, int *ret)
{
	char name[NAME_MAX + 1];
	l->next += strspn(l->next, "/");
	size_t n = strcspn(l->next, "/");
	if (n >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, l->next, n);
	name[n] = '\0';
	l->next += n;
	bool last = l->next[0] == '\0';
	if (strcmp(name, "..") == 0)
		return go_up(l);
	if (n > 0 && !last && strcmp(name, ".") == 0)
		return 0;

	int rc = open_name(
		l, n > 0 ? name : ".", last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC, ret);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (last)
		return 1;
	enter(l, *ret);
	if (strlcat(l->done, "/", sizeof(l->done)) >= sizeof(l->done) ||
		strlcat(l->done, name, sizeof(l->done)) >= sizeof(l->done))
		return -ENAMETOOLONG;
	return 0;
}

int resolve_in_root(int root_fd, const char *path, int flags)
{
	struct lookup l = {.root = root_fd, .dir = root_fd, .next = l.todo};
	if (path[0] == '\0')
		return -ENOENT;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strlcpy(l.todo, path, sizeof(l.todo));

	int rc, fd = -1;
	do
		rc = step(&l, flags | O_CLOEXEC, &fd);
	while (rc == 0);
	restart(&l);
	return rc < 0 ? rc : fd;
}
