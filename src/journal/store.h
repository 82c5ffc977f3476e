/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of this machine, run/tsmctl/journal.jsonl below the root: read by anyone beside the
 * registers, written under the lock by the one process that extends.
 */
#ifndef TSMCTL_JOURNAL_STORE_H
#define TSMCTL_JOURNAL_STORE_H

#include "kernel/backend.h"
#include "formats/journal_state.h"

/* The journal as it stood at one moment. */
struct journal_copy {
	int fd;	   /* -1: there is none */
	off_t end; /* of its last whole line */
};

/*
 * Registers and journal at one moment: value, journal, value, until nothing moved, up to
 * MOVED_RETRIES_MAX times (then ST_SYSTEM). value[i] is that of mrs[i]; size 0, and why in bad[i],
 * where it cannot be read. Takes no lock and writes nothing. The caller closes ret->fd.
 */
int journal_snapshot(const struct root *root, const struct mr *const mrs[], size_t n,
	struct digest value[], struct err bad[], struct journal_copy *ret, struct err *err);

/*
 * All of a journal, every record hashed again. *ret_other: it is of another boot, and none of the
 * machine's registers still holds what it says: it counts for nothing. The caller clears the
 * history, also after an error.
 */
int journal_history(const struct root *root, const struct mr_list *mrs,
	const struct journal_copy *copy, struct hashers *hashers, struct history *ret,
	bool *ret_other, struct err *err);

struct journal_writer {
	const struct root *root;
	const struct mr_list *mrs;
	int dir, fd;
	off_t end;
	struct history history;
	char *buf; /* LINE_MAX_BYTES, for the line that is being put together */
};

/*
 * Under the lock: opens the journal or makes one, repairs a torn last line, sets one of another boot
 * aside, and settles an intent that a crash left open, waiting up to wait_s seconds for its process
 * to be gone. ST_SYSTEM or ST_FORMAT: nothing may be extended. The caller closes it, also after an
 * error.
 */
int journal_writer_open(struct journal_writer *ret, const struct root *root,
	const struct mr_list *mrs, unsigned wait_s, struct err *err);
void journal_writer_close(struct journal_writer *w);
/* Makes sure that there is room for an intent, its end and the settling of both. */
int journal_reserve(struct journal_writer *w, size_t names, struct err *err);
/* Appends an intent and brings it to the disk; on failure the journal is what it was. */
int journal_begin(struct journal_writer *w, struct journal_line *intent, const char *const like[],
	size_t n_like, struct err *err);
/*
 * Appends the end that follows from the value, and, now and then, a state line. Of the registers
 * that were like this one, those that still are are the same.
 */
int journal_finish(struct journal_writer *w, const struct digest *value,
	enum journal_kind *ret_kind, struct err *err);

#endif
