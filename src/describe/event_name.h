/* SPDX-License-Identifier: Apache-2.0 */
/* What an event is about, as far as two boots have it in common. */
#ifndef TSMCTL_DESCRIBE_EVENT_NAME_H
#define TSMCTL_DESCRIBE_EVENT_NAME_H

#include "base/bytes.h"

/* Whether events of this type tell of a UEFI variable. */
bool event_is_variable(const char *kind);
/*
 * The part of what is shown of an event (its description, or its data) that names what was measured: a
 * variable, the path of an image or a file, the kind of a command line. Empty where the type alone
 * says it; a view of `shown`.
 */
struct bytes event_name(const char *kind, struct bytes shown);
/* What follows the name and ": ", as the value of a variable; empty: nothing does. */
struct bytes event_value(const char *kind, struct bytes shown);
/*
 * The same for a narrow screen: a variable without its GUID, an image without its size and address. It is in
 * `buf`, which has room for `room` bytes, or a view of `shown`.
 */
struct bytes event_brief(const char *kind, struct bytes shown, char *buf, size_t room);

#endif
