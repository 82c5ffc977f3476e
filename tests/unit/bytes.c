/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include "check.h"

static int digit(unsigned c, bool upper_too)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	for (int i = 0; i < (upper_too ? 22 : 16); i++)
		if (c == (unsigned)digits[i])
			return i < 16 ? i : i - 6;
	return -1;
}

static void test_hex_digits(void)
{
	for (unsigned i = 0; i < 0x10000; i++) {
		for (int upper_too = 0; upper_too < 2; upper_too++) {
			uint8_t s[2] = {(uint8_t)(i >> 8), (uint8_t)i}, v = 0;
			int hi = digit(s[0], upper_too != 0), lo = digit(s[1], upper_too != 0);
			bool ok = hex_get(&v, 1, (struct bytes){s, 2}, upper_too != 0);
			CHECK_INT(ok, hi >= 0 && lo >= 0);
			if (ok)
				CHECK_INT(v, 16 * hi + lo);
		}
	}
}

/* Digits are read in words: any byte at each place of one, and of what is left of one. */
static void test_hex_places(void)
{
	for (unsigned i = 0; i < 22 * 256; i++) {
		for (int upper_too = 0; upper_too < 2; upper_too++) {
			uint8_t s[] = "0f1e2d3c4b5a6978879605", v[11] = {0};
			size_t at = i % 22;
			s[at] = (uint8_t)(i / 22);
			bool ok = hex_get(v, 11, (struct bytes){s, 22}, upper_too != 0);
			CHECK_INT(ok, digit(s[at], upper_too != 0) >= 0);
			for (size_t k = 0; ok && k < 11; k++)
				CHECK_INT(v[k],
					16 * digit(s[2 * k], true) + digit(s[2 * k + 1], true));
		}
	}
}

static void test_hex_lengths(void)
{
	uint8_t dst[4];
	CHECK(hex_get(dst, 0, bytes_of(""), false));
	CHECK(!hex_get(dst, 0, bytes_of("0"), false));
	CHECK(!hex_get(dst, 0, bytes_of("00"), false));
	CHECK(!hex_get(dst, 1, bytes_of(""), false));
	CHECK(!hex_get(dst, 1, bytes_of("a"), false));
	CHECK(!hex_get(dst, 1, bytes_of("abc"), false));
	CHECK(!hex_get(dst, 2, bytes_of("abc"), false));
	CHECK(!hex_get(dst, 2, bytes_of("abcde"), false));
	CHECK(!hex_get(dst, 3, bytes_of("g00000"), true) &&
		!hex_get(dst, 3, bytes_of("000g00"), true));
	CHECK(!hex_get(dst, 3, bytes_of("0A0000"), false) &&
		hex_get(dst, 3, bytes_of("0A0000"), true));
	CHECK(!hex_get(dst, SIZE_MAX / 2 + 2, bytes_of("ab"), false));
	CHECK(hex_get(dst, 4, bytes_of("00ff10e7"), false));
	CHECK_BYTES(
		((struct bytes){dst, 4}), ((struct bytes){(const uint8_t *)"\0\xff\x10\xe7", 4}));
}

static void test_hex_out(void)
{
	uint8_t all[256];
	char out[2 * 256 + 2], want[3];
	for (unsigned i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	memset(out, '!', sizeof(out));
	hex_put(out, (struct bytes){all, 256});
	CHECK_INT(out[512], '!');
	CHECK(hex_str(out, (struct bytes){all, 256}) == out);
	CHECK_INT(out[512], '\0');
	CHECK_INT(out[513], '!');
	for (unsigned i = 0; i < 256; i++) {
		snprintf(want, sizeof(want), "%02x", i);
		CHECK(memcmp(out + (size_t)2 * i, want, 2) == 0);
	}
	CHECK_STR(hex_str(out, (struct bytes){NULL, 0}), "");
}

static void test_compare(void)
{
	struct bytes none = {NULL, 0};
	CHECK(bytes_equal(none, bytes_of("")));
	CHECK(bytes_equal(bytes_of("ab"), bytes_of("ab")));
	CHECK(!bytes_equal(bytes_of("ab"), bytes_of("ac")));
	CHECK(!bytes_equal(bytes_of("ab"), bytes_of("abc")));
	CHECK(bytes_equal((struct bytes){(const uint8_t *)"a\0b", 3},
		(struct bytes){(const uint8_t *)"a\0b", 3}));
	CHECK(!bytes_equal((struct bytes){(const uint8_t *)"a\0b", 3},
		(struct bytes){(const uint8_t *)"a\0c", 3}));
	CHECK(bytes_start_with(bytes_of("SYNC x"), "SYNC "));
	CHECK(bytes_start_with(bytes_of("SYNC "), "SYNC "));
	CHECK(!bytes_start_with(bytes_of("SYNC"), "SYNC "));
	CHECK(bytes_start_with(bytes_of("x"), ""));
	CHECK(bytes_all_zero((struct bytes){(const uint8_t *)"\0\0\0", 3}));
	CHECK(bytes_all_zero(bytes_of("")));
	CHECK(!bytes_all_zero((struct bytes){(const uint8_t *)"\0\0\1", 3}));
	CHECK(!bytes_all_zero((struct bytes){(const uint8_t *)"\1\0\0", 3}));
}

static size_t encode(uint32_t cp, uint8_t *s)
{
	if (cp < 0x80) {
		s[0] = (uint8_t)cp;
		return 1;
	}
	size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, cp >>= 6)
		s[i] = (uint8_t)(0x80 | (cp & 0x3f));
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	s[0] = (uint8_t)(lead[n] | cp);
	return n;
}

static void test_code_points(void)
{
	for (uint32_t cp = 0; cp < 0x1fffff; cp++) {
		uint8_t s[5] = {0};
		size_t n = encode(cp, s);
		struct bytes b = {s, n};
		bool is_one = cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
		if (utf8_valid(b) != is_one)
			check_failed(__FILE__, __LINE__, "U+%04X", cp);
		if (!is_one)
			continue;
		CHECK_U64(utf8_next(&b), cp);
		CHECK_U64(b.n, 0);
		CHECK(b.p == s + n);
		for (size_t cut = 1; cut < n; cut++)
			CHECK(!utf8_valid((struct bytes){s, cut}));
	}
}

/* Shortest form only: the same number in more bytes than it needs is no code point. */
static void test_overlong(void)
{
	for (uint32_t cp = 0; cp < 0x10000; cp++) {
		uint8_t three[] = {(uint8_t)(0xe0 | cp >> 12), (uint8_t)(0x80 | (cp >> 6 & 0x3f)),
			(uint8_t)(0x80 | (cp & 0x3f))};
		uint8_t four[] = {0xf0, (uint8_t)(0x80 | cp >> 12),
			(uint8_t)(0x80 | (cp >> 6 & 0x3f)), (uint8_t)(0x80 | (cp & 0x3f))};
		bool surrogate = cp >= 0xd800 && cp <= 0xdfff;
		CHECK_INT(utf8_valid((struct bytes){three, 3}), cp >= 0x800 && !surrogate);
		CHECK(!utf8_valid((struct bytes){four, 4}));
	}
}

static bool is_tail(unsigned c)
{
	return c >= 0x80 && c <= 0xbf;
}

static void test_one_and_two_bytes(void)
{
	for (unsigned a = 0; a < 256; a++) {
		uint8_t one = (uint8_t)a;
		CHECK_INT(utf8_valid((struct bytes){&one, 1}), a < 0x80);
		for (unsigned b = 0; b < 256; b++) {
			uint8_t two[] = {(uint8_t)a, (uint8_t)b};
			bool ok = (a < 0x80 && b < 0x80) || (a >= 0xc2 && a <= 0xdf && is_tail(b));
			CHECK_INT(utf8_valid((struct bytes){two, 2}), ok);
		}
	}
}

/* Every lead byte with tails at, below and above their borders. */
static void test_long_borders(void)
{
	static const uint8_t edge[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
	for (unsigned lead = 0xe0; lead < 0x100; lead++) {
		for (size_t i = 0; i < 1000; i++) {
			uint8_t s[] = {
				(uint8_t)lead, edge[i % 10], edge[i / 10 % 10], edge[i / 100]};
			size_t n = lead < 0xf0 ? 3 : 4;
			bool tails = is_tail(s[1]) && is_tail(s[2]) && (n == 3 || is_tail(s[3]));
			uint32_t cp = (lead & (n == 3 ? 0x0f : 0x07)) << 6 | (s[1] & 0x3f);
			cp = cp << 6 | (s[2] & 0x3f);
			if (n == 4)
				cp = cp << 6 | (s[3] & 0x3f);
			bool ok = lead <= 0xf7 && tails && cp >= (n == 3 ? 0x800u : 0x10000u) &&
				  cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
			CHECK_INT(utf8_valid((struct bytes){s, n}), ok);
		}
	}
}

static void test_utf8_in_a_row(void)
{
	struct bytes b = bytes_of("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
	static const uint32_t want[] = {'a', 0xe9, 0x20ac, 0x1f600, 'z'};
	CHECK(utf8_valid(b));
	CHECK(utf8_valid((struct bytes){NULL, 0}));
	for (size_t i = 0; i < 5; i++)
		CHECK_U64(utf8_next(&b), want[i]);
	CHECK_U64(b.n, 0);
	CHECK(!utf8_valid(bytes_of("plain voil\xc3")));
	CHECK(!utf8_valid(bytes_of("a\x80z")));
	CHECK(utf8_valid((struct bytes){(const uint8_t *)"nul\0in", 6}));
}

static void visible(const char *raw, const char *want)
{
	char *got = bytes_visible(raw);
	CHECK_STR(got, want);
	free(got);
}

static void test_visible(void)
{
	visible("", "");
	visible("rtmr0:sha384", "rtmr0:sha384");
	visible("a\\040b", "a\\134040b");
	visible("a b", "a\\040b");
	visible("\x1b[31m", "\\033[31m");
	visible("tab\tnl\n", "tab\\011nl\\012");
	visible("\x7f", "\\177");
	visible("\xff\xc3\xa9", "\\377\\303\\251");
	for (int c = 1; c < 256; c++) {
		const char raw[] = {'x', (char)c, '\0'};
		char *s = bytes_visible(raw);
		CHECK(s != NULL && strlen(s) <= 8);
		for (size_t i = 0; s[i] != '\0'; i++)
			CHECK(s[i] > ' ' && s[i] < 0x7f);
		free(s);
	}
}

static void test_forms(void)
{
	static const char uuid[] = "01234567-89ab-cdef-0123-456789abcdef";
	static const char *const no_words[] = {
		"", " ", "a ", " a", "a b", "a\n", "a\x7f", "\xc3\xa9"};
	char wrong[sizeof(uuid)];
	CHECK(bytes_is_word(bytes_of("!~aZ09/:\\")));
	CHECK(!bytes_is_word((struct bytes){(const uint8_t *)"a", 2}));
	for (size_t i = 0; i < sizeof(no_words) / sizeof(no_words[0]); i++)
		CHECK(!bytes_is_word(bytes_of(no_words[i])));
	CHECK(bytes_is_uuid(bytes_of(uuid)));
	CHECK(!bytes_is_uuid((struct bytes){(const uint8_t *)uuid, sizeof(uuid)}));
	CHECK(!bytes_is_uuid((struct bytes){(const uint8_t *)uuid, sizeof(uuid) - 2}));
	CHECK(!bytes_is_uuid(bytes_of("01234567-89ab-cdef-0123-456789abcdef0")));
	for (size_t i = 0; i < sizeof(uuid) - 1; i++) {
		memcpy(wrong, uuid, sizeof(uuid));
		wrong[i] = uuid[i] == '-' ? '0' : 'A';
		CHECK(!bytes_is_uuid(bytes_of(wrong)));
	}
}

int main(void)
{
	test_hex_digits();
	test_hex_places();
	test_hex_lengths();
	test_hex_out();
	test_compare();
	test_one_and_two_bytes();
	test_code_points();
	test_overlong();
	test_long_borders();
	test_utf8_in_a_row();
	test_visible();
	test_forms();
	return 0;
}
