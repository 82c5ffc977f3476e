/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical event logs in TLV: a record is four elements, and its content is one of them. */
#include <string.h>

#include "fuzz.h"
#include "reader.h"

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void check_elements(struct bytes log, const struct log_event *ev, uint64_t end)
{
	uint64_t at = ev->off;
	/* Template "ima" hashes more than is in the log. */
	bool hashed = ev->hashed.p == NULL || strcmp(ev->kind, "ima") == 0;
	for (int i = 0; i < 4; i++) {
		MUST(at + 5 <= end && (log.p[at] == 0) == (i == 0));
		uint64_t next = at + 5 + be32(log.p + at + 1);
		MUST(next <= end);
		for (uint64_t k = at; !hashed && k + ev->hashed.n <= next; k++)
			hashed = memcmp(log.p + k, ev->hashed.p, ev->hashed.n) == 0;
		at = next;
	}
	MUST(at == end && hashed);
	MUST(ev->place == PLACE_PCR || ev->place == PLACE_NV || ev->place == PLACE_CC_MR);
	MUST(!ev->every_bank);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes log = {data, size};
	size_t n = reader_run(log, "cel-tlv", check_elements);
	MUST(reader_sniffed(log, "cel-tlv", n) == n);
	return 0;
}
