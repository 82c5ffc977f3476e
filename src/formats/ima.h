/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measurement lists of Linux's Integrity Measurement Architecture, binary and ASCII. Layout: Linux,
 * security/integrity/ima/ima_fs.c; templates: Documentation/security/IMA-templates.rst.
 */
#ifndef TSMCTL_FORMATS_IMA_H
#define TSMCTL_FORMATS_IMA_H

#include "formats/reader.h"

extern const struct log_format log_format_ima;

/*
 * The path in template data of fields with a length each (all but template "ima"'s); p NULL where
 * it is not to be found.
 */
struct bytes ima_template_path(struct bytes name, struct bytes data);

#endif
