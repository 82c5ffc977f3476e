/* SPDX-License-Identifier: Apache-2.0 */
/* The registers of one machine, or of one file, and how an operator picks among them. */
#ifndef TSMCTL_MODEL_MR_LIST_H
#define TSMCTL_MODEL_MR_LIST_H

#include "model/mr.h"

struct mr_list {
	struct mr **mr; /* each owned by the list */
	size_t n;
};

/*
 * Adds a register of these names, with nothing else set, and returns it; NULL if there are
 * REGISTERS_MAX or no memory. Its names are made visible, as by bytes_visible, a ':' too; `hash`
 * is the suffix, NULL if none. The list owns it.
 */
struct mr *mr_list_add(struct mr_list *list, const char *provider, const char *name,
	const char *hash, struct err *err);
void mr_list_clear(struct mr_list *list);
/* 1 if a register of this provider, given as in mr_list_add, is in the list, else 0; -1: no memory. */
int mr_list_has_provider(const struct mr_list *list, const char *provider, struct err *err);
/* By provider, name and hash; numbers in names count as numbers. */
void mr_list_sort(struct mr_list *list);

/* The register that `spec` names: ST_USAGE if none does, or several (the message lists them). */
struct mr *mr_list_find(const struct mr_list *list, const char *spec, struct err *err);

/*
 * Whether nothing has extended a register that holds this value. One that has two names starts with
 * either: no extend leads to a name and NULs, so the name of any other of its provider will do.
 */
bool mr_list_is_initial(const struct mr_list *list, const struct mr *mr, struct bytes value);

struct mr_pick {
	struct mr *mr;
	bool by_name; /* not only by a pattern or because all were meant */
};

/*
 * The registers that the operands name or match, each once, in the order of the operands; all if
 * there are none. What names nothing exactly is compared without regard to case. Of a TPM's registers
 * a pattern, or no operand, means none where it means others. A pattern that matches nothing is
 * ST_USAGE. *ret is allocated, the caller frees
 * it.
 */
int mr_list_pick(const struct mr_list *list, int n_specs, char *const specs[], struct mr_pick **ret,
	size_t *ret_n, struct err *err);

#endif
