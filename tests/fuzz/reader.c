/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <string.h>
#include <unistd.h>

#include "feed.h"
#include "fuzz.h"
#include "formats/log_formats.h"

struct pass {
	struct bytes log;
	reader_check *check;
	uint64_t hash; /* of all that was delivered */
	size_t n;
};

static void mix(struct pass *p, struct bytes b)
{
	p->hash = (p->hash ^ b.n) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < b.n; i++)
		p->hash = (p->hash ^ b.p[i]) * UINT64_C(0x100000001b3);
}

static void see(struct pass *p, const struct log_event *ev, uint64_t end)
{
	mix(p, bytes_of(ev->kind));
	mix(p, ev->data);
	mix(p, ev->hashed);
	mix(p, ev->text);
	mix(p, ev->time);
	for (size_t i = 0; i < ev->n_digests; i++)
		mix(p, digest_bytes(&ev->digest[i].d));
	p->hash ^= ev->index ^ (uint64_t)ev->type << 32 ^ ev->n_digests ^ (uint64_t)ev->place;
	p->n++;
	if (p->check != NULL)
		p->check(p->log, ev, end);
}

static int read_all(struct log_reader *r, struct pass *p, struct err *err)
{
	static struct log_event ev;
	int rc;
	while ((rc = log_reader_next(r, &ev, err)) > 0)
		see(p, &ev, window_tell(&r->in));
	return rc;
}

size_t reader_run(struct bytes log, const char *format, reader_check *check)
{
	struct log_reader r;
	struct feed f;
	feed_log(log, format, NULL, NULL, &f);
	struct err err = {0};
	struct pass first = {log, check, 1, 0}, second = {log, NULL, 1, 0};
	int fd = memory_file(log);
	int rc =
		log_formats_open(&r, fd, format != NULL ? log_formats_by_name(format) : NULL, &err);
	MUST((rc == 0) == (f.format != NULL));
	if (rc == 0) {
		rc = read_all(&r, &first, &err);
		MUST(rc == f.rc && first.n == f.n);
		MUST(rc == 0 || first.n == 0 || strstr(err.msg, "offset ") != NULL);
		MUST(log_reader_rewind(&r, &err) == 0);
		MUST(read_all(&r, &second, &err) == rc);
		MUST(second.n == first.n && second.hash == first.hash);
		log_reader_close(&r);
	}
	close(fd);
	return first.n;
}

size_t reader_sniffed(struct bytes log, const char *format, size_t n)
{
	struct feed f;
	feed_log(log, NULL, NULL, NULL, &f);
	return f.format != NULL && strcmp(f.format, format) == 0 ? f.n : n;
}
