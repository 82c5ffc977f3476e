/* SPDX-License-Identifier: Apache-2.0 */
#include "round.h"

#include <string.h>
#include <unistd.h>

#include "check.h"
#include "replay/payload.h"
#include "formats/log_formats.h"

enum { NO_ACTION = 3, ACTION = 5, TAG = 6, IPL = 13, N_MODELS = 3 };

static const struct model_hash *const models[N_MODELS] = {
	&model_sha1, &model_sha256, &model_sha384};

static int keep(void *arg, struct bytes b, struct err *err)
{
	(void)err;
	text_add(arg, b);
	return 0;
}

static int each_event(struct log_reader *r, struct export *x, unsigned *algs, struct err *err)
{
	static struct log_event ev;
	int rc;
	while ((rc = log_reader_next(r, &ev, err)) > 0) {
		if (algs != NULL)
			*algs |= export_algs(&ev);
		else if (export_event(x, &ev, err) < 0)
			return -1;
	}
	return rc;
}

/* As a caller does: once to see which hashes there are, and once more. */
static void run(struct log_reader *r, const char *to, struct round *ret)
{
	static struct export x;
	unsigned algs = 0;
	ret->format = r->format->name;
	/* A kernel's text log is not pulled. */
	if (r->format->next == NULL) {
		err_set(&ret->err, ST_FORMAT, "not pulled");
		return;
	}
	ret->rc = each_event(r, NULL, &algs, &ret->err);
	ret->n = r->seq;
	ret->read = ret->rc == 0;
	if (!ret->read)
		return;
	CHECK(log_reader_rewind(r, &ret->err) == 0);
	export_open(&x, export_format_by_name(to), algs, keep, &ret->out);
	ret->rc = each_event(r, &x, NULL, &ret->err);
	ret->place = x.place;
	struct err err = {0};
	CHECK(export_close(&x, &err) == 0);
	memcpy(ret->note, x.note, sizeof(ret->note));
}

void round_export(struct bytes log, const char *from, const char *to, struct round *ret)
{
	struct log_reader r;
	*ret = (struct round){.rc = -1};
	int fd = memory_file(log);
	if (log_formats_open(&r, fd, from != NULL ? log_formats_by_name(from) : NULL, &ret->err) ==
		0) {
		run(&r, to, ret);
		log_reader_close(&r);
	}
	close(fd);
}

const char *round_format(const struct round *r, const char *to)
{
	if (strcmp(to, "tcg2") != 0)
		return to;
	return r->place == PLACE_PCR ? "tpm" : "ccel";
}

static bool is_spec_id(const struct log_event *ev)
{
	return ev->has_type && ev->type == NO_ACTION &&
	       bytes_start_with(ev->data, "Spec ID Event03") && ev->data.n > 15 &&
	       ev->data.p[15] == '\0';
}

/* Whether an event is not in the export: it extends nothing, and has no place there. */
static bool is_dropped(const struct log_event *ev, const char *to)
{
	if (ev->extends || strcmp(to, "cel-json") == 0)
		return false;
	if (strcmp(to, "tcg2") == 0)
		return true;
	return ev->place == PLACE_NONE || ev->place == PLACE_NAMED;
}

static bool can_digest(const struct event_digest *d, const char *to)
{
	if (strcmp(to, "tcg2") == 0)
		return d->d.alg != HASH_UNKNOWN;
	return d->tcg_id != 0 && d->d.size > 0 && (d->tcg_id <= 255 || strcmp(to, "cel-json") == 0);
}

/* What is there in more banks is what the log says that they were extended with. */
static void check_banks(const struct log_event *a, const struct log_event *b, size_t from)
{
	uint8_t want[MODEL_SIZE_MAX];
	CHECK(from == b->n_digests || a->every_bank);
	for (size_t i = from; i < b->n_digests; i++)
		for (size_t k = 0; k < N_MODELS; k++) {
			const struct digest *d = &b->digest[i].d;
			if (strcmp(hash_name(d->alg), models[k]->name) != 0)
				continue;
			if (a->hashed.p != NULL)
				model_hash2(models[k], a->hashed, (struct bytes){NULL, 0}, want);
			else
				memset(want, 0xff, sizeof(want));
			CHECK_BYTES(digest_bytes(d), ((struct bytes){want, models[k]->size}));
		}
}

static void compare_digests(const struct log_event *a, const struct log_event *b, const char *to)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_digests; i++) {
		if (!can_digest(&a->digest[i], to))
			continue;
		CHECK(n < b->n_digests);
		CHECK_U64(b->digest[n].tcg_id, a->digest[i].tcg_id);
		CHECK(b->digest[n].d.alg == a->digest[i].d.alg);
		CHECK_BYTES(digest_bytes(&b->digest[n].d), digest_bytes(&a->digest[i].d));
		n++;
	}
	check_banks(a, b, n);
}

static void compare_data(const struct log_event *a, const struct log_event *b, const char *to)
{
	struct bytes want = a->hashed.p != NULL ? a->hashed : a->data;
	if (want.p == NULL && !a->has_type)
		want = a->text.p != NULL ? a->text : a->note;
	bool json = strcmp(to, "cel-json") == 0;
	/* Template "ima" hashes more than its data, and a record of IMA has the data. */
	if (!b->has_type && strcmp(b->kind, "ima") == 0)
		want = a->data;
	/* A content that was hashed with its head. */
	bool with_head = b->hashed.p != NULL && b->hashed.n == b->data.n + 5 && !json;
	if (want.p == NULL)
		CHECK_U64(b->data.n, 0);
	else
		CHECK_BYTES(with_head ? b->hashed : b->data, want);
	if (json)
		CHECK((b->data.p == NULL) == (want.p == NULL));
}

/* Only the type of an agent's tag says what was hashed where the log does. */
static bool is_kept_type(const struct log_event *a)
{
	bool tag = a->type == TAG && a->data.n >= 8 && memcmp(a->data.p, "LEAA", 4) == 0;
	return a->has_type && (!a->extends || a->hashed.p == NULL || tag);
}

/* Whether it can be checked that the data explains the digests. */
static void compare_hashed(const struct log_event *a, const struct log_event *b)
{
	if (is_kept_type(a))
		return;
	bool action = b->has_type && b->type == ACTION;
	CHECK((a->hashed.p != NULL && a->extends) == (b->hashed.p != NULL || action));
	if (b->hashed.p != NULL)
		CHECK_BYTES(b->hashed, a->hashed);
}

static void compare_type(const struct log_event *a, const struct log_event *b)
{
	if (is_kept_type(a))
		CHECK(b->has_type && b->type == a->type);
	else if (!a->extends)
		CHECK(b->has_type && b->type == NO_ACTION);
	else
		CHECK(!b->has_type || b->type == (a->hashed.p != NULL ? ACTION : IPL));
}

/* Data that the log shows not to be what was hashed is not, either, what the export says of it. */
static void compare_explanations(const struct log_event *a, const struct log_event *b)
{
	static struct hashers hashers;
	enum explanation of[EVENT_DIGESTS_MAX];
	struct err err;
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		hashers_get(&hashers, alg, &err);
	CHECK_INT(payload_explain(a, hashers.of, of, &err), 0);
	if (payload_explanation(of, a->n_digests) != EXPLAINS_NOT || !a->extends)
		return;
	CHECK_INT(payload_explain(b, hashers.of, of, &err), 0);
	CHECK_INT(payload_explanation(of, b->n_digests), EXPLAINS_NOT);
}

static void compare(const struct log_event *a, const struct log_event *b, const char *to)
{
	CHECK_INT(b->place, a->place);
	CHECK_U64(b->index, a->index);
	CHECK_STR(b->reg, a->reg);
	CHECK(b->extends == a->extends);
	if (a->has_type)
		CHECK_INT(b->locality, a->locality);
	compare_type(a, b);
	compare_digests(a, b, to);
	compare_data(a, b, to);
	compare_hashed(a, b);
	compare_explanations(a, b);
}

static bool same_place(const struct log_event *a, const struct log_event *b)
{
	return b->place == a->place && b->index == a->index;
}

/* Each event of the log is the next one of the export, or is not in it and may be missing. */
static size_t walk(struct log_reader *in, struct log_reader *out, const char *to)
{
	static struct log_event a, b;
	struct err err = {0};
	bool tcg2 = strcmp(to, "tcg2") == 0;
	size_t n = 0;
	int rc = log_reader_next(out, &b, &err);
	if (tcg2) {
		CHECK(rc > 0 && is_spec_id(&b) && b.n_digests == 0);
		rc = log_reader_next(out, &b, &err);
	}
	while (log_reader_next(in, &a, &err) > 0) {
		if (tcg2 && is_spec_id(&a))
			continue;
		if (is_dropped(&a, to) && (rc <= 0 || b.extends || !same_place(&a, &b)))
			continue;
		if (rc <= 0)
			check_failed(__FILE__, __LINE__, "event %llu: '%s' is not there: %s",
				(unsigned long long)a.seq, a.kind, err.msg);
		compare(&a, &b, to);
		n++;
		rc = log_reader_next(out, &b, &err);
	}
	/* What has no event in it is no log, to a reader. */
	CHECK(rc == 0 || (n == 0 && strstr(err.msg, "no log: ") != NULL));
	return n;
}

void round_compare(struct bytes log, const struct round *r, const char *to)
{
	struct log_reader in, out;
	struct err err;
	int fd = memory_file(log), out_fd = memory_file(text_bytes(&r->out));
	CHECK(log_formats_open(&in, fd, log_formats_by_name(r->format), &err) == 0);
	CHECK(log_formats_open(&out, out_fd, log_formats_by_name(round_format(r, to)), &err) == 0);
	walk(&in, &out, to);
	/* The numbers of the records go on. */
	CHECK(strstr(out.note, "recnum") == NULL);
	log_reader_close(&in);
	log_reader_close(&out);
	close(fd);
	close(out_fd);
}
