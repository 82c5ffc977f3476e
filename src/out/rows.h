/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results as rows of typed columns. One description of a row gives its JSON object, its line of
 * JSON Lines and its line in an aligned table, so that the three cannot drift apart.
 */
#ifndef TSMCTL_OUT_ROWS_H
#define TSMCTL_OUT_ROWS_H

#include "model/hash.h"
#include "out/json.h"

enum column_type {
	COL_STR,     /* const char *, in a table as vis(3) shows it; NULL is null */
	COL_STRS,    /* const char *const *, up to the first NULL; NULL: none */
	COL_U64,     /* uint64_t */
	COL_INT,     /* int64_t; negative is null */
	COL_BOOL,    /* bool */
	COL_TRI,     /* int: 0, 1; negative is null */
	COL_HEX,     /* struct bytes; p NULL is null */
	COL_TEXT,    /* struct bytes: there in JSON only where it is strictly UTF-8 */
	COL_DIGESTS, /* struct digest_list */
	COL_ERR,     /* struct err: there in JSON only if something is wrong */
};

enum column_flag {
	COL_OPTIONAL = 1 << 0, /* left out of JSON where it is null */
	COL_SHORT = 1 << 1,    /* a table shows the start of it */
	COL_DEFAULT = 1 << 2,  /* in the table when nobody says which */
};

struct column {
	const char *key;   /* in JSON; NULL: not there */
	const char *title; /* in the table; NULL: not there */
	enum column_type type;
	size_t off; /* in the row */
	unsigned flags;
};

/* The members of a row, inside an object that is open. */
void row_members(struct json *j, const struct column *columns, size_t n, const void *row);
/* One row as a JSON object. */
void row_json(struct json *j, const struct column *columns, size_t n, const void *row);
/* The same as a line of JSON Lines. */
void row_jsonl(struct sink *s, const struct column *columns, size_t n, const void *row);
/* {"status":N,"message":"..."}, and "offset", "line" or "seq" where it is known. */
void json_err(struct json *j, const struct err *err);

/* An aligned table. Cells hold printable ASCII: any other byte is shown as strvis(3) does. */
enum { TABLE_COLUMNS_MAX = 32 };

/*
 * `picked` are indices of columns that have a title. Rows are kept until the end, to know how wide
 * they are; `stream` says that there may be too many for that: then `widths` are used and rows are
 * written at once.
 */
struct table {
	const struct column *columns;
	size_t picked[TABLE_COLUMNS_MAX];
	size_t n;
	bool header;
	const size_t *widths; /* by position in picked; NULL: as wide as the widest cell */
	char **cells;	      /* n a row */
	size_t n_cells, room;
};

/* The columns with COL_DEFAULT. */
void table_pick_default(struct table *t, size_t n_columns);
/* Adds, or writes, a row. */
int table_row(struct table *t, struct sink *s, const void *row, struct err *err);
/* Writes what was kept, and frees it. */
void table_end(struct table *t, struct sink *s);

#endif
