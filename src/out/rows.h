/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results as rows of typed columns. One description of a row gives its JSON object, its line of
 * JSON Lines and its line in an aligned table, so that the three cannot drift apart.
 */
#ifndef TSMCTL_OUT_ROWS_H
#define TSMCTL_OUT_ROWS_H

#include "model/hash.h"
#include "out/cell.h"
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

/* The cell of one column, as a table shows it. -1: no memory. */
int row_cell(
	struct cell *c, const struct screen *screen, const struct column *column, const void *row);

#endif
