/* SPDX-License-Identifier: Apache-2.0 */
/* An event as log prints it, for other commands. */
#ifndef TSMCTL_CLI_CMD_LOG_H
#define TSMCTL_CLI_CMD_LOG_H

#include "out/rows.h"
#include "verify/events.h"

/* Prints an event as one of the objects in "events". */
void cmd_log_event(struct json *j, const struct event *event);

#endif
