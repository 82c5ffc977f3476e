/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of real machines, binary and JSON, against the values that their registers had. */
#include <unistd.h>

#include <json-c/json.h>

#include "base/input.h"
#include "check.h"
#include "feed.h"

static char dir[3072];

static struct bytes load(const char *name)
{
	char path[4096];
	struct err err;
	uint8_t *p;
	struct bytes b = {NULL, 0};
	snprintf(path, sizeof(path), "%s/vectors/%s", dir, name);
	if (input_read(path, VALUES_FILE_MAX, &p, &b.n, &err) < 0)
		check_failed(__FILE__, __LINE__, "%s: %s", name, err.msg);
	b.p = p;
	return b;
}

static void unload(struct bytes b)
{
	free((void *)(uintptr_t)b.p);
}

static void check_value(struct bytes log, const char *name, const char *format, uint32_t index,
	const char *want_hex, bool same)
{
	uint8_t got[48], want[48];
	CHECK(hex_get(want, 48, bytes_of(want_hex), false));
	feed_value(log, format, PLACE_CC_MR, index, &model_sha384, got);
	if ((memcmp(got, want, 48) == 0) != same)
		check_failed(__FILE__, __LINE__, "%s: CC MR %u does%s give %s", name, index,
			same ? " not" : "", want_hex);
}

struct flips {
	struct bytes log;
	size_t at[4096];
	uint32_t index[4096];
	size_t n;
};

/* Where the digests of a log are that extend a register. */
static void add_flip(const struct log_event *ev, void *arg)
{
	struct flips *f = arg;
	if (!ev->extends || ev->n_digests != 1)
		return;
	const uint8_t *d = memmem(f->log.p + ev->off, f->log.n - ev->off, ev->digest[0].d.v, 48);
	CHECK(d != NULL && f->n < 4096);
	f->at[f->n] = (size_t)(d - f->log.p);
	f->index[f->n++] = ev->index;
}

/* One bit of one digest: its register is another one, and no other register is. */
static void check_flips(struct bytes log, const char *format)
{
	static struct flips flips;
	struct feed f;
	uint8_t before[5][48], after[48];
	uint8_t *copy = malloc(log.n);
	CHECK(copy != NULL);
	memcpy(copy, log.p, log.n);
	struct bytes changed = {copy, log.n};
	flips = (struct flips){.log = log};
	feed_log(log, format, add_flip, &flips, &f);
	for (uint32_t i = 0; i < 5; i++)
		feed_value(log, format, PLACE_CC_MR, i, &model_sha384, before[i]);
	for (size_t k = 0; k < flips.n; k++) {
		copy[flips.at[k] + k % 48] ^= (uint8_t)(1 << k % 8);
		for (uint32_t i = 0; i < 5; i++) {
			feed_value(changed, format, PLACE_CC_MR, i, &model_sha384, after);
			CHECK((memcmp(after, before[i], 48) == 0) == (i != flips.index[k]));
		}
		copy[flips.at[k] + k % 48] ^= (uint8_t)(1 << k % 8);
	}
	free(copy);
}

/* As expected.json has it; `file` is one of its members. */
static void check_values(
	struct json_object *all, const char *file, struct bytes log, const char *format, size_t n)
{
	struct json_object *want, *v;
	size_t checked = 0;
	feed_good(log, NULL, format, n);
	CHECK(json_object_object_get_ex(all, file, &want));
	for (uint32_t i = 0; i < 4; i++) {
		char name[8];
		snprintf(name, sizeof(name), "rtmr%u", i);
		if (!json_object_object_get_ex(want, name, &v))
			continue;
		check_value(log, file, format, i + 1, json_object_get_string(v), true);
		checked++;
	}
	CHECK(checked > 0);
}

static void check_file(struct json_object *all, const char *file, const char *log_name,
	const char *format, size_t n)
{
	struct bytes log = load(log_name);
	check_values(all, file, log, format, n);
	/* Padding of a megabyte says nothing here. */
	if (log.n > 65536)
		log.n = 65536;
	check_flips(log, format);
	unload(log);
}

static void check_json_file(struct json_object *all, const char *file, const char *log_name,
	const char *format, size_t n)
{
	struct bytes log = load(log_name);
	check_values(all, file, log, format, n);
	unload(log);
}

static void extend_rtmr2(const struct log_event *ev, void *arg)
{
	CHECK(ev->place == PLACE_CC_MR && ev->index == 3 && ev->n_digests == 1);
	struct bytes value = {arg, 48};
	model_hash2(&model_sha384, value, digest_bytes(&ev->digest[0].d), arg);
}

/* systemd's log goes on where that of the firmware ends. */
static void check_systemd(struct json_object *all, const char *firmware)
{
	static const char name[] = "synthetic/systemd-cc-measure.log";
	char member[256];
	struct json_object *want, *v;
	struct feed f;
	uint8_t got[48], expected[48];
	struct bytes before = load(firmware), log = load(name);
	snprintf(member, sizeof(member), "%s on top of %s", name, firmware);
	CHECK(json_object_object_get_ex(all, member, &want) &&
		json_object_object_get_ex(want, "rtmr2", &v));
	CHECK(hex_get(expected, 48, bytes_of(json_object_get_string(v)), false));
	feed_value(before, "ccel", PLACE_CC_MR, 3, &model_sha384, got);
	feed_log(log, NULL, extend_rtmr2, got, &f);
	CHECK(f.rc == 0 && f.n == 4);
	CHECK_STR(f.format, "systemd");
	CHECK(memcmp(got, expected, 48) == 0);
	unload(before);
	unload(log);
}

static void good(const char *name, const char *given, const char *format, size_t n)
{
	struct bytes log = load(name);
	feed_good(log, given, format, n);
	unload(log);
}

static void bad(const char *name, const char *given, size_t n, const char *part)
{
	struct bytes log = load(name);
	feed_bad(log, given, n, part);
	unload(log);
}

#define NEGATIVE "synthetic/negative/"

static void check_negatives(void)
{
	bad(NEGATIVE "empty.bin", NULL, 0, "no log: it is empty");
	bad(NEGATIVE "empty.bin", "ccel", 0, "no log: there is no record");
	bad(NEGATIVE "all-ff.bin", NULL, 0, "no log of a known format");
	bad(NEGATIVE "all-ff.bin", "ccel", 0, "offset 0");
	bad(NEGATIVE "no-header.bin", NULL, 0, "no log of a known format");
	bad(NEGATIVE "no-header.bin", "ccel", 0, "offset 0: no Spec ID event");
	good(NEGATIVE "no-header.bin", "aael", "aael", 1);
	bad(NEGATIVE "trunc-in-digest.bin", NULL, 1, "offset 85: the log ends within the record");
	bad(NEGATIVE "trunc-in-event.bin", NULL, 1, "offset 133: the log ends within the record");
	bad(NEGATIVE "event-size-overflow.bin", NULL, 1, "offset 127: an event of");
	bad(NEGATIVE "digest-count-huge.bin", NULL, 1, "offset 73: an event with");
	bad(NEGATIVE "unknown-alg.bin", NULL, 1, "offset 77: a digest of algorithm 0x0027");
	good(NEGATIVE "mr-index-5.bin", NULL, "tpm", 3);
	good(NEGATIVE "mr-index-5.bin", "ccel", "ccel", 3);
	good(NEGATIVE "no-end-marker.bin", NULL, "ccel", 2);
	good(NEGATIVE "zero-padded.bin", NULL, "ccel", 2);
	good(NEGATIVE "event-ends-in-ff.bin", NULL, "ccel", 2);
	good(NEGATIVE "two-spec-id.bin", NULL, "ccel", 4);
	bad("go-eventlog/cos-113-intel-tdx.table.bin", NULL, 0, "the ACPI table CCEL");
}

static void see_negative(const struct log_event *ev, void *arg)
{
	(void)arg;
	CHECK(ev->extends == (ev->type != 3));
}

static void check_notes(void)
{
	static const char *const noted[][2] = {
		{NEGATIVE "zero-padded.bin", "zeros start"},
		{NEGATIVE "mr-index-5.bin", "CC MR with index 5 does not exist"},
		{"trustee/CCEL_data", "zeros start"},
		{NEGATIVE "event-ends-in-ff.bin", ""},
		{NEGATIVE "two-spec-id.bin", ""},
		{"go-eventlog/cos-113-intel-tdx.bin", ""},
	};
	struct feed f;
	for (size_t i = 0; i < sizeof(noted) / sizeof(noted[0]); i++) {
		struct bytes log = load(noted[i][0]);
		feed_log(log, "ccel", see_negative, NULL, &f);
		CHECK(f.rc == 0 && (f.note[0] == '\0') == (noted[i][1][0] == '\0'));
		CHECK(strstr(f.note, noted[i][1]) != NULL);
		unload(log);
	}
}

static void see_hashed(const struct log_event *ev, void *arg)
{
	uint8_t d[48];
	CHECK(ev->hashed.p != NULL && ev->text.p != NULL && ev->n_digests == 1);
	model_hash2(&model_sha384, ev->hashed, (struct bytes){NULL, 0}, d);
	CHECK_BYTES(((struct bytes){d, 48}), digest_bytes(&ev->digest[0].d));
	*(size_t *)arg += ev->index == 4 && ev->place == PLACE_CC_MR;
}

static void check_hashed(const char *name, const char *format, size_t n)
{
	struct feed f;
	size_t rtmr3 = 0;
	struct bytes log = load(name);
	feed_log(log, NULL, see_hashed, &rtmr3, &f);
	CHECK_STR(f.format, format);
	CHECK(f.rc == 0 && f.n == n && rtmr3 == n);
	unload(log);
}

int main(void)
{
	char path[4096];
	const char *given = getenv("TSMCTL_SHARED");
	snprintf(dir, sizeof(dir), "%s", given != NULL ? given : TSMCTL_SHARED_DIR);
	snprintf(path, sizeof(path), "%s/vectors/expected.json", dir);
	if (access(path, R_OK) != 0) {
		printf("%s is not there: logs of real machines are not tested\n", path);
		return 0;
	}
	struct json_object *all = json_object_from_file(path);
	static const char cos[] = "go-eventlog/cos-113-intel-tdx.bin";
	CHECK(json_object_is_type(all, json_type_object));
	check_file(all, cos, cos, "ccel", 44);
	check_file(all, "trustee/CCEL_data", "trustee/CCEL_data", "ccel", 6);
	check_file(all, "trustee/CCEL_data_ovmf", "trustee/CCEL_data_ovmf", "ccel", 21);
	check_file(all, "trustee/CCEL_data_grub", "trustee/CCEL_data_grub", "ccel", 38);
	check_file(all, "trustee/CCEL_AAEL_alibabacloud", "trustee/CCEL_AAEL_alibabacloud", "ccel",
		88);
	check_file(all, "synthetic/dstack-quote-report.ccel.bin",
		"synthetic/dstack-quote-report.ccel.bin", "ccel", 29);
	check_file(all, "synthetic/aael-eventlog.bin", "synthetic/aael-eventlog.bin", "aael", 2);
	check_file(all, cos, "synthetic/cos113.cel.tlv.bin", "cel-tlv", 43);
	check_json_file(all, cos, "synthetic/cos113.cel.json", "cel-json", 43);
	check_json_file(all, "dstack/quote-report.json", "dstack/quote-report.json", "dstack", 28);
	check_systemd(all, cos);
	json_object_put(all);
	check_hashed("synthetic/aael-eventlog.bin", "aael", 2);
	check_hashed("go-tpm-tools/cel.tlv.bin", "cel-tlv", 18);
	good("go-eventlog/CCEL_unpadded.data.bin", NULL, "ccel", 20);
	check_negatives();
	check_notes();
	return 0;
}
