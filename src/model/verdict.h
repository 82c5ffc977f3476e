/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a register and its log. Each asks another act of the operator. */
#ifndef TSMCTL_MODEL_VERDICT_H
#define TSMCTL_MODEL_VERDICT_H

#include "base/status.h"

/* In order of badness, the passing ones last; the zero value is not a verdict and never passes. */
enum verdict {
	VERDICT_NONE, /* not available: there is an error instead */
	VERDICT_MISMATCH,
	VERDICT_UNEXPECTED,
	VERDICT_ALTERED,
	VERDICT_LOG_AHEAD,
	VERDICT_UNLOGGED,
	VERDICT_PARTIAL,
	VERDICT_UNSUPPORTED,
	VERDICT_UNDECIDED,
	VERDICT_UNCHECKED,
	VERDICT_UNTOUCHED,
	VERDICT_MATCH,
};

/* As the contract spells it; NULL for VERDICT_NONE. */
const char *verdict_name(enum verdict v);
enum status verdict_status(enum verdict v);

#endif
