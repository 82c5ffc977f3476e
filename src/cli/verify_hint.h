/* SPDX-License-Identifier: Apache-2.0 */
/* What to type where a file is of another kind than its option takes. */
#ifndef TSMCTL_CLI_VERIFY_HINT_H
#define TSMCTL_CLI_VERIFY_HINT_H

#include "cli/app.h"

/*
 * After --quote or --tdreport FILE could not be read: if it is a log, and the only --input is none, adds
 * to app->err the command line with the two the other way round. -1.
 */
int verify_hint_quote(struct app *app, const char *path);

/*
 * After --expect, --values or --initial FILE could not be read: if it is evidence, or for --expect a log,
 * adds to app->err the command line that takes it. -1.
 */
int verify_hint_values(struct app *app, const char *path);

#endif
