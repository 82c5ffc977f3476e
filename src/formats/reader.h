/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log as a stream of events, whatever its format: pulled one at a time, in memory that does not
 * grow with the log.
 */
#ifndef TSMCTL_FORMATS_READER_H
#define TSMCTL_FORMATS_READER_H

#include "base/window.h"
#include "model/hash.h"

/* What the index of an event counts. */
enum place {
	PLACE_NONE,  /* the log does not say */
	PLACE_PCR,   /* TPM platform configuration registers */
	PLACE_NV,    /* TPM NV indices that are extended */
	PLACE_CC_MR, /* UEFI 2.10, section 38.4.1: 0 MRTD, 1 to 4 RTMR0 to RTMR3 */
	PLACE_NAMED, /* the log names the register itself: `reg` */
};

/* Views are valid until the next event is pulled. */
struct log_event {
	uint64_t seq; /* from 0, within the log */
	uint64_t off; /* of its first byte in the log */
	enum place place;
	uint32_t index;
	const char *reg; /* PLACE_NAMED: the register, as the log names it; else NULL */
	bool extends;	 /* false: of a type that never extends (EV_NO_ACTION, CEL management) */
	const char
		*kind; /* "EV_IPL", "ima-ng", "phase", ...; "record" where the log has no types */
	bool has_type;
	uint32_t type; /* TCG PC Client Platform Firmware Profile, table "Event Types" */
	size_t n_digests;
	struct bytes data; /* as the log has it; p NULL: it leaves it out */
	/*
	 * Where the format itself says that exactly these bytes were hashed into the digests; p NULL
	 * where it does not, and the event's type may.
	 */
	struct bytes hashed;
	/* The log leaves the digest out: it is this hash of `hashed`. HASH_NONE: it does not. */
	enum hash_alg computed;
	bool every_bank; /* H(hashed), or ones where p is NULL, extends banks without a digest here (IMA) */
	/* What the register held before, if the log says so; size 0: it does not (all but journals). */
	struct digest before;
	bool doubtful; /* whether it was extended at all is not in the log, only in the register */
	int locality;  /* of a StartupLocality event (TPM); else -1 */
	struct bytes text; /* what a person wants to read of it, UTF-8; p NULL: the data says it */
	struct bytes time; /* as the log has it, text; p NULL: none */
	struct bytes note; /* text beside a given digest, not hashed; p NULL: none */
	struct event_digest digest[EVENT_DIGESTS_MAX]; /* what was extended, a bank each */
};

struct log_reader;

/* A format is one of these and one line in log_formats[]. */
struct log_format {
	const char *name; /* as in FILE:FORMAT */
	const char *summary;
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

/* In the order in which they are tried. NULL at the end. */
extern const struct log_format *const log_formats[];

struct log_reader {
	const struct log_format *format;
	struct window in;
	uint64_t seq; /* of the next event */
	void *own;    /* the format's */
	struct hashers hashers;
	char note[256]; /* after the end: what the operator should know; empty: nothing */
};

/*
 * Why a file is not what it was given for: if its first bytes are those of a log, err says that. JSON
 * is left alone: its first bytes may be those of both.
 */
void err_if_log(struct bytes file, struct err *err);

/* NULL if there is none of that name (as in FILE:FORMAT). */
const struct log_format *log_format_by_name(const char *name);

/*
 * Reads from offset 0 of a descriptor that seeks and is borrowed. Without a format the first bytes
 * decide: ST_FORMAT, with what was recognised, if they are those of no log.
 */
int log_reader_open(
	struct log_reader *ret, int fd, const struct log_format *format, struct err *err);
/* As the format's next, with the digest that the log leaves out; one that ends before its first
 * event is ST_FORMAT. */
int log_reader_next(struct log_reader *r, struct log_event *ret, struct err *err);
/* The two halves of it: pulls the event, and computes that digest. */
int log_reader_pull(struct log_reader *r, struct log_event *ret, struct err *err);
int log_event_complete(struct log_event *ev, struct hashers *hashers, struct err *err);
/* From the first event once more. */
int log_reader_rewind(struct log_reader *r, struct err *err);
void log_reader_close(struct log_reader *r);

#endif
