/* SPDX-License-Identifier: Apache-2.0 */
/* What a record of a JSON event log says of its event: the content, by its type. */
#ifndef TSMCTL_FORMATS_CEL_CONTENT_H
#define TSMCTL_FORMATS_CEL_CONTENT_H

#include "formats/ima.h"
#include "formats/json_reader.h"
#include "formats/tcg2.h"

/* Holds what the views into one event point at. */
struct cel_content {
	struct json_room data;
	char unnamed[TCG_UNNAMED_ROOM];
	struct ima_record ima;
	char time[sizeof("18446744073709551615")];
};

/*
 * Takes the content of a record, whose register and digests are in `ret` already; the event lives
 * as long as the two objects and c. One of a type that is not known, or of none (NULL), is kept as its text.
 * ST_FORMAT for a content that does not have what its type demands.
 */
int cel_content_read(struct cel_content *c, struct json_object *type, struct json_object *content,
	struct log_event *ret, struct err *err);
/*
 * Whether systemd hashed the string of such a content. It does, but: volume keys and the first values of NvPCRs are measured as HMACs,
 * and systemd-pcrextend logs what it hashed with C escapes and cut, which cannot be told from a
 * string that has backslashes of its own.
 */
bool cel_content_hashes_string(struct bytes s, const char *kind);
void cel_content_clear(struct cel_content *c);

#endif
