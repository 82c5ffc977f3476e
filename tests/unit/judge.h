/* SPDX-License-Identifier: Apache-2.0 */
/* A replay of a text that a test holds, and what its result claims. */
#ifndef TEST_JUDGE_H
#define TEST_JUDGE_H

#include "kernel_model.h"
#include "replay/rfc_search.h"

struct digest digest_from(const struct model_hash *h, const uint8_t *v);

/*
 * rfc_search over a log of these bytes, from the n starts, against `target` (NULL: none). The
 * caller clears the result. Ends the test if the replay answers with an error.
 */
void judge_text(struct bytes log, const struct model_hash *h, const struct model_digest *starts,
	size_t n, const uint8_t *target, struct rfc_search_result *ret);
/* The same, with the error for the caller to see; returns what rfc_search returned. */
int judge_try(struct bytes log, const struct model_hash *h, const struct model_digest *starts,
	size_t n, const uint8_t *target, struct rfc_search_result *ret, struct err *err);
/* rfc_search_tail, in the same way. */
void judge_tail(struct bytes log, const struct model_hash *h, off_t pos, const uint8_t *start,
	const uint8_t *target, struct rfc_search_result *ret);

/* The digests that a result says were extended, read off the log without tsmctl's reader. */
struct text_claim {
	struct model_digest *d;
	size_t n;
};
void claim_of(struct bytes log, const struct model_hash *h, const struct rfc_search_result *r,
	struct text_claim *ret);
/* What they make of start. */
struct model_digest claim_value(
	const struct text_claim *c, const struct model_hash *h, const struct model_digest *start);
void claim_free(struct text_claim *c);

/* Whether a line is a direct one as the kernel writes it; its digest then. */
bool is_direct_line(struct bytes line, const struct model_hash *h, uint8_t *ret);

/* From the first call on, hashes_done counts the hashes that src/ has libcrypto compute, on all threads. */
void count_hashes(void);
extern _Atomic uint64_t hashes_done;

#endif
