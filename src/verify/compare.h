/* SPDX-License-Identifier: Apache-2.0 */
/* Which events differ between two sets of logs, register by register. */
#ifndef TSMCTL_VERIFY_COMPARE_H
#define TSMCTL_VERIFY_COMPARE_H

#include "verify/joined.h"

enum { COMPARE_REFERENCE, COMPARE_NOW }; /* the two sides */

enum compare_change {
	COMPARE_SAME,
	COMPARE_ONLY,	 /* the other side does not have it */
	COMPARE_CHANGED, /* the other side has one of the same type and name in its place */
	COMPARE_MOVED,	 /* the other side has it at another place */
};

/* The events that extend a register, in the order in which its logs are joined. */
struct compare_side {
	uint32_t n;
	uint32_t *with;	 /* SAME, CHANGED, MOVED: the event of the other side */
	uint8_t *change; /* enum compare_change */
	bool *wanted;	 /* compare_events tells of it: what differs, and what else is set here */
	uint64_t *name;	 /* between compare_events and compare_pair: of type and name; else NULL */
};

struct compare_register {
	const struct mr *mr;		   /* its name, and the bank that was compared */
	struct joined_register *joined[2]; /* NULL: that side has no event of it */
	struct compare_side side[2];
	bool no_bank; /* no bank is there in all events of both sides: nothing is compared */
	bool differs;
	uint32_t n_other_data;	/* events of equal digests with another type or other data */
	uint32_t other_data[2]; /* the first of them, on each side */
	bool other_near;	/* free for the caller */
};

struct compare {
	struct joined side[2];
	struct compare_register *v;
	size_t n;
	size_t n_common;    /* registers that were compared and that both sides have */
	struct mr_list mrs; /* of each register, sorted */
};

/*
 * Reads both sides, which are bound or named, and aligns the events of each register by their digests in
 * the strongest bank that all of them have. `machine`, unless NULL, has the whole names of registers.
 * ST_FORMAT for more than DIFF_EVENTS_MAX events of a side. A log that cannot be read to its end has
 * its err set. The caller clears the result, also after an error.
 */
int compare_load(struct compare *ret, struct inputs *reference, struct inputs *now,
	const struct mr_list *machine, struct err *err);
void compare_clear(struct compare *c);

/* Wants all events of a register, or none; after compare_load those that differ are. */
void compare_want(struct compare_register *reg, bool all);

/* One event of one side of a register. */
struct compare_place {
	struct compare_register *reg;
	int side;
	uint32_t at;
};
typedef int (*compare_event_fn)(
	void *arg, const struct compare_place *place, const struct event *event, struct err *err);

/* Reads both sides once more and tells of the events that are wanted, in the order of their logs. */
int compare_events(struct compare *c, compare_event_fn each, void *arg, struct err *err);

/*
 * Makes one change of two events of the same type and name that stand between the same equal ones. Only
 * after compare_events. -1: no memory.
 */
int compare_pair(struct compare *c, struct err *err);

#endif
