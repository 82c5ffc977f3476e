/* SPDX-License-Identifier: Apache-2.0 */
/* The value that an extend leads to, before anything is extended. */
#ifndef TSMCTL_OPS_EXTEND_PREDICT_H
#define TSMCTL_OPS_EXTEND_PREDICT_H

#include "ops/extend_common.h"

/* The value after it; `sync`: the kernel logs and extends a SYNC record before it. */
int extend_predict(const struct extend_wanted *wanted, const struct digest *before, bool sync,
	struct digest *ret, struct err *err);

/* The last one before i of the same register that is not `already`; b->n: there is none. */
size_t extend_previous(const struct extend_batch *b, size_t i);
/* Whether it equals an earlier one of the batch. */
bool extend_is_repeated(const struct extend_batch *b, size_t i);

/* Sets done[i].before and .after to what follows done[previous].after, `previous` being the above. */
int extend_predict_next(struct extend_batch *b, size_t i, size_t previous, struct err *err);
/*
 * The same for all, done[i].before being what the register holds where there is no previous one; what is
 * repeated is `already`. Registers are not touched.
 */
int extend_predict_all(struct extend_batch *b, struct err *err);

#endif
