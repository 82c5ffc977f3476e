/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log behind a byte that says what it is (0: it tells itself) and what it is exported as: whatever
 * is written reads back to the same events.
 */
#include "fuzz.h"
#include "round.h"
#include "formats/log_formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const to[] = {"tcg2", "cel-json", "cel-tlv"};
	struct round r;
	size_t n_formats = 0;
	while (log_formats[n_formats] != NULL)
		n_formats++;
	if (size == 0)
		return 0;
	struct bytes log = {data + 1, size - 1};
	const char *target = to[data[0] % 3];
	size_t from = data[0] / 3 % (n_formats + 1);
	round_export(log, from > 0 ? log_formats[from - 1]->name : NULL, target, &r);
	MUST(r.rc == 0 || r.err.msg[0] != '\0');
	if (r.rc == 0)
		round_compare(log, &r, target);
	text_free(&r.out);
	return 0;
}
