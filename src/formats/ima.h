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

/*
 * The digest of a list's first event, "boot_aggregate", over PCRs of the same hash; size 0: it is none,
 * or its hash is not known here.
 */
void ima_boot_aggregate(const struct log_event *ev, struct digest *ret);

/* What an event that was read from a record of IMA in a Canonical Event Log points at. */
enum { IMA_KIND_ROOM = 256, IMA_PADDED = 276 };
struct ima_record {
	char kind[IMA_KIND_ROOM];
	uint8_t padded[IMA_PADDED]; /* what template "ima" hashes */
};

/*
 * Takes the template's name (empty: the log has none) of an event whose digests and template data
 * are there, and sets its kind, its text, and what was hashed: the data, except of a violation; of
 * template "ima", whose data is padded for it, only in the forms that are known. ST_FORMAT, without
 * an offset, for what is no template's name.
 */
int ima_record_read(
	struct ima_record *own, struct bytes name, struct log_event *ret, struct err *err);

#endif
