/* SPDX-License-Identifier: Apache-2.0 */
/* Register values from a file: the text or the JSON that `tsmctl read` prints. */
#ifndef TSMCTL_EVIDENCE_REGISTER_FILE_H
#define TSMCTL_EVIDENCE_REGISTER_FILE_H

#include "model/mr_list.h"

struct values {
	struct mr_list mrs;  /* in the order of the file */
	struct bytes *value; /* of mrs.mr[i] */
};

/*
 * ST_FORMAT, with the line or row, for anything that is not such a file, or a register that is in
 * it twice. Rows that carry an error in place of a value are left out. The caller clears the
 * result, also after an error.
 */
int values_parse(struct bytes text, struct values *ret, struct err *err);
/* The same from a file ("-": standard input), whose name then stands before the message. */
int values_load(const char *path, struct values *ret, struct err *err);
/*
 * Adds a register without provider, with a copy of its value, and returns it; `name` is as it is
 * printed, `hash` NULL if it has none. NULL if there is no room or no memory.
 */
struct mr *values_add(struct values *values, const char *name, const char *hash, struct bytes value,
	struct err *err);
void values_clear(struct values *values);

enum values_match { VALUES_NONE, VALUES_ONE, VALUES_AMBIGUOUS };

/*
 * The register of `list` that row i of the file means: names match whole, or with provider or hash
 * left out on either side where that leaves one.
 */
enum values_match values_match(
	const struct values *values, size_t i, const struct mr_list *list, struct mr **ret);

#endif
