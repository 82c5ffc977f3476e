/* SPDX-License-Identifier: Apache-2.0 */
/* dstack: its run-time log, the older one, and the event log as a string of JSON inside a quote report. */
#include "gen.h"

#include <string.h>

static const char *name_of(const struct record *r)
{
	return r->e->name != NULL ? r->e->name : "";
}

void dstack_begin(struct gen *g)
{
	struct buf quote = {0};
	if (g->format->variant != DSTACK_REPORT)
		return;
	put_quote(g, &quote);
	buf_str(&g->out, "{\"quote\":\"");
	buf_hex(&g->out, quote.p, quote.n);
	buf_str(&g->out, "\",\"event_log\":\"[");
	buf_free(&quote);
}

void dstack_end(struct gen *g)
{
	uint8_t report_data[64] = {0};
	if (g->format->variant != DSTACK_REPORT)
		return;
	if (g->report_data.n > 0)
		memcpy(report_data, g->report_data.p, g->report_data.n);
	buf_str(&g->out, "]\",\"report_data\":\"");
	buf_hex(&g->out, report_data, 64);
	buf_str(&g->out, "\",\"vm_config\":\"{}\"}\n");
}

/* All but the digest can be made from it. */
static void put_line(struct buf *ret, const struct record *r, bool v2)
{
	buf_str(ret, "{\"event\":");
	buf_json(ret, name_of(r), strlen(name_of(r)));
	buf_str(ret, ",\"payload\":\"");
	buf_base64(ret, r->data.p, r->data.n);
	buf_str(ret, v2 ? "\",\"version\":2}" : "\"}");
}

static void put_event(struct buf *ret, const struct record *r, int alg)
{
	if (r->st->reg.kind == REG_MRTD)
		die("'mrtd': dstack counts RTMRs from 0, and has no number for it");
	buf_fmt(ret, "{\"imr\":%u,\"event_type\":%u,\"digest\":\"", (unsigned)r->st->reg.n,
		(unsigned)r->e->type.number);
	buf_hex(ret, r->digest[alg], algs[alg].size);
	buf_str(ret, "\",\"event\":");
	buf_json(ret, name_of(r), strlen(name_of(r)));
	buf_str(ret, ",\"event_payload\":\"");
	buf_hex(ret, r->data.p, r->data.n);
	buf_str(ret, "\"}");
}

void dstack_event(struct gen *g, const struct record *r)
{
	struct buf event = {0};
	if (g->format->variant == DSTACK_LINES)
		put_line(&event, r, g->format->flags & F_DSTACK_V2);
	else
		put_event(&event, r, first_bank(g, r->st));
	if (g->format->variant != DSTACK_REPORT) {
		buf_put(&g->out, event.p, event.n);
		buf_str(&g->out, "\n");
	} else {
		struct buf quoted = {0};
		buf_json(&quoted, event.p, event.n);
		if (r->seq > 0)
			buf_str(&g->out, ",");
		buf_put(&g->out, quoted.p + 1, quoted.n - 2);
		buf_free(&quoted);
	}
	buf_free(&event);
}
