/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log that is read ahead. A second thread, where there is a second processor, pulls the events and
 * hashes their data while the caller replays; they share no state. A log that fits into one batch is
 * read without it.
 */
#ifndef TSMCTL_REPLAY_READAHEAD_H
#define TSMCTL_REPLAY_READAHEAD_H

#include "replay/payload.h"

struct readahead;

/*
 * The reader is borrowed, and left alone until the close. If `explains`, all digests of an event are
 * judged, as payload_explain does it; one of a hash that libcrypto does not have explains nothing.
 */
int readahead_open(
	struct readahead **ret, struct log_reader *reader, bool explains, struct err *err);
/*
 * As log_reader_next; the event and the explanations of its digests are valid until the next call.
 * No digest may be added to the event.
 */
int readahead_next(struct readahead *r, struct log_event **ret, const enum explanation **ret_of,
	struct err *err);
/* NULL is let pass. Waits for the thread. */
void readahead_close(struct readahead *r);

#endif
