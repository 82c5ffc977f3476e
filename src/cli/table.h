/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as data. Parser, --help, the lists in the man page and three completions come
 * from these tables and from nothing else.
 */
#ifndef TSMCTL_CLI_TABLE_H
#define TSMCTL_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct app;

enum opt_kind {
	OPT_FLAG,    /* bool */
	OPT_COUNT,   /* unsigned: how often it was given */
	OPT_STRING,  /* const char *, the last one given */
	OPT_LIST,    /* struct str_list, all of them */
	OPT_SECONDS, /* unsigned */
};

/* What a shell offers after an option or for an operand. */
enum complete {
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_REGISTER,
	COMPLETE_CHOICE, /* of `choices` */
	COMPLETE_LIST,	 /* one or more, with commas, of those after the last colon of the help */
};

enum { INPUTS_MAX = 64 };

struct str_list {
	const char *v[INPUTS_MAX];
	size_t n;
};

/* Everything that options can say; zero where nothing was said, but for what options_default sets.
 */
struct options {
	const char *root, *abi, *color;
	bool json, quiet, no_pager, help, version;
	unsigned verbose;

	const char *format;
	bool jsonl, no_header, raw, no_log, allow_ahead, once, dry_run, force;
	unsigned wait_s;
	const char *columns, *event, *event_file, *file, *digest, *note, *hex;
	const char *values, *expect, *initial, *quote, *tdreport;
	const char *report_data, *report_data_file, *at;
	const char *nonce, *privlevel;
	const char *service_provider, *service_guid, *service_manifest_version;
	bool random, with_logs;
	unsigned quote_wait_s;
	const char *context;
	bool graceful, predict;
	struct str_list inputs, references, registers, root_ca, certs, crl, require, phases;
};

struct opt_spec {
	char sh; /* 0: none */
	const char *lg;
	enum opt_kind kind;
	const char *metavar;	    /* NULL: takes none */
	const char *const *choices; /* NULL at the end; NULL: anything */
	enum complete complete;
	size_t off; /* in struct options */
	const char *help;
};

struct cmd_spec {
	const char *name;
	const char *operands; /* in the synopsis */
	const char *summary;
	const char *about; /* a few sentences for its --help */
	const struct opt_spec *opts;
	size_t n_opts;
	int min_operands, max_operands; /* max -1: any number */
	enum complete complete;		/* of operands */
	const char *schema;		/* of its JSON */
	const char *rows;		/* the array in it; NULL: none */
	int (*run)(struct app *app, int argc, char *const argv[]);
};

extern const struct opt_spec global_opts[];
extern const size_t n_global_opts;
extern const struct cmd_spec commands[];
extern const size_t n_commands;

const struct cmd_spec *command_by_name(const char *name);
/* Sets the defaults of struct options. */
void options_default(struct options *ret);

/* One file each; argv are the operands. -1 with app->err, or 0; what single rows failed with is in
 * app->status then. */
int cmd_list(struct app *app, int argc, char *const argv[]);
int cmd_quote(struct app *app, int argc, char *const argv[]);
int cmd_read(struct app *app, int argc, char *const argv[]);
int cmd_extend(struct app *app, int argc, char *const argv[]);
int cmd_write(struct app *app, int argc, char *const argv[]);
int cmd_measure(struct app *app, int argc, char *const argv[]);
int cmd_log(struct app *app, int argc, char *const argv[]);
int cmd_verify(struct app *app, int argc, char *const argv[]);
int cmd_diff(struct app *app, int argc, char *const argv[]);
int cmd_replay(struct app *app, int argc, char *const argv[]);
int cmd_status(struct app *app, int argc, char *const argv[]);

#endif
