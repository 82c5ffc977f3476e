/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures one thing into one register, and sets writable static ones. What happened is decided by
 * what the register and its log show afterwards, never by what the system call said: see "extend"
 * in the contract.
 */
#ifndef TSMCTL_OPS_EXTEND_H
#define TSMCTL_OPS_EXTEND_H

#include "verify/live.h"

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

/* What can be asked of extend here: whether mr can take a record (or else a digest). ST_ABSENT or
 * ST_USAGE if not. */
int extend_allowed(const struct mr *mr, bool record, bool force, struct err *err);

/*
 * 0: done as asked. -1: err says what state the register is in: ST_SYSTEM that nothing was changed,
 * ST_UNSETTLED that it was or may have been. Signals are blocked from the write on and stay so: the
 * result has to reach its reader.
 */
int extend_run(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err);

/*
 * The same for a register whose log is the journal, the lock being taken; used by extend_run.
 */
int extend_journal(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err);
/* All but SIGALRM, on which deadlines rest. */
void extend_block_signals(void);

/* Sets a writable static register to value, of its size. before and after are buffers of that size;
 * *ret_known says whether they could be read. */
int write_run(const struct root *root, const struct mr *mr, struct bytes value, unsigned wait_s,
	uint8_t *before, uint8_t *after, bool *ret_known, struct err *err);

#endif
