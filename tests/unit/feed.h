/* SPDX-License-Identifier: Apache-2.0 */
/* Logs that a test puts together byte by byte, and what the readers give of them. */
#ifndef TEST_FEED_H
#define TEST_FEED_H

#include "kernel_model.h"
#include "formats/reader.h"

void text_le16(struct text *t, unsigned v);
void text_le32(struct text *t, uint32_t v);
void text_be32(struct text *t, uint32_t v);
/* The bytes that these digits stand for; spaces among them do not count. */
void text_unhex(struct text *t, const char *hex);

struct feed {
	size_t n;     /* events that were delivered */
	uint64_t end; /* of the last one */
	int rc;	      /* 0: the log ended; -1: err says why not */
	struct err err;
	char note[256];
	const char *format; /* the reader's; NULL: none could be opened */
	bool guessed;
};

typedef void feed_event(const struct log_event *ev, void *arg);

/*
 * Reads a log to its end; `each`, unless it is NULL, sees each event. The format is told from the
 * log if it is NULL. Ends the test for an event that no reader may give.
 */
void feed_log(struct bytes log, const char *format, feed_event *each, void *arg, struct feed *ret);

/* The log ends well, after n events of this format. */
void feed_good(struct bytes log, const char *given, const char *format, size_t n);
/* It ends with ST_FORMAT and a message that has `part` in it, after n events. */
void feed_bad(struct bytes log, const char *format, size_t n, const char *part);

/*
 * Cut at every byte, a good log of this format gives the events that are whole, and then an error
 * with an offset; only between two events, where bytes that are all 0x00 or 0xff may stand (or, in
 * JSON, blanks, RS and the end of the array), it may end.
 */
void feed_cuts(struct bytes log, const char *format);

/* What the log makes of a register that starts as zeros; ret has room for the hash's size. */
void feed_value(struct bytes log, const char *format, enum place place, uint32_t index,
	const struct model_hash *h, uint8_t *ret);

#endif
