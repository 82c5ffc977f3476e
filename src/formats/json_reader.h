/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON objects, one after the other, from a file that holds one array of them (RFC 8259), a
 * sequence (RFC 7464), lines, or just one: a piece of text is in memory, and one object.
 */
#ifndef TSMCTL_FORMATS_JSON_READER_H
#define TSMCTL_FORMATS_JSON_READER_H

#include <json-c/json.h>

#include "base/window.h"
#include "formats/json_check.h"

/* One text, of which pieces are read. */
struct json_text {
	struct json_tokener *tok;
	struct json_check check;
	const char *unit;    /* what messages count in: "offset" or "byte" */
	uint64_t start, off; /* of its first byte, and of the next one */
};

struct json_seq {
	struct window *in;     /* borrowed */
	struct json_text text; /* the object that is read */
	enum {
		JSON_SEQ_START,
		JSON_SEQ_TEXTS,	      /* between texts */
		JSON_SEQ_ARRAY_FIRST, /* after '[' */
		JSON_SEQ_ARRAY,	      /* after an element */
		JSON_SEQ_END	      /* after ']' */
	} state;
};

/* Starts where the window stands. */
int json_seq_open(struct json_seq *ret, struct window *in, struct err *err);
void json_seq_close(struct json_seq *s);
/*
 * 1, an object, which the caller puts, and the offset of its first byte; 0 at the end; -1 with
 * ST_FORMAT and the offset for what is not JSON, not UTF-8, cut, refused by json_check, deeper than
 * JSON_DEPTH_MAX, longer than WINDOW_MAX, or has a member twice in one object.
 */
int json_seq_next(struct json_seq *s, struct json_object **ret, uint64_t *off, struct err *err);

/*
 * One whole text, of up to QUOTE_FILE_MAX bytes, with the same bounds, and blanks around it; the caller puts it.
 * ST_FORMAT with the byte.
 */
int json_whole(struct bytes text, struct json_object **ret, struct err *err);

/* For sniffing: the first byte that is neither blank nor RS; 0 if there is none. */
uint8_t json_head_first(struct bytes head);
/* What stands after "KEY": there, KEY as it is spelled; p NULL if there is none. */
struct bytes json_head_value(struct bytes head, const char *key);

/*
 * Members by name, in one pass: values[i] is that of keys[i], of at most 32; NULL where it is not there,
 * is null, or o is no object. Bit i of what is returned is set where it is there.
 */
uint32_t json_members(
	struct json_object *o, const char *const *keys, size_t n, struct json_object **values);
/* A member of that type; NULL if it is not there, or of another. */
struct json_object *json_member(struct json_object *o, const char *key, enum json_type type);
/* The bytes of a string, or of no object at all. */
struct bytes json_bytes(struct json_object *string);
/*
 * A string that names something and is shown as it is: one word of printable ASCII, so that it looks
 * like no other. *ret stays what it is for an empty one, and for what is no string; ST_FORMAT, which
 * says it of `what`, for other strings.
 */
int json_name(struct json_object *o, const char *what, const char **ret, struct err *err);
/*
 * An integer, or text with one in decimal or after 0x. False for anything else, and above 2^64 - 2:
 * json-c reads everything that is too big as 2^64 - 1.
 */
bool json_number(struct json_object *o, uint64_t *ret);

/* Bytes that belong to one event, and are used again for the next; their owner frees p. */
struct json_room {
	uint8_t *p;
	size_t size;
};

/* At least n bytes, with nothing in them; NULL: no memory. */
uint8_t *json_room_get(struct json_room *room, size_t n, struct err *err);
/* What the hex digits of a string, of either case, stand for; p is never NULL. ST_FORMAT for others. */
int json_unhex(
	struct json_object *string, struct json_room *room, struct bytes *ret, struct err *err);

#endif
