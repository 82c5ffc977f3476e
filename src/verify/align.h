/* SPDX-License-Identifier: Apache-2.0 */
/* Which elements of two sequences belong together, in time that grows with their length alone. */
#ifndef TSMCTL_VERIFY_ALIGN_H
#define TSMCTL_VERIFY_ALIGN_H

#include <stdint.h>

#include "base/err.h"

#define ALIGN_NONE UINT32_MAX

struct align_side {
	const uint32_t *v; /* what stands there: equal numbers are equal elements */
	uint32_t n;	   /* below 2^30 */
	uint32_t *with;	   /* of each element: where the other side has it, or ALIGN_NONE */
};

/*
 * Sets both `with` to pairs of equal elements that are in the same order on both sides, all numbers
 * being below n_ids. Where the sides differ by at most ALIGN_EDITS_MAX elements that both of them know,
 * no alignment has more pairs. Where they differ by more, elements that each side has once are anchors
 * (a patience alignment), and the gaps between them are compared with work that is bounded by
 * ALIGN_EDITS_MAX steps for each element. -1: no memory.
 */
enum { ALIGN_EDITS_MAX = 256 };
int align_run(struct align_side *a, struct align_side *b, uint32_t n_ids, struct err *err);

/*
 * Pairs equal elements that are still without a partner, in their order, which is not the same on
 * both sides: they were moved. -1: no memory.
 */
int align_moved(struct align_side *a, struct align_side *b, uint32_t n_ids, struct err *err);

#endif
