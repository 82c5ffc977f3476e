/* SPDX-License-Identifier: Apache-2.0 */
/* What an export has written of a record, until there is enough of it to hand on. */
#ifndef TSMCTL_EXPORT_EXPORT_OUT_H
#define TSMCTL_EXPORT_EXPORT_OUT_H

#include "base/bytes.h"
#include "base/err.h"

/* Takes bytes of the export, in their order; -1 ends it. */
typedef int (*export_put)(void *arg, struct bytes b, struct err *err);

struct export_out {
	export_put put;
	void *arg;
	struct err *err; /* of the call that is running */
	bool failed;	 /* nothing is handed on any more */
	size_t n;
	uint8_t buf[4096];
};

void out_bytes(struct export_out *out, struct bytes b);
void out_str(struct export_out *out, const char *s);
/* An unsigned integer of n bytes, in little-endian and big-endian order, and in decimal. */
void out_le(struct export_out *out, uint64_t v, size_t n);
void out_be(struct export_out *out, uint64_t v, size_t n);
void out_decimal(struct export_out *out, uint64_t v);
/* Strings of JSON with their quotes: hex, and valid UTF-8 with the escapes of RFC 8259, section 7. */
void out_json_hex(struct export_out *out, struct bytes b);
void out_json(struct export_out *out, struct bytes utf8);
/* Hands on what is there. -1 if that, or anything before it, failed. */
int out_flush(struct export_out *out);

#endif
