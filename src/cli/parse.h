/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMCTL_CLI_PARSE_H
#define TSMCTL_CLI_PARSE_H

#include "base/err.h"
#include "cli/table.h"

struct parsed {
	struct options opt;
	const struct cmd_spec *cmd; /* NULL: none was given (--help, --version) */
	int argc;		    /* operands */
	char *const *argv;
};

/*
 * Parses a whole command line; argv[0] is skipped, argv may be reordered and has to live as long as
 * the result. ST_USAGE with what is wrong; ret->opt and ret->cmd then hold what was understood
 * before.
 */
int parse_command_line(int argc, char *argv[], struct parsed *ret, struct err *err);

#endif
