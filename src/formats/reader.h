/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log of any format as a stream of events: pulled one at a time, in memory that does not grow
 * with the log.
 */
#ifndef TSMCTL_FORMATS_READER_H
#define TSMCTL_FORMATS_READER_H

#include <sys/types.h>

#include "base/window.h"
#include "formats/event.h"

struct log_reader;

/* Which registers the events of a format can be of. */
enum log_names {
	NAMES_CC_MR = 1 << 0,
	NAMES_PCR = 1 << 1,
	NAMES_NV = 1 << 2,
	NAMES_NAMED = 1 << 3,
	NAMES_ANY = NAMES_CC_MR | NAMES_PCR | NAMES_NV | NAMES_NAMED,
};

/* A format is one of these and one line in log_formats[]. */
struct log_format {
	const char *name; /* as in FILE:FORMAT */
	const char *summary;
	unsigned names; /* of enum log_names */
	bool is_json;	/* read by json-c */
	bool headed; /* it starts with more than its first record: without one it is a log, too */
	/* Whether the first bytes of a file (up to LOG_HEAD_BYTES) are those of such a log. */
	bool (*sniff)(struct bytes head);
	/*
	 * Where another format starts in the same way: reads on, as far as it has to but not over
	 * LOG_LOOK_BYTES, and says which one it is. NULL: the first bytes tell.
	 */
	const struct log_format *(*settle)(struct log_reader *r);
	/* Reads what stands before the first event; NULL: nothing does. */
	int (*open)(struct log_reader *r, struct err *err);
	/* 1 and an event, 0 at the end, -1 with ST_FORMAT and the offset. */
	int (*next)(struct log_reader *r, struct log_event *ret, struct err *err);
	/* Frees r->own; NULL: there is nothing. */
	void (*close)(struct log_reader *r);
};

struct log_reader {
	const struct log_format *format;
	struct window in;
	uint64_t seq;	/* of the next event */
	void *own;	/* the format's */
	bool guessed;	/* the format: the log does not say for sure */
	const char *as; /* the register of all events, overriding the log; NULL: the log says it */
	struct hashers hashers;
	off_t end; /* what stands from here on is not looked at; INT64_MAX: all is */
	/* Once it is open: of the boot that the log ends in; NULL: the log does not say. */
	const char *boot_id;
	bool cut; /* after the end: events that stood in it are missing, or could not be read */
	char note[256]; /* after the end: what the operator should know; empty: nothing */
};

/* For whoever opens one: reads what stands before the first event. */
int log_reader_start(struct log_reader *r, struct err *err);
/*
 * As the format's next, with a digest that the log omits computed; a log that ends before its first
 * event is ST_FORMAT.
 */
int log_reader_next(struct log_reader *r, struct log_event *ret, struct err *err);
/*
 * The two halves of it: pulls the event, whose register is the same however the log spells it (see
 * event_settle_place), and computes that digest.
 */
int log_reader_pull(struct log_reader *r, struct log_event *ret, struct err *err);
int log_event_complete(struct log_event *ev, struct hashers *hashers, struct err *err);
/* From the first event once more. */
int log_reader_rewind(struct log_reader *r, struct err *err);
void log_reader_close(struct log_reader *r);

#endif
