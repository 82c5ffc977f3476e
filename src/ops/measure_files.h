/* SPDX-License-Identifier: Apache-2.0 */
/* Which lists there are: tsmctl-measure(5), section FILES. */
#ifndef TSMCTL_OPS_MEASURE_FILES_H
#define TSMCTL_OPS_MEASURE_FILES_H

#include "formats/measure_list.h"
#include "kernel/root.h"

/*
 * Adds the lists of this machine, in the order of their names: *.conf of /etc/tsmctl/measure.d, /run/... and
 * /usr/lib/... below the root. Of one name the first of these counts, a link to /dev/null for no list.
 * ST_ABSENT if there is none; ST_FORMAT for one that others may write; ST_SYSTEM if one cannot be read.
 */
int measure_files_add_default(const struct root *root, struct measure_list *list, struct err *err);
/* Adds a file that was named, "-" for standard input, or the *.conf files of a folder. The same errors. */
int measure_files_add(
	const struct root *root, const char *path, struct measure_list *list, struct err *err);

#endif
