/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a person of a judgement: the one place where its words are made. */
#ifndef TSMCTL_VERIFY_SAY_H
#define TSMCTL_VERIFY_SAY_H

#include "verify/inputs.h"
#include "verify/judgement.h"

/* Sets the detail of a judgement, a line that is fit for a terminal; empty if there is nothing to say. */
void say_judgement(const struct inputs *inputs, const struct mr *mr, struct judgement *j);
/* Adds that the event of the diagnosis, IMA's first, is not of the PCRs as they are. */
void say_aggregate(const struct inputs *inputs, struct judgement *j);
/* Adds that the register matches if all events of this log are read as its own, as `name`. */
void say_elsewhere(const struct log_input *in, const char *name, struct judgement *j);
/* Adds what the comparison with a reference found. */
void say_reference(
	const struct inputs *inputs, const struct inputs *reference, struct judgement *j);

#endif
