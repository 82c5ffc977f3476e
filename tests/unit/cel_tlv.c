/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical event logs in TLV. */
#include "check.h"
#include "feed.h"

/* SHA-384 of "abc". */
#define ABC_SHA384                                                                                 \
	"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca1" \
	"34c825a7"
/* Record 0 of PCR 11, an EV_IPL with data "abc", as libcel writes it. */
#define NUMBER "00 00000001 00 "
#define PCR "01 00000001 0b "
#define DIGESTS "03 00000035 0c 00000030 " ABC_SHA384 " "
#define IPL "05 0000000e 00 00000001 0d 01 00000003 616263 "

static const struct log_event *seen;

static void keep(const struct log_event *ev, void *arg)
{
	check_u64(__FILE__, __LINE__, "seq", ev->seq, 0);
	(*(feed_event **)arg)(ev, NULL);
	seen = ev;
}

/* One record, which `see` looks at. */
static void one(const char *hex, feed_event *see)
{
	struct text t = {0};
	struct feed f;
	seen = NULL;
	text_unhex(&t, hex);
	feed_log(text_bytes(&t), NULL, keep, &see, &f);
	if (f.rc < 0 || seen == NULL)
		check_failed(__FILE__, __LINE__, "%s: %s", hex, f.err.msg);
	CHECK_STR(f.format, "cel-tlv");
	text_free(&t);
}

static void bad(const char *hex, const char *part)
{
	struct text t = {0};
	text_unhex(&t, hex);
	feed_bad(text_bytes(&t), "cel-tlv", 0, part);
	text_free(&t);
}

static void check_hashed(const struct log_event *ev, const char *hex)
{
	struct text t = {0};
	text_unhex(&t, hex);
	CHECK_BYTES(ev->hashed, text_bytes(&t));
	text_free(&t);
}

static void see_ipl(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "EV_IPL");
	CHECK(ev->has_type && ev->type == 0x0d && ev->extends);
	CHECK(ev->place == PLACE_PCR && ev->index == 11);
	CHECK_BYTES(ev->data, bytes_of("abc"));
	CHECK(ev->n_digests == 1 && ev->digest[0].d.alg == HASH_SHA384);
	CHECK(ev->digest[0].tcg_id == 0x0c && ev->digest[0].d.v[0] == 0xcb);
	CHECK(ev->hashed.p == NULL && ev->text.p == NULL);
}

static void see_cc_mr(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK(ev->place == PLACE_CC_MR && ev->index == 0x01020304);
	CHECK(ev->n_digests == 2);
	CHECK(ev->digest[0].d.alg == HASH_UNKNOWN && ev->digest[0].tcg_id == 0x55);
	CHECK(ev->digest[0].d.size == 2 && ev->digest[0].d.v[1] == 0xbb);
	CHECK(ev->digest[1].d.alg == HASH_SHA384);
}

static void see_nv(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK(ev->place == PLACE_NV && ev->index == 0x01c10200);
	CHECK(!ev->extends && ev->type == 3 && ev->n_digests == 0 && ev->locality == -1);
	CHECK(ev->data.n == 0);
}

static void see_locality(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK(ev->place == PLACE_PCR && !ev->extends && ev->locality == 4);
}

static void test_records(void)
{
	one(NUMBER PCR DIGESTS IPL, see_ipl);
	one("00 00000004 00000000 01 00000004 0000000b " DIGESTS IPL, see_ipl);
	one("00 00000008 ffffffffffffffff 01 00000008 000000000000000b " DIGESTS IPL, see_ipl);
	/* A digest of an algorithm that nobody knows; the order within a record does not matter. */
	one("00 00000001 07 6c 00000004 01020304 "
	    "03 0000003c 55 00000002 aabb 0c 00000030 " ABC_SHA384 IPL,
		see_cc_mr);
	struct text t = {0};
	text_unhex(&t, NUMBER IPL DIGESTS PCR);
	feed_good(text_bytes(&t), "cel-tlv", "cel-tlv", 1);
	text_free(&t);
	one("00 00000001 00 02 00000004 01c10200 03 00000000 "
	    "05 0000000b 01 00000000 00 00000001 03",
		see_nv);
	one("00 00000001 00 01 00000001 00 03 00000000 "
	    "05 0000001c 00 00000001 03 01 00000011 53746172747570 4c6f63616c697479 00 04",
		see_locality);
}

static void see_cos(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "ImageRef");
	CHECK_BYTES(ev->text, bytes_of("abc"));
	CHECK(ev->extends && !ev->has_type);
	check_hashed(ev, "50 00000008 00 00000003 616263");
}

static void see_new_cos(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "cos");
	CHECK(ev->text.p == NULL);
	check_hashed(ev, "50 00000006 c8 00000001 ff");
}

#define OLD_DIGEST "1111111111111111111111111111111111111111 "

static void see_template(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "ima-ng");
	CHECK(ev->extends && !ev->has_type && !ev->every_bank);
	CHECK_BYTES(ev->text, bytes_of("/x"));
	CHECK_BYTES(ev->hashed, ev->data);
	check_hashed(ev, "02000000 6100 03000000 2f7800");
}

/* Template "ima" in the two forms of its data that are known: what is hashed is padded. */
static void see_old_template(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "ima");
	CHECK_BYTES(ev->text, bytes_of("/x"));
	CHECK_U64(ev->hashed.n, 276);
	CHECK(ev->hashed.p[0] == 0x11 && ev->hashed.p[19] == 0x11);
	CHECK(memcmp(ev->hashed.p + 20, "/x", 3) == 0 &&
		bytes_all_zero((struct bytes){ev->hashed.p + 22, 254}));
}

static void see_no_hash(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, ev->data.n == 1 ? "ima" : "ima-ng");
	CHECK(ev->hashed.p == NULL && ev->data.n > 0);
}

static void see_ima_tlv(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "ima_tlv");
	CHECK_BYTES(ev->text, bytes_of("/x"));
	check_hashed(ev, "08 0000000d 00 00000002 2f78 01 00000001 aa");
}

static void see_phase(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "phase");
	CHECK_BYTES(ev->text, bytes_of("abc"));
	CHECK_BYTES(ev->hashed, bytes_of("abc"));
	CHECK_BYTES(ev->time, bytes_of("258"));
}

static void see_key(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "volume-key");
	CHECK(ev->hashed.p == NULL && ev->time.p == NULL);
	CHECK_BYTES(ev->text, bytes_of("abc"));
}

static void see_systemd(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "systemd");
	CHECK(ev->hashed.p == NULL && ev->text.p == NULL);
}

static void see_version(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "cel_version");
	CHECK(!ev->extends && !ev->has_type);
}

static void see_end(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK_STR(ev->kind, "firmware_end");
	CHECK(!ev->extends);
}

#define START NUMBER PCR DIGESTS

static void test_contents(void)
{
	one(START "50 00000008 00 00000003 616263", see_cos);
	one(START "50 00000006 c8 00000001 ff", see_new_cos);
	one(START "07 0000001d 00 00000006 696d612d6e67 01 0000000d 02000000 6100 03000000 2f7800",
		see_template);
	one(START "07 0000000e 00 00000003 696d61 01 00000001 55", see_no_hash);
	one(NUMBER PCR "03 00000019 04 00000014 ffffffffffffffffffffffffffffffffffffffff "
		       "07 0000001d 00 00000006 696d612d6e67 01 0000000d 02000000 6100 03000000 "
		       "2f7800",
		see_no_hash);
	one(START "07 00000027 00 00000003 696d61 01 0000001a " OLD_DIGEST "02000000 2f78",
		see_old_template);
	struct text t = {0};
	text_unhex(&t, START "07 00000121 00 00000003 696d61 01 00000114 " OLD_DIGEST "2f78");
	text_fill(&t, '\0', 254);
	struct feed f;
	feed_log(text_bytes(&t), "cel-tlv", see_old_template, NULL, &f);
	CHECK(f.rc == 0 && f.n == 1);
	text_free(&t);
	one(START "08 0000000d 00 00000002 2f78 01 00000001 aa", see_ima_tlv);
	one(START "09 00000015 00 00000001 00 01 00000002 0102 03 00000003 616263", see_phase);
	one(START "0b 00000015 00 00000001 00 01 00000002 0102 03 00000003 616263", see_phase);
	one(START "0b 0000000e 00 00000001 02 03 00000003 616263", see_key);
	one(START "0b 00000006 00 00000001 09", see_systemd);
	one(START "0b 00000000", see_systemd);
	one(START "04 00000013 01 0000000e 00 00000002 0001 01 00000002 0000", see_version);
	one(START "04 00000005 02 00000000", see_end);
}

static void test_malformed(void)
{
	bad("01 00000001 00", "offset 0: a record without number");
	bad(NUMBER NUMBER, "offset 0: a record without register");
	bad(NUMBER PCR NUMBER, "offset 0: a record without list of digests");
	bad(NUMBER PCR DIGESTS NUMBER, "offset 0: a record without content");
	bad(NUMBER PCR PCR DIGESTS IPL, "offset 12: a second register in a record");
	bad(NUMBER PCR "6c 00000001 04 " DIGESTS IPL, "offset 12: a second register");
	bad(NUMBER DIGESTS DIGESTS PCR IPL, "offset 64: a second list of digests");
	bad(NUMBER IPL "50 00000000", "offset 25: a second content");
	bad(NUMBER PCR "06 00000000", "offset 12: an element of type 6 in a record");
	bad(NUMBER PCR "ff 00000000", "offset 12: an element of type 255 in a record");
	bad(NUMBER PCR "03 ffffffff", "offset 12: an element of 4294967295 bytes, 4194304 at most");
	bad(NUMBER PCR "03 00400000", "the log ends within the record that starts at offset 0");
	bad("00 00000000 " PCR DIGESTS IPL, "offset 0: a record number is 1 to 8 bytes");
	bad("00 00000009 000000000000000000 " PCR DIGESTS IPL, "a record number is 1 to 8 bytes");
	bad(NUMBER "01 00000000 " DIGESTS IPL, "offset 6: a register is a number of 32 bits");
	bad(NUMBER "01 00000005 0100000000 " DIGESTS IPL, "a register is a number of 32 bits");
	bad(NUMBER "01 00000009 000000000000000001 " DIGESTS IPL, "a register is a number of 32");
	bad(NUMBER PCR "03 00000004 0c000000 " IPL,
		"offset 17: an element is longer than the one it is in");
	bad(NUMBER PCR "03 00000006 0c 00000002 aa " IPL, "offset 17: an element is longer");
	bad(NUMBER PCR "03 00000006 0c ffffffff aa " IPL, "offset 17: an element is longer");
	bad(NUMBER PCR "03 00000006 0c 00000001 aa " IPL,
		"offset 17: a sha384 digest of 1 bytes, not 48");
	bad(NUMBER PCR "03 0000000c 55 00000001 aa 55 00000001 aa " IPL,
		"offset 23: two digests of algorithm 0x0055");
	bad(START "05 00000006 00 00000001 0d", "offset 70: a pcclient_std content without event");
	bad(START "05 00000008 01 00000003 616263", "offset 70: a pcclient_std content without");
	bad(START "05 0000000d 00 00000000 01 00000003 616263", "offset 70: a pcclient_std");
	bad(START "05 00000012 00 00000005 0100000000 01 00000003 616263", "a pcclient_std");
	bad(START "05 0000000c 00 00000001 0d 00 00000001 0d", "offset 81: a second element of");
	bad(START "05 00000003 000000", "offset 75: an element is longer");
	bad(START "07 00000006 00 00000001 61", "offset 70: an ima_template content without");
	bad(START "07 0000000d 00 00000002 6100 01 00000001 00", "offset 80: not a template name");
	bad(START "07 00000011 00 00000006 45565f49504c 01 00000001 00",
		"offset 80: not a template name");
	bad(START "08 00000003 000000", "offset 75: an element is longer");
	bad(START "04 00000003 000000", "offset 75: an element is longer");
	bad(START "0b 00000005 00 00000000", "offset 70: a systemd content whose event type");
	bad(START "0b 0000000e 01 00000009 010203040506070809",
		"offset 70: a systemd content whose");
	bad(START "0b 00000003 000000", "offset 75: an element is longer");
	bad(START "50 00000000", "offset 70: an empty COS content");
	bad(START "50 00000003 000000", "offset 75: an element is longer");
	bad(START "50 0000000a 00 00000000 00 00000000",
		"offset 80: more than one element in a COS");
	feed_bad((struct bytes){NULL, 0}, "cel-tlv", 0, "no record");
}

static void test_many_digests(void)
{
	struct text t = {0};
	for (unsigned n = 16; n <= 17; n++) {
		text_unhex(&t, NUMBER PCR);
		text_char(&t, 3);
		text_be32(&t, n * 6);
		for (unsigned i = 0; i < n; i++) {
			text_char(&t, (char)(0x80 + i));
			text_be32(&t, 1);
			text_char(&t, 'd');
		}
		text_unhex(&t, IPL);
		if (n == 16)
			feed_good(text_bytes(&t), NULL, "cel-tlv", 1);
		else
			feed_bad(text_bytes(&t), NULL, 0, "offset 113: more than 16 digests");
		text_free(&t);
	}
}

static void test_cuts(void)
{
	struct text t = {0};
	text_unhex(&t, START IPL);
	text_unhex(&t, START "50 00000008 00 00000003 616263");
	text_unhex(&t, START "04 00000005 02 00000000");
	text_unhex(&t, START "0b 0000000e 00 00000001 02 03 00000003 616263");
	feed_cuts(text_bytes(&t), "cel-tlv");
	text_free(&t);
}

int main(void)
{
	test_records();
	test_contents();
	test_malformed();
	test_many_digests();
	test_cuts();
	return 0;
}
