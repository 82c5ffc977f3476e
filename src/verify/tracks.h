/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers while logs are read, all at once: for each bank (a register in one hash) the values that
 * its claims lead to, in memory that does not grow with the logs. A journal's claims are kept as runs:
 * from which value they lead to which.
 */
#ifndef TSMCTL_VERIFY_TRACKS_H
#define TSMCTL_VERIFY_TRACKS_H

#include "formats/event.h"
#include "model/mr.h"
#include "verify/timeline.h"

enum {
	TRACK_CHAINS_MAX = 4,
	TRACK_RUNS_MAX = 4096, /* of one bank: journals with more are not looked at any further */
	TRACK_SHORT = 32,      /* PCRs and CC MRs below are found by their number */
};

/* Claims of one journal, each of which starts where the one before it ends. */
struct run {
	struct digest before, end;
	uint64_t n, first_seq, last_seq;
	uint32_t source;
	uint32_t nth;	     /* of its journal's, doubtful ones left out */
	bool doubtful;	     /* one claim, which may not have been extended */
	struct digest after; /* doubtful: the value seen after it; size 0: none was */
	uint64_t
		inside; /* claims after which its register had the wanted value, plus one; 0: never */
	uint64_t inside_seq; /* the claim that came then */
	uint32_t taken;	     /* by these chains, a bit each */
};

/* The running value from one start. */
struct chain {
	struct digest start, value;
	uint64_t n;    /* extends so far */
	size_t n_runs; /* runs taken, but for doubtful ones */
	uint64_t
		reached; /* the extends after which it last had the wanted value, plus one; 0: never */
	struct event_ref left; /* the claim that came then, if there is one */
};

/* What one source has of a bank. */
struct tally {
	uint64_t n;
	uint32_t runs;			  /* of a journal, but for doubtful ones */
	uint32_t taken[TRACK_CHAINS_MAX]; /* of these, by each chain: in the journal's order */
	uint64_t first; /* the extends of the chain when it began, plus one; 0: not yet */
};

struct track {
	const struct mr *mr; /* NULL: only the logs name it */
	bool idle;	     /* nobody asks for it: it only has a name that a log may mean */
	enum place place;
	uint32_t index;
	char *name; /* PLACE_NAMED: [PROVIDER/]NAME; owned */
	enum hash_alg alg;
	size_t reg;		      /* banks of one register have the same */
	size_t next;		      /* the next one of this place and index, plus one; 0: none */
	struct digest want;	      /* size 0: not known */
	struct digest trusted;	      /* start value; size 0: none is */
	struct digest alias_start[2]; /* other names, padded with NULs */
	size_t n_aliases;
	int locality; /* PCR 0: where its log says that it started; 0: nothing */
	struct chain chain[TRACK_CHAINS_MAX];
	size_t n_chains;
	struct run *run; /* by `before`, once the journals were read; owned */
	size_t n_runs, n_firm_runs;
	struct tally *tally; /* of each source; owned */
	uint64_t claims;     /* of all sources, but for doubtful ones */
	bool of_every_bank; /* events without a digest of its hash extended it all the same (IMA) */
	bool padded; /* they did so with their SHA-1 digest and zeros after it, see tracks_digest */
	bool has_lack, has_altered;
	struct event_ref first;	   /* its first event */
	struct event_ref lack;	   /* the first that has no digest of its hash */
	struct event_ref altered;  /* the first whose data does not hash to its digest */
	bool too_many;		   /* runs */
	const struct track *rival; /* a log's name for it may mean this one, too; NULL: none */
};

/* A name that events may have for a bank, without provider and hash. */
struct track_name {
	char *name;	/* owned */
	char *provider; /* owned; empty: none */
	size_t track;
	bool alias; /* of another register, which a journal says is this one */
};

/* The same where events have a place for that name. */
struct track_alias {
	enum place place;
	uint32_t index;
	size_t track;
};

struct tracks {
	struct track *v;
	size_t n, n_regs, n_sources;
	struct track_name *name; /* sorted, but for aliases that were added since tracks_rewind */
	bool unsorted;		 /* there are such */
	size_t n_names;
	struct track_alias *alias;
	size_t n_aliases;
	size_t head[2][TRACK_SHORT]; /* CC MRs, PCRs: the first track, plus one */
	uint32_t
		banks; /* of the PCRs that logs named, a bit each, where no registers are at hand */
	bool again;    /* what is taken was counted before */
	bool discovers; /* events of registers that are not here add them */
	struct hashers hashers;
	/* The last event that was looked up, and what it is of: many in a row are of one register. */
	char *last;
	size_t *hit;
	size_t n_hits, hits_room;
};

void tracks_init(struct tracks *ret, size_t n_sources, bool discovers);
void tracks_clear(struct tracks *t);
/*
 * Adds a bank of a register, with its value and its trusted start (size 0: none). ST_ABSENT: libcrypto
 * does not have its hash.
 */
int tracks_add(struct tracks *t, const struct mr *mr, const struct digest *want,
	const struct digest *trusted, struct err *err);
/* [PROVIDER/]NAME[:HASH] is another name of this bank. */
int tracks_add_alias(struct tracks *t, size_t track, const char *name, struct err *err);
/* After the last track and alias, and before each pass over the sources but those of journals. */
void tracks_rewind(struct tracks *t);

/*
 * The banks that an event is of: t->hit, until the next call. Where a name may mean two registers, both
 * are told so. `tpm`: the provider whose PCRs its log is of; NULL: any.
 */
int tracks_find(struct tracks *t, const char *tpm, const struct log_event *ev, struct err *err);

/*
 * What an event extended this bank with; see struct track, padded. *ret_is false: the event has no digest
 * of its hash.
 */
int tracks_digest(struct tracks *t, const struct track *track, const struct log_event *ev,
	struct digest *ret, bool *ret_is, struct err *err);

/* Takes claims of a journal, all that it has of this bank, as one run, with run->source. */
int track_take_run(struct track *track, const struct run *run, struct err *err);
/* Takes a claim of a journal into the runs. */
int track_take_anchored(struct tracks *t, struct track *track, size_t source,
	const struct log_event *ev, struct err *err);
/* After all journals: takes the runs that start where the register does. */
void tracks_start(struct tracks *t);
/* Takes a claim of another log: extends the chains by it, and by the runs that follow. */
int track_take(struct tracks *t, struct track *track, const struct event_ref *at,
	const struct digest *digest, struct err *err);
/* PCR 0 started at this locality, by a log that has events of it. */
void track_set_locality(struct track *track, int locality);

/* Initial values that it may have had: at most TIMELINE_STARTS_MAX. */
size_t track_starts(const struct track *track, struct digest ret[]);
/* The chain that gives the wanted value with all claims; NULL: none does. */
const struct chain *track_settled(const struct track *track);
/* The chain that has most of the claims. */
const struct chain *track_likely(const struct track *track);
/* The first run in its journal that this chain did not take; NULL: it took all. */
const struct run *track_stuck(const struct track *track, const struct chain *chain);
/* Whether a run starts at the chain's value, and others of its journal stand before it. */
bool track_is_disordered(const struct track *track, const struct chain *chain);

#endif
