/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/tpm_quote.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "formats/tcg_names.h"

#define TPM_GENERATED UINT32_C(0xff544347)

enum {
	ATTEST_QUOTE = 0x8018,
	CLOCK_INFO_SIZE = 8 + 4 + 4 + 1,
	FIRMWARE_VERSION_SIZE = 8,
	PCR_COUNT = 24, /* TCG PC Client Platform TPM Profile: PCRs 0 to 23 */
};

/* The PCRs that are quoted, in their order. */
struct selection {
	struct {
		enum hash_alg alg;
		unsigned pcr;
	} v[TPM_QUOTE_PCRS_MAX];
	size_t n;
	unsigned banks; /* bits, 1 << enum hash_alg */
};

static struct bytes take_sized(struct cursor *c)
{
	return cur_take(c, cur_be16(c));
}

static int err_cut(const struct cursor *c, struct err *err)
{
	return err_set(err, ST_FORMAT, "offset %zu: cut in the TPM's quote", c->off);
}

static int parse_head(struct cursor *c, struct evidence *ev, struct err *err)
{
	uint32_t magic = cur_be32(c);
	uint16_t type = cur_be16(c);
	struct bytes signer = take_sized(c), nonce = take_sized(c);
	cur_take(c, CLOCK_INFO_SIZE + FIRMWARE_VERSION_SIZE);
	if (!cur_ok(c))
		return err_cut(c, err);
	if (magic != TPM_GENERATED || type != ATTEST_QUOTE)
		return err_set(err, ST_FORMAT,
			"offset 0: 0x%08x and type 0x%04x, and a TPM's quote has 0x%08x and 0x%04x",
			magic, type, TPM_GENERATED, ATTEST_QUOTE);
	if (signer.n > sizeof(ev->tpm.signer))
		return err_set(err, ST_FORMAT,
			"offset 6: the name of a key has %zu bytes, and there are at most %zu",
			signer.n, sizeof(ev->tpm.signer));
	if (nonce.n > REPORT_DATA_SIZE)
		return err_set(err, ST_FORMAT,
			"offset %zu: a nonce of %zu bytes, and there are at most %d here",
			8 + signer.n, nonce.n, REPORT_DATA_SIZE);
	ev->tpm.n_signer = signer.n;
	ev->tpm.n_nonce = nonce.n;
	if (signer.n > 0)
		memcpy(ev->tpm.signer, signer.p, signer.n);
	if (nonce.n > 0)
		memcpy(ev->report_data, nonce.p, nonce.n);
	return 0;
}

/* One bank: bit I of byte B is PCR 8 * B + I. */
static int parse_bank(struct cursor *c, struct selection *s, struct err *err)
{
	size_t off = c->off;
	uint16_t id = cur_be16(c);
	struct bytes size = cur_take(c, 1), bits = cur_take(c, size.n > 0 ? size.p[0] : 0);
	if (!cur_ok(c))
		return err_cut(c, err);
	enum hash_alg alg = tcg_hash_alg(id);
	if (alg == HASH_UNKNOWN)
		return err_set(
			err, ST_FORMAT, "offset %zu: a bank of the unknown hash 0x%04x", off, id);
	if (s->banks & 1U << alg)
		return err_set(
			err, ST_FORMAT, "offset %zu: the bank %s twice", off, hash_name(alg));
	s->banks |= 1U << alg;
	for (unsigned pcr = 0; pcr < 8 * bits.n; pcr++) {
		if ((bits.p[pcr / 8] & 1U << pcr % 8) == 0)
			continue;
		if (pcr >= PCR_COUNT)
			return err_set(err, ST_FORMAT, "offset %zu: PCR %u, and a TPM has 0 to %d",
				off, pcr, PCR_COUNT - 1);
		s->v[s->n].alg = alg;
		s->v[s->n++].pcr = pcr;
	}
	return 0;
}

static int parse_selection(struct cursor *c, struct selection *s, struct err *err)
{
	/* Each bank is there once: their number needs no bound of its own. */
	for (uint32_t left = cur_be32(c); left > 0 && cur_ok(c); left--)
		if (parse_bank(c, s, err) < 0)
			return -1;
	return cur_ok(c) ? 0 : err_cut(c, err);
}

static int check_sizes(
	const struct selection *s, const struct bytes *pcrs, size_t n, struct err *err)
{
	if (s->n == 0)
		return err_set(err, ST_FORMAT, "no PCR is in the TPM's quote");
	if (s->n != n)
		return err_set(err, ST_FORMAT, "%zu values, and the TPM quoted %zu PCRs", n, s->n);
	for (size_t i = 0; i < n; i++) {
		enum hash_alg alg = s->v[i].alg;
		if (pcrs[i].n != hash_size(alg))
			return err_set(err, ST_FORMAT, "PCR %u: %zu bytes, but %s has %zu",
				s->v[i].pcr, pcrs[i].n, hash_name(alg), hash_size(alg));
	}
	return 0;
}

static int add_registers(const struct selection *s, const struct bytes *pcrs,
	struct register_file *regs, struct err *err)
{
	char name[sizeof("pcr23")];
	for (size_t i = 0; i < s->n; i++) {
		enum hash_alg alg = s->v[i].alg;
		snprintf(name, sizeof(name), "pcr%u", s->v[i].pcr);
		struct mr *mr = register_file_add(regs, name, hash_name(alg), pcrs[i], err);
		if (mr == NULL)
			return -1;
		mr->cc_mr_index = CC_MR_NONE;
		mr->flags = MR_READABLE | MR_RUNTIME;
	}
	return 0;
}

static int hash_all(
	enum hash_alg alg, const struct bytes *v, size_t n, struct digest *ret, struct err *err)
{
	struct hasher *h;
	if (hasher_open(&h, alg, err) < 0)
		return -1;
	int rc = hash_begin(h, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = hash_more(h, v[i], err);
	if (rc == 0)
		rc = hash_end(h, ret, err);
	hasher_close(h);
	return rc;
}

/*
 * The hash is that of the signature's scheme, which is not in what is signed: each of the digest's
 * size is tried. It may be one that libcrypto lacks.
 */
static int check_digest(struct bytes digest, const struct bytes *pcrs, size_t n,
	struct evidence *ev, struct err *err)
{
	struct digest d;
	struct err absent = {0};
	bool tried = false;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++) {
		if (hash_size(alg) != digest.n)
			continue;
		if (hash_all(alg, pcrs, n, &d, err) < 0) {
			if (err->status != ST_ABSENT)
				return -1;
			absent = *err;
			continue;
		}
		tried = true;
		if (bytes_equal(digest, digest_bytes(&d))) {
			evidence_passed(ev, STEP_PCR_DIGEST);
			return 0;
		}
	}
	if (!tried && absent.status == ST_OK)
		return err_set(err, ST_FORMAT,
			"a digest of PCRs of %zu bytes: no known hash has that", digest.n);
	ev->err = absent;
	if (absent.status != ST_OK)
		ev->err.status = ST_SYSTEM;
	else
		evidence_fail(ev, EVIDENCE_FORGED, STEP_PCR_DIGEST,
			"the TPM quoted other values than these, or they were read at another "
			"time");
	return 0;
}

int tpm_quote_parse(struct bytes message, const struct bytes *pcrs, size_t n,
	struct register_file *regs, struct evidence *ev, struct err *err)
{
	struct cursor c = {.left = message};
	struct selection s = {.n = 0};
	if (parse_head(&c, ev, err) < 0 || parse_selection(&c, &s, err) < 0)
		return -1;
	struct bytes digest = take_sized(&c);
	if (!cur_ok(&c))
		return err_cut(&c, err);
	if (c.left.n > 0)
		return err_set(err, ST_FORMAT, "offset %zu: %zu bytes after the TPM's quote", c.off,
			c.left.n);
	ev->version = 2; /* of the TPM Library */
	ev->steps = 1U << STEP_PCR_DIGEST | 1U << STEP_SIGNATURE;
	if (check_sizes(&s, pcrs, n, err) < 0 || check_digest(digest, pcrs, n, ev, err) < 0)
		return -1;
	return add_registers(&s, pcrs, regs, err);
}
