/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text: every form of the same bytes, at every length, and what is none. */
#include "base/base64.h"
#include "base/encoded.h"

#include <openssl/evp.h>

#include "check.h"
#include "text.h"

static void decodes(struct bytes text, struct bytes want)
{
	uint8_t *got;
	size_t n;
	CHECK_INT(encoded_get(text, &got, &n), 1);
	CHECK_BYTES(((struct bytes){got, n}), want);
	free(got);
}

static void is_none(const char *text)
{
	uint8_t *got;
	size_t n;
	if (encoded_get(bytes_of(text), &got, &n) != 0)
		check_failed(__FILE__, __LINE__, "'%s' was decoded", text);
	CHECK(got == NULL);
}

static void test_put(void)
{
	struct dice dice = {.state = 2};
	for (size_t n = 0; n < 200; n++) {
		uint8_t raw[200];
		unsigned char want[300];
		char got[300];
		dice_bytes(&dice, raw, n);
		size_t size = (size_t)EVP_EncodeBlock(want, raw, (int)n);
		base64_put(got, (struct bytes){raw, n});
		CHECK_BYTES(((struct bytes){(uint8_t *)got, size}), ((struct bytes){want, size}));
	}
}

/* The first byte is none that hex digits could stand for in base64. */
static void test_forms(void)
{
	struct dice dice = {.state = 1};
	for (size_t n = 1; n < 200; n++) {
		uint8_t raw[200] = {0xff};
		unsigned char base64[300];
		struct text t = {0};
		dice_bytes(&dice, raw + 1, n - 1);
		struct bytes want = {raw, n};
		text_hex(&t, want);
		decodes(text_bytes(&t), want);
		t.n = 0;
		text_str(&t, " 0x");
		text_hex(&t, want);
		text_str(&t, "\r\n");
		decodes(text_bytes(&t), want);
		size_t size = (size_t)EVP_EncodeBlock(base64, raw, (int)n);
		decodes((struct bytes){base64, size}, want);
		while (size > 0 && base64[size - 1] == '=')
			size--;
		t.n = 0;
		for (size_t i = 0; i < size; i++) {
			char c = (char)base64[i];
			text_char(&t, c == '+' ? '-' : c == '/' ? '_' : c);
			if (i % 7 == 0)
				text_char(&t, '\n');
		}
		decodes(text_bytes(&t), want);
		text_free(&t);
	}
}

static void test_none(void)
{
	static const char *const none[] = {"", " ", "0x", "/", "/=", "//=", "//==/",
		"//*=", "////=", "=", "====", "/x==", "ff,ff", "0xf,"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		is_none(none[i]);
}

static void test_is_text(void)
{
	CHECK(encoded_is_text(bytes_of("a ~\r\n\t")));
	CHECK(!encoded_is_text(bytes_of("")));
	CHECK(!encoded_is_text(bytes_of("a\x7f")));
	CHECK(!encoded_is_text(bytes_of("a\x1f")));
	CHECK(!encoded_is_text((struct bytes){(const uint8_t *)"a\0", 2}));
	for (unsigned c = 0; c < 256; c++)
		CHECK_INT(encoded_is_digit((uint8_t)c),
			c != 0 && strchr("0123456789abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ+/-_=",
					  (int)c) != NULL);
}

int main(void)
{
	test_forms();
	test_put();
	test_none();
	test_is_text();
	return 0;
}
