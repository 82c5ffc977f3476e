/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encoded.h"

#include <string.h>

#include "base/base64.h"
#include "base/scope.h"

bool encoded_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool encoded_is_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("+/-_=", c) != NULL);
}

bool encoded_is_text(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (!encoded_is_blank(b.p[i]) && (b.p[i] < 0x20 || b.p[i] > 0x7e))
			return false;
	return b.n > 0;
}

/* Text less its blanks, in the alphabet of RFC 4648, section 4, with room for padding. */
static uint8_t *plain_digits(struct bytes text, size_t *ret_n)
{
	uint8_t *digits = malloc(text.n + 4);
	size_t n = 0;
	if (digits == NULL)
		return NULL;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (!encoded_is_blank(c))
			digits[n++] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	*ret_n = n;
	return digits;
}

static bool decode_base64(uint8_t *dst, size_t *ret_n, uint8_t *digits, size_t n)
{
	while (n % 4 != 0)
		digits[n++] = '=';
	return base64_get(dst, ret_n, (struct bytes){digits, n});
}

/* Hex comes first: its digits are also base64's. */
static bool decode(uint8_t *dst, size_t *ret_n, uint8_t *digits, size_t n)
{
	struct bytes hex = {digits, n};
	if (bytes_start_with(hex, "0x")) {
		hex.p += 2;
		hex.n -= 2;
	}
	*ret_n = hex.n / 2;
	return hex.n > 0 &&
	       (hex_get(dst, *ret_n, hex, true) || decode_base64(dst, ret_n, digits, n));
}

int encoded_get(struct bytes text, uint8_t **ret, size_t *ret_n)
{
	size_t n;
	AUTO_FREE uint8_t *digits = plain_digits(text, &n);
	*ret = digits != NULL ? malloc(n + 4) : NULL;
	if (*ret == NULL)
		return -1;
	if (decode(*ret, ret_n, digits, n))
		return 1;
	free(*ret);
	*ret = NULL;
	return 0;
}
