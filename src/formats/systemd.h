/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What systemd measured itself: /run/log/systemd/tpm2-measure.log, and the cc-measure.log that is
 * proposed for TDX. Records of a canonical event log, RFC 7464, without numbers.
 */
#ifndef TSMCTL_FORMATS_SYSTEMD_H
#define TSMCTL_FORMATS_SYSTEMD_H

#include "formats/reader.h"

extern const struct log_format log_format_systemd;

#endif
