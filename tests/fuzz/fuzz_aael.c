/* SPDX-License-Identifier: Apache-2.0 */
/* Both logs of the Confidential Containers attestation agent. */
#include <string.h>

#include "fuzz.h"
#include "reader.h"

static void check_place(struct bytes log, const struct log_event *ev, uint64_t end)
{
	if (ev->has_type) {
		MUST(ev->off + 16 + ev->data.n <= end && end <= log.n);
		MUST(memcmp(log.p + end - ev->data.n, ev->data.p, ev->data.n) == 0);
		MUST(ev->hashed.p == NULL || bytes_equal(ev->hashed, ev->data));
		MUST(ev->text.p == NULL || ev->hashed.n == ev->text.n + 8);
		return;
	}
	MUST(ev->n_digests == 1 && ev->hashed.n == end - ev->off - 1);
	MUST(memcmp(log.p + ev->off, ev->hashed.p, ev->hashed.n) == 0);
	MUST(log.p[end - 1] == '\n' && memchr(ev->hashed.p, '\n', ev->hashed.n) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes log = {data, size};
	size_t n = reader_run(log, "aael", check_place);
	MUST(reader_sniffed(log, "aael", n) == n);
	return 0;
}
