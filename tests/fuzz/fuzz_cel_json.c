/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical event logs in JSON: an event is one object, from brace to brace. */
#include <string.h>

#include "fuzz.h"
#include "reader.h"

static void check_record(struct bytes log, const struct log_event *ev, uint64_t end)
{
	MUST(log.p[ev->off] == '{' && log.p[end - 1] == '}');
	MUST(!ev->extends || (ev->place != PLACE_NONE && ev->n_digests > 0));
	MUST(!ev->every_bank);
	/* Template "ima" hashes more than is in the log. */
	MUST(ev->hashed.p == NULL || (ev->hashed.p == ev->data.p && ev->hashed.n == ev->data.n) ||
		strcmp(ev->kind, "ima") == 0);
	MUST(ev->place != PLACE_NAMED || bytes_is_word(bytes_of(ev->reg)));
	MUST(ev->has_type || bytes_is_word(bytes_of(ev->kind)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes log = {data, size};
	size_t n = reader_run(log, "cel-json", check_record);
	MUST(reader_sniffed(log, "cel-json", n) == n);
	return 0;
}
