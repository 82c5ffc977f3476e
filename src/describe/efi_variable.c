/* SPDX-License-Identifier: Apache-2.0 */
#include "describe/efi_variable.h"

#include "base/cursor.h"
#include "describe/device_path.h"
#include "describe/text_guess.h"
#include "describe/guid.h"

/* UEFI 2.10, section 3.1.3: attributes of EFI_LOAD_OPTION. */
enum { LOAD_OPTION_ACTIVE = 1, LOAD_OPTION_HIDDEN = 8 };

static bool put_anything(struct text *t, struct bytes value)
{
	if (value.n == 0)
		text_put(t, "not set");
	else if (text_put_guess(t, value))
		return true;
	else if (value.n <= 8)
		text_put_hex(t, value);
	else
		text_put(t, "%zu bytes", value.n);
	return true;
}

static bool put_switch(struct text *t, struct bytes value)
{
	if (value.n != 1 || value.p[0] > 1)
		return put_anything(t, value);
	text_put(t, value.p[0] != 0 ? "on" : "off");
	return true;
}

static bool put_numbers(struct text *t, struct bytes value)
{
	struct cursor c = {.left = value};
	for (const char *between = ""; c.left.n >= 2 && !t->cut; between = ", ")
		text_put(t, "%s%04X", between, cur_le16(&c));
	return c.left.n == 0 || t->cut;
}

/* UEFI 2.10, section 3.1.3. */
static bool put_load_option(struct text *t, struct bytes value)
{
	struct cursor c = {.left = value};
	uint32_t attributes = cur_le32(&c);
	uint16_t path_size = cur_le16(&c);
	struct bytes name = before_nul16(c.left);
	cur_take(&c, name.n);
	cur_take(&c, 2);
	if (!cur_ok(&c))
		return false;
	text_put(t, "\"");
	text_put_utf16(t, name);
	text_put(t, "\", %s%s", attributes & LOAD_OPTION_ACTIVE ? "active" : "inactive",
		attributes & LOAD_OPTION_HIDDEN ? ", hidden" : "");
	struct bytes path = cur_take(&c, path_size);
	if (!cur_ok(&c))
		return false;
	text_put(t, ", ");
	if (!text_put_device_path(t, path))
		return false;
	if (c.left.n > 0)
		text_put(t, ", %zu bytes of options", c.left.n);
	return true;
}

/* How many signatures of a type one list after the other has. */
static void put_signatures(struct text *t, struct bytes type, uint64_t n)
{
	text_put(t, "%llu ", (unsigned long long)n);
	text_put_guid_name(t, type);
}

/* EFI_SIGNATURE_LIST, one after the other: UEFI 2.10, section 32.4.1. */
static bool put_signature_lists(struct text *t, struct bytes value)
{
	struct cursor c = {.left = value};
	struct bytes last = {NULL, 0};
	uint64_t n = 0;
	if (value.n == 0)
		return put_anything(t, value);
	while (c.left.n > 0) {
		struct bytes type = cur_take(&c, GUID_SIZE);
		uint32_t list_size = cur_le32(&c);
		uint32_t header_size = cur_le32(&c);
		uint32_t size = cur_le32(&c);
		struct cursor list = {
			.left = cur_take(&c, list_size >= 28 ? list_size - 28 : UINT64_MAX)};
		cur_take(&list, header_size);
		if (!cur_ok(&c) || !cur_ok(&list) || size <= GUID_SIZE || list.left.n % size != 0)
			break;
		if (n > 0 && !bytes_equal(last, type)) {
			put_signatures(t, last, n);
			text_put(t, ", ");
			n = 0;
		}
		last = type;
		n += list.left.n / size;
		if (c.left.n == 0) {
			put_signatures(t, last, n);
			return true;
		}
	}
	if (n > 0)
		put_signatures(t, last, n);
	return false;
}

/* A certificate in DER, which says how long it is (X.690, section 8.1.3). */
static bool is_certificate(struct bytes b)
{
	return b.n >= 4 && b.p[0] == 0x30 && b.p[1] == 0x82 &&
	       (size_t)(b.p[2] << 8 | b.p[3]) == b.n - 4;
}

/*
 * EFI_SIGNATURE_DATA: who put it into the database, and what it is. shim's own certificate has no
 * owner before it.
 */
static bool put_signature(struct text *t, struct bytes value)
{
	struct cursor c = {.left = value};
	if (is_certificate(value)) {
		text_put(t, "certificate of %zu bytes", value.n);
		return true;
	}
	struct bytes owner = cur_take(&c, GUID_SIZE);
	if (!cur_ok(&c))
		return put_anything(t, value);
	if (is_certificate(c.left))
		text_put(t, "certificate of %zu bytes, ", c.left.n);
	else if (c.left.n > 0)
		text_put(t, "signature of %zu bytes, ", c.left.n);
	text_put(t, "owner ");
	text_put_guid(t, owner);
	return true;
}

typedef bool put_value(struct text *t, struct bytes value);

/* By name, "#" for a hexadecimal digit, in any vendor's space: UEFI 2.10, table "Global Variables". */
static const struct {
	const char *name;
	put_value *put, *put_authority;
} variables[] = {
	{"SecureBoot", put_switch, put_switch},
	{"SetupMode", put_switch, put_switch},
	{"AuditMode", put_switch, put_switch},
	{"DeployedMode", put_switch, put_switch},
	{"PK", put_signature_lists, put_signature},
	{"KEK", put_signature_lists, put_signature},
	{"db", put_signature_lists, put_signature},
	{"dbx", put_signature_lists, put_signature},
	{"dbt", put_signature_lists, put_signature},
	{"dbr", put_signature_lists, put_signature},
	{"MokList", put_signature_lists, put_signature},
	{"MokListX", put_signature_lists, put_signature},
	{"MokListRT", put_signature_lists, put_signature},
	{"MokListXRT", put_signature_lists, put_signature},
	{"vendor_db", put_signature_lists, put_signature},
	{"vendor_cert", put_signature, put_signature},
	{"Shim", put_signature, put_signature},
	{"BootOrder", put_numbers, put_numbers},
	{"DriverOrder", put_numbers, put_numbers},
	{"SysPrepOrder", put_numbers, put_numbers},
	{"BootNext", put_numbers, put_numbers},
	{"BootCurrent", put_numbers, put_numbers},
	{"Boot####", put_load_option, put_load_option},
	{"Driver####", put_load_option, put_load_option},
	{"SysPrep####", put_load_option, put_load_option},
	{"OsRecovery####", put_load_option, put_load_option},
	{"PlatformRecovery####", put_load_option, put_load_option},
	{"ConIn", text_put_device_path, text_put_device_path},
	{"ConOut", text_put_device_path, text_put_device_path},
	{"ErrOut", text_put_device_path, text_put_device_path},
};

static bool is_hex_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static bool is_called(struct bytes name16, const char *pattern)
{
	size_t i = 0;
	for (; pattern[i] != '\0' && 2 * i + 1 < name16.n; i++) {
		uint8_t c = name16.p[2 * i];
		if (name16.p[2 * i + 1] != 0 ||
			(pattern[i] == '#' ? !is_hex_digit(c) : c != (uint8_t)pattern[i]))
			return false;
	}
	return pattern[i] == '\0' && 2 * i == name16.n;
}

static bool put_by_name(struct text *t, struct bytes name, struct bytes value, bool authority)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (is_called(name, variables[i].name))
			return authority ? variables[i].put_authority(t, value)
					 : variables[i].put(t, value);
	return put_anything(t, value);
}

bool text_put_efi_variable(struct text *t, struct bytes data, bool authority)
{
	struct cursor c = {.left = data};
	struct bytes guid = cur_take(&c, GUID_SIZE);
	uint64_t chars = cur_le64(&c);
	uint64_t size = cur_le64(&c);
	if (!cur_ok(&c) || chars > c.left.n / 2)
		return false;
	struct bytes name = cur_take(&c, 2 * chars);
	text_put_utf16(t, name);
	text_put(t, "-");
	text_put_guid(t, guid);
	text_put(t, ": ");
	if (size > c.left.n)
		return false;
	struct bytes value = cur_take(&c, size);
	return put_by_name(t, name, value, authority) && c.left.n == 0;
}
