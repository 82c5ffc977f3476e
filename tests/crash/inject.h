/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and lets one of its system calls go wrong. Counted are the calls that change
 * something below a folder, from 1, in program order: making and opening for writing, writing,
 * cutting, allocating, syncing, renaming, removing, locking, and closing what was open for writing.
 * What the loader does, and what goes to standard output, is not below that folder.
 */
#ifndef TEST_INJECT_H
#define TEST_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define INJECT_TARGET_MAX 4096

struct inject_call {
	unsigned number;
	const char *name;		/* of the system call */
	char target[INJECT_TARGET_MAX]; /* below the folder, "." is the folder itself */
	size_t size;			/* bytes that a write wants to write, else 0 */
};

/* One way to go wrong: an entry of inject_faults, whose end has no name. */
struct inject_fault {
	const char *name;
	enum inject_act {
		INJECT_KILL_BEFORE,
		INJECT_KILL_AFTER,
		INJECT_ERROR,	/* instead of the call, but after a close: a close always closes */
		INJECT_SHORT,	/* a write of fewer bytes */
		INJECT_TEAR,	/* a write of fewer bytes, and killed after it */
		INJECT_ONWARDS, /* this one and all that follow at the same top folder fail */
	} act;
	int error;
	enum inject_keep {
		INJECT_KEEP_NONE,
		INJECT_KEEP_HALF,
		INJECT_KEEP_MOST, /* all but one */
	} keep;
};
extern const struct inject_fault inject_faults[];
const struct inject_fault *inject_fault_by_name(const char *name);
/* Whether the fault can be done to this call: only a write can be short. */
bool inject_applies(const struct inject_fault *fault, const struct inject_call *call);

struct inject_run {
	const char *below; /* an absolute path with no link in it */
	char *const *argv;
	int out, err;			  /* the command's; -1: those of this process */
	const struct inject_fault *fault; /* NULL: none */
	unsigned at;			  /* the number of the call that it happens to */
	/* Called before every call that counts; may be NULL. */
	void (*seen)(void *ctx, const struct inject_call *call);
	void *ctx;
};

/*
 * The wait status of the command, -1 where it could not be run or followed, which is said on
 * standard error. *ret_fired tells whether the fault happened.
 */
int inject_run(const struct inject_run *run, bool *ret_fired);

#endif
