/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/dstack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "formats/json_reader.h"
#include "formats/record_reader.h"
#include "formats/tcg2.h"
#include "formats/tcg_names.h"

/* dstack's own, outside of the TCG's table. */
#define EV_DSTACK_RUNTIME UINT32_C(0x08000001)

enum {
	RUNTIME_CC_MR = 4, /* RTMR3 */
	/* Of a preimage, without the name and the payload. */
	PREIMAGE_REST = sizeof("{\"name\":\"\",\"payload\":\"\",\"type\":134217729}"),
	JCS_ESCAPE_MAX = 6, /* "\u001f" */
};

/* The members of an event, and of a report. */
enum dstack_key {
	KEY_EVENT,
	KEY_VERSION,
	KEY_PAYLOAD,
	KEY_EVENT_PAYLOAD,
	KEY_DIGEST,
	KEY_IMR,
	KEY_EVENT_TYPE,
	KEY_EVENT_LOG,
	KEY_QUOTE,
	KEYS
};

static const char *const keys[KEYS] = {
	[KEY_EVENT] = "event",
	[KEY_VERSION] = "version",
	[KEY_PAYLOAD] = "payload",
	[KEY_EVENT_PAYLOAD] = "event_payload",
	[KEY_DIGEST] = "digest",
	[KEY_IMR] = "imr",
	[KEY_EVENT_TYPE] = "event_type",
	[KEY_EVENT_LOG] = "event_log",
	[KEY_QUOTE] = "quote",
};

struct dstack {
	struct json_seq seq;
	struct json_object *text;     /* the last one */
	struct json_object *events;   /* of the report that it is; else NULL */
	size_t next;		      /* of them */
	struct json_object *of[KEYS]; /* the members of the text, or of the last of its events */
	uint32_t there;		      /* those that it has, null or not: a bit each */
	uint64_t off;
	struct json_room payload, preimage;
	char unnamed[TCG_UNNAMED_ROOM];
};

static int open_log(struct log_reader *r, struct err *err)
{
	struct dstack *own = r->own = calloc(1, sizeof(*own));
	if (own == NULL)
		return err_sys(err, ENOMEM, "log");
	return json_seq_open(&own->seq, &r->in, err);
}

static void drop_text(struct dstack *own)
{
	json_object_put(own->events);
	json_object_put(own->text);
	own->events = own->text = NULL;
}

static void close_log(struct log_reader *r)
{
	struct dstack *own = r->own;
	if (own == NULL)
		return;
	drop_text(own);
	json_seq_close(&own->seq);
	free(own->payload.p);
	free(own->preimage.p);
	free(own);
	r->own = NULL;
}

static uint8_t *put(uint8_t *p, struct bytes b)
{
	if (b.n > 0)
		memcpy(p, b.p, b.n);
	return p + b.n;
}

/* A string as RFC 8785, section 3.2.2.2 writes it; p has room. */
static uint8_t *put_jcs(uint8_t *p, struct bytes s)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		const char *e = c == 0 || c >= 0x7f ? NULL : strchr(shorts, c);
		if (e != NULL && (e - shorts) % 2 == 0) {
			*p++ = '\\';
			*p++ = (uint8_t)e[1];
		} else if (c < 0x20) {
			p = put(p, bytes_of("\\u00"));
			*p++ = (uint8_t)hex[c >> 4];
			*p++ = (uint8_t)hex[c & 0xf];
		} else {
			*p++ = c;
		}
	}
	return p;
}

static uint8_t *put_preimage(uint8_t *p, uint64_t version, struct bytes name, struct bytes payload)
{
	static const uint8_t type_le[] = {0x01, 0x00, 0x00, 0x08};
	if (version == 1) {
		p = put(p, (struct bytes){type_le, sizeof(type_le)});
		*p++ = ':';
		p = put(p, name);
		*p++ = ':';
		return put(p, payload);
	}
	p = put(p, bytes_of("{\"name\":\""));
	p = put_jcs(p, name);
	p = put(p, bytes_of("\",\"payload\":\""));
	hex_put((char *)p, payload);
	return put(p + 2 * payload.n, bytes_of("\",\"type\":134217729}"));
}

static bool has(const struct dstack *own, enum dstack_key key)
{
	return (own->there & UINT32_C(1) << key) != 0;
}

static bool is_string(const struct dstack *own, enum dstack_key key)
{
	return json_object_is_type(own->of[key], json_type_string);
}

static struct bytes string_of(const struct dstack *own, enum dstack_key key)
{
	return json_bytes(is_string(own, key) ? own->of[key] : NULL);
}

/* What dstack hashes of an event of its own: cc-eventlog, RuntimeEvent::preimage. */
static int make_preimage(struct dstack *own, struct log_event *ret, struct err *err)
{
	uint64_t version = 1;
	if (!is_string(own, KEY_EVENT))
		return err_set(err, ST_FORMAT, "no string 'event'");
	if (has(own, KEY_VERSION) &&
		(!json_number(own->of[KEY_VERSION], &version) || version < 1 || version > 2))
		return err_set(err, ST_FORMAT, "unknown 'version': neither 1 nor 2");
	struct bytes name = json_bytes(own->of[KEY_EVENT]);
	/* All of it is hashed, and shown as the kind of the event. */
	if (name.n > 0 && memchr(name.p, '\0', name.n) != NULL)
		return err_set(err, ST_FORMAT, "'event' has a NUL in it");
	uint8_t *p = json_room_get(
		&own->preimage, JCS_ESCAPE_MAX * name.n + 2 * ret->data.n + PREIMAGE_REST, err);
	if (p == NULL)
		return -1;
	ret->hashed = (struct bytes){p, (size_t)(put_preimage(p, version, name, ret->data) - p)};
	ret->has_type = true;
	ret->type = EV_DSTACK_RUNTIME;
	ret->kind = name.n > 0 ? (const char *)name.p : "record";
	return 0;
}

/* A line of runtime_events.log. */
static int read_runtime(struct dstack *own, struct log_event *ret, struct err *err)
{
	if (!is_string(own, KEY_PAYLOAD))
		return err_set(err, ST_FORMAT, "no string 'payload' or 'event_payload'");
	struct bytes base64 = json_bytes(own->of[KEY_PAYLOAD]);
	uint8_t *p = json_room_get(&own->payload, base64.n + 1, err);
	if (p == NULL)
		return -1;
	ret->data.p = p;
	if (!base64_get(p, &ret->data.n, base64))
		return err_set(err, ST_FORMAT, "'payload' is not base64");
	ret->index = RUNTIME_CC_MR;
	ret->computed = HASH_SHA384;
	return make_preimage(own, ret, err);
}

static int read_u32(
	const struct dstack *own, enum dstack_key key, uint32_t max, uint32_t *ret, struct err *err)
{
	uint64_t number;
	if (!json_object_is_type(own->of[key], json_type_int) ||
		!json_number(own->of[key], &number) || number > max)
		return err_set(err, ST_FORMAT, "'%s' is not a number of 32 bits", keys[key]);
	*ret = (uint32_t)number;
	return 0;
}

/* RTMRs hash with SHA-384 alone. The digest of an event of dstack's own may be left out. */
static int read_digest(const struct dstack *own, struct log_event *ret, struct err *err)
{
	struct bytes hex = string_of(own, KEY_DIGEST);
	uint8_t digest[DIGEST_SIZE_MAX];
	size_t size = hash_size(HASH_SHA384);
	if (hex.n == 0 && ret->hashed.p != NULL) {
		ret->computed = HASH_SHA384;
		return 0;
	}
	if (!hex_get(digest, size, hex, true))
		return err_set(err, ST_FORMAT, "'digest' is not %zu bytes of hex", size);
	return event_add_digest(ret, tcg_hash_id(HASH_SHA384), (struct bytes){digest, size}, err);
}

/* An event of the firmware, whose payload may have been left out, or of dstack. */
static int read_event(struct dstack *own, struct log_event *ret, struct err *err)
{
	uint32_t imr = 0, type = 0;
	if (read_u32(own, KEY_IMR, UINT32_MAX - 1, &imr, err) < 0 ||
		read_u32(own, KEY_EVENT_TYPE, UINT32_MAX, &type, err) < 0)
		return -1;
	if (json_unhex(own->of[KEY_EVENT_PAYLOAD], &own->payload, &ret->data, err) < 0)
		return err_in(err, "'event_payload'");
	ret->index = imr + 1;
	if (type == EV_DSTACK_RUNTIME) {
		if (make_preimage(own, ret, err) < 0)
			return -1;
	} else {
		tcg_describe(ret, type, own->unnamed);
		/* Nobody hashes it. */
		ret->note = string_of(own, KEY_EVENT);
	}
	if (ret->hashed.p == NULL && ret->data.n == 0)
		ret->data.p = NULL;
	if (ret->note.n == 0)
		ret->note.p = NULL;
	return read_digest(own, ret, err);
}

static int read_any(struct dstack *own, struct log_event *ret, struct err *err)
{
	ret->place = PLACE_CC_MR;
	ret->extends = true;
	return has(own, KEY_EVENT_PAYLOAD) ? read_event(own, ret, err)
					   : read_runtime(own, ret, err);
}

static int read_element(struct dstack *own, size_t i, struct log_event *ret, struct err *err)
{
	struct json_object *o = json_object_array_get_idx(own->events, i);
	if (!json_object_is_type(o, json_type_object))
		return err_set(err, ST_FORMAT, "not a JSON object");
	own->there = json_members(o, keys, KEYS, own->of);
	return read_any(own, ret, err);
}

/* The list of events in a report, which is mostly a string; other texts have none. */
static int find_events(struct dstack *own, struct err *err)
{
	struct json_object *log = own->of[KEY_EVENT_LOG];
	if (!has(own, KEY_EVENT_LOG)) {
		if (!is_string(own, KEY_QUOTE))
			return 0;
		return err_set(err, ST_FORMAT, "a quote without an 'event_log'");
	}
	if (!json_object_is_type(log, json_type_string))
		json_object_get(log);
	else if (json_whole(json_bytes(log), &log, err) < 0)
		return err_in(err, "'event_log'");
	if (!json_object_is_type(log, json_type_array)) {
		json_object_put(log);
		return err_set(err, ST_FORMAT, "'event_log' is not an array");
	}
	own->events = log;
	own->next = 0;
	return 0;
}

static int next_text(struct dstack *own, struct err *err)
{
	drop_text(own);
	int rc = json_seq_next(&own->seq, &own->text, &own->off, err);
	if (rc <= 0)
		return rc;
	own->there = json_members(own->text, keys, KEYS, own->of);
	if (find_events(own, err) < 0)
		return err_in(err, "offset %llu", (unsigned long long)own->off);
	return 1;
}

static int next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct dstack *own = r->own;
	while (own->events == NULL || own->next == json_object_array_length(own->events)) {
		int rc = next_text(own, err);
		if (rc <= 0)
			return rc;
		if (own->events == NULL)
			break;
	}
	ret->off = own->off;
	if (own->events == NULL) {
		if (read_any(own, ret, err) == 0)
			return 1;
	} else {
		size_t i = own->next++;
		if (read_element(own, i, ret, err) == 0)
			return 1;
		err_in(err, "event_log[%zu]", i);
	}
	return err_in(err, "offset %llu", (unsigned long long)ret->off);
}

static bool sniff(struct bytes head)
{
	uint8_t first = json_head_first(head);
	if (first != '{' && first != '[')
		return false;
	if (json_head_value(head, "event").p != NULL)
		return json_head_value(head, "payload").p != NULL ||
		       json_head_value(head, "event_payload").p != NULL;
	struct bytes quote = json_head_value(head, "quote");
	return json_head_value(head, "event_log").p != NULL || bytes_start_with(quote, "\"0400") ||
	       bytes_start_with(quote, "\"0500");
}

const struct log_format log_format_dstack = {
	.name = "dstack",
	.names = NAMES_CC_MR,
	.summary = "what dstack measured, or the log in its quote report",
	.is_json = true,
	.sniff = sniff,
	.open = open_log,
	.next = next,
	.close = close_log,
};
