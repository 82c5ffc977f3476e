/* SPDX-License-Identifier: Apache-2.0 */
/* What was found out of a register: its verdict, and why. */
#ifndef TSMCTL_VERIFY_JUDGEMENT_H
#define TSMCTL_VERIFY_JUDGEMENT_H

#include "model/verdict.h"
#include "replay/rfc_search.h"
#include "verify/timeline.h"

/* A claim that is not in the history, or the first of n. */
struct claims_left {
	const char *source;
	uint64_t seq;
	uint64_t n; /* 0: they were not counted */
};

/* An event that is named by its number, and what it is. */
struct named_event {
	struct event_ref ref;
	char *type;    /* as `log` shows its kind; owned; NULL: its log does not have it */
	uint8_t *name; /* what it is about, UTF-8; owned */
	size_t n_name; /* 0: the type alone says it */
};

/* What of a reference, in place of what the logs have, gives the value. */
enum reference_fix {
	REFERENCE_NO_FIX,
	REFERENCE_PUT_BACK,   /* `event`, which the logs lack */
	REFERENCE_LEFT_OUT,   /* without `other`, which the reference lacks */
	REFERENCE_IN_PLACE,   /* `event` in place of `other` */
	REFERENCE_MOVED_BACK, /* `other`, where the reference has it: `event` */
	REFERENCE_PART,	      /* all that it has between two equal events, from `event` on */
	REFERENCE_WHOLE,      /* all that it has */
};

/* Compared with a log of a boot that verified; of what no mismatch is, the numbers alone. */
struct reference_answer {
	bool is;		     /* it was compared */
	uint64_t events, now_events; /* that extend it, in the reference and in the logs */
	uint64_t missing, more, changed, moved;
	uint64_t other_data;	      /* have the same digest, but another type or other data */
	struct event_ref other_event; /* the first of them, in the logs */
	enum reference_fix fix;	      /* none: `event`, else `other`, is the first that differs */
	bool has_event, has_other;
	struct event_ref event, other; /* of the reference, of the logs */
	uint64_t put,
		left_out; /* part: events from `event` on, in place of those from `other` on */
	bool at_end;	  /* part: nothing follows them */
	char label[128];  /* type and name of `event`, or of `other` if that is all */
};

struct judgement {
	enum verdict verdict; /* VERDICT_NONE: not wanted, or see err */
	struct err err;
	struct digest replayed; /* what the logs lead to; size 0: nothing was replayed */
	uint64_t records;	/* claims, those told twice once */
	uint64_t matched;	/* those in the history */
	const char **
		sources; /* in the order in which they first stand in the history; NULL at the end */
	struct claims_left *left;
	size_t n_left;
	struct event_ref
		*doubtful; /* claims that may not have been extended, and are in the history */
	size_t n_doubtful;
	struct diagnosis diagnosis;
	bool all_changes; /* mismatch: no single change to the logs gives the value, each was tried */
	bool has_lack; /* unsupported: an event has no digest of its hash; else the hash is not known */
	struct event_ref lack;
	struct event_ref altered; /* of a claim whose data does not hash to its digest */
	bool has_altered;
	bool padded;	   /* IMA extended it with SHA-1 digests, and zeros after them */
	bool initial;	   /* it holds an initial value */
	bool stated;	   /* partial, log-ahead: it starts from a value that only a log states */
	uint64_t extends;  /* what the search took */
	bool spent;	   /* and there were no more for it */
	uint64_t skipped;  /* its text log: lines that correspond to no extend */
	off_t skipped_off; /* the first of them */
	off_t place; /* mismatch: the line of its text log from which on it is wrong; -1: none */
	const char *text_source; /* that log; NULL: none was judged by its lines */
	bool resumes;		 /* from that line on the log reproduces the register */
	const char *other_boot;	 /* a source that is of another boot; NULL: none */
	struct reference_answer reference;
	struct named_event *named; /* those that the diagnosis and the detail name */
	size_t n_named;
	char detail[ERR_MSG_MAX];
	/* The interpretation of its text log, if that alone explains it. */
	bool has_text;
	struct rfc_search_result text;
};

void judgement_clear(struct judgement *j);
/* Whether a history was found; what is doubtful and not in it was not extended then. */
bool judgement_has_history(const struct judgement *j);
/* Whether it is log-ahead and nothing else is wrong: without what was not extended it were a match. */
bool judgement_is_ahead_alone(const struct judgement *j);
/* "put-back", "left-out", ... as in JSON; NULL for REFERENCE_NO_FIX. */
const char *judgement_fix_name(enum reference_fix fix);
/* Whether the history has this doubtful claim. */
bool judgement_has_doubtful(const struct judgement *j, size_t source, uint64_t seq);

#endif
