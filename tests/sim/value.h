/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_VALUE_H
#define TSMSIM_VALUE_H

#include "tree.h"

/* The file of a register's value in sysfs, for nodes with an mr; without and with a write. */
extern const struct file_ops value_ro, value_rw;

mode_t value_mode(const struct mr *mr);

/* What a read of len bytes at off gives of all. */
void view_cut(struct view all, size_t len, off_t off, struct view *ret);

/* What another program does to the register behind n, if there is one, before or after an
 * operation. */
void value_foreign(struct node *n, const struct fault_hit *hit, bool after);

#endif
