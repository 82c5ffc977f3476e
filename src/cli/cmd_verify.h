/* SPDX-License-Identifier: Apache-2.0 */
/* The places that a judgement names, as verify prints them, for other commands. */
#ifndef TSMCTL_CLI_CMD_VERIFY_H
#define TSMCTL_CLI_CMD_VERIFY_H

#include "out/json.h"
#include "verify/inputs.h"
#include "verify/judgement.h"

/* Prints "diagnosis", and those of "altered" and others that the detail names, as members. */
void cmd_verify_places(struct json *j, const struct inputs *inputs, const struct judgement *judged);

#endif
