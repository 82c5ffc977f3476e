/* SPDX-License-Identifier: Apache-2.0 */
/* The argument parser: the input is the words behind the program's name, with a NUL after each. */
#include "fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "cli/parse.h"

enum { ARGS_MAX = 256 };

static char *args[ARGS_MAX + 1];
static int n_args;

static bool is_given(const char *s)
{
	for (int i = 0; i < n_args; i++)
		if (s >= args[i] && s <= args[i] + strlen(args[i]))
			return true;
	return false;
}

static void check_error(const struct err *err)
{
	MUST(err->status == ST_USAGE && err->msg[0] != '\0');
	MUST(memchr(err->msg, '\0', sizeof(err->msg)) != NULL);
	for (const char *c = err->msg; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

static void check_choice(const struct opt_spec *o, const char *value)
{
	bool found = o->choices == NULL;
	for (size_t i = 0; !found && o->choices[i] != NULL; i++)
		found = strcmp(o->choices[i], value) == 0;
	MUST(found);
}

/* What a string option holds is what was given, or stood there before. */
static void check_options(const struct opt_spec *opts, size_t n, const struct options *got)
{
	struct options before;
	options_default(&before);
	for (size_t i = 0; i < n; i++) {
		const char *was, *is;
		if (opts[i].kind != OPT_STRING)
			continue;
		memcpy(&was, (const char *)&before + opts[i].off, sizeof(was));
		memcpy(&is, (const char *)got + opts[i].off, sizeof(is));
		MUST(is == was || is_given(is));
		if (is != NULL)
			check_choice(&opts[i], is);
	}
}

static void check_parsed(const struct parsed *p)
{
	bool only_help = p->opt.help || p->opt.version;
	MUST(p->cmd != NULL || only_help);
	MUST(p->opt.wait_s <= LOCK_WAIT_MAX_S && p->opt.inputs.n <= INPUTS_MAX);
	for (size_t i = 0; i < p->opt.inputs.n; i++)
		MUST(is_given(p->opt.inputs.v[i]));
	check_options(global_opts, n_global_opts, &p->opt);
	if (p->cmd == NULL)
		return;
	check_options(p->cmd->opts, p->cmd->n_opts, &p->opt);
	MUST(p->argc >= 0 && (only_help || p->argc >= p->cmd->min_operands));
	MUST(only_help || p->cmd->max_operands < 0 || p->argc <= p->cmd->max_operands);
	for (int i = 0; i < p->argc; i++)
		MUST(is_given(p->argv[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "tsmctl";
	char *words = malloc(size + 1);
	if (words == NULL)
		return 0;
	if (size > 0)
		memcpy(words, data, size);
	words[size] = '\0';

	args[0] = name;
	n_args = 1;
	for (char *at = words; at < words + size && n_args < ARGS_MAX; at += strlen(at) + 1)
		args[n_args++] = at;
	args[n_args] = NULL;

	struct parsed parsed;
	struct err err = {0};
	if (parse_command_line(n_args, args, &parsed, &err) < 0)
		check_error(&err);
	else
		check_parsed(&parsed);
	free(words);
	return 0;
}
