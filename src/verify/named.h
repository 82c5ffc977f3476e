/* SPDX-License-Identifier: Apache-2.0 */
/* What the events are that judgements name by their numbers. */
#ifndef TSMCTL_VERIFY_NAMED_H
#define TSMCTL_VERIFY_NAMED_H

#include "verify/judge.h"

/*
 * After judge(): reads the logs of events that a diagnosis or a detail names once more, for their types and
 * names. Sets `named`; changes nothing else. -1 only where nothing can go on.
 */
int named_look(
	const struct question *q, struct inputs *inputs, struct judgement js[], struct err *err);
/* The event of this place; NULL: it is not named, or its log does not have it. */
const struct named_event *named_find(
	const struct judgement *j, const struct inputs *inputs, const char *source, uint64_t seq);

#endif
