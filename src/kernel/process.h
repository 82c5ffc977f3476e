/* SPDX-License-Identifier: Apache-2.0 */
/* Which process wrote something, so that it can be told later whether it is still at it. */
#ifndef TSMCTL_KERNEL_PROCESS_H
#define TSMCTL_KERNEL_PROCESS_H

#include "kernel/root.h"

struct process {
	int pid;
	uint64_t start; /* clock ticks after boot, proc(5), /proc/PID/stat; 0: not known */
};

/* pid 0: the root's /proc is that of other processes, which would take this number for one of theirs. */
struct process process_self(const struct root *root);

/*
 * Waits up to wait_s seconds until the process has ended, its files closed: configfs acts when a
 * file is closed, also when it is a dying process that closes it. ST_SYSTEM if it is still there.
 */
int process_wait(
	const struct root *root, const struct process *p, unsigned wait_s, struct err *err);

#endif
