/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMCTL_BASE_BASE64_H
#define TSMCTL_BASE_BASE64_H

#include "base/bytes.h"

/* Writes 4 digits for each 3 bytes to dst, padded (RFC 4648, section 4), with no NUL. */
void base64_put(char *dst, struct bytes b);

/*
 * Decodes s (RFC 4648, section 4), strictly: padded, without blanks, unused bits 0. dst has room for
 * 3 bytes per 4 digits, *ret_n is how many there are. False, with dst in no defined state, for
 * anything else.
 */
bool base64_get(uint8_t *dst, size_t *ret_n, struct bytes s);

#endif
