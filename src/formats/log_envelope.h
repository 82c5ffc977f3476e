/* SPDX-License-Identifier: Apache-2.0 */
/* Logs as they are passed on: hex, base64, or a string of it inside JSON with a quote. */
#ifndef TSMCTL_FORMATS_LOG_ENVELOPE_H
#define TSMCTL_FORMATS_LOG_ENVELOPE_H

#include "base/bytes.h"
#include "base/err.h"

/*
 * If the file *fd, which can seek, holds a log of a known format in hex or base64, or JSON with such a
 * log as its member "cc_eventlog" (Confidential Containers) or "event_log", or as that of its member
 * "tdx" (Intel Trust Authority), replaces *fd by a file in memory with the log itself. Any other file
 * is left alone; so is one of more than WINDOW_MAX bytes. ST_FORMAT if "cc_eventlog" is null: there
 * is no log. ST_SYSTEM if the file cannot be read or there is no memory.
 */
int log_envelope_open(int *fd, struct err *err);

/* As log_formats_check, for the first bytes of what log_envelope_open may take a log out of, too. */
int log_envelope_check(struct bytes head, struct err *err);

#endif
