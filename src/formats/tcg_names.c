/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tcg_names.h"

#include <stddef.h>
#include <strings.h>
#include <string.h>

#include "base/cursor.h"

/* Types from 0 on, and those of EFI from this one on: by their number, for a log has a million. */
#define EFI_BASE UINT32_C(0x80000000)

/* With its length, which alone excludes most other names in a lookup. */
struct event_name {
	const char *name;
	size_t n;
};

#define NAME(name)                                                                                 \
	{                                                                                          \
		(name), sizeof(name) - 1                                                           \
	}

static const struct event_name plain_names[] = {
	NAME("EV_PREBOOT_CERT"),
	NAME("EV_POST_CODE"),
	NAME("EV_UNUSED"),
	NAME("EV_NO_ACTION"),
	NAME("EV_SEPARATOR"),
	NAME("EV_ACTION"),
	NAME("EV_EVENT_TAG"),
	NAME("EV_S_CRTM_CONTENTS"),
	NAME("EV_S_CRTM_VERSION"),
	NAME("EV_CPU_MICROCODE"),
	NAME("EV_PLATFORM_CONFIG_FLAGS"),
	NAME("EV_TABLE_OF_DEVICES"),
	NAME("EV_COMPACT_HASH"),
	NAME("EV_IPL"),
	NAME("EV_IPL_PARTITION_DATA"),
	NAME("EV_NONHOST_CODE"),
	NAME("EV_NONHOST_CONFIG"),
	NAME("EV_NONHOST_INFO"),
	NAME("EV_OMIT_BOOT_DEVICE_EVENTS"),
};

static const struct event_name efi_names[] = {
	[0x00] = NAME("EV_EFI_EVENT_BASE"),
	[0x01] = NAME("EV_EFI_VARIABLE_DRIVER_CONFIG"),
	[0x02] = NAME("EV_EFI_VARIABLE_BOOT"),
	[0x03] = NAME("EV_EFI_BOOT_SERVICES_APPLICATION"),
	[0x04] = NAME("EV_EFI_BOOT_SERVICES_DRIVER"),
	[0x05] = NAME("EV_EFI_RUNTIME_SERVICES_DRIVER"),
	[0x06] = NAME("EV_EFI_GPT_EVENT"),
	[0x07] = NAME("EV_EFI_ACTION"),
	[0x08] = NAME("EV_EFI_PLATFORM_FIRMWARE_BLOB"),
	[0x09] = NAME("EV_EFI_HANDOFF_TABLES"),
	[0x0a] = NAME("EV_EFI_PLATFORM_FIRMWARE_BLOB2"),
	[0x0b] = NAME("EV_EFI_HANDOFF_TABLES2"),
	[0x0c] = NAME("EV_EFI_VARIABLE_BOOT2"),
	[0x10] = NAME("EV_EFI_HCRTM_EVENT"),
	[0xe0] = NAME("EV_EFI_VARIABLE_AUTHORITY"),
	[0xe1] = NAME("EV_EFI_SPDM_FIRMWARE_BLOB"),
	[0xe2] = NAME("EV_EFI_SPDM_FIRMWARE_CONFIG"),
};

enum {
	N_PLAIN = sizeof(plain_names) / sizeof(plain_names[0]),
	N_EFI = sizeof(efi_names) / sizeof(efi_names[0])
};

static struct event_name event_name(uint32_t type)
{
	if (type < N_PLAIN)
		return plain_names[type];
	if (type >= EFI_BASE && type - EFI_BASE < N_EFI)
		return efi_names[type - EFI_BASE];
	return (struct event_name){NULL, 0};
}

const char *tcg_event_name(uint32_t type)
{
	return event_name(type).name;
}

static bool is_called(struct event_name known, struct bytes given)
{
	return known.n == given.n && known.name != NULL &&
	       strncasecmp(known.name, (const char *)given.p, given.n) == 0;
}

bool tcg_event_by_name(struct bytes name, uint32_t *ret)
{
	/* All begin like this, and not much else does. */
	if (name.n < 3 || strncasecmp("EV_", (const char *)name.p, 3) != 0)
		return false;
	for (uint32_t i = 0; i < N_PLAIN + N_EFI; i++) {
		uint32_t type = i < N_PLAIN ? i : EFI_BASE + (i - N_PLAIN);
		if (is_called(event_name(type), name)) {
			*ret = type;
			return true;
		}
	}
	return false;
}

enum hash_alg tcg_hash_alg(uint16_t id)
{
	static const uint8_t algs[] = {
		[0x0004] = HASH_SHA1,
		[0x000b] = HASH_SHA256,
		[0x000c] = HASH_SHA384,
		[0x000d] = HASH_SHA512,
		[0x0012] = HASH_SM3,
		[0x0027] = HASH_SHA3_256,
		[0x0028] = HASH_SHA3_384,
		[0x0029] = HASH_SHA3_512,
	};
	return id < sizeof(algs) && algs[id] != 0 ? (enum hash_alg)algs[id] : HASH_UNKNOWN;
}

uint16_t tcg_hash_id(enum hash_alg alg)
{
	static const uint16_t ids[HASH_COUNT] = {
		[HASH_SHA1] = 0x0004,
		[HASH_SHA256] = 0x000b,
		[HASH_SHA384] = 0x000c,
		[HASH_SHA512] = 0x000d,
		[HASH_SM3] = 0x0012,
		[HASH_SHA3_256] = 0x0027,
		[HASH_SHA3_384] = 0x0028,
		[HASH_SHA3_512] = 0x0029,
	};
	return ids[alg];
}

bool tcg_is_agent_tag(struct bytes data)
{
	struct cursor cur = {.left = data};
	uint32_t id = cur_le32(&cur);
	cur_le32(&cur);
	return cur_ok(&cur) && id == TCG_TAG_AAEL;
}
