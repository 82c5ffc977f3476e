/* SPDX-License-Identifier: Apache-2.0 */
#include "model/hash.h"

#include "check.h"
#include "text.h"

static const struct {
	enum hash_alg alg;
	size_t size;
	const char *name, *empty; /* the digest of nothing */
} known[] = {
	{HASH_SHA1, 20, "sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	{HASH_SHA256, 32, "sha256",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{HASH_SHA384, 48, "sha384",
		"38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
		"274edebfe76f65fbd51ad2f14898b95b"},
	{HASH_SHA512, 64, "sha512",
		"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
		"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
	{HASH_SM3, 32, "sm3", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"},
	{HASH_SHA3_256, 32, "sha3-256",
		"a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
	{HASH_SHA3_384, 48, "sha3-384",
		"0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2a"
		"c3713831264adb47fb6bd1e058d5f004"},
	{HASH_SHA3_512, 64, "sha3-512",
		"a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
		"15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26"},
};

static void test_names(void)
{
	static const struct {
		const char *spelling;
		enum hash_alg alg;
	} given[] = {
		{"sha1", HASH_SHA1},
		{"SHA1", HASH_SHA1},
		{"sha-1", HASH_SHA1},
		{"sha_1", HASH_SHA1},
		{"sha256", HASH_SHA256},
		{"SHA256", HASH_SHA256},
		{"Sha2-256", HASH_SHA256},
		{"sha2_256", HASH_SHA256},
		{"sha384", HASH_SHA384},
		{"SHA2_384", HASH_SHA384},
		{"sha512", HASH_SHA512},
		{"sha2-512", HASH_SHA512},
		{"sm3", HASH_SM3},
		{"SM3", HASH_SM3},
		{"sm3-256", HASH_SM3},
		{"sm3_256", HASH_SM3},
		{"sha3-256", HASH_SHA3_256},
		{"sha3_256", HASH_SHA3_256},
		{"SHA3-384", HASH_SHA3_384},
		{"sha3_512", HASH_SHA3_512},
		{"", HASH_UNKNOWN},
		{"sha", HASH_UNKNOWN},
		{"sha-384", HASH_UNKNOWN},
		{"SHA-384", HASH_UNKNOWN},
		{"sha3", HASH_UNKNOWN},
		{"sha38", HASH_UNKNOWN},
		{"sha3844", HASH_UNKNOWN},
		{"sha384 ", HASH_UNKNOWN},
		{" sha384", HASH_UNKNOWN},
		{"md5", HASH_UNKNOWN},
		{"none", HASH_UNKNOWN},
		{"unknown", HASH_UNKNOWN},
		{"sha2-2566", HASH_UNKNOWN},
		{"sha\xad"
		 "256",
			HASH_UNKNOWN},
		{"sha3\r256", HASH_UNKNOWN},
	};
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (hash_by_name(bytes_of(given[i].spelling)) != given[i].alg)
			check_failed(__FILE__, __LINE__, "'%s'", given[i].spelling);
	CHECK_INT(hash_by_name((struct bytes){(const uint8_t *)"sha256\0", 7}), HASH_UNKNOWN);
	CHECK_INT(hash_by_name((struct bytes){(const uint8_t *)"sha256x", 6}), HASH_SHA256);
	CHECK_STR(hash_name(HASH_NONE), "none");
	CHECK_STR(hash_name(HASH_UNKNOWN), "unknown");
	CHECK_U64(hash_size(HASH_NONE), 0);
	CHECK_U64(hash_size(HASH_UNKNOWN), 0);
	CHECK_INT(sizeof(known) / sizeof(known[0]), HASH_COUNT - HASH_SHA1);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CHECK_STR(hash_name(known[i].alg), known[i].name);
		CHECK_U64(hash_size(known[i].alg), known[i].size);
		CHECK_INT(hash_by_name(bytes_of(known[i].name)), known[i].alg);
	}
}

static struct hasher *opened(enum hash_alg alg)
{
	struct hasher *h = NULL;
	struct err err = {0};
	if (hasher_open(&h, alg, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s: %s", hash_name(alg), err.msg);
	CHECK_INT(hasher_alg(h), alg);
	return h;
}

static void is_digest(const struct digest *d, enum hash_alg alg, const char *hex)
{
	char got[2 * DIGEST_SIZE_MAX + 1];
	CHECK_INT(d->alg, alg);
	CHECK_U64(d->size, strlen(hex) / 2);
	CHECK_STR(hex_str(got, digest_bytes(d)), hex);
}

static void test_vectors(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct hasher *h = opened(known[i].alg);
		struct digest d, pieces;
		struct err err = {0};
		CHECK_INT(hash_bytes(h, (struct bytes){NULL, 0}, &d, &err), 0);
		is_digest(&d, known[i].alg, known[i].empty);
		CHECK_INT(hash_bytes(h, bytes_of("in pieces"), &d, &err), 0);
		CHECK_INT(hash_begin(h, &err), 0);
		CHECK_INT(hash_more(h, bytes_of("in "), &err), 0);
		CHECK_INT(hash_more(h, bytes_of(""), &err), 0);
		CHECK_INT(hash_more(h, bytes_of("pieces"), &err), 0);
		CHECK_INT(hash_end(h, &pieces, &err), 0);
		CHECK_BYTES(digest_bytes(&pieces), digest_bytes(&d));
		hasher_close(h);
	}
}

static void extends_to(struct hasher *h, const struct digest *digest, const char *hex)
{
	struct err err = {0};
	struct digest value = digest_of(HASH_SHA384, (struct bytes){NULL, 0});
	memset(&value.v, 0, sizeof(value.v));
	CHECK_INT(hash_extend(h, &value, digest, &err), 0);
	is_digest(&value, HASH_SHA384, hex);
}

/* The golden vectors of the formats document, section 3.9. */
static void test_extend(void)
{
	struct hasher *h = opened(HASH_SHA384);
	struct err err = {0};
	struct digest d = {.alg = HASH_SHA384, .size = 48};
	extends_to(h, &d,
		"f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0e"
		"b6eb8503db0ffd6a39ddd00cd07d8317");
	CHECK_INT(hash_bytes(h, bytes_of("abc"), &d, &err), 0);
	extends_to(h, &d,
		"93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b"
		"0998e04d77f8c174f81a82151619ca40");
	CHECK_INT(hash_bytes(h, (struct bytes){(const uint8_t *)"\0\0\0\0", 4}, &d, &err), 0);
	is_digest(&d, HASH_SHA384,
		"394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae4101"
		"9f5818b4b971c9effc60e1ad9f1289f0");
	extends_to(h, &d,
		"518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d"
		"50529d96fe4d1afdafb65e7f95bf23c4");
	CHECK_INT(hash_bytes(h, bytes_of("Calling EFI Application from Boot Option"), &d, &err), 0);
	is_digest(&d, HASH_SHA384,
		"77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3"
		"d740f6346bfe0abaa938ca20439a8d71");
	CHECK_INT(hash_bytes(h, bytes_of("Exit Boot Services Invocation"), &d, &err), 0);
	is_digest(&d, HASH_SHA384,
		"214b0bef1379756011344877743fdc2a5382bac6e70362d624ccf3f654407c1b"
		"4badf7d8f9295dd3dabdef65b27677e0");
	hasher_close(h);
}

static void test_refused(void)
{
	struct hasher *h = opened(HASH_SHA256), *none = NULL;
	struct err err = {0};
	struct digest value = {.alg = HASH_SHA256, .size = 32}, kept = value;
	struct digest other = {.alg = HASH_SHA384, .size = 48}, sm3 = {.alg = HASH_SM3, .size = 32};
	CHECK_INT(hash_extend(h, &value, &other, &err), -1);
	CHECK_INT(err.status, ST_FORMAT);
	CHECK_INT(hash_extend(h, &value, &sm3, &err), -1);
	CHECK_INT(hash_extend(h, &other, &value, &err), -1);
	CHECK_BYTES(digest_bytes(&value), digest_bytes(&kept));
	CHECK_INT(hasher_open(&none, HASH_NONE, &err), -1);
	CHECK_INT(err.status, ST_ABSENT);
	CHECK_INT(hasher_open(&none, HASH_UNKNOWN, &err), -1);
	CHECK_INT(err.status, ST_ABSENT);
	hasher_close(h);
	hasher_close(NULL);
}

static void test_digest_of(void)
{
	uint8_t v[32];
	memset(v, 0xab, sizeof(v));
	struct digest d = digest_of(HASH_SHA256, (struct bytes){v, 32});
	CHECK_BYTES(digest_bytes(&d), ((struct bytes){v, 32}));
	CHECK_INT(d.alg, HASH_SHA256);
}

int main(void)
{
	test_names();
	test_vectors();
	test_extend();
	test_refused();
	test_digest_of();
	return 0;
}
