/* SPDX-License-Identifier: Apache-2.0 */
/* Log files that the operator names: which format each has and whose log it is. */
#ifndef TSMCTL_VERIFY_INPUTS_H
#define TSMCTL_VERIFY_INPUTS_H

#include "evidence/quote_json.h"
#include "formats/reader.h"
#include "kernel/root.h"
#include "model/mr_list.h"
#include "replay/payload.h"

struct log_input {
	const char *name; /* as it is shown: the path of a file; "ccel", "kernel", ... */
	char *path;
	int fd;
	uint64_t size; /* in bytes */
	uint64_t cost; /* of reading it once more, in extends; 0: not known yet */
	const struct log_format *format;
	/*
	 * A kernel's text log is told apart by its register, which the operator or the path names; all
	 * other events say themselves which register they are of.
	 */
	bool text;
	const struct mr *mr; /* text: its register */
	const char *
		provider; /* of this machine: the TPM whose PCRs it is of; NULL: it is of no TPM alone */
	bool unsized; /* a pseudo-file: what fstat says of its size is nothing */
	uint64_t
		settled; /* of `size`: what was there before the registers were read; 0: not known */
	bool incomplete; /* its writer marked it: not all that was extended is in it */
	char *as;	 /* the register that all its events are of; NULL: they say it themselves */
	struct log_reader *reader; /* not text: never moved; NULL: it could not be opened */
	bool moved;		   /* the reader is not at the first event */
	bool other_boot;	   /* it is of another boot than the registers: it takes no part */
	struct err err;		   /* with a status: why it was not read to its end */
};

struct inputs {
	struct log_input *v;
	size_t n;
	size_t n_text;		  /* of them, kernels' text logs */
	struct quote_logs quoted; /* whose names some of them have */
	bool values_only;	  /* whether data explains its digests is not asked */
	/* Told, with its argument, how far a replay is; NULL: nobody. */
	void (*progress)(void *arg, const char *path, uint64_t done, uint64_t total);
	void *progress_arg;
};

/*
 * Opens FILE[:FORMAT][@REGISTER] ("-": standard input); a file of that whole name is meant first. FILE may be
 * what 'quote --json --with-logs' prints: its logs are added.
 * ST_FORMAT for what is no log, ST_USAGE for a journal with a register.
 */
int inputs_add(struct inputs *inputs, const char *arg, struct err *err);
void inputs_close(struct inputs *inputs);

/*
 * Finds for each text log which register of the list it is of: the one that its path names
 * (".../rtmr0/event_log", "rtmr0.log"); else the only picked one; else the only one with its hash.
 * ST_USAGE if that does not tell, or if the register that was named for a log is not in the list. What
 * a log's format was guessed to be, CCEL or a TPM's, is settled by the kind of the picked registers.
 */
int inputs_bind(struct inputs *inputs, const struct mr_list *mrs, const struct mr_pick *picks,
	size_t n, struct err *err);
/*
 * The same where no registers are at hand: each text log is of a register of its own, added to mrs
 * under the name that its path gives and the hash that it names itself, or under `name`
 * (NAME[:HASH], or NULL).
 */
int inputs_name(struct inputs *inputs, const char *name, struct mr_list *mrs, struct err *err);
/* Once it is read: whether events that stood in it are missing, or could not be read. */
bool inputs_is_cut(const struct log_input *in);
/* The first text log of this register; NULL: there is none. */
const struct log_input *inputs_text_of(const struct inputs *inputs, const struct mr *mr);
/*
 * Adds a log of this machine, as it stands up to `end`; fd is owned from here on. A log that cannot be
 * opened (fd -1) has its err set to `why`.
 */
int inputs_add_open(struct inputs *inputs, const struct log_input *in, off_t end, struct err *err);

/*
 * Adds a log that stands beside a quote and borrows from it. ST_FORMAT if its format is not known
 * here; what else is wrong with it is the input's own err.
 */
int inputs_add_quoted(struct inputs *inputs, const struct quote_log *log, struct err *err);

/* Whether events of this log can be of this register. */
bool inputs_can_name(const struct log_input *in, const struct mr *mr);

/* Takes one event of a log, and whether its data explains its digests; not 0: an error, or the end. */
typedef int (*input_event_fn)(void *arg, size_t source, struct log_event *ev,
	enum explanation explanation, struct err *err);
/*
 * All events of a log that is no text, from its first one. One that is malformed ends with its err set;
 * -1 only where nothing can go on.
 */
int inputs_read(
	struct inputs *inputs, size_t source, input_event_fn each, void *arg, struct err *err);

#endif
