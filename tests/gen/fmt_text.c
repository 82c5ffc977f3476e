/* SPDX-License-Identifier: Apache-2.0 */
/* Logs that are lines of text: IMA's (and its binary list), the RFC kernel's, the agent's old one. */
#include "gen.h"

#include <string.h>

/* The path and the signature, behind the digest. */
static void put_ascii(struct gen *g, const struct record *r, int alg)
{
	struct buf digest = {0};
	bool legacy = strcmp(r->e->type.name, "ima") == 0;
	ima_file_digest(r->e, &r->data, &digest);
	buf_fmt(&g->out, "%2u ", (unsigned)r->st->reg.n);
	buf_hex(&g->out, r->digest[alg], algs[alg].size);
	buf_fmt(&g->out, " %s ", r->e->type.name);
	if (!legacy)
		buf_fmt(&g->out, "%s:", algs[ima_alg(r->e)].name);
	buf_hex(&g->out, digest.p, digest.n);
	buf_str(&g->out, " ");
	buf_put(&g->out, r->data.p, r->data.n);
	if (strcmp(r->e->type.name, "ima-sig") == 0) {
		buf_str(&g->out, " ");
		buf_hex(&g->out, r->e->sig.p, r->e->sig.n);
	}
	buf_str(&g->out, "\n");
	buf_free(&digest);
}

/* Linux, security/integrity/ima/ima_fs.c: "ima" has no length of its template data. */
static void put_binary(struct gen *g, const struct record *r, int alg)
{
	struct buf data = {0};
	size_t n = strlen(r->e->type.name);
	ima_template(r->e, &r->data, false, &data);
	buf_le(&g->out, r->st->reg.n, 4);
	buf_put(&g->out, r->digest[alg], algs[alg].size);
	buf_le(&g->out, n, 4);
	buf_put(&g->out, r->e->type.name, n);
	if (strcmp(r->e->type.name, "ima") != 0)
		buf_le(&g->out, data.n, 4);
	buf_put(&g->out, data.p, data.n);
	buf_free(&data);
}

void ima_event(struct gen *g, const struct record *r)
{
	int alg = first_bank(g, r->st);
	if (g->format->variant == IMA_ASCII)
		put_ascii(g, r, alg);
	else
		put_binary(g, r, alg);
}

/* The kernel writes one, and extends it, when what was extended last is not in the log. */
static void put_sync(struct gen *g, struct state *st, bool at_start)
{
	uint8_t digest[HASH_MAX];
	int alg = st->reg.alg;
	struct buf line = {0};
	buf_fmt(&line, "SYNC %s/", algs[alg].name);
	buf_hex(&line, st->v[alg], algs[alg].size);
	if (!at_start)
		buf_str(&g->out, "\n");
	buf_put(&g->out, line.p, line.n);
	buf_str(&g->out, "\n");
	hash_two(alg, line.p, line.n, NULL, 0, digest);
	extend_bank(st, alg, digest);
	st->in_sync = true;
	buf_free(&line);
}

void rfc_event(struct gen *g, const struct record *r)
{
	bool direct = r->e->type.kind == KIND_DIRECT, failed = r->e->type.kind == KIND_FAILED;
	if (direct || failed) {
		buf_str(&g->out, r->st->in_sync ? "\n# .EXTEND " : "# .EXTEND ");
		buf_hex(&g->out, r->data.p, r->data.n);
		r->st->in_sync = r->st->in_sync && failed;
	} else {
		if (!r->st->in_sync)
			put_sync(g, r->st, r->seq == 0);
		if (!r->e->more)
			buf_str(&g->out, "\n");
		if (r->e->type.kind == KIND_COMMENT)
			buf_str(&g->out, "# ");
		buf_put(&g->out, r->data.p, r->data.n);
	}
	buf_str(&g->out, "\n");
}

/* The agent starts with the value that it found, and extends that line too; its code and its page do not agree how. */
void aael_text_begin(struct gen *g)
{
	struct reg reg = reg_parse("rtmr3");
	struct state *st = state_of(g, &reg);
	uint8_t digest[HASH_MAX];
	int alg = first_bank(g, st);
	buf_fmt(&g->out, g->format->variant == AAEL_CODE ? "INIT %s/" : "INIT/%s ", algs[alg].name);
	buf_hex(&g->out, st->v[alg], algs[alg].size);
	hash_two(alg, g->out.p, g->out.n, NULL, 0, digest);
	extend_bank(st, alg, digest);
	buf_str(&g->out, "\n");
}

void aael_text_event(struct gen *g, const struct record *r)
{
	buf_put(&g->out, r->data.p, r->data.n);
	buf_str(&g->out, "\n");
}

void journal_begin(struct gen *g)
{
	buf_fmt(&g->out,
		"{\"schema\":\"tsmctl.journal/1\",\"boot_id\":\"%s\","
		"\"created\":\"2026-11-24T16:17:31Z\"}\n",
		g->boot_id);
}

void journal_event(struct gen *g, const struct record *r)
{
	const struct reg *reg = &r->st->reg;
	int alg = reg->alg;
	uint8_t after[HASH_MAX];
	struct buf *out = &g->out;
	hash_two(alg, r->st->v[alg], algs[alg].size, r->digest[alg], algs[alg].size, after);
	buf_fmt(out, "{\"kind\":\"intent\",\"seq\":%llu,\"register\":\"%s/%s:%s\",",
		(unsigned long long)r->seq, reg->provider, reg->name, algs[alg].name);
	if (r->e->type.kind == KIND_RECORD) {
		buf_str(out, "\"record_hex\":\"");
		buf_hex(out, r->data.p, r->data.n);
		buf_str(out, "\"");
	} else {
		const char *note = r->e->note != NULL ? r->e->note : "";
		buf_str(out, "\"note\":");
		buf_json(out, note, strlen(note));
	}
	buf_str(out, ",\"digest\":\"");
	buf_hex(out, r->digest[alg], algs[alg].size);
	buf_str(out, "\",\"before\":\"");
	buf_hex(out, r->st->v[alg], algs[alg].size);
	buf_str(out, "\",\"expected\":\"");
	buf_hex(out, after, algs[alg].size);
	buf_fmt(out,
		"\",\"pid\":4242,\"start\":%llu,\"time\":\"2026-11-24T16:17:31Z\"}\n"
		"{\"kind\":\"commit\",\"seq\":%llu}\n",
		100000 + (unsigned long long)r->seq, (unsigned long long)r->seq);
}
