/* SPDX-License-Identifier: Apache-2.0 */
/* Whether data explains digests, by type; the digests are libcrypto's own. */
#include "replay/payload.h"

#include <unistd.h>

#include "base/input.h"
#include "check.h"
#include "feed.h"
#include "formats/tcg_names.h"

static struct hasher *hashers[HASH_COUNT];

static const struct bank {
	enum hash_alg alg;
	const struct model_hash *model;
} banks[] = {{HASH_SHA1, &model_sha1}, {HASH_SHA256, &model_sha256}, {HASH_SHA384, &model_sha384}};

enum { N_BANKS = sizeof(banks) / sizeof(banks[0]) };

static struct bytes slice(struct bytes b, size_t at, size_t n)
{
	CHECK(at <= b.n && n <= b.n - at);
	return (struct bytes){b.p + at, n};
}

static struct bytes text_of(const char *s, size_t n)
{
	return (struct bytes){(const uint8_t *)s, n};
}

#define LITERAL(s) text_of(s, sizeof(s) - 1)

/* The digest of `hashed` in one more bank. */
static void add_digest(struct log_event *ev, const struct bank *bank, struct bytes hashed)
{
	struct event_digest *d = &ev->digest[ev->n_digests++];
	*d = (struct event_digest){.tcg_id = tcg_hash_id(bank->alg)};
	d->d.alg = bank->alg;
	d->d.size = (uint8_t)hash_size(bank->alg);
	model_hash2(bank->model, hashed, (struct bytes){NULL, 0}, d->d.v);
}

static struct log_event event_of(uint32_t type, struct bytes data)
{
	return (struct log_event){
		.has_type = true, .type = type, .extends = true, .data = data, .locality = -1};
}

static enum explanation explained(const struct log_event *ev)
{
	enum explanation ret[EVENT_DIGESTS_MAX];
	struct err err = {0};
	CHECK_INT(payload_explain(ev, hashers, ret, &err), 0);
	/* It is the same of all banks, but that one of a hash that is not known says nothing. */
	for (size_t i = 0; i < ev->n_digests; i++)
		CHECK(ret[i] == payload_explanation(ret, ev->n_digests) ||
			(ret[i] == EXPLAINS_UNKNOWN && hashers[ev->digest[i].d.alg] == NULL));
	return payload_explanation(ret, ev->n_digests);
}

/* What an event says, all of whose banks have the hash of `hashed`. */
static enum explanation with_hash_of(uint32_t type, struct bytes data, struct bytes hashed)
{
	struct log_event ev = event_of(type, data);
	for (size_t i = 0; i < N_BANKS; i++)
		add_digest(&ev, &banks[i], hashed);
	return explained(&ev);
}

static const struct bytes elsewhere = {(const uint8_t *)"not in the log", 14};

/* The data must have been hashed from byte `at` on, n bytes of it. */
static void must(uint32_t type, struct bytes data, size_t at, size_t n)
{
	CHECK_INT(with_hash_of(type, data, slice(data, at, n)), EXPLAINS);
	CHECK_INT(with_hash_of(type, data, elsewhere), EXPLAINS_NOT);
}

static void may(uint32_t type, struct bytes data, struct bytes hashed)
{
	CHECK_INT(with_hash_of(type, data, hashed), EXPLAINS);
	CHECK_INT(with_hash_of(type, data, elsewhere), EXPLAINS_UNKNOWN);
}

static void never(uint32_t type, struct bytes data)
{
	CHECK_INT(with_hash_of(type, data, data), EXPLAINS_UNKNOWN);
	CHECK_INT(with_hash_of(type, data, elsewhere), EXPLAINS_UNKNOWN);
}

static void test_whole(void)
{
	static const uint32_t types[] = {TCG_EV_ACTION, TCG_EV_EFI_ACTION, TCG_EV_EFI_GPT_EVENT,
		TCG_EV_EFI_VARIABLE_DRIVER_CONFIG, TCG_EV_EFI_VARIABLE_AUTHORITY};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		must(types[i], LITERAL("\0\0\0\0"), 0, 4);
		must(types[i], LITERAL("Exit Boot Services Invocation"), 0, 29);
		must(types[i], LITERAL(""), 0, 0);
		/* A part of it is not the whole. */
		CHECK_INT(with_hash_of(types[i], LITERAL("abcd"), LITERAL("abc")), EXPLAINS_NOT);
	}
	/* Data that the log leaves out is not data of no bytes. */
	never(TCG_EV_EFI_ACTION, (struct bytes){NULL, 0});
	may(TCG_EV_S_CRTM_VERSION, LITERAL("v\0001\0\0\0"), LITERAL("v\0001\0\0\0"));
	must(TCG_EV_EFI_ACTION, LITERAL("text\0"), 0, 4);
	must(TCG_EV_EFI_ACTION, LITERAL("text\0"), 0, 5);
}

static void test_separator(void)
{
	struct bytes failed = LITERAL("\1\0\0\0");
	must(TCG_EV_SEPARATOR, LITERAL("\0\0\0\0"), 0, 4);
	must(TCG_EV_SEPARATOR, LITERAL("\xff\xff\xff\xff"), 0, 4);
	must(TCG_EV_SEPARATOR, failed, 0, 4);
	/* Windows' own, and others of any size. */
	must(TCG_EV_SEPARATOR, LITERAL("WBCL"), 0, 4);
	must(TCG_EV_SEPARATOR, LITERAL("\0\0\0\1"), 0, 4);
	must(TCG_EV_SEPARATOR, LITERAL("\0\0\0\0\0"), 0, 5);
	must(TCG_EV_SEPARATOR, LITERAL("\0\0\0"), 0, 3);
	must(TCG_EV_SEPARATOR, LITERAL(""), 0, 0);
	/* What was measured of a failure need not be what the log says of it; of success it is. */
	CHECK_INT(with_hash_of(TCG_EV_SEPARATOR, LITERAL("no TPM"), failed), EXPLAINS_UNKNOWN);
	CHECK_INT(with_hash_of(TCG_EV_SEPARATOR, LITERAL("\0\0\0\1"), failed), EXPLAINS_UNKNOWN);
	CHECK_INT(with_hash_of(TCG_EV_SEPARATOR, LITERAL("\0\0\0\0"), failed), EXPLAINS_NOT);
	CHECK_INT(
		with_hash_of(TCG_EV_SEPARATOR, LITERAL("\xff\xff\xff\xff"), failed), EXPLAINS_NOT);
	/* Banks that contradict each other are not of a failure. */
	struct log_event ev = event_of(TCG_EV_SEPARATOR, LITERAL("no TPM"));
	for (size_t i = 0; i < N_BANKS; i++)
		add_digest(&ev, &banks[i], i == 0 ? failed : elsewhere);
	CHECK_INT(explained(&ev), EXPLAINS_NOT);
}

static void test_never(void)
{
	static const uint32_t types[] = {0, TCG_EV_POST_CODE, 2, TCG_EV_NO_ACTION,
		TCG_EV_S_CRTM_CONTENTS, 9, 0xb, 0xc, 0xe, 0xf, 0x10, 0x11, 0x12, 0x13, 0x80000000,
		TCG_EV_EFI_BOOT_SERVICES_APPLICATION, TCG_EV_EFI_BOOT_SERVICES_DRIVER,
		TCG_EV_EFI_RUNTIME_SERVICES_DRIVER, TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB,
		TCG_EV_EFI_HANDOFF_TABLES, TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2,
		TCG_EV_EFI_HANDOFF_TABLES2, 0x80000010, 0x800000e1, 0x800000e2, 0x08000001,
		UINT32_MAX};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		never(types[i], LITERAL("ACPI DATA"));
		never(types[i], LITERAL("grub_cmd: x\0"));
		never(types[i], LITERAL(""));
	}
	never(TCG_EV_PLATFORM_CONFIG_FLAGS, LITERAL("ACPI DATA"));
	never(TCG_EV_IPL, LITERAL("MokList\0"));
	never(TCG_EV_IPL, LITERAL("/boot/vmlinuz\0"));
	never(TCG_EV_IPL, LITERAL("grub_linuxefi Kernel\0l"));
	never(TCG_EV_IPL, LITERAL(""));
	never(TCG_EV_EVENT_TAG, LITERAL("\xec\x22\x3b\x8f\x0d\0\0\0Linux initrd\0"));
	never(TCG_EV_EVENT_TAG, LITERAL("LOADED_IMAGE::LoadOptions\0"));
}

#define BOOT0001                                                                                   \
	"\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"                         \
	"\x08\0\0\0\0\0\0\0\x04\0\0\0\0\0\0\0B\0o\0o\0t\0000\0000\0000\0001\0data"

static void test_boot_variable(void)
{
	enum { HEAD = 32 + 16, SIZE = HEAD + 4 };
	struct bytes v = LITERAL(BOOT0001);
	uint8_t changed[SIZE];
	CHECK_U64(v.n, SIZE);
	must(TCG_EV_EFI_VARIABLE_BOOT, v, HEAD, 4);
	must(TCG_EV_EFI_VARIABLE_BOOT, v, 0, SIZE);
	may(TCG_EV_EFI_VARIABLE_BOOT2, v, slice(v, HEAD, 4));
	may(TCG_EV_EFI_VARIABLE_BOOT2, v, v);
	/* What its sizes say is not so: nothing is sure, but that the whole was hashed. */
	static const struct {
		size_t at;
		uint8_t to;
	} lies[] = {{16, 7}, {16, 9}, {16, 255}, {23, 1}, {23, 0x80}, {24, 3}, {24, 5}, {31, 255}};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		memcpy(changed, v.p, SIZE);
		changed[lies[i].at] = lies[i].to;
		may(TCG_EV_EFI_VARIABLE_BOOT, (struct bytes){changed, SIZE},
			(struct bytes){changed, SIZE});
	}
}

static void test_tag(void)
{
	struct bytes aael = LITERAL("LEAA\x03\0\0\0a b");
	must(TCG_EV_EVENT_TAG, aael, 0, aael.n);
	/* The agent measures its event whatever the size in it says. */
	must(TCG_EV_EVENT_TAG, LITERAL("LEAA\x04\0\0\0a b"), 0, aael.n);
	must(TCG_EV_EVENT_TAG, LITERAL("LEAA\x03\0\0\0"), 0, 8);
	never(TCG_EV_EVENT_TAG, LITERAL("LEAA\x03\0\0"));
	never(TCG_EV_EVENT_TAG, LITERAL("LEAB\x03\0\0\0a b"));
}

static void test_td_shim(void)
{
#define TD(name) name "\x02\0\0\0hi"
	must(TCG_EV_PLATFORM_CONFIG_FLAGS, LITERAL(TD("td_hob\0\0\0\0\0\0\0\0\0\0")), 20, 2);
	must(TCG_EV_PLATFORM_CONFIG_FLAGS, LITERAL(TD("td_payload_info\0")), 20, 2);
	may(TCG_EV_PLATFORM_CONFIG_FLAGS, LITERAL(TD("td_payload_svn\0\0")), LITERAL("hi"));
	never(TCG_EV_PLATFORM_CONFIG_FLAGS, LITERAL(TD("vendor\0\0\0\0\0\0\0\0\0\0")));
	never(TCG_EV_PLATFORM_CONFIG_FLAGS, LITERAL(TD("td_payload_info\0") "!"));
	never(TCG_EV_PLATFORM_CONFIG_FLAGS, LITERAL("td_payload_info\0\xff\xff\xff\xff"));
#undef TD
}

static void test_grub(void)
{
	must(TCG_EV_IPL, LITERAL("grub_cmd: set x=1\0"), 10, 7);
	must(TCG_EV_IPL, LITERAL("kernel_cmdline: /v ro\0"), 16, 5);
	must(TCG_EV_IPL, LITERAL("module_cmdline: /i\0"), 16, 2);
	must(TCG_EV_IPL, LITERAL("grub_cmd: \0"), 10, 0);
	must(TCG_EV_IPL, LITERAL("grub_cmd set x=1\0u"), 9, 8);
	must(TCG_EV_IPL, LITERAL("grub_cmd set x=1\0\0"), 9, 8);
	may(TCG_EV_IPL, LITERAL("grub_kernel_cmdline /v ro\0_"), LITERAL("/v ro"));
	may(TCG_EV_IPL, LITERAL("grub_kernel_cmdline /v ro\0_"), LITERAL("/v ro\0"));
	/* The text's end is elsewhere than GRUB has it. */
	may(TCG_EV_IPL, LITERAL("grub_cmd: set x=1"), LITERAL("set x=1"));
	may(TCG_EV_IPL, LITERAL("grub_cmd: set x=1\0\0"), LITERAL("set x=1\0\0"));
	may(TCG_EV_IPL, LITERAL("grub_cmd set x=1"), LITERAL("set x=1"));
	may(TCG_EV_IPL, LITERAL("grub_cmd set x=1\0"), LITERAL("set x=1\0"));
	may(TCG_EV_IPL, LITERAL("grub_cmd set\0=1\0"), LITERAL("set\0=1\0"));
	/* What stands behind the text that was hashed is not explained by it. */
	CHECK_INT(with_hash_of(TCG_EV_IPL, LITERAL("grub_cmd: x\0y\0"), LITERAL("x")),
		EXPLAINS_UNKNOWN);
	CHECK_INT(with_hash_of(TCG_EV_IPL, LITERAL("grub_cmd set\0=1\0"), LITERAL("set")),
		EXPLAINS_UNKNOWN);
	/* The prefix and the byte behind the NUL are never hashed. */
	CHECK_INT(with_hash_of(TCG_EV_IPL, LITERAL("grub_cmd: x\0"), LITERAL("grub_cmd: x")),
		EXPLAINS_NOT);
	CHECK_INT(
		with_hash_of(TCG_EV_IPL, LITERAL("grub_cmd x\0y"), LITERAL("x\0y")), EXPLAINS_NOT);
}

static void test_systemd(void)
{
	struct bytes section = LITERAL(".\0l\0i\0n\0u\0x\0\0\0");
	may(TCG_EV_IPL, section, LITERAL(".linux\0"));
	may(TCG_EV_IPL, slice(section, 0, section.n - 2), LITERAL(".linux\0"));
	may(TCG_EV_IPL, LITERAL(".\0c\0m\0d\0l\0i\0n\0e\0\0\0"), LITERAL(".cmdline\0"));
	CHECK_INT(with_hash_of(TCG_EV_IPL, section, LITERAL(".linux")), EXPLAINS_UNKNOWN);

	struct bytes line = LITERAL("r\0o\0 \0q\0\0\0");
	may(TCG_EV_IPL, line, line);
	may(TCG_EV_IPL, line, slice(line, 0, line.n - 2));
	struct bytes dots = LITERAL(".\0l\0o\0n\0g\0n\0a\0m\0e\0s\0");
	may(TCG_EV_IPL, dots, dots);
	struct bytes nine = LITERAL(".\0n\0i\0n\0e\0c\0h\0a\0r\0");
	may(TCG_EV_IPL, nine, nine);
	CHECK_INT(with_hash_of(TCG_EV_IPL, nine, LITERAL(".ninechar\0")), EXPLAINS_UNKNOWN);
	never(TCG_EV_IPL, LITERAL("r\0\xe9\0"));
	never(TCG_EV_IPL, LITERAL("r\0o\0 "));
	never(TCG_EV_IPL, LITERAL("r\0o\1"));
	never(TCG_EV_IPL, LITERAL("r\0\0\0o\0"));
	never(TCG_EV_IPL, LITERAL("\0\0"));
}

static void test_said_by_the_format(void)
{
	struct log_event ev = event_of(TCG_EV_POST_CODE, LITERAL("shown"));
	add_digest(&ev, &banks[1], LITERAL("hashed"));
	CHECK_INT(explained(&ev), EXPLAINS_UNKNOWN);
	ev.hashed = LITERAL("hashed");
	CHECK_INT(explained(&ev), EXPLAINS);
	ev.hashed = LITERAL("hashed!");
	CHECK_INT(explained(&ev), EXPLAINS_NOT);
	/* It is sure, whatever the type says, and where there is none. */
	ev = event_of(TCG_EV_EFI_ACTION, LITERAL("shown"));
	ev.hashed = LITERAL("");
	add_digest(&ev, &banks[1], LITERAL("shown"));
	CHECK_INT(explained(&ev), EXPLAINS_NOT);
	ev.has_type = false;
	CHECK_INT(explained(&ev), EXPLAINS_NOT);
	ev.hashed.p = NULL;
	CHECK_INT(explained(&ev), EXPLAINS_UNKNOWN);
}

static void test_not_extended(void)
{
	struct log_event ev = event_of(TCG_EV_EFI_ACTION, LITERAL("data"));
	CHECK_INT(explained(&ev), EXPLAINS_UNKNOWN);
	add_digest(&ev, &banks[1], LITERAL("data"));
	ev.extends = false;
	CHECK_INT(explained(&ev), EXPLAINS_UNKNOWN);
}

static void test_banks(void)
{
	struct bytes boot = LITERAL(BOOT0001);
	struct bytes value = slice(boot, boot.n - 4, 4);
	/* One that differs is enough, wherever it stands. */
	for (size_t odd = 0; odd < N_BANKS; odd++) {
		struct log_event whole = event_of(TCG_EV_EFI_ACTION, boot);
		struct log_event part = event_of(TCG_EV_EFI_VARIABLE_BOOT, boot);
		struct log_event line = event_of(TCG_EV_IPL, LITERAL("r\0o\0\0\0"));
		for (size_t i = 0; i < N_BANKS; i++) {
			add_digest(&whole, &banks[i], i == odd ? value : boot);
			add_digest(&part, &banks[i], i == odd ? value : boot);
			add_digest(&line, &banks[i],
				i == odd ? LITERAL("r\0o\0\0\0") : LITERAL("r\0o\0"));
		}
		CHECK_INT(explained(&whole), EXPLAINS_NOT);
		/* Each bank has one of the hashes, but not of the same. */
		CHECK_INT(explained(&part), EXPLAINS_NOT);
		/* Either text may have been hashed, but for all banks the same. */
		CHECK_INT(explained(&line), EXPLAINS_NOT);
	}
	/* Data that need not explain a digest explains one bank, so it must explain the other. */
	struct log_event version = event_of(TCG_EV_S_CRTM_VERSION, LITERAL("shown"));
	add_digest(&version, &banks[2], LITERAL("real"));
	CHECK_INT(explained(&version), EXPLAINS_UNKNOWN);
	add_digest(&version, &banks[1], LITERAL("shown"));
	CHECK_INT(explained(&version), EXPLAINS_NOT);
	/* A bank whose hash is not known here does not count; no bank says nothing. */
	struct log_event ev = event_of(TCG_EV_EFI_ACTION, boot);
	ev.digest[0] = (struct event_digest){.tcg_id = 0x7777, .d = {.alg = HASH_UNKNOWN}};
	ev.n_digests = 1;
	CHECK_INT(explained(&ev), EXPLAINS_UNKNOWN);
	add_digest(&ev, &banks[1], boot);
	CHECK_INT(explained(&ev), EXPLAINS);
	ev.digest[1].d.v[31] ^= 1;
	CHECK_INT(explained(&ev), EXPLAINS_NOT);
	struct hasher *sha256 = hashers[HASH_SHA256];
	hashers[HASH_SHA256] = NULL;
	CHECK_INT(explained(&ev), EXPLAINS_UNKNOWN);
	hashers[HASH_SHA256] = sha256;
}

/* Cut anywhere, nothing is read beyond, and only what must match can be said not to. */
static void test_cuts(void)
{
	static const struct {
		uint32_t type;
		const char *data;
		size_t n;
	} all[] = {
		{TCG_EV_EFI_VARIABLE_BOOT, BOOT0001, sizeof(BOOT0001) - 1},
		{TCG_EV_EFI_VARIABLE_BOOT2, BOOT0001, sizeof(BOOT0001) - 1},
		{TCG_EV_EVENT_TAG, "LEAA\x03\0\0\0a b", 8},
		{TCG_EV_PLATFORM_CONFIG_FLAGS, "td_payload_info\0\x02\0\0\0hi", 22},
		{TCG_EV_IPL, "grub_cmd: x", 12},
		{TCG_EV_IPL, "grub_cmd x\0y", 12},
		{TCG_EV_IPL, ".\0l\0i\0n\0u\0x\0\0", 14},
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (size_t n = 0; n < all[i].n; n++) {
			uint8_t *exact = malloc(n + (n == 0));
			CHECK(exact != NULL);
			memcpy(exact, all[i].data, n);
			enum explanation e =
				with_hash_of(all[i].type, (struct bytes){exact, n}, elsewhere);
			CHECK(e == EXPLAINS_UNKNOWN);
			free(exact);
		}
	}
}

struct counts {
	size_t n[3];	  /* of each answer */
	uint32_t type[3]; /* the last of each */
};

/* Of all logs: what each type has the hash of shows where it is always the data, and where never. */
static struct class
{
	uint32_t type;
	size_t yes, unknown; /* how often it is to be so */
	size_t n[3];
} classes[] = {
	{TCG_EV_POST_CODE, 0, 1},
	{TCG_EV_NO_ACTION, 0, 7},
	{TCG_EV_SEPARATOR, 16, 0},
	{TCG_EV_EVENT_TAG, 4, 7},
	{TCG_EV_PLATFORM_CONFIG_FLAGS, 2, 21},
	{TCG_EV_IPL, 83, 21},
	{TCG_EV_EFI_VARIABLE_DRIVER_CONFIG, 35, 0},
	{TCG_EV_EFI_VARIABLE_BOOT, 22, 0},
	{TCG_EV_EFI_BOOT_SERVICES_APPLICATION, 0, 14},
	{TCG_EV_EFI_GPT_EVENT, 4, 0},
	{TCG_EV_EFI_ACTION, 21, 0},
	{TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2, 0, 8},
	{TCG_EV_EFI_HANDOFF_TABLES2, 0, 7},
	{TCG_EV_EFI_VARIABLE_AUTHORITY, 10, 0},
	{0x08000001, 0, 8},
};

static void count_class(const struct log_event *ev, enum explanation e)
{
	if (!ev->has_type)
		return;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (classes[i].type == ev->type) {
			classes[i].n[e]++;
			return;
		}
	}
	check_failed(__FILE__, __LINE__, "type 0x%x is in no class", ev->type);
}

static void check_classes(void)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const struct class *c = &classes[i];
		if (c->n[EXPLAINS] != c->yes || c->n[EXPLAINS_UNKNOWN] != c->unknown)
			check_failed(__FILE__, __LINE__, "type 0x%x: %zu explain, %zu?", c->type,
				c->n[EXPLAINS], c->n[EXPLAINS_UNKNOWN]);
	}
}

static void count(const struct log_event *ev, void *arg)
{
	struct counts *c = arg;
	enum explanation e = explained(ev);
	count_class(ev, e);
	c->n[e]++;
	c->type[e] = ev->type;
}

/* What Python, which hashes all by itself, counted in genuine logs. */
static void test_vectors(const char *dir)
{
	static const struct {
		const char *name;
		size_t yes, unknown;
	} logs[] = {
		{"go-eventlog/cos-113-intel-tdx.bin", 31, 13},
		{"go-eventlog/CCEL_unpadded.data.bin", 12, 8},
		{"trustee/CCEL_data", 4, 2},
		{"trustee/CCEL_data_ovmf", 12, 9},
		{"trustee/CCEL_data_grub", 19, 19},
		{"trustee/CCEL_AAEL_alibabacloud", 74, 14},
		{"synthetic/dstack-quote-report.ccel.bin", 12, 17},
		{"synthetic/aael-eventlog.bin", 2, 0},
		{"synthetic/cos113.cel.tlv.bin", 31, 12},
		{"go-tpm-tools/cel.tlv.bin", 18, 0},
	};
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		char path[4096];
		struct counts c = {{0}, {0}};
		struct feed f;
		struct err err;
		uint8_t *p;
		size_t n;
		snprintf(path, sizeof(path), "%s/vectors/%s", dir, logs[i].name);
		CHECK_INT(input_read(path, VALUES_FILE_MAX, &p, &n, &err), 0);
		feed_log((struct bytes){p, n}, NULL, count, &c, &f);
		CHECK_INT(f.rc, 0);
		free(p);
		if (c.n[EXPLAINS_NOT] != 0 || c.n[EXPLAINS] != logs[i].yes ||
			c.n[EXPLAINS_UNKNOWN] != logs[i].unknown)
			check_failed(__FILE__, __LINE__, "%s: %zu explain, %zu do not (0x%x), %zu?",
				logs[i].name, c.n[EXPLAINS], c.n[EXPLAINS_NOT],
				c.type[EXPLAINS_NOT], c.n[EXPLAINS_UNKNOWN]);
	}
	check_classes();
}

int main(void)
{
	struct err err = {0};
	const char *given = getenv("TSMCTL_SHARED");
	const char *dir = given != NULL ? given : TSMCTL_SHARED_DIR;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		CHECK_INT(hasher_open(&hashers[alg], alg, &err), 0);
	test_whole();
	test_separator();
	test_never();
	test_boot_variable();
	test_tag();
	test_td_shim();
	test_grub();
	test_systemd();
	test_said_by_the_format();
	test_not_extended();
	test_banks();
	test_cuts();
	char path[4096];
	snprintf(path, sizeof(path), "%s/vectors/expected.json", dir);
	if (access(path, R_OK) == 0)
		test_vectors(dir);
	else
		printf("%s is not there: logs of real machines are not tested\n", path);
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		hasher_close(hashers[alg]);
	return 0;
}
