/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the TCG, and back. */
#include "check.h"
#include "formats/tcg_names.h"

/* Written down here once more, from the table of the specification. */
static const struct {
	uint32_t type;
	const char *name;
} types[] = {
	{0x00, "EV_PREBOOT_CERT"},
	{0x01, "EV_POST_CODE"},
	{0x02, "EV_UNUSED"},
	{0x03, "EV_NO_ACTION"},
	{0x04, "EV_SEPARATOR"},
	{0x05, "EV_ACTION"},
	{0x06, "EV_EVENT_TAG"},
	{0x07, "EV_S_CRTM_CONTENTS"},
	{0x08, "EV_S_CRTM_VERSION"},
	{0x09, "EV_CPU_MICROCODE"},
	{0x0a, "EV_PLATFORM_CONFIG_FLAGS"},
	{0x0b, "EV_TABLE_OF_DEVICES"},
	{0x0c, "EV_COMPACT_HASH"},
	{0x0d, "EV_IPL"},
	{0x0e, "EV_IPL_PARTITION_DATA"},
	{0x0f, "EV_NONHOST_CODE"},
	{0x10, "EV_NONHOST_CONFIG"},
	{0x11, "EV_NONHOST_INFO"},
	{0x12, "EV_OMIT_BOOT_DEVICE_EVENTS"},
	{0x80000000, "EV_EFI_EVENT_BASE"},
	{0x80000001, "EV_EFI_VARIABLE_DRIVER_CONFIG"},
	{0x80000002, "EV_EFI_VARIABLE_BOOT"},
	{0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION"},
	{0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER"},
	{0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER"},
	{0x80000006, "EV_EFI_GPT_EVENT"},
	{0x80000007, "EV_EFI_ACTION"},
	{0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB"},
	{0x80000009, "EV_EFI_HANDOFF_TABLES"},
	{0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2"},
	{0x8000000b, "EV_EFI_HANDOFF_TABLES2"},
	{0x8000000c, "EV_EFI_VARIABLE_BOOT2"},
	{0x80000010, "EV_EFI_HCRTM_EVENT"},
	{0x800000e0, "EV_EFI_VARIABLE_AUTHORITY"},
	{0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB"},
	{0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG"},
};

static void test_types(void)
{
	uint32_t type;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CHECK_STR(tcg_event_name(types[i].type), types[i].name);
		CHECK(tcg_event_by_name(bytes_of(types[i].name), &type));
		CHECK_U64(type, types[i].type);
	}
	CHECK(tcg_event_by_name(bytes_of("ev_efi_Gpt_event"), &type) && type == 0x80000006);
	CHECK(!tcg_event_by_name(bytes_of("EV_"), &type));
	CHECK(!tcg_event_by_name(bytes_of("EV_IPLX"), &type));
	CHECK(!tcg_event_by_name(bytes_of(""), &type));
	static const uint32_t none[] = {0x13, 0x7fffffff, 0x8000000d, 0x80000011, 0x800000df,
		0x800000e3, 0x08000001, 0xffffffff};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(tcg_event_name(none[i]) == NULL);
}

static void test_hashes(void)
{
	static const uint16_t ids[] = {
		0x0004, 0x000b, 0x000c, 0x000d, 0x0012, 0x0027, 0x0028, 0x0029};
	static const char *const names[] = {
		"sha1", "sha256", "sha384", "sha512", "sm3", "sha3-256", "sha3-384", "sha3-512"};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK_STR(hash_name(tcg_hash_alg(ids[i])), names[i]);
		CHECK_U64(tcg_hash_id(tcg_hash_alg(ids[i])), ids[i]);
	}
	CHECK_INT(tcg_hash_alg(0), HASH_UNKNOWN);
	CHECK_INT(tcg_hash_alg(0x10), HASH_UNKNOWN);
	CHECK_INT(tcg_hash_alg(0xffff), HASH_UNKNOWN);
	CHECK_U64(tcg_hash_id(HASH_UNKNOWN), 0);
	CHECK_U64(tcg_hash_id(HASH_NONE), 0);
}

int main(void)
{
	test_types();
	test_hashes();
	return 0;
}
