/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log that is read ahead. Where there is a second processor, a thread pulls the events and
 * judges their data, while the caller makes something of those before: neither needs what the
 * other finds out. A log that fits into one batch is read without it.
 */
#ifndef TSMCTL_REPLAY_READAHEAD_H
#define TSMCTL_REPLAY_READAHEAD_H

#include "replay/payload.h"

struct log_ahead;

/*
 * The reader is borrowed, and left alone until the close. Digests of the hashes that judged[] has
 * true for are judged, as event_explain does it with their hashers; one that libcrypto does not
 * have explains nothing.
 */
int log_ahead_open(struct log_ahead **ret, struct log_reader *reader,
	const bool judged[static HASH_COUNT], struct err *err);
/*
 * As log_reader_next; the event and the explanations of its digests are valid until the next call.
 * No digest may be added to the event.
 */
int log_ahead_next(struct log_ahead *a, struct log_event **ret, const enum explanation **ret_of,
	struct err *err);
/* NULL is let pass. Waits for the thread. */
void log_ahead_close(struct log_ahead *a);

#endif
