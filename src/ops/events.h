/* SPDX-License-Identifier: Apache-2.0 */
/* A log as a stream of events. */
#ifndef TSMCTL_OPS_EVENTS_H
#define TSMCTL_OPS_EVENTS_H

#include "ops/evidence.h"
#include "ops/journal_judge.h"

enum { EXTENDS_UNKNOWN = -1, EXTENDS_NOT = 0, EXTENDS = 1 };

struct event {
	uint64_t seq; /* from 0, within its log */
	const char *source;
	const char *register_name;
	int cc_mr_index; /* CC_MR_NONE: none */
	uint64_t offset; /* of its first byte in the log */
	const char *kind;
	int extends; /* EXTENDS...; unknown: only the register can tell, and was not asked */
	struct digest digest; /* what it extends, or claims to; size 0: nothing */
	struct bytes
		data; /* the bytes that are hashed, or a comment's; valid until the next event */
	struct bytes note; /* beside a given digest, not hashed; p NULL: none */
	const char *time;  /* UTC; NULL: the log has none */
};

typedef int (*event_fn)(void *arg, const struct event *event, struct err *err);

/*
 * Calls `each` for every event of the log, which is a descriptor that seeks, until it returns other
 * than 0. With a replay that found a history, direct lines are decided.
 */
int events_run(const struct mr *mr, const char *source, int log, const struct replay_result *replay,
	event_fn each, void *arg, struct err *err);

/*
 * The same for the records of the picked registers in the journal, under whichever of its names
 * each was extended.
 */
int events_run_journal(const struct kept *kept, const struct mr_pick *picks, size_t n,
	event_fn each, void *arg, struct err *err);

#endif
