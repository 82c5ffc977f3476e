/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/register_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/vis.h>
#include <json-c/json.h>

#include "base/input.h"
#include "base/scope.h"
#include "formats/json_reader.h"
#include "formats/reader.h"

/* Takes back what makes a name visible, in place; false for what is no escape. */
static bool unvisible(char *name)
{
	char raw[NAME_MAX_VISIBLE];
	int n = strunvis(raw, name);
	if (n < 1 || strlen(raw) != (size_t)n)
		return false;
	strlcpy(name, raw, sizeof(raw));
	return true;
}

static int err_no_name(struct bytes full, struct err *err)
{
	return err_set(
		err, ST_FORMAT, "'%.*s' is no register name", (int)full.n, (const char *)full.p);
}

/* Adds the register whose whole name is `full`, with nothing read of its value yet. */
static struct mr *add_name(struct values *v, struct bytes full, struct err *err)
{
	char name[NAME_MAX_VISIBLE];
	if (full.n == 0 || full.n >= sizeof(name)) {
		err_set(err, ST_FORMAT, "a register name of %zu bytes", full.n);
		return NULL;
	}
	for (size_t i = 0; i < full.n; i++) {
		if (full.p[i] <= ' ' || full.p[i] >= 0x7f) {
			err_no_name(full, err);
			return NULL;
		}
	}
	memcpy(name, full.p, full.n);
	name[full.n] = '\0';

	char *slash = strchr(name, '/');
	char *local = slash != NULL ? slash + 1 : name;
	char *colon = strrchr(local, ':');
	if (slash != NULL)
		*slash = '\0';
	if (colon != NULL)
		*colon = '\0';
	if (!unvisible(local) || (slash != NULL && !unvisible(name)) ||
		(colon != NULL && !unvisible(colon + 1))) {
		err_no_name(full, err);
		return NULL;
	}
	struct mr *mr = mr_list_add(
		&v->mrs, slash != NULL ? name : "", local, colon != NULL ? colon + 1 : NULL, err);
	if (mr != NULL && colon != NULL)
		mr->alg = hash_by_name(bytes_of(colon + 1));
	return mr;
}

static bool is_twice(const struct values *v, const struct mr *mr)
{
	for (size_t i = 0; i < v->mrs.n; i++)
		if (v->mrs.mr[i] != mr && strcmp(v->mrs.mr[i]->full, mr->full) == 0)
			return true;
	return false;
}

/* Room for the value of one more register. */
static uint8_t *new_value(struct values *v, size_t size, struct err *err)
{
	struct bytes *grown = reallocarray(v->value, v->mrs.n + 1, sizeof(*grown));
	uint8_t *value = malloc(size);
	if (grown != NULL)
		v->value = grown;
	if (grown != NULL && value != NULL)
		return value;
	free(value);
	err_sys(err, ENOMEM, "values");
	return NULL;
}

struct mr *values_add(struct values *values, const char *name, const char *hash, struct bytes value,
	struct err *err)
{
	char raw[NAME_MAX_VISIBLE];
	if (strlcpy(raw, name, sizeof(raw)) >= sizeof(raw) || !unvisible(raw)) {
		err_no_name(bytes_of(name), err);
		return NULL;
	}
	uint8_t *copy = new_value(values, value.n, err);
	struct mr *mr = copy != NULL ? mr_list_add(&values->mrs, "", raw, hash, err) : NULL;
	if (mr == NULL) {
		free(copy);
		return NULL;
	}
	memcpy(copy, value.p, value.n);
	values->value[values->mrs.n - 1] = (struct bytes){copy, value.n};
	mr->size = (uint32_t)value.n;
	mr->alg = hash != NULL ? hash_by_name(bytes_of(hash)) : HASH_NONE;
	return mr;
}

static int add_row(struct values *v, struct bytes full, struct bytes hex, struct err *err)
{
	size_t size = hex.n / 2;
	if (size == 0 || size > VALUE_SIZE_MAX)
		return err_set(err, ST_FORMAT, "a value of %zu hex digits", hex.n);
	uint8_t *value = new_value(v, size, err);
	if (value == NULL)
		return -1;
	if (!hex_get(value, size, hex, true)) {
		free(value);
		return err_set(err, ST_FORMAT, "the value is not hex");
	}
	struct mr *mr = add_name(v, full, err);
	if (mr == NULL) {
		free(value);
		return -1;
	}
	v->value[v->mrs.n - 1] = (struct bytes){value, size};
	mr->size = (uint32_t)size;
	mr->cc_mr_index = mr_cc_index(mr->provider, mr->name);
	bool runtime = mr->alg > HASH_UNKNOWN && mr->cc_mr_index != 0;
	mr->flags = MR_READABLE | (runtime ? MR_RUNTIME : 0);
	/* A name has one spelling; with an escaped '/' it would become another one. */
	if (!bytes_equal(bytes_of(mr->full), full))
		return err_no_name(full, err);
	if (is_twice(v, mr))
		return err_set(err, ST_FORMAT, "'%s' is there twice", mr->full);
	if (mr->alg > HASH_UNKNOWN && size != hash_size(mr->alg))
		return err_set(err, ST_FORMAT, "'%s': %zu bytes, but %s has %zu", mr->full, size,
			hash_name(mr->alg), hash_size(mr->alg));
	return 0;
}

/* "HEX  REGISTER": spaces between and at the end do not count. */
static int parse_line(struct values *v, struct bytes line, struct err *err)
{
	size_t hex = 0, gap, end = line.n;
	while (hex < line.n && line.p[hex] != ' ')
		hex++;
	for (gap = hex; gap < line.n && line.p[gap] == ' ';)
		gap++;
	while (end > gap && (line.p[end - 1] == ' ' || line.p[end - 1] == '\r'))
		end--;
	if (hex == 0 || gap == end)
		return err_set(err, ST_FORMAT, "not 'HEX  REGISTER'");
	return add_row(
		v, (struct bytes){line.p + gap, end - gap}, (struct bytes){line.p, hex}, err);
}

static int parse_text(struct bytes text, struct values *v, struct err *err)
{
	for (size_t n = 1; text.n > 0; n++) {
		const uint8_t *end = memchr(text.p, '\n', text.n);
		struct bytes line = {text.p, end != NULL ? (size_t)(end - text.p) : text.n};
		if (line.n > 0 && parse_line(v, line, err) < 0)
			return err_in(err, "line %zu", n);
		size_t used = line.n + (end != NULL ? 1 : 0);
		text.p += used;
		text.n -= used;
	}
	return 0;
}

static struct json_object *member(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type) ? v : NULL;
}

static struct bytes string_bytes(struct json_object *o)
{
	return (struct bytes){
		(const uint8_t *)json_object_get_string(o), (size_t)json_object_get_string_len(o)};
}

static int parse_rows(struct json_object *doc, struct values *v, struct err *err)
{
	struct json_object *schema = member(doc, "schema", json_type_string);
	struct json_object *rows = member(doc, "registers", json_type_array);
	if (schema == NULL || !bytes_equal(string_bytes(schema), bytes_of("tsmctl.read/1")))
		return err_set(err, ST_FORMAT, "the schema is not tsmctl.read/1");
	if (rows == NULL)
		return err_set(err, ST_FORMAT, "no array 'registers'");
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		if (!json_object_is_type(row, json_type_object))
			return err_set(err, ST_FORMAT, "registers[%zu]: not an object", i);
		struct json_object *name = member(row, "register", json_type_string);
		struct json_object *value = member(row, "value", json_type_string);
		if (value == NULL && member(row, "error", json_type_object) != NULL)
			continue;
		if (name == NULL || value == NULL)
			return err_set(err, ST_FORMAT,
				"registers[%zu]: no string 'register' or 'value'", i);
		if (add_row(v, string_bytes(name), string_bytes(value), err) < 0)
			return err_in(err, "registers[%zu]", i);
		struct json_object *kind = member(row, "kind", json_type_string);
		if (kind != NULL && bytes_equal(string_bytes(kind), bytes_of("static")))
			v->mrs.mr[v->mrs.n - 1]->flags &= ~(unsigned)MR_RUNTIME;
	}
	return 0;
}

static int parse_json(struct bytes text, struct values *v, struct err *err)
{
	struct json_object *doc;
	while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == ' '))
		text.n--;
	if (json_whole(text, &doc, err) < 0)
		return err_in(err, "not the JSON of 'tsmctl read'");
	int rc = parse_rows(doc, v, err);
	json_object_put(doc);
	return rc;
}

int values_parse(struct bytes text, struct values *ret, struct err *err)
{
	*ret = (struct values){0};
	size_t blank = 0;
	while (blank < text.n && (text.p[blank] == ' ' || text.p[blank] == '\n'))
		blank++;
	int rc = blank < text.n && text.p[blank] == '{' ? parse_json(text, ret, err)
							: parse_text(text, ret, err);
	if (rc == 0 && ret->mrs.n == 0)
		return err_set(err, ST_FORMAT, "no register in it");
	return rc;
}

int values_load(const char *path, struct values *ret, struct err *err)
{
	AUTO_FREE uint8_t *text = NULL;
	size_t n;
	*ret = (struct values){0};
	if (input_read(path, VALUES_FILE_MAX, &text, &n, err) < 0)
		return -1;
	if (values_parse((struct bytes){text, n}, ret, err) == 0)
		return 0;
	err_if_log((struct bytes){text, n}, err);
	return err_in(err, "'%s'", path);
}

void values_clear(struct values *values)
{
	for (size_t i = 0; i < values->mrs.n && values->value != NULL; i++)
		free((void *)(uintptr_t)values->value[i].p);
	free(values->value);
	values->value = NULL;
	mr_list_clear(&values->mrs);
}

enum values_match values_match(
	const struct values *values, size_t i, const struct mr_list *list, struct mr **ret)
{
	const struct mr *row = values->mrs.mr[i];
	size_t n = 0;
	for (size_t k = 0; k < list->n; k++) {
		bool full, other;
		struct mr *mr = list->mr[k];
		if (!mr_named(mr, row->full, &full) && !mr_named(row, mr->full, &other))
			continue;
		if (full)
			n = 0;
		*ret = mr;
		n++;
		if (full)
			break;
	}
	return n == 0 ? VALUES_NONE : n == 1 ? VALUES_ONE : VALUES_AMBIGUOUS;
}
