/* SPDX-License-Identifier: Apache-2.0 */
/* An event as bytes, to be printed in another order than it was read. */
#ifndef TSMCTL_CLI_KEPT_EVENT_H
#define TSMCTL_CLI_KEPT_EVENT_H

#include "out/sink.h"
#include "verify/events.h"

struct kept_event {
	struct event event;
	char kind[64];
	struct event_digest digests[EVENT_DIGESTS_MAX];
};

/* Only the place of the source's name is kept: it has to stay there. */
void kept_event_put(struct sink *out, const struct event *event);
/* What was put, as an event of this register; views of b, and of *ret, which must not move. */
void kept_event_get(struct bytes b, const char *register_name, struct kept_event *ret);

#endif
