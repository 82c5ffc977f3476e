/* SPDX-License-Identifier: Apache-2.0 */
/* TCG PC Client Platform Firmware Profile, section 10: the crypto-agile log; the agent's has no header. */
#include "gen.h"

#include <string.h>

void tcg_begin(struct gen *g)
{
	static const char vendor[] = "td-shim";
	bool tdshim = g->format->variant == TCG_TDSHIM, cc = g->format->place == PLACE_CC;
	size_t vendor_size = tdshim ? strlen(vendor) : 0;
	if (g->format->variant == TCG_BARE)
		return;
	buf_le(&g->out, cc && !tdshim ? 1 : 0, 4);
	buf_le(&g->out, 3, 4);
	buf_fill(&g->out, 0, 20);
	buf_le(&g->out, 29 + 4 * (uint64_t)g->n_banks + vendor_size, 4);
	buf_put(&g->out, "Spec ID Event03", 16);
	buf_le(&g->out, 0, 4);
	buf_le(&g->out, 0, 1);
	buf_le(&g->out, 2, 1);
	buf_le(&g->out, tdshim ? 105 : 0, 1);
	buf_le(&g->out, 2, 1);
	buf_le(&g->out, (uint64_t)g->n_banks, 4);
	for (int i = 0; i < g->n_banks; i++) {
		buf_le(&g->out, algs[g->banks[i]].id, 2);
		buf_le(&g->out, algs[g->banks[i]].size, 2);
	}
	buf_le(&g->out, vendor_size, 1);
	buf_put(&g->out, vendor, vendor_size);
}

void tcg_event(struct gen *g, const struct record *r)
{
	struct buf *out = &g->out;
	bool cc = g->format->place == PLACE_CC;
	buf_le(out, cc ? reg_cc_index(&r->st->reg) : r->st->reg.n, 4);
	buf_le(out, r->e->type.number, 4);
	buf_le(out, (uint64_t)g->n_banks, 4);
	for (int i = 0; i < g->n_banks; i++) {
		buf_le(out, algs[g->banks[i]].id, 2);
		buf_put(out, r->digest[g->banks[i]], algs[g->banks[i]].size);
	}
	size_t at = out->n;
	buf_le(out, 0, 4);
	event_payload(r->e, &r->data, out);
	size_t size = out->n - at - 4;
	for (int i = 0; i < 4; i++)
		out->p[at + (size_t)i] = (uint8_t)(size >> 8 * i);
}

/* What is left of the area. */
void tcg_end(struct gen *g)
{
	if (g->area == 0 || strcmp(g->pad, "none") == 0 || g->mute)
		return;
	if (g->written > g->area)
		die("the log is longer than --area");
	buf_fill(&g->out, strcmp(g->pad, "ff") == 0 ? 0xff : 0, g->area - g->written);
}
