/* SPDX-License-Identifier: Apache-2.0 */
/* TCG logs; an event put together again is what was read, but for the header of crypto-agile ones. */
#include <string.h>

#include "feed.h"
#include "fuzz.h"
#include "reader.h"

/* Whether a log is of TCG 1.2, if it is one at all. */
static bool is_old(struct bytes log)
{
	static const uint8_t no_action[] = {3, 0, 0, 0};
	return log.n < 60 || memcmp(log.p + 4, no_action, 4) != 0 ||
	       memcmp(log.p + 32, "Spec ID Event03", 16) != 0;
}

static void check_old(struct bytes log, const struct log_event *ev, uint64_t end)
{
	struct text t = {0};
	MUST(ev->n_digests == 1 && ev->digest[0].d.alg == HASH_SHA1);
	text_le32(&t, ev->index);
	text_le32(&t, ev->type);
	text_add(&t, digest_bytes(&ev->digest[0].d));
	text_le32(&t, (uint32_t)ev->data.n);
	text_add(&t, ev->data);
	MUST(t.n == end - ev->off && memcmp(log.p + ev->off, t.p, t.n) == 0);
	text_free(&t);
}

static void check_again(struct bytes log, const struct log_event *ev, uint64_t end)
{
	struct text t = {0};
	bool mrtd = ev->place == PLACE_CC_MR && ev->index == 0;
	MUST(ev->has_type && ev->extends == (ev->type != 3 && !mrtd));
	if (is_old(log)) {
		check_old(log, ev, end);
		return;
	}
	if (ev->seq == 0) {
		MUST(end == 32 + ev->data.n && ev->n_digests == 0);
		return;
	}
	text_le32(&t, ev->index);
	text_le32(&t, ev->type);
	text_le32(&t, (uint32_t)ev->n_digests);
	for (size_t i = 0; i < ev->n_digests; i++) {
		text_le16(&t, ev->digest[i].tcg_id);
		text_add(&t, digest_bytes(&ev->digest[i].d));
		/* Longer than any digest: its bytes are not kept. */
		if (ev->digest[i].d.size == 0) {
			text_free(&t);
			return;
		}
	}
	text_le32(&t, (uint32_t)ev->data.n);
	text_add(&t, ev->data);
	MUST(t.n == end - ev->off && memcmp(log.p + ev->off, t.p, t.n) == 0);
	text_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes log = {data, size};
	size_t n = reader_run(log, "ccel", check_again);
	size_t n_tpm = reader_run(log, "tpm", check_again);
	MUST(n_tpm == n || is_old(log));
	MUST(reader_sniffed(log, "ccel", n) == n);
	if (n_tpm > 0)
		MUST(reader_sniffed(log, "tpm", n_tpm) == n_tpm);
	return 0;
}
