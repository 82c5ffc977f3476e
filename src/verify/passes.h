/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passes over the sources, all registers at once: the first one is all that honest evidence needs; those
 * that follow gather the claims of the registers that it did not explain.
 */
#ifndef TSMCTL_VERIFY_PASSES_H
#define TSMCTL_VERIFY_PASSES_H

#include "verify/inputs.h"
#include "verify/tracks.h"

struct passes {
	struct inputs *inputs; /* borrowed */
	struct tracks tracks;  /* filled by the caller, for inputs->n sources */
	int *locality;	       /* of each source: where it says that PCR 0 started; 0: nothing */
	size_t *hunt_of;       /* of each track: its hunt, plus one; 0: none */
	struct hunt *hunt;
	size_t n_hunts;
	struct effort *effort; /* that reading again is taken from; NULL: it costs nothing */
};

enum { PASSES_OWN_MAX = 64 };

/* A bank that is searched for. */
struct hunt {
	size_t track;
	struct timeline t;
	const struct hunt *like; /* the first bank of its register; NULL: it is the first */
	bool over;		 /* too many logs: not all of its claims are here */
	bool guessed;		 /* not all interpretations of a text log were tried */
};

int passes_init(struct passes *p, struct inputs *inputs, bool discovers, struct err *err);
void passes_clear(struct passes *p);

/* The first pass. *order: NULL, or the sources in the order in which they are to be taken. */
int passes_first(struct passes *p, const size_t *order, struct err *err);
/*
 * The same once more, of n of the sources, in another order; journals are not read again. 1; 0 if there is
 * not enough left to spend for it.
 */
int passes_again(struct passes *p, const size_t *order, size_t n, struct err *err);
/* The order that passes_first takes, firmware's log first: n numbers of sources. The caller frees it. */
size_t *passes_order(const struct passes *p, struct err *err);
/* Gathers the claims of the banks of p->hunt. 1; 0 if there is not enough left to spend for it. */
int passes_collect(struct passes *p, struct err *err);
/* Tries, for hunts that found nothing, each event of another register. */
int passes_probe(struct passes *p, struct err *err);
/*
 * Whether `n` events of a bank, from `at` on, stand in its source and no other tells of any of them:
 * what several logs tell of may be one extend. Of more than PASSES_OWN_MAX events it says no, and where
 * there is not enough left to spend for it.
 */
int passes_are_own(struct passes *p, size_t track, const struct event_ref *at, uint64_t n,
	bool *ret, struct err *err);

bool passes_is_firmware(const struct log_input *in);
bool passes_is_journal(const struct log_input *in);

#endif
