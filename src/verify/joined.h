/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events that several logs have of each register, joined in the order in which they were extended as
 * far as the logs tell: firmware's first, others as they were named, and a journal's where its records
 * say that they stand.
 */
#ifndef TSMCTL_VERIFY_JOINED_H
#define TSMCTL_VERIFY_JOINED_H

#include "verify/events.h"
#include "verify/numbers.h"

/* Records of a journal that follow each other: from which value to which. */
struct joined_run {
	struct digest before, end;
	uint32_t first, n; /* among the events as they were read */
	bool taken;
};

struct joined_register {
	char *name;	    /* [PROVIDER/]NAME; owned */
	enum hash_alg only; /* the one bank that its name means; HASH_NONE: it has several */
	enum hash_alg alg;  /* the bank whose digests are read; HASH_NONE: none is known */
	uint32_t given;	    /* the banks that each event has a digest of, a bit each */
	uint32_t possible;  /* the same with those that can be computed */
	bool lacks;	    /* an event has no digest in the bank that is read */
	uint32_t n;
	uint32_t *digest; /* the number of each event's digest, in the joined order; owned */
	uint32_t *mark;	  /* of each event's type and data, in the same order; 0: none; owned */
	uint32_t *place;  /* where each event that was read stands in it; NULL: as read; owned */
	struct joined_run *run;
	uint32_t n_runs, n_free; /* events before the first run */
	size_t at;		 /* free for the caller */
	uint32_t next;		 /* while events are told: the next one that is read */
};

enum { JOINED_SALT = 18 };

struct joined {
	struct inputs *inputs;	    /* borrowed */
	struct joined_register **v; /* in the order in which the logs name them */
	size_t n;
	uint64_t n_events;
	uint64_t salt[JOINED_SALT];   /* of the marks: the caller draws it */
	void *tree;		      /* by name */
	struct joined_register *last; /* whose event was read last, and what it was of */
	enum place place;
	uint32_t index;
	struct hashers hashers;
	struct rfc_search_result *text; /* of each input that is a text log */
};

/*
 * Whether two events of two joined sides with the same salt have another type, data or note, as far as two
 * logs of one format tell. Others are not compared: formats say the same in other bytes. Two that differ are
 * taken for equal once in 2^27, whatever was made up, as the salt is not known to who wrote the log.
 */
bool joined_marks_differ(uint32_t a, uint32_t b);

/* The strongest of these banks, a bit each; HASH_NONE: there is none. */
enum hash_alg joined_strongest(uint32_t banks);

/*
 * Reads all events that extend a register, each register in the bank that is set, else in the strongest
 * one of its first event; numbers[alg] has the digests. ST_FORMAT for more than DIFF_EVENTS_MAX. Reading
 * once more begins anew and keeps what is known of the registers.
 */
int joined_init(struct joined *ret, struct inputs *inputs, struct err *err);
int joined_read(struct joined *j, struct numbers numbers[static HASH_COUNT], struct err *err);
void joined_clear(struct joined *j);

/* Whether event `at` of the joined order of a register is to be told, and with which name. */
typedef const char *(*joined_want_fn)(void *arg, const struct joined_register *reg, uint32_t at);
typedef int (*joined_event_fn)(void *arg, const struct joined_register *reg, uint32_t at,
	const struct event *event, struct err *err);
struct joined_teller {
	joined_want_fn want; /* NULL: not wanted */
	joined_event_fn each;
	void *arg;
};
/* Reads the logs again and tells of the events that are wanted. */
int joined_tell(struct joined *j, const struct joined_teller *teller, struct err *err);

#endif
