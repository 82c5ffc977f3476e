/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include "check.h"

#define EURO "\xe2\x82\xac"
#define GRIN "\xf0\x9f\x98\x80"
#define BAD "\xef\xbf\xbd"

/* What a buffer of each size holds of it: whole characters, all that fit. */
static void put_cut(const char *s, const char *want)
{
	size_t all = strlen(want);
	for (size_t room = 1; room < all + 4; room++) {
		char *buf = malloc(room);
		CHECK(buf != NULL);
		struct text t = {.buf = buf, .room = room};
		text_put_utf8(&t, bytes_of(s));
		size_t n = room - 1 < all ? room - 1 : all;
		while (n < all && ((uint8_t)want[n] & 0xc0) == 0x80)
			n--;
		CHECK_U64(t.n, n);
		CHECK(memcmp(buf, want, n) == 0);
		CHECK(t.cut == (n < all));
		free(buf);
	}
}

static void test_utf8(void)
{
	put_cut("", "");
	put_cut("plain", "plain");
	put_cut("a" EURO "b" GRIN, "a" EURO "b" GRIN);
	put_cut("\xff" EURO "\xe2\x82", BAD EURO BAD BAD);
	put_cut("\xc0\x80\xed\xa0\x80", BAD BAD BAD BAD BAD);
	put_cut("\xf0\x9f\x98" GRIN "\x80x", BAD BAD BAD GRIN BAD "x");
}

/* All digits or none. */
static void test_hex(void)
{
	for (size_t room = 1; room < 8; room++) {
		char *buf = malloc(room);
		CHECK(buf != NULL);
		struct text t = {.buf = buf, .room = room};
		text_put_hex(&t, bytes_of("\x01\xab"));
		CHECK(t.cut == (room < 5));
		CHECK_U64(t.n, room < 5 ? 0 : 4);
		CHECK(t.cut || memcmp(buf, "01ab", 5) == 0);
		free(buf);
	}
}

/* Once it is cut, nothing that would fit goes behind. */
static void test_cut(void)
{
	char buf[8];
	struct text t = {.buf = buf, .room = sizeof(buf)};
	text_put(&t, "%s", "ab");
	text_put(&t, "%s", "too long");
	CHECK(t.cut);
	text_put(&t, "c");
	text_put_utf8(&t, bytes_of("d"));
	text_put_hex(&t, bytes_of("e"));
	CHECK_U64(t.n, 2);
}

int main(void)
{
	test_utf8();
	test_hex();
	test_cut();
	return 0;
}
