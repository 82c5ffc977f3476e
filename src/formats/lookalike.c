/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/lookalike.h"

#include "base/cursor.h"

enum { TEE_TDX = 0x81 }; /* also the type of a report */

bool lookalike_is_tdx_quote(struct bytes b)
{
	struct cursor c = {.left = b};
	uint16_t version = cur_le16(&c);
	cur_take(&c, 2);
	return (version == 4 || version == 5) && cur_le32(&c) == TEE_TDX;
}

/* As CBOR, which does not start like this, it would be an array of a lone 0. */
bool lookalike_is_tdreport(struct bytes b)
{
	return b.n >= 2 && b.p[0] == TEE_TDX && b.p[1] == 0;
}
