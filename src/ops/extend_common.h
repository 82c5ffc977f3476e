/* SPDX-License-Identifier: Apache-2.0 */
/* What an extend is asked for and what it answers, whoever keeps the register's log. */
#ifndef TSMCTL_OPS_EXTEND_COMMON_H
#define TSMCTL_OPS_EXTEND_COMMON_H

#include "kernel/backend.h"

struct extend_wanted {
	struct mr *mr;
	struct bytes record;  /* p NULL: a given digest */
	const char *note;     /* beside a given digest, in the journal; may be NULL */
	struct digest digest; /* of the record, or given */
	bool once, dry_run, force;
	unsigned wait_s;
};

struct extend_done {
	struct digest before, after; /* size 0: not known */
	struct digest expected; /* what the log says it is now, where the kernel shows an old value;
				   else size 0 */
	bool already;		/* --once: it was there; nothing was done */
	char note[ERR_MSG_MAX]; /* for the operator, beside the result; empty: none */
};

/*
 * Returns -1 unless there is memory for what follows the write; the memory is free again afterwards
 * and stays with this process.
 */
int extend_check_memory(struct err *err);

/* All but SIGALRM, on which deadlines rest. */
void extend_block_signals(void);

#endif
