/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of this machine, /run/tsmctl/journal.jsonl below the root: read by anyone beside the
 * registers, written under the lock by the one process that extends.
 */
#ifndef TSMCTL_JOURNAL_STORE_H
#define TSMCTL_JOURNAL_STORE_H

#include "formats/journal_state.h"
#include "kernel/backend.h"

/* The journal as it stood at one moment. */
struct journal_copy {
	int fd;	    /* -1: there is none */
	off_t end;  /* of its last whole line */
	off_t size; /* of the file, before its end was looked for: a torn line may follow */
};

/* Opens it for reading. 0 with -1 in ret->fd: there is none. The caller closes ret->fd. */
int journal_open_copy(const struct root *root, struct journal_copy *ret, struct err *err);

/*
 * Whether a journal that ends in this boot id is this machine's: of this boot, or one of its
 * registers still holds a value that it states. Registers survive a kexec, a boot id does not.
 */
bool journal_goes_on(
	const struct root *root, const struct mr_list *mrs, const struct journal_state *state);

struct journal_writer {
	const struct root *root;
	const struct mr_list *mrs;
	unsigned wait_s;
	int dir, fd;
	off_t end;
	char boot_id[BOOT_ID_TEXT]; /* of the machine */
	char aside[64];		    /* the name that an older journal got; empty: none was there */
	bool is_new;		    /* it was made just now */
	bool same_boot;		    /* its last line was written in this boot */
	struct journal_state state;
	struct journal_line *line; /* that is being read back */
	char *buf;		   /* LINE_MAX_BYTES, for the line that is being put together */
};

/*
 * Under the lock: opens the journal or makes one, repairs a torn last line, and sets one of another
 * boot aside, if none of its registers holds a value that it states. Waits up to wait_s seconds for
 * a process whose intent has no end. ST_SYSTEM or ST_FORMAT: nothing may be extended. The caller
 * closes it, also after an error.
 */
int journal_writer_open(struct journal_writer *ret, const struct root *root,
	const struct mr_list *mrs, unsigned wait_s, struct err *err);
void journal_writer_close(struct journal_writer *w);
/*
 * Ends the intents that a crash left open, by what their registers show. One whose register is gone
 * or cannot be read stays open, which keeps nobody from extending another register.
 */
int journal_settle(struct journal_writer *w, struct err *err);
/* Makes sure that there is room for an intent, its end and the settling of both. */
int journal_reserve(struct journal_writer *w, size_t names, struct err *err);
/* Appends an intent and brings it to the disk; on failure the journal is what it was. */
int journal_begin(struct journal_writer *w, struct journal_line *intent, const char *const like[],
	size_t n_like, struct err *err);
/*
 * Appends the end of record `seq` that follows from the value (NULL: the register was not written
 * to, which makes it void), and, now and then, a state. Registers that showed the same value before
 * and after are recorded as aliases.
 */
int journal_finish(struct journal_writer *w, uint64_t seq, const struct digest *value,
	enum journal_kind *ret_kind, struct err *err);

#endif
