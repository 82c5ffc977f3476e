/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/app.h"
#include "out/wrap.h"

enum { HELP_INDENT = 28, HELP_WIDTH = 80 };

static void wrap(struct sink *out, const char *text, size_t col, size_t indent)
{
	wrap_words(out, text, col, indent, HELP_WIDTH);
}

static void print_option(struct sink *out, const struct opt_spec *o)
{
	size_t col = 8 + strlen(o->lg);
	sink_str(out, "  ");
	if (o->sh != 0) {
		sink_char(out, '-');
		sink_char(out, o->sh);
		sink_str(out, ", ");
	} else {
		wrap_spaces(out, 4);
	}
	sink_str(out, "--");
	sink_str(out, o->lg);
	if (o->metavar != NULL) {
		sink_char(out, ' ');
		sink_str(out, o->metavar);
		col += 1 + strlen(o->metavar);
	}
	if (col + 2 > HELP_INDENT) {
		sink_char(out, '\n');
		col = 0;
	}
	wrap_spaces(out, HELP_INDENT - col);
	wrap(out, o->help, HELP_INDENT, HELP_INDENT);
	if (o->choices == NULL)
		return;
	wrap_spaces(out, HELP_INDENT);
	for (size_t i = 0; o->choices[i] != NULL; i++) {
		sink_str(out, i == 0 ? "one of: " : ", ");
		sink_str(out, o->choices[i]);
	}
	sink_char(out, '\n');
}

static void print_options(
	struct sink *out, const char *title, const struct opt_spec *opts, size_t n)
{
	sink_str(out, title);
	for (size_t i = 0; i < n; i++)
		print_option(out, &opts[i]);
}

static void print_overview(struct sink *out)
{
	sink_str(out, "Usage: tsmctl [GLOBAL OPTIONS] COMMAND [OPTIONS] [OPERANDS]\n\n");
	wrap(out,
		"Lists, reads, extends and verifies the measurement registers of a confidential "
		"VM, and prints their event logs.",
		0, 0);
	sink_str(out, "\nCommands:\n");
	for (size_t i = 0; i < n_commands; i++) {
		sink_str(out, "  ");
		sink_str(out, commands[i].name);
		wrap_spaces(out, 10 - strlen(commands[i].name));
		sink_str(out, commands[i].summary);
		sink_char(out, '\n');
	}
	print_options(out, "\nGlobal options:\n", global_opts, n_global_opts);
	sink_char(out, '\n');
	wrap(out,
		"A register is [PROVIDER/]NAME[:HASH]; PROVIDER and HASH may be omitted if NAME is "
		"unambiguous.",
		0, 0);
	wrap(out,
		"Exit status: 0 done, 1 verification failed, 2 wrong command line, 3 not available "
		"here, 4 refused by the system and no register was changed, 5 malformed input, "
		"6 a register was changed, or may have been, and something after that failed: see "
		"standard error, 'tsmctl verify' and 'tsmctl status'.",
		0, 0);
	wrap(out, "'tsmctl help COMMAND' explains one command, tsmctl(8) all of them.", 0, 0);
}

void print_help(struct sink *out, const struct cmd_spec *cmd)
{
	if (cmd == NULL) {
		print_overview(out);
		return;
	}
	sink_str(out, "Usage: tsmctl ");
	sink_str(out, cmd->name);
	if (cmd->n_opts > 0)
		sink_str(out, " [OPTIONS]");
	sink_char(out, cmd->operands[0] != '\0' ? ' ' : '\n');
	if (cmd->operands[0] != '\0') {
		sink_str(out, cmd->operands);
		sink_char(out, '\n');
	}
	sink_str(out, "\nWhat it does: ");
	wrap(out, cmd->summary, 14, 0);
	if (cmd->about != NULL)
		wrap(out, cmd->about, 0, 0);
	if (cmd->n_opts > 0)
		print_options(out, "\nOptions:\n", cmd->opts, cmd->n_opts);
	print_options(out, "\nGlobal options:\n", global_opts, n_global_opts);
}
