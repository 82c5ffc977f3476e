/* SPDX-License-Identifier: Apache-2.0 */
#include "model/verdict.h"

#include <stddef.h>

static const struct {
	const char *name;
	enum status status;
} verdicts[] = {
	[VERDICT_NONE] = {NULL, ST_FORMAT},
	[VERDICT_MISMATCH] = {"mismatch", ST_NO},
	[VERDICT_UNEXPECTED] = {"unexpected", ST_NO},
	[VERDICT_ALTERED] = {"altered", ST_NO},
	[VERDICT_LOG_AHEAD] = {"log-ahead", ST_NO},
	[VERDICT_UNLOGGED] = {"unlogged", ST_NO},
	[VERDICT_PARTIAL] = {"partial", ST_NO},
	[VERDICT_UNSUPPORTED] = {"unsupported", ST_NO},
	[VERDICT_UNDECIDED] = {"undecided", ST_NO},
	[VERDICT_UNCHECKED] = {"unchecked", ST_SYSTEM},
	[VERDICT_UNTOUCHED] = {"untouched", ST_OK},
	[VERDICT_MATCH] = {"match", ST_OK},
};

const char *verdict_name(enum verdict v)
{
	return verdicts[v].name;
}

enum status verdict_status(enum verdict v)
{
	return verdicts[v].status;
}
