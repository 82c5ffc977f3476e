/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diff_print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "cli/cmd_log.h"
#include "cli/diff_text.h"
#include "cli/kept_event.h"
#include "cli/pager.h"
#include "cli/spool.h"
#include "describe/event_name.h"
#include "verify/align.h"

enum {
	ON_DISK = 1 << 16,     /* events that are kept on disk, not in memory */
	MAPPED_PER_EVENT = 60, /* bytes of memory for what is on disk */
	NAME_SHOWN = 80,       /* bytes of an event's name in a note */
};

/* One event in a table. */
struct line {
	const char *change, *seq, *kind;
	struct digest_list digests;
	struct bytes shown;
};

#define AT(member) offsetof(struct line, member)

static const struct column columns[] = {
	{NULL, "", COL_STR, AT(change), COL_DEFAULT},
	{NULL, "SEQ", COL_STR, AT(seq), COL_DEFAULT},
	{NULL, "KIND", COL_STR, AT(kind), COL_DEFAULT},
	{NULL, "DIGEST", COL_DIGESTS, AT(digests), COL_DEFAULT | COL_SHORT},
	{NULL, "DATA", COL_TEXT, AT(shown), COL_DEFAULT},
};
enum { CHANGE, SEQ, KIND, DIGEST, DATA, N_COLUMNS };
enum {
	DIGEST_WIDTH = 16, /* of its start, with a mark after it */
	LEAST_DIGEST = 9,
	KIND_WIDTH = 32,
	LEAST_KIND = 16,
	LEAST_DATA = 48, /* columns of a screen for what is shown of an event */
};

/* What differs between the two events of a change, below them. */
static const struct column below[] = {
	{NULL, "", COL_STR, AT(change), COL_DEFAULT},
	{NULL, "", COL_TEXT, AT(shown), COL_DEFAULT},
};
static const size_t below_widths[] = {4, 0};

/* Of COMPARE_SAME, the reference's event is not kept. */
struct change {
	enum compare_change is;
	uint32_t at[2]; /* ALIGN_NONE: that side has no event */
};

struct diff {
	struct app *app;
	struct compare *c;
	struct spool spool[2];
	struct spool_piece **piece[2]; /* of each register and event; NULL: none of it is kept */
	struct table table, below;
	size_t widths[N_COLUMNS];
	size_t seq_width[2], kind_width; /* of what is kept */
	bool moves;			 /* something that is kept was moved */
	struct cell seq;		 /* of a line, while it is put together */
	struct diff_words *words;
	struct json json;
	uint32_t context;
	const struct err *worst;
};

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "diff");
}

/* --- keeping --- */

static const struct digest *digest_of_bank(const struct event *event, enum hash_alg alg)
{
	for (size_t i = 0; i < event->digests.n; i++)
		if (event->digests.v[i].d.alg == alg)
			return &event->digests.v[i].d;
	return NULL;
}

static size_t digits(uint64_t v)
{
	size_t n = 1;
	for (; v >= 10; v /= 10)
		n++;
	return n;
}

/* Whether its log is named beside the number of an event: a side has several. */
static bool is_named(const struct diff *d, int side, const struct event *event)
{
	return d->c->side[side].inputs->n > 1 && event->source != NULL;
}

static void widen(size_t *width, size_t n)
{
	if (n > *width)
		*width = n;
}

/* Columns are as wide as what is shown. */
static void widen_for(struct diff *d, int side, const struct event *event)
{
	size_t source = is_named(d, side, event) ? strlen(event->source) + 1 : 0;
	widen(&d->seq_width[side], source + digits(event->seq));
	widen(&d->kind_width, strlen(event->kind));
}

static int keep_event(
	void *arg, const struct compare_place *place, const struct event *event, struct err *err)
{
	struct diff *d = arg;
	struct spool *spool = &d->spool[place->side];
	struct spool_piece **pieces = &d->piece[place->side][place->reg - d->c->v];
	struct spool_piece piece = spool_begin(spool);
	if (*pieces == NULL)
		*pieces = calloc(place->reg->side[place->side].n, sizeof(**pieces));
	if (*pieces == NULL)
		return no_memory(err);
	struct event kept = *event;
	/* Text shows the description alone, and data may be much. */
	if (!d->app->opt.json && event->description.p != NULL)
		kept.data = kept.note = kept.time = (struct bytes){0};
	kept_event_put(&spool->out, &kept);
	spool_end(spool, &piece);
	/* A log has fewer bytes than would be needed for more. */
	piece.own = (uint32_t)event->seq;
	widen_for(d, place->side, event);
	(*pieces)[place->at] = piece;
	return 0;
}

/* *ret: p NULL: it was not told, as its log moved. */
static int read_kept(struct diff *d, const struct compare_register *reg, int side, uint32_t at,
	struct bytes *ret)
{
	const struct spool_piece *pieces = d->piece[side][reg - d->c->v];
	*ret = (struct bytes){0};
	if (pieces == NULL || pieces[at].n == 0)
		return 0;
	return spool_read(&d->spool[side], &pieces[at], ret, &d->app->err);
}

/* --- printing --- */

static uint32_t own_of(
	const struct diff *d, const struct compare_register *reg, int side, uint32_t at)
{
	const struct spool_piece *pieces = d->piece[side][reg - d->c->v];
	return pieces != NULL ? pieces[at].own : 0;
}

static int json_side(struct diff *d, const struct compare_register *reg, int side, uint32_t at)
{
	struct bytes b = {0};
	struct kept_event kept;
	json_key(&d->json, side == COMPARE_REFERENCE ? "reference" : "now");
	if (at != ALIGN_NONE && read_kept(d, reg, side, at, &b) < 0)
		return -1;
	if (b.p == NULL) {
		json_null(&d->json);
		return 0;
	}
	kept_event_get(b, reg->mr->full, &kept);
	cmd_log_event(&d->json, &kept.event);
	return 0;
}

static int print_json(
	struct diff *d, const struct compare_register *reg, const struct change *change)
{
	const char *name = change->is == COMPARE_CHANGED ? "changed"
			   : change->is == COMPARE_MOVED ? "moved"
			   : change->at[0] == ALIGN_NONE ? "added"
							 : "removed";
	if (change->is == COMPARE_SAME)
		return 0;
	json_open(&d->json, '{');
	json_key(&d->json, "change");
	json_str(&d->json, name);
	for (int s = 0; s < 2; s++)
		if (json_side(d, reg, s, change->at[s]) < 0)
			return -1;
	json_close(&d->json, '}');
	return 0;
}

/* One event of a change, as it was kept. */
struct shown {
	struct kept_event kept;
	struct bytes text;	     /* borrowed from the spool */
	const struct digest *digest; /* NULL: none is known */
};

/* Adds the number of an event, and its log where a side has several. */
static int put_seq(struct diff *d, int side, const struct event *event)
{
	if (is_named(d, side, event) &&
		(cell_str(&d->seq, event->source) < 0 || cell_str(&d->seq, ":") < 0))
		return no_memory(&d->app->err);
	return cell_u64(&d->seq, event->seq) < 0 ? no_memory(&d->app->err) : 0;
}

static int shown_get(struct diff *d, const struct compare_register *reg, int side,
	const struct change *change, struct shown *ret)
{
	struct bytes b = {0};
	struct event *event = &ret->kept.event;
	uint32_t at = change->at[side];
	event->seq = 0;
	event->source = NULL;
	ret->digest = NULL;
	/* Of a moved event only the number is shown: reading all of them here and there would be slow. */
	if (change->is == COMPARE_MOVED && side == COMPARE_REFERENCE &&
		d->c->side[side].inputs->n == 1)
		event->seq = own_of(d, reg, side, at);
	else if (at != ALIGN_NONE && read_kept(d, reg, side, at, &b) < 0)
		return -1;
	if (b.p != NULL) {
		kept_event_get(b, reg->mr->full, &ret->kept);
		ret->text = event_shown(event);
		ret->digest = digest_of_bank(event, reg->joined[side]->alg);
	}
	return 0;
}

static const char *color_of(char sign)
{
	return sign == '-'   ? "\033[31m"
	       : sign == '+' ? "\033[32m"
	       : sign == '>' ? "\033[33m"
			     : NULL;
}

/* d->seq has where the event is. */
static int print_line(struct diff *d, const char *sign, const struct shown *shown)
{
	struct event_digest digest;
	char brief[DESCRIPTION_MAX];
	d->table.color = !app_colored(d->app) ? NULL : color_of(*sign);
	struct line line = {.change = sign, .kind = shown->kept.event.kind, .shown = shown->text};
	if (line.shown.n > table_left(&d->table))
		line.shown = event_brief(line.kind, line.shown, brief, sizeof(brief));
	if (cell_put(&d->seq, "", 1) < 0)
		return no_memory(&d->app->err);
	line.seq = d->seq.p;
	d->seq.n = 0;
	if (shown->digest != NULL) {
		digest.d = *shown->digest;
		line.digests = (struct digest_list){&digest, 1};
	}
	return table_row(&d->table, &d->app->out, &line, &d->app->err);
}

static int print_one(struct diff *d, const char *sign, int side, const struct shown *shown)
{
	return put_seq(d, side, &shown->kept.event) < 0 ? -1 : print_line(d, sign, shown);
}

static int print_moved(struct diff *d, const struct shown *reference, const struct shown *now)
{
	if (put_seq(d, COMPARE_REFERENCE, &reference->kept.event) < 0)
		return -1;
	if (cell_str(&d->seq, ">") < 0)
		return no_memory(&d->app->err);
	return print_one(d, ">", COMPARE_NOW, now);
}

static struct diff_event diff_event(const struct shown *shown)
{
	struct diff_event ret = {.kind = shown->kept.event.kind, .shown = shown->text};
	if (shown->digest != NULL)
		ret.digest = *shown->digest;
	return ret;
}

static int print_difference(struct diff *d, const struct shown *reference, const struct shown *now)
{
	char buf[DESCRIPTION_MAX];
	struct text t = {.buf = buf, .room = sizeof(buf)};
	struct diff_event a = diff_event(reference), b = diff_event(now);
	if (diff_text_put(&d->words, &t, &a, &b, &d->app->err) < 0)
		return -1;
	struct line line = {.change = " ", .shown = {(const uint8_t *)buf, t.n}};
	return table_row(&d->below, &d->app->out, &line, &d->app->err);
}

static int print_text(
	struct diff *d, const struct compare_register *reg, const struct change *change)
{
	struct shown shown[2];
	for (int s = 0; s < 2; s++)
		if (shown_get(d, reg, s, change, &shown[s]) < 0)
			return -1;
	if (change->is == COMPARE_SAME)
		return print_one(d, " ", COMPARE_NOW, &shown[1]);
	if (change->is == COMPARE_MOVED)
		return print_moved(d, &shown[0], &shown[1]);
	if (change->at[0] != ALIGN_NONE && print_one(d, "-", COMPARE_REFERENCE, &shown[0]) < 0)
		return -1;
	if (change->at[1] != ALIGN_NONE && print_one(d, "+", COMPARE_NOW, &shown[1]) < 0)
		return -1;
	return change->is == COMPARE_CHANGED ? print_difference(d, &shown[0], &shown[1]) : 0;
}

static int print_change(struct diff *d, const struct compare_register *reg, enum compare_change is,
	uint32_t reference, uint32_t now)
{
	const struct change change = {is, {reference, now}};
	/* Nobody reads this any more: the rest is not worth its time. */
	if (d->app->out.sys != 0)
		return err_sys(&d->app->err, d->app->out.sys, "standard output");
	return d->app->opt.json ? print_json(d, reg, &change) : print_text(d, reg, &change);
}

/* Moved events are anywhere in the reference: what is printed soon is fetched meanwhile. */
static void fetch_ahead(struct diff *d, const struct compare_register *reg, uint32_t at)
{
	enum { AHEAD = 16 };
	const struct compare_side *side = &reg->side[1];
	const struct spool_piece *pieces = d->piece[0][reg - d->c->v];
	if (pieces == NULL || side->n - at <= 2 * AHEAD)
		return;
	if (side->change[at + 2 * AHEAD] == COMPARE_MOVED)
		__builtin_prefetch(&pieces[side->with[at + 2 * AHEAD]]);
	if (side->change[at + AHEAD] == COMPARE_MOVED && d->app->opt.json)
		spool_fetch(&d->spool[0], &pieces[side->with[at + AHEAD]]);
}

/* What is new or moved here, up to the next equal event, or to `end`. */
static int print_come(
	struct diff *d, const struct compare_register *reg, uint32_t *at, uint32_t end)
{
	const struct compare_side *side = &reg->side[1];
	for (; *at < end && side->change[*at] != COMPARE_SAME; ++*at) {
		enum compare_change is = (enum compare_change)side->change[*at];
		uint32_t reference = is == COMPARE_MOVED ? side->with[*at] : ALIGN_NONE;
		fetch_ahead(d, reg, *at);
		if (is != COMPARE_CHANGED && print_change(d, reg, is, reference, *at) < 0)
			return -1;
	}
	return 0;
}

/*
 * What both sides have between two equal events, as it stands in the logs: before a changed event what is new
 * before it, and moved ones where they are now.
 */
static int print_between(
	struct diff *d, const struct compare_register *reg, uint32_t *at, uint32_t *now)
{
	const struct compare_side *side = &reg->side[0];
	for (; *at < side->n && side->change[*at] != COMPARE_SAME; ++*at) {
		enum compare_change is = (enum compare_change)side->change[*at];
		uint32_t with = is == COMPARE_CHANGED ? side->with[*at] : ALIGN_NONE;
		if (is == COMPARE_CHANGED && print_come(d, reg, now, with) < 0)
			return -1;
		if (is != COMPARE_MOVED && print_change(d, reg, is, *at, with) < 0)
			return -1;
	}
	return print_come(d, reg, now, reg->side[1].n);
}

/* Whether an equal event is shown, and not only named in a note. */
static bool is_shown(const struct compare_register *reg, uint32_t k)
{
	return reg->side[1].wanted[k] &&
	       (reg->n_other_data == 0 || k != reg->other_data[1] || reg->other_near);
}

static int print_changes(struct diff *d, const struct compare_register *reg)
{
	uint32_t i = 0, k = 0;
	while (i < reg->side[0].n || k < reg->side[1].n) {
		if (print_between(d, reg, &i, &k) < 0)
			return -1;
		if (k == reg->side[1].n)
			continue;
		if (is_shown(reg, k) && print_change(d, reg, COMPARE_SAME, i, k) < 0)
			return -1;
		i++;
		k++;
	}
	return 0;
}

static void begin_register(struct diff *d, const struct compare_register *reg)
{
	struct sink *out = &d->app->out;
	if (d->app->opt.json) {
		json_open(&d->json, '{');
		json_key(&d->json, "register");
		json_str(&d->json, reg->mr->full);
		json_key(&d->json, "events");
		json_open(&d->json, '[');
		json_u64(&d->json, reg->side[0].n);
		json_u64(&d->json, reg->side[1].n);
		json_close(&d->json, ']');
		json_key(&d->json, "other_data");
		json_u64(&d->json, reg->n_other_data);
		json_key(&d->json, "changes");
		json_open(&d->json, '[');
		return;
	}
	if (out->used)
		sink_char(out, '\n');
	sink_str(out, reg->mr->full);
	sink_str(out, ": ");
	sink_u64(out, reg->side[0].n);
	sink_str(out,
		reg->side[0].n == 1 ? " event in the reference, " : " events in the reference, ");
	sink_u64(out, reg->side[1].n);
	sink_str(out, " now\n");
}

static int print_register(struct diff *d, const struct compare_register *reg)
{
	if (!reg->differs && !d->app->opt.json)
		return 0;
	begin_register(d, reg);
	if (reg->differs && print_changes(d, reg) < 0)
		return -1;
	if (d->app->opt.json) {
		json_close(&d->json, ']');
		json_close(&d->json, '}');
	}
	return 0;
}

/* --- all --- */

/* Wants up to n unchanged events before and after what differs, too. */
static void want_near(struct compare_register *reg, uint32_t n)
{
	struct compare_side *side = &reg->side[1];
	for (int back = 0; back < 2 && reg->differs; back++) {
		/* Where the reference goes on if nothing is gone from it. */
		uint32_t other = back ? reg->side[0].n - 1 : 0, left = 0;
		for (uint32_t i = 0; i < side->n; i++) {
			uint32_t at = back ? side->n - 1 - i : i;
			bool same = side->change[at] == COMPARE_SAME;
			if (!same || side->with[at] != other)
				left = n;
			if (!same)
				continue;
			other = back ? side->with[at] - 1 : side->with[at] + 1;
			side->wanted[at] = side->wanted[at] || left > 0;
			left -= left > 0;
		}
	}
}

/* The first event with other data is named in a note, on both sides. */
static void want_other(struct compare_register *reg)
{
	for (int s = 0; s < 2 && reg->n_other_data > 0; s++) {
		bool *wanted = &reg->side[s].wanted[reg->other_data[s]];
		reg->other_near = *wanted;
		*wanted = true;
	}
}

static uint64_t count_wanted(struct diff *d, const struct compare_register *reg)
{
	for (uint32_t k = 0; k < reg->side[1].n; k++)
		d->moves |= reg->side[1].change[k] == COMPARE_MOVED;
	uint64_t n = 0;
	for (int s = 0; s < 2; s++)
		for (uint32_t i = 0; i < reg->side[s].n; i++)
			n += reg->side[s].wanted[i];
	return n;
}

static int open_spools(struct diff *d, uint64_t n)
{
	/* With --root, nothing outside of it is opened. */
	bool on_disk = n > ON_DISK && strcmp(d->app->opt.root, "/") == 0;
	for (int s = 0; s < 2; s++) {
		d->piece[s] = calloc(d->c->n + 1, sizeof(struct spool_piece *));
		if (d->piece[s] == NULL)
			return no_memory(&d->app->err);
		if (spool_open(&d->spool[s], on_disk, &d->app->err) < 0)
			return -1;
	}
	return 0;
}

/* Reads what is wanted once more, and keeps it for the order in which it is printed. */
static int keep_wanted(struct diff *d, struct compare_register *const asked[], size_t n)
{
	uint64_t wanted = 0;
	for (size_t i = 0; i < d->c->n; i++) {
		size_t k = 0;
		while (k < n && asked[k] != &d->c->v[i])
			k++;
		/* What nobody asked for is not read again. */
		if (k == n)
			compare_want(&d->c->v[i], false);
	}
	for (size_t i = 0; i < n; i++) {
		if (!d->app->opt.json)
			want_near(asked[i], d->context);
		want_other(asked[i]);
		wanted += count_wanted(d, asked[i]);
	}
	if (wanted == 0)
		return 0;
	if (open_spools(d, wanted) < 0 || compare_events(d->c, keep_event, d, &d->app->err) < 0)
		return -1;
	for (int s = 0; s < 2; s++)
		if (spool_finish(&d->spool[s], &d->app->err) < 0)
			return -1;
	/* All else is read in the order in which it was kept. */
	if (d->moves)
		spool_map(&d->spool[COMPARE_REFERENCE], MAPPED_PER_EVENT * wanted);
	return compare_pair(d->c, &d->app->err);
}

/* Data that no digest covers may differ, and nothing else says so. */
static int note_other_data(struct diff *d, const struct compare_register *reg)
{
	struct bytes b[2];
	struct kept_event kept[2];
	char more[64] = "";
	if (reg->n_other_data > 1)
		snprintf(more, sizeof(more), "; so %s %u more",
			reg->n_other_data == 2 ? "has" : "have", reg->n_other_data - 1);
	for (int s = 0; s < 2; s++) {
		if (read_kept(d, reg, s, reg->other_data[s], &b[s]) < 0)
			return -1;
		/* Its log moved. */
		if (b[s].p == NULL)
			return 0;
		kept_event_get(b[s], reg->mr->full, &kept[s]);
	}
	struct bytes name = event_name(kept[0].kind, event_shown(&kept[0].event));
	char other[128] = "other data";
	if (strcmp(kept[0].kind, kept[1].kind) != 0)
		snprintf(other, sizeof(other), "the type %s", kept[1].kind);
	app_note(d->app,
		"'%s': event %llu (%s%s%.*s%s) has the digest of event %llu in the reference, but "
		"%s%s",
		reg->mr->full, (unsigned long long)kept[1].event.seq, kept[0].kind,
		name.n > 0 ? " " : "", name.n < NAME_SHOWN ? (int)name.n : NAME_SHOWN,
		(const char *)name.p, name.n > NAME_SHOWN ? "..." : "",
		(unsigned long long)kept[0].event.seq, other, more);
	return 0;
}

static void fit_widths(struct diff *d)
{
	const struct screen *screen = &d->app->screen;
	const size_t *seq = d->seq_width;
	size_t either = seq[0] > seq[1] ? seq[0] : seq[1];
	size_t kind = d->kind_width < KIND_WIDTH ? d->kind_width : KIND_WIDTH;
	size_t least[N_COLUMNS] = {[CHANGE] = 1, [DIGEST] = LEAST_DIGEST};
	d->widths[CHANGE] = 1;
	d->widths[SEQ] = least[SEQ] = d->moves ? seq[0] + 1 + seq[1] : either;
	d->widths[KIND] = kind;
	least[KIND] = kind < LEAST_KIND ? kind : LEAST_KIND;
	d->widths[DIGEST] = DIGEST_WIDTH + cell_width(screen, bytes_of(screen_mark(screen)));
	table_fit(screen, d->widths, least, N_COLUMNS, LEAST_DATA);
}

static void begin(struct diff *d, bool same)
{
	const struct screen *screen = &d->app->screen;
	d->table = (struct table){.columns = columns, .widths = d->widths, .screen = *screen};
	table_pick_default(&d->table, sizeof(columns) / sizeof(columns[0]));
	fit_widths(d);
	d->below = (struct table){.columns = below, .widths = below_widths, .screen = *screen};
	table_pick_default(&d->below, sizeof(below) / sizeof(below[0]));
	/* What differs is what was asked for: it is never cut. */
	d->below.screen.columns = 0;
	if (!d->app->opt.json) {
		if (!same)
			pager_begin(d->app);
		return;
	}
	app_json_begin(d->app, &d->json);
	json_key(&d->json, "same");
	json_bool(&d->json, same);
	app_json_named_logs(&d->json, "reference_logs", d->c->side[0].inputs);
	app_json_named_logs(&d->json, "logs", d->c->side[1].inputs);
	json_key(&d->json, d->app->cmd->rows);
	json_open(&d->json, '[');
}

static void end(struct diff *d)
{
	if (!d->app->opt.json)
		return;
	json_close(&d->json, ']');
	if (d->worst->status != ST_OK) {
		json_key(&d->json, "error");
		json_err(&d->json, d->worst);
	}
	app_json_end(&d->json);
}

static void clear(struct diff *d)
{
	struct err none;
	table_end(&d->table, &d->app->out, &none);
	table_end(&d->below, &d->app->out, &none);
	cell_clear(&d->seq);
	diff_words_free(d->words);
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; d->piece[s] != NULL && i < d->c->n; i++)
			free(d->piece[s][i]);
		free(d->piece[s]);
		spool_close(&d->spool[s]);
	}
}

int diff_print(struct app *app, struct compare *c, const struct diff_asked *asked)
{
	static struct diff d;
	d = (struct diff){.app = app, .c = c, .context = asked->context, .worst = asked->worst};
	d.spool[0].out.fd = d.spool[1].out.fd = -1;
	int rc = keep_wanted(&d, asked->v, asked->n);
	for (size_t i = 0; i < asked->n && rc == 0; i++)
		rc = asked->v[i]->n_other_data > 0 ? note_other_data(&d, asked->v[i]) : 0;
	if (rc == 0)
		begin(&d, asked->same);
	for (size_t i = 0; i < asked->n && rc == 0; i++)
		rc = print_register(&d, asked->v[i]);
	if (rc == 0)
		end(&d);
	clear(&d);
	return rc;
}
