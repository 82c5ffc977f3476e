/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's text log as a source: its interpretation against a register, and its claims. */
#ifndef TSMCTL_VERIFY_TEXTLOG_H
#define TSMCTL_VERIFY_TEXTLOG_H

#include "replay/rfc_search.h"
#include "verify/inputs.h"
#include "verify/timeline.h"

/*
 * Looks for an interpretation from one of these values that ends in `want`; want NULL: takes the one
 * that an honest kernel would have meant, from the value that the log states, else the first of these.
 * The caller clears the result, also after an error.
 */
int textlog_replay(const struct log_input *in, enum hash_alg alg,
	const struct rfc_search_starts *starts, const struct digest *want,
	struct rfc_search_result *ret, struct err *err);
/* Adds what extends in this interpretation to the list: at most TIMELINE_CLAIMS_MAX + 1 claims. */
int textlog_claims(const struct log_input *in, enum hash_alg alg,
	const struct rfc_search_result *reading, struct claim_list *list, struct err *err);
/* Calls `each` for the number of each record and SYNC line from this offset on, until it returns other than 0. */
int textlog_firm(const struct log_input *in, off_t from,
	int (*each)(void *, uint64_t, struct err *), void *arg, struct err *err);
/* The value that the log states at its very start. */
int textlog_stated(const struct log_input *in, enum hash_alg alg, bool *ret_is, struct digest *ret,
	struct err *err);

#endif
