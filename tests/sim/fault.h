/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_FAULT_H
#define TSMSIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op {
	OP_LOOKUP,
	OP_GETATTR,
	OP_SETATTR,
	OP_OPEN,
	OP_READ,
	OP_WRITE,
	OP_READDIR,
	OP_MKDIR,
	OP_RMDIR,
	OP_RELEASE,
	OP__N
};

extern const char *const op_names[OP__N];

/* What the faults that matched one operation ask for, together. */
struct fault_hit {
	int before, after; /* errno values, 0: none */
	unsigned slow_ms;
	bool hang, hang_after, hold;
	bool enodev, sync_only, extend_fail;
	bool foreign_append, foreign_extend, foreign_extend_after;
	bool empty, other_data, garble, advance;
};

struct faults {
	struct fault *list;
	size_t n;
	uint64_t fired;
};

/*
 * Adds TARGET:OP:N:WHAT (see fault.c), several separated by white space. 0 or -EINVAL, -ENOMEM;
 * then nothing was added.
 */
int faults_add(struct faults *f, const char *spec, size_t len);
void faults_clear(struct faults *f);

/* Counts the operation against every fault whose target matches path, and gathers those that fire.
 */
struct fault_hit faults_match(struct faults *f, const char *path, enum op op);

#endif
