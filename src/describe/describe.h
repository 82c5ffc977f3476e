/* SPDX-License-Identifier: Apache-2.0 */
/* What an event holds, for people. */
#ifndef TSMCTL_DESCRIBE_DESCRIBE_H
#define TSMCTL_DESCRIBE_DESCRIBE_H

#include "formats/reader.h"

/*
 * Writes a description and a NUL to ret, which has room for `room` bytes, at least 4, and returns its
 * length: 0 where there is nothing to say. It is UTF-8 and may have any control character in it, NUL
 * too: the printer escapes them. What does not fit is left out, and "..." says so. Data that is not
 * what its type says is never an error: what could be read is there, with "malformed".
 */
size_t event_describe(const struct log_event *ev, char *ret, size_t room);

#endif
