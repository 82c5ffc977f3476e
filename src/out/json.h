/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON as it goes (RFC 8259): what is printed must never wait for what is read. Commas are
 * its business, nesting the caller's.
 */
#ifndef TSMCTL_OUT_JSON_H
#define TSMCTL_OUT_JSON_H

#include "out/sink.h"

struct json {
	struct sink *sink;
	bool comma; /* the next value or key needs one before it */
};

void json_open(struct json *j, char bracket);  /* '{' or '[' */
void json_close(struct json *j, char bracket); /* '}' or ']' */
/* `key` is ours: it needs no escapes. */
void json_key(struct json *j, const char *key);
void json_null(struct json *j);
void json_bool(struct json *j, bool v);
void json_u64(struct json *j, uint64_t v);
/* b must be valid UTF-8; it is written with the escapes that RFC 8259, section 7 demands. */
void json_text(struct json *j, struct bytes b);
/* One that is not UTF-8, as the name of a file may be, is shown as bytes_visible does. */
void json_str(struct json *j, const char *s);
void json_hex(struct json *j, struct bytes b);
void json_base64(struct json *j, struct bytes b);
/* A value that is JSON already. */
void json_raw(struct json *j, struct bytes b);

#endif
