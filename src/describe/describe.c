/* SPDX-License-Identifier: Apache-2.0 */
#include "describe/describe.h"

#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "describe/device_path.h"
#include "describe/efi_variable.h"
#include "describe/text_guess.h"
#include "describe/guid.h"
#include "formats/tcg_names.h"

/* Each puts what can be read of the data and returns false if that is not all there has to be. */
typedef bool describer(struct text *t, struct bytes data);

static bool put_text_or_nothing(struct text *t, struct bytes data)
{
	text_put_guess(t, data);
	return true;
}

/* Older GRUBs put any byte after the NUL of a text, which nobody hashes. */
static bool put_ipl(struct text *t, struct bytes data)
{
	struct bytes before = before_nul(data);
	bool grub = bytes_start_with(data, "grub_") && !bytes_start_with(data, "grub_cmd: ");
	return put_text_or_nothing(t, grub && data.n - before.n == 2 ? before : data);
}

static bool put_separator(struct text *t, struct bytes data)
{
	if (data.n != 4) {
		text_put_guess(t, data);
		return false;
	}
	/* What Windows' boot manager ends its part of a PCR with. */
	if (bytes_start_with(data, "WBCL")) {
		text_put(t, "Windows, WBCL");
		return true;
	}
	bool normal = bytes_all_zero(data) || bytes_start_with(data, "\xff\xff\xff\xff");
	bool error = bytes_equal(data, (struct bytes){(const uint8_t[]){1, 0, 0, 0}, 4});
	text_put(t, "%s", normal ? "normal, " : error ? "error, " : "");
	text_put_hex(t, data);
	return normal || error;
}

static bool put_variable(struct text *t, struct bytes data)
{
	return text_put_efi_variable(t, data, false);
}

static bool put_authority(struct text *t, struct bytes data)
{
	return text_put_efi_variable(t, data, true);
}

/* UEFI_IMAGE_LOAD_EVENT. */
static bool put_image(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	uint64_t at = cur_le64(&c);
	uint64_t size = cur_le64(&c);
	cur_le64(&c);
	uint64_t path_size = cur_le64(&c);
	if (!cur_ok(&c))
		return false;
	text_put(t, "%" PRIu64 " bytes at 0x%" PRIx64, size, at);
	struct bytes path = cur_take(&c, path_size);
	if (path.n > 0)
		text_put(t, ", ");
	return cur_ok(&c) && (path.n == 0 || text_put_device_path(t, path));
}

/* EFI_PARTITION_ENTRY: UEFI 2.10, section 5.3.3. */
static void put_partition(struct text *t, struct bytes entry)
{
	enum { NAME_SIZE = 72 };
	struct cursor c = {.left = entry};
	struct bytes type = cur_take(&c, GUID_SIZE);
	cur_take(&c, GUID_SIZE);
	uint64_t first = cur_le64(&c);
	uint64_t last = cur_le64(&c);
	cur_le64(&c);
	text_put(t, ", \"");
	text_put_utf16(t, without_padding16(cur_take(&c, NAME_SIZE)));
	text_put(t, "\" ");
	text_put_guid(t, type);
	text_put(t, " %" PRIu64 "-%" PRIu64, first, last);
}

/*
 * UEFI_GPT_DATA: a header (UEFI 2.10, section 5.3.2), and the entries that are used, each as long as
 * the header says.
 */
static bool put_gpt(struct text *t, struct bytes data)
{
	enum { DISK_GUID_AT = 56, BEFORE_SIZE = 12, BEHIND_SIZE = 4, ENTRY_SIZE_MIN = 128 };
	struct cursor c = {.left = data};
	cur_take(&c, DISK_GUID_AT);
	struct bytes disk = cur_take(&c, GUID_SIZE);
	cur_take(&c, BEFORE_SIZE);
	uint32_t size = cur_le32(&c);
	cur_take(&c, BEHIND_SIZE);
	uint64_t n = cur_le64(&c);
	if (!cur_ok(&c) || !bytes_start_with(data, "EFI PART") || size < ENTRY_SIZE_MIN)
		return false;
	text_put(t, "disk ");
	text_put_guid(t, disk);
	for (; n > 0 && !t->cut; n--) {
		struct bytes entry = cur_take(&c, size);
		if (!cur_ok(&c))
			return false;
		put_partition(t, entry);
	}
	return t->cut || c.left.n == 0;
}

static bool put_blob(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	uint64_t at = cur_le64(&c);
	uint64_t size = cur_le64(&c);
	if (!cur_ok(&c))
		return false;
	text_put(t, "%" PRIu64 " bytes at 0x%" PRIx64, size, at);
	return c.left.n == 0;
}

/* A byte that says how long it is, and ASCII, often with a NUL; ": " and so on follow. */
static bool put_counted(struct text *t, struct cursor *c, const char *behind)
{
	struct bytes name = without_padding(cur_take(c, take_u8(c)));
	if (cur_ok(c) && name.n > 0) {
		text_put_utf8(t, name);
		text_put(t, "%s", behind);
	}
	return cur_ok(c);
}

static bool put_blob2(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	return put_counted(t, &c, ": ") && put_blob(t, c.left);
}

/* Text, or memory that was measured, with a name or without; or what only the vendor knows. */
static bool put_post_code(struct text *t, struct bytes data)
{
	struct text before = *t;
	if (text_put_guess(t, data))
		return true;
	if (!(data.n == 16 ? put_blob(t, data) : put_blob2(t, data)))
		*t = before;
	return true;
}

static bool put_tables(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	uint64_t n = cur_le64(&c);
	if (!cur_ok(&c))
		return false;
	for (const char *between = ""; n > 0 && !t->cut; n--, between = ", ") {
		struct bytes guid = cur_take(&c, GUID_SIZE);
		uint64_t at = cur_le64(&c);
		if (!cur_ok(&c))
			return false;
		text_put(t, "%s", between);
		text_put_guid(t, guid);
		text_put(t, " at 0x%" PRIx64, at);
	}
	return t->cut || c.left.n == 0;
}

static bool put_tables2(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	return put_counted(t, &c, ": ") && put_tables(t, c.left);
}

static bool put_crtm_version(struct text *t, struct bytes data)
{
	if (!text_put_guess(t, data))
		text_put_guid(t, data);
	return true;
}

/* td-shim: {descriptor[16], u32 size, data}; others: text. */
static bool put_platform_config(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	struct bytes name = without_padding(cur_take(&c, 16));
	uint32_t size = cur_le32(&c);
	if (!cur_ok(&c) || size != c.left.n || !bytes_start_with(name, "td_"))
		return put_text_or_nothing(t, data);
	text_put_utf8(t, name);
	text_put(t, ": ");
	if (!text_put_guess(t, c.left))
		text_put(t, "%zu bytes", c.left.n);
	return true;
}

/* systemd, src/fundamental/tpm2-pcr.h; Linux, drivers/firmware/efi/libstub/efistub.h */
static const char *tag_name(uint32_t id)
{
	static const struct {
		uint32_t id;
		const char *name;
	} names[] = {
		{TCG_TAG_AAEL, "AAEL"},
		{0xf5bc582a, "systemd loader.conf"},
		{0x6c46f751, "systemd DeviceTree"},
		{0x49dffe0f, "systemd initrd addon"},
		{0xdac08e1a, "systemd ucode addon"},
		{0xd5cb7cbc, "systemd SMBIOS type 1"},
		{0xe0d47bc8, "systemd SMBIOS type 2"},
		{0xc0b3bd23, "systemd SMBIOS type 11"},
		{0x8f3b22ec, "Linux initrd"},
		{0x8f3b22ed, "Linux load options"},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].id == id)
			return names[i].name;
	return NULL;
}

/* {u32 id, u32 size, data}; an early Linux stub wrote the text alone. */
static bool put_tag(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	uint32_t id = cur_le32(&c);
	uint32_t size = cur_le32(&c);
	const char *name = tag_name(id);
	if (name == NULL && (!cur_ok(&c) || size != c.left.n) && text_put_guess(t, data))
		return true;
	if (!cur_ok(&c))
		return false;
	if (name != NULL)
		text_put(t, "%s: ", name);
	else
		text_put(t, "tag 0x%08x: ", id);
	/* All of it, whatever its size says: it may have been hashed. */
	if (!text_put_guess(t, c.left))
		text_put(t, "%zu bytes", c.left.n);
	return size == c.left.n;
}

/* TCG_EfiSpecIdEvent, after its signature. */
static bool put_spec_id(struct text *t, struct cursor *c)
{
	cur_le32(c);
	unsigned minor = take_u8(c);
	unsigned major = take_u8(c);
	unsigned errata = take_u8(c);
	unsigned uintn = take_u8(c);
	uint32_t n = cur_le32(c);
	if (!cur_ok(c))
		return false;
	text_put(t, ", version %u.%u, errata %u, %u bits", major, minor, errata, 32 * uintn);
	for (; n > 0 && !t->cut; n--) {
		uint16_t id = cur_le16(c);
		cur_le16(c);
		if (!cur_ok(c))
			return false;
		if (tcg_hash_alg(id) != HASH_UNKNOWN)
			text_put(t, ", %s", hash_name(tcg_hash_alg(id)));
		else
			text_put(t, ", algorithm 0x%04x", id);
	}
	if (t->cut)
		return true;
	struct bytes vendor = cur_take(c, take_u8(c));
	if (vendor.n > 0)
		text_put(t, ", ");
	text_put_guess(t, vendor);
	return cur_ok(c);
}

/* TCG PC Client Platform Firmware Profile 1.06, section 10.4.5.3: where the reference manifest is. */
static bool put_sp800_155(struct text *t, struct cursor *c)
{
	cur_le32(c);
	struct bytes rim = cur_take(c, GUID_SIZE);
	text_put(t, ": ");
	/* Who made the machine, its model and version. */
	for (int i = 0; i < 3; i++)
		if (!put_counted(t, c, i < 2 ? " " : ", "))
			return false;
	text_put(t, "firmware ");
	if (!put_counted(t, c, " "))
		return false;
	cur_le32(c);
	if (!put_counted(t, c, ", "))
		return false;
	text_put(t, "manifest ");
	text_put_guid(t, rim);
	cur_le32(c);
	struct bytes locator = cur_take(c, cur_le32(c));
	if (cur_ok(c) && locator.n > 0) {
		text_put(t, " ");
		text_put_guess(t, locator);
	}
	return cur_ok(c);
}

/* The first 16 bytes of an EV_NO_ACTION say what it is. */
static bool put_no_action(struct text *t, struct bytes data)
{
	struct cursor c = {.left = data};
	struct bytes signature = without_padding(cur_take(&c, 16));
	if (!cur_ok(&c))
		return put_text_or_nothing(t, data);
	if (!text_put_guess(t, signature))
		return true;
	if (bytes_equal(signature, bytes_of("Spec ID Event03")))
		return put_spec_id(t, &c);
	if (bytes_equal(signature, bytes_of("SP800-155 Event3")))
		return put_sp800_155(t, &c);
	if (bytes_equal(signature, bytes_of("StartupLocality"))) {
		unsigned locality = take_u8(&c);
		if (cur_ok(&c))
			text_put(t, " %u", locality);
		return cur_ok(&c) && c.left.n == 0;
	}
	return true;
}

static describer *describer_of(uint32_t type)
{
	static const struct {
		uint32_t type;
		describer *put;
	} describers[] = {
		{TCG_EV_POST_CODE, put_post_code},
		{TCG_EV_NO_ACTION, put_no_action},
		{TCG_EV_SEPARATOR, put_separator},
		{TCG_EV_EVENT_TAG, put_tag},
		{TCG_EV_IPL, put_ipl},
		{TCG_EV_S_CRTM_CONTENTS, put_post_code},
		{TCG_EV_S_CRTM_VERSION, put_crtm_version},
		{TCG_EV_PLATFORM_CONFIG_FLAGS, put_platform_config},
		{TCG_EV_EFI_VARIABLE_DRIVER_CONFIG, put_variable},
		{TCG_EV_EFI_VARIABLE_BOOT, put_variable},
		{TCG_EV_EFI_BOOT_SERVICES_APPLICATION, put_image},
		{TCG_EV_EFI_BOOT_SERVICES_DRIVER, put_image},
		{TCG_EV_EFI_RUNTIME_SERVICES_DRIVER, put_image},
		{TCG_EV_EFI_GPT_EVENT, put_gpt},
		{TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB, put_blob},
		{TCG_EV_EFI_HANDOFF_TABLES, put_tables},
		{TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2, put_blob2},
		{TCG_EV_EFI_HANDOFF_TABLES2, put_tables2},
		{TCG_EV_EFI_VARIABLE_BOOT2, put_variable},
		{TCG_EV_EFI_VARIABLE_AUTHORITY, put_authority},
	};
	for (size_t i = 0; i < sizeof(describers) / sizeof(describers[0]); i++)
		if (describers[i].type == type)
			return describers[i].put;
	return put_text_or_nothing;
}

/* Marks the end of what was cut; a character before it is there whole. */
static void put_more(struct text *t)
{
	static const char more[] = "...";
	size_t end = t->room - sizeof(more);
	if (end > t->n)
		end = t->n;
	while (end < t->n && end > 0 && (t->buf[end] & 0xc0) == 0x80)
		end--;
	memcpy(t->buf + end, more, sizeof(more));
	t->n = end + sizeof(more) - 1;
}

size_t event_describe(const struct log_event *ev, char *ret, size_t room)
{
	struct text t = {.buf = ret, .room = room};
	describer *put = ev->has_type ? describer_of(ev->type) : put_text_or_nothing;
	if (ev->text.p != NULL)
		text_put_utf8(&t, ev->text);
	else if (!put(&t, ev->data))
		text_put(&t, "%smalformed", t.n > 0 ? ", " : "");
	ret[t.n] = '\0';
	if (t.cut)
		put_more(&t);
	return t.n;
}
