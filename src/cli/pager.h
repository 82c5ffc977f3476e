/* SPDX-License-Identifier: Apache-2.0 */
/* The program that shows long text on a terminal page by page. */
#ifndef TSMCTL_CLI_PAGER_H
#define TSMCTL_CLI_PAGER_H

#include "cli/app.h"

/*
 * Before the first line of text: starts TSMCTL_PAGER, else PAGER, else less, if standard output is a
 * terminal; what is printed goes to it from then on, with notes and errors where these are shown on a terminal,
 * too. That it is left early is no error. Does nothing where it cannot be started.
 */
void pager_begin(struct app *app);
/* After all is printed: waits for its end. */
void pager_end(void);

#endif
