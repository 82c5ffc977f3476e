/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/tdx_signature.h"

#include "base/cursor.h"

enum {
	SIGNATURE_SIZE = 64,
	KEY_SIZE = 64,
	KEY_TYPE_P256 = 2,
};

/* 939a7233-f79c-4ca9-940a-0db3957f0607: Intel's. */
static const uint8_t vendor[] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d,
	0xb3, 0x95, 0x7f, 0x06, 0x07};

static int check_header(struct bytes quote, struct err *err)
{
	struct cursor c = {.left = quote};
	cur_take(&c, 2);
	uint16_t type = cur_le16(&c);
	cur_take(&c, 8);
	if (type != KEY_TYPE_P256)
		return err_set(err, ST_FORMAT,
			"offset 2: an attestation key of type %u, and only 2 (ECDSA P-256) is "
			"known here",
			type);
	if (!bytes_equal(cur_take(&c, sizeof(vendor)), (struct bytes){vendor, sizeof(vendor)}))
		return err_set(err, ST_FORMAT,
			"offset 12: a quoting enclave of another vendor than Intel, which is not "
			"known here");
	return 0;
}

/* A type and a length, which is that of all that is left. */
static int parse_certs_head(struct cursor *c, unsigned *ret_type, struct err *err)
{
	size_t off = c->off;
	*ret_type = cur_le16(c);
	uint32_t size = cur_le32(c);
	if (!cur_ok(c))
		return err_set(
			err, ST_FORMAT, "offset %zu: cut in the quote's signature data", off);
	if (size != c->left.n)
		return err_set(err, ST_FORMAT,
			"offset %zu: certification data of %u bytes, and there are %zu", off + 2,
			size, c->left.n);
	return 0;
}

static int parse_qe(struct cursor *c, struct tdx_signature *ret, struct err *err)
{
	/* The id, then CPUSVN, PCESVN and PCEID. */
	static const unsigned ppid_size[] = {
		[TDX_CERTS_PPID] = 16 + 20,
		[TDX_CERTS_PPID_2048] = 256 + 20,
		[TDX_CERTS_PPID_3072] = 384 + 20,
	};
	size_t off = c->off;
	unsigned type;
	ret->qe_report = cur_take(c, QE_REPORT_SIZE);
	ret->qe_signature = cur_take(c, SIGNATURE_SIZE);
	ret->qe_auth = cur_take(c, cur_le16(c));
	if (!cur_ok(c))
		return err_set(err, ST_FORMAT,
			"offset %zu: cut in the quoting enclave's report and what signs it", off);
	off = c->off;
	if (parse_certs_head(c, &type, err) < 0)
		return -1;
	if (type < TDX_CERTS_PPID || type > TDX_CERTS_CHAIN)
		return err_set(err, ST_FORMAT,
			"offset %zu: certification data of type %u, and 1 to 5 are known here", off,
			type);
	ret->certs_type = (enum tdx_certs_type)type;
	ret->certs = c->left;
	if (type <= TDX_CERTS_PPID_3072 && c->left.n != ppid_size[type])
		return err_set(err, ST_FORMAT,
			"offset %zu: certification data of type %u and %zu bytes, and it has %u",
			off, type, c->left.n, ppid_size[type]);
	return 0;
}

int tdx_signature_parse(struct bytes quote, size_t at, struct tdx_signature *ret, struct err *err)
{
	struct cursor c = {.left = quote};
	*ret = (struct tdx_signature){0};
	ret->data = cur_take(&c, at - 4);
	/* Whoever found where it begins has seen that this is there. */
	c.left.n = cur_le32(&c);
	if (check_header(quote, err) < 0)
		return -1;
	ret->signature = cur_take(&c, SIGNATURE_SIZE);
	ret->key = cur_take(&c, KEY_SIZE);
	size_t off = c.off;
	unsigned type;
	if (parse_certs_head(&c, &type, err) < 0)
		return -1;
	if (type != TDX_CERTS_QE_REPORT)
		return err_set(err, ST_FORMAT,
			"offset %zu: certification data of type %u, and it is 6 in a TDX quote",
			off, type);
	return parse_qe(&c, ret, err);
}
