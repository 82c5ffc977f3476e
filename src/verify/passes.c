/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/passes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "formats/journal.h"
#include "formats/tcg2.h"
#include "formats/tcg_names.h"
#include "verify/diagnosis.h"

/* PC Client Platform Firmware Profile 1.06, section "H-CRTM": PCR 0 starts at locality 4 then. */
enum { HCRTM_LOCALITY = 4 };

/* In the time of an extend so many banks that are searched for are looked at. */
enum { HUNTS_PER_EXTEND = 16 };

bool passes_is_firmware(const struct log_input *in)
{
	return in->format == &log_format_ccel || in->format == &log_format_tpm;
}

bool passes_is_journal(const struct log_input *in)
{
	return in->format == &log_format_journal;
}

int passes_init(struct passes *p, struct inputs *inputs, bool discovers, struct err *err)
{
	*p = (struct passes){.inputs = inputs};
	tracks_init(&p->tracks, inputs->n, discovers);
	p->locality = calloc(inputs->n + 1, sizeof(*p->locality));
	return p->locality != NULL ? 0 : err_sys(err, ENOMEM, "registers");
}

void passes_clear(struct passes *p)
{
	tracks_clear(&p->tracks);
	free(p->locality);
	*p = (struct passes){0};
}

/* Whether it is read here: text logs are replayed on their own, and some take no part. */
static bool takes_part(const struct log_input *in)
{
	return in->reader != NULL && !in->text && !in->other_boot;
}

static bool is_claim(const struct log_event *ev)
{
	/* MRTD is fixed when the TD is built: what a log says of it is for information. */
	return ev->extends && !(ev->place == PLACE_CC_MR && ev->index == 0);
}

static bool is_anchored(const struct log_event *ev, const struct track *track)
{
	return ev->held != NULL && ev->held->before.size > 0 && ev->held->before.alg == track->alg;
}

static void note_locality(
	struct passes *p, struct track *track, size_t source, const struct log_event *ev)
{
	bool hcrtm = ev->has_type && ev->type == TCG_EV_EFI_HCRTM_EVENT;
	if (track->place != PLACE_PCR || track->index != 0)
		return;
	if (hcrtm)
		track_set_locality(track, HCRTM_LOCALITY);
	else if (track->tally[source].n == 0)
		track_set_locality(track, p->locality[source]);
}

static int take_claim(struct passes *p, struct track *track, const struct event_ref *at,
	struct log_event *ev, enum explanation explanation, struct err *err)
{
	struct digest d;
	bool is;
	if (track->idle || track->rival != NULL)
		return 0;
	if (track->claims == 0 && !track->has_lack)
		track->first = *at;
	if (tracks_digest(&p->tracks, track, ev, &d, &is, err) < 0)
		return -1;
	track->of_every_bank |= is && ev->every_bank;
	/* A journal's record is of one bank. */
	if (!is && ev->held != NULL && ev->held->before.size > 0)
		return 0;
	if (!is) {
		track->lack = track->has_lack ? track->lack : *at;
		track->has_lack = true;
		return 0;
	}
	if (explanation == EXPLAINS_NOT && !track->has_altered) {
		track->has_altered = true;
		track->altered = *at;
	}
	note_locality(p, track, at->source, ev);
	if (is_anchored(ev, track))
		return track_take_anchored(&p->tracks, track, at->source, ev, err);
	return track_take(&p->tracks, track, at, &d, err);
}

static int take_event(void *arg, size_t source, struct log_event *ev, enum explanation explanation,
	struct err *err)
{
	struct passes *p = arg;
	struct event_ref at = {source, ev->seq};
	if (ev->locality >= 0 && ev->place == PLACE_PCR && ev->index == 0)
		p->locality[source] = ev->locality;
	if (!is_claim(ev))
		return 0;
	if (ev->place == PLACE_NONE)
		return err_set(err, ST_FORMAT, "event %llu does not say which register it extends",
			(unsigned long long)ev->seq);
	if (tracks_find(&p->tracks, p->inputs->v[source].provider, ev, err) < 0)
		return -1;
	for (size_t i = 0; i < p->tracks.n_hits; i++)
		if (take_claim(p, &p->tracks.v[p->tracks.hit[i]], &at, ev, explanation, err) < 0)
			return -1;
	return 0;
}

size_t *passes_order(const struct passes *p, struct err *err)
{
	size_t *order = calloc(p->inputs->n + 1, sizeof(*order)), n = 0;
	if (order == NULL) {
		err_sys(err, ENOMEM, "registers");
		return NULL;
	}
	for (int others = 0; others < 2; others++)
		for (size_t k = 0; k < p->inputs->n; k++)
			if (passes_is_firmware(&p->inputs->v[k]) != (others == 1))
				order[n++] = k;
	return order;
}

static int take_others(struct passes *p, const size_t *order, size_t n, struct err *err)
{
	tracks_start(&p->tracks);
	for (size_t i = 0; i < n; i++) {
		const struct log_input *in = &p->inputs->v[order[i]];
		if (takes_part(in) && !passes_is_journal(in) &&
			inputs_read(p->inputs, order[i], take_event, p, err) < 0)
			return -1;
	}
	return 0;
}

/* How many banks the records of a register are of: the first of tracks.hit. */
static int find_banks(
	struct passes *p, const struct journal_reg *reg, size_t *ret_n, struct err *err)
{
	struct log_event ev = {
		.place = PLACE_NAMED, .reg = reg->names->text, .extends = reg->records > 0};
	event_settle_place(&ev);
	*ret_n = 0;
	if (is_claim(&ev) && tracks_find(&p->tracks, NULL, &ev, err) < 0)
		return -1;
	if (is_claim(&ev))
		*ret_n = p->tracks.n_hits;
	return 0;
}

static bool is_bank_of(const struct track *track, const struct journal_reg *reg)
{
	return !track->idle && track->alg == reg->value.alg;
}

/*
 * Whether there is nothing to ask the records of a journal: each of its registers still holds what
 * the last of them gave it, and each record starts where the one before it ends.
 */
static int is_plain(struct passes *p, const struct journal_state *s, bool *ret, struct err *err)
{
	size_t n;
	*ret = !p->tracks.discovers;
	for (const struct journal_reg *reg = s->regs; reg != NULL && *ret; reg = reg->next) {
		if (find_banks(p, reg, &n, err) < 0)
			return -1;
		*ret = reg->n_names == 1 && reg->open == NULL && reg->broken == BREAK_NONE;
		for (size_t i = 0; i < n && *ret; i++) {
			const struct track *track = &p->tracks.v[p->tracks.hit[i]];
			*ret = !is_bank_of(track, reg) || digest_equal(&track->want, &reg->value);
		}
	}
	return 0;
}

/* What the records of such a journal amount to is known since it was opened. */
static int take_plain(
	struct passes *p, size_t source, const struct journal_state *s, struct err *err)
{
	size_t n;
	for (const struct journal_reg *reg = s->regs; reg != NULL; reg = reg->next) {
		struct run run = {.before = reg->first,
			.end = reg->value,
			.n = reg->records,
			.first_seq = reg->first_extended,
			.last_seq = reg->last,
			.source = (uint32_t)source};
		if (find_banks(p, reg, &n, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			struct track *track = &p->tracks.v[p->tracks.hit[i]];
			if (is_bank_of(track, reg) && track_take_run(track, &run, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int take_journal(struct passes *p, size_t source, struct err *err)
{
	const struct journal_state *state = journal_log_state(p->inputs->v[source].reader);
	bool plain;
	if (is_plain(p, state, &plain, err) < 0)
		return -1;
	return plain ? take_plain(p, source, state, err)
		     : inputs_read(p->inputs, source, take_event, p, err);
}

int passes_first(struct passes *p, const size_t *order, struct err *err)
{
	for (size_t k = 0; k < p->inputs->n; k++) {
		const struct log_input *in = &p->inputs->v[k];
		if (takes_part(in) && passes_is_journal(in) && take_journal(p, k, err) < 0)
			return -1;
	}
	return take_others(p, order, p->inputs->n, err);
}

/* What json-c makes a value of. */
static uint64_t count_json(const struct log_input *in)
{
	uint8_t buf[16384];
	uint64_t values = 0, off = 0;
	ssize_t n;
	while (off < in->size && (n = pread(in->fd, buf, sizeof(buf), (off_t)off)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			values += buf[i] == '{' || buf[i] == '[' || buf[i] == ',';
		off += (uint64_t)n;
	}
	return values;
}

/* Spends what reading a log once more takes. False: there is not enough left. */
static bool afford(struct passes *p, size_t source)
{
	enum { BYTES_PER_EXTEND = 16 };
	struct log_input *in = &p->inputs->v[source];
	if (p->effort == NULL)
		return true;
	if (in->cost == 0)
		in->cost = 1 + in->size / BYTES_PER_EXTEND +
			   (in->format->is_json ? count_json(in) : 0);
	return effort_take(p->effort, in->cost);
}

int passes_again(struct passes *p, const size_t *order, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!afford(p, order[i]))
			return 0;
	p->tracks.again = true;
	tracks_rewind(&p->tracks);
	int rc = take_others(p, order, n, err);
	p->tracks.again = false;
	return rc < 0 ? -1 : 1;
}

static struct claim_list *list_of(struct hunt *hunt, const struct inputs *inputs, size_t source)
{
	struct timeline *t = &hunt->t;
	for (size_t l = 0; l < t->n_lists; l++)
		if (t->list[l].source == source)
			return &t->list[l];
	hunt->over |= t->n_lists == TIMELINE_LISTS_MAX;
	if (hunt->over)
		return NULL;
	t->list[t->n_lists] = (struct claim_list){
		.source = source,
		.name = inputs->v[source].name,
		.firmware = passes_is_firmware(&inputs->v[source]),
		.anchored = passes_is_journal(&inputs->v[source]),
	};
	return &t->list[t->n_lists++];
}

/* What tells it from others, whichever banks are asked for. */
static uint64_t event_key(const struct log_event *ev)
{
	uint64_t key = 0;
	if (ev->n_digests > 0)
		memcpy(&key, ev->digest[0].d.v, sizeof(key));
	return key;
}

static int keep_claim(struct passes *p, struct hunt *hunt, size_t source,
	const struct log_event *ev, enum explanation explanation, struct err *err)
{
	const struct track *track = &p->tracks.v[hunt->track];
	struct claim claim = {.seq = ev->seq, .key = event_key(ev)};
	bool is;
	if (tracks_digest(&p->tracks, track, ev, &claim.digest, &is, err) < 0)
		return -1;
	if (!is)
		return 0;
	if (explanation == EXPLAINS_NOT &&
		payload_own_digest(ev, p->tracks.hashers.of[track->alg], &claim.own, err) < 0)
		return -1;
	if (is_anchored(ev, track))
		claim.before = ev->held->before;
	if (ev->doubtful) {
		/* Without an end: what the register holds is what was seen after it. */
		bool seen = ev->held != NULL && ev->held->after.size > 0;
		claim.after = seen ? ev->held->after : track->want;
		return timeline_add_doubtful(&hunt->t, source, &claim, err);
	}
	struct timeline *t = &hunt->t;
	const struct digest *start = ev->held != NULL ? &ev->held->start : NULL;
	if (start != NULL && start->size > 0 && start->alg == track->alg &&
		t->n_stated < TIMELINE_STARTS_MAX)
		t->stated[t->n_stated++] = *start;
	struct claim_list *list = list_of(hunt, p->inputs, source);
	if (list == NULL)
		return 0;
	if (list->agent == 0 && ev->has_type && ev->type == TCG_EV_EVENT_TAG &&
		tcg_is_agent_tag(ev->data))
		list->agent = list->n + 1;
	return timeline_add(list, &claim, err);
}

static int collect_event(void *arg, size_t source, struct log_event *ev,
	enum explanation explanation, struct err *err)
{
	struct passes *p = arg;
	if (!is_claim(ev) || ev->place == PLACE_NONE)
		return 0;
	if (tracks_find(&p->tracks, p->inputs->v[source].provider, ev, err) < 0)
		return -1;
	for (size_t i = 0; i < p->tracks.n_hits; i++) {
		size_t hunt = p->hunt_of[p->tracks.hit[i]];
		if (hunt > 0 && keep_claim(p, &p->hunt[hunt - 1], source, ev, explanation, err) < 0)
			return -1;
	}
	return 0;
}

/* 1; 0 if there is not enough left to spend for it. */
static int read_all(struct passes *p, input_event_fn each, struct err *err)
{
	int rc = 0;
	for (size_t k = 0; k < p->inputs->n; k++)
		if (takes_part(&p->inputs->v[k]) && !afford(p, k))
			return 0;
	p->hunt_of = calloc(p->tracks.n + 1, sizeof(*p->hunt_of));
	if (p->hunt_of == NULL)
		return err_sys(err, ENOMEM, "registers");
	for (size_t i = 0; i < p->n_hunts; i++)
		p->hunt_of[p->hunt[i].track] = i + 1;
	for (size_t k = 0; k < p->inputs->n && rc == 0; k++)
		if (takes_part(&p->inputs->v[k]))
			rc = inputs_read(p->inputs, k, each, p, err);
	free(p->hunt_of);
	p->hunt_of = NULL;
	return rc < 0 ? -1 : 1;
}

int passes_collect(struct passes *p, struct err *err)
{
	return read_all(p, collect_event, err);
}

static bool is_hit(const struct tracks *t, size_t reg)
{
	for (size_t i = 0; i < t->n_hits; i++)
		if (t->v[t->hit[i]].reg == reg)
			return true;
	return false;
}

/* One that no other change explains; of further banks, where the first one has such an event. */
static bool wants_probe(const struct hunt *hunt, const struct event_ref *at)
{
	const struct timeline *t = &hunt->t;
	const struct diagnosis *like = hunt->like != NULL ? &hunt->like->t.diagnosis : NULL;
	if (like != NULL && (at == NULL || like->kind != DIAG_OTHER_REGISTER ||
				    like->event.source != at->source || like->event.seq != at->seq))
		return false;
	return !t->found && t->budget > 0 && t->saved != NULL &&
	       !diagnosis_is_change(&t->diagnosis);
}

static int probe_event(void *arg, size_t source, struct log_event *ev, enum explanation explanation,
	struct err *err)
{
	struct passes *p = arg;
	const struct event_ref at = {source, ev->seq};
	(void)explanation;
	if (!is_claim(ev) || ev->place == PLACE_NONE || ev->doubtful ||
		effort_spare(p->effort) == 0 ||
		!effort_take(p->effort, p->n_hunts / HUNTS_PER_EXTEND))
		return 0;
	if (tracks_find(&p->tracks, p->inputs->v[source].provider, ev, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_hunts; i++) {
		struct hunt *hunt = &p->hunt[i];
		const struct track *track = &p->tracks.v[hunt->track];
		struct digest d;
		bool is;
		if (!wants_probe(hunt, &at) || is_hit(&p->tracks, track->reg))
			continue;
		if (tracks_digest(&p->tracks, track, ev, &d, &is, err) < 0)
			return -1;
		for (size_t l = 0; is && l < hunt->t.n_lists; l++)
			if (hunt->t.list[l].source == source && !hunt->t.list[l].anchored &&
				diagnosis_try_insert(&hunt->t, l, ev->seq, &d, err) < 0)
				return -1;
	}
	return 0;
}

/* Of the further banks those events that explain the first one. */
static int probe_again(struct passes *p, struct err *err)
{
	bool further = false;
	for (size_t i = 0; i < p->n_hunts; i++) {
		struct hunt *hunt = &p->hunt[i];
		if (hunt->like == NULL || hunt->t.found)
			continue;
		hunt->t.budget = timeline_budget(&hunt->t);
		further = true;
	}
	return further ? read_all(p, probe_event, err) : 1;
}

int passes_probe(struct passes *p, struct err *err)
{
	bool any = false;
	for (size_t i = 0; i < p->n_hunts; i++)
		any = any || wants_probe(&p->hunt[i], NULL);
	if (!any)
		return 0;
	int rc = effort_spare(p->effort) > 0 ? read_all(p, probe_event, err) : 0;
	if (rc > 0)
		rc = probe_again(p, err);
	bool all = rc > 0 && effort_spare(p->effort) > 0;
	for (size_t i = 0; i < p->n_hunts && !all; i++)
		p->hunt[i].t.all_changes = false;
	return rc < 0 ? -1 : 0;
}

/* Some of the claims of a bank that one source has, and whether others have them. */
struct own {
	struct passes *p;
	size_t track;
	struct event_ref at; /* the first of them */
	size_t n, max;
	struct digest digest[PASSES_OWN_MAX];
	bool told[PASSES_OWN_MAX];
	bool compares; /* they are all here */
};

static int own_event(void *arg, size_t source, struct log_event *ev, enum explanation explanation,
	struct err *err)
{
	struct own *o = arg;
	struct tracks *t = &o->p->tracks;
	bool is_own = source == o->at.source && ev->seq >= o->at.seq;
	struct digest d;
	bool is;
	(void)explanation;
	if (!is_claim(ev) || ev->place == PLACE_NONE || is_own == o->compares)
		return 0;
	if (tracks_find(t, o->p->inputs->v[source].provider, ev, err) < 0)
		return -1;
	for (size_t i = 0; i < t->n_hits; i++) {
		if (t->hit[i] != o->track)
			continue;
		if (tracks_digest(t, &t->v[o->track], ev, &d, &is, err) < 0)
			return -1;
		for (size_t k = 0; is && o->compares && k < o->n; k++)
			o->told[k] |= digest_equal(&o->digest[k], &d);
		if (is && !o->compares && !ev->doubtful && o->n < o->max)
			o->digest[o->n++] = d;
	}
	return 0;
}

int passes_are_own(struct passes *p, size_t track, const struct event_ref *at, uint64_t n,
	bool *ret, struct err *err)
{
	struct own o = {.p = p, .track = track, .at = *at, .max = (size_t)n};
	*ret = n <= PASSES_OWN_MAX && afford(p, at->source);
	for (size_t k = 0; k < p->inputs->n && *ret; k++)
		*ret = !takes_part(&p->inputs->v[k]) || afford(p, k);
	if (!*ret)
		return 0;
	if (inputs_read(p->inputs, at->source, own_event, &o, err) < 0)
		return -1;
	*ret = o.n == n;
	o.compares = true;
	for (size_t k = 0; k < p->inputs->n; k++)
		if (takes_part(&p->inputs->v[k]) &&
			inputs_read(p->inputs, k, own_event, &o, err) < 0)
			return -1;
	for (size_t i = 0; i < o.n; i++)
		*ret = *ret && !o.told[i];
	return 0;
}
