/* SPDX-License-Identifier: Apache-2.0 */
/* Sets writable static registers. What happened is decided by what the register shows afterwards. */
#ifndef TSMCTL_OPS_WRITE_H
#define TSMCTL_OPS_WRITE_H

#include "kernel/backend.h"

/* What it held: both of the register's size, owned by the caller. */
struct write_seen {
	uint8_t *before, *after;
	bool known; /* it can be read */
};

/* What can be asked of write here. ST_ABSENT if nothing. */
int write_allowed(const struct mr *mr, struct err *err);

/* Sets mr to value, of its size. ST_SYSTEM: nothing was changed; ST_UNSETTLED: it was or may have
 * been, but is not known to hold the value. */
int write_run(const struct root *root, struct mr *mr, struct bytes value, unsigned wait_s,
	struct write_seen *ret, struct err *err);

#endif
