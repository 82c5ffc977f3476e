/* SPDX-License-Identifier: Apache-2.0 */
/* What is here and what is missing, for an operator who does not know why something does not work.
 */
#ifndef TSMCTL_OPS_DOCTOR_H
#define TSMCTL_OPS_DOCTOR_H

#include "formats/journal_state.h"
#include "kernel/backend.h"
#include "verify/inputs.h"
#include "verify/judgement.h"

struct finding {
	const char *level; /* "ok", "note" or "problem" */
	const char *topic;
	char message[ERR_MSG_MAX];
	const char *fix;		     /* NULL: none is known or needed */
	const struct err *why;		     /* whose message it is; NULL: no error's */
	const char *reg;		     /* the register that it is about; NULL: none */
	const struct journal_intent *intent; /* the journal's record that it is about; NULL: none */
	const struct judgement *judged;	     /* whose detail is in the message; NULL: none's */
	const struct inputs *inputs;	     /* of judged */
};

typedef int (*finding_fn)(void *arg, const struct finding *finding, struct err *err);

/* Calls `each` for every finding. *ret_readable says whether at least one register can be read. */
int status_run(const struct root *root, const char *only_abi, finding_fn each, void *arg,
	bool *ret_readable, struct err *err);

#endif
