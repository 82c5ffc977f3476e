/* SPDX-License-Identifier: Apache-2.0 */
/* TCG Canonical Event Log Format, JSON encoding, as three programs spell it; and systemd's own logs. */
#include "gen.h"

#include <string.h>

#define BOOT_ID "0123456789abcdef0123456789abcdef"

void celjson_begin(struct gen *g)
{
	if (strcmp(g->frame, "array") == 0)
		buf_str(&g->out, "[");
}

void celjson_end(struct gen *g)
{
	if (strcmp(g->frame, "array") == 0)
		buf_str(&g->out, "]\n");
}

void json_digests(struct gen *g, const struct record *r)
{
	bool own = g->format->variant == JSON_TSMCTL && g->format->event == celjson_event;
	bool first = true;
	buf_str(&g->out, "\"digests\":[");
	for (int i = 0; i < N_ALGS; i++) {
		if (!has_bank(g, r->st, i))
			continue;
		buf_fmt(&g->out, "%s{\"hashAlg\":\"%s\",\"digest\":\"", first ? "" : ",",
			own ? algs[i].name : algs[i].tcg);
		buf_hex(&g->out, r->digest[i], algs[i].size);
		buf_str(&g->out, "\"}");
		first = false;
	}
	buf_str(&g->out, "]");
}

static void put_register(struct gen *g, const struct reg *reg)
{
	switch (reg->kind) {
	case REG_MRTD:
	case REG_RTMR:
		buf_fmt(&g->out, "\"ccmr\":%u,", (unsigned)reg_cc_index(reg));
		return;
	case REG_PCR:
		buf_fmt(&g->out, "\"pcr\":%u,", (unsigned)reg->n);
		return;
	case REG_NV:
		buf_fmt(&g->out, "\"nv_index\":%u,", (unsigned)reg->n);
		return;
	case REG_NAMED:
		buf_fmt(&g->out, "\"register\":\"%s\",", reg->name);
		return;
	}
}

/* libcel and tsmctl write names in lower case, pcrlock in upper case and what it does not know as text. */
static void put_pcclient(struct gen *g, const struct record *r)
{
	const char *name = r->e->type.kind == KIND_AAEL ? "EV_EVENT_TAG" : r->e->type.name;
	struct buf data = {0};
	buf_str(&g->out, "\"content_type\":\"pcclient_std\",\"content\":{\"event_type\":");
	if (name == NULL && g->format->variant == JSON_PCRLOCK)
		buf_fmt(&g->out, "\"%u\"", (unsigned)r->e->type.number);
	else if (name == NULL)
		buf_fmt(&g->out, "%u", (unsigned)r->e->type.number);
	else {
		buf_str(&g->out, "\"");
		for (const char *c = name; *c != '\0'; c++)
			buf_fmt(&g->out, "%c",
				g->format->variant != JSON_PCRLOCK && *c >= 'A' && *c <= 'Z'
					? *c + 'a' - 'A'
					: *c);
		buf_str(&g->out, "\"");
	}
	event_payload(r->e, &r->data, &data);
	buf_str(&g->out, ",\"event_data\":\"");
	buf_hex(&g->out, data.p, data.n);
	buf_str(&g->out, "\"}");
	buf_free(&data);
}

void json_systemd(struct gen *g, const struct record *r)
{
	buf_str(&g->out, "\"content_type\":\"systemd\",\"content\":{\"string\":");
	buf_json(&g->out, r->data.p, r->data.n);
	buf_fmt(&g->out, ",\"bootId\":\"%s\",\"timestamp\":%llu,\"eventType\":\"%s\"}", BOOT_ID,
		1500000 + 500000 * (unsigned long long)r->seq, r->e->type.name);
}

static void put_ima(struct gen *g, const struct record *r)
{
	struct buf data = {0};
	ima_template(r->e, &r->data, false, &data);
	buf_fmt(&g->out,
		"\"content_type\":\"ima_template\",\"content\":{\"template_name\":\"%s\","
		"\"template_data\":\"",
		r->e->type.name);
	buf_hex(&g->out, data.p, data.n);
	buf_str(&g->out, "\"}");
	buf_free(&data);
}

/* The version is 1.0; a timestamp is a number, a state its name. */
static void put_management(struct gen *g, const struct record *r)
{
	buf_fmt(&g->out, "\"content_type\":\"cel\",\"content\":{\"type\":\"%s\"", r->e->type.name);
	if (r->e->type.number == 1) {
		buf_str(&g->out, ",\"data\":{\"major\":1,\"minor\":0}");
	} else if (r->e->type.number == 80) {
		buf_str(&g->out, ",\"data\":");
		buf_put(&g->out, r->data.p, r->data.n);
	} else if (r->e->type.number == 81) {
		buf_str(&g->out, ",\"data\":");
		buf_json(&g->out, r->data.p, r->data.n);
	}
	buf_str(&g->out, "}");
}

/* What has no event type: tsmctl's own. */
static void put_own(struct gen *g, const struct record *r)
{
	if (g->format->variant != JSON_TSMCTL)
		die("'%s': only tsmctl's CEL has these", r->e->type.name);
	buf_fmt(&g->out, "\"content_type\":\"tsmctl\",\"content\":{\"kind\":\"%s\",\"data\":\"",
		r->e->type.name);
	buf_hex(&g->out, r->data.p, r->e->type.kind == KIND_DIRECT ? 0 : r->data.n);
	buf_str(&g->out, "\"}");
}

static void put_content(struct gen *g, const struct record *r)
{
	if (r->e->type.kind == KIND_TCG || r->e->type.kind == KIND_AAEL)
		put_pcclient(g, r);
	else if (r->e->type.kind == KIND_SYSTEMD)
		json_systemd(g, r);
	else if (r->e->type.kind == KIND_IMA)
		put_ima(g, r);
	else if (r->e->type.kind == KIND_CEL)
		put_management(g, r);
	else
		put_own(g, r);
}

void celjson_event(struct gen *g, const struct record *r)
{
	bool pcrlock = g->format->variant == JSON_PCRLOCK, array = strcmp(g->frame, "array") == 0;
	if (strcmp(g->frame, "object") == 0 && r->seq > 0)
		die("--frame object: one event only");
	if (array && r->seq > 0)
		buf_str(&g->out, ",\n");
	if (strcmp(g->frame, "seq") == 0)
		buf_str(&g->out, "\x1e");
	buf_str(&g->out, "{");
	if (pcrlock)
		put_register(g, &r->st->reg);
	/* pcrlock counts all records from 1, the others those of a register from 0. */
	buf_fmt(&g->out, "\"recnum\":%llu,",
		(unsigned long long)(pcrlock ? r->seq + 1 : r->st->count));
	if (!pcrlock)
		put_register(g, &r->st->reg);
	json_digests(g, r);
	buf_str(&g->out, ",");
	put_content(g, r);
	buf_str(&g->out, array ? "}" : "}\n");
}

void systemd_event(struct gen *g, const struct record *r)
{
	const struct reg *reg = &r->e->reg;
	buf_str(&g->out, "\x1e{");
	if (g->format->variant == SYSTEMD_TPM) {
		buf_fmt(&g->out, "\"pcr\":%u,", (unsigned)reg->n);
	} else {
		buf_fmt(&g->out, "\"rtmr\":%u,", (unsigned)r->st->reg.n);
		if (reg->kind == REG_PCR)
			buf_fmt(&g->out, "\"mapped_pcr\":%u,", (unsigned)reg->n);
	}
	json_digests(g, r);
	buf_str(&g->out, ",");
	json_systemd(g, r);
	buf_str(&g->out, "}\n");
}
