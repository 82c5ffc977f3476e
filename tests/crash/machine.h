/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated machine, what is run on it, and what is true on it. */
#ifndef TEST_MACHINE_H
#define TEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inject.h"

enum { MACHINE_PATH_MAX = 4096, MACHINE_ARGS_MAX = 16, VALUE_MAX = 64 };

/* A kernel interface of the simulator, and a register that it has. */
struct tree {
	const char *name;
	const char *sim[MACHINE_ARGS_MAX]; /* tsmsim's options */
	const char *reg;		   /* the register's whole name */
	const char *other;		   /* and its other one; NULL: it has none */
	const char *hash;
	const char *value; /* its file below the root, or of each entry there is for one */
	const char *index; /* of the entries: what the right one's index says; NULL: no entries */
	size_t size;
	bool journal;	 /* else a kernel keeps its log */
	bool set;	 /* a static register, which tsmctl write sets to the hash of a text */
	bool direct;	 /* extended with a given digest, the hash of a text */
	const char *log; /* of records: where the kernel keeps the log: that file below the root */
	const char
		*faults[MACHINE_ARGS_MAX]; /* of the kernel, during an extend; tests/sim/fault.c */
};
extern const struct tree trees[];
const struct tree *tree_by_name(const char *name);

struct machine {
	const char *tsmctl, *tsmsim;
	const struct tree *tree;
	char dir[MACHINE_PATH_MAX];  /* absolute, without links */
	char root[MACHINE_PATH_MAX]; /* in it */
};

/* These end the process with a message where the machine itself fails: that is no result. */
void machine_open(struct machine *m, const char *tsmctl, const char *tsmsim, const char *dir,
	const struct tree *tree);
void machine_start(struct machine *m); /* as after boot: registers, no run/tsmctl */
void machine_stop(struct machine *m);
/* As written to the simulator's control file. */
void machine_fault(const struct machine *m, const char *spec);
/* Whether a fault has happened since the start. */
bool machine_fired(const struct machine *m);
/* The true value of the register: what its file says. An entry that is missing: zeros, and false. */
bool machine_value(const struct machine *m, uint8_t ret[VALUE_MAX]);
/* What another program does: extends the register, making an entry for it where it lacks one. */
void machine_foreign(const struct machine *m, const uint8_t *digest);
/* Gives it a folder run/tsmctl with a lock and this journal. */
void machine_journal(const struct machine *m, const char *text);

/*
 * Runs tsmctl on the machine with these arguments (NULL ends them); its output is in the files
 * stdout and stderr of the folder. The exit status, or 128 and the signal that ended it.
 */
int machine_run(const struct machine *m, const char *const args[]);
/* The same in two steps; the files' names end in `name`. */
pid_t machine_begin(const struct machine *m, const char *const args[], const char *name);
int machine_end(pid_t pid);
/* Another program, with this one's output. */
int machine_other(const char *const argv[]);
/* The same, with a fault; fault, at, seen and ctx of `inject` are used. */
int machine_inject(
	const struct machine *m, const char *const args[], struct inject_run *inject, bool *fired);
/* The content of a file of the folder, with a NUL behind it; allocated, never NULL. */
char *machine_text(const struct machine *m, const char *name);
void machine_append(const struct machine *m, const char *name, const char *text);
void machine_file(const struct machine *m, const char *name, const char *text);
void machine_path(const struct machine *m, const char *name, char ret[MACHINE_PATH_MAX]);

#endif
