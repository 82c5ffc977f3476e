/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simcheck VERB ARGS... VERB ARGS...: makes the system calls that a shell cannot, in order, and
 * prints one line for each: VERB=RESULT, an errno by its name. It stops only at a verb it does not
 * know (status 2).
 * simcheck tsm-mr SYS: see mrcheck.c; SYS is a /sys, the machine's own or a simulated one.
 *
 *   use N                 the slot that the following calls work on (0 to 7)
 *   open FILE FLAGS       O_RDONLY|O_APPEND|...; fills the slot          close
 *   read N, pread OFF N, readall      N HEX, or 0; readall N HEX after as many reads as it takes
 *   write DATA, pwrite OFF DATA, writev DATA,DATA...
 *   seek OFF set|cur|end              the new position
 *   fstat, stat FILE                  size=N mode=0NNN                   inode, inode-of FILE
 *   ftruncate N, truncate FILE N, chmod FILE MODE, mmap N
 *   flock sh|ex|un, trylock sh|ex
 *   unlink FILE, rmdir DIR, mkdir DIR, rename FROM TO, link FROM TO, symlink TO FILE
 *   uid N                 become that user for good
 *   alarm MS              SIGALRM comes then and again, and interrupts a call; 0 ends it
 *   sh COMMAND            system(3): what another process does in between; its exit status
 *   clock                 the first starts it, later ones say the milliseconds since, in steps of
 * 50
 *
 * DATA is HEX, HEX*COUNT, or "TEXT with its quote: '"first event'.
 */
#include "simcheck.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 8
#define MAX_IOV 8
#define MAX_DATA ((size_t)16 << 20)

struct data {
	uint8_t *p;
	size_t n;
};

static int slot[SLOTS] = {-1, -1, -1, -1, -1, -1, -1, -1};
static size_t cur;
static FILE *out;

static void die(const char *what, const char *arg)
{
	(void)fflush(NULL);
	(void)fprintf(stderr, "simcheck: %s: %s\n", what, arg);
	exit(2);
}

static long long number(const char *s)
{
	long long n = 0;
	int minus = *s == '-';
	const char *p = s + minus;

	if (!*p)
		die("not a number", s);
	for (; *p; p++) {
		if (*p < '0' || *p > '9')
			die("not a number", s);
		n = n * 10 + (*p - '0');
	}
	return minus ? -n : n;
}

static mode_t octal(const char *s)
{
	mode_t n = 0;

	for (; *s; s++) {
		if (*s < '0' || *s > '7')
			die("not a mode", s);
		n = n * 8 + (mode_t)(*s - '0');
	}
	return n;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t from_hex(const char *s, size_t len, uint8_t *ret)
{
	if (len % 2)
		die("not hex", s);
	for (size_t i = 0; i < len; i += 2) {
		int hi = digit(s[i]), lo = digit(s[i + 1]);

		if (hi < 0 || lo < 0)
			die("not hex", s);
		ret[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return len / 2;
}

static struct data data_of(const char *s, size_t len)
{
	const char *star = memchr(s, '*', len);
	struct data d = {malloc(MAX_DATA), 0};
	size_t unit, times = 1;

	if (!d.p)
		die("out of memory", s);
	if (*s == '"') {
		memcpy(d.p, s + 1, len - 1);
		d.n = len - 1;
		return d;
	}
	if (star)
		times = (size_t)number(star + 1);
	unit = from_hex(s, star ? (size_t)(star - s) : len, d.p);
	if (unit * times > MAX_DATA)
		die("too much data", s);
	for (d.n = unit * (times > 0); d.n < unit * times; d.n += unit)
		memcpy(d.p + d.n, d.p, unit);
	return d;
}

static const char *errno_name(int e)
{
	const char *name = strerrorname_np(e);

	return name ? name : "?";
}

static void say(const char *verb, long long rc)
{
	if (rc < 0)
		(void)fprintf(out, "%s=%s\n", verb, errno_name(errno));
	else
		(void)fprintf(out, "%s=%lld\n", verb, rc);
}

static void say_bytes(const char *verb, ssize_t rc, const uint8_t *p)
{
	if (rc <= 0) {
		say(verb, rc);
		return;
	}
	(void)fprintf(out, "%s=%zd ", verb, rc);
	for (ssize_t i = 0; i < rc; i++)
		(void)fprintf(out, "%02x", p[i]);
	(void)fputc('\n', out);
}

static void say_stat(const char *verb, int rc, const struct stat *st)
{
	if (rc)
		say(verb, rc);
	else
		(void)fprintf(out, "%s=size=%lld mode=0%o\n", verb, (long long)st->st_size,
			(unsigned)st->st_mode & 07777u);
}

static int flags_of(const char *s)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {{"O_RDONLY", O_RDONLY}, {"O_WRONLY", O_WRONLY}, {"O_RDWR", O_RDWR},
		{"O_APPEND", O_APPEND}, {"O_TRUNC", O_TRUNC}, {"O_CREAT", O_CREAT},
		{"O_EXCL", O_EXCL}, {"O_NONBLOCK", O_NONBLOCK}, {"O_SYNC", O_SYNC},
		{"O_DIRECT", O_DIRECT}, {"O_DIRECTORY", O_DIRECTORY}};
	const size_t n_known = sizeof(known) / sizeof(known[0]);
	int flags = 0;

	while (*s) {
		size_t n = strcspn(s, "|"), i = 0;

		while (i < n_known && (strlen(known[i].name) != n || memcmp(known[i].name, s, n)))
			i++;
		if (i == n_known)
			die("not an open flag", s);
		flags |= known[i].value;
		s += n + (s[n] == '|');
	}
	return flags;
}

static void do_use(const char *verb, char **arg)
{
	(void)verb;
	cur = (size_t)number(arg[0]) % SLOTS;
}

static void do_open(const char *verb, char **arg)
{
	slot[cur] = open(arg[0], flags_of(arg[1]) | O_CLOEXEC, 0600);
	/* The number of a descriptor says nothing. */
	say(verb, slot[cur] < 0 ? -1 : 0);
}

static void do_close(const char *verb, char **arg)
{
	(void)arg;
	say(verb, close(slot[cur]));
	slot[cur] = -1;
}

static void do_read(const char *verb, char **arg)
{
	size_t n = (size_t)number(arg[0]);
	uint8_t *p = malloc(n + 1);

	if (!p)
		die("out of memory", verb);
	say_bytes(verb, read(slot[cur], p, n), p);
	free(p);
}

static void do_pread(const char *verb, char **arg)
{
	size_t n = (size_t)number(arg[1]);
	uint8_t *p = malloc(n + 1);

	if (!p)
		die("out of memory", verb);
	say_bytes(verb, pread(slot[cur], p, n, number(arg[0])), p);
	free(p);
}

static void do_readall(const char *verb, char **arg)
{
	uint8_t *p = malloc(MAX_DATA);
	size_t n = 0;
	ssize_t rc = 1;

	(void)arg;
	if (!p)
		die("out of memory", verb);
	while (n < MAX_DATA && (rc = read(slot[cur], p + n, MAX_DATA - n)) > 0)
		n += (size_t)rc;
	say_bytes(verb, rc < 0 ? rc : (ssize_t)n, p);
	free(p);
}

static void do_write(const char *verb, char **arg)
{
	struct data d = data_of(arg[0], strlen(arg[0]));

	say(verb, write(slot[cur], d.p, d.n));
	free(d.p);
}

static void do_pwrite(const char *verb, char **arg)
{
	struct data d = data_of(arg[1], strlen(arg[1]));

	say(verb, pwrite(slot[cur], d.p, d.n, number(arg[0])));
	free(d.p);
}

static void do_writev(const char *verb, char **arg)
{
	struct iovec iov[MAX_IOV] = {{0}};
	int n = 0;

	for (char *s = arg[0]; *s && n < MAX_IOV; n++) {
		size_t len = strcspn(s, ",");
		bool more = s[len] == ',';
		struct data d;

		s[len] = '\0';
		d = data_of(s, len);
		iov[n] = (struct iovec){d.p, d.n};
		s += len + more;
	}
	say(verb, writev(slot[cur], iov, n));
	while (n)
		free(iov[--n].iov_base);
}

static void do_seek(const char *verb, char **arg)
{
	int whence = *arg[1] == 's' ? SEEK_SET : *arg[1] == 'c' ? SEEK_CUR : SEEK_END;

	say(verb, lseek(slot[cur], number(arg[0]), whence));
}

static void do_fstat(const char *verb, char **arg)
{
	struct stat st;
	int rc = fstat(slot[cur], &st);

	(void)arg;
	say_stat(verb, rc, &st);
}

static void do_stat(const char *verb, char **arg)
{
	struct stat st;
	int rc = stat(arg[0], &st);

	say_stat(verb, rc, &st);
}

static void do_inode(const char *verb, char **arg)
{
	struct stat st;

	(void)arg;
	say(verb, fstat(slot[cur], &st) ? -1 : (long long)st.st_ino);
}

static void do_inode_of(const char *verb, char **arg)
{
	struct stat st;

	say(verb, stat(arg[0], &st) ? -1 : (long long)st.st_ino);
}

/* As cp and web servers copy: in the kernel, and through its page cache. */
static void do_sendfile(const char *verb, char **arg)
{
	int to = memfd_create("copy", MFD_CLOEXEC);

	if (to < 0)
		err(1, "memfd_create");
	say(verb, sendfile(to, slot[cur], NULL, (size_t)number(arg[0])));
	close(to);
}

static void do_ftruncate(const char *verb, char **arg)
{
	say(verb, ftruncate(slot[cur], number(arg[0])));
}

static void do_truncate(const char *verb, char **arg)
{
	say(verb, truncate(arg[0], number(arg[1])));
}

static void do_chmod(const char *verb, char **arg)
{
	say(verb, chmod(arg[0], octal(arg[1])));
}

static void do_mmap(const char *verb, char **arg)
{
	size_t n = (size_t)number(arg[0]);
	void *p = mmap(NULL, n, PROT_READ, MAP_SHARED, slot[cur], 0);

	say(verb, p == MAP_FAILED ? -1 : 0);
	if (p != MAP_FAILED)
		munmap(p, n);
}

static int lock_of(const char *s)
{
	return *s == 's' ? LOCK_SH : *s == 'e' ? LOCK_EX : LOCK_UN;
}

static void do_flock(const char *verb, char **arg)
{
	say(verb, flock(slot[cur], lock_of(arg[0])));
}

static void do_trylock(const char *verb, char **arg)
{
	say(verb, flock(slot[cur], lock_of(arg[0]) | LOCK_NB));
}

static void do_unlink(const char *verb, char **arg)
{
	say(verb, unlink(arg[0]));
}

static void do_rmdir(const char *verb, char **arg)
{
	say(verb, rmdir(arg[0]));
}

static void do_mkdir(const char *verb, char **arg)
{
	say(verb, mkdir(arg[0], 0755));
}

static void do_rename(const char *verb, char **arg)
{
	say(verb, rename(arg[0], arg[1]));
}

static void do_link(const char *verb, char **arg)
{
	say(verb, link(arg[0], arg[1]));
}

static void do_symlink(const char *verb, char **arg)
{
	say(verb, symlink(arg[0], arg[1]));
}

static void do_uid(const char *verb, char **arg)
{
	uid_t uid = (uid_t)number(arg[0]);

	say(verb, setresgid(uid, uid, uid) || setresuid(uid, uid, uid) ? -1 : 0);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void do_alarm(const char *verb, char **arg)
{
	long long ms = number(arg[0]);
	struct itimerval t = {{ms / 1000, ms % 1000 * 1000}, {ms / 1000, ms % 1000 * 1000}};
	struct sigaction sa = {.sa_handler = on_alarm};

	/* No SA_RESTART, so the call shows what it answers; again and again, lest one comes too
	 * early. */
	sigaction(SIGALRM, &sa, NULL);
	say(verb, setitimer(ITIMER_REAL, &t, NULL));
}

static void do_sh(const char *verb, char **arg)
{
	int rc = system(arg[0]); /* NOLINT(cert-env33-c): a test names the command */

	say(verb, WIFEXITED(rc) ? WEXITSTATUS(rc) : 255);
}

static void do_clock(const char *verb, char **arg)
{
	static struct timespec last;
	struct timespec now;
	long long ms;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000;
	if (last.tv_sec)
		say(verb, ms / 50 * 50);
	last = now;
}

static const struct {
	const char *verb;
	int n_args;
	void (*run)(const char *verb, char **arg);
} verbs[] = {{"use", 1, do_use}, {"open", 2, do_open}, {"close", 0, do_close}, {"read", 1, do_read},
	{"pread", 2, do_pread}, {"readall", 0, do_readall}, {"write", 1, do_write},
	{"pwrite", 2, do_pwrite}, {"writev", 1, do_writev}, {"seek", 2, do_seek},
	{"fstat", 0, do_fstat}, {"stat", 1, do_stat}, {"inode", 0, do_inode},
	{"inode-of", 1, do_inode_of}, {"ftruncate", 1, do_ftruncate}, {"truncate", 2, do_truncate},
	{"chmod", 2, do_chmod}, {"sendfile", 1, do_sendfile}, {"mmap", 1, do_mmap},
	{"flock", 1, do_flock}, {"trylock", 1, do_trylock}, {"unlink", 1, do_unlink},
	{"rmdir", 1, do_rmdir}, {"mkdir", 1, do_mkdir}, {"rename", 2, do_rename},
	{"link", 2, do_link}, {"symlink", 2, do_symlink}, {"uid", 1, do_uid},
	{"alarm", 1, do_alarm}, {"sh", 1, do_sh}, {"clock", 0, do_clock}};

static int step(int left, char **at)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].verb, at[0]))
			continue;
		if (left <= verbs[i].n_args)
			die("needs more arguments", at[0]);
		verbs[i].run(at[0], at + 1);
		/* What a child prints must not overtake it. */
		(void)fflush(out);
		return 1 + verbs[i].n_args;
	}
	die("no such verb", at[0]);
	return 0;
}

void calls_make(int n, char **words, FILE *to)
{
	out = to;
	for (int i = 0; i < n;)
		i += step(n - i, words + i);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "tsm-mr"))
		return mr_check(argv[2]);
	calls_make(argc - 1, argv + 1, stdout);
	return 0;
}
