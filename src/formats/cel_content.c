/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/cel_content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "formats/tcg_names.h"

enum { SYSTEMD_STRING_CUT = 1024 }; /* bytes after which pcrextend writes "..." instead */

static bool same_word(struct bytes a, struct bytes b)
{
	return a.n == b.n && strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0;
}

/*
 * The log's name for an event that has no TCG type. The name of a TCG type is refused: a reader
 * would take the event for one of that type, whose data was checked.
 */
static int read_kind(
	struct json_object *kind, const char *key, struct log_event *ret, struct err *err)
{
	uint32_t type;
	if (json_name(kind, key, &ret->kind, err) < 0)
		return -1;
	if (tcg_event_by_name(bytes_of(ret->kind), &type))
		return err_set(err, ST_FORMAT,
			"'%s' is '%s', the type of an event that only a pcclient_std content has",
			key, ret->kind);
	return 0;
}

/* None at all is no data. */
static int read_hex(struct cel_content *c, struct json_object *hex, const char *key,
	struct bytes *ret, struct err *err)
{
	if (hex == NULL)
		return 0;
	return json_unhex(hex, &c->data, ret, err) < 0 ? err_in(err, "'%s'", key) : 0;
}

/* The content as it is, for a person to read. */
static void keep_opaque(struct json_object *content, struct log_event *ret)
{
	if (content == NULL)
		return;
	ret->text.p = (const uint8_t *)json_object_to_json_string_length(
		content, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &ret->text.n);
}

static int read_pcclient(
	struct cel_content *c, struct json_object *content, struct log_event *ret, struct err *err)
{
	static const char *const keys[] = {"event_type", "event_data"};
	struct json_object *value[2];
	uint32_t type;
	uint64_t number;
	json_members(content, keys, 2, value);
	if (value[0] == NULL)
		return err_set(err, ST_FORMAT, "a pcclient_std content without 'event_type'");
	if (read_hex(c, value[1], keys[1], &ret->data, err) < 0)
		return -1;
	bool named = json_object_is_type(value[0], json_type_string);
	if (named && tcg_event_by_name(json_bytes(value[0]), &type))
		tcg_describe(ret, type, c->unnamed);
	else if (json_number(value[0], &number) && number <= UINT32_MAX)
		tcg_describe(ret, (uint32_t)number, c->unnamed);
	else if (named)
		return json_name(value[0], keys[0], &ret->kind, err);
	else
		return err_set(err, ST_FORMAT, "'event_type' is neither a name nor 32 bits");
	return 0;
}

static int read_ima_template(
	struct cel_content *c, struct json_object *content, struct log_event *ret, struct err *err)
{
	static const char *const keys[] = {"template_name", "template_data"};
	struct json_object *value[2];
	json_members(content, keys, 2, value);
	bool named = json_object_is_type(value[0], json_type_string);
	if (read_hex(c, value[1], keys[1], &ret->data, err) < 0)
		return -1;
	if (ima_record_read(&c->ima, json_bytes(named ? value[0] : NULL), ret, err) < 0)
		return err_in(err, "'%s'", keys[0]);
	return 0;
}

bool cel_content_hashes_string(struct bytes s, const char *kind)
{
	if (strcasecmp(kind, "volume-key") == 0 || strcasecmp(kind, "nvpcr-init") == 0)
		return false;
	if (strcmp(kind, "record") == 0 && bytes_start_with(s, "cryptsetup:"))
		return false;
	bool cut = s.n > SYSTEMD_STRING_CUT && memcmp(s.p + s.n - 3, "...", 3) == 0;
	return !cut && memchr(s.p, '\\', s.n) == NULL;
}

static int read_systemd(
	struct cel_content *c, struct json_object *content, struct log_event *ret, struct err *err)
{
	static const char *const keys[] = {"string", "timestamp", "eventType", "event_type"};
	struct json_object *value[4];
	uint64_t us;
	json_members(content, keys, 4, value);
	/* libcel writes the last. */
	int key = value[2] != NULL ? 2 : 3;
	if (read_kind(value[key], keys[key], ret, err) < 0)
		return -1;
	if (json_object_is_type(value[0], json_type_string))
		ret->text = ret->data = json_bytes(value[0]);
	if (ret->data.p != NULL && cel_content_hashes_string(ret->data, ret->kind))
		ret->hashed = ret->data;
	if (value[1] == NULL)
		return 0;
	if (!json_number(value[1], &us))
		return err_set(err, ST_FORMAT, "'timestamp' is not a number of microseconds");
	int n = snprintf(c->time, sizeof(c->time), "%llu", (unsigned long long)us);
	ret->time = (struct bytes){(const uint8_t *)c->time, (size_t)n};
	return 0;
}

/* Records of tsmctl's own that have no event type: "record" was hashed, "digest" was given. */
static int read_tsmctl(
	struct cel_content *c, struct json_object *content, struct log_event *ret, struct err *err)
{
	static const char *const keys[] = {"kind", "data"};
	struct json_object *value[2];
	json_members(content, keys, 2, value);
	if (!json_object_is_type(value[0], json_type_string))
		return err_set(err, ST_FORMAT, "a tsmctl content without a string 'kind'");
	if (read_kind(value[0], keys[0], ret, err) < 0 ||
		read_hex(c, value[1], keys[1], &ret->data, err) < 0)
		return -1;
	if (strcmp(ret->kind, "record") != 0)
		return 0;
	if (ret->data.p == NULL)
		return err_set(err, ST_FORMAT, "a record without 'data'");
	ret->hashed = ret->data;
	return 0;
}

/* Marks of whoever keeps the log, one or a list of them. */
static int read_management(
	struct cel_content *c, struct json_object *content, struct log_event *ret, struct err *err)
{
	struct json_object *first = content;
	(void)c;
	if (json_object_is_type(content, json_type_array))
		first = json_object_array_get_idx(content, 0);
	ret->extends = false;
	ret->kind = "cel";
	keep_opaque(content, ret);
	return read_kind(json_member(first, "type", json_type_string), "type", ret, err);
}

struct content_type {
	struct bytes name;
	int (*read)(struct cel_content *c, struct json_object *content, struct log_event *ret,
		struct err *err);
	bool list_too;
};

#define NAME(name)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(name), sizeof(name) - 1                                          \
	}

static const struct content_type content_types[] = {
	{NAME("pcclient_std"), read_pcclient, false},
	{NAME("systemd"), read_systemd, false},
	{NAME("tsmctl"), read_tsmctl, false},
	{NAME("ima_template"), read_ima_template, false},
	{NAME("cel"), read_management, true},
};

int cel_content_read(struct cel_content *c, struct json_object *type, struct json_object *content,
	struct log_event *ret, struct err *err)
{
	struct bytes name = json_bytes(type);
	ret->kind = "record";
	ret->extends = true;
	for (size_t i = 0; i < sizeof(content_types) / sizeof(content_types[0]); i++) {
		const struct content_type *known = &content_types[i];
		if (type == NULL || !same_word(name, known->name))
			continue;
		if (!json_object_is_type(content, json_type_object) &&
			!(known->list_too && json_object_is_type(content, json_type_array)))
			return err_set(err, ST_FORMAT, "'content' is not an object");
		return known->read(c, content, ret, err);
	}
	keep_opaque(content, ret);
	return read_kind(type, "content_type", ret, err);
}

void cel_content_clear(struct cel_content *c)
{
	free(c->data.p);
	c->data = (struct json_room){0};
}
