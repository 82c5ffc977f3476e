/* SPDX-License-Identifier: Apache-2.0 */
/* What was found out about signed evidence: which steps were checked, and what that amounts to. */
#ifndef TSMCTL_EVIDENCE_EVIDENCE_H
#define TSMCTL_EVIDENCE_EVIDENCE_H

#include <time.h>

#include "evidence/certs.h"
#include "model/hash.h"

enum evidence_type {
	EVIDENCE_TDX_QUOTE,
	EVIDENCE_SNP_REPORT,
	EVIDENCE_TPM_QUOTE,
	EVIDENCE_TDREPORT,
};

enum evidence_verdict {
	EVIDENCE_NONE,	    /* it could not be checked: an error stands beside it */
	EVIDENCE_GENUINE,   /* every signature up to the pinned root is right */
	EVIDENCE_UNCHECKED, /* certificates are missing */
	EVIDENCE_UNTRUSTED, /* the signatures are right, but who signed is not trusted any more */
	EVIDENCE_FORGED,    /* a signature, a binding or the root's key is wrong */
};

/* In the order in which they are checked. */
enum evidence_step {
	STEP_PCR_DIGEST,   /* TPM: the digest in its quote is of these PCR values */
	STEP_ROOT,	   /* the root's key is pinned */
	STEP_CHAIN,	   /* each certificate is signed by the next */
	STEP_QE_SIGNATURE, /* TDX: the report of the quoting enclave (QE) is signed by the PCK */
	STEP_BINDING, /* TDX: that report is of the key that signed the quote; TPM: the hardware's
			      report is of the data with the TPM's key */
	STEP_QE_IDENTITY, /* TDX: that enclave is Intel's, and no debug enclave */
	STEP_SIGNATURE,	  /* the quote or the report itself */
	STEP_TCB,	  /* SNP: the certificate is of the reported TCB */
	STEP_CHIP_ID,	  /* SNP: the certificate is of this chip */
	STEP_CRL,	  /* nothing is revoked, by a list of every issuer */
	STEP_TCB_LEVEL,	  /* the patch level is good enough: never checked here */
	STEP_VALIDITY,	  /* certificates and lists are valid at the time that was given */
	STEP_COUNT,
	STEP_NONE = STEP_COUNT,
};

enum {
	REPORT_DATA_SIZE = 64,
	CPU_TCB_SIZE = 16,
	FMSPC_SIZE = 6,
	PCEID_SIZE = 2,
	SNP_CHIP_ID_SIZE = 64,
	SNP_TCB_SIZE = 8,
	SHA256_SIZE = 32,
	TPM_NAME_MAX = 2 + DIGEST_SIZE_MAX, /* of a key: the hash, and a digest */
	EVIDENCE_DETAIL_MAX = 400,
};

struct evidence {
	enum evidence_type type;
	unsigned version;
	enum evidence_verdict verdict;
	struct err err; /* with a status: why it could not be checked */
	enum evidence_step failed;
	char detail[EVIDENCE_DETAIL_MAX]; /* what failed, or is missing, in words */
	unsigned steps, checked;	  /* bits, 1 << step: those of this type; those that hold */
	const char *root;		  /* whose root it is; NULL: none was found */
	uint8_t root_sha256[SHA256_SIZE]; /* of its public key; where root is set */
	uint8_t report_data[REPORT_DATA_SIZE];
	uint8_t user_data
		[REPORT_DATA_SIZE]; /* of a guest that cannot set the report data itself, which is of it */
	bool has_user_data;
	bool debug;	 /* the host may look into the guest and change it */
	size_t trailing; /* bytes after the end of the quote, which were not looked at */
	bool trailing_zeros;
	bool all_crls; /* a list of every issuer was given */
	union {
		struct {
			uint8_t tee_tcb_svn[CPU_TCB_SIZE], attributes[8];
			uint8_t fmspc[FMSPC_SIZE], pceid[PCEID_SIZE];
			bool has_pck; /* fmspc, pceid and pcesvn are known */
			uint32_t pcesvn;
			uint16_t qe_isvsvn;
		} tdx;
		struct {
			const char *product, *signing_key; /* NULL: not known */
			uint32_t vmpl;
			uint64_t policy;
			uint8_t reported_tcb[SNP_TCB_SIZE], chip_id[SNP_CHIP_ID_SIZE];
		} snp;
		struct {
			uint8_t signer[TPM_NAME_MAX]; /* the qualified name of the key */
			size_t n_signer;
			size_t n_nonce; /* bytes of report_data */
			bool has_ak;	/* ak_sha256 is known: of its SubjectPublicKeyInfo */
			uint8_t ak_sha256[SHA256_SIZE];
			bool has_hardware; /* the next two are those of the report around the AK */
			enum evidence_type hardware;
			enum evidence_verdict hardware_verdict;
		} tpm;
	};
};

/* What evidence is checked against. */
struct evidence_trust {
	struct certs roots; /* trusted in place of the pinned ones, if there are any */
	struct certs given; /* certificates that evidence lacks, and revocation lists */
	bool has_time;
	time_t at;
};

/* Before certificates are added, to one of zeros. ST_SYSTEM if libcrypto cannot be had. */
int evidence_trust_init(struct evidence_trust *ret, struct err *err);
void evidence_trust_clear(struct evidence_trust *trust);

/* "tdx-quote", "snp-report", "tpm-quote", "tdreport". */
const char *evidence_type_name(enum evidence_type type);
/* NULL for EVIDENCE_NONE. */
const char *evidence_verdict_name(enum evidence_verdict verdict);
/* ST_NO for what is forged or untrusted; ST_OK for NONE, too, whose error says the status. */
enum status evidence_verdict_status(enum evidence_verdict verdict);
/* As a step that was checked, or was not ("crl"); as one that failed ("revoked"). */
const char *evidence_step_name(enum evidence_step step);
const char *evidence_failed_name(enum evidence_step step);

void evidence_passed(struct evidence *ev, enum evidence_step step);
/* Records the first step that failed, and what is wrong in words. */
void evidence_fail(struct evidence *ev, enum evidence_verdict verdict, enum evidence_step step,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Records that certificates are missing: which. */
void evidence_lacks(struct evidence *ev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Neither failed nor lacks anything so far. */
bool evidence_goes_on(const struct evidence *ev);

#endif
