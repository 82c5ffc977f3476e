/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCG Canonical Event Log in JSON ("Canonical Event Log Format" 1.0, section 5.2), as the TCG,
 * libcel, FAPI, systemd and tsmctl itself spell it.
 */
#ifndef TSMCTL_FORMATS_CEL_JSON_H
#define TSMCTL_FORMATS_CEL_JSON_H

#include "formats/reader.h"

extern const struct log_format log_format_cel_json;

/* For formats whose records are the same: those of struct log_format. */
int cel_json_open(struct log_reader *r, struct err *err);
int cel_json_next(struct log_reader *r, struct log_event *ret, struct err *err);
void cel_json_close(struct log_reader *r);

#endif
