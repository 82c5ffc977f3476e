/* SPDX-License-Identifier: Apache-2.0 */
#include "export/export.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "export/export_format.h"
#include "formats/ima.h"
#include "formats/tcg_names.h"

static const struct export_format *const formats[] = {
	&export_tcg2, &export_cel_json, &export_cel_tlv, NULL};

const struct export_format *export_format_by_name(const char *name)
{
	for (size_t i = 0; formats[i] != NULL; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

unsigned export_algs(const struct log_event *ev)
{
	unsigned ret = 0;
	for (size_t i = 0; i < ev->n_digests; i++)
		if (ev->digest[i].d.alg != HASH_UNKNOWN)
			ret |= 1U << ev->digest[i].d.alg;
	if (ev->every_bank)
		ret |= 1U << HASH_SHA1 | 1U << HASH_SHA256 | 1U << HASH_SHA384 | 1U << HASH_SHA512;
	return ret;
}

void export_open(struct export *ret, const struct export_format *format, unsigned algs,
	export_put put, void *arg)
{
	*ret = (struct export){.format = format, .algs = algs, .out = {.put = put, .arg = arg}};
}

/* EV_ACTION's data must explain the digests; of EV_IPL's that is not known. */
static uint32_t type_of(const struct log_event *ev)
{
	if (ev->has_type)
		return ev->type;
	if (!ev->extends)
		return TCG_EV_NO_ACTION;
	return ev->hashed.p != NULL ? TCG_EV_ACTION : TCG_EV_IPL;
}

static struct bytes data_of(const struct log_event *ev)
{
	if (ev->hashed.p != NULL)
		return ev->hashed;
	if (ev->data.p != NULL || ev->has_type)
		return ev->data;
	return ev->text.p != NULL ? ev->text : ev->note;
}

/* Whether all bytes of all digests are this one; or those of at least one digest. */
static bool all_are(const struct log_event *ev, uint8_t byte, bool one_is_enough)
{
	for (size_t i = 0; i < ev->n_digests; i++) {
		size_t n = 0;
		while (n < ev->digest[i].d.size && ev->digest[i].d.v[n] == byte)
			n++;
		if ((n == ev->digest[i].d.size) == one_is_enough)
			return one_is_enough;
	}
	return !one_is_enough;
}

/*
 * Of such an event in a CEL its data was hashed, except where a digest is that of a violation (ff is
 * extended, 00 listed), and in template "ima".
 */
static bool is_ima(const struct log_event *ev)
{
	if (ev->has_type || !ev->extends)
		return false;
	if (strcmp(ev->kind, "ima") == 0)
		return ev->hashed.p != NULL;
	if (ima_template_path(bytes_of(ev->kind), ev->data).p == NULL)
		return false;
	if (ev->hashed.p == NULL)
		return all_are(ev, 0xff, false);
	return bytes_equal(ev->hashed, ev->data) && !all_are(ev, 0xff, true) &&
	       !all_are(ev, 0, true);
}

static bool has_bank(const struct log_event *ev, enum hash_alg alg)
{
	for (size_t i = 0; i < ev->n_digests; i++)
		if (ev->digest[i].d.alg == alg)
			return true;
	return false;
}

/* The digest of a bank that the event extended and its log does not have: of a violation it is ones. */
static int add_bank(struct export *x, struct export_record *rec, enum hash_alg alg, struct err *err)
{
	struct event_digest *d = &rec->own[alg];
	struct hasher *h = hashers_get(&x->hashers, alg, err);
	if (h == NULL && err->status == ST_ABSENT) {
		x->no_hash |= 1U << alg;
		return 0;
	}
	if (h == NULL || hash_bytes(h, rec->ev->hashed, &d->d, err) < 0)
		return -1;
	if (rec->ev->hashed.p == NULL)
		memset(d->d.v, 0xff, d->d.size);
	d->tcg_id = tcg_hash_id(alg);
	rec->digest[rec->n_digests++] = d;
	return 0;
}

static int add_digests(struct export *x, struct export_record *rec, struct err *err)
{
	const struct log_event *ev = rec->ev;
	for (size_t i = 0; i < ev->n_digests; i++) {
		if (x->format->has_digest(x, &ev->digest[i]))
			rec->digest[rec->n_digests++] = &ev->digest[i];
		else
			x->digests_left_out++;
	}
	for (enum hash_alg alg = HASH_SHA1; ev->every_bank && alg < HASH_COUNT; alg++)
		if ((x->algs & ~x->no_hash & 1U << alg) != 0 && !has_bank(ev, alg) &&
			rec->n_digests < EVENT_DIGESTS_MAX && add_bank(x, rec, alg, err) < 0)
			return -1;
	if (ev->extends && rec->n_digests == 0)
		return err_set(err, ST_ABSENT,
			"'%s' extended a register, and has no digest that '%s' can say", ev->kind,
			x->format->name);
	return 0;
}

/* 1, 0: the event is left out, -1. */
static int make_record(
	struct export *x, const struct log_event *ev, struct export_record *rec, struct err *err)
{
	*rec = (struct export_record){.ev = ev, .type = type_of(ev), .data = data_of(ev)};
	rec->ima = is_ima(ev);
	if (ev->extends == (rec->type == TCG_EV_NO_ACTION))
		return err_set(err, ST_ABSENT, "'%s' %s: no format can say so", ev->kind,
			ev->extends ? "extended a register, which events of its type do not"
				    : "extended none, which events of its type do");
	int rc = x->format->check(x, ev, err);
	if (rc < 0 && !ev->extends)
		x->left_out++;
	if (rc != 0)
		return rc < 0 && ev->extends ? -1 : 0;
	size_t size = x->format->size(rec);
	if (size > x->format->size_max)
		return err_set(err, ST_ABSENT,
			"'%s' has %zu bytes of data, more than a record of '%s' may have", ev->kind,
			rec->data.n, x->format->name);
	return add_digests(x, rec, err) < 0 ? -1 : 1;
}

static void begin(struct export *x)
{
	if (!x->started && x->format->begin != NULL)
		x->format->begin(x);
	x->started = true;
}

int export_event(struct export *x, const struct log_event *ev, struct err *err)
{
	struct export_record rec;
	x->out.err = err;
	int rc = make_record(x, ev, &rec, err);
	if (rc < 0) {
		x->out.failed = true;
		return err_in(err, "offset %llu", (unsigned long long)ev->off);
	}
	if (rc == 0)
		return 0;
	if (ev->has_type && rec.data.p == NULL && !x->format->no_data)
		x->no_data++;
	x->doubtful += ev->doubtful;
	rec.recnum = recnum_give(&x->recnums, ev);
	begin(x);
	x->format->record(x, &rec);
	x->records++;
	return out_flush(&x->out);
}

/* What does not fit is left out. */
__attribute__((format(printf, 2, 3))) static void add_note(struct export *x, const char *fmt, ...)
{
	char one[256];
	size_t n = strlen(x->note);
	const char *gap = n > 0 ? "; " : "";
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(one, sizeof(one), fmt, ap);
	va_end(ap);
	if (strlen(gap) + strlen(one) < sizeof(x->note) - n)
		snprintf(x->note + n, sizeof(x->note) - n, "%s%s", gap, one);
}

static void make_note(struct export *x)
{
	const char *name = x->format->name;
	if (x->left_out > 0)
		add_note(x,
			"events that extended nothing, and that '%s' cannot say, were left out: "
			"%llu",
			name, (unsigned long long)x->left_out);
	if (x->digests_left_out > 0)
		add_note(x, "digests of algorithms that '%s' cannot say were left out: %llu", name,
			(unsigned long long)x->digests_left_out);
	if (x->no_data > 0)
		add_note(x,
			"events whose data the log has left out, which '%s' cannot say, are there "
			"with none: %llu",
			name, (unsigned long long)x->no_data);
	if (x->doubtful > 0)
		add_note(x,
			"events of which the log does not know whether they extended their "
			"register are there as if they had: %llu",
			(unsigned long long)x->doubtful);
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		if ((x->no_hash & 1U << alg) != 0)
			add_note(x, "no digests were made for '%s', which libcrypto does not have",
				hash_name(alg));
}

int export_close(struct export *x, struct err *err)
{
	x->out.err = err;
	int rc = 0;
	if (!x->out.failed) {
		begin(x);
		if (x->format->end != NULL)
			x->format->end(x);
		rc = out_flush(&x->out);
	}
	make_note(x);
	hashers_close(&x->hashers);
	return rc;
}
