/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/snp_report.h"

#include <string.h>

#include "base/cursor.h"

enum {
	VERSION_MIN = 2,
	VERSION_MAX = 5,
	VERSION_WITH_CPUID = 3,
	ALGORITHM_P384 = 1,

	AT_VERSION = 0x000,
	AT_POLICY = 0x008,
	AT_VMPL = 0x030,
	AT_ALGORITHM = 0x034,
	AT_SIGNER = 0x048,
	AT_REPORT_DATA = 0x050,
	AT_REPORTED_TCB = 0x180,
	AT_CPU_FAMILY = 0x188,
	AT_CPU_MODEL = 0x189,
	AT_CHIP_ID = 0x1a0,

	POLICY_DEBUG = 1 << 19,
};

static const struct field {
	const char *name, *hash;
	size_t off, size;
} fields[] = {
	{"author_key_digest", "sha384", 0x110, 48},
	{"family_id", NULL, 0x010, 16},
	{"host_data", NULL, 0x0c0, 32},
	{"id_key_digest", "sha384", 0x0e0, 48},
	{"image_id", NULL, 0x020, 16},
	{"measurement", "sha384", 0x090, 48},
};

const char *snp_product_name(enum snp_product product)
{
	static const char *const names[SNP_PRODUCTS] = {
		[SNP_MILAN] = "Milan",
		[SNP_GENOA] = "Genoa",
		[SNP_TURIN] = "Turin",
	};
	return names[product];
}

static uint64_t le(struct bytes b, size_t at, size_t n)
{
	uint64_t v = 0;
	for (size_t i = n; i > 0; i--)
		v = v << 8 | b.p[at + i - 1];
	return v;
}

bool snp_report_looks_like(struct bytes b)
{
	if (b.n < AT_ALGORITHM + 4)
		return false;
	uint64_t version = le(b, AT_VERSION, 4);
	return version >= 1 && version <= UINT8_MAX && le(b, AT_ALGORITHM, 4) == ALGORITHM_P384;
}

/* CPUID function 1, EAX: extended family and model are added. */
static enum snp_product product_of(uint8_t family, uint8_t model)
{
	if (family == 0x19 && model <= 0x0f)
		return SNP_MILAN;
	if (family == 0x19 &&
		((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)))
		return SNP_GENOA;
	if (family == 0x1a && model <= 0x11)
		return SNP_TURIN;
	return SNP_UNKNOWN;
}

static int take_product(struct snp_report *r, unsigned version, struct err *err)
{
	const uint8_t *p = r->bytes.p;
	if (version < VERSION_WITH_CPUID)
		return 0;
	r->product = product_of(p[AT_CPU_FAMILY], p[AT_CPU_MODEL]);
	if (r->product == SNP_UNKNOWN)
		return err_set(err, ST_FORMAT,
			"offset %d: a report of CPU family 0x%x, model 0x%x, which is not known "
			"here",
			AT_CPU_FAMILY, p[AT_CPU_FAMILY], p[AT_CPU_MODEL]);
	return 0;
}

static int take_key(struct snp_report *r, struct evidence *ev, struct err *err)
{
	unsigned key = r->bytes.p[AT_SIGNER] >> 2 & 7;
	if (key != SNP_VCEK && key != SNP_VLEK && key != SNP_NO_KEY)
		return err_set(err, ST_FORMAT,
			"offset %d: signed by a key of kind %u, and only VCEK (0), VLEK (1) and "
			"none (7) are known here",
			AT_SIGNER, key);
	r->key = (enum snp_key)key;
	ev->snp.signing_key = key == SNP_VCEK ? "VCEK" : key == SNP_VLEK ? "VLEK" : "none";
	return 0;
}

static int check_head(struct bytes b, unsigned *ret_version, struct err *err)
{
	if (b.n < SNP_REPORT_SIZE)
		return err_set(err, ST_FORMAT, "%zu bytes, and an SEV-SNP report has %d", b.n,
			SNP_REPORT_SIZE);
	*ret_version = (unsigned)le(b, AT_VERSION, 4);
	if (*ret_version < VERSION_MIN || *ret_version > VERSION_MAX)
		return err_set(err, ST_FORMAT,
			"offset 0: an SEV-SNP report of version %u, and only %d to %d are known "
			"here",
			*ret_version, VERSION_MIN, VERSION_MAX);
	if (le(b, AT_ALGORITHM, 4) != ALGORITHM_P384)
		return err_set(err, ST_FORMAT,
			"offset %d: a signature of algorithm %u, and only 1 (ECDSA P-384 with "
			"SHA-384) is known here",
			AT_ALGORITHM, (unsigned)le(b, AT_ALGORITHM, 4));
	return 0;
}

static void take_facts(struct bytes b, struct evidence *ev)
{
	ev->snp.vmpl = (uint32_t)le(b, AT_VMPL, 4);
	ev->snp.policy = le(b, AT_POLICY, 8);
	ev->debug = (ev->snp.policy & POLICY_DEBUG) != 0;
	memcpy(ev->report_data, b.p + AT_REPORT_DATA, REPORT_DATA_SIZE);
	memcpy(ev->snp.reported_tcb, b.p + AT_REPORTED_TCB, SNP_TCB_SIZE);
	memcpy(ev->snp.chip_id, b.p + AT_CHIP_ID, SNP_CHIP_ID_SIZE);
}

int snp_report_parse(struct bytes b, struct snp_report *ret, struct register_file *regs,
	struct evidence *ev, struct err *err)
{
	*ret = (struct snp_report){.bytes = {b.p, SNP_REPORT_SIZE}};
	if (check_head(b, &ev->version, err) < 0 || take_product(ret, ev->version, err) < 0 ||
		take_key(ret, ev, err) < 0)
		return -1;
	ev->trailing = b.n - SNP_REPORT_SIZE;
	ev->trailing_zeros = bytes_all_zero((struct bytes){b.p + SNP_REPORT_SIZE, ev->trailing});
	ev->snp.product = snp_product_name(ret->product);
	take_facts(b, ev);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct bytes value = {b.p + fields[i].off, fields[i].size};
		struct mr *mr = register_file_add(regs, fields[i].name, fields[i].hash, value, err);
		if (mr == NULL)
			return -1;
		mr->cc_mr_index = CC_MR_NONE;
		mr->flags = MR_READABLE;
	}
	return 0;
}
