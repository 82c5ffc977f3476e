/* SPDX-License-Identifier: Apache-2.0 */
/* Recognises, by their first bytes, files that are often mistaken for logs. */
#ifndef TSMCTL_FORMATS_LOOKALIKE_H
#define TSMCTL_FORMATS_LOOKALIKE_H

#include "base/bytes.h"

/* A TDX quote of version 4 or 5 (Intel TDX DCAP Quoting Library API, appendix "Data Structures"). */
bool lookalike_is_tdx_quote(struct bytes head);
/* A TDREPORT (Intel TDX Module ABI Specification, "TDREPORT_STRUCT"). */
bool lookalike_is_tdreport(struct bytes head);

#endif
