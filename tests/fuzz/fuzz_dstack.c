/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dstack's logs: only RTMRs, and an event of its own says what was hashed. What begins with a byte that no JSON
 * begins with is an attestation, whose log is read.
 */
#include "feed.h"
#include "fuzz.h"
#include "reader.h"

#include <stdlib.h>

#include "formats/dstack_attestation.h"

static void check_event(struct bytes log, const struct log_event *ev, uint64_t end)
{
	MUST(log.p[ev->off] == '{' && log.p[end - 1] == '}');
	MUST(ev->place == PLACE_CC_MR && ev->index > 0 && ev->has_type);
	MUST(ev->n_digests == 1 && ev->digest[0].d.alg == HASH_SHA384);
	MUST((ev->hashed.p != NULL) == (ev->type == UINT32_C(0x08000001)));
	if (ev->hashed.p == NULL)
		return;
	/* The first kind ends with the payload; the second is JSON. */
	MUST(ev->hashed.n > ev->data.n);
	size_t rest = ev->hashed.n - ev->data.n;
	if (ev->hashed.p[0] == 0x01)
		MUST(bytes_equal((struct bytes){ev->hashed.p + rest, ev->data.n}, ev->data));
	else
		MUST(utf8_valid(ev->hashed) && bytes_start_with(ev->hashed, "{\"name\":\""));
}

static void read_log(struct bytes log)
{
	size_t n = reader_run(log, "dstack", check_event);
	MUST(reader_sniffed(log, "dstack", n) == n);
}

static bool is_inside(struct bytes part, struct bytes file)
{
	return part.n == 0 || (part.p >= file.p && part.p + part.n <= file.p + file.n);
}

static void read_attestation(struct bytes file)
{
	struct dstack_attestation a;
	struct err err = {0};
	char *log;
	size_t n;
	if (dstack_attestation_parse(file, &a, &err) < 0) {
		MUST(err.status == ST_FORMAT);
		return;
	}
	MUST(is_inside(a.evidence, file) && is_inside(a.certs, file));
	MUST(a.rest_at <= file.n && a.rest.n == file.n - a.rest_at);
	if (dstack_attestation_log(&a, &log, &n, &err) < 0) {
		MUST(err.status == (a.has_log ? ST_FORMAT : ST_ABSENT));
		return;
	}
	read_log((struct bytes){(uint8_t *)log, n});
	free(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size};
	if (size > 0 && (data[0] < '\t' || data[0] >= 0x80))
		read_attestation(in);
	else
		read_log(in);
	return 0;
}
