/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parse.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "cli/suggest.h"

enum { OPTS_MAX = 48, LONG_BASE = 256 };

/* The options that may stand here, in the form that getopt_long takes. */
struct grammar {
	const char *cmd; /* whose options are among them; NULL: the global ones alone */
	const struct opt_spec *spec[OPTS_MAX];
	size_t n;
	struct option lg[OPTS_MAX + 1];
	char sh[2 * OPTS_MAX + 3];
};

static void grammar_add(struct grammar *g, const struct opt_spec *opts, size_t n)
{
	for (size_t i = 0; i < n && g->n < OPTS_MAX; i++) {
		const struct opt_spec *o = &opts[i];
		g->lg[g->n] =
			(struct option){o->lg, o->metavar != NULL, NULL, LONG_BASE + (int)g->n};
		g->spec[g->n++] = o;
		size_t at = strlen(g->sh);
		if (o->sh == 0)
			continue;
		g->sh[at++] = o->sh;
		if (o->metavar != NULL)
			g->sh[at++] = ':';
		g->sh[at] = '\0';
	}
}

static const struct opt_spec *grammar_find(const struct grammar *g, int code)
{
	if (code >= LONG_BASE)
		return code - LONG_BASE < (int)g->n ? g->spec[code - LONG_BASE] : NULL;
	for (size_t i = 0; i < g->n; i++)
		if (g->spec[i]->sh == code)
			return g->spec[i];
	return NULL;
}

/* Whether the first n bytes are the whole name of a long option. */
static bool has_option(const struct grammar *g, const char *name, size_t n)
{
	for (size_t i = 0; i < g->n; i++)
		if (strlen(g->spec[i]->lg) == n && memcmp(g->spec[i]->lg, name, n) == 0)
			return true;
	return false;
}

static int check_choice(const struct opt_spec *o, const char *value, struct err *err)
{
	for (size_t i = 0; o->choices != NULL; i++) {
		if (o->choices[i] == NULL) {
			err_set(err, ST_USAGE, "--%s '%s': not one of", o->lg, value);
			for (size_t k = 0; k < i; k++)
				err_add(err, "%s %s", k > 0 ? "," : "", o->choices[k]);
			return -1;
		}
		if (strcmp(o->choices[i], value) == 0)
			return 0;
	}
	return 0;
}

static int store_seconds(
	unsigned *ret, const struct opt_spec *o, const char *value, struct err *err)
{
	const char *why;
	*ret = (unsigned)strtonum(value, 0, LOCK_WAIT_MAX_S, &why);
	if (why != NULL)
		return err_set(err, ST_USAGE, "--%s '%s': not a number of seconds from 0 to %d",
			o->lg, value, LOCK_WAIT_MAX_S);
	return 0;
}

/* Whether `value` is an option of g where a file is to be named, and no file has that name. */
static bool is_option(const struct grammar *g, const struct opt_spec *o, const char *value)
{
	if (o->complete != COMPLETE_FILE || strncmp(value, "--", 2) != 0)
		return false;
	return has_option(g, value + 2, strlen(value + 2)) && access(value, F_OK) < 0;
}

static int store(struct options *opt, const struct opt_spec *o, const char *value, struct err *err)
{
	void *at = (char *)opt + o->off;
	struct str_list *list = at;
	if (check_choice(o, value, err) < 0)
		return -1;
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)at = true;
		break;
	case OPT_COUNT:
		++*(unsigned *)at;
		break;
	case OPT_STRING:
		/* Which of two files was looked at is not for the reader of the answer to guess. */
		if (*(const char **)at != NULL && strcmp(o->metavar, "FILE") == 0)
			return err_set(err, ST_USAGE, "--%s is given twice", o->lg);
		*(const char **)at = value;
		break;
	case OPT_LIST:
		if (list->n == INPUTS_MAX)
			return err_set(err, ST_USAGE, "more than %d --%s", INPUTS_MAX, o->lg);
		list->v[list->n++] = value;
		break;
	case OPT_SECONDS:
		return store_seconds(at, o, value, err);
	}
	return 0;
}

/* The command lines of the commands that have this long option. Whether there is one. */
static bool add_owners(struct err *err, const char *name)
{
	bool any = false;
	for (size_t i = 0; i < n_commands; i++) {
		for (size_t k = 0; k < commands[i].n_opts; k++) {
			const struct opt_spec *o = &commands[i].opts[k];
			if (strcmp(o->lg, name) != 0)
				continue;
			err_add(err, "%s 'tsmctl %s --%s%s%s'", any ? " or" : "; did you mean",
				commands[i].name, name, o->metavar != NULL ? " " : "",
				o->metavar != NULL ? o->metavar : "");
			any = true;
		}
	}
	return any;
}

/* Logs that are operands here are named by an option elsewhere: replay --input LOG. */
static bool add_operand(
	struct err *err, const struct grammar *g, const char *option, const char *next)
{
	const struct cmd_spec *cmd = g->cmd != NULL ? command_by_name(g->cmd) : NULL;
	size_t n = strlen("--input");
	if (cmd == NULL || strncmp(cmd->operands, "LOG", 3) != 0 ||
		strncmp(option, "--input", n) != 0 || (option[n] != '\0' && option[n] != '='))
		return false;
	err_add(err, "; did you mean 'tsmctl %s %s'?", cmd->name,
		option[n] == '=' ? option + n + 1
		: next != NULL	 ? next
				 : "LOG");
	return true;
}

/* What a long option was meant to be: one that may stand here, or one of another command. */
static bool add_meant(struct err *err, const struct grammar *g, const char *option)
{
	char name[32] = "";
	struct suggestion s = {.word = name};
	size_t n = strcspn(option, "=");
	size_t dashes = option[1] == '-' ? 2 : 1;
	if (n < dashes || n >= sizeof(name))
		return false;
	memcpy(name, option + dashes, n - dashes);
	for (size_t i = 0; i < g->n; i++)
		suggest_try(&s, g->spec[i]->lg);
	bool exact = s.name != NULL && s.distance == 0;
	if (!exact && add_owners(err, name)) {
		err_add(err, "?");
		return true;
	}
	if (s.name != NULL)
		err_add(err, "; did you mean '--%s'?", s.name);
	return s.name != NULL;
}

/* `next`: what stands after the option; NULL: nothing does. */
static int err_unknown(
	struct err *err, const struct grammar *g, const char *option, const char *next)
{
	const char *cmd = g->cmd != NULL ? g->cmd : "";
	err_set(err, ST_USAGE, "unknown option '%s'%s%s%s", option, g->cmd != NULL ? " for '" : "",
		cmd, g->cmd != NULL ? "'" : "");
	if (add_operand(err, g, option, next) || add_meant(err, g, option))
		return -1;
	return err_add(err, "; see 'tsmctl %s%s--help'", cmd, g->cmd != NULL ? " " : "");
}

/* getopt takes the letters of -quote for options: the word that this unknown one is in, if it names an option. */
static const char *one_dash(const struct grammar *g, char *const argv[], char letter)
{
	/* At the last letter of a word, optind is beyond it. */
	for (int i = optind; i >= optind - 1; i--) {
		const char *word = argv[i];
		if (word != NULL && word[0] == '-' && strchr(word, letter) != NULL &&
			has_option(g, word + 1, strcspn(word + 1, "=")))
			return word;
	}
	return NULL;
}

static int err_option(struct err *err, const struct grammar *g, int code, char *const argv[])
{
	const struct opt_spec *o = optopt > 0 ? grammar_find(g, optopt) : NULL;
	const char letter[] = {'-', (char)optopt, '\0'};
	if (code == ':' && o != NULL)
		return err_set(err, ST_USAGE, "--%s needs a value: %s", o->lg, o->metavar);
	if (o != NULL)
		return err_set(err, ST_USAGE, "--%s takes no value", o->lg);
	const char *option = argv[optind - 1];
	if (optopt > 0 && optopt < LONG_BASE) {
		const char *word = one_dash(g, argv, (char)optopt);
		option = word != NULL ? word : letter;
	}
	return err_unknown(err, g, option, argv[optind]);
}

/*
 * Parses options of g at the front of argv, or anywhere in it. optind is left at the first operand.
 * The first error is reported; later options are still parsed, because one may be --json.
 */
static int parse_options(const struct grammar *g, const char *mode, int argc, char *argv[],
	struct options *opt, struct err *err)
{
	char sh[sizeof(g->sh) + 3];
	size_t n = strlen(mode);
	struct err later;
	int rc = 0;
	memcpy(sh, mode, n);
	memcpy(sh + n, g->sh, strlen(g->sh) + 1);
	optind = 0;
	opterr = 0;
	/* No environment variable changes what a command does; getopt looks at this one. */
	unsetenv("POSIXLY_CORRECT");
	for (;;) {
		optopt = 0;
		int code = getopt_long(argc, argv, sh, g->lg, NULL);
		if (code == -1)
			return rc;
		const struct opt_spec *o =
			code != '?' && code != ':' ? grammar_find(g, code) : NULL;
		struct err *why = rc == 0 ? err : &later;
		if (o == NULL)
			rc = err_option(why, g, code, argv);
		else if (is_option(g, o, optarg))
			rc = err_set(why, ST_USAGE, "--%s needs a value before '%s': %s", o->lg,
				optarg, o->metavar);
		else if (store(opt, o, optarg, why) < 0)
			rc = -1;
	}
}

static int err_too_many(const struct parsed *p, const char *operand, struct err *err)
{
	const struct options *o = &p->opt;
	bool text = p->cmd->run == cmd_extend && o->event == NULL && o->event_file == NULL &&
		    o->file == NULL && o->digest == NULL;
	err_set(err, ST_USAGE, "%s: '%s' is one operand too many", p->cmd->name, operand);
	return text ? err_add(err, "; did you mean --event '%s'?", operand)
		    : err_add(err, "; see 'tsmctl %s --help'", p->cmd->name);
}

static int check_operands(const struct parsed *p, struct err *err)
{
	const struct cmd_spec *cmd = p->cmd;
	if (p->argc < cmd->min_operands)
		return err_set(err, ST_USAGE, "%s: %s is missing; see 'tsmctl %s --help'",
			cmd->name, cmd->operands, cmd->name);
	if (cmd->max_operands >= 0 && p->argc > cmd->max_operands)
		return err_too_many(p, p->argv[cmd->max_operands], err);
	return 0;
}

/* argv[0] is the command's name. `failed`: an option before it is wrong, and err says that. */
static int parse_command(
	struct grammar *g, int argc, char *argv[], bool failed, struct parsed *ret, struct err *err)
{
	struct err later;
	g->cmd = ret->cmd->name;
	grammar_add(g, ret->cmd->opts, ret->cmd->n_opts);
	int rc = parse_options(g, ":", argc, argv, &ret->opt, failed ? &later : err);
	if (failed || rc < 0)
		return -1;
	ret->argc = argc - optind;
	ret->argv = argv + optind;
	return ret->opt.help || ret->opt.version ? 0 : check_operands(ret, err);
}

static int err_unknown_command(struct err *err, const char *word)
{
	struct suggestion s = {.word = word};
	for (size_t i = 0; i < n_commands; i++)
		suggest_try(&s, commands[i].name);
	if (s.name != NULL)
		return err_set(
			err, ST_USAGE, "unknown command '%s'; did you mean '%s'?", word, s.name);
	return err_set(err, ST_USAGE, "unknown command '%s'; see 'tsmctl --help'", word);
}

/* 'help COMMAND' and 'version' are what --help and --version are; the command is taken for them. */
static bool take_word(const char *word, struct options *opt)
{
	bool help = strcmp(word, "help") == 0, version = strcmp(word, "version") == 0;
	opt->help = opt->help || help;
	opt->version = opt->version || version;
	return help || version;
}

int parse_command_line(int argc, char *argv[], struct parsed *ret, struct err *err)
{
	struct grammar g = {0};
	*ret = (struct parsed){0};
	options_default(&ret->opt);
	if (argc < 1)
		return err_set(err, ST_USAGE, "no command; see 'tsmctl --help'");

	/*
	 * "+": the command, the first operand, ends the global options. ":": a missing value is
	 * reported as such.
	 */
	grammar_add(&g, global_opts, n_global_opts);
	int rc = parse_options(&g, "+:", argc, argv, &ret->opt, err);
	while (rc == 0 && optind < argc && take_word(argv[optind], &ret->opt)) {
		argc -= optind;
		argv += optind;
		rc = parse_options(&g, "+:", argc, argv, &ret->opt, err);
	}
	if (optind >= argc)
		return rc < 0 || ret->opt.help || ret->opt.version
			       ? rc
			       : err_set(err, ST_USAGE, "no command; see 'tsmctl --help'");
	ret->cmd = command_by_name(argv[optind]);
	if (ret->cmd == NULL)
		return rc < 0 ? rc : err_unknown_command(err, argv[optind]);
	return parse_command(&g, argc - optind, argv + optind, rc < 0, ret, err);
}
