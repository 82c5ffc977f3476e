/* SPDX-License-Identifier: Apache-2.0 */
/* Measurement lists: a binary record that is put together again is what was read. */
#include <string.h>

#include "feed.h"
#include "fuzz.h"
#include "reader.h"
#include "formats/ima.h"

static void check_binary(struct bytes log, const struct log_event *ev, uint64_t end)
{
	struct text t = {0};
	text_le32(&t, ev->index);
	if (ev->hashed.p != NULL || !ev->every_bank)
		text_add(&t, digest_bytes(&ev->digest[0].d));
	else
		text_fill(&t, '\0', ev->digest[0].d.size);
	text_le32(&t, (uint32_t)strlen(ev->kind));
	text_str(&t, ev->kind);
	if (strcmp(ev->kind, "ima") != 0)
		text_le32(&t, (uint32_t)ev->data.n);
	text_add(&t, ev->data);
	MUST(t.n == end - ev->off && memcmp(log.p + ev->off, t.p, t.n) == 0);
	text_free(&t);
}

static void check_line(struct bytes log, const struct log_event *ev, uint64_t end)
{
	MUST(log.p[end - 1] == '\n' && ev->index < 100);
	MUST(memchr(log.p + ev->off, '\n', end - ev->off) == log.p + end - 1);
	/* A path is part of its line, and of the data. */
	MUST(ev->text.p == NULL || ev->text.n == 0 ||
		memmem(log.p + ev->off, end - ev->off, ev->text.p, ev->text.n) != NULL);
	MUST(ev->text.p == NULL || ev->text.n == 0 ||
		memmem(ev->data.p, ev->data.n, ev->text.p, ev->text.n) != NULL);
}

static void check_record(struct bytes log, const struct log_event *ev, uint64_t end)
{
	MUST(ev->place == PLACE_PCR && ev->extends && !ev->has_type);
	MUST(ev->n_digests == 1);
	MUST(!ev->every_bank || ev->hashed.p != NULL || ev->digest[0].d.v[0] == 0xff);
	MUST(ev->every_bank || ev->hashed.p == NULL);
	if (log.p[0] == ' ' || (log.p[0] >= '0' && log.p[0] <= '9'))
		check_line(log, ev, end);
	else
		check_binary(log, ev, end);
}

/* The same data as an event of a Canonical Event Log has it: behind the template's name and a blank. */
static void check_content(struct bytes all)
{
	static struct ima_record own;
	struct err err = {0};
	const uint8_t *blank = all.n > 0 ? memchr(all.p, ' ', all.n) : NULL;
	size_t n = blank != NULL ? (size_t)(blank - all.p) : 0;
	struct log_event ev = {.place = PLACE_PCR, .extends = true, .n_digests = 1};
	ev.data = blank != NULL ? (struct bytes){blank + 1, all.n - n - 1} : all;
	ev.digest[0].d = digest_of(HASH_SHA1, (struct bytes){all.p, all.n < 20 ? all.n : 20});
	if (ima_record_read(&own, (struct bytes){all.p, n}, &ev, &err) < 0) {
		MUST(err.status == ST_FORMAT && err.msg[0] != '\0');
		return;
	}
	MUST(ev.kind == own.kind && bytes_is_word(bytes_of(ev.kind)));
	MUST(ev.text.p == NULL || memmem(ev.data.p, ev.data.n, ev.text.p, ev.text.n) != NULL);
	/* What was hashed is the data, or what template "ima" pads it to. */
	MUST(ev.hashed.p == NULL || ev.hashed.p == ev.data.p ||
		(ev.hashed.p == own.padded && ev.hashed.n == IMA_PADDED));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_content((struct bytes){data, size});
	reader_run((struct bytes){data, size}, "ima", check_record);
	reader_run((struct bytes){data, size}, NULL, NULL);
	return 0;
}
