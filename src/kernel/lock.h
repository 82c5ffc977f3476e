/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run/tsmctl/lock below the root keeps other tsmctl processes out: two processes on one provider
 * can crash or hang the kernels that have the RFC's tree. Only root can take it, so nobody else can
 * hold everybody up.
 */
#ifndef TSMCTL_KERNEL_LOCK_H
#define TSMCTL_KERNEL_LOCK_H

#include "kernel/root.h"

/*
 * Takes it for an act that changes a register; folder and file are made if they are missing. Waits
 * up to wait_s seconds. Returns a descriptor; closing it gives the lock back. ST_SYSTEM if it is
 * not to be had or not to be trusted.
 */
int lock_take(const struct root *root, unsigned wait_s, struct err *err);

/*
 * Takes it for reading what an extend changes, together with other readers. Makes nothing: -1 with
 * err->status ST_OK if there is no lock file yet or this user may not take part; ST_SYSTEM if it
 * was not to be had in time.
 */
int lock_share(const struct root *root, unsigned wait_s, struct err *err);

/* Whether lock_take would trust what is there; nothing there, or no right to look, is no reason against it. */
int lock_check(const struct root *root, struct err *err);

#endif
