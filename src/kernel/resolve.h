/* SPDX-License-Identifier: Apache-2.0 */
/* What openat2(2) does with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, where it cannot be called. */
#ifndef TSMCTL_KERNEL_RESOLVE_H
#define TSMCTL_KERNEL_RESOLVE_H

#include <sys/types.h>

/*
 * Opens path below root_fd, one component at a time, each with O_NOFOLLOW: a descriptor, or -errno.
 * The text of a link is looked up by the same rules, so that it cannot leave the root: an absolute
 * link begins at the root again, and ".." at the root stays there. Links of /proc/PID are ELOOP. A
 * name that becomes a link between two looks is EAGAIN. Opens only what exists (no O_CREAT).
 */
int resolve_in_root(int root_fd, const char *path, int flags);

#endif
