/* SPDX-License-Identifier: Apache-2.0 */
/* Which register an event is of, in the words that operators have for it. */
#ifndef TSMCTL_FORMATS_EVENT_REG_H
#define TSMCTL_FORMATS_EVENT_REG_H

#include "formats/reader.h"
#include "model/mr.h"

enum { EVENT_REG_ROOM = 32 };

/*
 * The place and index that stand for a register of this provider and name: rtmr0 to rtmr3 of a TDX
 * guest and mrtd are CC MRs, pcrN is a PCR, away from a machine. False if it is none of these.
 */
bool reg_place(const char *provider, const char *name, enum place *ret, uint32_t *ret_index);

/*
 * An event that names its register ([PROVIDER/]NAME[:HASH]) where an index stands for it becomes one
 * with that index: so that a register has one place, whatever its log calls it.
 */
void event_settle_place(struct log_event *ev);

/*
 * "rtmr3", "mrtd", "pcr7", "nv0x01500016"; what has no name of its own is "ccmr9". In `room` where
 * it is made; a name that the log gives is returned as it is. NULL: the log does not say.
 */
const char *event_reg_name(
	enum place place, uint32_t index, const char *reg, char room[static EVENT_REG_ROOM]);

#endif
