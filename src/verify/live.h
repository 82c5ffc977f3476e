/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where registers and logs come from: the live machine, or files that the operator names in its
 * place. Everything that checks a log against a register asks here.
 */
#ifndef TSMCTL_VERIFY_LIVE_H
#define TSMCTL_VERIFY_LIVE_H

#include "kernel/backend.h"
#include "replay/rfc_search.h"
#include "evidence/register_file.h"
#include "verify/inputs.h"

struct evidence {
	const struct root *root; /* live; NULL away from a machine */
	const struct mr_list *mrs;
	const struct values *values;  /* away from a machine: what the registers hold */
	const struct values *initial; /* trusted start values; may be NULL */
	struct inputs inputs;	      /* in place of the logs that are kept here */
	int lock;		      /* shared with other readers; -1 */
};

void evidence_close(struct evidence *ev);

/* The value of a register: mr->size bytes into buf. */
int evidence_value(const struct evidence *ev, const struct mr *mr, uint8_t *buf, struct err *err);

/* What the operator trusts this register to have been at first (--initial); size 0: nothing. */
struct digest evidence_trusted_start(const struct evidence *ev, const struct mr *mr);
/* Whether this is the value that the register starts with: what --initial says, else mr_is_initial. */
bool evidence_is_initial(const struct evidence *ev, const struct mr *mr, struct bytes value);

/* Who keeps the log of this register: "kernel", "journal", a file's name; NULL: nobody. */
const char *evidence_source(const struct evidence *ev, const struct mr *mr);

/*
 * Makes sure, before logs are read live, that no other tsmctl extends meanwhile. Without a lock
 * file, or the right to it, that cannot be had and is not asked for; nor is it for the journal,
 * which is read without.
 */
int evidence_share_lock(struct evidence *ev, struct err *err);

/* A copy of its log, as a descriptor that the caller closes. ST_ABSENT if there is none. */
int evidence_open_log(const struct evidence *ev, const struct mr *mr, struct err *err);

/* A register beside its log. */
struct checked {
	struct digest value;
	int log; /* descriptor of a copy of the log */
	struct replay_result replay;
};

/*
 * Reads a register and its log, again if they move meanwhile, and replays the one against the
 * other. The caller clears the result, also after an error. ST_ABSENT if there is no log.
 */
int evidence_check(
	const struct evidence *ev, const struct mr *mr, struct checked *ret, struct err *err);
void checked_clear(struct checked *checked);

/*
 * The same for a value and a log that are at hand. `from`: what the register held when this log
 * began; NULL: what it starts with.
 */
int evidence_replay(const struct evidence *ev, const struct mr *mr, int log,
	const struct digest *from, const struct digest *value, struct replay_result *ret,
	struct err *err);

#endif
