/* SPDX-License-Identifier: Apache-2.0 */
/* A log that its writer adds to without pause: its end may be of after the moment when the registers were read. */
#ifndef TSMCTL_VERIFY_TAIL_H
#define TSMCTL_VERIFY_TAIL_H

#include "verify/inputs.h"
#include "verify/judgement.h"

/*
 * The log had in->settled bytes before the values of the registers were read: the events in these must be in
 * their histories, those behind them need not be. A register that is log-ahead, and of which nothing is
 * left but events behind them, is a match. `js` are those of the list. ST_SYSTEM without memory.
 */
int tail_judge(const struct log_input *in, const struct mr_list *mrs, struct judgement js[],
	struct err *err);

#endif
