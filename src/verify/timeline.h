/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history of one register in one hash: the sequence of its logs' claims that leads from an
 * initial value to its value. With a hash that does not collide there is at most one.
 */
#ifndef TSMCTL_VERIFY_TIMELINE_H
#define TSMCTL_VERIFY_TIMELINE_H

#include "base/effort.h"
#include "model/hash.h"

/* What a log says was extended. */
struct claim {
	uint64_t seq;
	struct digest digest;
	struct digest before; /* a journal's: it stands only at this value; else size 0 */
	struct digest after;  /* doubtful: the value seen after it; size 0: none was */
	struct digest
		own;  /* of its data, which must explain the digest and does not; else size 0 */
	uint64_t key; /* of its event, the same in every bank */
	/* Found, and not all of its list is in the sequence: */
	bool is_in;    /* it is */
	bool is_moved; /* it is not, but what it tells of was extended at another place */
	bool loose;    /* a direct line of a text log: left out, it is no claim */
};

/* Those of one log, in its order. */
struct claim_list {
	struct claim *v; /* owned */
	size_t n;
	size_t source;	  /* its index among the sources */
	const char *name; /* of the source; borrowed */
	bool firmware;	  /* its claims come before those of other logs without anchors */
	bool anchored;	  /* a journal: each claim has `before` */
	size_t agent; /* firmware: the first claim of an agent that has written on, plus one; 0: none */
	size_t bound; /* firmware: the claims from here on may be another program's */
	uint32_t
		copies; /* the lists that are part of it, or it of them, a bit each: none is taken apart */
};

enum {
	TIMELINE_LISTS_MAX = 16,
	TIMELINE_STARTS_MAX = 8,
	TIMELINE_CLAIMS_MAX =
		8192, /* of one register: of more, only orders of whole logs are tried */
	TIMELINE_DOUBTFUL_MAX = 64, /* of one register; of more, some are left out */
};

/* A place in a log. */
struct event_ref {
	size_t source;
	uint64_t seq;
};

enum diagnosis_kind {
	DIAG_NONE,
	DIAG_WRONG_DIGEST,   /* with the digest of its data in place of the log's */
	DIAG_EXTRA,	     /* without it */
	DIAG_REPEATED,	     /* if it was extended one time more */
	DIAG_SWAPPED,	     /* if it and `other`, which follows it, change places */
	DIAG_ORDER,	     /* the value is explained: its log has it at another place */
	DIAG_OTHER_REGISTER, /* if it, which was logged for another register, extended this one */
	DIAG_FOREIGN,	     /* something that is in no log extended before it, after `other` */
	DIAG_UNREACHED,	     /* the logs do not lead to what it found, from `other` */
	DIAG_ALTERED,	     /* its data does not hash to its digest */
	DIAG_AGGREGATE,	     /* of a match: it is not the hash of the PCRs as they are */
};

struct diagnosis {
	enum diagnosis_kind kind;
	bool has_event, has_other;
	struct event_ref event, other;
	uint64_t further; /* extra: others that were not extended either */
};

/* An element of a sequence: a claim of a list, or (list DOUBTFUL_LIST) a doubtful one. */
struct step {
	uint16_t list;
	uint32_t at;
};

enum { DOUBTFUL_LIST = UINT16_MAX };

/* What of a list is in the history, in its order. */
struct fit {
	size_t in;
	size_t left, first_left;   /* claims that were not extended, but for loose ones */
	size_t moved, first_moved; /* claims that were extended at another place */
	bool inside;		   /* others that were extended follow one that was not */
};

struct timeline {
	/* The question. Borrowed, but for the claims. */
	struct hasher *h;
	struct effort *effort; /* of all registers together; NULL: as much as one likes */
	const struct digest *want;
	struct claim_list list[TIMELINE_LISTS_MAX];
	size_t n_lists;
	struct claim *doubtful; /* of journals: whether they were extended is not in the log */
	size_t *doubtful_source;
	size_t n_doubtful;
	struct digest start[TIMELINE_STARTS_MAX]; /* initial values */
	size_t n_starts;
	struct digest
		stated[TIMELINE_STARTS_MAX]; /* that a log starts from, and that are not initial */
	size_t n_stated;
	bool trusted; /* the start is one that the operator trusts: no log may state another */

	/* The answer. */
	bool found;	     /* a sequence gives the value */
	bool unsure;	     /* found: whether all claims can be in it at once was not found out */
	bool from_stated;    /* found: from a stated start */
	bool all_tried;	     /* not found: these logs allow no other sequence */
	uint64_t extends;    /* that the search took */
	bool spent;	     /* and there were no more for it */
	uint64_t budget;     /* that are left */
	struct digest value; /* found: the wanted one; else what the likely order leads to */
	struct step *path;   /* found: the sequence; else the likely order */
	size_t n_path;
	struct digest from; /* what it starts with: of the starts, or the stated ones, this one */
	size_t from_index;
	struct fit fit[TIMELINE_LISTS_MAX];
	struct diagnosis diagnosis; /* not found: the one change that would make it so */
	bool all_changes;	    /* not found: each single change was tried */
	struct state *saved;	    /* not found: where the likely order stood before each step */
};

void timeline_clear(struct timeline *t);
/* Adds a claim to the end of a list. -1: no memory. */
int timeline_add(struct claim_list *list, const struct claim *claim, struct err *err);
/* Adds a doubtful one that no other journal has; those over TIMELINE_DOUBTFUL_MAX are left out. */
int timeline_add_doubtful(
	struct timeline *t, size_t source, const struct claim *claim, struct err *err);
/* The claim that is this element. */
const struct claim *timeline_claim_at(const struct timeline *t, const struct step *step);
size_t timeline_claims(const struct timeline *t);
/* The extends that a search may take. */
uint64_t timeline_budget(const struct timeline *t);

#endif
