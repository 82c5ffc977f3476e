/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record numbers of a TCG Canonical Event Log. Each producer counts in its own way, over the
 * log or per register, from 0 or 1: they are looked at for gaps, and never used to put in order.
 */
#ifndef TSMCTL_FORMATS_RECNUM_H
#define TSMCTL_FORMATS_RECNUM_H

#include "formats/reader.h"

struct recnum_count {
	uint64_t next;
	uint64_t n;
	uint64_t bad_off; /* of the first record that does not follow, if bad */
	bool bad;
};

struct recnums {
	uint64_t records, missing;
	struct recnum_count all, each; /* over the log; of each register for itself */
	size_t n_registers;
	struct {
		uint64_t key;
		struct recnum_count count;
	} reg[RECNUM_REGISTERS_MAX];
};

/* The next record of a log, and its number; NULL: it has none. */
void recnum_take(struct recnums *r, const struct log_event *event, const uint64_t *recnum);
/*
 * The number that the next record of its register has in a log that is written: each register
 * counts from 0, and those beyond RECNUM_REGISTERS_MAX count together.
 */
uint64_t recnum_give(struct recnums *r, const struct log_event *event);
/*
 * At the end of the log: says in its note where the numbers do not go on, or that some records have none. A
 * log without any number has them left out by design: nothing is said.
 */
void recnum_note(const struct recnums *r, struct log_reader *log);

#endif
