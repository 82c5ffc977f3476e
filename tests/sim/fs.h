/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_FS_H
#define TSMSIM_FS_H

#include "reply.h"

/* The session's user data is the struct sim. */
extern const struct fuse_lowlevel_ops fs_ops;

/* Called once the kernel has spoken to us: the mount answers. */
extern void (*fs_ready)(void);

#endif
