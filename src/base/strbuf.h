/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is put together in a buffer of fixed size; what does not fit marks it as cut. */
#ifndef TSMCTL_BASE_STRBUF_H
#define TSMCTL_BASE_STRBUF_H

#include "base/bytes.h"

struct text {
	char *buf;
	size_t room; /* bytes of buf; one is kept for a NUL */
	size_t n;
	bool cut; /* something did not fit; nothing was added since */
};

void text_put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_put_hex(struct text *t, struct bytes b);
/*
 * As many whole characters of b as fit, as they are; bytes that are not UTF-8 become U+FFFD, one
 * for each. The buffer has no NUL after them until the next text_put.
 */
void text_put_utf8(struct text *t, struct bytes b);
/*
 * Valid UTF-8 as it stands between the quotes of a JSON string, each character in one spelling:
 * printable ASCII as it is, RFC 8259's (section 7) short escapes, \uXXXX in lower case.
 */
void text_put_json(struct text *t, struct bytes utf8);

#endif
