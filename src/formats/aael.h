/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of the Confidential Containers attestation agent. Since guest-components 0.15: events as
 * in a TCG2 log, but with no header ("Specification for Attestation Agent Event Log"). Before: lines
 * of text, of which the first states hash and value of the register.
 */
#ifndef TSMCTL_FORMATS_AAEL_H
#define TSMCTL_FORMATS_AAEL_H

#include "formats/reader.h"

extern const struct log_format log_format_aael;

#endif
