/* SPDX-License-Identifier: Apache-2.0 */
/* All sequences that lists of claims allow, those with few changes from one list to another first. */
#ifndef TSMCTL_VERIFY_EXPLORE_H
#define TSMCTL_VERIFY_EXPLORE_H

#include "verify/sequence.h"

enum {
	SWITCHES_MAX = 32, /* from one log to another, within one sequence */
	APART_MAX = 32,	   /* claims that two logs have, and that are two extends */
};

/*
 * From each start, every sequence with at most so many switches between lists that have no anchors;
 * s->cut says whether one was left out for that. Found: s->end, s->path, t->from and t->from_index.
 */
enum sequence_outcome explore_starts(struct sequence *s, const struct digest starts[],
	size_t n_starts, unsigned switches, struct err *err);
/* Every sequence from here on; s->gave_up: not all were tried. Found: s->end. */
enum sequence_outcome explore_from(struct sequence *s, const struct state *from, struct err *err);

#endif
