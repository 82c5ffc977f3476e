/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/app.h"

enum { HELP_INDENT = 28, HELP_WIDTH = 100 };

static void spaces(struct sink *out, size_t n)
{
	while (n-- > 0)
		sink_char(out, ' ');
}

/* Words of text from column `indent` on; the cursor is at `col`. */
static void wrap(struct sink *out, const char *text, size_t col, size_t indent)
{
	for (bool first = true; *text != '\0'; first = false) {
		size_t n = strcspn(text, " ");
		if (!first && col + 1 + n >= HELP_WIDTH) {
			sink_char(out, '\n');
			spaces(out, indent);
			col = indent;
		} else if (!first) {
			sink_char(out, ' ');
			col++;
		}
		sink_bytes(out, (struct bytes){(const uint8_t *)text, n});
		col += n;
		text += n + (text[n] == ' ');
	}
	sink_char(out, '\n');
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
		spaces(out, 4);
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
	spaces(out, HELP_INDENT - col);
	wrap(out, o->help, HELP_INDENT, HELP_INDENT);
	if (o->choices == NULL)
		return;
	spaces(out, HELP_INDENT);
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
	sink_str(out, "Usage: tsmctl [GLOBAL OPTIONS] COMMAND [OPTIONS] [OPERANDS]\n\n"
		      "Lists, reads, extends and verifies the measurement registers of a "
		      "confidential VM,\n"
		      "and prints their event logs.\n\nCommands:\n");
	for (size_t i = 0; i < n_commands; i++) {
		sink_str(out, "  ");
		sink_str(out, commands[i].name);
		spaces(out, 10 - strlen(commands[i].name));
		sink_str(out, commands[i].summary);
		sink_char(out, '\n');
	}
	print_options(out, "\nGlobal options:\n", global_opts, n_global_opts);
	sink_str(out,
		"\nA register is [PROVIDER/]NAME[:HASH]; PROVIDER and HASH may be omitted if NAME "
		"is\n"
		"unambiguous.\n"
		"Exit status: 0 done, 1 verification failed, 2 wrong command line, 3 not available "
		"here,\n"
		"4 refused by the system and no register was changed, 5 malformed input,\n"
		"6 a register was changed, or may have been, and something after that failed: see\n"
		"standard error, 'tsmctl verify' and 'tsmctl status'.\n"
		"'tsmctl help COMMAND' explains one command, tsmctl(8) all of them.\n");
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
