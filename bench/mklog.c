/* SPDX-License-Identifier: Apache-2.0 */
/* mklog N LOG VALUES: a kernel's text log of N records of 120 bytes, sha384, and the value that its
 * register has then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/hash.h"

static int put(FILE *log, struct hasher *h, struct digest *value, const char *line, bool blank,
	struct err *err)
{
	struct digest d;
	fprintf(log, "%s%s\n", blank ? "\n" : "", line);
	if (hash_bytes(h, bytes_of(line), &d, err) < 0)
		return -1;
	return hash_extend(h, value, &d, err);
}

static int write_log(long n, FILE *log, struct digest *value, struct err *err)
{
	struct hasher *h;
	char line[160], hex[2 * DIGEST_SIZE_MAX + 1];
	if (hasher_open(&h, HASH_SHA384, err) < 0)
		return -1;
	*value = (struct digest){.alg = HASH_SHA384, .size = 48};
	snprintf(line, sizeof(line), "SYNC sha384/%s", hex_str(hex, digest_bytes(value)));
	int rc = put(log, h, value, line, false, err);
	for (long i = 0; rc == 0 && i < n; i++) {
		snprintf(line, sizeof(line), "event %0114ld", i);
		rc = put(log, h, value, line, true, err);
	}
	hasher_close(h);
	return rc;
}

int main(int argc, char *argv[])
{
	struct digest value;
	struct err err = {.msg = "usage: mklog N LOG VALUES"};
	FILE *log = argc == 4 ? fopen(argv[2], "w") : NULL;
	FILE *values = argc == 4 ? fopen(argv[3], "w") : NULL;
	char hex[2 * DIGEST_SIZE_MAX + 1];
	if (log == NULL || values == NULL ||
		write_log(strtol(argv[1], NULL, 10), log, &value, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	fprintf(values, "%s  rtmr1:sha384\n", hex_str(hex, digest_bytes(&value)));
	return fclose(log) == 0 && fclose(values) == 0 ? 0 : 1;
}
