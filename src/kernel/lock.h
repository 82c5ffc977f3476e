/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /run/tsmctl/lock below the root keeps other tsmctl processes out: two processes on one provider
 * can crash or hang the kernels that have the RFC's tree, and a reader of a value counts as one.
 * Only root can take it, so nobody else can hold everybody up.
 */
#ifndef TSMCTL_KERNEL_LOCK_H
#define TSMCTL_KERNEL_LOCK_H

#include "kernel/root.h"
#include "model/mr_list.h"

/*
 * Takes it for an act that changes a register; folder and file are made if they are missing. Waits
 * up to wait_s seconds. Returns a descriptor; closing it gives the lock back. ST_SYSTEM if it is
 * not to be had or not to be trusted.
 */
int lock_take(const struct root *root, unsigned wait_s, struct err *err);

/*
 * Takes it for reading values or logs of registers that backend_contends() names; the caller closes
 * *ret before it prints or searches. 0 with -1 in *ret: there is nothing to take, read without.
 * That is so where no tsmctl can extend either, because the lock cannot be made; in a root that is
 * not "/" and has no /run/tsmctl, where nothing is made; and for a user who may not open the lock,
 * while /proc/locks below the root does not list it. ST_SYSTEM with EWOULDBLOCK in err->sys: held by
 * somebody for wait_s seconds (0: now).
 */
int lock_read(const struct root *root, unsigned wait_s, int *ret, struct err *err);
/* The same where one of these registers needs it; else nothing is taken. */
int lock_read_for(const struct root *root, const struct mr_list *mrs, unsigned wait_s, int *ret,
	struct err *err);

/*
 * Whether lock_take would trust what is there; nothing there, or no right to look, is no reason
 * against it.
 */
int lock_check(const struct root *root, struct err *err);
/* Whether somebody holds it now; err then says who. Waits for nothing and makes nothing. */
bool lock_is_held(const struct root *root, struct err *err);

#endif
