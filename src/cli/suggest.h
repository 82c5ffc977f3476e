/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator probably meant by an unknown word. It is only suggested, never assumed. */
#ifndef TSMCTL_CLI_SUGGEST_H
#define TSMCTL_CLI_SUGGEST_H

#include <stddef.h>

#include "model/mr_list.h"

struct suggestion {
	const char *word; /* what was typed */
	const char *name; /* the nearest name so far; NULL: none is near */
	size_t distance;
};

/*
 * Keeps name if it is the nearest to the word so far, in any case of letters: one edit for each three
 * letters at most, or the word is its beginning.
 */
void suggest_try(struct suggestion *s, const char *name);

/* The register that a word was to name, with the same numbers in it; NULL: none is near. The list has the name. */
const char *suggest_register(const struct mr_list *mrs, const char *word);

#endif
