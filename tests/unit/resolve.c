/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/resolve against the kernel's own RESOLVE_IN_ROOT: in a tree with links of every kind, each of some
 * thousand paths leads to the same file or the same error. Then somebody changes the tree meanwhile.
 */
#include "kernel/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/string.h>

#include "check.h"

enum { PATHS = 20000, RACES = 20000, NOBODY = 65534 };

static char base[] = "/tmp/tsmctl-resolve-XXXXXX";
static int root = -1;

/* The tree is base/root, and base/secret must not be reached. */
static void make_tree(void)
{
	static const char *const dirs[] = {"root", "root/a", "root/a/b", "root/a/b/c", "root/d"};
	static const char *const files[] = {
		"secret", "root/f", "root/a/f", "root/a/b/f", "root/d/secret"};
	static const char *const links[][2] = {
		{"a/b", "root/ab"},
		{"..", "root/a/up"},
		{"../..", "root/a/b/up2"},
		{"../../../../../../secret", "root/a/out"},
		{"/", "root/a/top"},
		{"/a/b/f", "root/d/file"},
		{"/d/", "root/a/d"},
		{"loop", "root/loop"},
		{"pong", "root/ping"},
		{"ping", "root/pong"},
		{"nowhere", "root/dangling"},
		{"f/", "root/a/slash"},
		{".", "root/here"},
		{"up/up/d", "root/a/chain"},
		{"ab/up2/ab/c/..", "root/long"},
	};
	CHECK(mkdtemp(base) != NULL && chdir(base) == 0);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		CHECK(mkdir(dirs[i], 0755) == 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
		CHECK(fd >= 0 && close(fd) == 0);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		CHECK(symlink(links[i][0], links[i][1]) == 0);
	CHECK(mkfifo("root/a/fifo", 0644) == 0);
	char text[PATH_MAX];
	snprintf(text, sizeof(text), "%s/secret", base);
	CHECK(symlink(text, "root/absolute") == 0);
	root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(root >= 0);
}

/* A mount or a rename anywhere on the machine makes the kernel answer EAGAIN to a '..'. */
static int by_kernel(int at, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	long fd;
	do
		fd = syscall(SYS_openat2, at, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	return fd < 0 ? -errno : (int)fd;
}

/* The two must be one: the same file, opened in the same way, or the same error. */
static void check_path(int at, const char *path, int flags)
{
	struct stat a, b;
	int want = by_kernel(at, path, flags), got = resolve_in_root(at, path, flags);
	if ((want < 0 || got < 0) && want != got)
		check_failed(__FILE__, __LINE__, "'%s', flags %o: %d, not %d", path,
			(unsigned)flags, got, want);
	if (want < 0)
		return;
	CHECK(fstat(want, &a) == 0 && fstat(got, &b) == 0);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		check_failed(__FILE__, __LINE__, "'%s' is another file", path);
	CHECK_INT(fcntl(got, F_GETFL) & ~O_NOFOLLOW, fcntl(want, F_GETFL));
	CHECK_INT(fcntl(got, F_GETFD), FD_CLOEXEC);
	close(want);
	close(got);
}

static const int ways[] = {O_PATH, O_PATH | O_DIRECTORY, O_RDONLY | O_NONBLOCK,
	O_RDONLY | O_DIRECTORY, O_WRONLY | O_NONBLOCK};

static void check_all_ways(const char *path)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		check_path(root, path, ways[i]);
}

static void test_listed(void)
{
	static const char *const paths[] = {"", "/", "//", ".", "..", "/..", "../..", "a", "a/",
		"/a//b/./", "a/.", "a/..", "a/../", "f/", "f/.", "f/..", "f/x", "none", "none/x",
		"none/..", "a/fifo", "loop", "loop/", "loop/x", "ping", "dangling", "dangling/",
		"absolute", "../secret", "a/out", "a/top/../secret", "a/slash", "long", "long/f",
		"a/chain/secret", "here/here/here/f", "/f", "/a/fifo", "/absolute"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		check_all_ways(paths[i]);
}

static void test_made(void)
{
	static const char *const words[] = {"a", "b", "c", "d", "f", "..", ".", "", "ab", "up",
		"up2", "out", "top", "file", "loop", "ping", "slash", "here", "chain", "long",
		"absolute", "secret"};
	uint32_t seed = 1;
	for (int i = 0; i < PATHS; i++) {
		char path[256] = "";
		for (uint32_t left = seed % 8 + 1; left > 0; left--) {
			seed = seed * 1664525 + 1013904223;
			const char *word = words[(seed >> 8) % (sizeof(words) / sizeof(words[0]))];
			strlcat(path, seed >> 31 ? "/" : "", sizeof(path));
			strlcat(path, word, sizeof(path));
			strlcat(path, left > 1 ? "/" : "", sizeof(path));
		}
		check_all_ways(path);
		seed += (uint32_t)i;
	}
}

/* As many links as the kernel follows, and one more; a name and a path that are too long. */
static void test_limits(void)
{
	char name[32], next[32], *path = calloc(2, PATH_MAX);
	CHECK(path != NULL && symlinkat("f", root, "l0") == 0);
	for (int i = 1; i < 45; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(next, sizeof(next), "l%d", i - 1);
		CHECK(symlinkat(next, root, name) == 0);
		check_all_ways(name);
	}
	memset(path, 'x', NAME_MAX + 1);
	check_all_ways(path);
	path[NAME_MAX] = '\0';
	check_all_ways(path);
	memset(path, '/', (size_t)2 * PATH_MAX - 1);
	check_all_ways(path);
	path[PATH_MAX - 1] = '\0';
	check_all_ways(path);
	free(path);
}

/* A link of /proc/PID is no path, whatever its text says. */
static void test_magic(void)
{
	int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char *const paths[] = {"proc/self/stat", "proc/self/exe", "proc/self/root",
		"proc/self/root/proc", "proc/self/cwd/root", "proc/self/fd/0", "proc/self/ns/mnt",
		"proc/thread-self/root", "proc/mounts", "proc/self/task"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		check_path(slash, paths[i], O_PATH);
		check_path(slash, paths[i], O_RDONLY | O_NONBLOCK);
	}
	close(slash);
}

/* Those of a process of another user. */
static void test_foreign(void)
{
	static const char *const paths[] = {"proc/1/root", "proc/1/root/x", "proc/1/root/",
		"proc/1/cwd/x", "proc/1/exe", "proc/1/fd/0", "proc/1/stat"};
	int status, slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0)
			CHECK_INT(setresuid(NOBODY, NOBODY, NOBODY), 0);
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
			for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++)
				check_path(slash, paths[i], ways[k]);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	close(slash);
}

static atomic_bool over;

/* "swap" is in turn a folder, a link to it and a link that leads out; a/b is moved out of the root and back. */
static void *change(void *arg)
{
	(void)arg;
	while (!atomic_load(&over)) {
		CHECK(rename("root/swap", "kept") == 0 && symlink("d", "root/swap") == 0);
		CHECK(unlink("root/swap") == 0 && symlink("../..", "root/swap") == 0);
		CHECK(unlink("root/swap") == 0 && rename("kept", "root/swap") == 0);
		CHECK(rename("root/a/b", "b") == 0 && rename("b", "root/a/b") == 0);
	}
	return NULL;
}

static void test_races(void)
{
	static const char *const paths[] = {"swap/secret", "swap/../secret", "a/b/../../../secret",
		"a/b/up2/../secret", "a/b/c/../../../secret", "swap/../../secret", "swap"};
	struct stat secret, st;
	pthread_t thread;
	unsigned reached = 0;
	CHECK(mkdir("root/swap", 0755) == 0 && stat("secret", &secret) == 0);
	CHECK(pthread_create(&thread, NULL, change, NULL) == 0);
	for (int i = 0; i < RACES; i++) {
		const char *path = paths[(size_t)i % (sizeof(paths) / sizeof(paths[0]))];
		int fd = resolve_in_root(root, path, i % 2 == 0 ? O_PATH : O_RDONLY | O_NONBLOCK);
		if (fd < 0)
			continue;
		reached++;
		CHECK(fstat(fd, &st) == 0 && !S_ISLNK(st.st_mode));
		CHECK(st.st_dev != secret.st_dev || st.st_ino != secret.st_ino);
		close(fd);
	}
	atomic_store(&over, true);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(reached > 0);
}

/* No descriptor is left open. */
static int next_fd(void)
{
	int fd = dup(root), number = fd;
	CHECK(fd >= 0 && close(fd) == 0);
	return number;
}

static void remove_tree(void)
{
	char *const paths[] = {base, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *e;
	CHECK(tree != NULL);
	while ((e = fts_read(tree)) != NULL)
		if (e->fts_info != FTS_D)
			CHECK(remove(e->fts_accpath) == 0);
	fts_close(tree);
}

int main(void)
{
	make_tree();
	int fd = by_kernel(root, "f", O_PATH);
	if (fd == -ENOSYS || fd == -EPERM) {
		remove_tree();
		return 77;
	}
	close(fd);
	int before = next_fd();
	test_listed();
	test_made();
	test_limits();
	test_magic();
	test_foreign();
	test_races();
	CHECK_INT(next_fd(), before);
	remove_tree();
	return 0;
}
