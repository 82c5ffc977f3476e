/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays a kernel's text log against its register. The log may lie; the register cannot. A history
 * is right exactly when hashing it, whole, from a known start gives the register's value; the lines
 * only say which histories to try.
 */
#ifndef TSMCTL_REPLAY_RFC_SEARCH_H
#define TSMCTL_REPLAY_RFC_SEARCH_H

#include "base/effort.h"
#include "formats/rfc_text.h"
#include "model/verdict.h"

/*
 * A run of direct lines that was read as real: those from the one at `first` (an offset) up to
 * `end` extended the register, except the ones that failed. Every other direct line of the log
 * extended nothing.
 */
struct rfc_search_run {
	off_t first, end;
	off_t failed[2];
	unsigned n_failed;
};

struct rfc_search_result {
	enum verdict verdict; /* match, untouched, partial, log-ahead, mismatch or undecided */
	struct digest
		value; /* what the whole log makes of the register in the reading that was chosen */
	uint64_t records; /* lines that extended in that reading */
	uint64_t matched; /* of them, those that the register shows */
	off_t matched_end; /* log-ahead: the lines that the register does not show start here or later */
	uint64_t untrue; /* lines that claim what did not happen, and the first of them */
	off_t untrue_off;
	/*
	 * Mismatch: the line from which on it cannot be right. Undecided: the first of more direct lines
	 * in a row than failed ones are looked for among. -1 if no line tells.
	 */
	off_t place;
	bool resumes; /* mismatch: from `place` on, the log reproduces the register */
	/* Log-ahead, or without a target: it starts from a value that only the log states. */
	bool stated;
	uint64_t extends; /* undecided: the limit that was reached; 0: another one */
	bool in_sync; /* after the log: whether the kernel will put no SYNC before the next record
		       */
	struct rfc_search_run *runs; /* in the order of the log */
	size_t n_runs;
};

/* Start values. */
struct rfc_search_starts {
	const struct digest *v;
	size_t n;
	struct effort *effort; /* this search may have half of it; NULL: REPLAY_EXTENDS_MAX */
};

/* What the register held where the log has this offset (a line, or a blank line, starts there). */
struct rfc_search_from {
	off_t off;
	const struct digest *value;
};

/*
 * Searches a history from one of the start values (in that order), or else from the one that the
 * log itself gives (partial), that ends in `target`; without a target (NULL) it takes what an
 * honest kernel would have meant. Stops as `undecided` after REPLAY_EXTENDS_MAX extends beyond one
 * each line, which the first way through the log takes. The result is cleared by the caller, also after an error.
 */
int rfc_search(struct rfc_log *log, struct hasher *h, struct rfc_search_starts starts,
	const struct digest *target, struct rfc_search_result *ret, struct err *err);
/* The value that the log itself states at its very start; false if it states none. */
int rfc_search_stated_start(struct rfc_log *log, bool *ret_is, struct digest *ret, struct err *err);
/* The same as rfc_search for the part of the log after `from`: match or mismatch, nothing else. */
int rfc_search_tail(struct rfc_log *log, struct hasher *h, struct rfc_search_from from,
	const struct digest *target, struct rfc_search_result *ret, struct err *err);
void rfc_search_clear(struct rfc_search_result *result);

/* Whether this history has the direct line at `off` as one that extended. */
bool rfc_search_direct_is_real(const struct rfc_search_result *result, off_t off);

#endif
