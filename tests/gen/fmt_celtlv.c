/* SPDX-License-Identifier: Apache-2.0 */
/* TCG Canonical Event Log Format, TLV encoding: type u8, length u32 and integers big-endian. */
#include "gen.h"

#include <stdlib.h>
#include <string.h>

static void put_tlv(struct buf *ret, int type, const void *p, size_t n)
{
	buf_be(ret, (uint64_t)type, 1);
	buf_be(ret, n, 4);
	buf_put(ret, p, n);
}

/* An integer of `size` bytes; 0: as few as it needs. */
static void put_int(struct buf *ret, int type, uint64_t v, int size)
{
	if (size == 0)
		for (size = 1; size < 8 && v >> 8 * size != 0;)
			size++;
	buf_be(ret, (uint64_t)type, 1);
	buf_be(ret, (uint64_t)size, 4);
	buf_be(ret, v, size);
}

/* An integer as the format's program writes it: libcel minimal, the others as wide as said. */
static int width(const struct gen *g, int google)
{
	switch (g->format->variant) {
	case TLV_LIBCEL:
		return 0;
	case TLV_GOOGLE:
		return google;
	}
	return 4;
}

static void put_register(struct gen *g, const struct reg *reg)
{
	if (reg->kind == REG_PCR)
		put_int(&g->out, 1, reg->n, width(g, 1));
	else if (reg->kind == REG_NV)
		put_int(&g->out, 2, reg->n, width(g, 4));
	else if (reg->kind == REG_NAMED)
		die("'%s': CEL-TLV has no names", reg->name);
	else
		put_int(&g->out, 108, reg_cc_index(reg), 1);
}

static void put_digests(struct gen *g, const struct record *r)
{
	struct buf list = {0};
	for (int i = 0; i < N_ALGS; i++)
		if (has_bank(g, r->st, i))
			put_tlv(&list, algs[i].id, r->digest[i], algs[i].size);
	put_tlv(&g->out, 3, list.p, list.n);
	buf_free(&list);
}

static void put_pcclient(struct gen *g, const struct record *r)
{
	struct buf content = {0}, data = {0};
	event_payload(r->e, &r->data, &data);
	put_int(&content, 0, r->e->type.number, width(g, 4));
	put_tlv(&content, 1, data.p, data.n);
	put_tlv(&g->out, 5, content.p, content.n);
	buf_free(&data);
	buf_free(&content);
}

static void put_ima(struct gen *g, const struct record *r)
{
	struct buf content = {0}, data = {0};
	ima_template(r->e, &r->data, false, &data);
	put_tlv(&content, 0, r->e->type.name, strlen(r->e->type.name));
	put_tlv(&content, 1, data.p, data.n);
	put_tlv(&g->out, 7, content.p, content.n);
	buf_free(&data);
	buf_free(&content);
}

/* libcel gave it the number 11, D. Safford's converter 9. */
static void put_systemd(struct gen *g, const struct record *r)
{
	struct buf content = {0}, boot_id = {0};
	buf_unhex(&boot_id, "0123456789abcdef0123456789abcdef");
	if (r->e->type.number > 3)
		die("'%s': has no number in CEL-TLV", r->e->type.name);
	put_int(&content, 0, r->e->type.number, width(g, 4));
	put_int(&content, 1, 1500000 + 500000 * r->seq, width(g, 8));
	put_tlv(&content, 2, boot_id.p, boot_id.n);
	put_tlv(&content, 3, r->data.p, r->data.n);
	put_tlv(&g->out, g->format->variant == TLV_LIBCEL ? 11 : 9, content.p, content.n);
	buf_free(&boot_id);
	buf_free(&content);
}

static void put_management(struct gen *g, const struct record *r)
{
	static const char *const states[] = {"suspend", "hibernate", "kexec"};
	struct buf content = {0}, inner = {0}, text = {0};
	buf_put(&text, r->data.p, r->data.n);
	buf_fill(&text, 0, 1);
	const char *word = (const char *)text.p;
	if (r->e->type.number == 1) {
		put_int(&inner, 0, 1, 2);
		put_int(&inner, 1, 0, 2);
		put_tlv(&content, 1, inner.p, inner.n);
	} else if (r->e->type.number == 2) {
		put_tlv(&content, 2, NULL, 0);
	} else if (r->e->type.number == 80) {
		put_int(&content, 80, number(word, "the time"), width(g, 8));
	} else {
		uint64_t i = 0;
		while (i < 3 && strcmp(word, states[i]) != 0)
			i++;
		put_int(&content, 81, i, width(g, 1));
	}
	put_tlv(&g->out, 4, content.p, content.n);
	buf_free(&text);
	buf_free(&inner);
	buf_free(&content);
}

void celtlv_event(struct gen *g, const struct record *r)
{
	/* Google counts all records, the others those of a register. */
	put_int(&g->out, 0, g->format->variant == TLV_GOOGLE ? r->seq : r->st->count, width(g, 8));
	put_register(g, &r->st->reg);
	put_digests(g, r);
	if (r->e->type.kind == KIND_COS)
		cos_content(r->e, &r->data, &g->out);
	else if (r->e->type.kind == KIND_SYSTEMD)
		put_systemd(g, r);
	else if (r->e->type.kind == KIND_IMA)
		put_ima(g, r);
	else if (r->e->type.kind == KIND_CEL)
		put_management(g, r);
	else
		put_pcclient(g, r);
}
