/* SPDX-License-Identifier: Apache-2.0 */
/* Log files that the operator names: which format each has and whose log it is. */
#ifndef TSMCTL_VERIFY_INPUTS_H
#define TSMCTL_VERIFY_INPUTS_H

#include "replay/chain.h"
#include "model/mr_list.h"

struct log_input {
	char *path;
	int fd;
	uint64_t size; /* in bytes */
	/*
	 * A kernel's text log is told apart by its register, which the operator or the path names; all
	 * other events say themselves which register they are of.
	 */
	bool text;
	const struct mr *mr;	   /* text: its register */
	struct log_reader *reader; /* not text: at its first event; never moved */
	struct err err;		   /* with a status: why it was not read to its end */
};

struct inputs {
	struct log_input *v;
	size_t n;
	size_t n_text; /* of them, kernels' text logs */
	/* Told, with its argument, how far a replay is; NULL: nobody. */
	void (*progress)(void *arg, const char *path, uint64_t done, uint64_t total);
	void *progress_arg;
};

/* Opens FILE[:FORMAT] ("-": standard input). ST_FORMAT for what is no log. */
int inputs_add(struct inputs *inputs, const char *arg, struct err *err);
void inputs_close(struct inputs *inputs);

/*
 * Finds for each text log which of the picked registers it is of: the only one; else the one that
 * its path names (".../rtmr0/event_log", "rtmr0.log"); else the only one with its hash. ST_USAGE if
 * that does not tell, or two are of one.
 */
int inputs_bind(struct inputs *inputs, const struct mr_pick *picks, size_t n, struct err *err);
/*
 * The same where no registers are at hand: each text log is of a register of its own, added to mrs
 * under the name that its path gives and the hash that it names itself, or under `name`
 * (NAME[:HASH], or NULL).
 */
int inputs_name(struct inputs *inputs, const char *name, struct mr_list *mrs, struct err *err);
/* The text log of this register; NULL: there is none. */
const struct log_input *inputs_text_of(const struct inputs *inputs, const struct mr *mr);

/*
 * Puts all events of those that are not text into the banks, one log behind the other. One that is
 * malformed ends with its err set; -1 only where nothing can go on.
 */
int inputs_replay(struct inputs *inputs, struct banks *banks, struct err *err);

#endif
