/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of every format are exported, and read back. */
#include "export/export.h"
#include "export/export_format.h"

#include <unistd.h>

#include "base/input.h"
#include "check.h"
#include "formats/tcg_names.h"
#include "replay/payload.h"
#include "round.h"

#define HEX16 "0123456789abcdef"
#define HEX32 HEX16 HEX16
#define HEX40 HEX32 "01234567"
#define HEX64 HEX32 HEX32
#define HEX96 HEX64 HEX32
#define FF20 "ffffffffffffffffffffffffffffffffffffffff"

static const char *const targets[] = {"tcg2", "cel-json", "cel-tlv"};
enum { TCG2, TARGETS = 3 };

static const struct model_hash *const models[] = {&model_sha1, &model_sha256, &model_sha384};

/* What the log makes of every register with a number is what the export makes of it. */
static void compare_values(struct bytes log, const struct round *r, const char *to)
{
	static const struct {
		enum place place;
		uint32_t index, n;
	} all[] = {{PLACE_PCR, 0, 24}, {PLACE_CC_MR, 0, 5}, {PLACE_NV, 0x01c10200, 1}};
	uint8_t want[MODEL_SIZE_MAX], got[MODEL_SIZE_MAX];
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (uint32_t index = all[i].index; index < all[i].index + all[i].n; index++)
			for (size_t k = 0; k < 3; k++) {
				feed_value(log, r->format, all[i].place, index, models[k], want);
				feed_value(text_bytes(&r->out), round_format(r, to), all[i].place,
					index, models[k], got);
				CHECK(memcmp(want, got, models[k]->size) == 0);
			}
}

/* The log goes to this format and back, and on from there to all of them. */
static void good_one(struct bytes log, const char *from, const char *to, const char *note)
{
	struct round r, again;
	round_export(log, from, to, &r);
	if (r.rc < 0)
		check_failed(__FILE__, __LINE__, "%s to %s: %s", from, to, r.err.msg);
	CHECK_STR(r.format, from);
	CHECK_STR(r.note, note);
	round_compare(log, &r, to);
	compare_values(log, &r, to);
	round_export(text_bytes(&r.out), round_format(&r, to), to, &again);
	CHECK(again.rc == 0);
	round_compare(text_bytes(&r.out), &again, to);
	text_free(&again.out);
	text_free(&r.out);
}

static void good(struct bytes log, const char *from)
{
	for (size_t i = 0; i < TARGETS; i++)
		good_one(log, from, targets[i], "");
}

static void good_hex(const char *hex, const char *from)
{
	struct text t = {0};
	text_unhex(&t, hex);
	good(text_bytes(&t), from);
	text_free(&t);
}

static void bad(struct bytes log, const char *to, const char *message)
{
	struct round r;
	round_export(log, NULL, to, &r);
	CHECK(r.read && r.rc < 0 && r.err.status == ST_ABSENT);
	CHECK_STR(r.err.msg, message);
	text_free(&r.out);
}

#define SPEC_ID "5370656320494420 4576656e743033 00 "
/* Header with SHA-256 and SHA-384; index, type, two digests. */
#define TCG_HEADER(index)                                                                          \
	index "000000 03000000 " ZEROS20 " 25000000 " SPEC_ID                                      \
	      "00000000 00 02 00 02 02000000 0b00 2000 0c00 3000 00 "
#define ZEROS20 "0000000000000000000000000000000000000000"
#define TCG_DIGESTS " 02000000 0b00 " HEX64 " 0c00 " HEX96 " "
#define NO_DIGEST "01000000 0b00 00000000000000000000000000000000 00000000000000000000000000000000 "
#define LOCALITY "11000000 53746172747570 4c6f63616c697479 00 03 "

static void test_tcg2(void)
{
	/* Events of types with names and without, with data and without. */
	good_hex(TCG_HEADER("01") "01000000 04000000" TCG_DIGESTS "04000000 00000000 "
				  "02000000 34120000" TCG_DIGESTS "00000000 "
				  "00000000 03000000 00000000 03000000 616263 "
				  "04000000 00000000" TCG_DIGESTS "01000000 ff",
		"ccel");
	good_hex(TCG_HEADER("00") "00000000 03000000 " NO_DIGEST LOCALITY
				  "00000000 08000000" TCG_DIGESTS "02000000 4100 "
				  "17000000 0d000000" TCG_DIGESTS "03000000 616263",
		"tpm");
	/* A second header is of no use to anyone. */
	struct text t = {0};
	struct round r;
	text_unhex(&t, TCG_HEADER("01") "01000000 03000000 00000000 25000000 " SPEC_ID
					"00000000 00 02 00 02 02000000 0b00 2000 0c00 3000 00 "
					"03000000 05000000" TCG_DIGESTS "03000000 616263");
	round_export(text_bytes(&t), "ccel", "tcg2", &r);
	feed_good(text_bytes(&r.out), NULL, "ccel", 2);
	good(text_bytes(&t), "ccel");
	text_free(&r.out);
	text_free(&t);
}

/* Byte by byte what EDK2 writes. */
static void test_header(void)
{
	struct text t = {0}, want = {0};
	struct round r;
	text_unhex(&t, "00 00000001 00 6c 00000001 04 03 0000005a 0c 00000030 " HEX96
		       " 0b 00000020 " HEX64 " 05 00000010 00 00000004 00000005 01 00000002 6162");
	round_export(text_bytes(&t), "cel-tlv", "tcg2", &r);
	text_unhex(&want, TCG_HEADER("00") "04000000 05000000 02000000 0c00 " HEX96 " 0b00 " HEX64
					   " 02000000 6162");
	CHECK(r.rc == 0);
	CHECK_BYTES(text_bytes(&r.out), text_bytes(&want));
	text_free(&want);
	text_free(&r.out);
	text_free(&t);
}

/* An algorithm that nobody knows, and one whose digest is longer than any that can be kept. */
static void test_unknown(void)
{
	struct text t = {0};
	text_unhex(&t, "01000000 03000000 " ZEROS20 " 29000000 " SPEC_ID
		       "00000000 00 02 00 02 03000000 0b00 2000 7777 0700 7877 4100 00 "
		       "01000000 05000000 03000000 0b00 " HEX64 " 7777 01020304050607 7877 ");
	text_fill(&t, 'u', 65);
	text_unhex(&t, "01000000 61");
	good_one(text_bytes(&t), "ccel", "tcg2",
		"skipped 2 digests of algorithms that tcg2 cannot represent");
	good_one(text_bytes(&t), "ccel", "cel-tlv",
		"skipped 2 digests of algorithms that cel-tlv cannot represent");
	good_one(text_bytes(&t), "ccel", "cel-json",
		"skipped 1 digest of algorithms that cel-json cannot represent");
	text_free(&t);
	text_unhex(&t, "01000000 03000000 " ZEROS20 " 21000000 " SPEC_ID
		       "00000000 00 02 00 02 01000000 7777 0700 00 "
		       "01000000 05000000 01000000 7777 01020304050607 01000000 61");
	bad(text_bytes(&t), "tcg2",
		"offset 65: 'EV_ACTION' extended a register, and has no digest that 'tcg2' can "
		"represent");
	text_free(&t);
}

#define AAEL_TAG "4c454141 07000000 6120622063 2064 "

static void test_aael(void)
{
	good_hex("04000000 06000000 01000000 0c00 " HEX96 " 0f000000 " AAEL_TAG
		 "04000000 0d000000 01000000 0c00 " HEX96 " 01000000 61",
		"aael");
	good(bytes_of("INIT sha384/" HEX96 "\na b c\nwith \xc3\xa4\n"), "aael");
}

#define TLV_HEAD(number, register, digests, content) number " " register " " digests " " content " "
#define TLV_SHA384 "03 00000035 0c 00000030 " HEX96
#define TLV_SHA1(digest) "03 00000019 04 00000014 " digest
#define TLV_RECORD(register, content) TLV_HEAD("00 00000001 00", register, TLV_SHA384, content)
#define TLV_IPL "05 0000000e 00 00000001 0d 01 00000003 616263"
#define TLV_COS "50 00000008 00 00000003 616263"
#define TLV_IMA "07 0000001d 00 00000006 696d612d6e67 01 0000000d 02000000 6100 03000000 2f7800"
#define TLV_IMA_TLV "08 0000000d 00 00000002 2f78 01 00000001 aa"
#define TLV_PCR(index) "01 00000001 " index

static const char *const tlv_records[] = {
	TLV_RECORD(TLV_PCR("0b"), TLV_IPL),
	TLV_RECORD(TLV_PCR("0b"), TLV_COS),
	TLV_RECORD(TLV_PCR("0a"), TLV_IMA),
	TLV_RECORD(TLV_PCR("0a"), TLV_IMA_TLV),
	/* systemd: a phase, a key, what nobody knows */
	TLV_RECORD(TLV_PCR("0b"), "0b 00000015 00 00000001 00 01 00000002 0102 03 00000003 616263"),
	TLV_RECORD(TLV_PCR("0b"), "0b 0000000e 00 00000001 02 03 00000003 616263"),
	TLV_RECORD(TLV_PCR("0b"), "0b 00000006 00 00000001 09"),
	/* as IMA lists a violation, and as it extends one; management */
	TLV_HEAD("00 00000001 00", TLV_PCR("0a"), TLV_SHA1(ZEROS20), TLV_IMA),
	TLV_HEAD("00 00000001 00", TLV_PCR("0a"), TLV_SHA1(FF20), TLV_IMA),
	TLV_RECORD(TLV_PCR("00"), "04 00000005 02 00000000"),
};

static void test_tlv(void)
{
	struct text t = {0};
	for (size_t i = 0; i < sizeof(tlv_records) / sizeof(tlv_records[0]); i++)
		text_unhex(&t, tlv_records[i]);
	good(text_bytes(&t), "cel-tlv");
	text_free(&t);
	text_unhex(&t, TLV_RECORD("02 00000004 01c10200", TLV_COS));
	text_unhex(&t, TLV_RECORD("6c 00000004 01020304", TLV_IMA_TLV));
	good_one(text_bytes(&t), "cel-tlv", "cel-tlv", "");
	good_one(text_bytes(&t), "cel-tlv", "cel-json", "");
	bad(text_bytes(&t), "tcg2",
		"offset 0: NV index '0x01c10200': 'tcg2' has PCRs and CC MRs only: use 'cel-json' "
		"or 'cel-tlv'");
	text_free(&t);
}

/* What Google's reader takes: numbers of records in 8 bytes, registers in 1. */
static void test_tlv_bytes(void)
{
	static const struct {
		const char *in, *out;
	} records[] = {
		{TLV_RECORD("01 00000004 0000000b", TLV_IPL),
			TLV_HEAD("00 00000008 0000000000000000", TLV_PCR("0b"), TLV_SHA384,
				"05 00000011 00 00000004 0000000d 01 00000003 616263")},
		{TLV_RECORD("6c 00000001 04", TLV_COS),
			TLV_HEAD("00 00000008 0000000000000000", "6c 00000001 04", TLV_SHA384,
				TLV_COS)},
		{TLV_RECORD("02 00000004 01c10200", TLV_COS),
			TLV_HEAD("00 00000008 0000000000000000", "02 00000004 01c10200", TLV_SHA384,
				TLV_COS)},
		{TLV_RECORD(TLV_PCR("0b"), TLV_COS), TLV_HEAD("00 00000008 0000000000000001",
							     TLV_PCR("0b"), TLV_SHA384, TLV_COS)},
	};
	struct text t = {0}, want = {0};
	struct round r;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		text_unhex(&t, records[i].in);
		text_unhex(&want, records[i].out);
	}
	round_export(text_bytes(&t), NULL, "cel-tlv", &r);
	CHECK(r.rc == 0);
	CHECK_BYTES(text_bytes(&r.out), text_bytes(&want));
	text_free(&want);
	text_free(&r.out);
	text_free(&t);
}

#define DIGEST384 DIGEST("sha384", HEX96)
#define WITH_DIGESTS(place, digests, content)                                                      \
	"{" place ",\"digests\":[" digests "],\"content_type\":" content "}\n"
#define DIGEST(alg, hex) "{\"hashAlg\":\"" alg "\",\"digest\":\"" hex "\"}"
#define RECORD(place, content) WITH_DIGESTS(place, DIGEST384, content)
#define OWN(kind, data) "\"tsmctl\",\"content\":{\"kind\":\"" kind "\",\"data\":\"" data "\"}"
#define PCCLIENT(type, data)                                                                       \
	"\"pcclient_std\",\"content\":{\"event_type\":" type ",\"event_data\":\"" data "\"}"
#define SYSTEMD(string, rest) "\"systemd\",\"content\":{\"string\":\"" string "\"" rest "}"
#define IMA_DATA "020000006100030000002f7800"
#define IMA(name, data)                                                                            \
	"\"ima_template\",\"content\":{\"template_name\":\"" name "\",\"template_data\":\"" data   \
	"\"}"

static const char *const json_contents[] = {
	RECORD("\"pcr\":1", OWN("record", "616263")),
	RECORD("\"pcr\":1", OWN("record", "")),
	RECORD("\"pcr\":1", OWN("digest", "")),
	RECORD("\"pcr\":1", OWN("note", "616263")),
	RECORD("\"pcr\":1", "\"tsmctl\",\"content\":{\"kind\":\"digest\"}"),
	RECORD("\"pcr\":2", PCCLIENT("\"ev_ipl\"", "616263")),
	RECORD("\"pcr\":2", PCCLIENT("4660", "616263")),
	RECORD("\"pcr\":2", PCCLIENT("\"EV_FUTURE\"", "616263")),
	RECORD("\"pcr\":2", PCCLIENT("\"ev_no_action\"", "616263")),
	RECORD("\"pcr\":3", SYSTEMD("enter-initrd", ",\"timestamp\":12,\"eventType\":\"phase\"")),
	RECORD("\"pcr\":3", SYSTEMD("a\\u0000\\\\\\\"\\ud83d\\ude00", ",\"eventType\":\"login\"")),
	RECORD("\"pcr\":3", SYSTEMD("a key", ",\"eventType\":\"volume-key\"")),
	RECORD("\"pcr\":3", SYSTEMD("what", "")),
	RECORD("\"pcr\":3", SYSTEMD("cryptsetup:x", "")),
	RECORD("\"pcr\":10", IMA("ima-ng", IMA_DATA)),
	RECORD("\"pcr\":10", IMA("d-ng|n-ng", IMA_DATA)),
	RECORD("\"pcr\":10", IMA("ima", IMA_DATA)),
	RECORD("\"pcr\":10", IMA("own", IMA_DATA)),
	RECORD("\"pcr\":4", "\"future\",\"content\":{\"a\":[1,\"\\u00e4\"]}"),
	RECORD("\"pcr\":4", "\"record\",\"content\":\"a\""),
	RECORD("\"pcr\":4", "\"future\""),
	RECORD("\"pcr\":0", "\"cel\",\"content\":{\"type\":\"cel_version\",\"data\":{}}"),
	WITH_DIGESTS("\"pcr\":10", DIGEST("sha1", FF20), IMA("ima-ng", IMA_DATA)),
	WITH_DIGESTS("\"pcr\":10", DIGEST("sha1", ZEROS20), IMA("ima-ng", IMA_DATA)),
	WITH_DIGESTS("\"pcr\":5", DIGEST("sm3", HEX64) "," DIGEST("sha3-256", HEX64),
		OWN("record", "61")),
};

/* A digest whose algorithm is a name that nobody knows has no number to be told by. */
static void test_unnumbered(void)
{
	static const char *const logs[] = {
		WITH_DIGESTS(
			"\"pcr\":1", DIGEST384 "," DIGEST("future", "01"), OWN("record", "61")),
		/* Without it, this one would look like a violation of IMA's. */
		WITH_DIGESTS("\"pcr\":1", DIGEST("future", "01") "," DIGEST("sha1", ZEROS20),
			IMA("ima-ng", IMA_DATA)),
	};
	for (size_t i = 0; i < 2 * (size_t)TARGETS; i++) {
		char note[128];
		snprintf(note, sizeof(note),
			"skipped 1 digest of algorithms that %s cannot represent",
			targets[i % TARGETS]);
		good_one(bytes_of(logs[i / TARGETS]), "cel-json", targets[i % TARGETS], note);
	}
}

#define SAMPLE "\"register\":\"tsm_mr_sample/rtmr0:sha384\""
#define ODD_NAME "\"register\":\"a\\\"\\\\344/{\""

static const char *const json_places[] = {
	RECORD(SAMPLE, OWN("record", "616263")),
	RECORD(ODD_NAME, OWN("digest", "616263")),
	RECORD("\"ccmr\":4", OWN("record", "616263")),
	RECORD("\"nv_index\":29426176", OWN("record", "616263")),
	RECORD("\"pcr\":4294967295", OWN("record", "616263")),
	"{\"digests\":[],\"content_type\":\"cel\",\"content\":{\"type\":\"firmware_end\"}}",
};

static void test_json(void)
{
	struct text t = {0};
	for (size_t i = 0; i < sizeof(json_contents) / sizeof(json_contents[0]); i++)
		text_str(&t, json_contents[i]);
	good(text_bytes(&t), "cel-json");
	text_free(&t);
	for (size_t i = 0; i < sizeof(json_places) / sizeof(json_places[0]); i++)
		text_str(&t, json_places[i]);
	good_one(text_bytes(&t), "cel-json", "cel-json", "");
	bad(text_bytes(&t), "tcg2",
		"offset 0: 'tsm_mr_sample/rtmr0:sha384' has no number, and 'tcg2' has no names of "
		"registers: use 'cel-json'");
	bad(text_bytes(&t), "cel-tlv",
		"offset 0: 'tsm_mr_sample/rtmr0:sha384' has no number, and 'cel-tlv' has no names "
		"of registers: use 'cel-json'");
	text_free(&t);
}

#define PHASE ",\"timestamp\":7,\"eventType\":\"phase\""

/* Byte by byte: lines, numbers for each register, the spellings of names. */
static void test_json_bytes(void)
{
	/* In the array, a comma stands before the newline of each but the last. */
	static const struct {
		const char *in, *out;
	} records[] = {
		{RECORD(ODD_NAME, OWN("record", "6162")),
			RECORD("\"recnum\":0," ODD_NAME, OWN("record", "6162"))},
		{RECORD("\"ccmr\":4", PCCLIENT("\"ev_ipl\"", "6162")),
			RECORD("\"recnum\":0,\"ccmr\":4", PCCLIENT("\"EV_IPL\"", "6162"))},
		{RECORD("\"ccmr\":4", PCCLIENT("4660", "")),
			RECORD("\"recnum\":1,\"ccmr\":4", PCCLIENT("4660", ""))},
		{WITH_DIGESTS("\"pcr\":4", DIGEST("sm3", HEX64) "," DIGEST("0x7777", "01"),
			 OWN("digest", "")),
			WITH_DIGESTS("\"recnum\":0,\"pcr\":4",
				DIGEST("sm3_256", HEX64) "," DIGEST("0x7777", "01"),
				OWN("digest", ""))},
		{RECORD(ODD_NAME, SYSTEMD("x", PHASE)),
			RECORD("\"recnum\":1," ODD_NAME, SYSTEMD("x", PHASE))},
	};
	struct text t = {0}, want = {0};
	struct round r;
	text_str(&want, "[\n");
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		text_str(&t, records[i].in);
		if (i > 0)
			text_str(&want, ",\n");
		text_add(&want, (struct bytes){(const uint8_t *)records[i].out,
					strlen(records[i].out) - 1});
	}
	text_str(&want, "\n]\n");
	round_export(text_bytes(&t), NULL, "cel-json", &r);
	CHECK(r.rc == 0);
	CHECK_BYTES(text_bytes(&r.out), text_bytes(&want));
	text_free(&want);
	text_free(&r.out);
	text_free(&t);
}

static void test_systemd(void)
{
	static const char *const records[] = {
		"\x1e",
		RECORD("\"rtmr\":2", SYSTEMD("enter-initrd", PHASE)),
		"\x1e",
		RECORD("\"rtmr\":3", SYSTEMD("a key", ",\"eventType\":\"volume-key\"")),
	};
	struct text t = {0};
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		text_str(&t, records[i]);
	good(text_bytes(&t), "systemd");
	text_free(&t);
}

#define IMR(type, name, payload)                                                                   \
	"{\"imr\":2,\"event_type\":" type ",\"digest\":\"" HEX96 "\",\"event\":\"" name            \
	"\",\"event_payload\":\"" payload "\"}\n"

static void test_dstack(void)
{
	static const char left_out[] = IMR("4", "", "");
	good(bytes_of("{\"event\":\"app-id\",\"payload\":\"YWJj\"}\n"
		      "{\"event\":\"a\",\"payload\":\"YWI=\",\"version\":2}\n"),
		"dstack");
	good(bytes_of(IMR("4", "Separator", "00000000") IMR("134217729", "app-id", "616263")),
		"dstack");
	good_one(bytes_of(left_out), "dstack", "cel-json", "");
	good_one(bytes_of(left_out), "dstack", "tcg2",
		"wrote empty data for 1 event whose data is not in the log: tcg2 cannot represent "
		"that");
	good_one(bytes_of(left_out), "dstack", "cel-tlv",
		"wrote empty data for 1 event whose data is not in the log: cel-tlv cannot "
		"represent that");
}

/* Whether the data of the only event explains its digests, in the log, and in what is exported of it. */
static void see_explanation(const struct log_event *ev, void *arg)
{
	static struct hashers hashers;
	enum explanation of[EVENT_DIGESTS_MAX];
	struct err err;
	for (size_t i = 0; i < ev->n_digests; i++)
		CHECK(hashers_get(&hashers, ev->digest[i].d.alg, &err) != NULL);
	CHECK_INT(payload_explain(ev, hashers.of, of, &err), 0);
	if (ev->extends)
		*(enum explanation *)arg = payload_explanation(of, ev->n_digests);
}

/* Altered data stays altered, or is refused by the formats in `refuse`, a bit each. */
static void stays_altered(struct bytes log, const char *from, unsigned refuse)
{
	struct feed f;
	struct round r;
	for (size_t i = 0; i < TARGETS; i++) {
		enum explanation is = EXPLAINS_UNKNOWN;
		feed_log(log, from, see_explanation, &is, &f);
		CHECK(f.rc == 0 && is == EXPLAINS_NOT);
		round_export(log, from, targets[i], &r);
		CHECK(r.read && (r.rc < 0) == ((refuse >> i & 1) != 0));
		if (r.rc < 0) {
			CHECK(r.err.status == ST_ABSENT);
		} else {
			is = EXPLAINS_UNKNOWN;
			feed_log(text_bytes(&r.out), round_format(&r, targets[i]), see_explanation,
				&is, &f);
			CHECK(f.rc == 0 && is == EXPLAINS_NOT);
		}
		text_free(&r.out);
	}
}

static void hex_stays_altered(const char *hex, const char *from)
{
	struct text t = {0};
	text_unhex(&t, hex);
	stays_altered(text_bytes(&t), from, 0);
	text_free(&t);
}

#define AAEL_EVENT(size)                                                                           \
	"04000000 06000000 01000000 0c00 " HEX96 " 0f000000 4c454141 " size " 6120622063 2064 "

static void test_altered(void)
{
	hex_stays_altered(
		TCG_HEADER("01") "01000000 04000000" TCG_DIGESTS "04000000 00000000", "ccel");
	hex_stays_altered(
		TCG_HEADER("00") "17000000 05000000" TCG_DIGESTS "04000000 61620000", "tpm");
	/* The agent measures its event whatever size it has in it. */
	hex_stays_altered(AAEL_EVENT("07000000"), "aael");
	hex_stays_altered(AAEL_EVENT("63000000"), "aael");
	hex_stays_altered(AAEL_EVENT("00000000"), "aael");
	hex_stays_altered("0a000000 " HEX40 " 03000000 696d61 " HEX40 " 02000000 2f78", "ima");
	hex_stays_altered("0a000000 " HEX40
			  " 06000000 696d612d6e67 0d000000 02000000 6100 03000000 2f7800",
		"ima");
	hex_stays_altered(TLV_RECORD(TLV_PCR("0b"), TLV_COS), "cel-tlv");
	hex_stays_altered(TLV_RECORD(TLV_PCR("0a"), TLV_IMA), "cel-tlv");
	hex_stays_altered(TLV_RECORD(TLV_PCR("0a"), TLV_IMA_TLV), "cel-tlv");
	hex_stays_altered(tlv_records[4], "cel-tlv");
	static const char *const texts[][2] = {
		{IMR("134217729", "app-id", "616263"), "dstack"},
		{IMR("4", "Separator", "00000000"), "dstack"},
		{"10 " HEX40 " ima " HEX40 " boot_aggregate\n", "ima"},
		{"10 " HEX40 " ima-ng sha256:" HEX64 " /usr/bin/a b\n", "ima"},
		{"\x1e" RECORD("\"rtmr\":2", SYSTEMD("enter-initrd", PHASE)), "systemd"},
		{RECORD("\"pcr\":1", OWN("record", "616263")), "cel-json"},
		{RECORD("\"pcr\":1", PCCLIENT("\"EV_EFI_ACTION\"", "616263")), "cel-json"},
		{RECORD("\"pcr\":1", IMA("ima-ng", IMA_DATA)), "cel-json"},
		{RECORD("\"pcr\":1", IMA("ima", HEX40 "020000002f78")), "cel-json"},
		/* One digest of a violation beside one that is none. */
		{WITH_DIGESTS(
			 "\"pcr\":1", DIGEST("sha1", FF20) "," DIGEST384, IMA("ima-ng", IMA_DATA)),
			"cel-json"},
		{WITH_DIGESTS("\"pcr\":1", DIGEST384 "," DIGEST("sha1", ZEROS20),
			 IMA("ima-ng", IMA_DATA)),
			"cel-json"},
		/* The data explains one bank, as in the next test. */
		{WITH_DIGESTS("\"pcr\":1",
			 DIGEST384
			 "," DIGEST("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a39617"
					      "7a9cb410ff61f20015ad"),
			 PCCLIENT("\"EV_S_CRTM_VERSION\"", "616263")),
			"cel-json"},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		stays_altered(bytes_of(texts[i][0]), texts[i][1], 0);
	/* As an EV_ACTION it would not be: SHA-256 of "abc", and data with a NUL behind it. */
	stays_altered(
		bytes_of(WITH_DIGESTS("\"pcr\":1",
			DIGEST("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff"
					 "61f20015ad"),
			OWN("record", "61626300"))),
		"cel-json", 5);
}

static void test_ima(void)
{
	good(bytes_of("10 " HEX40 " ima-ng sha256:" HEX64 " /usr/bin/a b\n"
		      "10 " HEX40 " ima-sig sha256:" HEX64 " /x 0302\n"
		      "10 " HEX40 " ima " HEX40 " boot_aggregate\n"
		      "10 " HEX40 " future what it says\n"
		      "10 " ZEROS20 " ima-ng sha256:" HEX64 " /open\n"
		      "10 " ZEROS20 " ima " HEX40 " /open\n"
		      "11 " FF20 " ima-ng sha256:" HEX64 " /usr/bin/a\n"),
		"ima");
	good_hex("0a000000 " HEX40 " 06000000 696d612d6e67 0d000000 02000000 6100 03000000 2f7800 "
		 "0a000000 " HEX40 " 03000000 696d61 " HEX40 " 02000000 2f78",
		"ima");
}

#define ZEROS64 ZEROS20 "000000000000000000000000"
#define INTENT(seq, what, digest, before, expected)                                                \
	"{\"kind\":\"intent\",\"seq\":" seq ",\"register\":\"tsm_mr_sample/rtmr0:sha256\"," what   \
	",\"digest\":\"" digest "\",\"before\":\"" before "\",\"expected\":\"" expected            \
	"\",\"pid\":1,\"start\":0,\"time\":\"2026-11-25T13:28:40Z\"}\n"
#define AFTER_Z "de2e8b71a3f3908809ddb10f3cfe64f613714e0d627174d69567d35526766e21"
#define AFTER_ZZ "df6b3309acb46d93d01356f9982ff327f08b057d6bd9b64181a61688e4cf2392"
#define AFTER_Z_HEX "e038e279d5f1196564396a5ee4cd36e8f0db35039153c4715d38a20cbd1114df"
#define Z_HASH "594e519ae499312b29433b7dd8a97ff068defcba9755b6d5d00e84c524d67b06"

static const char journal_header[] = "{\"schema\":\"tsmctl.journal/1\",\"boot_id\":"
				     "\"11111111-2222-3333-4444-555555555555\",\"created\":"
				     "\"2026-11-25T13:28:40Z\"}\n";

/* A record, one that is void, and a given digest of which nobody knows whether it was extended. */
static void test_journal(void)
{
	static const char *const lines[] = {
		INTENT("0", "\"record_hex\":\"7a\"", Z_HASH, ZEROS64, AFTER_Z),
		"{\"kind\":\"commit\",\"seq\":0}\n",
		INTENT("1", "\"record_hex\":\"7a\"", Z_HASH, AFTER_Z, AFTER_ZZ),
		"{\"kind\":\"void\",\"seq\":1}\n",
		INTENT("2", "\"note\":\"why\"", HEX64, AFTER_Z, AFTER_Z_HEX),
	};
	struct text t = {0};
	struct round r;
	text_str(&t, journal_header);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		text_str(&t, lines[i]);
	round_export(text_bytes(&t), NULL, "cel-json", &r);
	if (r.rc < 0)
		check_failed(__FILE__, __LINE__, "%s", r.err.msg);
	CHECK_STR(r.format, "journal");
	CHECK_U64(r.n, 3);
	CHECK_STR(r.note,
		"wrote 1 unconfirmed event as extended; left out the values before 3 records of a "
		"journal: cel-json cannot represent them");
	round_compare(text_bytes(&t), &r, "cel-json");
	text_free(&r.out);
	text_free(&t);
}

static const char *const shared_logs[] = {
	"go-eventlog/cos-113-intel-tdx.bin",
	"go-eventlog/CCEL_unpadded.data.bin",
	"trustee/CCEL_data",
	"trustee/CCEL_data_ovmf",
	"trustee/CCEL_data_grub",
	"trustee/CCEL_AAEL_alibabacloud",
	"go-tpm-tools/cel.tlv.bin",
	"dstack/quote-report.json",
	"synthetic/dstack-quote-report.ccel.bin",
	"synthetic/aael-eventlog.bin",
	"synthetic/cos113.cel.tlv.bin",
	"synthetic/cos113.cel.json",
	"synthetic/systemd-cc-measure.log",
	"synthetic/negative/mr-index-5.bin",
	"synthetic/negative/two-spec-id.bin",
	"synthetic/negative/event-ends-in-ff.bin",
};

static void test_shared(const char *dir, const char *name)
{
	char path[4096];
	struct err err;
	uint8_t *p;
	size_t n;
	snprintf(path, sizeof(path), "%s/vectors/%s", dir, name);
	if (access(path, R_OK) != 0) {
		printf("%s is not there: it is not tested\n", path);
		return;
	}
	CHECK(input_read(path, VALUES_FILE_MAX, &p, &n, &err) == 0);
	for (size_t i = 0; i < TARGETS; i++) {
		struct round r;
		struct bytes log = {p, n};
		round_export(log, NULL, targets[i], &r);
		if (r.rc < 0)
			check_failed(__FILE__, __LINE__, "%s: %s", name, r.err.msg);
		round_compare(log, &r, targets[i]);
		compare_values(log, &r, targets[i]);
		text_free(&r.out);
	}
	free(p);
}

/* Events that no reader gives, or only with a lot of data. */
struct direct {
	struct log_event ev;
	struct export x;
	struct text out;
	struct err err;
	int fails; /* puts from now on; 0: none does */
};

static int put(void *arg, struct bytes b, struct err *err)
{
	struct direct *d = arg;
	if (d->fails > 0 && --d->fails == 0)
		return err_set(err, ST_SYSTEM, "no more");
	text_add(&d->out, b);
	return 0;
}

static void start(struct direct *d, const char *to)
{
	*d = (struct direct){.ev = {.place = PLACE_PCR,
				     .index = 7,
				     .off = 12,
				     .kind = "record",
				     .extends = true,
				     .locality = -1,
				     .n_digests = 1,
				     .data = bytes_of("abc")}};
	d->ev.digest[0] = (struct event_digest){
		tcg_hash_id(HASH_SHA256), {.alg = HASH_SHA256, .size = 32, .v = {1}}};
	export_open(&d->x, export_format_by_name(to), export_algs(&d->ev), put, d);
}

static void end(struct direct *d)
{
	CHECK(export_close(&d->x, &d->err) == 0);
	text_free(&d->out);
}

/* No reader takes what is there, of so many records, for whole. */
static void ends_cut(struct direct *d, uint64_t n)
{
	const char *to = d->x.format->name;
	bool tcg2 = strcmp(to, "tcg2") == 0;
	const char *message = strcmp(to, "cel-json") == 0 ? "the JSON array is cut"
			      : tcg2			  ? "the log ends within the record"
							  : "a record without register";
	CHECK(export_close(&d->x, &d->err) == 0);
	if (n == 0)
		CHECK_U64(d->out.n, 0);
	else
		feed_bad(text_bytes(&d->out), tcg2 ? "tpm" : to, tcg2 ? n + 1 : n, message);
	text_free(&d->out);
}

/* It is said why not; nothing is written of it, nor after it, and no reader takes what is there for whole. */
static void refused(struct direct *d, const char *message)
{
	size_t n = d->out.n;
	CHECK(export_event(&d->x, &d->ev, &d->err) < 0);
	CHECK_INT(d->err.status, ST_ABSENT);
	CHECK_STR(d->err.msg, message);
	CHECK(export_event(&d->x, &d->ev, &d->err) < 0);
	CHECK_STR(d->err.msg, "not exported: an event before it cannot be represented");
	CHECK_U64(d->out.n, n);
	ends_cut(d, d->x.records);
}

static void test_places(void)
{
	struct direct d;
	for (size_t i = 0; i < TARGETS; i++) {
		start(&d, targets[i]);
		d.ev.place = PLACE_NONE;
		refused(&d, "offset 12: nothing says which register 'record' extended");
	}
	start(&d, "tcg2");
	d.ev.index = UINT32_MAX;
	d.ev.has_type = true;
	d.ev.type = UINT32_MAX;
	refused(&d, "offset 12: index and type '4294967295': these mark the end of a 'tcg2' log: "
		    "use 'cel-json' or 'cel-tlv'");
	start(&d, "tcg2");
	d.ev.index = 0x01000010;
	refused(&d, "offset 12: PCR '16777232': this number stands for an NV index in 'tcg2': use "
		    "'cel-json' or 'cel-tlv'");
	start(&d, "tcg2");
	CHECK(export_event(&d.x, &d.ev, &d.err) == 0);
	d.ev.place = PLACE_CC_MR;
	refused(&d, "offset 12: a 'CC MR' after events of PCRs: 'tcg2' has registers of one kind: "
		    "use 'cel-json' or 'cel-tlv', or export each log by itself");
	start(&d, "tcg2");
	d.ev.place = PLACE_CC_MR;
	CHECK(export_event(&d.x, &d.ev, &d.err) == 0);
	d.ev.place = PLACE_PCR;
	refused(&d, "offset 12: a 'PCR' after events of CC MRs: 'tcg2' has registers of one kind: "
		    "use 'cel-json' or 'cel-tlv', or export each log by itself");
}

/* What is exported of a log with an error has one, too, after as many records. */
static void test_cut(void)
{
	struct direct d;
	for (size_t i = 0; i < TARGETS; i++) {
		for (int n = 0; n < 3; n++) {
			start(&d, targets[i]);
			for (int k = 0; k < n; k++)
				CHECK(export_event(&d.x, &d.ev, &d.err) == 0);
			export_cut(&d.x);
			ends_cut(&d, (uint64_t)n);
		}
	}
	/* A log in which no event has a digest. */
	start(&d, "tcg2");
	d.x.algs = 0;
	d.ev.extends = false;
	CHECK(export_event(&d.x, &d.ev, &d.err) == 0);
	export_cut(&d.x);
	ends_cut(&d, 1);
}

/* What extends nothing does not keep the rest from being written. */
static void test_left_out(void)
{
	struct direct d;
	start(&d, "cel-tlv");
	d.ev.extends = false;
	d.ev.place = PLACE_NAMED;
	d.ev.reg = "rtmr0";
	CHECK(export_event(&d.x, &d.ev, &d.err) == 0 && d.out.n == 0);
	d.ev.place = PLACE_NONE;
	CHECK(export_event(&d.x, &d.ev, &d.err) == 0 && d.out.n == 0);
	end(&d);
	CHECK_STR(d.x.note, "skipped 2 informational events that cel-tlv cannot represent");
	/* All notes at once, most of which fit. */
	start(&d, "tcg2");
	d.ev.every_bank = true;
	d.ev.hashed = d.ev.data;
	d.x.left_out = d.x.digests_left_out = d.x.no_data = d.x.doubtful = UINT64_MAX;
	d.x.no_hash = ~0U;
	end(&d);
	CHECK(strstr(d.x.note, "; no digests of sha1: libcrypto does not have it") != NULL);
	/* None is cut. */
	size_t n = strlen(d.x.note), last = strlen("does not have it");
	CHECK(n > last && strcmp(d.x.note + n - last, "does not have it") == 0);
}

static void test_contradictions(void)
{
	struct direct d;
	start(&d, "cel-json");
	d.ev.has_type = true;
	d.ev.type = TCG_EV_NO_ACTION;
	d.ev.kind = "EV_NO_ACTION";
	refused(&d, "offset 12: 'EV_NO_ACTION' extended a register, which events of its type do "
		    "not: no format can represent that");
	start(&d, "cel-json");
	d.ev.has_type = true;
	d.ev.type = TCG_EV_IPL;
	d.ev.kind = "EV_IPL";
	d.ev.extends = false;
	refused(&d, "offset 12: 'EV_IPL' extended none, which events of its type do: "
		    "no format can represent that");
	start(&d, "cel-json");
	d.ev.n_digests = 0;
	refused(&d, "offset 12: 'record' extended a register, and has no digest that 'cel-json' "
		    "can represent");
	/* The caller knows of no SHA-256. */
	start(&d, "tcg2");
	d.x.algs = 1U << HASH_SHA1;
	refused(&d, "offset 12: 'record' extended a register, and has no digest that 'tcg2' can "
		    "represent");
}

/* Data that no reader would take back; one byte less is taken. */
static void test_sizes(void)
{
	static const size_t max[TARGETS] = {EVENT_DATA_MAX,
		(WINDOW_MAX - EXPORT_HEADS_MAX) / 2 - 3 * 6, EVENT_DATA_MAX - EXPORT_HEADS_MAX - 6};
	struct direct d;
	uint8_t *p = calloc(1, EVENT_DATA_MAX + 1);
	CHECK(p != NULL);
	for (size_t i = 0; i < TARGETS; i++) {
		char message[256];
		start(&d, targets[i]);
		d.ev.data = (struct bytes){p, max[i]};
		CHECK(export_event(&d.x, &d.ev, &d.err) == 0);
		CHECK(export_close(&d.x, &d.err) == 0);
		feed_good(text_bytes(&d.out), i == TCG2 ? "tpm" : targets[i],
			i == TCG2 ? "tpm" : targets[i], i == TCG2 ? 2 : 1);
		text_free(&d.out);
		start(&d, targets[i]);
		d.ev.data = (struct bytes){p, max[i] + 1};
		snprintf(message, sizeof(message),
			"offset 12: 'record' has %zu bytes of data, more than a record of '%s' may "
			"have",
			max[i] + 1, targets[i]);
		refused(&d, message);
	}
	free(p);
}

/* An export that nobody takes ends with what they say, wherever it is. */
static void test_put_fails(void)
{
	static uint8_t data[10000];
	for (size_t i = 0; i < TARGETS; i++) {
		for (int fails = 1; fails < 4; fails++) {
			struct direct d;
			start(&d, targets[i]);
			d.ev.data = (struct bytes){data, sizeof(data)};
			d.fails = fails;
			int rc = export_event(&d.x, &d.ev, &d.err);
			if (rc == 0)
				rc = export_event(&d.x, &d.ev, &d.err);
			CHECK(rc < 0 && d.err.status == ST_SYSTEM);
			CHECK_STR(d.err.msg, "no more");
			size_t n = d.out.n;
			CHECK(export_event(&d.x, &d.ev, &d.err) < 0);
			CHECK(export_close(&d.x, &d.err) == 0 && d.out.n == n);
			text_free(&d.out);
		}
	}
}

/* Logs of nothing: a header, an empty array, no bytes. */
static void test_empty(void)
{
	struct direct d;
	struct feed f;
	start(&d, "tcg2");
	CHECK(export_close(&d.x, &d.err) == 0);
	feed_good(text_bytes(&d.out), NULL, "ccel", 1);
	feed_log(text_bytes(&d.out), NULL, NULL, NULL, &f);
	CHECK_STR(f.note, "the log contains only a header");
	text_free(&d.out);
	start(&d, "cel-json");
	CHECK(export_close(&d.x, &d.err) == 0);
	CHECK_BYTES(text_bytes(&d.out), bytes_of("[\n]\n"));
	text_free(&d.out);
	start(&d, "cel-tlv");
	CHECK(export_close(&d.x, &d.err) == 0);
	CHECK_U64(d.out.n, 0);
	CHECK(export_format_by_name("cel") == NULL);
}

/* More registers than are counted for themselves: the rest count on together. */
static void test_numbers(void)
{
	struct direct d;
	start(&d, "cel-json");
	for (uint32_t i = 0; i < RECNUM_REGISTERS_MAX + 2; i++) {
		d.ev.index = i;
		d.out.n = 0;
		CHECK(export_event(&d.x, &d.ev, &d.err) == 0);
		text_char(&d.out, '\0');
		bool last = i > RECNUM_REGISTERS_MAX;
		CHECK(strstr((const char *)d.out.p, last ? "\"recnum\":1," : "\"recnum\":0,") !=
			NULL);
	}
	end(&d);
}

int main(void)
{
	const char *dir = getenv("TSMCTL_SHARED");
	test_tcg2();
	test_header();
	test_unknown();
	test_aael();
	test_tlv();
	test_tlv_bytes();
	test_unnumbered();
	test_json();
	test_json_bytes();
	test_systemd();
	test_dstack();
	test_altered();
	test_ima();
	test_journal();
	test_places();
	test_cut();
	test_left_out();
	test_contradictions();
	test_sizes();
	test_put_fails();
	test_empty();
	test_numbers();
	for (size_t i = 0; i < sizeof(shared_logs) / sizeof(shared_logs[0]); i++)
		test_shared(dir != NULL ? dir : TSMCTL_SHARED_DIR, shared_logs[i]);
	return 0;
}
