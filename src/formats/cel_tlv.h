/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical Event Log in its TLV encoding: TCG Canonical Event Log Format 1.0, section 5.1; with the
 * private elements of Google's COS (an index that counts CC MRs, its own content) and of systemd's.
 */
#ifndef TSMCTL_FORMATS_CEL_TLV_H
#define TSMCTL_FORMATS_CEL_TLV_H

#include "formats/reader.h"

extern const struct log_format log_format_cel_tlv;

/* An element: a type of one byte, a length of four, big-endian; then that many bytes. */
enum { CEL_ELEMENT_HEAD = 5 };
enum cel_element {
	CEL_RECNUM = 0,
	CEL_PCR = 1,
	CEL_NV_INDEX = 2,
	CEL_DIGESTS = 3,
	CEL_MANAGEMENT = 4,
	CEL_PCCLIENT = 5,
	CEL_IMA_TEMPLATE = 7,
	CEL_IMA_TLV = 8,
	CEL_SYSTEMD_SAFFORD = 9, /* which of the two numbers it is to be is not settled */
	CEL_SYSTEMD = 11,
	CEL_COS = 80,
	CEL_CC_MR = 108,
};
/* Nested in CEL_PCCLIENT and in CEL_IMA_TEMPLATE. */
enum { CEL_EVENT_TYPE = 0, CEL_EVENT_DATA = 1 };
enum { CEL_TEMPLATE_NAME = 0, CEL_TEMPLATE_DATA = 1 };

#endif
