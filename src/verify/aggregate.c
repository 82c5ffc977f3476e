/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/aggregate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "formats/ima.h"
#include "verify/say.h"

/* PCRs 0 to 7 until Linux 5.8, and where the hash is SHA-1; 8 and 9, too, since. */
enum { PCRS_OLD = 8, PCRS = 10, IMA_PCR = 10 };

static bool is_pcr(const struct mr *mr, uint32_t *ret_index)
{
	enum place place;
	return reg_place(mr->provider, mr->name, &place, ret_index) && place == PLACE_PCR;
}

/* The values of PCR 0 to 9 of this TPM and bank, one after the other; false: not all are known. */
static bool read_pcrs(const struct registers *r, const struct log_input *in, enum hash_alg alg,
	uint8_t values[static PCRS * DIGEST_SIZE_MAX])
{
	unsigned seen = 0;
	struct err ignored;
	for (size_t i = 0; i < r->mrs->n; i++) {
		const struct mr *mr = r->mrs->mr[i];
		uint32_t index;
		if (mr->alg != alg || mr->size != hash_size(alg) || !inputs_can_name(in, mr) ||
			!is_pcr(mr, &index) || index >= PCRS)
			continue;
		/* Two TPMs: whose aggregate it is is not known. */
		if ((seen & 1U << index) ||
			registers_value(r, mr, values + (size_t)index * mr->size, &ignored) < 0)
			return false;
		seen |= 1U << index;
	}
	return seen == (1U << PCRS) - 1;
}

/* Whether it is the hash of the PCRs; *ret stays as it is where that cannot be known. */
static int compare(const struct registers *r, const struct log_input *in,
	const struct digest *aggregate, bool *ret, struct err *err)
{
	uint8_t values[PCRS * DIGEST_SIZE_MAX];
	struct digest old, now;
	struct hasher *h;
	size_t n = hash_size(aggregate->alg);
	if (!read_pcrs(r, in, aggregate->alg, values))
		return 0;
	if (hasher_open(&h, aggregate->alg, err) < 0)
		return -1;
	int rc = hash_bytes(h, (struct bytes){values, PCRS_OLD * n}, &old, err);
	if (rc == 0)
		rc = hash_bytes(h, (struct bytes){values, PCRS * n}, &now, err);
	hasher_close(h);
	if (rc == 0)
		*ret = digest_equal(aggregate, &old) || digest_equal(aggregate, &now);
	return rc;
}

/* The aggregate that a list starts with; size 0: none. */
static int first_of(struct log_input *in, struct digest *ret, struct err *err)
{
	AUTO_FREE struct log_event *ev = calloc(1, sizeof(*ev));
	*ret = (struct digest){0};
	if (ev == NULL)
		return err_sys(err, ENOMEM, "log");
	if (in->moved && log_reader_rewind(in->reader, err) < 0)
		return -1;
	in->moved = true;
	int rc = log_reader_next(in->reader, ev, err);
	if (rc > 0)
		ima_boot_aggregate(ev, ret);
	return rc < 0 ? -1 : 0;
}

static void tell(const struct registers *r, const struct inputs *inputs, size_t source,
	struct judgement js[])
{
	for (size_t i = 0; i < r->mrs->n; i++) {
		const struct mr *mr = r->mrs->mr[i];
		uint32_t index;
		if (js[i].verdict != VERDICT_MATCH || !is_pcr(mr, &index) || index != IMA_PCR ||
			!inputs_can_name(&inputs->v[source], mr))
			continue;
		js[i].diagnosis = (struct diagnosis){
			.kind = DIAG_AGGREGATE, .has_event = true, .event = {source, 0}};
		say_aggregate(inputs, &js[i]);
	}
}

static bool any_match(const struct registers *r, const struct judgement js[])
{
	uint32_t index;
	for (size_t i = 0; i < r->mrs->n; i++)
		if (js[i].verdict == VERDICT_MATCH && is_pcr(r->mrs->mr[i], &index) &&
			index == IMA_PCR)
			return true;
	return false;
}

int aggregate_check(
	const struct registers *r, struct inputs *inputs, struct judgement js[], struct err *err)
{
	for (size_t k = 0; k < inputs->n && any_match(r, js); k++) {
		struct log_input *in = &inputs->v[k];
		struct digest aggregate;
		bool is = true;
		if (in->format != &log_format_ima || in->reader == NULL || in->as != NULL ||
			in->err.status != ST_OK)
			continue;
		if (first_of(in, &aggregate, err) < 0)
			return -1;
		if (aggregate.size > 0 && compare(r, in, &aggregate, &is, err) < 0)
			return -1;
		if (!is)
			tell(r, inputs, k, js);
	}
	return 0;
}
