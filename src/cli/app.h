/* SPDX-License-Identifier: Apache-2.0 */
/* What every command has at hand. */
#ifndef TSMCTL_CLI_APP_H
#define TSMCTL_CLI_APP_H

#include "cli/parse.h"
#include "evidence/evidence.h"
#include "kernel/backend.h"
#include "verify/inputs.h"
#include "out/progress.h"
#include "out/table.h"

struct app {
	const struct cmd_spec *cmd;
	struct options opt;
	int argc; /* the operands */
	char *const *argv;
	struct root root;
	struct sink out;
	struct screen screen; /* of standard output */
	struct err err;	      /* why a command failed, printed by main */
	enum status status;   /* the worst status of single rows, beside err */
	struct err unseen; /* with a status: a part of the trees that app_probe could not look at */
	struct progress progress;
	char **said; /* the errors that are on standard error, for each to be there once */
	size_t n_said;
	bool changed; /* a register was: output that fails is not "nothing happened" */
};

/* A line on standard error. Errors count towards the exit status; equal ones are printed once. */
void app_note(const struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void app_error(struct app *app, const struct err *err);

/* Prints the notes about a log that was read to its end. */
void app_tell_log(const struct app *app, const struct log_input *in);

/*
 * Where an operand that names no register is a file, sets err to ST_USAGE with the command line that
 * takes the file, and returns true.
 */
bool app_err_file(const struct app *app, struct err *err);
/* Registers were given by this option, and nothing that they are checked against: ST_USAGE. */
int app_err_lone(struct app *app, const char *option);

/* Whether it is a regular file, and whether it is a log, in any form that --input takes. */
bool app_is_file(const char *path);
bool app_is_log(const char *path);
/* Which of "--quote" and "--tdreport" takes this file, and what is in it; NULL: neither does. */
const char *app_evidence_option(const char *path, enum evidence_type *ret);

int app_open_root(struct app *app);
/* Opens the root and finds what is there; the caller clears the tree. */
int app_probe(struct app *app, struct tree *ret);

/* After app_probe said rc: whether it found that this machine has no measurement registers of its own. */
bool app_has_no_tvm(const struct app *app, const struct tree *tree, int rc);
/* What --graceful makes of that: a note, in JSON a document that has it as its error, and status 0. */
int app_skip_no_tvm(struct app *app);

/* The register that an operand names, and those that the operands mean; NULL, -1: with app->err. */
/* The same for what only a TVM's own registers allow: ST_ABSENT where there are none but a TPM's. */
struct mr *app_find_own(struct app *app, const struct tree *tree, const char *spec);
struct mr *app_find(struct app *app, const struct mr_list *mrs, const char *spec);
int app_pick(struct app *app, const struct mr_list *mrs, int argc, char *const argv[],
	struct mr_pick **ret, size_t *ret_n);

/*
 * An error for what app_probe could not look at, where operands may mean a register there: none is
 * given, or one is not the whole name of a register.
 */
void app_tell_unseen(struct app *app, const struct mr_list *mrs, int argc, char *const argv[]);

/* The start and the end of a JSON document: {"schema":..., then members, then }. */
void app_json_begin(struct app *app, struct json *j);
void app_json_end(struct json *j);
/* A document without results that says why, if JSON was asked for and nothing was printed yet. */
void app_json_error(struct app *app);
/* The member "logs", or another one: which logs were read, as what. */
void app_json_logs(struct json *j, const struct inputs *inputs);
void app_json_named_logs(struct json *j, const char *key, const struct inputs *inputs);

/* Shows, on a terminal, how far the replay of these is. */
void app_watch(struct app *app, struct inputs *inputs);

/* Whether to colour standard output. */
bool app_colored(const struct app *app);

void print_help(struct sink *out, const struct cmd_spec *cmd);

#endif
