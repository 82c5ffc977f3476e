/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What logs make of registers: events go in, in their order, whatever format they come from; each
 * register has a value for every hash (bank) that it is extended with. Replay: TCG PC Client
 * Platform Firmware Profile 1.06, section "Event Logging"; UEFI 2.10, section 38.
 */
#ifndef TSMCTL_REPLAY_CHAIN_H
#define TSMCTL_REPLAY_CHAIN_H

#include "formats/event_reg.h"
#include "replay/payload.h"
#include "replay/diagnosis.h"

/* One way to read the log: from one start value. */
struct bank_chain {
	struct digest start, value;
	uint64_t records; /* that extended it */
	bool reached;	  /* it had the value that its register holds */
	uint64_t matched; /* after so many of them, the last time */
};

enum { BANK_CHAINS_MAX = 2 };

struct bank {
	const struct bank_target *target; /* NULL: nobody asked about it */
	enum hash_alg alg;
	struct bank_chain chain[BANK_CHAINS_MAX];
	size_t n_chains;
	bool stated;		/* its start is what the log says, and not known to be initial */
	struct event_spot gap;	/* before this event it was extended by what is in no log */
	uint64_t lacks;		/* events of the register that have no digest for this bank */
	struct event_spot lack; /* the first of them */
	uint64_t altered;	/* events whose data must explain their digest, and does not */
	struct event_spot altered_first;
	const char **sources; /* the logs that it has events in, in their order; NULL at the end */
	size_t n_sources;
	struct near_events kept; /* with a target: to look among them for the wrong one */
};

/* What is asked about: a register, and what it holds. */
struct bank_target {
	const struct mr *mr;
	struct digest want;
	struct digest start; /* trusted; size 0: zeros, or its own name */
};

struct bank_reg {
	enum place place;
	uint32_t index;
	char *name; /* PLACE_NAMED: [PROVIDER/]NAME; else NULL */
	int locality;
	struct bank *of[HASH_COUNT];
};

struct banks {
	struct bank_reg **reg; /* in the order in which they appear */
	size_t n;
	struct bank_reg *direct[2][32];	  /* PCRs and CC MRs by their index: of these */
	const struct bank_target *target; /* borrowed */
	size_t n_targets;
	struct hashers hashers;
};

/* Starts empty; without targets every bank that events have digests for is there. */
void banks_init(struct banks *ret, const struct bank_target targets[], size_t n);
void banks_clear(struct banks *banks);

/*
 * Takes the next event, of a log called `source` (borrowed for as long as the banks are), and whether
 * its data explains its digests. ST_FORMAT if it does not say which register it extends, or there are more than BANK_REGISTERS_MAX.
 */
int banks_take(struct banks *banks, const char *source, struct log_event *ev,
	const enum explanation of[static EVENT_DIGESTS_MAX], struct err *err);

/* The bank of this target; NULL: no event was its. */
const struct bank *banks_find(const struct banks *banks, const struct bank_target *target);
/* The chain that gives what the register holds, or comes nearest; without a target, the value. */
const struct bank_chain *bank_best(const struct bank *bank);
/*
 * What change to the log gives what the register of a bank with a target holds. NEAR_NONE also where
 * the log has a gap, or the bank has too many events. -1 only if libcrypto fails.
 */
int bank_near_miss(
	const struct banks *b, const struct bank *bank, struct near_miss *ret, struct err *err);

#endif
