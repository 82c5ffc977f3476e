/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/der.h"

#include <string.h>

/* The length: one byte, or 0x81 to 0x83 and up to three more. Longer elements are not met. */
static bool take_length(struct bytes *in, size_t *ret)
{
	if (in->n == 0)
		return false;
	uint8_t first = in->p[0];
	size_t more = first < 0x80 ? 0 : first & 0x7f;
	if (first == 0x80 || more > 3 || in->n < 1 + more)
		return false;
	*ret = first < 0x80 ? first : 0;
	for (size_t i = 1; i <= more; i++)
		*ret = *ret << 8 | in->p[i];
	in->p += 1 + more;
	in->n -= 1 + more;
	return *ret <= in->n;
}

bool der_take(struct bytes *in, enum der_tag tag, struct bytes *ret)
{
	struct bytes left = *in;
	size_t n;
	if (left.n == 0 || left.p[0] != tag)
		return false;
	left.p++;
	left.n--;
	if (!take_length(&left, &n))
		return false;
	*ret = (struct bytes){left.p, n};
	*in = (struct bytes){left.p + n, left.n - n};
	return true;
}

bool der_take_uint(struct bytes *in, uint32_t max, uint32_t *ret)
{
	struct bytes v;
	if (!der_take(in, DER_INTEGER, &v) || v.n == 0 || v.n > 4 || v.p[0] >= 0x80)
		return false;
	*ret = 0;
	for (size_t i = 0; i < v.n; i++)
		*ret = *ret << 8 | v.p[i];
	return *ret <= max;
}

size_t der_wrap(uint8_t *dst, enum der_tag tag, size_t n)
{
	size_t more = n < 0x80 ? 0 : n < 0x100 ? 1 : 2;
	memmove(dst + 2 + more, dst, n);
	dst[0] = (uint8_t)tag;
	dst[1] = (uint8_t)(more > 0 ? 0x80 | more : n);
	for (size_t i = 0; i < more; i++)
		dst[2 + i] = (uint8_t)(n >> 8 * (more - 1 - i));
	return 2 + more + n;
}

size_t der_put_uint(uint8_t *dst, const uint8_t *p, size_t n)
{
	while (n > 1 && p[0] == 0) {
		p++;
		n--;
	}
	/* A leading 1 bit would be a minus sign. */
	size_t sign = p[0] >= 0x80 ? 1 : 0;
	dst[0] = 0;
	memcpy(dst + sign, p, n);
	return der_wrap(dst, DER_INTEGER, sign + n);
}
