/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

#include <unistd.h>

#include "check.h"
#include "formats/log_formats.h"

void text_le16(struct text *t, unsigned v)
{
	text_add(t, (struct bytes){(const uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2});
}

void text_le32(struct text *t, uint32_t v)
{
	text_le16(t, v & 0xffff);
	text_le16(t, v >> 16);
}

void text_be32(struct text *t, uint32_t v)
{
	const uint8_t b[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
	text_add(t, (struct bytes){b, 4});
}

void text_unhex(struct text *t, const char *hex)
{
	for (; *hex != '\0'; hex++) {
		uint8_t v;
		if (*hex == ' ')
			continue;
		CHECK(hex_get(&v, 1, (struct bytes){(const uint8_t *)hex, 2}, false));
		text_char(t, (char)v);
		hex++;
	}
}

static void check_event(const struct log_event *ev, size_t n, size_t log_size)
{
	CHECK_U64(ev->seq, n);
	CHECK(ev->off < log_size && ev->data.n <= log_size + 300);
	CHECK(ev->kind != NULL && ev->kind[0] != '\0');
	CHECK(ev->n_digests <= EVENT_DIGESTS_MAX);
	CHECK((ev->reg != NULL) == (ev->place == PLACE_NAMED));
	CHECK(!ev->every_bank || ev->hashed.p != NULL ||
		(ev->n_digests == 1 && ev->digest[0].d.v[0] == 0xff));
	CHECK(ev->text.p == NULL || utf8_valid(ev->text));
	CHECK(ev->locality >= -1 && ev->locality <= 255);
	for (size_t i = 0; i < ev->n_digests; i++) {
		const struct digest *d = &ev->digest[i].d;
		CHECK(d->alg >= HASH_UNKNOWN && d->alg < HASH_COUNT);
		CHECK(d->size <= DIGEST_SIZE_MAX);
		CHECK(d->alg == HASH_UNKNOWN || d->size == hash_size(d->alg));
		for (size_t k = 0; k < i; k++)
			CHECK(ev->digest[i].tcg_id == 0 ||
				ev->digest[k].tcg_id != ev->digest[i].tcg_id);
	}
}

static void check_err(const struct err *err)
{
	CHECK(err->status == ST_FORMAT && err->msg[0] != '\0');
	for (const char *c = err->msg; *c != '\0'; c++)
		CHECK(*c >= ' ' && *c < 0x7f);
}

/* All bytes of a view are looked at, so that a sanitizer sees one that is no longer valid. */
static void touch(struct bytes b)
{
	static volatile uint8_t last;
	for (size_t i = 0; i < b.n; i++)
		last = b.p[i];
	(void)last;
}

/* Records of JSON have something between them; a text of dstack's has many events, or none. */
static void check_place(struct bytes log, const char *format, uint64_t before, uint64_t off)
{
	bool json = strcmp(format, "cel-json") == 0 || strcmp(format, "systemd") == 0;
	if (strcmp(format, "dstack") == 0)
		return;
	CHECK(off >= before);
	for (uint64_t i = before; i < off; i++)
		CHECK(json && log.p[i] != '\0' && strchr("[, \t\r\n\x1e", log.p[i]) != NULL);
}

void feed_log(struct bytes log, const char *format, feed_event *each, void *arg, struct feed *ret)
{
	struct log_reader r;
	static struct log_event ev;
	const struct log_format *f = format != NULL ? log_formats_by_name(format) : NULL;
	CHECK(format == NULL || f != NULL);
	*ret = (struct feed){.rc = -1};
	int fd = memory_file(log);
	if (log_formats_open(&r, fd, f, &ret->err) == 0) {
		ret->format = r.format->name;
		ret->guessed = r.guessed;
		while ((ret->rc = log_reader_next(&r, &ev, &ret->err)) > 0) {
			check_event(&ev, ret->n, log.n);
			check_place(log, ret->format, ret->end, ev.off);
			ret->end = window_tell(&r.in);
			CHECK(ret->end > ev.off && ret->end <= log.n);
			touch(ev.data);
			touch(ev.hashed);
			touch(ev.text);
			touch(ev.time);
			ret->n++;
			if (each != NULL)
				each(&ev, arg);
		}
		memcpy(ret->note, r.note, sizeof(ret->note));
		log_reader_close(&r);
	}
	if (ret->rc < 0)
		check_err(&ret->err);
	close(fd);
}

void feed_good(struct bytes log, const char *given, const char *format, size_t n)
{
	struct feed f;
	feed_log(log, given, NULL, NULL, &f);
	if (f.rc < 0)
		check_failed(__FILE__, __LINE__, "after %zu events: %s", f.n, f.err.msg);
	CHECK_STR(f.format, format);
	CHECK_U64(f.n, n);
}

void feed_bad(struct bytes log, const char *format, size_t n, const char *part)
{
	struct feed f;
	feed_log(log, format, NULL, NULL, &f);
	if (f.rc == 0 || strstr(f.err.msg, part) == NULL)
		check_failed(__FILE__, __LINE__, "after %zu events: \"%s\", not \"%s\"", f.n,
			f.rc < 0 ? f.err.msg : "the end", part);
	CHECK_U64(f.n, n);
}

struct places {
	const struct feed *feed;
	uint64_t end[64];
	size_t n;
};

static void add_place(const struct log_event *ev, void *arg)
{
	struct places *p = arg;
	(void)ev;
	CHECK(p->n < 64);
	p->end[p->n++] = p->feed->end;
}

/* Padding of a binary log, or what may be behind the last record of JSON. */
static bool is_fill(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++) {
		bool blank = b.p[i] != 0 && strchr(" \n]\x1e", b.p[i]) != NULL;
		bool padding = b.p[i] == b.p[0] && (b.p[0] == 0 || b.p[0] == 0xff);
		if (!blank && !padding)
			return false;
	}
	return true;
}

void feed_cuts(struct bytes log, const char *format)
{
	struct feed f;
	struct places p = {.feed = &f};
	feed_log(log, format, add_place, &p, &f);
	CHECK(f.rc == 0 && p.n > 1);
	for (size_t cut = 0, whole = 0; cut < log.n; cut++) {
		while (whole < p.n && p.end[whole] <= cut)
			whole++;
		size_t at = whole > 0 ? p.end[whole - 1] : 0;
		struct bytes tail = {log.p + at, cut - at};
		feed_log((struct bytes){log.p, cut}, format, NULL, NULL, &f);
		CHECK_U64(f.n, whole);
		if (f.rc == 0)
			CHECK(whole > 0 && is_fill(tail));
		else
			CHECK(whole == 0 || strstr(f.err.msg, "offset ") != NULL);
	}
}

struct value {
	enum place place;
	uint32_t index;
	const struct model_hash *h;
	uint8_t *v;
};

static void extend_value(const struct log_event *ev, void *arg)
{
	struct value *to = arg;
	uint8_t own[MODEL_SIZE_MAX];
	const uint8_t *d = NULL;
	if (!ev->extends || ev->place != to->place || ev->index != to->index)
		return;
	for (size_t i = 0; i < ev->n_digests; i++)
		if (strcmp(hash_name(ev->digest[i].d.alg), to->h->name) == 0)
			d = ev->digest[i].d.v;
	if (d == NULL && ev->every_bank && ev->hashed.p == NULL) {
		memset(own, 0xff, sizeof(own));
		d = own;
	} else if (d == NULL && ev->every_bank) {
		model_hash2(to->h, ev->hashed, (struct bytes){NULL, 0}, own);
		d = own;
	}
	if (d != NULL)
		model_hash2(to->h, (struct bytes){to->v, to->h->size},
			(struct bytes){d, to->h->size}, to->v);
}

void feed_value(struct bytes log, const char *format, enum place place, uint32_t index,
	const struct model_hash *h, uint8_t *ret)
{
	struct value to = {place, index, h, ret};
	struct feed f;
	memset(ret, 0, h->size);
	feed_log(log, format, extend_value, &to, &f);
	if (f.rc < 0)
		check_failed(__FILE__, __LINE__, "after %zu events: %s", f.n, f.err.msg);
}
