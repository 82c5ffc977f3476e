/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsmctl's own journal: the log of every register whose log no kernel keeps, one for all of them.
 * JSON Lines; tsmctl-journal(5) has the layout. An extend is an intent and its end.
 *
 * A journal has one writer, so its reader takes a line only if it is, byte for byte, what that
 * writer writes: any JSON parser can read it, and none is needed here. (json-c alone would take
 * six times what hashing a record takes.)
 */
#ifndef TSMCTL_FORMATS_JOURNAL_LINE_H
#define TSMCTL_FORMATS_JOURNAL_LINE_H

#include "base/input.h"
#include "base/strbuf.h"
#include "model/hash.h"

#define JOURNAL_SCHEMA "tsmctl.journal/1"

enum journal_kind {
	JOURNAL_HEADER,
	JOURNAL_INTENT,	 /* what is about to be extended */
	JOURNAL_COMMIT,	 /* the register equals what was expected */
	JOURNAL_VOID,	 /* it equals what it was before: the intent counts for nothing */
	JOURNAL_UNKNOWN, /* neither */
	JOURNAL_STATE,	 /* all that the lines before it amount to, and the boot it continues in */
	JOURNAL_PART,	 /* the rest of a state that does not fit into one line */
};

enum {
	BOOT_ID_TEXT = 36 + 1,
	TIME_TEXT = sizeof("2026-11-24T16:17:31Z"),
	JOURNAL_NAME_ROOM = 2 * NAME_MAX_VISIBLE + 32,
};

/* Views are valid until the next line is read. */
struct journal_line {
	enum journal_kind kind;
	struct bytes text; /* the line, without its newline */
	off_t off;
	uint64_t number;	    /* from 1; 0 where reading did not start at the front */
	char boot_id[BOOT_ID_TEXT]; /* header and state */
	char time[TIME_TEXT];	    /* header and intent: UTC */
	uint64_t seq;		    /* of the record, from 0; state and part: of the next one */
	const char *reg;	    /* intent: the register's whole name */
	struct bytes record;	    /* intent: what is hashed; p NULL: a digest was given */
	const char *note;	    /* intent: text beside a given digest; NULL: none */
	struct digest digest, before, expected;
	int pid;	     /* intent: whose it is, and when that process started, in */
	uint64_t start;	     /* clock ticks after boot; 0: not known */
	struct digest value; /* unknown: what the register shows; alg is not set */
	bool more;	     /* state and part: the next line continues with it */
	/* Intent: "like", commit: "same", state and part: "registers", as they stand; see below. */
	struct bytes list;
	char reg_buf[JOURNAL_NAME_ROOM];
	char note_buf[RECORD_MAX + 1];
	uint8_t record_buf[RECORD_MAX];
};

struct journal {
	struct lines lines;
	uint64_t number;
	bool from_front;
};

/*
 * Where the last whole line of a journal before offset `upto` ends. What follows it was being written, or was torn by a
 * crash; what stands before it is never changed again. ST_FORMAT if more follows than a line has.
 */
int journal_end(int fd, off_t upto, off_t *ret, struct err *err);
/* Where the last state line before `end` starts; 0, the header, if there is none. */
int journal_tail(int fd, off_t end, off_t *ret, struct err *err);

/* Reads lines of a descriptor, which is borrowed, from offset `from` to `end`. */
int journal_open(struct journal *ret, int fd, off_t from, off_t end, struct err *err);
void journal_close(struct journal *j);
/* 1 and a line, 0 at the end, -1: ST_FORMAT with the number of the line. */
int journal_next(struct journal *j, struct journal_line *ret, struct err *err);
/* A line, without its newline, that is not the first. Sets what it says, not where it stands. */
int journal_parse(struct bytes text, struct journal_line *ret, struct err *err);
/* Puts the number of a line, or where it stands, in front of what is wrong with it. */
int journal_in(struct err *err, const struct journal_line *line);

/* What a state says of one register. */
struct journal_item {
	struct bytes names;  /* all that it was seen to have; a list */
	struct digest value; /* after its last end, or what its open intent found */
	uint64_t last;	     /* the record that this end belongs to */
	off_t open;	     /* where its open intent stands; 0: it has none */
};

/* Takes a name off the front of a list of names. False at the end. */
bool journal_take_name(struct bytes *list, char ret[static JOURNAL_NAME_ROOM]);
/* Takes an item off the front of a state's or a part's list. False at the end. */
bool journal_take_item(struct bytes *list, struct journal_item *ret);

/* Whether the first bytes of a file are a journal's. */
bool journal_sniff(struct bytes head);
/* Whether `s` is a boot id as Linux writes it: a UUID in lower case. */
bool is_boot_id(const char *s);
/* The hash that a register's whole name ends in. */
enum hash_alg journal_alg(const char *reg);

/* Each writes a line, with its newline. */
void journal_put_header(struct text *t, const char *boot_id, const char *time);
/*
 * Of `line`: seq, reg, record, note, digest, before, expected, pid, start, time. `like`: registers
 * that show `before` too, n of them.
 */
void journal_put_intent(
	struct text *t, const struct journal_line *line, const char *const like[], size_t n);
/* `value`: of an unknown; `same`: of a commit, other names of the register, n of them. */
void journal_put_end(struct text *t, enum journal_kind kind, uint64_t seq,
	const struct digest *value, const char *const same[], size_t n);
/*
 * A state or part line is put in pieces: its front (a part has no boot id: NULL), items, its end.
 * An item is put in pieces, too: its front, names, its end, which has no use for item->names.
 */
void journal_put_state(struct text *t, const char *boot_id, uint64_t seq);
void journal_put_item(struct text *t, bool first);
void journal_put_name(struct text *t, const char *name, bool first);
void journal_put_item_end(struct text *t, const struct journal_item *item);
void journal_put_state_end(struct text *t, bool more);

#endif
