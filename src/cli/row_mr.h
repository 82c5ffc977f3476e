/* SPDX-License-Identifier: Apache-2.0 */
/* A register as a row: list and read print the same columns. */
#ifndef TSMCTL_CLI_ROW_MR_H
#define TSMCTL_CLI_ROW_MR_H

#include "model/mr.h"
#include "out/rows.h"

struct row_mr {
	const char *full, *provider, *name, *kind, *hash, *abi, *log;
	char access[4];
	const char *access_text;
	uint64_t size;
	bool readable, writable, extensible;
	const char *extend_words[3];
	const char *const *extend_with;
	int64_t cc_mr_index;
	int configured; /* 0, 1; -1: needs no entry */
	const char *tcg_map;
	char *path; /* owned; NULL away from a machine */
	struct bytes value;
	struct err err;
};

extern const struct column row_mr_columns[];
extern const size_t n_row_mr_columns;
/* read shows the value too: its columns are all of them, list's end before it. */
extern const size_t n_row_mr_list_columns;

/* Borrows from mr. The caller clears it. */
void row_mr_fill(struct row_mr *ret, const struct mr *mr);
void row_mr_clear(struct row_mr *row);

/* As read and replay print a value: an object of j, or, j being NULL, a line "HEX  REGISTER", none
 * without a value. */
void row_mr_print_value(const struct row_mr *row, struct json *j, struct sink *out);
/* "HEX  REGISTER", as sha256sum writes it. */
void print_value_line(struct sink *out, struct bytes value, const char *name);

#endif
