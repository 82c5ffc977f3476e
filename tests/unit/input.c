/* SPDX-License-Identifier: Apache-2.0 */
#include "base/input.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "text.h"

/* Every line of a file of these bytes comes out as it went in. */
static void check_lines(struct bytes b)
{
	struct lines l;
	struct err err = {0};
	struct bytes line;
	int fd = memory_file(b);
	CHECK_INT(lines_open(&l, fd, &err), 0);
	for (size_t from = 0, i = 0; i < b.n; i++) {
		if (b.p[i] != '\n')
			continue;
		CHECK_INT(lines_tell(&l), from);
		CHECK_INT(lines_next(&l, &line, &err), 1);
		CHECK_BYTES(line, ((struct bytes){b.p + from, i - from}));
		from = i + 1;
	}
	CHECK_INT(lines_next(&l, &line, &err), 0);
	CHECK_INT(lines_next(&l, &line, &err), 0);
	CHECK_INT(lines_tell(&l), b.n);
	lines_close(&l);
	close(fd);
}

static void add_line(struct text *t, size_t n, char c)
{
	text_fill(t, c, n);
	text_char(t, '\n');
}

static void test_borders(void)
{
	static const size_t window = 2 * (size_t)LINE_MAX_BYTES;
	check_lines((struct bytes){NULL, 0});
	for (size_t first = 0; first < 4; first++) {
		for (size_t cut = 0; cut < 6; cut++) {
			/* Lines whose newline is the last byte of a window, the first of the next,
			 * and around that. */
			struct text t = {0};
			add_line(&t, first, 'a');
			add_line(&t, LINE_MAX_BYTES - cut, 'b');
			add_line(&t, LINE_MAX_BYTES - 3, 'c');
			add_line(&t, 0, 'd');
			add_line(&t, LINE_MAX_BYTES, 'e');
			add_line(&t, LINE_MAX_BYTES, 'f');
			while (t.n % window < window - 9 + cut)
				text_str(&t, "\n");
			add_line(&t, first, 'g');
			add_line(&t, 3, 'h');
			check_lines(text_bytes(&t));
			text_free(&t);
		}
	}
}

static void test_random_lines(void)
{
	struct dice dice = {1};
	for (int i = 0; i < 40; i++) {
		struct text t = {0};
		while (t.n < 400000) {
			size_t most = dice_one_in(&dice, 5) ? LINE_MAX_BYTES + 1 : 300;
			add_line(&t, dice_below(&dice, most), (char)(1 + i));
		}
		for (size_t k = 0; k < 50; k++) {
			uint8_t *at = &t.p[dice_below(&dice, t.n)];
			*at = *at == '\n' ? '\n' : '\0';
		}
		check_lines(text_bytes(&t));
		text_free(&t);
	}
}

static void fails_after(struct bytes b, int good, const char *msg)
{
	struct lines l;
	struct err err = {0};
	struct bytes line;
	int fd = memory_file(b);
	CHECK_INT(lines_open(&l, fd, &err), 0);
	while (good-- > 0)
		CHECK_INT(lines_next(&l, &line, &err), 1);
	CHECK_INT(lines_next(&l, &line, &err), -1);
	CHECK_INT(err.status, ST_FORMAT);
	CHECK(strstr(err.msg, msg) != NULL);
	lines_close(&l);
	close(fd);
}

static void test_refused(void)
{
	static const size_t sizes[] = {1, 2, 100, 65536, 65537, 131071, 131072, 131073, 300000};
	fails_after(bytes_of("x"), 0, "offset 0:");
	fails_after(bytes_of("ab\nno newline"), 1, "offset 3:");
	fails_after(bytes_of("\n\n\nx"), 3, "offset 3:");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct text t = {0};
		add_line(&t, 10, 'a');
		text_fill(&t, 'b', sizes[i]);
		fails_after(text_bytes(&t), 1, "offset 11:");
		fails_after(text_bytes(&t), 1,
			sizes[i] > LINE_MAX_BYTES ? "more than 65536" : "no newline");
		text_char(&t, '\n');
		if (sizes[i] > LINE_MAX_BYTES)
			fails_after(text_bytes(&t), 1, "more than 65536");
		text_free(&t);
	}
}

static void test_seek(void)
{
	enum { LINES = 60000 };
	struct text t = {0};
	struct dice dice = {2};
	static off_t at[LINES + 1];
	for (size_t i = 0; i < LINES; i++) {
		at[i] = (off_t)t.n;
		text_fmt(&t, "line %zu%s\n", i, i % 7 == 0 ? " and a longer one" : "");
	}
	at[LINES] = (off_t)t.n;

	struct lines l;
	struct err err = {0};
	int fd = memory_file(text_bytes(&t));
	CHECK_INT(lines_open(&l, fd, &err), 0);
	for (size_t i = 0, to = 0; i < 20000; i++) {
		struct bytes line;
		to = dice_one_in(&dice, 3) ? dice_below(&dice, LINES + 1)
					   : (to + dice_below(&dice, 40) + LINES - 20) % LINES;
		lines_seek(&l, at[to]);
		CHECK_INT(lines_tell(&l), at[to]);
		CHECK_INT(lines_next(&l, &line, &err), to < LINES);
		if (to < LINES)
			CHECK_BYTES(line,
				((struct bytes){t.p + at[to], (size_t)(at[to + 1] - at[to] - 1)}));
	}
	lines_close(&l);
	close(fd);
	text_free(&t);
}

/* Copies b into a pipe, in pieces, while the parent reads. */
static pid_t feed(int to, struct bytes b)
{
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid > 0)
		return pid;
	while (b.n > 0) {
		ssize_t put = write(to, b.p, b.n < 7777 ? b.n : 7777);
		if (put <= 0)
			_exit(1);
		b.p += put;
		b.n -= (size_t)put;
	}
	_exit(0);
}

static void test_pipe(void)
{
	struct text t = {0};
	for (size_t i = 0; i < 30000; i++)
		text_fmt(&t, "%zu\n", i);
	int ends[2], status;
	CHECK(pipe(ends) == 0);
	pid_t pid = feed(ends[1], text_bytes(&t));
	close(ends[1]);
	CHECK(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	close(ends[0]);

	struct err err = {0};
	int fd = input_open("-", NULL, &err);
	CHECK(fd > 2);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	uint8_t *got = malloc(t.n + 1);
	CHECK(got != NULL);
	CHECK_INT(pread(fd, got, t.n + 1, 0), t.n);
	CHECK(memcmp(got, t.p, t.n) == 0);
	CHECK_INT(pread(fd, got, 5, 6), 5);
	CHECK(memcmp(got, t.p + 6, 5) == 0);
	free(got);
	close(fd);
	text_free(&t);
}

static void test_open(void)
{
	struct err err = {0};
	CHECK_INT(input_open("/nonexistent/file", NULL, &err), -1);
	CHECK_INT(err.sys, ENOENT);
	CHECK(strstr(err.msg, "/nonexistent/file") != NULL);
	CHECK_INT(input_open("/", NULL, &err), -1);
	CHECK_INT(err.sys, EISDIR);
	int fd = input_open("/dev/null", NULL, &err);
	CHECK(fd >= 0);
	uint8_t byte;
	CHECK_INT(pread(fd, &byte, 1, 0), 0);
	close(fd);
}

static void test_read(void)
{
	struct err err = {0};
	uint8_t *got = NULL;
	size_t n = 99;
	char path[] = "/tmp/tsmctl-input-XXXXXX";
	int fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK_INT(input_read(path, 10, &got, &n, &err), 0);
	CHECK_U64(n, 0);
	free(got);
	CHECK_INT(write(fd, "0123456789", 10), 10);
	CHECK_INT(input_read(path, 10, &got, &n, &err), 0);
	CHECK_BYTES(((struct bytes){got, n}), bytes_of("0123456789"));
	free(got);
	CHECK_INT(input_read(path, 9, &got, &n, &err), -1);
	CHECK_INT(err.status, ST_FORMAT);
	close(fd);
	unlink(path);
}

static ssize_t no_reader(int fd, uint8_t *buf, size_t cap)
{
	(void)fd;
	(void)buf;
	(void)cap;
	errno = ENODEV;
	return -1;
}

static ssize_t read_once(int fd, uint8_t *buf, size_t cap)
{
	return read(fd, buf, cap);
}

static void test_spool(void)
{
	struct stat st;
	uint8_t bytes[100000] = {1, 2, 3};
	int to = memory_file((struct bytes){NULL, 0});
	CHECK_INT(input_spool(-1, to, 10, no_reader), -ENODEV);
	int from = memory_file((struct bytes){bytes, sizeof(bytes)});
	CHECK_INT(lseek(from, 0, SEEK_SET), 0);
	/* What was read beyond the limit is there, too, and the rest follows it. */
	CHECK_INT(input_spool(from, to, 50000, read_once), 1);
	CHECK(fstat(to, &st) == 0 && st.st_size > 50000);
	CHECK_INT(lseek(from, 0, SEEK_CUR), st.st_size);
	CHECK_INT(input_spool(from, to, sizeof(bytes), read_once), 0);
	uint8_t *got = malloc(sizeof(bytes) + 1);
	CHECK(got != NULL);
	CHECK_INT(pread(to, got, sizeof(bytes) + 1, 0), sizeof(bytes));
	CHECK(memcmp(got, bytes, sizeof(bytes)) == 0);
	free(got);
	close(from);
	close(to);
}

/* Standard input becomes a pipe that holds n bytes and has no writer any more. */
static void fill_stdin(size_t n)
{
	uint8_t bytes[60000] = {0};
	int ends[2];
	CHECK(pipe(ends) == 0);
	CHECK_INT(write(ends[1], bytes, n), n);
	close(ends[1]);
	CHECK(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	close(ends[0]);
}

static int left_in_stdin(void)
{
	int left = -1;
	CHECK(ioctl(STDIN_FILENO, FIONREAD, &left) == 0);
	return left;
}

static size_t seen;

static int refuse(struct bytes head, struct err *err)
{
	seen = head.n;
	return err_set(err, ST_FORMAT, "refused");
}

/* Of what is refused, no more is read than what says so. */
static void test_bounds(void)
{
	struct err err = {0};
	uint8_t *got;
	size_t n;
	fill_stdin(60000);
	CHECK_INT(input_open("-", refuse, &err), -1);
	CHECK(strcmp(err.msg, "'-': refused") == 0);
	CHECK_U64(seen, LOG_HEAD_BYTES);
	CHECK_INT(left_in_stdin(), 60000 - LOG_HEAD_BYTES);
	fill_stdin(10);
	CHECK_INT(input_open("-", refuse, &err), -1);
	CHECK_U64(seen, 10);
	fill_stdin(60000);
	CHECK_INT(input_read("-", 10000, &got, &n, &err), -1);
	CHECK_INT(left_in_stdin(), 60000 - 10001);
}

int main(void)
{
	test_borders();
	test_random_lines();
	test_refused();
	test_seek();
	test_pipe();
	test_open();
	test_read();
	test_spool();
	test_bounds();
	return 0;
}
