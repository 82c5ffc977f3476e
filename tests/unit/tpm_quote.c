/* SPDX-License-Identifier: Apache-2.0 */
/* A TPM's quote whose PCRs' digest is by a hash that libcrypto does not have: that is no forgery. */
#include "evidence/tpm_quote.h"

#include <string.h>

#include "check.h"

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names. */
int __real_hasher_open(struct hasher **ret, enum hash_alg alg, struct err *err);
int __wrap_hasher_open(struct hasher **ret, enum hash_alg alg, struct err *err);

static enum hash_alg absent;

int __wrap_hasher_open(struct hasher **ret, enum hash_alg alg, struct err *err)
{
	if (alg == absent)
		return err_set(err, ST_ABSENT, "libcrypto here does not have %s", hash_name(alg));
	return __real_hasher_open(ret, alg, err);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* PCR 0 of SHA-256, without a name, nonce, clock or version; its digest is of zeros. */
static struct evidence parse(void)
{
	static const uint8_t head[] = {0xff, 0x54, 0x43, 0x47, 0x80, 0x18};
	static const uint8_t select[] = {0, 0, 0, 1, 0, 0x0b, 3, 1, 0, 0, 0, 32};
	enum { SKIPPED = 2 + 2 + 17 + 8 };
	uint8_t message[sizeof(head) + SKIPPED + sizeof(select) + 32] = {0}, value[32] = {1};
	struct bytes pcr = {value, sizeof(value)};
	struct register_file regs = {0};
	struct evidence ev = {.failed = STEP_NONE, .type = EVIDENCE_TPM_QUOTE};
	struct err err = {0};
	memcpy(message, head, sizeof(head));
	memcpy(message + sizeof(head) + SKIPPED, select, sizeof(select));
	CHECK_INT(tpm_quote_parse(
			  (struct bytes){message, sizeof(message)}, &pcr, 1, &regs, &ev, &err),
		0);
	CHECK_U64(regs.mrs.n, 1);
	register_file_clear(&regs);
	return ev;
}

int main(void)
{
	struct evidence ev = parse();
	CHECK(ev.verdict == EVIDENCE_FORGED && ev.failed == STEP_PCR_DIGEST);
	CHECK_INT(ev.err.status, ST_OK);
	absent = HASH_SM3;
	ev = parse();
	CHECK(ev.verdict == EVIDENCE_NONE && ev.failed == STEP_NONE && ev.checked == 0);
	CHECK_INT(ev.err.status, ST_SYSTEM);
	CHECK_STR(ev.err.msg, "libcrypto here does not have sm3");
	return 0;
}
