/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal makes of the registers whose log it is. */
#ifndef TSMCTL_VERIFY_JOURNALED_H
#define TSMCTL_VERIFY_JOURNALED_H

#include "model/verdict.h"
#include "verify/boot_logs.h"
#include "journal/store.h"

struct kept_verdict {
	enum verdict verdict;	/* none: see err */
	struct digest value;	/* what the register holds; size 0: not known */
	struct digest replayed; /* what the journal makes of it; size 0: it has no record of it */
	uint64_t records, matched;
	const char *sources[BOOT_LOGS_MAX + 2]; /* the logs that have a record of it, NULL behind */
	bool is_near; /* mismatch: the detail says which change to the logs gives the value */
	char detail[ERR_MSG_MAX];
	struct err err;
};

/* Registers beside the journal, at one moment. */
struct kept {
	const struct mr **mr;
	struct kept_verdict *verdict; /* of mr[i] */
	size_t n;
	struct journal_copy copy;
	struct history history;
	bool open;		    /* its last intent has no end; history.open tells of it */
	enum journal_kind open_end; /* the one that follows from its register */
	struct hashers hashers;
	bool other_boot;
	struct boot_logs boot;	  /* read where the journal alone does not explain a register */
	uint64_t missing;	  /* records of registers that are not here */
	const char *missing_name; /* one of them */
};

/*
 * Judges the registers of mrs whose log is the journal and that have a value: all, whatever the
 * operator named, since one journal tells of all of them. What it does not explain alone is
 * joined with the logs of other programs. `trusted(arg, mr, value)` says whether a
 * value is the one that the register starts with. A journal that cannot be read is the err of every
 * row, one of an error of memory -1. The caller clears the result, also after an error.
 */
int kept_judge(const struct root *root, const struct mr_list *mrs,
	bool (*initial)(const void *arg, const struct mr *mr, struct bytes value), const void *arg,
	struct kept *ret, struct err *err);
void kept_clear(struct kept *kept);
/* The verdict of a register; NULL: it is none of these. */
const struct kept_verdict *kept_find(const struct kept *kept, const struct mr *mr);

/*
 * One register, and whether this very record (or, p NULL, this given digest) is among those that
 * extended it.
 */
int journal_judge_once(const struct root *root, const struct mr_list *mrs, const struct mr *mr,
	struct bytes record, const struct digest *digest, struct kept_verdict *ret, bool *ret_found,
	struct err *err);

#endif
