/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/evidence.h"

#include <stdarg.h>
#include <stdio.h>

const char *evidence_type_name(enum evidence_type type)
{
	static const char *const names[] = {
		[EVIDENCE_TDX_QUOTE] = "tdx-quote",
		[EVIDENCE_SNP_REPORT] = "snp-report",
		[EVIDENCE_TPM_QUOTE] = "tpm-quote",
		[EVIDENCE_TDREPORT] = "tdreport",
	};
	return names[type];
}

const char *evidence_verdict_name(enum evidence_verdict verdict)
{
	static const char *const names[] = {
		[EVIDENCE_NONE] = NULL,
		[EVIDENCE_GENUINE] = "genuine",
		[EVIDENCE_UNCHECKED] = "unchecked",
		[EVIDENCE_UNTRUSTED] = "untrusted",
		[EVIDENCE_FORGED] = "forged",
	};
	return names[verdict];
}

enum status evidence_verdict_status(enum evidence_verdict verdict)
{
	return verdict >= EVIDENCE_UNTRUSTED ? ST_NO : ST_OK;
}

const char *evidence_step_name(enum evidence_step step)
{
	static const char *const names[] = {
		[STEP_PCR_DIGEST] = "pcr-digest",
		[STEP_ROOT] = "root",
		[STEP_CHAIN] = "chain",
		[STEP_QE_SIGNATURE] = "qe-signature",
		[STEP_BINDING] = "binding",
		[STEP_QE_IDENTITY] = "qe-identity",
		[STEP_SIGNATURE] = "signature",
		[STEP_TCB] = "tcb",
		[STEP_CHIP_ID] = "chip-id",
		[STEP_CRL] = "crl",
		[STEP_TCB_LEVEL] = "tcb_level",
		[STEP_VALIDITY] = "validity",
		[STEP_NONE] = NULL,
	};
	return names[step];
}

const char *evidence_failed_name(enum evidence_step step)
{
	return step == STEP_CRL ? "revoked" : evidence_step_name(step);
}

void evidence_passed(struct evidence *ev, enum evidence_step step)
{
	ev->checked |= 1U << step;
}

__attribute__((format(printf, 3, 0))) static void decide(
	struct evidence *ev, enum evidence_verdict verdict, const char *fmt, va_list ap)
{
	ev->verdict = verdict;
	vsnprintf(ev->detail, sizeof(ev->detail), fmt, ap);
	/* The names of certificates are anything, and it goes to a terminal. */
	for (char *c = ev->detail; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

void evidence_fail(struct evidence *ev, enum evidence_verdict verdict, enum evidence_step step,
	const char *fmt, ...)
{
	va_list ap;
	ev->failed = step;
	va_start(ap, fmt);
	decide(ev, verdict, fmt, ap);
	va_end(ap);
}

void evidence_lacks(struct evidence *ev, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	decide(ev, EVIDENCE_UNCHECKED, fmt, ap);
	va_end(ap);
}

bool evidence_goes_on(const struct evidence *ev)
{
	return ev->verdict == EVIDENCE_NONE;
}

int evidence_trust_init(struct evidence_trust *ret, struct err *err)
{
	ret->given.pki = ret->roots.pki = libcrypto_pki_get(err);
	return ret->given.pki != NULL ? 0 : -1;
}

void evidence_trust_clear(struct evidence_trust *trust)
{
	certs_clear(&trust->roots);
	certs_clear(&trust->given);
}
