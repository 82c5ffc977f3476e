/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd logs of its measurements. */
#include "check.h"
#include "feed.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16
#define RECORD(place, content)                                                                     \
	"\x1e{" place ",\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" HEX64                  \
	"\"}],\"content_type\":\"systemd\",\"content\":{" content "}}\n"
#define PHASE                                                                                      \
	RECORD("\"pcr\":11", "\"string\":\"enter-initrd\",\"bootId\":\"" HEX16 HEX16               \
			     "\",\"timestamp\":18446744073709551614,\"eventType\":\"phase\"")

static void see_fields(const struct log_event *ev, void *arg)
{
	size_t size = *(size_t *)arg;
	CHECK_U64(ev->off, ev->seq * size + 1);
	CHECK_INT(ev->place, PLACE_PCR);
	CHECK_U64(ev->index, 11);
	CHECK_STR(ev->kind, "phase");
	CHECK(ev->extends && !ev->has_type && !ev->every_bank);
	CHECK(ev->n_digests == 1 && ev->digest[0].d.alg == HASH_SHA256);
	CHECK_BYTES(ev->data, bytes_of("enter-initrd"));
	CHECK_BYTES(ev->text, bytes_of("enter-initrd"));
	CHECK_BYTES(ev->hashed, bytes_of("enter-initrd"));
	CHECK_BYTES(ev->time, bytes_of("18446744073709551614"));
}

static void test_fields(void)
{
	struct feed f;
	size_t size = strlen(PHASE);
	feed_log(bytes_of(PHASE PHASE), NULL, see_fields, &size, &f);
	CHECK(f.rc == 0 && f.n == 2);
	CHECK_STR(f.format, "systemd");
	/* It has no numbers, on purpose. */
	CHECK_STR(f.note, "");
	feed_cuts(bytes_of(PHASE PHASE), "systemd");
}

static void test_sniff(void)
{
	static const char lines[] = PHASE PHASE;
	struct text t = {0};
	for (const char *c = lines; *c != '\0'; c++)
		if (*c != '\x1e')
			text_char(&t, *c);
	feed_good(text_bytes(&t), NULL, "systemd", 2);
	text_free(&t);
	/* systemd-pcrlock puts several logs into an array. */
	text_fmt(&t, "[%.*s]", (int)strlen(PHASE) - 1, &PHASE[1]);
	feed_good(text_bytes(&t), NULL, "cel-json", 1);
	text_free(&t);
	feed_bad(bytes_of(""), "systemd", 0, "no log: there is no record in it");
	feed_bad(bytes_of("\x1e\n"), "systemd", 0, "no log: there is no record in it");
	feed_bad(bytes_of("phase"), "systemd", 0, "offset 0: not a JSON object");
	feed_bad(bytes_of(PHASE "\x1e{\"pcr\":"), "systemd", 1, "is cut");
}

struct want {
	const char *content, *kind;
	bool hashed, time;
};

static void see_want(const struct log_event *ev, void *arg)
{
	const struct want *want = arg;
	CHECK_STR(ev->kind, want->kind);
	if ((ev->hashed.p != NULL) != want->hashed || (ev->time.p != NULL) != want->time)
		check_failed(__FILE__, __LINE__, "%s", want->content);
}

static void test_hashed(void)
{
	static const struct want wants[] = {
		{"\"string\":\"a\",\"eventType\":\"new-one\"", "new-one", true, false},
		{"\"string\":\"a\",\"event_type\":\"machine-id\"", "machine-id", true, false},
		{"\"string\":\"\",\"timestamp\":0", "record", true, true},
		{"\"eventType\":\"phase\"", "phase", false, false},
		{"\"string\":7,\"eventType\":8", "record", false, false},
		{"\"string\":\"a\",\"eventType\":\"volume-key\"", "volume-key", false, false},
		{"\"string\":\"a\",\"eventType\":\"nvpcr-init\"", "nvpcr-init", false, false},
		{"\"string\":\"cryptsetup:a\"", "record", false, false},
		{"\"string\":\"a\\\\x20b\",\"eventType\":\"phase\"", "phase", false, false},
		{"\"eventType\":\"\",\"string\":\"a\\u0000b\"", "record", true, false},
	};
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct want want = wants[i];
		struct text t = {0};
		struct feed f;
		text_fmt(&t, RECORD("\"rtmr\":2,\"mapped_pcr\":11", "%s"), want.content);
		feed_log(text_bytes(&t), NULL, see_want, &want, &f);
		if (f.rc < 0 || f.n != 1)
			check_failed(__FILE__, __LINE__, "%s: %s", want.content, f.err.msg);
		text_free(&t);
	}
}

/* A string that was cut ends in dots, and is not what was hashed. */
static void test_cut_string(void)
{
	for (int dots = 0; dots < 2; dots++) {
		struct want want = {"a long string", "phase", dots == 0, false};
		struct text t = {0};
		struct feed f;
		char string[1101];
		memset(string, dots ? '.' : 'x', 1100);
		string[1100] = '\0';
		text_fmt(&t, RECORD("\"pcr\":11", "\"string\":\"%s\",\"eventType\":\"phase\""),
			string);
		feed_log(text_bytes(&t), NULL, see_want, &want, &f);
		CHECK(f.rc == 0 && f.n == 1);
		text_free(&t);
	}
}

static void test_bad(void)
{
	feed_bad(bytes_of(RECORD("\"pcr\":11", "\"eventType\":\"phase\\u0000\"")), "systemd", 0,
		"'eventType' is not a name: one word of printable ASCII");
	feed_bad(bytes_of(RECORD("\"pcr\":11", "\"timestamp\":-1")), "systemd", 0,
		"offset 1: 'timestamp' is not a number of microseconds");
	feed_bad(bytes_of(RECORD("\"pcr\":11", "\"timestamp\":\"now\"")), "systemd", 0,
		"'timestamp' is not a number of microseconds");
	feed_bad(bytes_of(PHASE RECORD("\"mapped_pcr\":11", "\"string\":\"a\"")), "systemd", 1,
		"nothing says which register it is");
	feed_bad(bytes_of(RECORD("\"pcr\":11,\"rtmr\":2", "\"string\":\"a\"")), "systemd", 0,
		"both 'pcr' and 'rtmr'");
}

int main(void)
{
	test_fields();
	test_sniff();
	test_hashed();
	test_cut_string();
	test_bad();
	return 0;
}
