/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which event to look at, where a log does not give what its register holds: the one change to the
 * log that makes it give exactly that.
 */
#ifndef TSMCTL_LOG_NEAR_MISS_H
#define TSMCTL_LOG_NEAR_MISS_H

#include "base/limits.h"
#include "model/hash.h"

/* An event, as people find it again. */
struct event_spot {
	const char *source; /* NULL: there is none */
	uint64_t seq;
};

/* An event of a register, in their order. */
struct near_event {
	struct event_spot spot;
	struct digest digest; /* what the log says that it extended */
	struct digest own;    /* of its data, which must explain that, and does not; size 0: none */
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
	size_t at;				 /* the event; not for NEAR_ORDER */
	const char *order[NEAR_SOURCES_MAX + 1]; /* NEAR_ORDER: the sources; NULL at the end */
};

/*
 * Tries each change, on at most NEAR_EVENTS_MAX events, in the hash of h; want, start and all digests
 * have it. Of changes that two places allow the first is taken. -1 only if libcrypto fails.
 */
int near_miss_find(struct hasher *h, const struct digest *start, const struct near_event events[],
	size_t n, const struct digest *want, struct near_miss *ret, struct err *err);

#endif
