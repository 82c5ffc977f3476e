/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of verify for people. */
#ifndef TSMCTL_CLI_VERIFY_TEXT_H
#define TSMCTL_CLI_VERIFY_TEXT_H

#include "cli/app.h"
#include "verify/verify.h"

/*
 * "VERDICT  REGISTER  (detail)", a line for each register. On a terminal, a table with a header, whose details
 * are wrapped, and under a register its values, if it has another one than it should, and what the events of
 * `inputs` are that the detail names; notes follow it.
 */
void verify_text_print(
	struct app *app, const struct inputs *inputs, const struct verify_rows *rows);

#endif
