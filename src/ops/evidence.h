/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where registers and logs come from: the live machine, or files that the operator names in its
 * place. Everything that checks a log against a register asks here.
 */
#ifndef TSMCTL_OPS_EVIDENCE_H
#define TSMCTL_OPS_EVIDENCE_H

#include "kernel/abi.h"
#include "log/replay.h"
#include "log/values.h"

/* A log file and the register that it was found to be about. */
struct log_input {
	const char *path;
	int fd;
	const struct mr *mr;
};

struct evidence {
	const struct root *root; /* live; NULL away from a machine */
	const struct mr_list *mrs;
	const struct values *values;  /* away from a machine: what the registers hold */
	const struct values *initial; /* trusted start values; may be NULL */
	struct log_input *inputs;     /* in place of the logs that are kept here */
	size_t n_inputs;
	int lock; /* shared with other readers; -1 */
};

/*
 * Opens FILE[:FORMAT] and finds which of the picked registers it is the log of: the only one; else
 * the one that its path names
 * (".../rtmr0/event_log", "rtmr0.log"); else the only one with its hash. ST_USAGE if that does not
 * tell.
 */
int evidence_add_input(struct evidence *ev, const char *arg, const struct mr_pick *picks, size_t n,
	struct err *err);
void evidence_close(struct evidence *ev);

/*
 * Logs alone, each FILE[:FORMAT] the log of a register of its own: added to mrs under the name that
 * its path gives and the hash that it names itself, or under `name` (NAME[:HASH], or NULL) if there
 * is only one. ev->mrs becomes mrs, which the caller clears.
 */
int evidence_of_logs(struct evidence *ev, int n, const char *const args[], const char *name,
	struct mr_list *mrs, struct err *err);

/* The value of a register: mr->size bytes into buf. */
int evidence_value(const struct evidence *ev, const struct mr *mr, uint8_t *buf, struct err *err);

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

/* The same for a value and a log that are at hand. */
int evidence_replay(const struct evidence *ev, const struct mr *mr, int log,
	const struct digest *value, struct replay_result *ret, struct err *err);

#endif
