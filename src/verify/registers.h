/* SPDX-License-Identifier: Apache-2.0 */
/* The registers that are verified, and where their values come from: this machine, or a file. */
#ifndef TSMCTL_VERIFY_REGISTERS_H
#define TSMCTL_VERIFY_REGISTERS_H

#include "evidence/register_file.h"
#include "kernel/backend.h"
#include "verify/judge.h"

struct registers {
	const struct root *root; /* live; NULL away from a machine */
	const struct mr_list *mrs;
	const struct register_file *values;  /* away from a machine: what the registers hold */
	const struct register_file *initial; /* trusted start values; may be NULL */
	unsigned wait_s; /* live: how long to wait for the lock, where a kernel needs it */
	bool locked;	 /* live: the caller holds it; then nothing is searched */
};

/* The value of a register: mr->size bytes into buf. */
int registers_value(const struct registers *r, const struct mr *mr, uint8_t *buf, struct err *err);

/*
 * A question about the picked registers, which the caller frees: an entry for each register of the list,
 * without values. ST_FORMAT for a row of `initial` that is none of these registers, or not of its size.
 */
int registers_ask(const struct registers *r, const struct mr_pick picks[], size_t n,
	struct asked **ret, struct err *err);
/* Reads the values of all runtime registers that have a hash; bad[i] says why one has none. */
void registers_read(const struct registers *r, struct asked asked[], struct err bad[]);

#endif
