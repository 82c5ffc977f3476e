/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which event to look at, where a log does not give what its register holds: the one change to the
 * log that makes it give exactly that.
 */
#ifndef TSMCTL_REPLAY_DIAGNOSIS_H
#define TSMCTL_REPLAY_DIAGNOSIS_H

#include "base/limits.h"
#include "formats/event_spot.h"
#include "model/hash.h"

/* An event of a register, in their order. */
struct near_event {
	struct event_spot spot;
	struct digest digest; /* what the log says that it extended */
	struct digest own;    /* of its data, which must explain that, and does not; size 0: none */
};

/* Those of a register, in their order; v is owned. */
struct near_events {
	struct near_event *v; /* NULL with n > NEAR_EVENTS_MAX: too many, and none is kept */
	size_t n;
};

enum near_kind {
	NEAR_NONE,
	NEAR_OWN,     /* with the digest of its own data in place of that in the log */
	NEAR_WITHOUT, /* without it */
	NEAR_TWICE,   /* if it was extended twice */
	NEAR_SWAPPED, /* if it and the next one change places */
	NEAR_ORDER,   /* if the logs change places */
};

struct near_miss {
	enum near_kind kind;
	struct event_spot spot;			 /* the event; not for NEAR_ORDER */
	const char *order[NEAR_SOURCES_MAX + 1]; /* NEAR_ORDER: the sources; NULL at the end */
};

/* Adds an event whose `own` is not known. -1 only for an error of memory. */
int near_events_add(struct near_events *events, const struct event_spot *spot,
	const struct digest *digest, struct err *err);
/* Adds all of `more` behind them, as near_events_add does. */
int near_events_join(struct near_events *events, const struct near_events *more, struct err *err);
/* The last one that was added; NULL: none, or there are too many. */
struct near_event *near_events_last(const struct near_events *events);
void near_events_clear(struct near_events *events);

/*
 * Tries each change in the hash of h; want, start and all digests have it. Of changes that two places
 * allow the first is taken. NEAR_NONE also where there are too many events. -1 only if libcrypto fails.
 */
int near_miss_find(struct hasher *h, const struct digest *start, const struct near_events *events,
	const struct digest *want, struct near_miss *ret, struct err *err);

/*
 * What was found, not NEAR_NONE, as a line like those of event_spot.h, and behind it `altered` if it is
 * another event that has wrong data.
 */
void near_miss_say(
	const struct near_miss *near, const struct event_spot *altered, char ret[ERR_MSG_MAX]);

#endif
