/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tcg2.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/record_reader.h"
#include "formats/tcg_names.h"

/* TCG_PCR_EVENT, the header record: index, type, SHA-1 digest, size; then the event. */
enum { OLD_TYPE_AT = 4, OLD_DIGEST_AT = 8, OLD_SIZE_AT = 28, OLD_EVENT_AT = 32 };
/* TCG_EfiSpecIdEvent: signature, class, versions, uintnSize; then the algorithms. */
enum { SPEC_ID_SIGNATURE = 16, SPEC_ID_COUNT_AT = 24, SPEC_ID_ALGS_AT = 28, SPEC_ID_ALG = 4 };
/* Of the fields of TCG_PCR_EVENT2 that every event has before its digests. */
enum { EVENT2_FIXED = 12 };

enum { CC_MR_LAST = 4, PCR_LAST = 23 };

static const char spec_id[SPEC_ID_SIGNATURE] = "Spec ID Event03";

struct tcg2 {
	struct tcg_algs algs;
	bool old;	/* TCG_PCR_EVENTs to the end, of SHA-1 alone */
	bool odd_index; /* a register that there cannot be was noted */
	bool mrtd;	/* an event of it was noted */
	bool uefi;	/* an event that only firmware with boot services logs */
	bool left_uefi; /* the kernel ended the boot services, after which firmware logs no more */
	char unnamed[TCG_UNNAMED_ROOM];
};

void tcg_describe(struct log_event *ev, uint32_t type, char *unnamed)
{
	static const char startup[16] = "StartupLocality";
	ev->has_type = true;
	ev->type = type;
	ev->extends = type != TCG_EV_NO_ACTION;
	ev->kind = tcg_event_name(type);
	if (ev->kind == NULL) {
		snprintf(unnamed, TCG_UNNAMED_ROOM, "0x%08x", (unsigned)type);
		ev->kind = unnamed;
	}
	if (type == TCG_EV_NO_ACTION && ev->place == PLACE_PCR && ev->index == 0 &&
		ev->data.n == sizeof(startup) + 1 &&
		memcmp(ev->data.p, startup, sizeof(startup)) == 0)
		ev->locality = ev->data.p[sizeof(startup)];
}

static bool all_of(struct bytes b, uint8_t fill)
{
	return b.n == 0 || (b.p[0] == fill && memcmp(b.p, b.p + 1, b.n - 1) == 0);
}

/*
 * Whether the log ends where this is left of it; `fixed` is the size of what each event has. Index and
 * type of ones are unused area; an index of ones alone is an event's, and Windows has such.
 */
static bool is_end(struct bytes left, size_t fixed)
{
	if (left.n >= 8 && all_of((struct bytes){left.p, 8}, 0xff))
		return true;
	if (left.n >= fixed)
		return all_of((struct bytes){left.p, fixed}, 0);
	return all_of(left, 0) || all_of(left, 0xff);
}

/* Looks at the area after the last event. 0, or -1 for a read error. */
static int check_rest(struct log_reader *r, struct err *err)
{
	enum { STEP = 65536 };
	struct bytes b;
	uint64_t from = window_tell(&r->in);
	if (window_peek(&r->in, STEP, &b, err) < 0)
		return -1;
	uint8_t fill = b.n > 0 ? b.p[0] : 0xff;
	while (b.n > 0) {
		if (!all_of(b, fill)) {
			r->cut = true;
			reader_note(r,
				"the log ends at offset %llu, but the bytes after it are not "
				"padding",
				(unsigned long long)from);
			return 0;
		}
		window_skip(&r->in, b.n);
		if (window_peek(&r->in, STEP, &b, err) < 0)
			return -1;
	}
	if (fill == 0)
		reader_note(r, "the log ends at offset %llu, where zeros start",
			(unsigned long long)from);
	return 0;
}

static int digest_size(const struct tcg_algs *algs, uint16_t id, size_t *ret)
{
	for (size_t i = 0; i < algs->n; i++) {
		if (algs->alg[i].id == id) {
			*ret = algs->alg[i].size;
			return 0;
		}
	}
	return -1;
}

static int take_digest(struct record_reader *t, const struct tcg_algs *algs, struct log_event *ret,
	struct err *err)
{
	uint16_t id;
	size_t at = t->n, n;
	if (record_le16(t, &id, err) < 0)
		return -1;
	if (digest_size(algs, id, &n) < 0)
		return err_set(err, ST_FORMAT,
			"offset %llu: a digest of algorithm 0x%04x, whose size the log does not "
			"say",
			record_off(t, at), id);
	if (record_bytes(t, n, err) < 0)
		return -1;
	if (event_add_digest(ret, id, record_view(t, at + 2, n), err) < 0)
		return err_in(err, "offset %llu", record_off(t, at));
	return 0;
}

/* The data of an event, whose size was taken just before. */
static int take_data(struct record_reader *t, uint32_t size, struct log_event *ret, struct err *err)
{
	if (size > EVENT_DATA_MAX)
		return err_set(err, ST_FORMAT, "offset %llu: an event of %u bytes, %d at most",
			record_off(t, t->n - 4), size, EVENT_DATA_MAX);
	if (record_bytes(t, size, err) < 0)
		return -1;
	ret->data = record_view(t, t->n - size, size);
	return 0;
}

static int take_event2(struct record_reader *t, const struct tcg_algs *algs, struct log_event *ret,
	struct err *err)
{
	uint32_t n_digests, size;
	if (record_le32(t, &ret->index, err) < 0 || record_le32(t, &ret->type, err) < 0 ||
		record_le32(t, &n_digests, err) < 0)
		return -1;
	if (n_digests > EVENT_DIGESTS_MAX)
		return err_set(err, ST_FORMAT, "offset %llu: an event with %u digests, %d at most",
			record_off(t, 8), n_digests, EVENT_DIGESTS_MAX);
	for (uint32_t i = 0; i < n_digests; i++)
		if (take_digest(t, algs, ret, err) < 0)
			return -1;
	if (record_le32(t, &size, err) < 0)
		return -1;
	return take_data(t, size, ret, err);
}

int tcg_event2_next(struct log_reader *r, const struct tcg_algs *algs, char *unnamed,
	struct log_event *ret, struct err *err)
{
	struct record_reader t;
	if (record_start(&t, &r->in, err) < 0)
		return -1;
	if (is_end(t.seen, EVENT2_FIXED))
		return check_rest(r, err);
	if (take_event2(&t, algs, ret, err) < 0)
		return -1;
	record_end(&t);
	tcg_describe(ret, ret->type, unnamed);
	return 1;
}

static bool is_old_event(struct bytes b)
{
	enum { SEEN_MAX = 65536 };
	struct bytes digest = {b.p + OLD_DIGEST_AT, OLD_SIZE_AT - OLD_DIGEST_AT};
	uint32_t type = get_le32(b.p + OLD_TYPE_AT);
	return get_le32(b.p) <= PCR_LAST && tcg_event_name(type) != NULL &&
	       get_le32(b.p + OLD_SIZE_AT) <= SEEN_MAX &&
	       all_of(digest, 0) == (type == TCG_EV_NO_ACTION);
}

/*
 * A log of TCG_PCR_EVENTs alone (TCG EFI Platform Specification for TPM Family 1.1 or 1.2): its
 * header has an older signature, or it has none and can only be told by its looks.
 */
static bool is_old_log(struct bytes head)
{
	enum { LOOKED_AT = 3, VERSION_AT = OLD_EVENT_AT + sizeof("Spec ID Event0") - 1 };
	bool extends = false;
	if (head.n > VERSION_AT &&
		memcmp(head.p + OLD_EVENT_AT, "Spec ID Event0", VERSION_AT - OLD_EVENT_AT) == 0)
		return head.p[VERSION_AT] == '0' || head.p[VERSION_AT] == '2';
	for (int i = 0; i < LOOKED_AT; i++) {
		if (head.n < OLD_EVENT_AT || (i > 0 && is_end(head, OLD_EVENT_AT)))
			return extends;
		if (!is_old_event(head))
			return false;
		extends = extends || get_le32(head.p + OLD_TYPE_AT) != TCG_EV_NO_ACTION;
		uint32_t size = get_le32(head.p + OLD_SIZE_AT);
		if (size >= head.n - OLD_EVENT_AT)
			return extends;
		head = (struct bytes){head.p + OLD_EVENT_AT + size, head.n - OLD_EVENT_AT - size};
	}
	return extends;
}

static bool has_spec_id(struct bytes head)
{
	return head.n >= OLD_EVENT_AT + SPEC_ID_ALGS_AT &&
	       get_le32(head.p + OLD_TYPE_AT) == TCG_EV_NO_ACTION &&
	       memcmp(head.p + OLD_EVENT_AT, spec_id, sizeof(spec_id)) == 0;
}

/* One algorithm of the header, which stands at offset `at` of the log. */
static int add_alg(struct tcg_algs *algs, const uint8_t *p, size_t at, struct err *err)
{
	uint16_t id = get_le16(p), size = get_le16(p + 2);
	size_t seen;
	enum hash_alg alg = tcg_hash_alg(id);
	if (digest_size(algs, id, &seen) == 0)
		return err_set(
			err, ST_FORMAT, "offset %zu: algorithm 0x%04x appears twice", at, id);
	if (alg != HASH_UNKNOWN && size != hash_size(alg))
		return err_set(err, ST_FORMAT, "offset %zu: %u bytes for %s, not %zu", at, size,
			hash_name(alg), hash_size(alg));
	algs->alg[algs->n].id = id;
	algs->alg[algs->n++].size = size;
	return 0;
}

static int read_algs(struct tcg_algs *algs, struct bytes event, struct err *err)
{
	if (event.n < SPEC_ID_ALGS_AT)
		return err_set(err, ST_FORMAT, "offset %d: a Spec ID event of %zu bytes",
			OLD_SIZE_AT, event.n);
	uint32_t n = get_le32(event.p + SPEC_ID_COUNT_AT);
	if (n > EVENT_DIGESTS_MAX || n > (event.n - SPEC_ID_ALGS_AT) / SPEC_ID_ALG)
		return err_set(err, ST_FORMAT,
			"offset %d: %u algorithms, %d at most, in a Spec ID event of %zu bytes",
			OLD_EVENT_AT + SPEC_ID_COUNT_AT, n, EVENT_DIGESTS_MAX, event.n);
	algs->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		size_t at = SPEC_ID_ALGS_AT + (size_t)i * SPEC_ID_ALG;
		if (add_alg(algs, event.p + at, OLD_EVENT_AT + at, err) < 0)
			return -1;
	}
	return 0;
}

/* TCG_PCR_EVENT: TCG EFI Platform Specification for TPM Family 1.1 or 1.2, section 7.1. */
static int old_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct tcg2 *own = r->own;
	struct record_reader t;
	if (record_start(&t, &r->in, err) < 0)
		return -1;
	if (is_end(t.seen, OLD_EVENT_AT))
		return check_rest(r, err);
	if (record_bytes(&t, OLD_EVENT_AT, err) < 0)
		return -1;
	ret->index = get_le32(t.seen.p);
	ret->type = get_le32(t.seen.p + OLD_TYPE_AT);
	if (event_add_digest(ret, tcg_hash_id(HASH_SHA1),
		    record_view(&t, OLD_DIGEST_AT, OLD_SIZE_AT - OLD_DIGEST_AT), err) < 0)
		return -1;
	uint32_t size = get_le32(t.seen.p + OLD_SIZE_AT);
	if (take_data(&t, size, ret, err) < 0)
		return -1;
	record_end(&t);
	tcg_describe(ret, ret->type, own->unnamed);
	return 1;
}

/* The first record, which has the form of older logs so that their readers see its signature. */
static int read_header(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct tcg2 *own = r->own;
	struct record_reader t;
	if (record_start(&t, &r->in, err) < 0)
		return -1;
	if (t.seen.n == 0)
		return 0;
	own->old = r->format == &log_format_tpm && !has_spec_id(t.seen) &&
		   t.seen.n >= OLD_EVENT_AT && is_old_event(t.seen);
	if (own->old)
		return old_next(r, ret, err);
	if (record_bytes(&t, OLD_EVENT_AT + SPEC_ID_ALGS_AT, err) < 0)
		return -1;
	if (!has_spec_id(t.seen))
		return err_set(
			err, ST_FORMAT, "offset 0: no Spec ID event, with which a TCG2 log starts");
	uint32_t size = get_le32(t.seen.p + OLD_SIZE_AT);
	t.n = OLD_EVENT_AT;
	if (take_data(&t, size, ret, err) < 0)
		return -1;
	ret->index = get_le32(t.seen.p);
	if (read_algs(&own->algs, ret->data, err) < 0)
		return -1;
	record_end(&t);
	tcg_describe(ret, TCG_EV_NO_ACTION, own->unnamed);
	return 1;
}

static int tcg2_open(struct log_reader *r, struct err *err)
{
	r->own = calloc(1, sizeof(struct tcg2));
	return r->own != NULL ? 0 : err_sys(err, ENOMEM, "log");
}

static void tcg2_close(struct log_reader *r)
{
	free(r->own);
}

/*
 * An event with an impossible index is shown and matches nothing; but a log with such an event is
 * probably of the other kind, or damaged.
 */
static void check_index(struct log_reader *r, const struct log_event *ev)
{
	struct tcg2 *own = r->own;
	bool cc = ev->place == PLACE_CC_MR;
	if (ev->place == PLACE_NV || ev->index <= (cc ? CC_MR_LAST : PCR_LAST) || !ev->extends ||
		own->odd_index)
		return;
	own->odd_index = true;
	reader_note(r, "offset %llu: %s %u does not exist", (unsigned long long)ev->off,
		cc ? "CC MR with index" : "PCR", ev->index);
}

/* It is read as one that extends nothing, so nothing else shows that it was added or had another index. */
static void check_mrtd(struct log_reader *r, const struct log_event *ev)
{
	struct tcg2 *own = r->own;
	if (ev->place != PLACE_CC_MR || ev->index != 0 || !ev->extends || own->mrtd)
		return;
	own->mrtd = true;
	reader_note(r, "event %llu names MRTD, which no event extends", (unsigned long long)r->seq);
}

static void watch_end(struct tcg2 *own, const struct log_event *ev)
{
	static const char end[] = "Exit Boot Services";
	own->uefi = own->uefi || ev->type == TCG_EV_EFI_VARIABLE_DRIVER_CONFIG ||
		    ev->type == TCG_EV_EFI_BOOT_SERVICES_APPLICATION;
	own->left_uefi =
		own->left_uefi || (ev->type == TCG_EV_EFI_ACTION && ev->data.n >= sizeof(end) - 1 &&
					  memcmp(ev->data.p, end, sizeof(end) - 1) == 0);
}

/* A kernel takes a log of TCG 1.2 before it ends the boot services; of later ones, what follows is added. */
static void note_end(struct log_reader *r)
{
	const struct tcg2 *own = r->own;
	if (own->old)
		return;
	if (r->seq == 1)
		reader_note(r, "the log contains only a header");
	r->cut = r->cut || (own->uefi && !own->left_uefi);
	if (own->uefi && !own->left_uefi)
		reader_note(r, "no 'Exit Boot Services' event: the log was taken before the kernel "
			       "started, or its end is missing");
}

enum place tcg2_pcr_place(uint64_t index)
{
	return index >> 24 == TCG_NV_HANDLES ? PLACE_NV : PLACE_PCR;
}

static int tcg2_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct tcg2 *own = r->own;
	ret->place = r->format == &log_format_tpm ? PLACE_PCR : PLACE_CC_MR;
	if (r->seq == 0)
		return read_header(r, ret, err);
	int rc = own->old ? old_next(r, ret, err)
			  : tcg_event2_next(r, &own->algs, own->unnamed, ret, err);
	if (rc > 0 && ret->place == PLACE_PCR)
		ret->place = tcg2_pcr_place(ret->index);
	if (rc > 0) {
		check_mrtd(r, ret);
		check_index(r, ret);
		watch_end(own, ret);
	} else if (rc == 0) {
		note_end(r);
	}
	return rc;
}

/* Signs that decide whether the index of a log's events is a CC MR or a PCR. */
struct looks {
	bool edk2;   /* the header has the index that only EDK2 writes, for CC MRs */
	bool sha1;   /* a bank, which no confidential VM has */
	bool sha256; /* a bank, beside which a TD would have SHA-384 */
	bool zero;   /* an event extended index 0: PCR 0, or MRTD, which cannot be extended */
	bool above;  /* an event extended an index that no CC MR has */
	bool any;
};

static bool has_bank(const struct tcg2 *own, enum hash_alg alg)
{
	size_t size;
	return digest_size(&own->algs, tcg_hash_id(alg), &size) == 0;
}

static void look(struct log_reader *r, struct looks *ret)
{
	struct log_event ev;
	struct err ignored;
	const struct tcg2 *own = r->own;
	while (!(ret->zero && ret->above) && window_tell(&r->in) < LOG_LOOK_BYTES &&
		log_reader_next(r, &ev, &ignored) > 0) {
		ret->edk2 = ret->edk2 || (ev.seq == 0 && ev.index == 1);
		if (ev.type == TCG_EV_NO_ACTION)
			continue;
		ret->any = true;
		ret->zero = ret->zero || ev.index == 0;
		ret->above = ret->above || ev.index > CC_MR_LAST;
	}
	ret->sha1 = has_bank(own, HASH_SHA1);
	ret->sha256 = has_bank(own, HASH_SHA256) && !has_bank(own, HASH_SHA384);
}

/* Both kinds have the same records. One odd record decides nothing if all others say otherwise. */
static const struct log_format *settle(struct log_reader *r)
{
	struct looks l = {0};
	struct err ignored;
	if (tcg2_open(r, &ignored) < 0)
		return &log_format_ccel;
	look(r, &l);
	tcg2_close(r);
	bool tpm = l.sha1 || (!l.edk2 && (l.above || (l.zero && l.sha256)));
	bool sure = l.sha1 || l.edk2 || (l.zero && l.above) || (!l.zero && !l.above && !l.sha256);
	r->guessed = l.any && !sure;
	return tpm ? &log_format_tpm : &log_format_ccel;
}

const struct log_format log_format_ccel = {
	.name = "ccel",
	.names = NAMES_CC_MR,
	.summary = "log of the firmware of a confidential VM (ACPI CCEL, TCG2 crypto-agile)",
	.sniff = has_spec_id,
	.settle = settle,
	.open = tcg2_open,
	.next = tcg2_next,
	.close = tcg2_close,
};

/* What is left to sniff for are older ones. */
const struct log_format log_format_tpm = {
	.name = "tpm",
	.names = NAMES_PCR | NAMES_NV,
	.summary = "log of the firmware of a machine with a TPM (TCG2 crypto-agile, or TCG 1.2)",
	.sniff = is_old_log,
	.open = tcg2_open,
	.next = tcg2_next,
	.close = tcg2_close,
};
