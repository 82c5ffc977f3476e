/* SPDX-License-Identifier: Apache-2.0 */
#include "export/export.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
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

/* It is static: an event of it extends nothing, even if its type does. */
static bool is_mrtd(const struct log_event *ev)
{
	return ev->place == PLACE_CC_MR && ev->index == 0;
}

static bool is_of_agent(const struct log_event *ev)
{
	return ev->type == TCG_EV_EVENT_TAG && tcg_is_agent_tag(ev->data);
}

/*
 * Whether an event is written as one of its type. Where the log says what was hashed, and the type
 * does not (all but the tag of the attestation agent's do not), a reader would not know.
 */
static bool is_typed(const struct log_event *ev)
{
	return !ev->extends || (ev->has_type && (ev->hashed.p == NULL || is_of_agent(ev)));
}

/* EV_ACTION's data must explain the digests; of EV_IPL's that is not known. */
static uint32_t type_of(const struct log_event *ev)
{
	if (is_typed(ev))
		return ev->has_type ? ev->type : TCG_EV_NO_ACTION;
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
			"'%s' extended a register, and has no digest that '%s' can represent",
			ev->kind, x->format->name);
	return 0;
}

static bool same_bytes(struct bytes a, struct bytes b)
{
	return (a.p != NULL) == (b.p != NULL) && bytes_equal(a, b);
}

/* Whether a record of IMA with these digests reads back as what was hashed, too. */
static bool is_ima(struct export *x, const struct export_record *rec)
{
	const struct log_event *ev = rec->ev;
	struct bytes kind = bytes_of(ev->kind);
	struct err ignored;
	if (rec->typed || ev->data.p == NULL)
		return false;
	if (!bytes_equal(kind, bytes_of("ima")) && ima_template_path(kind, ev->data).p == NULL)
		return false;
	x->back.data = ev->data;
	x->back.n_digests = rec->n_digests;
	for (size_t i = 0; i < rec->n_digests; i++)
		x->back.digest[i] = *rec->digest[i];
	return ima_record_read(&x->ima, kind, &x->back, &ignored) == 0 &&
	       same_bytes(ev->hashed, x->back.hashed);
}

/*
 * An EV_ACTION may have a NUL at its end that was not hashed. Data that was hashed with it, and does
 * not give the digest, would do so without it.
 */
static int check_action(struct export *x, const struct export_record *rec, struct err *err)
{
	struct bytes data = rec->data;
	struct digest d;
	struct err absent;
	if (rec->typed || rec->type != TCG_EV_ACTION || data.n == 0 || data.p[data.n - 1] != '\0' ||
		(x->format->has_content != NULL && x->format->has_content(rec)))
		return 0;
	data.n--;
	for (size_t i = 0; i < rec->n_digests; i++) {
		const struct digest *listed = &rec->digest[i]->d;
		struct hasher *h = listed->alg > HASH_UNKNOWN
					   ? hashers_get(&x->hashers, listed->alg, &absent)
					   : NULL;
		if (h == NULL)
			continue;
		if (hash_bytes(h, data, &d, err) < 0)
			return -1;
		if (digest_equal(&d, listed))
			return err_set(err, ST_ABSENT,
				"'%s' has data that does not hash to its digest, but it would in "
				"an EV_ACTION of '%s': use 'cel-json'",
				rec->ev->kind, x->format->name);
	}
	return 0;
}

/* 1, 0: the event is left out, -1. */
static int check_record(struct export *x, const struct export_record *rec, struct err *err)
{
	const struct log_event *ev = rec->ev;
	if (ev->extends == (rec->type == TCG_EV_NO_ACTION) && !is_mrtd(ev))
		return err_set(err, ST_ABSENT, "'%s' %s: no format can represent that", ev->kind,
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
	return 1;
}

/* As check_record. */
static int make_record(
	struct export *x, const struct log_event *ev, struct export_record *rec, struct err *err)
{
	*rec = (struct export_record){
		.ev = ev, .type = type_of(ev), .data = data_of(ev), .typed = is_typed(ev)};
	int rc = check_record(x, rec, err);
	if (rc <= 0)
		return rc;
	if (add_digests(x, rec, err) < 0)
		return -1;
	rec->ima = is_ima(x, rec);
	return check_action(x, rec, err) < 0 ? -1 : 1;
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
	if (x->refused)
		return err_set(
			err, ST_ABSENT, "not exported: an event before it cannot be represented");
	int rc = make_record(x, ev, &rec, err);
	if (rc < 0) {
		x->refused = true;
		export_cut(x);
		return err_in(err, "offset %llu", (unsigned long long)ev->off);
	}
	if (rc == 0)
		return 0;
	if (ev->has_type && rec.data.p == NULL && !x->format->no_data)
		x->no_data++;
	x->doubtful += ev->doubtful;
	x->anchored += ev->held != NULL && ev->held->before.size > 0;
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

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void make_note(struct export *x)
{
	const char *name = x->format->name;
	if (x->left_out > 0)
		add_note(x, "skipped %llu informational event%s that %s cannot represent",
			(unsigned long long)x->left_out, plural(x->left_out), name);
	if (x->digests_left_out > 0)
		add_note(x, "skipped %llu digest%s of algorithms that %s cannot represent",
			(unsigned long long)x->digests_left_out, plural(x->digests_left_out), name);
	if (x->no_data > 0)
		add_note(x,
			"wrote empty data for %llu event%s whose data is not in the log: %s "
			"cannot represent that",
			(unsigned long long)x->no_data, plural(x->no_data), name);
	if (x->doubtful > 0)
		add_note(x, "wrote %llu unconfirmed event%s as extended",
			(unsigned long long)x->doubtful, plural(x->doubtful));
	if (x->anchored > 0)
		add_note(x,
			"left out the values before %llu record%s of a journal: %s cannot "
			"represent "
			"them",
			(unsigned long long)x->anchored, plural(x->anchored), name);
	for (enum hash_alg alg = HASH_SHA1; alg < HASH_COUNT; alg++)
		if ((x->no_hash & 1U << alg) != 0)
			add_note(x, "no digests of %s: libcrypto does not have it", hash_name(alg));
}

void export_cut(struct export *x)
{
	x->cut = true;
}

int export_close(struct export *x, struct err *err)
{
	x->out.err = err;
	int rc = 0;
	/* No reader takes nothing at all for a log. */
	bool nothing = x->cut && !x->started;
	if (!x->out.failed && !nothing) {
		begin(x);
		void (*last)(struct export *) = x->cut ? x->format->cut : x->format->end;
		if (last != NULL)
			last(x);
		rc = out_flush(&x->out);
	}
	make_note(x);
	hashers_close(&x->hashers);
	return rc;
}
