/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /run/tsmctl below the root: where tsmctl keeps its lock and its journal. Nothing in it is reached
 * through a link, and what others than root could have put there is refused.
 */
#ifndef TSMCTL_KERNEL_RUNDIR_H
#define TSMCTL_KERNEL_RUNDIR_H

#include "kernel/root.h"

#define RUNDIR_PATH "/run/tsmctl"

/* A descriptor of the folder, made (0755) if it may be. ST_SYSTEM; err->sys tells ENOENT and EACCES. */
int rundir_open(const struct root *root, bool make, struct err *err);

/*
 * Opens NAME in it, made with `mode` where flags say so. Refused: what is not a regular file, what
 * is not root's or the caller's, and mode bits of `forbidden`.
 */
int rundir_open_file(
	int dir, const char *name, int flags, mode_t mode, mode_t forbidden, struct err *err);

#endif
