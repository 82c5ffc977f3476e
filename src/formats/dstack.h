/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event logs of dstack (cc-eventlog): runtime_events.log, the older log with digests, and the
 * log inside its quote report.
 */
#ifndef TSMCTL_FORMATS_DSTACK_H
#define TSMCTL_FORMATS_DSTACK_H

#include "formats/reader.h"

extern const struct log_format log_format_dstack;

#endif
