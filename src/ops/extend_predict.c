/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/extend_predict.h"

#include <stdio.h>

/* The record with which a kernel that keeps the log says what the register held. */
static int extend_sync(struct hasher *h, struct digest *value, struct err *err)
{
	struct digest d;
	char hex[2 * DIGEST_SIZE_MAX + 1], text[2 * DIGEST_SIZE_MAX + 64];
	int n = snprintf(text, sizeof(text), "SYNC %s/%s", hash_name(value->alg),
		hex_str(hex, digest_bytes(value)));
	int rc = hash_bytes(h, (struct bytes){(const uint8_t *)text, (size_t)n}, &d, err);
	return rc < 0 ? rc : hash_extend(h, value, &d, err);
}

int extend_predict(const struct extend_wanted *wanted, const struct digest *before, bool sync,
	struct digest *ret, struct err *err)
{
	struct hasher *h;
	*ret = *before;
	if (hasher_open(&h, wanted->mr->alg, err) < 0)
		return -1;
	int rc = sync ? extend_sync(h, ret, err) : 0;
	rc = rc < 0 ? rc : hash_extend(h, ret, &wanted->digest, err);
	hasher_close(h);
	return rc;
}

size_t extend_previous(const struct extend_batch *b, size_t i)
{
	for (size_t k = i; k-- > 0;)
		if (b->wanted[k].mr == b->wanted[i].mr && !b->done[k].already)
			return k;
	return b->n;
}

bool extend_is_repeated(const struct extend_batch *b, size_t i)
{
	const struct extend_wanted *w = &b->wanted[i];
	for (size_t k = 0; k < i; k++) {
		const struct extend_wanted *other = &b->wanted[k];
		if (other->mr == w->mr && digest_equal(&other->digest, &w->digest) &&
			(other->record.p == NULL) == (w->record.p == NULL) &&
			bytes_equal(other->record, w->record))
			return true;
	}
	return false;
}

int extend_predict_next(struct extend_batch *b, size_t i, size_t previous, struct err *err)
{
	const struct extend_wanted *w = &b->wanted[i];
	struct extend_done *done = &b->done[i];
	bool is_record = w->record.p != NULL, logged = w->mr->log == LOG_OF_KERNEL;
	bool sync = logged && is_record;
	if (previous < b->n) {
		done->before = b->done[previous].after;
		/* A record leaves the log in sync, a digest does not. */
		sync = sync && b->wanted[previous].record.p == NULL;
	}
	return extend_predict(w, &done->before, sync, &done->after, err);
}

int extend_predict_all(struct extend_batch *b, struct err *err)
{
	for (b->n_done = 0; b->n_done < b->n; b->n_done++) {
		size_t i = b->n_done;
		b->done[i].already = extend_is_repeated(b, i);
		if (!b->done[i].already &&
			extend_predict_next(b, i, extend_previous(b, i), err) < 0)
			return -1;
	}
	return 0;
}
