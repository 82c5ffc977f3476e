/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/measure_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <bsd/string.h>

#include "base/input.h"
#include "base/scope.h"
#include "base/window.h"

/* The first is the administrator's. */
static const char *const homes[] = {
	"/etc/tsmctl/measure.d", "/run/tsmctl/measure.d", "/usr/lib/tsmctl/measure.d"};
enum { N_HOMES = sizeof(homes) / sizeof(homes[0]) };

/* Lists of several folders, each name once. */
struct names {
	struct name {
		char text[NAME_MAX + 1];
		const char *dir;
	} v[MEASURE_FILES_MAX];
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static bool is_list(const char *name)
{
	size_t n = strlen(name);
	return name[0] != '.' && n > 5 && n <= NAME_MAX && strcmp(name + n - 5, ".conf") == 0;
}

static int add_name(struct names *names, const char *dir, const char *name, struct err *err)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i].text, name) == 0)
			return 0;
	if (names->n == MEASURE_FILES_MAX)
		return err_set(err, ST_FORMAT, "'%s': more than %d lists", dir, MEASURE_FILES_MAX);
	struct name *added = &names->v[names->n++];
	added->dir = dir;
	strlcpy(added->text, name, sizeof(added->text));
	return 0;
}

/* Takes d over. */
static int add_names(struct names *names, const char *dir, DIR *d, struct err *err)
{
	int rc = 0;
	const struct dirent *e;
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL)
		if (is_list(e->d_name))
			rc = add_name(names, dir, e->d_name, err);
	if (rc == 0 && errno != 0)
		rc = err_sys(err, errno, "'%s'", dir);
	closedir(d);
	return rc;
}

/* Whoever writes a list says what is measured. */
static int check_mode(const struct stat *st, const char *path, struct err *err)
{
	if (!(st->st_mode & S_IWOTH))
		return 0;
	return err_set(err, ST_FORMAT, "'%s': mode %04o lets others write it: chmod it to %04o",
		path, (unsigned)st->st_mode & 07777, (unsigned)st->st_mode & 07775);
}

static int add_fd(struct measure_list *list, int fd, const char *path, struct err *err)
{
	struct window w;
	struct bytes text;
	if (window_open(&w, fd, err) < 0)
		return -1;
	int rc = window_peek(&w, MEASURE_FILE_MAX + 1, &text, err);
	if (rc < 0)
		rc = err_in(err, "'%s'", path);
	else if (text.n > MEASURE_FILE_MAX)
		rc = err_set(err, ST_FORMAT, "'%s': longer than %d bytes", path, MEASURE_FILE_MAX);
	else
		rc = measure_list_add(list, path, text, err);
	window_close(&w);
	return rc;
}

/* A list that is a link to /dev/null hides those of its name in later folders. */
static bool is_masked(int dir, const char *name)
{
	char target[sizeof("/dev/null")];
	return readlinkat(dir, name, target, sizeof(target)) == sizeof(target) - 1 &&
	       memcmp(target, "/dev/null", sizeof(target) - 1) == 0;
}

static int add_file(const struct root *root, const struct name *name, struct measure_list *list,
	struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	AUTO_CLOSE int dir = root_at(root, name->dir, O_RDONLY | O_DIRECTORY, 0);
	snprintf(path, sizeof(path), "%s/%s", name->dir, name->text);
	if (dir < 0)
		return err_sys(err, -dir, "'%s'", name->dir);
	if (is_masked(dir, name->text))
		return 0;
	AUTO_CLOSE int fd = root_open_file(root, path, O_RDONLY, err);
	if (fd < 0) {
		err->status = ST_SYSTEM;
		return -1;
	}
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	return check_mode(&st, path, err) < 0 ? -1 : add_fd(list, fd, path, err);
}

/* A folder that others may write lets them add lists. */
static int check_folder(const struct root *root, const char *path, struct err *err)
{
	struct stat st;
	int sys = -root_stat(root, path, &st);
	return sys != 0 ? err_sys(err, sys, "'%s'", path) : check_mode(&st, path, err);
}

static int add_home(const struct root *root, const char *home, struct names *names, struct err *err)
{
	char parent[64];
	DIR *d = root_open_dir(root, home, err);
	if (d == NULL)
		return err->sys == ENOENT ? 0 : -1;
	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(home, '/') - home), home);
	if (check_folder(root, parent, err) == 0 && check_folder(root, home, err) == 0)
		return add_names(names, home, d, err);
	closedir(d);
	return -1;
}

int measure_files_add_default(const struct root *root, struct measure_list *list, struct err *err)
{
	AUTO_FREE struct names *names = calloc(1, sizeof(*names));
	if (names == NULL)
		return err_sys(err, ENOMEM, "lists");
	for (size_t i = 0; i < N_HOMES; i++)
		if (add_home(root, homes[i], names, err) < 0)
			return -1;
	if (names->n == 0)
		return err_set(err, ST_ABSENT,
			"no list: there is no *.conf in %s, %s or %s; see tsmctl-measure(5)",
			homes[0], homes[1], homes[2]);
	qsort(names->v, names->n, sizeof(names->v[0]), by_name);
	for (size_t i = 0; i < names->n; i++)
		if (add_file(root, &names->v[i], list, err) < 0)
			return -1;
	return 0;
}

/* Whether a path leads below the administrator's folder of this root. */
static bool is_below_etc(const struct root *root, const char *path)
{
	char etc[PATH_MAX], real[PATH_MAX], *home = NULL;
	bool below = asprintf(&home, "%s/etc/tsmctl", root->dir) >= 0 &&
		     realpath(home, etc) != NULL && realpath(path, real) != NULL &&
		     strncmp(real, etc, strlen(etc)) == 0 && real[strlen(etc)] == '/';
	free(home);
	return below;
}

static int check_named(const struct root *root, const char *path, struct err *err)
{
	struct stat st;
	if (!is_below_etc(root, path) || stat(path, &st) < 0)
		return 0;
	return check_mode(&st, path, err);
}

static int add_named(
	const struct root *root, const char *path, struct measure_list *list, struct err *err)
{
	if (strcmp(path, "-") != 0 && check_named(root, path, err) < 0)
		return -1;
	AUTO_FREE uint8_t *text = NULL;
	size_t n;
	if (input_read(path, MEASURE_FILE_MAX, &text, &n, err) < 0)
		return -1;
	return measure_list_add(list, path, (struct bytes){text, n}, err);
}

/* Takes d over. */
static int add_folder(const struct root *root, const char *dir, DIR *d, struct measure_list *list,
	struct err *err)
{
	AUTO_FREE struct names *names = calloc(1, sizeof(*names));
	if (names == NULL) {
		closedir(d);
		return err_sys(err, ENOMEM, "lists");
	}
	if (add_names(names, dir, d, err) < 0)
		return -1;
	if (names->n == 0)
		return err_set(err, ST_ABSENT, "'%s': no list: there is no *.conf in it", dir);
	qsort(names->v, names->n, sizeof(names->v[0]), by_name);
	for (size_t i = 0; i < names->n; i++) {
		AUTO_FREE char *path = NULL;
		if (asprintf(&path, "%s/%s", dir, names->v[i].text) < 0) {
			path = NULL;
			return err_sys(err, ENOMEM, "lists");
		}
		struct stat st;
		if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
			return err_set(err, ST_FORMAT, "'%s': not a regular file", path);
		if (add_named(root, path, list, err) < 0)
			return -1;
	}
	return 0;
}

int measure_files_add(
	const struct root *root, const char *path, struct measure_list *list, struct err *err)
{
	struct stat st;
	if (strcmp(path, "-") == 0 || stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return add_named(root, path, list, err);
	if (check_named(root, path, err) < 0)
		return -1;
	DIR *d = opendir(path);
	return d == NULL ? err_sys(err, errno, "'%s'", path) : add_folder(root, path, d, list, err);
}
