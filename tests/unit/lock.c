/* SPDX-License-Identifier: Apache-2.0 */
/* The lock, for readers and for others, in folders made for it. */
#include "kernel/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { NOBODY = 65534 };

static char dir[] = "/tmp/tsmctl-unit-lock-XXXXXX";
static struct root root;

static char *below(const char *name)
{
	static char path[256];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(below(name), "we");
	CHECK(f != NULL);
	CHECK(fputs(text, f) >= 0);
	CHECK_INT(fclose(f), 0);
}

static void make_dir(const char *name)
{
	CHECK_INT(mkdir(below(name), 0755), 0);
}

static bool is_there(const char *name)
{
	return access(below(name), F_OK) == 0;
}

/* A descriptor of the lock that somebody else holds. */
static int hold(void)
{
	int fd = open(below("run/tsmctl/lock"), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_INT(flock(fd, LOCK_EX), 0);
	return fd;
}

/* What proc/locks says of it: @P is the process, @D the device, @I the inode. */
static void list_lock(const char *form, int pid)
{
	struct stat st;
	FILE *f = fopen(below("proc/locks"), "we");
	CHECK(f != NULL);
	CHECK_INT(stat(below("run/tsmctl/lock"), &st), 0);
	for (; *form != '\0'; form++) {
		if (*form != '@')
			fputc(*form, f);
		else if (*++form == 'P')
			fprintf(f, "%d", pid);
		else if (*form == 'D')
			fprintf(f, "%02x:%02x", major(st.st_dev), minor(st.st_dev));
		else
			fprintf(f, "%llu", (unsigned long long)st.st_ino);
	}
	CHECK_INT(fclose(f), 0);
}

#define HELD "1: FLOCK  ADVISORY  WRITE @P @D:@I 0 EOF\n"

/* lock_read by a user who is not root; what it returned, and its message in err. */
static int read_as_nobody(char *ret_msg)
{
	int fds[2], status;
	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct err err = {0};
		int fd;
		CHECK_INT(setresgid(NOBODY, NOBODY, NOBODY), 0);
		CHECK_INT(setresuid(NOBODY, NOBODY, NOBODY), 0);
		int rc = lock_read(&root, 0, &fd, &err);
		CHECK_INT(fd, -1);
		CHECK(write(fds[1], err.msg, sizeof(err.msg)) == (ssize_t)sizeof(err.msg));
		_exit(rc == 0 ? 0 : err.status == ST_SYSTEM ? 4 : 99);
	}
	CHECK(read(fds[0], ret_msg, ERR_MSG_MAX) == ERR_MSG_MAX);
	close(fds[0]);
	close(fds[1]);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A copy of another machine's files: nothing is made in it. */
static void test_copy(void)
{
	struct err err = {0};
	int fd;
	CHECK_INT(lock_read(&root, 0, &fd, &err), 0);
	CHECK_INT(fd, -1);
	make_dir("run");
	CHECK_INT(lock_read(&root, 0, &fd, &err), 0);
	CHECK_INT(fd, -1);
	CHECK(!is_there("run/tsmctl"));
	/* Where there is the folder, an extend may come, and the lock is made for both. */
	make_dir("run/tsmctl");
	CHECK_INT(lock_read(&root, 0, &fd, &err), 0);
	CHECK(fd >= 0);
	CHECK(is_there("run/tsmctl/lock"));
	close(fd);
}

/* Readers keep each other out, too: two of them contend on the posted kernel. */
static void test_held(void)
{
	struct err err = {0};
	int fd, other = hold();
	CHECK_INT(lock_read(&root, 0, &fd, &err), -1);
	CHECK_INT(fd, -1);
	CHECK_INT(err.status, ST_SYSTEM);
	CHECK_INT(err.sys, EWOULDBLOCK);
	CHECK_STR(err.msg, "'/run/tsmctl/lock': held by another process");
	CHECK(lock_is_held(&root, &err));
	CHECK_INT(flock(other, LOCK_SH), 0);
	CHECK_INT(lock_read(&root, 0, &fd, &err), -1);
	list_lock(HELD, 4711);
	CHECK_INT(lock_read(&root, 0, &fd, &err), -1);
	CHECK_STR(err.msg, "'/run/tsmctl/lock': held by process 4711");
	make_dir("proc/4711");
	write_file("proc/4711/comm", "a\033name\n");
	CHECK_INT(lock_take(&root, 0, &err), -1);
	CHECK_STR(err.msg, "'/run/tsmctl/lock': held by process 4711 (a^[name)");
	close(other);
	CHECK(!lock_is_held(&root, &err));
	CHECK_INT(lock_read(&root, 0, &fd, &err), 0);
	CHECK(fd >= 0);
	CHECK_INT(lock_take(&root, 0, &err), -1);
	close(fd);
}

/* What the list of locks may hold beside. */
static void test_list(void)
{
	static const char *const others[] = {
		"1: -> FLOCK  ADVISORY  WRITE @P @D:@I 0 EOF\n", /* waits for it */
		"1: POSIX  ADVISORY  WRITE @P @D:@I 0 EOF\n",
		"1: FLOCK  ADVISORY  WRITE @P @D:@I1 0 EOF\n",
		"1: FLOCK  ADVISORY  WRITE @P 1@D:@I 0 EOF\n",
		"1: FLOCK  ADVISORY  WRITE @P @D\n@I 0 EOF\n",
		"@P @D @I",
		"1: FLOCK \n1: FLOCK  ADVISORY\n\n@P\n@D@I",
	};
	char msg[ERR_MSG_MAX];
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		list_lock(others[i], 4711);
		CHECK_INT(read_as_nobody(msg), 0);
	}
	list_lock(HELD, 4711);
	CHECK_INT(read_as_nobody(msg), 4);
	CHECK_STR(msg, "'/run/tsmctl/lock': held by process 4711 (a^[name)");
	list_lock("1: POSIX  ADVISORY  READ 1 00:01:2 0 EOF\n"
		  "22: FLOCK  ADVISORY  READ  @P @D:@I 0 EOF\n",
		4712);
	CHECK_INT(read_as_nobody(msg), 4);
	CHECK_STR(msg, "'/run/tsmctl/lock': held by process 4712");
	/* A process of another container has no number here. */
	list_lock(HELD, -1);
	CHECK_INT(read_as_nobody(msg), 4);
	CHECK_STR(msg, "'/run/tsmctl/lock': held by another process");
	write_file("proc/locks", "");
	CHECK_INT(read_as_nobody(msg), 0);
	CHECK_INT(unlink(below("proc/locks")), 0);
	CHECK_INT(read_as_nobody(msg), 0);
}

/* Where no tsmctl can extend, there is nothing to wait for. */
static void test_untrusted(void)
{
	struct err err = {0};
	char msg[ERR_MSG_MAX];
	int fd, other = hold();
	CHECK_INT(fchmod(other, 0666), 0);
	CHECK_INT(lock_take(&root, 0, &err), -1);
	CHECK_INT(lock_read(&root, 0, &fd, &err), 0);
	CHECK_INT(fd, -1);
	CHECK_INT(err.status, ST_OK);
	CHECK(!lock_is_held(&root, &err));
	close(other);
	CHECK_INT(unlink(below("run/tsmctl/lock")), 0);
	CHECK_INT(symlink("/dev/null", below("run/tsmctl/lock")), 0);
	CHECK_INT(lock_read(&root, 0, &fd, &err), 0);
	CHECK_INT(fd, -1);
	CHECK_INT(unlink(below("run/tsmctl/lock")), 0);
	CHECK_INT(read_as_nobody(msg), 0);
	CHECK(!is_there("run/tsmctl/lock"));
	CHECK_INT(rmdir(below("run/tsmctl")), 0);
	CHECK_INT(rmdir(below("run")), 0);
	write_file("run", "");
	CHECK_INT(lock_read(&root, 0, &fd, &err), 0);
	CHECK_INT(fd, -1);
}

static void remove_all(void)
{
	static const char *const names[] = {"proc/4711/comm", "proc/4711", "proc", "run"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_INT(remove(below(names[i])), 0);
	CHECK_INT(rmdir(dir), 0);
}

/* What is printed as it was looked for names the file to the user, too. */
static void test_slash(void)
{
	struct stat st;
	CHECK_INT(root_stat(&root, "/proc", &st), 0);
	CHECK_INT(root_stat(&root, "proc", &st), -EINVAL);
}

int main(void)
{
	struct err err = {0};
	if (geteuid() != 0)
		return 77; /* only root can become another user */
	CHECK(mkdtemp(dir) != NULL);
	CHECK_INT(chmod(dir, 0755), 0);
	CHECK_INT(root_open(&root, dir, &err), 0);
	make_dir("proc");
	test_slash();
	test_copy();
	test_held();
	test_list();
	test_untrusted();
	root_close(&root);
	remove_all();
	return 0;
}
