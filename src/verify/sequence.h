/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sequence of claims while it is tried: what a step does to the value, and which claims other logs
 * and journals have for it.
 */
#ifndef TSMCTL_VERIFY_SEQUENCE_H
#define TSMCTL_VERIFY_SEQUENCE_H

#include "verify/timeline.h"

/* Where a sequence stands: all that has to be put back to try another one. */
struct state {
	struct digest value;
	uint64_t taken;	 /* doubtful claims, a bit each */
	uint64_t passed; /* those that were not extended at their `before` */
	uint64_t held;	 /* those whose `before` it was before the last step */
	unsigned
		apart; /* claims taken as an extend of their own, with an equal one next elsewhere */
	uint32_t used[TIMELINE_LISTS_MAX];
	uint32_t n;  /* steps */
	bool beyond; /* other programs than firmware have extended */
};

struct sequence {
	struct timeline *t;
	size_t limit[TIMELINE_LISTS_MAX]; /* claims of each list that may be taken */
	uint64_t budget;
	bool gave_up;	    /* the budget is spent: nothing is taken any more */
	bool few;	    /* lists: few enough to take them whole in every order */
	bool cut;	    /* a switch between lists was not tried because of their number */
	bool share;	    /* equal claims that are next in several lists are one extend */
	unsigned apart_max; /* but for so many of them */
	bool shared;	    /* there were such claims */
	bool may_apart;	    /* there were some that may be two extends */
	bool cut_apart;	    /* such a claim was not taken apart because of that number */
	bool anywhere;	    /* firmware may extend after others, too */
	bool need_whole;    /* the value counts only with all claims taken */
	size_t journal_first; /* the list that goes first where two journals have a claim for a value */
	bool conflict;	      /* there was such a value */
	struct step *path;   /* room for all claims */
	struct state *saved; /* the state before each step; NULL: not kept */
	struct state end;    /* SEQUENCE_FOUND: where */
};

/* What a step decided, and could have decided otherwise. */
struct fork {
	bool is, doubtful;
	struct state other; /* with the other decision */
};

enum sequence_outcome { SEQUENCE_FAILED = -1, SEQUENCE_OPEN, SEQUENCE_FOUND };

/* Borrows the timeline. -1: no memory. */
int sequence_init(struct sequence *s, struct timeline *t, uint64_t budget, struct err *err);
void sequence_clear(struct sequence *s);

/* The claim of a list that comes next; NULL: none is left. */
const struct claim *sequence_next(const struct sequence *s, const struct state *st, size_t list);
/* Spends n extends, or work that takes as long; false, and the search has given up, if there are less. */
bool sequence_spend(struct sequence *s, uint64_t n);
/* At most so many extends are spent from here on, and none that are kept for other registers. */
void sequence_limit(struct sequence *s, uint64_t n);
/* Extends the value, as a step; nothing once the budget is spent. */
int sequence_extend(struct sequence *s, struct state *st, const struct digest *d, struct step step,
	struct err *err);
/* Lets lists pass over claims that tell of the extend of claim c of `list` at the value `before`. */
void sequence_share(struct sequence *s, struct state *st, size_t list, const struct claim *c,
	const struct digest *before);
/* Takes the next claim of a list. */
int sequence_take(
	struct sequence *s, struct state *st, size_t list, struct fork *fork, struct err *err);
/* Takes what journals have for this value: one claim. *ret_more: there was one. */
enum sequence_outcome sequence_step(
	struct sequence *s, struct state *st, struct fork *fork, bool *ret_more, struct err *err);
/* Takes all that journals have for the values from here on, as is likely. */
enum sequence_outcome sequence_follow(struct sequence *s, struct state *st, struct err *err);
/* Whether a list without anchors may go on here: firmware extends nothing after others have. */
bool sequence_may_go_on(const struct sequence *s, const struct state *st, size_t list);
/* All claims are taken, but for loose ones at the end of a log. */
bool sequence_is_whole(const struct sequence *s, const struct state *st);

/*
 * Takes the rest of each list that has no anchors, whole, in this order (indices of lists, n_lists of
 * them), and what journals have between.
 */
enum sequence_outcome sequence_run(
	struct sequence *s, struct state *st, const size_t order[], struct err *err);

#endif
