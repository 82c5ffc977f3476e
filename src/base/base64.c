/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <string.h>

/* RFC 4648, section 4: a digit's value plus 1; 0 for what is no digit. */
/* clang-format off */
static const uint8_t base64_digits[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
	['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
	['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
	['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};
/* clang-format on */

/* Three bytes of four digits; false if one of them is none. */
static bool base64_quad(uint8_t *dst, const uint8_t *s)
{
	uint32_t a = base64_digits[s[0]], b = base64_digits[s[1]], c = base64_digits[s[2]],
		 d = base64_digits[s[3]];
	uint32_t quad = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
	dst[0] = (uint8_t)(quad >> 16);
	dst[1] = (uint8_t)(quad >> 8);
	dst[2] = (uint8_t)quad;
	return a != 0 && b != 0 && c != 0 && d != 0;
}

bool base64_get(uint8_t *dst, size_t *ret_n, struct bytes s)
{
	size_t pad = 0;
	*ret_n = s.n / 4 * 3;
	if (s.n % 4 != 0)
		return false;
	if (s.n == 0)
		return true;
	while (pad < 2 && s.p[s.n - 1 - pad] == '=')
		pad++;
	size_t last = s.n - 4;
	for (size_t i = 0; i < last; i += 4)
		if (!base64_quad(dst + i / 4 * 3, s.p + i))
			return false;
	/* What is padded is as if it were all 0 there. */
	uint8_t quad[4] = {'A', 'A', 'A', 'A'}, *end = dst + last / 4 * 3;
	memcpy(quad, s.p + last, 4 - pad);
	*ret_n -= pad;
	return base64_quad(end, quad) && bytes_all_zero((struct bytes){end + 3 - pad, pad});
}

void base64_put(char *dst, struct bytes b)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < b.n; i += 3) {
		size_t n = b.n - i < 3 ? b.n - i : 3;
		uint8_t in[3] = {0};
		memcpy(in, b.p + i, n);
		*dst++ = digits[in[0] >> 2];
		*dst++ = digits[(in[0] & 3) << 4 | in[1] >> 4];
		*dst++ = n > 1 ? digits[(in[1] & 15) << 2 | in[2] >> 6] : '=';
		*dst++ = n > 2 ? digits[in[2] & 63] : '=';
	}
}
