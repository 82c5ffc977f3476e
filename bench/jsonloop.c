/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonloop FILE: the least that reading a file of JSON objects can cost, one a line: json-c parses
 * each, with one tokener that is used again, and drops it. RS (RFC 7464) may stand before one.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char *argv[])
{
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	struct json_tokener *tok = json_tokener_new();
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	long parsed = 0;
	if (file == NULL || tok == NULL)
		return 1;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	while ((n = getline(&line, &room, file)) > 0) {
		int rs = line[0] == '\x1e';
		json_tokener_reset(tok);
		struct json_object *o = json_tokener_parse_ex(tok, line + rs, (int)n - rs);
		if (o == NULL)
			return 1;
		json_object_put(o);
		parsed++;
	}
	free(line);
	json_tokener_free(tok);
	return fclose(file) == 0 && parsed > 0 ? 0 : 1;
}
