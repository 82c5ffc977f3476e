/* SPDX-License-Identifier: Apache-2.0 */
/* How a kernel interface walks its folders and adds what it finds there. */
#ifndef TSMCTL_KERNEL_WALK_H
#define TSMCTL_KERNEL_WALK_H

#include "kernel/backend.h"

/* Where a walk stands. */
struct walk {
	const struct root *root;
	const struct backend *backend;
	struct tree *tree;
	const char *provider;
};

/* "DIR/NAME", allocated; NULL: no memory. */
char *walk_join(const char *dir, const char *name);

typedef int (*walk_visit_fn)(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err);

/*
 * Calls `visit` for every entry of a folder, links followed. A folder or an entry that cannot be
 * looked at is noted in the tree; what `visit` returns ends the walk. `parent` is handed on.
 */
int walk_each(const struct walk *at, const char *dir, walk_visit_fn visit, const char *parent,
	struct err *err);

/* The same for every home of the interface that is there. */
int walk_homes(const struct walk *at, walk_visit_fn visit, struct err *err);

/* Adds a register found at `path`; names as in mr_list_add. NULL: no memory, or too many. */
struct mr *walk_add_mr(const struct walk *at, const char *name, const char *hash, const char *path,
	struct err *err);

#endif
