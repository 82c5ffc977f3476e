/* SPDX-License-Identifier: Apache-2.0 */
/* Files named on the command line, and text read line by line through one window, whatever its
 * size. */
#ifndef TSMCTL_BASE_INPUT_H
#define TSMCTL_BASE_INPUT_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

/* Whether the first bytes (LOG_HEAD_BYTES, or all there are) are worth keeping the rest: 0, or -1 with
 * the reason. */
typedef int (*input_check_fn)(struct bytes head, struct err *err);

/*
 * Opens a file that the operator named, "-" for standard input, for reading at any offset. What is no
 * regular file is copied first, if `check` (NULL: nothing is checked) lets it pass: up to INPUT_KEEP_MAX
 * bytes to memory, more, up to INPUT_SPOOL_MAX, to an unnamed file in /var/tmp. Returns a descriptor
 * that the caller closes; ST_FORMAT beyond INPUT_SPOOL_MAX, for a regular file beyond LOG_FILE_MAX.
 */
int input_open(const char *path, input_check_fn check, struct err *err);

/*
 * Appends what `reader` (as read(2), but never EINTR) reads of `from` to the file `to`. 0 at its end; 1
 * once `to` has more than `max` bytes, with all that was read; or -errno: EFBIG beyond RLIMIT_FSIZE,
 * which counts for memory, too.
 */
int input_spool(int from, int to, off_t max, ssize_t (*reader)(int fd, uint8_t *buf, size_t cap));
/* The message for what it fails with. */
int input_err_copy(struct err *err, int sys, const char *path);
/* Whether a file of this size is longer than RLIMIT_FSIZE lets it become. */
bool input_exceeds_limit(off_t size);

/* As pread(2), until buf is full or the file ends: how many bytes, or -1 with errno. */
ssize_t input_pread(int fd, uint8_t *buf, size_t cap, off_t off);

/* Reads such a file whole: *ret is allocated, the caller frees it. ST_FORMAT if it is longer than
 * max bytes. */
int input_read(const char *path, size_t max, uint8_t **ret, size_t *ret_n, struct err *err);
/* The same; what begins with limits[0] bytes for which is_long is true may have up to limits[1]. */
int input_read_long(const char *path, const size_t limits[2], bool (*is_long)(struct bytes start),
	uint8_t **ret, size_t *ret_n, struct err *err);

/* A file in memory that holds a copy of b, at offset 0: a descriptor that the caller closes. */
int input_memory(struct bytes b, struct err *err);

/* Lines of a seekable descriptor, which is borrowed. */
struct lines {
	int fd;
	uint8_t *buf;
	size_t pos, have; /* what is left of the window is buf[pos..have) */
	off_t off;	  /* of buf[0] in the file */
	off_t end;	  /* nothing from here on is looked at; lines_open: the file's end */
};

int lines_open(struct lines *ret, int fd, struct err *err);
void lines_close(struct lines *l);
/* The offset of the next line. */
off_t lines_tell(const struct lines *l);
/* Goes to an offset that lines_tell gave. */
void lines_seek(struct lines *l, off_t off);
/*
 * 1 and the next line without its newline, which stays valid until the next call; 0 at the end; -1
 * with ST_FORMAT for one of more than LINE_MAX_BYTES, or a last one without a newline (the message
 * has the offset).
 */
int lines_next(struct lines *l, struct bytes *ret, struct err *err);

#endif
