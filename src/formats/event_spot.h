/* SPDX-License-Identifier: Apache-2.0 */
/* An event, as people find it again, and what is to be said of one: a line, fit for a terminal. */
#ifndef TSMCTL_FORMATS_EVENT_SPOT_H
#define TSMCTL_FORMATS_EVENT_SPOT_H

#include <stdint.h>

#include "base/err.h"

struct event_spot {
	const char *source; /* the log, whatever bytes its name has; NULL: there is none */
	uint64_t seq;
};

/* "BEFOREevent SEQ of 'SOURCE'BEHIND". */
void event_spot_say(const char *before, const struct event_spot *spot, const char *behind,
	char ret[ERR_MSG_MAX]);
/* BEFORE, and that the data of the event, which must give its digest, does not. */
void event_spot_say_altered(
	const char *before, const struct event_spot *spot, char ret[ERR_MSG_MAX]);
/* The same behind what ret says already; nothing if there is no such event. */
void event_spot_add_altered(const struct event_spot *spot, char ret[ERR_MSG_MAX]);
/* That the event has no digest of the hash of its register. */
void event_spot_say_lack(const struct event_spot *spot, char ret[ERR_MSG_MAX]);

#endif
