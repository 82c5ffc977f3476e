/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory below which the machine's files are looked for. Every path here is resolved inside
 * it: symbolic links, absolute ones and "..", end there too (openat2(2), RESOLVE_IN_ROOT; without it
 * kernel/resolve). A path begins with "/", which is this directory, and is printed as it is: any
 * other is refused with EINVAL.
 */
#ifndef TSMCTL_KERNEL_ROOT_H
#define TSMCTL_KERNEL_ROOT_H

#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"

struct root {
	int fd;
	const char *dir;
	void (*trace)(
		const char *path, int sys); /* told of every file that is opened; may be NULL */
};

int root_open(struct root *ret, const char *dir, struct err *err);
void root_close(struct root *root);

/* Tells whoever traces that this file was opened; sys: or the errno. root_at does. */
void root_trace(const struct root *root, const char *path, int sys);

/*
 * As open(2), below the root: a descriptor, or -errno. O_CLOEXEC, O_NOCTTY and O_NONBLOCK are
 * always on, O_CREAT is for nobody; tried again where a mount or rename elsewhere raced with a "..".
 */
int root_at(const struct root *root, const char *path, int flags, mode_t mode);

/* Opens a regular file, without ever opening anything else: what a device does on open is not ours
 * to cause. */
int root_open_file(const struct root *root, const char *path, int flags, struct err *err);
/* For readdir; NULL with err->sys set. The caller closes it. */
DIR *root_open_dir(const struct root *root, const char *path, struct err *err);
/* Follows links, inside the root. 0 or -errno. */
int root_stat(const struct root *root, const char *path, struct stat *ret);
/* The same for DIR/NAME, dir_fd being open on DIR: one system call where NAME is no link. */
int root_stat_in(
	const struct root *root, int dir_fd, const char *dir, const char *name, struct stat *ret);

/*
 * Reads a whole file of at most `cap` bytes with one look: ST_FORMAT if there is more. ret_n gets
 * the bytes read. One that does not answer within READ_DEADLINE_MS is given up: ST_SYSTEM.
 */
int root_read(const struct root *root, const char *path, void *buf, size_t cap, size_t *ret_n,
	struct err *err);

/*
 * Copies a file that grows by being recreated (ENODEV, for a moment ENOENT) to memory that read(2)
 * and pread(2) reach: a descriptor, at offset 0, which the caller closes. Opened again up to
 * LOG_REOPENS_MAX times, looked for up to LOG_ABSENCES_MAX times. ST_FORMAT beyond KERNEL_COPY_MAX bytes.
 */
int root_snapshot(const struct root *root, const char *path, struct err *err);

/*
 * One write(2) or pwrite(2) at offset 0 of exactly data, on a file that exists. Returns 0 when the
 * kernel took all of it; otherwise -1 with the reason, and `ret_tried` says whether the write was
 * tried at all: if it was, only the register can tell what happened. Never retried.
 */
int root_write_once(const struct root *root, const char *path, struct bytes data, bool *ret_tried,
	struct err *err);

#endif
