/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what differs between two sets of logs. */
#ifndef TSMCTL_CLI_DIFF_PRINT_H
#define TSMCTL_CLI_DIFF_PRINT_H

#include "cli/app.h"
#include "verify/compare.h"

struct diff_asked {
	struct compare_register *const *v; /* in the order of printing */
	size_t n;
	uint32_t context;	 /* unchanged events around each change */
	bool same;		 /* none of them differs, and all were compared */
	const struct err *worst; /* of what was told of the logs; ST_OK: nothing */
};

/*
 * Prints the registers that are asked for: text, of those that differ; JSON, of all. In memory that does
 * not grow with the data of the events: what is printed of many of them is kept in a file in /tmp that
 * has no name. -1 with app->err.
 */
int diff_print(struct app *app, struct compare *c, const struct diff_asked *asked);

#endif
