/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lines of a journal amount to: for each register its names, the value that it was last
 * seen with, and where its chain of extends breaks.
 */
#ifndef TSMCTL_FORMATS_JOURNAL_STATE_H
#define TSMCTL_FORMATS_JOURNAL_STATE_H

#include "formats/journal_line.h"

enum journal_break {
	BREAK_NONE,
	BREAK_FOREIGN, /* somebody extended it between two records, and not through the journal */
	BREAK_UNKNOWN, /* whether a record was extended cannot be known */
};

struct journal_reg;

/* A name of a register. */
struct journal_name {
	const char *text;
	struct journal_name *next; /* of the same register */
	struct journal_name *up;   /* towards the name that holds the register; NULL: this one */
	struct journal_reg *reg;   /* of the name that holds it */
	char room[];		   /* for the text */
};

/* An intent whose end is not there. */
struct journal_intent {
	struct journal_intent *next;
	struct journal_reg *reg;
	uint64_t seq, start;
	int pid;
	off_t off;	  /* of its line */
	const char *name; /* of the register, as the line has it */
	struct digest before, expected;
	struct bytes like; /* others that showed `before`, a list as in journal_line; owned */
};

/* One register under all its names. */
struct journal_reg {
	struct journal_reg *next, *prev;
	struct journal_name *names, *names_end; /* at least one */
	size_t n_names;
	struct digest value;	     /* after its last end, or what its open intent found */
	uint64_t last;		     /* the record that this end belongs to */
	struct journal_intent *open; /* NULL: none */
	uint64_t records;	     /* that were extended */
	uint64_t matched;	     /* of them, those before the first break */
	struct digest first;	     /* what it held before its first record */
	uint64_t first_seq;
	uint64_t first_extended;   /* the first record that was */
	enum journal_break broken; /* the first break */
	uint64_t break_after;	   /* foreign: the record that it comes after */
	uint64_t break_at;	   /* the record that shows it, or whose fate is unknown */
};

struct journal_state {
	struct journal_reg *regs, *regs_end; /* in the order in which they were first named */
	size_t n_regs, n_names;
	struct journal_intent *open, *open_end; /* in the order of their records */
	void *names;				/* of all registers, tsearch(3) */
	uint64_t seq;				/* of the next record */
	char boot_id[BOOT_ID_TEXT];		/* the last one */
	off_t state_off, state_end;		/* of the last whole state; 0: none */
	struct hashers *hashers;		/* NULL: records are believed */
	int fd;					/* where open intents of a first state are read */
	bool begun;
	/* Of a state whose last line was not taken yet. */
	bool in_state;
	bool loading;		 /* the first thing that is read: nothing to compare it with */
	struct journal_reg *due; /* the register that comes next in it */
	char due_boot_id[BOOT_ID_TEXT];
	off_t due_off;
};

/*
 * Starts empty. With hashers (borrowed) every record is hashed again, and states must say what the
 * lines before them amount to; without, the first line may be a state.
 */
void journal_state_init(struct journal_state *s, struct hashers *hashers);
void journal_state_clear(struct journal_state *s);
/* Takes the next line. ST_FORMAT, without its number, if it does not follow from those before. */
int journal_state_take(struct journal_state *s, const struct journal_line *line, struct err *err);
/*
 * Takes all lines of a journal from offset `from` to `end`. If these end within a state, in_state
 * is set, and it starts at due_off: it was being written, and counts for nothing.
 */
int journal_state_read(struct journal_state *s, int fd, off_t from, off_t end, struct err *err);

/* When all is taken: from here on several threads may find registers at the same time. */
void journal_state_freeze(struct journal_state *s);
/* The register that has this name; NULL: none. */
struct journal_reg *journal_state_find(const struct journal_state *s, const char *name);
/* The open intent of this record; NULL: it has an end, or there is none. */
struct journal_intent *journal_state_open(const struct journal_state *s, uint64_t seq);
/* The end that an open intent has if its register holds `value`. */
enum journal_kind journal_state_end_of(
	const struct journal_intent *open, const struct digest *value);
/*
 * Whether an end of the intent may name this one as the same register: what extended that register
 * since the intent would not be known to have come before or after it.
 */
bool journal_state_may_join(
	const struct journal_state *s, const struct journal_intent *open, const char *name);
/* The register of an open intent has this name, too. */
int journal_state_join(struct journal_state *s, const struct journal_intent *open, const char *name,
	struct err *err);
/* Ends an open intent, as a line of this kind would (commit, void, unknown: with a value); frees it. */
void journal_state_settle(struct journal_state *s, struct journal_intent *open,
	enum journal_kind kind, const struct digest *value);

/*
 * Puts the next line of a state of these registers, whose boot id counts from there on. *at is the
 * first register to tell of, at first s->regs (or `due`, where in_state is set: then the rest of
 * that state is put), then what the line before left; NULL: it was the last.
 */
int journal_state_put(const struct journal_state *s, const char *boot_id,
	const struct journal_reg **at, struct text *t, struct err *err);

#endif
