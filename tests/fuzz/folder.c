/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { CONTENT_MAX = 70000, ERRORS_MAX = 16, ERRNOS = 134 };

static struct {
	char *path;
	int sys;
} errors[ERRORS_MAX];
static size_t n_errors;

static char base[64], root[80], outside[80];
static int root_fd = -1, watch_fd = -1;

/* Removes all that is in a folder, and the folder itself, if `whole`. */
static void clear_dir(char *path, bool whole)
{
	char *const paths[] = {path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *e;
	MUST(tree != NULL);
	while ((e = fts_read(tree)) != NULL) {
		bool keep = e->fts_level == FTS_ROOTLEVEL && !whole;
		if (e->fts_info == FTS_D)
			MUST(chmod(e->fts_accpath, 0755) == 0);
		else if (e->fts_info == FTS_DP)
			MUST(keep || rmdir(e->fts_accpath) == 0);
		else
			MUST(unlink(e->fts_accpath) == 0);
	}
	fts_close(tree);
}

/* The process that made it, and no child of it. */
static void remove_all(void)
{
	close(watch_fd);
	clear_dir(base, true);
}

static void make_outside(void)
{
	static const char *const names[] = {
		"digest", "hash_algo", "event_log", "append_event", "rtmr2:sha384"};
	MUST(mkdir(outside, 0755) == 0);
	int dir = open(outside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(dir >= 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = openat(dir, names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
		MUST(fd >= 0 && ftruncate(fd, 48) == 0);
		close(fd);
	}
	close(dir);
	watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	MUST(watch_fd >= 0 && inotify_add_watch(watch_fd, outside, IN_ALL_EVENTS) >= 0);
}

const char *folder_root(void)
{
	if (root_fd >= 0)
		return root;
	const char *top = getenv("TMPDIR");
	if (top == NULL || strlen(top) > 32)
		top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(base, sizeof(base), "%s/tsmctl-fuzz-XXXXXX", top);
	MUST(mkdtemp(base) != NULL);
	snprintf(root, sizeof(root), "%s/root", base);
	snprintf(outside, sizeof(outside), "%s/outside", base);
	MUST(mkdir(root, 0755) == 0);
	make_outside();
	atexit(remove_all);
	umask(0);
	root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(root_fd >= 0);
	return root;
}

const char *folder_path(const char *path)
{
	static char whole[PATH_MAX];
	MUST((size_t)snprintf(whole, sizeof(whole), "%s/%s", folder_root(), path) < sizeof(whole));
	return whole;
}

void folder_clear(void)
{
	(void)folder_root();
	clear_dir(root, false);
	while (n_errors > 0)
		free(errors[--n_errors].path);
}

static void add_error(const char *path, int sys)
{
	if (n_errors == ERRORS_MAX)
		return;
	errors[n_errors].path = strdup(path);
	MUST(errors[n_errors].path != NULL);
	errors[n_errors++].sys = sys;
}

int folder_error(const char *path)
{
	for (size_t i = 0; i < n_errors; i++)
		if (strcmp(errors[i].path, path) == 0)
			return errors[i].sys;
	return 0;
}

void folder_check_outside(void)
{
	char events[4096];
	MUST(read(watch_fd, events, sizeof(events)) < 0 && errno == EAGAIN);
}

static bool is_entry_name(const char *name)
{
	return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* The folder above the last name of a path, made if it is not there, and that name; -1: it cannot be made. */
static int open_parent(const char *path, char name[static NAME_MAX + 1])
{
	(void)folder_root();
	int dir = dup(root_fd);
	for (;;) {
		size_t n = strcspn(path, "/");
		if (n > NAME_MAX)
			break;
		memcpy(name, path, n);
		name[n] = '\0';
		if (!is_entry_name(name))
			break;
		if (path[n] == '\0')
			return dir;
		mkdirat(dir, name, 0755);
		int next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(dir);
		dir = next;
		if (dir < 0)
			return -1;
		path += n + 1;
	}
	close(dir);
	return -1;
}

bool folder_dir(const char *path, mode_t mode)
{
	char name[NAME_MAX + 1];
	int dir = open_parent(path, name);
	bool ok = dir >= 0 && mkdirat(dir, name, mode) == 0;
	close(dir);
	return ok;
}

bool folder_file(const char *path, mode_t mode, struct bytes content)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int dir = open_parent(path, name), fd = -1;
	bool there = dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	/* Who is not root writes only what may be written. */
	if (dir >= 0 && (!there || (S_ISREG(st.st_mode) && fchmodat(dir, name, 0600, 0) == 0)))
		fd = openat(dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && write(fd, content.p, content.n) == (ssize_t)content.n &&
		  fchmod(fd, mode) == 0;
	close(fd);
	close(dir);
	return ok;
}

bool folder_link(const char *path, const char *target)
{
	char name[NAME_MAX + 1], real[PATH_MAX];
	int dir = open_parent(path, name);
	if (target[0] == '!')
		snprintf(real, sizeof(real), "%s%s%s", outside, target[1] != '\0' ? "/" : "",
			target + 1);
	bool ok = dir >= 0 && symlinkat(target[0] == '!' ? real : target, dir, name) == 0;
	close(dir);
	return ok;
}

bool folder_fifo(const char *path, mode_t mode)
{
	char name[NAME_MAX + 1];
	int dir = open_parent(path, name);
	bool ok = dir >= 0 && mkfifoat(dir, name, mode) == 0;
	close(dir);
	return ok;
}

/* Cuts the next word off the front of a line. */
static char *take_word(char **line)
{
	char *word = *line;
	*line += strcspn(word, " ");
	if (**line != '\0')
		*(*line)++ = '\0';
	return word;
}

static void make_file(const char *path, mode_t mode, const char *content)
{
	static uint8_t buf[CONTENT_MAX];
	size_t n = 0;
	if (content[0] == '*') {
		n = (size_t)strtoul(content + 1, NULL, 10) % (CONTENT_MAX + 1);
		for (size_t i = 0; i < n; i++)
			buf[i] = (uint8_t)(i * 7 + 1);
	} else if (content[0] == '=' || content[0] == '-') {
		for (const char *c = content + 1; *c != '\0' && n < CONTENT_MAX - 1; c++)
			buf[n++] = *c == '|' ? '\n' : *c == '~' ? ' ' : (uint8_t)*c;
		if (content[0] == '=')
			buf[n++] = '\n';
	}
	folder_file(path, mode, (struct bytes){buf, n});
}

static void make_entry(char *line)
{
	const char *kind = take_word(&line), *second = take_word(&line);
	mode_t mode = (mode_t)strtoul(second, NULL, 8) & 0777;
	if (strcmp(kind, "d") == 0)
		folder_dir(line, mode);
	else if (strcmp(kind, "l") == 0)
		folder_link(line, second);
	else if (strcmp(kind, "p") == 0)
		folder_fifo(line, mode);
	else if (strcmp(kind, "e") == 0)
		add_error(line, (int)(strtoul(second, NULL, 10) % ERRNOS));
	else if (strcmp(kind, "f") == 0) {
		const char *content = take_word(&line);
		make_file(line, mode, content);
	}
}

void folder_make(struct bytes lines)
{
	while (lines.n > 0) {
		const uint8_t *end = memchr(lines.p, '\n', lines.n);
		size_t n = end != NULL ? (size_t)(end - lines.p) : lines.n;
		char *line = strndup((const char *)lines.p, n);
		MUST(line != NULL);
		make_entry(line);
		free(line);
		n += end != NULL;
		lines = (struct bytes){lines.p + n, lines.n - n};
	}
}
