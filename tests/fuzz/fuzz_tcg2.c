/* SPDX-License-Identifier: Apache-2.0 */
/* Crypto-agile TCG logs; from the second event on, an event put together again is what was read. */
#include <string.h>

#include "feed.h"
#include "fuzz.h"
#include "reader.h"

static void check_again(struct bytes log, const struct log_event *ev, uint64_t end)
{
	struct text t = {0};
	bool mrtd = ev->place == PLACE_CC_MR && ev->index == 0;
	MUST(ev->has_type && ev->extends == (ev->type != 3 && !mrtd));
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
	MUST(reader_run(log, "tpm", check_again) == n);
	MUST(reader_sniffed(log, "ccel", n) == n);
	if (n > 0)
		MUST(reader_sniffed(log, "tpm", n) == n);
	return 0;
}
