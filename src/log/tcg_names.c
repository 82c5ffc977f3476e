/* SPDX-License-Identifier: Apache-2.0 */
#include "log/tcg_names.h"

#include <stddef.h>
#include <strings.h>
#include <string.h>

/* Types from 0 on, and those of EFI from this one on: by their number, for a log has a million. */
#define EFI_BASE UINT32_C(0x80000000)

static const char *const plain_names[] = {
	"EV_PREBOOT_CERT",
	"EV_POST_CODE",
	"EV_UNUSED",
	"EV_NO_ACTION",
	"EV_SEPARATOR",
	"EV_ACTION",
	"EV_EVENT_TAG",
	"EV_S_CRTM_CONTENTS",
	"EV_S_CRTM_VERSION",
	"EV_CPU_MICROCODE",
	"EV_PLATFORM_CONFIG_FLAGS",
	"EV_TABLE_OF_DEVICES",
	"EV_COMPACT_HASH",
	"EV_IPL",
	"EV_IPL_PARTITION_DATA",
	"EV_NONHOST_CODE",
	"EV_NONHOST_CONFIG",
	"EV_NONHOST_INFO",
	"EV_OMIT_BOOT_DEVICE_EVENTS",
};

static const char *const efi_names[] = {
	[0x00] = "EV_EFI_EVENT_BASE",
	[0x01] = "EV_EFI_VARIABLE_DRIVER_CONFIG",
	[0x02] = "EV_EFI_VARIABLE_BOOT",
	[0x03] = "EV_EFI_BOOT_SERVICES_APPLICATION",
	[0x04] = "EV_EFI_BOOT_SERVICES_DRIVER",
	[0x05] = "EV_EFI_RUNTIME_SERVICES_DRIVER",
	[0x06] = "EV_EFI_GPT_EVENT",
	[0x07] = "EV_EFI_ACTION",
	[0x08] = "EV_EFI_PLATFORM_FIRMWARE_BLOB",
	[0x09] = "EV_EFI_HANDOFF_TABLES",
	[0x0a] = "EV_EFI_PLATFORM_FIRMWARE_BLOB2",
	[0x0b] = "EV_EFI_HANDOFF_TABLES2",
	[0x0c] = "EV_EFI_VARIABLE_BOOT2",
	[0x10] = "EV_EFI_HCRTM_EVENT",
	[0xe0] = "EV_EFI_VARIABLE_AUTHORITY",
	[0xe1] = "EV_EFI_SPDM_FIRMWARE_BLOB",
	[0xe2] = "EV_EFI_SPDM_FIRMWARE_CONFIG",
};

enum {
	N_PLAIN = sizeof(plain_names) / sizeof(plain_names[0]),
	N_EFI = sizeof(efi_names) / sizeof(efi_names[0])
};

const char *tcg_event_name(uint32_t type)
{
	if (type < N_PLAIN)
		return plain_names[type];
	if (type >= EFI_BASE && type - EFI_BASE < N_EFI)
		return efi_names[type - EFI_BASE];
	return NULL;
}

static bool is_called(const char *name, struct bytes given)
{
	return name != NULL && strlen(name) == given.n &&
	       strncasecmp(name, (const char *)given.p, given.n) == 0;
}

bool tcg_event_by_name(struct bytes name, uint32_t *ret)
{
	for (uint32_t i = 0; i < N_PLAIN + N_EFI; i++) {
		uint32_t type = i < N_PLAIN ? i : EFI_BASE + (i - N_PLAIN);
		if (is_called(tcg_event_name(type), name)) {
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
