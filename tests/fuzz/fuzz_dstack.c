/* SPDX-License-Identifier: Apache-2.0 */
/* dstack's logs: only RTMRs, and an event of its own says what was hashed. */
#include "feed.h"
#include "fuzz.h"
#include "reader.h"

static void check_event(struct bytes log, const struct log_event *ev, uint64_t end)
{
	MUST(log.p[ev->off] == '{' && log.p[end - 1] == '}');
	MUST(ev->place == PLACE_CC_MR && ev->index > 0 && ev->has_type);
	MUST(ev->n_digests == 1 && ev->digest[0].d.alg == HASH_SHA384);
	MUST((ev->hashed.p != NULL) == (ev->type == UINT32_C(0x08000001)));
	if (ev->hashed.p == NULL)
		return;
	/* The first kind ends with the payload; the second is JSON. */
	MUST(ev->hashed.n > ev->data.n);
	size_t rest = ev->hashed.n - ev->data.n;
	if (ev->hashed.p[0] == 0x01)
		MUST(bytes_equal((struct bytes){ev->hashed.p + rest, ev->data.n}, ev->data));
	else
		MUST(utf8_valid(ev->hashed) && bytes_start_with(ev->hashed, "{\"name\":\""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes log = {data, size};
	size_t n = reader_run(log, "dstack", check_event);
	MUST(reader_sniffed(log, "dstack", n) == n);
	return 0;
}
