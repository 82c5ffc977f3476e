/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as an aligned table. On a terminal, cells end where their column or the screen does; elsewhere they are whole. */
#ifndef TSMCTL_OUT_TABLE_H
#define TSMCTL_OUT_TABLE_H

#include "out/rows.h"

enum { TABLE_COLUMNS_MAX = 32 };

/*
 * `picked` are indices of columns that have a title. Rows are kept until the end, to know how wide
 * they are; where there may be too many for that, `widths` are used and rows are written at once.
 */
struct table {
	const struct column *columns;
	size_t picked[TABLE_COLUMNS_MAX];
	size_t n;
	bool header;
	struct screen screen; /* borrowed; zeros: no terminal */
	const size_t *widths; /* by position in picked; NULL: as wide as the widest cell */
	const char *color;    /* of the next line, as a terminal takes it; NULL: its own */
	struct cell cell, line;
	char **cells; /* n a row */
	size_t n_cells, room;
};

/* The columns with COL_DEFAULT. */
void table_pick_default(struct table *t, size_t n_columns);
/* Those that are named, in any case, with commas between them. ST_USAGE: one is not there. */
int table_pick(struct table *t, size_t n_columns, const char *names, struct err *err);
/* Adds, or writes, a row. */
int table_row(struct table *t, struct sink *s, const void *row, struct err *err);
/* Writes what was kept, and frees it. */
int table_end(struct table *t, struct sink *s, struct err *err);

/* The columns of the screen that `widths` leave for the last cell; SIZE_MAX: it has no end. */
size_t table_left(const struct table *t);
/*
 * Makes the widths of n columns fit on a terminal, each at least least[i], so that `last` columns of the
 * screen are left for the last one. Those to the right become narrower first.
 */
void table_fit(
	const struct screen *screen, size_t *widths, const size_t *least, size_t n, size_t last);

#endif
