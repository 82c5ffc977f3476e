/* SPDX-License-Identifier: Apache-2.0 */
/* Registers by each of their names. */
#ifndef TSMCTL_MODEL_MR_INDEX_H
#define TSMCTL_MODEL_MR_INDEX_H

#include "model/mr.h"

/* One name of one register. */
struct mr_index_name {
	struct bytes name;
	bool whole; /* its whole name, see mr_names */
	size_t nr;  /* the register's place among those that were given */
};

/*
 * Sorted by name, first without regard to case; of one name, whole names first, then as they were given.
 */
struct mr_index {
	struct mr *const *mr; /* borrowed */
	struct mr_index_name *v;
	size_t n;
};

/* Borrows the n registers of mr, which must not change until the caller clears the result. */
int mr_index_init(struct mr_index *ret, struct mr *const mr[], size_t n, struct err *err);
void mr_index_clear(struct mr_index *index);

/*
 * All registers that are called this, in O(log n); `fold`: without regard to the case of ASCII letters.
 * Returns the first of *ret_n.
 */
const struct mr_index_name *mr_index_named(
	const struct mr_index *index, struct bytes name, bool fold, size_t *ret_n);
/* The place of one of the registers. */
size_t mr_index_place(const struct mr_index *index, const struct mr *mr);
/*
 * The register that `spec` names, exactly or, if none is named so, in other case: ST_USAGE if none does, or
 * several (the message lists them).
 */
struct mr *mr_index_find(const struct mr_index *index, const char *spec, struct err *err);

#endif
