/* SPDX-License-Identifier: Apache-2.0 */
/* Logs whose index means another register than the log says, as an IMA list that went into an RTMR. */
#ifndef TSMCTL_VERIFY_ELSEWHERE_H
#define TSMCTL_VERIFY_ELSEWHERE_H

#include "verify/judge.h"

/*
 * After judge(), for registers that do not match and logs that claim nothing of any register here: if
 * such a log would explain a register, all of it, that register's detail says how to name it so. It
 * changes no verdict. At most ELSEWHERE_TRIES_MAX pairs are tried, each in one pass.
 */
int elsewhere_look(
	const struct question *q, struct inputs *inputs, struct judgement js[], struct err *err);

#endif
