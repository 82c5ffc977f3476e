/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/strbuf.h"

static bool kernel_trims(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == 0xa0;
}

int record_check(struct bytes record, struct err *err)
{
	if (record.n == 0)
		return err_set(err, ST_USAGE, "the record is empty");
	if (record.n > RECORD_MAX)
		return err_set(err, ST_USAGE,
			"the record has %zu bytes, the kernel takes %d: write it to a file and "
			"measure that (--file, in a list 'file')",
			record.n, RECORD_MAX);
	for (size_t i = 0; i < record.n; i++) {
		const char *what = record.p[i] == '\n'	 ? "a newline"
				   : record.p[i] == '\r' ? "a carriage return"
				   : record.p[i] == '\0' ? "a NUL"
							 : NULL;
		if (what != NULL)
			return err_set(err, ST_USAGE,
				"the record has %s at byte %zu: a record is one line", what, i);
	}
	if (kernel_trims(record.p[0]))
		return err_set(err, ST_USAGE,
			"the record starts with byte 0x%02x, which the kernel cuts off",
			record.p[0]);
	if (kernel_trims(record.p[record.n - 1]))
		return err_set(err, ST_USAGE,
			"the record ends in byte 0x%02x, which the kernel cuts off",
			record.p[record.n - 1]);
	if (record.p[0] == '#' || bytes_start_with(record, "SYNC"))
		return err_set(err, ST_USAGE,
			"the record starts with '%s', which has another meaning in a kernel's log",
			record.p[0] == '#' ? "#" : "SYNC");
	return 0;
}

static int hash_file(int fd, struct hasher *h, uint64_t *size, struct digest *ret, struct err *err)
{
	uint8_t buf[65536];
	*size = 0;
	if (hash_begin(h, err) < 0)
		return -1;
	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read");
		if (n == 0)
			return hash_end(h, ret, err);
		*size += (uint64_t)n;
		if (hash_more(h, (struct bytes){buf, (size_t)n}, err) < 0)
			return -1;
	}
}

/* Where a file is looked for: below a root, or, that being NULL, as the caller's own. */
static int open_file(const struct root *root, const char *path, struct err *err)
{
	if (root != NULL) {
		int fd = root_open_file(root, path, O_RDONLY, err);
		if (fd < 0)
			err->status = ST_SYSTEM;
		return fd;
	}
	/* Not blocking: a FIFO must not hold up a boot script. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? err_sys(err, errno, "'%s'", path) : fd;
}

static int measure(const struct root *root, const char *path, struct hasher *h, uint64_t *size,
	struct digest *ret, struct err *err)
{
	AUTO_CLOSE int fd = open_file(root, path, err);
	struct stat st;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ST_SYSTEM, "'%s': not a regular file", path);
	return hash_file(fd, h, size, ret, err) < 0 ? err_in(err, "'%s'", path) : 0;
}

/* `cwd` is where a path that does not begin with '/' begins. */
static int make_record(const char *cwd, const char *path, uint64_t size,
	const struct digest *digest, struct text *t, struct err *err)
{
	char hex[2 * DIGEST_SIZE_MAX + 1];
	text_put(t, "{\"type\":\"file\",\"path\":\"");
	if (path[0] != '/') {
		text_put_json(t, bytes_of(cwd));
		text_put(t, "%s", cwd[1] != '\0' ? "/" : "");
	}
	text_put_json(t, bytes_of(path));
	text_put(t, "\",\"size\":%llu,\"digest\":\"%s:%s\"}", (unsigned long long)size,
		hash_name(digest->alg), hex_str(hex, digest_bytes(digest)));
	return t->cut ? err_set(err, ST_USAGE, "'%.256s...': the path is too long for a record",
				path)
		      : 0;
}

int record_of_root_file(const struct root *root, const char *path, struct hasher *h,
	char buf[static RECORD_MAX + 1], struct bytes *ret, struct err *err)
{
	char cwd[PATH_MAX] = "";
	struct text t = {.buf = buf, .room = RECORD_MAX + 1};
	uint64_t size;
	struct digest digest;
	if (path[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		return err_sys(err, errno, "working directory");
	if (!utf8_valid(bytes_of(path)) || !utf8_valid(bytes_of(cwd)))
		return err_set(
			err, ST_USAGE, "'%s': the path is not UTF-8 and cannot be recorded", path);
	if (measure(root, path, h, &size, &digest, err) < 0 ||
		make_record(cwd, path, size, &digest, &t, err) < 0)
		return -1;
	*ret = (struct bytes){(const uint8_t *)buf, t.n};
	return 0;
}

int record_of_file(const char *path, struct hasher *h, char buf[static RECORD_MAX + 1],
	struct bytes *ret, struct err *err)
{
	return record_of_root_file(NULL, path, h, buf, ret, err);
}

int record_explain_digest(const char *digits, struct err *err)
{
	uint8_t unused[DIGEST_SIZE_MAX];
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		if (hex_get(unused, hash_size(alg), bytes_of(digits), true))
			return err_add(err,
				"; a digest of another hash is measured as text, such as "
				"'IMAGE@sha256:DIGITS' (--event, in a list 'event')");
	return -1;
}
