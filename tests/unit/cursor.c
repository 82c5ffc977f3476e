/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include "check.h"

static const uint8_t input[] = {0x01, 0x82, 3, 4, 5, 0x86, 7, 8, 9, 10, 11, 12, 13, 0xfe, 15, 16};

static void test_numbers(void)
{
	struct cursor c = {.left = {input, sizeof(input)}};
	CHECK_U64(cur_le16(&c), 0x8201);
	CHECK_U64(cur_le32(&c), 0x86050403);
	CHECK_U64(c.off, 6);
	CHECK_U64(cur_le64(&c), UINT64_C(0xfe0d0c0b0a090807));
	CHECK_U64(c.left.n, 2);
	CHECK(cur_ok(&c));
	CHECK_U64(cur_le16(&c), 0x100f);
	CHECK(cur_ok(&c));
	CHECK_U64(cur_le16(&c), 0);
	CHECK(!cur_ok(&c));
}

static void test_big_endian(void)
{
	struct cursor c = {.left = {input, 7}};
	CHECK_U64(cur_be16(&c), 0x0182);
	CHECK_U64(cur_be32(&c), 0x03040586);
	CHECK(cur_ok(&c));
	CHECK_U64(cur_be16(&c), 0);
	CHECK(!cur_ok(&c));
}

/* It stays where it was, and gives nothing more. */
static void test_beyond(void)
{
	static const uint64_t sizes[] = {
		17, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX - 1, UINT64_MAX};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct cursor c = {.left = {input, sizeof(input)}};
		CHECK_U64(cur_take(&c, 3).n, 3);
		struct bytes b = cur_take(&c, sizes[i]);
		CHECK(b.p == NULL && b.n == 0);
		CHECK(!cur_ok(&c));
		CHECK_U64(c.off, 3);
		CHECK_U64(c.left.n, 13);
		CHECK_U64(cur_take(&c, 1).n, 0);
		CHECK_U64(cur_le16(&c), 0);
		CHECK_U64(c.off, 3);
	}
}

static void test_end(void)
{
	struct cursor c = {.left = {input, sizeof(input)}};
	CHECK_BYTES(cur_take(&c, sizeof(input)), ((struct bytes){input, sizeof(input)}));
	CHECK_U64(cur_take(&c, 0).n, 0);
	CHECK(cur_ok(&c));
	struct cursor none = {0};
	CHECK_U64(cur_take(&none, 0).n, 0);
	CHECK(cur_ok(&none));
	CHECK_U64(cur_le32(&none), 0);
	CHECK(!cur_ok(&none));
}

int main(void)
{
	test_numbers();
	test_big_endian();
	test_beyond();
	test_end();
	return 0;
}
