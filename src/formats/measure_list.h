/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of what is to be measured: tsmctl-measure(5). */
#ifndef TSMCTL_FORMATS_MEASURE_LIST_H
#define TSMCTL_FORMATS_MEASURE_LIST_H

#include "base/bytes.h"
#include "base/err.h"

enum measure_kind { MEASURE_EVENT, MEASURE_FILE, MEASURE_DIGEST };

/* One thing to measure. Strings are owned by the list. */
struct measure_line {
	const char *file;
	size_t line;	   /* of the file, from 1 */
	const char *phase; /* NULL: it stands before any */
	enum measure_kind kind;
	const char *reg;  /* as it is written */
	const char *what; /* TEXT, PATH (absolute and without "..") or HEX; not empty */
	const char *note; /* beside a digest; NULL: none */
};

/* What all files have, one after the other. Starts as zeros. */
struct measure_list {
	struct measure_line *v;
	size_t n;
	size_t n_lines; /* with empty ones and comments */
	char **owned;
	size_t n_owned;
};

/*
 * Adds what a file says. ST_FORMAT, with the file and the line in front of the message, for a line that is
 * none, and beyond MEASURE_LINES_MAX lines of all files. The caller clears the list, also after an error.
 */
int measure_list_add(
	struct measure_list *list, const char *file, struct bytes text, struct err *err);
void measure_list_clear(struct measure_list *list);

/* Whether a phase may be called this: one word, and not "-", which is what stands before any. */
bool measure_list_is_phase(const char *name);
/* Whether a line is of this phase; NULL: whether it stands before any. */
bool measure_list_in_phase(const struct measure_line *line, const char *phase);

#endif
