/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence with the values that the log makes: TDX quotes and reports, the ACPI table. */
#include "gen.h"

#include <stdio.h>
#include <string.h>

#include "mint.h"

#define MR 48

/* A field that nobody sets is the hash of its name: a wrong offset shows. */
static void named(struct buf *ret, const char *name)
{
	uint8_t v[HASH_MAX];
	hash_two(SHA384, name, strlen(name), NULL, 0, v);
	buf_put(ret, v, MR);
}

static void put_mrtd(const struct gen *g, struct buf *ret)
{
	for (size_t i = 0; i < g->n_starts; i++)
		if (g->starts[i].reg.kind == REG_MRTD) {
			buf_put(ret, g->starts[i].v[SHA384], MR);
			return;
		}
	named(ret, "mrtd");
}

static void put_rtmr(const struct gen *g, uint32_t n, struct buf *ret)
{
	static const uint8_t zeros[MR];
	char name[16];
	(void)snprintf(name, sizeof(name), "rtmr%u", (unsigned)n);
	for (size_t i = 0; i < g->n_finals; i++) {
		const struct state *st = &g->finals[i];
		bool is =
			st->reg.kind == REG_RTMR ? st->reg.n == n : strcmp(st->reg.name, name) == 0;
		if (is && has_bank(g, st, SHA384)) {
			buf_put(ret, st->v[SHA384], MR);
			return;
		}
	}
	buf_put(ret, zeros, MR);
}

static void put_report_data(const struct gen *g, struct buf *ret)
{
	size_t n = g->report_data.n < 64 ? g->report_data.n : 64;
	buf_put(ret, g->report_data.p, n);
	buf_fill(ret, 0, 64 - n);
}

/* From the TD attributes to RTMR3: the same in a quote and in a report. */
static void put_td(const struct gen *g, struct buf *ret)
{
	buf_le(ret, 0x10000000 | (g->debug ? 1 : 0), 8);
	buf_le(ret, 0x61ae7, 8);
	put_mrtd(g, ret);
	named(ret, "mrconfigid");
	named(ret, "mrowner");
	named(ret, "mrownerconfig");
	for (uint32_t i = 0; i < 4; i++)
		put_rtmr(g, i, ret);
}

/* What signs it, without certificates: whether those are right is not what these logs are for. */
static void put_signature(struct gen *g, struct buf *ret)
{
	enum { LENGTH_SIZE = 4 };
	struct mint_buf quote = {0};
	mint_put(&quote, ret->p, ret->n);
	mint_quote_sign(&quote, &(struct mint_quote){0});
	const uint8_t *signature = quote.p + ret->n;
	size_t n = quote.n - ret->n;
	if (g->sig_len != NONE)
		buf_le(ret, g->sig_len, LENGTH_SIZE);
	else
		buf_put(ret, signature, LENGTH_SIZE);
	buf_put(ret, signature + LENGTH_SIZE, n - LENGTH_SIZE);
	mint_free(&quote);
}

/* Intel TDX DCAP quote formats, versions 4 and 5, appendix A.3. */
void put_quote(struct gen *g, struct buf *ret)
{
	bool v5 = g->what == QUOTE5 || g->what == QUOTE5_15, tdx15 = g->what == QUOTE5_15;
	buf_le(ret, v5 ? 5 : 4, 2);
	buf_le(ret, 2, 2);
	buf_le(ret, 0x81, 4);
	buf_le(ret, 0, 4);
	buf_unhex(ret, "939a7233f79c4ca9940a0db3957f0607");
	buf_fill(ret, 0x75, 20);
	if (v5) {
		buf_le(ret, tdx15 ? 3 : 2, 2);
		buf_le(ret, tdx15 ? 648 : 584, 4);
	}
	buf_fill(ret, 0x05, 16);
	named(ret, "mrseam");
	named(ret, "mrsignerseam");
	buf_le(ret, 0, 8);
	put_td(g, ret);
	put_report_data(g, ret);
	if (tdx15) {
		buf_fill(ret, 0x06, 16);
		named(ret, "mrservicetd");
	}
	put_signature(g, ret);
}

/* TDREPORT_STRUCT (Intel TDX module, "Measurement and Attestation"), with its two hashes. */
void put_tdreport(struct gen *g, struct buf *ret)
{
	struct buf tcb = {0}, td = {0};
	uint8_t hash[HASH_MAX];
	buf_le(&tcb, 0x301ff, 8);
	buf_fill(&tcb, 0x05, 16);
	named(&tcb, "mrseam");
	named(&tcb, "mrsignerseam");
	buf_fill(&tcb, 0, 239 - tcb.n);
	put_td(g, &td);
	named(&td, "servtd");
	buf_fill(&td, 0, 512 - td.n);

	buf_le(ret, 0x81, 4);
	buf_fill(ret, 0, 12);
	buf_fill(ret, 0x02, 16);
	hash_two(SHA384, tcb.p, tcb.n, NULL, 0, hash);
	buf_put(ret, hash, MR);
	hash_two(SHA384, td.p, td.n, NULL, 0, hash);
	buf_put(ret, hash, MR);
	put_report_data(g, ret);
	buf_fill(ret, 0, 32);
	buf_fill(ret, 0x4d, 32);
	buf_put(ret, tcb.p, tcb.n);
	buf_fill(ret, 0, 17);
	buf_put(ret, td.p, td.n);
	buf_free(&tcb);
	buf_free(&td);
}

/* ACPI 6.5, section 5.2.34: what is not the log. */
void put_table(struct gen *g, struct buf *ret)
{
	uint8_t sum = 0;
	buf_str(ret, "CCEL");
	buf_le(ret, 56, 4);
	buf_le(ret, 1, 1);
	buf_le(ret, 0, 1);
	buf_str(ret, "GENLOGGENLOG  ");
	buf_le(ret, 2, 4);
	buf_str(ret, "GLOG");
	buf_le(ret, 1, 4);
	buf_le(ret, 2, 1);
	buf_fill(ret, 0, 3);
	buf_le(ret, g->area != 0 ? g->area : 65536, 8);
	buf_le(ret, 0xbedbf000, 8);
	for (size_t i = 0; i < ret->n; i++)
		sum = (uint8_t)(sum + ret->p[i]);
	ret->p[9] = (uint8_t)(0 - sum);
}
