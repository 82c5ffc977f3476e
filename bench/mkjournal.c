/* SPDX-License-Identifier: Apache-2.0 */
/* mkjournal N ROOT: a journal of N records of 120 bytes, sha384, and the register that it explains, as files below ROOT,
 * whose folders are there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/journal_line.h"

static const char boot_id[] = "11111111-2222-3333-4444-555555555555";
static const char time_text[] = "2026-11-25T00:00:00Z";

static int put_record(
	FILE *out, struct hasher *h, uint64_t seq, struct digest *value, struct err *err)
{
	static char buf[LINE_MAX_BYTES];
	char record[160];
	struct text t = {.buf = buf, .room = sizeof(buf)};
	struct journal_line intent = {.seq = seq, .reg = "sample/rtmr1:sha384", .pid = 1};
	snprintf(record, sizeof(record), "event %0114llu", (unsigned long long)seq);
	memcpy(intent.time, time_text, sizeof(time_text));
	intent.record = bytes_of(record);
	intent.before = intent.expected = *value;
	if (hash_bytes(h, intent.record, &intent.digest, err) < 0 ||
		hash_extend(h, &intent.expected, &intent.digest, err) < 0)
		return -1;
	*value = intent.expected;
	journal_put_intent(&t, &intent, NULL, 0);
	journal_put_end(&t, JOURNAL_COMMIT, seq, value, NULL, 0);
	return fwrite(t.buf, 1, t.n, out) == t.n ? 0 : err_set(err, ST_SYSTEM, "cannot write");
}

static int put_journal(FILE *out, uint64_t n, struct digest *value, struct err *err)
{
	char buf[256];
	struct text t = {.buf = buf, .room = sizeof(buf)};
	struct hasher *h;
	if (hasher_open(&h, HASH_SHA384, err) < 0)
		return -1;
	*value = (struct digest){.alg = HASH_SHA384, .size = 48};
	journal_put_header(&t, boot_id, time_text);
	fputs(buf, out);
	int rc = 0;
	for (uint64_t i = 0; rc == 0 && i < n; i++)
		rc = put_record(out, h, i, value, err);
	hasher_close(h);
	return rc;
}

static FILE *create(const char *root, const char *path)
{
	char whole[4096];
	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	return fopen(whole, "w");
}

int main(int argc, char *argv[])
{
	struct err err = {.msg = "usage: mkjournal N ROOT"};
	struct digest value;
	FILE *out = argc == 3 ? create(argv[2], "run/tsmctl/journal.jsonl") : NULL;
	FILE *mr = argc == 3 ? create(argv[2],
				       "sys/devices/virtual/misc/sample/measurements/rtmr1:sha384")
			     : NULL;
	FILE *boot = argc == 3 ? create(argv[2], "proc/sys/kernel/random/boot_id") : NULL;
	if (out == NULL || mr == NULL || boot == NULL ||
		put_journal(out, strtoull(argv[1], NULL, 10), &value, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	fprintf(boot, "%s\n", boot_id);
	fwrite(value.v, 1, value.size, mr);
	return fclose(out) == 0 && fclose(mr) == 0 && fclose(boot) == 0 ? 0 : 1;
}
