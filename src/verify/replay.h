/* SPDX-License-Identifier: Apache-2.0 */
/* The register values that logs lead to, with no registers at hand. */
#ifndef TSMCTL_VERIFY_REPLAY_H
#define TSMCTL_VERIFY_REPLAY_H

#include "evidence/register_file.h"
#include "replay/rfc_search.h"
#include "verify/inputs.h"

/*
 * Adds each register that the logs extend, in each hash that they have digests of, to ret. One whose
 * value the logs do not give (an event has no digest of the hash, logs contradict each other, a log is
 * cut) has why in its `bad`. texts[k] is the interpretation of inputs->v[k] where that is a text log. The
 * caller clears both, also after an error.
 */
int replay_run(struct inputs *inputs, struct register_file *ret, struct rfc_search_result texts[],
	struct err *err);

#endif
