/* SPDX-License-Identifier: Apache-2.0 */
/* A log as a stream of events. */
#ifndef TSMCTL_VERIFY_EVENTS_H
#define TSMCTL_VERIFY_EVENTS_H

#include "model/mr.h"
#include "replay/rfc_search.h"
#include "verify/inputs.h"

enum { EXTENDS_UNKNOWN = -1, EXTENDS_NOT = 0, EXTENDS = 1 };

struct event {
	uint64_t seq; /* from 0, within its log */
	const char *source;
	const char *register_name;
	int64_t cc_mr_index; /* CC_MR_NONE: none */
	uint64_t offset;     /* of its first byte in the log */
	const char *kind;
	int64_t type; /* the TCG's number; negative: the log has none */
	int extends;  /* EXTENDS...; unknown: only the register can tell, and was not asked */
	struct digest_list digests; /* what it extends, or claims to */
	struct bytes data;	    /* as the log has it; valid until the next event */
	int data_matches;	    /* 0, 1; negative: cannot be known */
	struct bytes description;   /* of the data, UTF-8; p NULL: it says itself what it is */
	struct bytes note;	    /* beside a given digest, not hashed; p NULL: none */
	struct bytes time;	    /* as the log has it; p NULL: it has none */
};

/* What a person is to read: the description, else the data. */
struct bytes event_shown(const struct event *event);

typedef int (*event_fn)(void *arg, const struct event *event, struct err *err);

/* A text log. All is borrowed. */
struct text_log {
	const struct mr *mr;
	const char *source;
	int fd; /* it seeks */
	const struct rfc_search_result
		*replay; /* that found a history decides direct lines; may be NULL */
};

/* Calls `each` for every event of a text log, until it returns other than 0. */
int events_run(const struct text_log *text, event_fn each, void *arg, struct err *err);

/* The name to show an event's register by; NULL: it was not asked for. */
typedef const char *(*event_name_fn)(
	void *arg, const struct log_event *ev, const char *name, int64_t cc_mr_index);

/*
 * The same for a log of any other format. `name` is asked with `arg` for each event.
 */
int events_run_input(struct inputs *inputs, size_t source, event_name_fn name, event_fn each,
	void *arg, struct err *err);

#endif
