/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "command.h"
#include "fuzz.h"

void command_parse(struct command *c)
{
	struct json_tokener *tok = json_tokener_new_ex(32);
	MUST(tok != NULL && c->out.n > 0 && c->out.p[c->out.n - 1] == '\n');
	json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8);
	c->json = json_tokener_parse_ex(tok, (const char *)c->out.p, (int)c->out.n - 1);
	/* Not one byte more than a document. */
	MUST(c->json != NULL && json_tokener_get_parse_end(tok) == c->out.n - 1);
	MUST(command_string(c->json, "schema") != NULL);
	json_tokener_free(tok);
}

void command_clear(struct command *c)
{
	json_object_put(c->json);
	free((void *)(uintptr_t)c->out.p);
	free((void *)(uintptr_t)c->err.p);
}

const char *command_string(struct json_object *o, const char *key)
{
	struct json_object *v;
	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

struct json_object *command_row(const struct command *c, size_t i)
{
	struct json_object *rows;
	if (!json_object_object_get_ex(c->json, "registers", &rows) ||
		i >= json_object_array_length(rows))
		return NULL;
	return json_object_array_get_idx(rows, i);
}

struct json_object *command_row_of(const struct command *c, const char *name)
{
	struct json_object *row;
	for (size_t i = 0; (row = command_row(c, i)) != NULL; i++) {
		const char *is = command_string(row, "register");
		if (is != NULL && strcmp(is, name) == 0)
			return row;
	}
	return NULL;
}
