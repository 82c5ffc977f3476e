/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/foreign.h"

#include <string.h>

static bool starts(struct bytes b, const char *magic, size_t n)
{
	return b.n >= n && memcmp(b.p, magic, n) == 0;
}

static bool is_text(struct bytes b)
{
	enum { LOOKED_AT = 8 };
	for (size_t i = 0; i < LOOKED_AT; i++)
		if (b.n < LOOKED_AT || b.p[i] < 0x20 || b.p[i] > 0x7e)
			return false;
	return true;
}

/* NULL: nothing that is known. */
static const char *name_of(struct bytes b)
{
	/* CBOR tag 399. */
	if (starts(b, "\xd9\x01\x8f", 3))
		return "an Arm CCA token";
	/* COSE_Sign1, its protected header {1: -35}; its tag may be left out. */
	if (starts(b, "\x84\x44\xa1\x01\x38\x22", 6) ||
		starts(b, "\xd2\x84\x44\xa1\x01\x38\x22", 7))
		return "an AWS Nitro attestation document";
	/* RFC 8949, section 3.1: an array, a map or a tag. */
	if (b.n > 0 && b.p[0] >= 0x80 && b.p[0] <= 0xdb)
		return "CBOR, as is the DICE evidence of newer TDX modules";
	return is_text(b) ? "text that is neither hex, base64 nor JSON" : NULL;
}

/* PEM (RFC 7468), or in DER a SEQUENCE that begins with one (RFC 5280, sections 4.1 and 5.1). */
static bool is_certificate(struct bytes b)
{
	return starts(b, "-----BEGIN ", 11) ||
	       (starts(b, "\x30\x81", 2) && b.n > 3 && b.p[3] == 0x30) ||
	       (starts(b, "\x30\x82", 2) && b.n > 4 && b.p[4] == 0x30);
}

int foreign_err(const char *name, const char *wanted, struct err *err)
{
	return err_set(
		err, ST_FORMAT, "this is %s, not a %s: tsmctl does not read it", name, wanted);
}

int foreign_refuse(struct bytes b, const char *wanted, struct err *err)
{
	/* RFC 1952, section 2.3.1. */
	if (starts(b, "\x1f\x8b", 2))
		return err_set(err, ST_FORMAT,
			"this is packed by gzip, not a %s: unpack it with gunzip first", wanted);
	if (is_certificate(b))
		return err_set(err, ST_FORMAT,
			"this is a certificate or a revocation list, not a %s: --certs, --root-ca "
			"or --crl reads it",
			wanted);
	const char *name = name_of(b);
	return name != NULL ? foreign_err(name, wanted, err) : 0;
}
