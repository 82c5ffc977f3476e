/* SPDX-License-Identifier: Apache-2.0 */
/* How a kernel interface walks its folders and adds what it finds there. */
#ifndef TSMCTL_KERNEL_WALK_H
#define TSMCTL_KERNEL_WALK_H

#include "kernel/backend.h"

/* Where a walk stands. */
struct place {
	const struct root *root;
	const struct abi *abi;
	struct tree *tree;
	const char *provider;
};

/* "DIR/NAME", allocated; NULL: no memory. */
char *path_join(const char *dir, const char *name);

typedef int (*place_visit_fn)(const struct place *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err);

/*
 * Calls `visit` for every entry of a folder, links followed. A folder or an entry that cannot be
 * looked at is noted in the tree; what `visit` returns ends the walk. `parent` is handed on.
 */
int place_each(const struct place *at, const char *dir, place_visit_fn visit, const char *parent,
	struct err *err);

/* Adds a register found at `path`; names as in mr_list_add. NULL: no memory, or too many. */
struct mr *place_add_mr(const struct place *at, const char *name, const char *hash,
	const char *path, struct err *err);

#endif
