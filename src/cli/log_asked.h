/* SPDX-License-Identifier: Apache-2.0 */
/* The operands of log: which events they ask for, and what each event's register is called. */
#ifndef TSMCTL_CLI_LOG_ASKED_H
#define TSMCTL_CLI_LOG_ASKED_H

#include "formats/reader.h"
#include "model/mr.h"

struct log_asked {
	int n;
	char *const *specs;
	bool *seen; /* of each operand: an event was of it */
	bool *fold; /* of each operand: it is compared without regard to case */
	struct log_asked_name *names;
};

/* Borrows the operands; none asks for all. The caller clears the result, also after an error. */
int log_asked_init(struct log_asked *ret, int n, char *const specs[], struct err *err);
void log_asked_clear(struct log_asked *asked);

/*
 * What an event of the register `name` is shown under: "pcr7", or, where it has one hash only,
 * "rtmr3:sha384". Valid until the next call. NULL: no operand asks for it. Without memory every
 * event is shown, under its name.
 */
const char *log_asked_event(struct log_asked *asked, const struct log_event *ev, const char *name);
/* Whether all operands were seen. */
bool log_asked_all_seen(const struct log_asked *asked);
/*
 * For after a first look at all events: operands that were not seen name nothing exactly. No operand is
 * seen then.
 */
void log_asked_fold_unseen(struct log_asked *asked);
/* Whether an operand asks for this register, whose log is a text log. */
bool log_asked_register(struct log_asked *asked, const struct mr *mr);

#endif
