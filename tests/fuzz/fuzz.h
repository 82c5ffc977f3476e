/* SPDX-License-Identifier: Apache-2.0 */
/* What libFuzzer calls with each input. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What must hold whatever the input is, also where assertions are compiled out. It is said on descriptor 2: what
 * `stderr` writes may be kept, as that of a command is.
 */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Cuts the next part off the front: parts have a line "%%" between them. */
static inline struct bytes fuzz_take_part(struct bytes *rest)
{
	static const char line[] = "%%\n";
	const uint8_t *at = rest->n > 0 ? memmem(rest->p, rest->n, line, strlen(line)) : NULL;
	struct bytes part = *rest;
	*rest = (struct bytes){NULL, 0};
	if (at == NULL)
		return part;
	size_t used = (size_t)(at - part.p) + strlen(line);
	*rest = (struct bytes){part.p + used, part.n - used};
	part.n = (size_t)(at - part.p);
	return part;
}

#endif
