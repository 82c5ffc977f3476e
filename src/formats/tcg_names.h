/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that the TCG has given to event types and hash algorithms, and what they mean here. */
#ifndef TSMCTL_FORMATS_TCG_NAMES_H
#define TSMCTL_FORMATS_TCG_NAMES_H

#include "model/hash.h"

/* Of the types that more is known of than a name. */
#define TCG_EV_POST_CODE UINT32_C(1)
#define TCG_EV_NO_ACTION UINT32_C(3)
#define TCG_EV_SEPARATOR UINT32_C(4)
#define TCG_EV_ACTION UINT32_C(5)
#define TCG_EV_EVENT_TAG UINT32_C(6)
#define TCG_EV_S_CRTM_CONTENTS UINT32_C(7)
#define TCG_EV_S_CRTM_VERSION UINT32_C(8)
#define TCG_EV_PLATFORM_CONFIG_FLAGS UINT32_C(0xa)
#define TCG_EV_IPL UINT32_C(0xd)
#define TCG_EV_EFI_VARIABLE_DRIVER_CONFIG UINT32_C(0x80000001)
#define TCG_EV_EFI_VARIABLE_BOOT UINT32_C(0x80000002)
#define TCG_EV_EFI_BOOT_SERVICES_APPLICATION UINT32_C(0x80000003)
#define TCG_EV_EFI_BOOT_SERVICES_DRIVER UINT32_C(0x80000004)
#define TCG_EV_EFI_RUNTIME_SERVICES_DRIVER UINT32_C(0x80000005)
#define TCG_EV_EFI_GPT_EVENT UINT32_C(0x80000006)
#define TCG_EV_EFI_ACTION UINT32_C(0x80000007)
#define TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB UINT32_C(0x80000008)
#define TCG_EV_EFI_HANDOFF_TABLES UINT32_C(0x80000009)
#define TCG_EV_EFI_PLATFORM_FIRMWARE_BLOB2 UINT32_C(0x8000000a)
#define TCG_EV_EFI_HANDOFF_TABLES2 UINT32_C(0x8000000b)
#define TCG_EV_EFI_VARIABLE_BOOT2 UINT32_C(0x8000000c)
#define TCG_EV_EFI_HCRTM_EVENT UINT32_C(0x80000010)
#define TCG_EV_EFI_VARIABLE_AUTHORITY UINT32_C(0x800000e0)

/* TPM 2.0 Library, Part 2, "TPM_HT": the first byte of the handle of an NV index. */
enum { TCG_NV_HANDLES = 0x01 };

/* The id of an EV_EVENT_TAG of the Confidential Containers agent: "LEAA" in the log. */
#define TCG_TAG_AAEL UINT32_C(0x4141454c)

/* Whether the data of an EV_EVENT_TAG is the agent's: its id, and a size after it, whatever that says. */
bool tcg_is_agent_tag(struct bytes data);

/*
 * "EV_IPL" for 0xd: TCG PC Client Platform Firmware Profile 1.06, table "Event Types". NULL for a
 * type that is not in it.
 */
const char *tcg_event_name(uint32_t type);
/* The type of that name, in upper or lower case; false if there is none. */
bool tcg_event_by_name(struct bytes name, uint32_t *ret);

/* By TPM_ALG_ID (TCG Algorithm Registry, table "TPM_ALG_ID"); HASH_UNKNOWN for one we do not have. */
enum hash_alg tcg_hash_alg(uint16_t id);
/* The other way round; 0 for HASH_NONE and HASH_UNKNOWN. */
uint16_t tcg_hash_id(enum hash_alg alg);

#endif
