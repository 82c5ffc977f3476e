/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simcheck tsm-mr SYS: how the registers of a kernel's tsm_mr_sample answer, one check a line:
 *
 *   ok NAME: ANSWER
 *   not ok NAME: ANSWER, want ANSWER
 *
 * The same lines come from every kernel, and from tsmsim --tree mr, where nothing was measured since
 * the start. Calls are those of simcheck.c; in an answer value0 is the register's value before the
 * check, value1 what one extend with bytes 0x5a makes of it, and so on; tail0 the last 8 bytes.
 * Root, and nothing else that extends meanwhile.
 */
#include "simcheck.h"

#include "hash.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define R1 "rtmr1:sha384"
#define A256 "rtmr_crypto_agile:sha256"
#define A384 "rtmr_crypto_agile:sha384"
#define MAX_WORDS 64
#define MAX_EXTENDS 3
#define TEXT_MAX 8192

static unsigned checks, failures;

__attribute__((format(printf, 3, 4))) static void judge(
	const char *name, const char *got, const char *want, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, want);
	(void)vsnprintf(text, sizeof(text), want, ap);
	va_end(ap);
	checks++;
	if (!strcmp(got, text)) {
		printf("ok %s: %s\n", name, got);
		return;
	}
	failures++;
	printf("not ok %s: %s, want %s\n", name, got, text);
}

static char *hex(const uint8_t *p, size_t n)
{
	char *s = calloc(n + 1, 2);

	for (size_t i = 0; s && i < n; i++)
		(void)snprintf(s + 2 * i, 3, "%02x", p[i]);
	return s;
}

struct value {
	uint8_t p[HASH_MAX];
	size_t n;
};

static struct value value_of(const char *file)
{
	struct value v = {.n = 0};
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, v.p, sizeof(v.p));

	v.n = n < 0 ? 0 : (size_t)n;
	close(fd);
	return v;
}

/* At the start */

static const struct {
	const char *file, *start;
	unsigned mode;
	size_t size;
} files[] = {{"config_mr", "config_mr", 0444, 64}, {"report_digest:sha512", NULL, 0444, 64},
	{"rtmr0:sha256", "rtmr0", 0444, 32}, {R1, "rtmr1", 0644, 48}, {A256, "rtmr0", 0644, 32},
	{A384, "rtmr1", 0644, 48}, {"static_mr:sha384", "static_mr", 0444, 48}};

static void check_file(size_t i)
{
	struct value start = {.n = files[i].size}, v = value_of(files[i].file);
	char name[64], got[TEXT_MAX], *text = hex(v.p, v.n), *want;
	struct stat st = {0};

	if (files[i].start)
		memcpy(start.p, files[i].start, strlen(files[i].start));
	else
		start = v; /* check_report has to do with it */
	want = hex(start.p, start.n);
	(void)stat(files[i].file, &st);
	(void)snprintf(name, sizeof(name), "start %s", files[i].file);
	(void)snprintf(got, sizeof(got), "mode=%04o size=%lld %s", (unsigned)st.st_mode & 07777u,
		(long long)st.st_size, text);
	judge(name, got, "mode=%04o size=%zu %s", files[i].mode, files[i].size, want);
	free(text);
	free(want);
}

static int is_visible(const struct dirent *e)
{
	return *e->d_name != '.';
}

static void check_names(void)
{
	char got[TEXT_MAX] = "", want[TEXT_MAX] = "";
	struct dirent **list = NULL;
	int n = scandir(".", &list, is_visible, alphasort);

	for (int i = 0; i < n; i++) {
		size_t at = strlen(got);

		(void)snprintf(got + at, sizeof(got) - at, "%s%s", i ? " " : "", list[i]->d_name);
		free(list[i]);
	}
	free(list);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t at = strlen(want);

		(void)snprintf(want + at, sizeof(want) - at, "%s%s", i ? " " : "", files[i].file);
	}
	judge("names", got, "%s", want);
}

static void check_link(const char *sys)
{
	char path[PATH_MAX], target[PATH_MAX] = "", got[TEXT_MAX];
	struct stat here = {0}, there = {0};
	bool same;

	(void)snprintf(path, sizeof(path), "%s/class/misc/tsm_mr_sample", sys);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		(void)snprintf(target, sizeof(target), "no link");
	(void)snprintf(path, sizeof(path), "%s/class/misc/tsm_mr_sample/measurements/" R1, sys);
	same = !stat(R1, &here) && !stat(path, &there) && here.st_ino == there.st_ino;
	(void)snprintf(
		got, sizeof(got), "%.1000s, %s", target, same ? "same file" : "another file");
	judge("class link", got, "../../devices/virtual/misc/tsm_mr_sample, same file");
}

/* report_digest is the sha512 of the others, in this order, at any time. */
static void check_report(const char *name)
{
	static const char *const parts[] = {"static_mr:sha384", "config_mr", "rtmr0:sha256", R1};
	struct value report = value_of("report_digest:sha512");
	uint8_t all[4 * HASH_MAX], want[HASH_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct value v = value_of(parts[i]);

		memcpy(all + n, v.p, v.n);
		n += v.n;
	}
	hash_two("sha512", all, n, NULL, 0, want);
	judge(name, report.n == 64 && !memcmp(report.p, want, 64) ? "sha512" : "something else",
		"sha512");
}

/* Calls */

static const struct check {
	const char *name, *mr, *calls, *want;
	unsigned extends;
} table[] = {
	{"read", R1,
		"open " R1 " O_RDONLY read 48 read 48 pread 40 100 pread 48 1 pread 100 9 "
		"pread 0 1000000 seek 0 end fstat",
		"open=0 read=48 value0 read=0 pread=8 tail0 pread=0 pread=0 pread=48 value0 "
		"seek=48 fstat=size=48 mode=0644",
		0},
	{"read is live", R1,
		"open " R1 " O_RDONLY read 48 use 1 open " R1 " O_WRONLY write 5a*48 use 0 "
		"pread 0 48",
		"open=0 read=48 value0 open=0 write=48 pread=48 value1", 1},
	{"mmap", R1, "open " R1 " O_RDONLY mmap 48", "open=0 mmap=ENODEV", 0},
	{"write", R1, "open " R1 " O_WRONLY write 5a*48", "open=0 write=48", 1},
	{"write of 47", R1, "open " R1 " O_WRONLY write 5a*47", "open=0 write=EINVAL", 0},
	{"write of 1", R1, "open " R1 " O_WRONLY write 5a", "open=0 write=EINVAL", 0},
	{"write of 24 and 24", R1, "open " R1 " O_WRONLY write 5a*24 write 5a*24",
		"open=0 write=EINVAL write=EINVAL", 0},
	{"write of 0", R1, "open " R1 " O_WRONLY write 5a*0", "open=0 write=0", 0},
	{"write of 49", R1, "open " R1 " O_WRONLY write 5a*49 write 5a",
		"open=0 write=48 write=EFBIG", 1},
	{"write of 96", R1, "open " R1 " O_WRONLY write 5a*96 write 5a*48",
		"open=0 write=48 write=EFBIG", 1},
	{"write of 5000", R1, "open " R1 " O_WRONLY write 5a*5000 write 5a*4952",
		"open=0 write=48 write=EFBIG", 1},
	{"pwrite at 1 to 47", R1,
		"open " R1 " O_WRONLY pwrite 1 5a*48 pwrite 1 5a*47 pwrite 47 5a pwrite 47 5a*48",
		"open=0 pwrite=EINVAL pwrite=EINVAL pwrite=EINVAL pwrite=EINVAL", 0},
	{"pwrite at the end", R1,
		"open " R1 " O_WRONLY pwrite 48 5a pwrite 48 5a*48 pwrite 100000 5a*48",
		"open=0 pwrite=EFBIG pwrite=EFBIG pwrite=EFBIG", 0},
	{"write twice", R1, "open " R1 " O_WRONLY write 5a*48 write 5a*48",
		"open=0 write=48 write=EFBIG", 1},
	{"write again at 0", R1,
		"open " R1 " O_WRONLY write 5a*48 pwrite 0 5a*48 seek 0 set write 5a*48",
		"open=0 write=48 pwrite=48 seek=0 write=48", 3},
	{"write after a read", R1, "open " R1 " O_RDWR read 48 write 5a*48",
		"open=0 read=48 value0 write=EFBIG", 0},
	{"pwrite after a read", R1, "open " R1 " O_RDWR read 48 pwrite 0 5a*48 pread 0 48",
		"open=0 read=48 value0 pwrite=48 pread=48 value1", 1},
	{"writev", R1, "open " R1 " O_WRONLY writev 5a*24,5a*24", "open=0 writev=48", 1},
	{"O_TRUNC", R1, "open " R1 " O_WRONLY|O_TRUNC fstat write 5a*48",
		"open=0 fstat=size=48 mode=0644 write=48", 1},
	{"O_APPEND", R1, "open " R1 " O_WRONLY|O_APPEND write 5a*48 write 5a*48",
		"open=0 write=48 write=EFBIG", 1},
	{"O_CREAT", R1, "open " R1 " O_WRONLY|O_CREAT write 5a*48", "open=0 write=48", 1},
	{"O_NONBLOCK", R1, "open " R1 " O_WRONLY|O_NONBLOCK write 5a*48", "open=0 write=48", 1},
	{"O_SYNC", R1, "open " R1 " O_WRONLY|O_SYNC write 5a*48", "open=0 write=48", 1},
	{"O_DIRECT", R1, "open " R1 " O_WRONLY|O_DIRECT open " R1 " O_RDONLY|O_DIRECT",
		"open=EINVAL open=EINVAL", 0},
	{"O_EXCL", R1, "open " R1 " O_WRONLY|O_CREAT|O_EXCL", "open=EEXIST", 0},
	{"truncate", R1,
		"open " R1 " O_RDWR ftruncate 0 ftruncate 5 ftruncate 1000 fstat truncate " R1
		" 0 stat " R1 " read 100",
		"open=0 ftruncate=0 ftruncate=0 ftruncate=0 fstat=size=48 mode=0644 truncate=0 "
		"stat=size=48 mode=0644 read=48 value0",
		0},
#define READ_ONLY(F)                                                                               \
	{                                                                                          \
		"read-only " F, F,                                                                 \
			"open " F " O_WRONLY open " F " O_RDWR chmod " F " 644 open " F            \
			" O_WRONLY open " F " O_RDWR chmod " F " 444",                             \
			"open=EACCES open=EACCES chmod=0 open=EACCES open=EACCES chmod=0", 0       \
	}
	READ_ONLY("config_mr"),
	READ_ONLY("report_digest:sha512"),
	READ_ONLY("rtmr0:sha256"),
	READ_ONLY("static_mr:sha384"),
	{"another user", R1,
		"uid 65534 open " R1 " O_RDONLY read 48 open " R1 " O_WRONLY open " R1
		" O_RDWR open " A256 " O_WRONLY",
		"uid=0 open=0 read=48 value0 open=EACCES open=EACCES open=EACCES", 0},
	{"missing", R1,
		"open missing O_RDONLY open rtmr1 O_RDONLY open rtmr1 O_WRONLY "
		"open config_mr:sha512 O_RDONLY",
		"open=ENOENT open=ENOENT open=ENOENT open=ENOENT", 0},
	{"missing with O_CREAT", R1,
		"open missing O_WRONLY|O_CREAT open rtmr1 O_WRONLY|O_CREAT "
		"open config_mr:sha512 O_RDWR|O_CREAT|O_EXCL",
		"open=EACCES open=EACCES open=EACCES", 0},
	{"unlink, rename, mkdir", R1, "unlink " R1 " rename " R1 " x mkdir x",
		"unlink=EPERM rename=EPERM mkdir=EPERM", 0},
	{"flock", R1,
		"open " R1 " O_RDONLY flock ex use 1 open " R1
		" O_RDONLY trylock sh use 0 flock un use 1 trylock ex use 2 open . O_RDONLY "
		"flock ex",
		"open=0 flock=0 open=0 trylock=EAGAIN flock=0 trylock=0 open=0 flock=0", 0},
	{"alias of rtmr1", R1, "open " A384 " O_WRONLY write 5a*48", "open=0 write=48", 1},
	{"alias of rtmr0", "rtmr0:sha256",
		"open rtmr0:sha256 O_RDONLY read 100 use 1 open " A256
		" O_RDWR write 5a*32 pread 0 100 use 0 pread 0 100",
		"open=0 read=32 value0 open=0 write=32 pread=32 value1 pread=32 value1", 1},
	{"alias of rtmr0, write of 48", "rtmr0:sha256",
		"open " A256 " O_WRONLY write 5a*31 write 5a*48 write 5a*16",
		"open=0 write=EINVAL write=32 write=EFBIG", 1},
};

/* In a process of its own, which may become another user; the answers in one line. */
static void make_calls(const char *calls, char *ret, size_t room)
{
	char copy[TEXT_MAX], *words[MAX_WORDS], *rest = copy, *word;
	size_t n = 0;
	int fds[2], n_words = 0;
	pid_t pid;
	FILE *out;

	(void)snprintf(copy, sizeof(copy), "%s", calls);
	while ((word = strsep(&rest, " ")) && n_words < MAX_WORDS)
		words[n_words++] = word;
	(void)fflush(stdout);
	if (pipe2(fds, O_CLOEXEC) || (pid = fork()) < 0)
		abort();
	if (!pid) {
		out = fdopen(fds[1], "w");
		calls_make(n_words, words, out);
		(void)fflush(out);
		_exit(0);
	}
	close(fds[1]);
	for (ssize_t got; (got = read(fds[0], ret + n, room - 1 - n)) > 0;)
		n += (size_t)got;
	ret[n] = '\0';
	close(fds[0]);
	waitpid(pid, NULL, 0);
	for (size_t i = 0; i < n; i++)
		if (ret[i] == '\n')
			ret[i] = i + 1 < n ? ' ' : '\0';
}

static void replace(char *text, const char *from, const char *to)
{
	size_t was = strlen(from), now = strlen(to);

	for (char *at = text; was && (at = strstr(at, from)); at += now) {
		memmove(at + now, at + was, strlen(at + was) + 1);
		memcpy(at, to, now);
	}
}

/* value[n] is the register after n extends; none has it changed where the file has no hash. */
static size_t foretell(const char *mr, struct value *value)
{
	const char *colon = strchr(mr, ':');
	uint8_t data[HASH_MAX];
	size_t n = 1;

	value[0] = value_of(mr);
	memset(data, 0x5a, sizeof(data));
	for (; colon && n <= MAX_EXTENDS; n++) {
		value[n] = value[n - 1];
		hash_extend(colon + 1, value[n].p, data);
	}
	return n;
}

static void check_calls(const struct check *c)
{
	struct value value[MAX_EXTENDS + 1], now;
	char got[TEXT_MAX], name[16];
	size_t n = foretell(c->mr, value), extends = 0;

	make_calls(c->calls, got, sizeof(got) - 64);
	now = value_of(c->mr);
	for (size_t i = 0; i < n; i++) {
		char *text = hex(value[i].p, value[i].n);

		(void)snprintf(name, sizeof(name), "value%zu", i);
		replace(got, text, name);
		(void)snprintf(name, sizeof(name), "tail%zu", i);
		replace(got, text + (value[i].n > 8 ? 2 * (value[i].n - 8) : 0), name);
		free(text);
	}
	while (extends < n && (now.n != value[0].n || memcmp(now.p, value[extends].p, now.n) != 0))
		extends++;
	if (extends < n)
		(void)snprintf(got + strlen(got), 64, "; extended %zu", extends);
	else
		(void)snprintf(got + strlen(got), 64, "; another value");
	judge(c->name, got, "%s; extended %u", c->want, c->extends);
}

/* Four processes extend a hundred times each, all with the same data: none may be lost. */
static void check_storm(void)
{
	enum { PROCESSES = 4, EACH = 100 };
	struct value v = value_of(R1), now;
	uint8_t data[HASH_MAX];

	memset(data, 0x5a, sizeof(data));
	(void)fflush(stdout);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork())
			continue;
		for (int j = 0, fd = open(R1, O_WRONLY | O_CLOEXEC); j < EACH; j++)
			if (pwrite(fd, data, v.n, 0) != (ssize_t)v.n)
				_exit(1);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	now = value_of(R1);
	for (int i = 0; i < PROCESSES * EACH; i++)
		hash_extend("sha384", v.p, data);
	judge("four processes", memcmp(v.p, now.p, v.n) != 0 ? "something else" : "400 extends",
		"400 extends");
}

int mr_check(const char *sys)
{
	char *top = realpath(sys, NULL);

	if (!top || chdir(top) || chdir("devices/virtual/misc/tsm_mr_sample/measurements")) {
		(void)fprintf(stderr, "simcheck: %s: no tsm_mr_sample here\n", sys);
		free(top);
		return 2;
	}
	check_names();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		check_file(i);
	check_link(top);
	check_report("report_digest at the start");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		check_calls(&table[i]);
	check_storm();
	check_report("report_digest at the end");
	printf("%u checks, %u failed\n", checks, failures);
	free(top);
	return failures ? 1 : 0;
}
