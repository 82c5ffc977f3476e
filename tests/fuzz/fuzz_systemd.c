/* SPDX-License-Identifier: Apache-2.0 */
/* systemd's log is a canonical event log: read as one it has the same events. */
#include "fuzz.h"
#include "reader.h"

static void check_record(struct bytes log, const struct log_event *ev, uint64_t end)
{
	MUST(log.p[ev->off] == '{' && log.p[end - 1] == '}');
	for (size_t i = 0; i < ev->time.n; i++)
		MUST(ev->time.p[i] >= '0' && ev->time.p[i] <= '9');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes log = {data, size};
	size_t n = reader_run(log, "systemd", check_record);
	MUST(reader_sniffed(log, "systemd", n) == n);
	MUST(reader_run(log, "cel-json", NULL) == n);
	return 0;
}
