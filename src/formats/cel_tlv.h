/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical Event Log in its TLV encoding: TCG Canonical Event Log Format 1.0, section 5.1; with the
 * private elements of Google's COS (an index that counts CC MRs, its own content) and of systemd's.
 */
#ifndef TSMCTL_FORMATS_CEL_TLV_H
#define TSMCTL_FORMATS_CEL_TLV_H

#include "formats/reader.h"

extern const struct log_format log_format_cel_tlv;

#endif
