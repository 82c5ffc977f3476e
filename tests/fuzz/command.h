/* SPDX-License-Identifier: Apache-2.0 */
/* tsmctl's commands, run inside the fuzz target, and what they print. */
#ifndef TEST_FUZZ_COMMAND_H
#define TEST_FUZZ_COMMAND_H

#include "base/bytes.h"
#include "base/status.h"

struct json_object; /* json-c's, which cannot be included beside out/json.h */

struct command {
	enum status status;
	struct bytes out, err;	  /* standard output and standard error; owned */
	struct json_object *json; /* of what was printed; NULL: none was asked for */
};

/*
 * Runs `tsmctl WORDS...`; argv ends with NULL. What must hold for every command is checked: each line on
 * standard error is "tsmctl: " and printable text, a failure says something, and what --json prints is one
 * document with a schema. The caller clears the result.
 */
void command_run(const char *const argv[], struct command *ret);
void command_clear(struct command *c);
/* For command_run: parses what was printed. */
void command_parse(struct command *c);

/* A string member of a JSON object; NULL: it has none. */
const char *command_string(struct json_object *o, const char *key);
/* The i-th row of the document; NULL: there are not so many. */
struct json_object *command_row(const struct command *c, size_t i);
/* The row of this register; NULL: there is none. */
struct json_object *command_row_of(const struct command *c, const char *name);

#endif
