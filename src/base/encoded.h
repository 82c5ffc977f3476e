/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are passed on as text. */
#ifndef TSMCTL_BASE_ENCODED_H
#define TSMCTL_BASE_ENCODED_H

#include "base/bytes.h"

/*
 * Decodes hex, with or without 0x, or base64 (RFC 4648, sections 4 and 5, padded or not), with blanks
 * anywhere. Text that is both is hex. 1 and allocated bytes, 0 if the text is neither, -1 without
 * memory.
 */
int encoded_get(struct bytes text, uint8_t **ret, size_t *ret_n);

/* Whether all of it is printable ASCII or a blank; false for no bytes. */
bool encoded_is_text(struct bytes b);
bool encoded_is_blank(uint8_t c);
/* Of hex or of base64, padding too. */
bool encoded_is_digit(uint8_t c);

#endif
