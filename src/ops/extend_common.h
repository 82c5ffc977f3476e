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
 * Several extends under one lock, in this order. `once`, `dry_run` and `wait_s` are those of wanted[0]. With
 * `once`, one that equals an earlier one of the batch is there already, too.
 */
struct extend_batch {
	const struct root *root;
	const struct mr_list *mrs;
	const struct extend_wanted *wanted; /* n of each */
	struct extend_done *done;
	size_t n;
	size_t n_done; /* those before this one are done */
	size_t at;     /* after a failure: which one it is about; n: no single one */
};

/* Whether no earlier one of the batch is of the same register: what is asked of a register is asked once. */
bool extend_is_first(const struct extend_batch *b, size_t i);

/*
 * Returns -1 unless there is memory for what follows the write; the memory is free again afterwards
 * and stays with this process.
 */
int extend_check_memory(struct err *err);

/* All but SIGALRM, on which deadlines rest. */
void extend_block_signals(void);
/* Between two extends: -1, ST_SYSTEM, if one of those that were blocked asks to end. */
int extend_check_signals(struct err *err);

#endif
