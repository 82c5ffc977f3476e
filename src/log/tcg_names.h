/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that the TCG has given to event types and hash algorithms, and what they mean here. */
#ifndef TSMCTL_LOG_TCG_NAMES_H
#define TSMCTL_LOG_TCG_NAMES_H

#include "model/hash.h"

/* Of the types that more is known of than a name. */
#define TCG_EV_NO_ACTION UINT32_C(3)
#define TCG_EV_EVENT_TAG UINT32_C(6)

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
