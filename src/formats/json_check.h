/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What json-c lets pass, looked for in the bytes before it gets them. Its own strict mode is not used:
 * that of 0.18 refuses all that is not ASCII, and that of 0.17 large numbers that nobody reads. Not
 * RFC 8259: names in single quotes, control characters in strings, NaN and Infinity, numbers such as
 * 00 and 1., TRUE, comments, a comma before a closing bracket, bytes that are no UTF-8. Refused, although the RFC allows them: a NUL in the name of a
 * member, at which json-c cuts the name; half of a surrogate pair, for which it puts U+FFFD; more
 * values than JSON_NODES_MAX, which take up to hundreds of bytes each.
 */
#ifndef TSMCTL_FORMATS_JSON_CHECK_H
#define TSMCTL_FORMATS_JSON_CHECK_H

#include "base/bytes.h"

/* Of one text; all 0 before its first byte. */
struct json_check {
	bool in_string;
	bool has_nul;	  /* the last string has one, as \u0000 */
	bool half;	  /* the last escape is the first half of a surrogate pair */
	bool comma;	  /* the last byte that is no blank is a comma between values */
	bool high;	  /* a byte above 0x7f is in the piece, or near */
	uint8_t escape;	  /* where in an escape */
	uint8_t number;	  /* where in a number */
	uint16_t unit;	  /* the last four hex digits of an escape */
	const char *word; /* what is left of true, false or null; NULL: not in one */
	size_t depth;	  /* brackets that are open */
	size_t nodes;	  /* '{', '[' and ',' */
	size_t members;	  /* of all objects */
};

/*
 * Looks through the next piece of a text, which does not end within a character. Returns how many
 * bytes of it are good: up to the bracket that ends the text, or all. *wrong: NULL, or what is wrong
 * with the byte after those. What is good may still not be JSON: json-c finds the rest.
 */
size_t json_check(struct json_check *check, struct bytes piece, const char **wrong);

#endif
