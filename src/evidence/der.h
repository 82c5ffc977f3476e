/* SPDX-License-Identifier: Apache-2.0 */
/* The few elements of DER (ITU-T X.690) that extensions of certificates are made of. */
#ifndef TSMCTL_EVIDENCE_DER_H
#define TSMCTL_EVIDENCE_DER_H

#include "base/bytes.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_SEQUENCE = 0x30,
};

/* Takes one element of this tag off the front of *in; false if there is none or it is cut. */
bool der_take(struct bytes *in, enum der_tag tag, struct bytes *ret);
/* The same for an INTEGER from 0 to max. */
bool der_take_uint(struct bytes *in, uint32_t max, uint32_t *ret);
enum {
	DER_UINT_MAX = 1024, /* bytes of a number: an RSA key of 8192 bits */
	DER_HEAD_MAX = 4,    /* of a tag and a length up to 65535 */
};

/*
 * Puts a tag and a length before the n bytes at dst (n at most 65535), which move behind them. Returns how many bytes
 * there are then, at most n + DER_HEAD_MAX.
 */
size_t der_wrap(uint8_t *dst, enum der_tag tag, size_t n);
/*
 * Writes an INTEGER, minimal, of the unsigned big-endian n bytes at p (n from 1 to DER_UINT_MAX).
 * Returns how many bytes it wrote, at most n + 1 + DER_HEAD_MAX; n + 3 for up to 126.
 */
size_t der_put_uint(uint8_t *dst, const uint8_t *p, size_t n);

#endif
