/* SPDX-License-Identifier: Apache-2.0 */
/* What the lines of lists come to: what is to be extended, checked before the first of it is. */
#ifndef TSMCTL_OPS_MEASURE_H
#define TSMCTL_OPS_MEASURE_H

#include "formats/measure_list.h"
#include "ops/extend_common.h"

struct measure {
	const struct measure_list *list;
	struct extend_batch batch;	   /* its arrays are owned, and what records are made of */
	struct extend_wanted *wanted;	   /* of the batch */
	const struct measure_line **lines; /* of each */
	char **records;			   /* of each: a file's, owned; else NULL */
	struct hashers hashers;
};

/*
 * Makes room for all lines of a list, which is borrowed, and takes none. The caller clears it, also after an
 * error.
 */
int measure_init(struct measure *ret, const struct measure_list *list, struct err *err);
/* Takes the lines of a phase, NULL being those before any. `like` has what is the same for all of them. */
void measure_add_phase(struct measure *m, const char *phase, const struct extend_wanted *like);
void measure_clear(struct measure *m);

/*
 * Makes of line i what is to be extended, into mr; files are read below batch.root. ST_FORMAT if the line
 * is wrong or mr may not be extended so; ST_SYSTEM if a file cannot be read.
 */
int measure_check(struct measure *m, size_t i, struct mr *mr, struct err *err);

#endif
