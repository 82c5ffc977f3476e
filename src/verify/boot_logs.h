/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The logs that other programs keep on this machine: firmware and boot loader (CCEL), systemd, the
 * Confidential Containers agent, dstack. What a register holds may be spread over them.
 */
#ifndef TSMCTL_VERIFY_BOOT_LOGS_H
#define TSMCTL_VERIFY_BOOT_LOGS_H

#include "kernel/root.h"
#include "replay/chain.h"
#include "model/mr_list.h"
#include "model/verdict.h"

enum { BOOT_LOGS_MAX = 4 };

/* What one log says of one register. */
struct boot_part {
	struct digest *v; /* that extended it, in their order */
	size_t n;
	struct near_events kept; /* the same, to look among them for the wrong one */
	struct event_spot lack;	 /* the first event that has no digest of its hash */
	struct event_spot
		altered; /* the first event whose data must explain its digest, and does not */
};

struct boot_log {
	const char *source;   /* "ccel", ... */
	const char *path;     /* below the root */
	struct err err;	      /* with a status: why it was not read, or not to its end */
	struct boot_part *of; /* of each register of the list */
};

struct boot_logs {
	const struct mr_list *mrs;	    /* borrowed */
	struct boot_log log[BOOT_LOGS_MAX]; /* firmware's first */
	size_t n;			    /* that are there */
	bool read;
};

/* Known logs, for those who show them: their names and paths in this order, NULL behind them. */
struct boot_log_place {
	const char *source, *path;
	const struct log_format *format;
};
extern const struct boot_log_place boot_log_places[BOOT_LOGS_MAX + 1];
/* Opens one below the root. A descriptor; -1 and ST_ABSENT: it is not there, or empty. */
int boot_log_open(const struct root *root, const struct boot_log_place *place, struct err *err);

/*
 * Reads all that are there. One that cannot be read has its err set; -1 only for an error of memory
 * or of libcrypto. The caller clears the result, also after an error.
 */
int boot_logs_read(
	const struct root *root, const struct mr_list *mrs, struct boot_logs *ret, struct err *err);
void boot_logs_clear(struct boot_logs *logs);

/* A record of the journal, which says where in the history it belongs. */
struct anchored {
	uint64_t seq;
	struct digest before, digest;
};

struct joined {
	bool match;
	struct digest value; /* what the best order makes of it */
	uint64_t records;    /* of all */
	uint64_t matched;    /* those after which it held its value; 0: none */
	bool reached;	     /* it held it at least once, all of the journal being in it */
	const char *sources[BOOT_LOGS_MAX +
			    2]; /* of those that have a record of it, NULL behind them */
	struct event_spot altered, lack;
};

/*
 * Joins what the logs say of register i of the list: in whatever order of whole logs, firmware's
 * first, gives `value`, each record of the journal where its `before` is the value so far. No
 * records: none of the logs has any.
 */
int boot_logs_join(const struct boot_logs *logs, size_t i, const struct digest *start,
	const struct digest *value, const struct anchored journal[], size_t n_journal,
	struct hasher *h, struct joined *ret, struct err *err);

/* What a history that gives the value is: a match, or, with the detail, unsupported or altered. */
enum verdict joined_verdict(const struct joined *joined, char detail[ERR_MSG_MAX]);

/*
 * What change to these logs, one behind the other, the journal last, gives `value`, which no order of
 * them does. -1 only for an error of memory or of libcrypto.
 */
int boot_logs_near_miss(const struct boot_logs *logs, size_t i, const struct digest *start,
	const struct digest *value, const struct anchored journal[], size_t n_journal,
	struct hasher *h, struct near_miss *ret, struct err *err);

/* The first log that was not read to its end; NULL: all were. */
const struct boot_log *boot_logs_unread(const struct boot_logs *logs);

#endif
