/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register values from a file: the text or the JSON that `tsmctl read` prints, or what tpm2_pcrread
 * (tpm2-tools 4 and 5; 3: tpm2_pcrlist) prints.
 */
#ifndef TSMCTL_EVIDENCE_REGISTER_FILE_H
#define TSMCTL_EVIDENCE_REGISTER_FILE_H

#include "model/mr_index.h"
#include "model/mr_list.h"

struct register_file {
	struct mr_list mrs; /* in the order of the file */
	/* Of mrs.mr[i]. p NULL: it could not be read when the file was made, and mrs.mr[i]->bad
	 * says why. */
	struct bytes *value;
	char boot_id[37]; /* of the machine, where the file says it; else empty */
};

/*
 * ST_FORMAT, with the line or row, for anything that is not such a file, or a register that is in
 * it twice. The caller clears the result, also after an error.
 */
int register_file_parse(struct bytes text, struct register_file *ret, struct err *err);
/* The same from a file ("-": standard input), whose name then stands before the message. */
int register_file_load(const char *path, struct register_file *ret, struct err *err);
/*
 * Adds a register without provider, with a copy of its value, and returns it; `name` is as it is
 * printed, `hash` NULL if it has none. NULL if there is no room or no memory.
 */
struct mr *register_file_add(struct register_file *values, const char *name, const char *hash,
	struct bytes value, struct err *err);
void register_file_clear(struct register_file *values);

enum register_file_match { VALUES_NONE, VALUES_ONE, VALUES_AMBIGUOUS };

/*
 * The register of the index that row i of the file means: names match whole, or with provider or hash
 * left out on either side where that leaves one; what matches nothing so is compared without regard to case.
 */
enum register_file_match register_file_match(const struct register_file *values, size_t i,
	const struct mr_index *index, struct mr **ret);

#define VALUES_NO_ROW SIZE_MAX
#define VALUES_TWO_ROWS (SIZE_MAX - 1) /* under two names */

/* Which row of a file each register of a list has. */
struct register_file_map {
	struct mr_index index; /* of the list, for register_file_match */
	size_t *row;	       /* of each register of the list */
};

/* Borrows the list, which must not change meanwhile. The caller clears the result, also after an error. */
int register_file_map_init(struct register_file_map *ret, const struct register_file *values,
	const struct mr_list *list, struct err *err);
/* The row of a register of the list, VALUES_NO_ROW or VALUES_TWO_ROWS; no row in a map of zeros. */
size_t register_file_map_row(const struct register_file_map *map, const struct mr *mr);
void register_file_map_clear(struct register_file_map *map);

#endif
