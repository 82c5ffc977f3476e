/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/systemd.h"

#include "formats/cel_json.h"
#include "formats/json_reader.h"

/* An array is what `systemd-pcrlock cel` made of several logs. */
static bool sniff(struct bytes head)
{
	return json_head_first(head) == '{' &&
	       bytes_start_with(json_head_value(head, "content_type"), "\"systemd\"");
}

const struct log_format log_format_systemd = {
	.name = "systemd",
	.names = NAMES_CC_MR | NAMES_PCR | NAMES_NV,
	.summary = "what systemd measured (tpm2-measure.log)",
	.is_json = true,
	.sniff = sniff,
	.open = cel_json_open,
	.next = cel_json_next,
	.close = cel_json_close,
};
