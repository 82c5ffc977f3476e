/* SPDX-License-Identifier: Apache-2.0 */
/* What one command may still spend on searching, counted in extends, for all registers together. */
#ifndef TSMCTL_BASE_EFFORT_H
#define TSMCTL_BASE_EFFORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct effort {
	uint64_t left;
	uint64_t kept; /* of it, for what decides verdicts: nothing else may have it */
};

/* Spends n. Returns false, with nothing left, if less than n was left. NULL means no limit. */
static inline bool effort_take(struct effort *effort, uint64_t n)
{
	if (effort == NULL)
		return true;
	bool enough = effort->left >= n;
	effort->left = enough ? effort->left - n : 0;
	return enough;
}

/* What there is for other things. */
static inline uint64_t effort_spare(const struct effort *effort)
{
	if (effort == NULL)
		return UINT64_MAX;
	return effort->left > effort->kept ? effort->left - effort->kept : 0;
}

#endif
