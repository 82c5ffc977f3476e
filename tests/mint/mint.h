/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed evidence under roots of the tests' own: what a vendor's hardware signs, and what a forger
 * would. Has nothing of src/. What cannot be made ends the program.
 */
#ifndef TEST_MINT_H
#define TEST_MINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

struct mint_buf {
	uint8_t *p;
	size_t n, room;
};

void mint_put(struct mint_buf *b, const void *p, size_t n);
void mint_fill(struct mint_buf *b, uint8_t byte, size_t n);
void mint_le(struct mint_buf *b, uint64_t v, size_t n);
void mint_free(struct mint_buf *b);

/* An EC key that follows from a number: the same in each run. */
EVP_PKEY *mint_key(const char *curve, unsigned number);
/* One of those for RSASSA-PSS that were made for this build folder: RSA-4096, as AMD's. */
enum { MINT_RSA_KEYS = 6 };
EVP_PKEY *mint_rsa_key(unsigned number);

struct mint_extension {
	const char *oid;
	const uint8_t *p;
	size_t n;
};

struct mint_cert {
	const char *subject, *issuer; /* common names */
	EVP_PKEY *key, *signer;
	unsigned serial;
	bool ca;
	const char *until; /* ASN1_TIME_set_string; NULL: long */
	const struct mint_extension *ext;
	size_t n_ext;
};

/* EC signs with SHA-256, RSA as AMD does: RSASSA-PSS with SHA-384. */
X509 *mint_cert(const struct mint_cert *c);
void mint_put_pem(struct mint_buf *b, X509 *cert);
void mint_put_der(struct mint_buf *b, X509 *cert);

struct mint_crl {
	const char *issuer;
	EVP_PKEY *signer;
	unsigned revoked; /* a serial number; 0: none */
	bool partial;	  /* with a critical extension that says so */
};

void mint_put_crl(struct mint_buf *b, const struct mint_crl *c);

/* A CA's, which its own key signs where it is a root. */
X509 *mint_ca(
	const char *subject, const char *issuer, EVP_PKEY *key, EVP_PKEY *signer, unsigned serial);

/* The certificates of a platform that Intel certified, or that someone else made after them. */
struct mint_intel {
	EVP_PKEY *root_key, *ca_key, *pck_key;
	X509 *root, *ca, *pck;
};

enum { MINT_PCK_SERIAL = 3, MINT_CA_SERIAL = 2 };
/* The number of the key of another platform, which signs where there is no `intel`. */
enum { MINT_OTHER_PCK = 10 };

/* `number` 0 is the one that tests trust; others have the same names and other keys. */
void mint_intel_open(struct mint_intel *ret, unsigned number);
void mint_intel_clear(struct mint_intel *m);
/* Another certificate of the platform, whose CA has this name. */
X509 *mint_pck(const struct mint_intel *m, const char *issuer);

/* What signs a quote. Of zeros, but for `intel`: all as it should be. */
struct mint_quote {
	const struct mint_intel *intel; /* NULL: no certificates, but the platform's id */
	const char *certs;		/* in place of the chain */
	size_t n_certs;
	bool other_key; /* signs the quote with a key that the enclave did not report */
	bool other_pck; /* signs the enclave's report with another platform's key: MINT_OTHER_PCK */
	bool debug_qe;
	bool other_signer; /* the enclave is of another vendor */
	bool other_prodid; /* another enclave of Intel's */
	bool long_binding; /* a bit in the second half of the enclave's report data */
	bool der;	   /* certificates in DER, not PEM */
	unsigned auth;	   /* bytes of authentication data, in place of 32 */
	bool no_auth;
	unsigned key_type_6; /* in place of 6 */
};

/* Appends to the header and body that `quote` holds the length of the signature data, and this. */
void mint_quote_sign(struct mint_buf *quote, const struct mint_quote *how);
/* The signature (r, n - s) for (r, s), 64 bytes: it is as good. */
void mint_quote_turn(uint8_t *signature);
/* A header and a body of version 4, or 5 with the body of TDX 1.5: each register is one byte over and over. */
void mint_quote_body(struct mint_buf *quote, unsigned version, bool debug);

enum mint_product { MINT_MILAN, MINT_GENOA, MINT_TURIN };

/* AMD's certificates, for a product, or those that someone else made after them. */
struct mint_amd {
	EVP_PKEY *ark_key, *ask_key, *key;
	X509 *ark, *ask, *cert;
	enum mint_product product;
	bool vlek;
};

/* `number` is 0, or 1 for another maker: the names are the same, the keys are not. */
void mint_amd_open(struct mint_amd *ret, enum mint_product product, bool vlek, unsigned number);
void mint_amd_clear(struct mint_amd *m);
/* The certificates as the table that a host hands to its guest. */
void mint_put_auxblob(struct mint_buf *ret, const struct mint_amd *amd);
/* A report of this version that the certificate fits to, without a signature. */
void mint_report(struct mint_buf *report, const struct mint_amd *amd, unsigned version);
/* Puts the signature into a report of 1184 bytes. */
void mint_report_sign(uint8_t *report, EVP_PKEY *key);
/* The signature (r, n - s), which is as good. */
void mint_report_turn(uint8_t *report);

#endif
