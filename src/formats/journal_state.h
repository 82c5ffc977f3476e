/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lines of a journal amount to: for each register the value that it was last seen with,
 * and where its chain of extends breaks.
 */
#ifndef TSMCTL_FORMATS_JOURNAL_STATE_H
#define TSMCTL_FORMATS_JOURNAL_STATE_H

#include "formats/journal_line.h"

enum history_break {
	BREAK_NONE,
	BREAK_FOREIGN, /* somebody extended it between two records, and not through the journal */
	BREAK_UNKNOWN, /* whether a record was extended cannot be known */
};

/* One register under all its names. */
struct history_group {
	struct journal_group g; /* value.size 0: not seen yet */
	uint64_t records;	/* that were extended */
	uint64_t matched;	/* of them, those before the first break */
	struct digest first;	/* what it held before its first record */
	uint64_t first_seq;
	enum history_break broken; /* the first break */
	uint64_t break_after;	   /* foreign: the record that it comes after */
	uint64_t break_at;	   /* the record that shows it, or whose fate is unknown */
};

/* An intent whose end is not there. */
struct open_intent {
	bool is;
	size_t group; /* its register's, in struct history */
	uint64_t seq, start;
	int pid;
	char reg[JOURNAL_NAME_ROOM];
	struct digest before, expected;
	struct bytes
		like; /* other registers that showed `before`, a list as in journal_line; owned */
};

struct history {
	struct history_group *group;
	size_t n;
	uint64_t seq; /* of the next record */
	char boot_id[BOOT_ID_TEXT];
	off_t state_off; /* of the last state line; 0: none */
	struct open_intent open;
	struct hashers *hashers; /* NULL: records are believed */
	bool begun;
};

/*
 * Starts empty. With hashers (borrowed) every record is hashed again, and state lines must say what
 * the lines before them amount to; without, the first line may be a state line.
 */
void history_init(struct history *h, struct hashers *hashers);
void history_clear(struct history *h);
/* Takes the next line. ST_FORMAT, without its number, if it does not follow from those before. */
int history_take(struct history *h, const struct journal_line *line, struct err *err);
/* Takes all lines of a journal from offset `from` to `end`. */
int history_read(struct history *h, int fd, off_t from, off_t end, struct err *err);

/* The group that has this name; NULL: none. */
struct history_group *history_find(const struct history *h, const char *name);
/* The end that an open intent has if its register holds `value`. */
enum journal_kind history_end_of(const struct open_intent *open, const struct digest *value);
/* The register of the open intent has this name, too. */
int history_same(struct history *h, const char *name, struct err *err);
/* Ends the open intent, as a line of this kind would (commit, void, unknown: with a value). */
void history_settle(struct history *h, enum journal_kind kind, const struct digest *value);

#endif
