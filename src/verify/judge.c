/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/limits.h"
#include "base/scope.h"
#include "formats/journal.h"
#include "verify/history.h"
#include "verify/diagnosis.h"
#include "verify/order.h"
#include "verify/passes.h"
#include "verify/say.h"
#include "verify/textlog.h"

enum {
	BATCH_CLAIMS = TIMELINE_CLAIMS_MAX, /* that are kept at once */
	BATCH_BANKS = 1024,		    /* the same */
	/* Two for each order of ORDER_MAX lists, which are 24. */
	TEXT_STARTS_MAX = TIMELINE_STARTS_MAX + TRACK_CHAINS_MAX + 2 * 24,
};

/* The work of one call. */
struct court {
	const struct question *q;
	struct inputs *inputs;
	struct judgement *ret;
	struct effort *effort; /* of all searches together */
	struct passes p;
	size_t *asked_of;	      /* of each track: its register in the question */
	const struct asked **by_name; /* those of the question, sorted */
};

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "verify");
}

/* The first source that may have more of a register than could be read; NULL: none. */
static const struct log_input *unread(const struct court *c, const struct mr *mr)
{
	for (size_t k = 0; k < c->inputs->n; k++) {
		const struct log_input *in = &c->inputs->v[k];
		if (in->err.status != ST_OK && !in->other_boot && inputs_can_name(in, mr))
			return in;
	}
	return NULL;
}

static void fail(struct judgement *j, const struct err *err)
{
	j->err = *err;
	j->verdict = VERDICT_NONE;
	if (err->status == ST_SYSTEM && (err->sys == EACCES || err->sys == EPERM))
		j->verdict = VERDICT_UNCHECKED;
}

static bool is_initial(const struct court *c, const struct asked *a)
{
	if (a->trusted.size > 0)
		return digest_equal(&a->value, &a->trusted);
	return mr_list_is_initial(c->q->mrs, a->mr, digest_bytes(&a->value));
}

static int by_full(const void *a, const void *b)
{
	const struct asked *const *x = a, *const *y = b;
	return strcmp((*x)->mr->full, (*y)->mr->full);
}

static int compare_full(const void *key, const void *elem)
{
	const struct asked *const *a = elem;
	return strcmp(key, (*a)->mr->full);
}

static int sort_asked(struct court *c, struct err *err)
{
	size_t n = c->q->mrs->n;
	c->by_name = calloc(n + 1, sizeof(const struct asked *));
	if (c->by_name == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		c->by_name[i] = &c->q->v[i];
	qsort(c->by_name, n, sizeof(const struct asked *), by_full);
	return 0;
}

/* The register of the question that has this whole name; NULL: none. */
static const struct asked *asked_named(const struct court *c, const char *full)
{
	const struct asked **found =
		bsearch(full, c->by_name, c->q->mrs->n, sizeof(const struct asked *), compare_full);
	return found != NULL ? *found : NULL;
}

/* Whether a journal says that its register holds this value, now or once its open record is settled. */
static bool states(const struct journal_reg *reg, const struct digest *value)
{
	return digest_equal(value, &reg->value) ||
	       (reg->open != NULL && digest_equal(value, &reg->open->expected));
}

/* Whether a register still holds what a journal says: registers survive a kexec, a boot id does not. */
static bool survived(const struct court *c, const struct journal_state *state)
{
	for (size_t i = 0; i < c->q->mrs->n; i++) {
		const struct asked *a = &c->q->v[i];
		const struct journal_reg *reg = journal_state_find(state, a->mr->full);
		if (reg != NULL && a->value.size > 0 && states(reg, &a->value) && !is_initial(c, a))
			return true;
	}
	return false;
}

/* A journal of another boot takes no part. */
static void find_other_boots(struct court *c)
{
	for (size_t k = 0; k < c->inputs->n; k++) {
		struct log_input *in = &c->inputs->v[k];
		const char *boot_id = in->reader != NULL ? in->reader->boot_id : NULL;
		if (boot_id == NULL || c->q->boot_id == NULL || strcmp(boot_id, c->q->boot_id) == 0)
			continue;
		const struct journal_state *state = journal_log_state(in->reader);
		in->other_boot = state == NULL || !survived(c, state);
	}
}

/* Another name of a register is its name, while its own register's value is equal. */
static bool is_alias(const struct court *c, const struct asked *a, const char *name)
{
	const struct asked *own = asked_named(c, name);
	return own == NULL || own->value.size == 0 || digest_equal(&own->value, &a->value);
}

/* Nothing is said of this register, for a limit. */
static void set_aside(struct court *c, size_t track, const struct err *why)
{
	c->p.tracks.v[track].idle = true;
	c->ret[c->asked_of[track]].err = *why;
}

/* Spends what it takes to look at names of a register; false: there is not enough left. */
static bool afford_names(struct court *c, size_t track, uint64_t cost)
{
	struct err why;
	bool enough = effort_take(c->effort, cost);
	if (enough)
		return true;
	err_set(&why, ST_FORMAT,
		"search limit reached (%d extends): other names of '%s' are unknown",
		REPLAY_EXTENDS_MAX, c->q->v[c->asked_of[track]].mr->full);
	set_aside(c, track, &why);
	return false;
}

static int add_names(struct court *c, size_t track, const struct journal_reg *reg, struct err *err)
{
	enum { NAME_COST = 32 };
	const struct asked *a = &c->q->v[c->asked_of[track]];
	size_t here = 0;
	if (!afford_names(c, track, NAME_COST * reg->n_names))
		return 0;
	for (const struct journal_name *name = reg->names; name != NULL; name = name->next) {
		here += asked_named(c, name->text) != NULL;
		if (strcmp(name->text, a->mr->full) != 0 && is_alias(c, a, name->text) &&
			tracks_add_alias(&c->p.tracks, track, name->text, err) < 0)
			return -1;
	}
	if (here > NAMESAKES_MAX) {
		struct err why;
		err_set(&why, ST_FORMAT, "a journal says that more than %d registers are '%s'",
			NAMESAKES_MAX, a->mr->full);
		set_aside(c, track, &why);
	}
	return 0;
}

/*
 * A register that showed what the one of an open record did, and shows what the record leads to, is
 * another name of that: the record's end will say so.
 */
static int add_like(struct court *c, size_t track, const struct journal_state *state,
	const struct journal_intent *open, struct err *err)
{
	const struct asked *a = &c->q->v[c->asked_of[track]];
	bool own = journal_state_find(state, a->mr->full) == open->reg;
	char name[JOURNAL_NAME_ROOM];
	struct bytes like = open->like;
	while (journal_take_name(&like, name)) {
		if (!afford_names(c, track, 1))
			return 0;
		const struct asked *other = asked_named(c, name);
		if (other == NULL || !digest_equal(&other->value, &a->value) ||
			!journal_state_may_join(state, open, name))
			continue;
		if (own && tracks_add_alias(&c->p.tracks, track, name, err) < 0)
			return -1;
		if (!own && other == a && add_names(c, track, open->reg, err) < 0)
			return -1;
	}
	return 0;
}

/* The other names that journals have for the register of a track. */
static int add_aliases(struct court *c, size_t track, struct err *err)
{
	const struct asked *a = &c->q->v[c->asked_of[track]];
	for (size_t k = 0; k < c->inputs->n; k++) {
		const struct log_input *in = &c->inputs->v[k];
		if (in->reader == NULL || in->other_boot)
			continue;
		const struct journal_state *state = journal_log_state(in->reader);
		const struct journal_reg *reg =
			state != NULL ? journal_state_find(state, a->mr->full) : NULL;
		if (reg != NULL && add_names(c, track, reg, err) < 0)
			return -1;
		const struct journal_intent *open = state != NULL ? state->open : NULL;
		for (; open != NULL; open = open->next)
			if (a->value.size > 0 && digest_equal(&a->value, &open->expected) &&
				add_like(c, track, state, open, err) < 0)
				return -1;
	}
	return 0;
}

static int add_tracks(struct court *c, struct err *err)
{
	c->asked_of = calloc(c->q->mrs->n + 1, sizeof(*c->asked_of));
	if (c->asked_of == NULL)
		return no_memory(err);
	for (size_t i = 0; i < c->q->mrs->n; i++) {
		const struct asked *a = &c->q->v[i];
		struct err why;
		if (!(a->mr->flags & MR_RUNTIME) || a->mr->alg <= HASH_UNKNOWN)
			continue;
		size_t n = c->p.tracks.n;
		if (tracks_add(&c->p.tracks, a->mr, &a->value, &a->trusted, &why) == 0) {
			c->asked_of[n] = i;
			c->p.tracks.v[n].idle = !a->wanted || a->value.size == 0;
		} else if (why.status == ST_ABSENT) {
			c->ret[i].verdict = VERDICT_UNSUPPORTED;
		} else if (why.sys == ENOMEM) {
			*err = why;
			return -1;
		} else {
			fail(&c->ret[i], &why);
		}
	}
	for (size_t k = 0; k < c->p.tracks.n; k++)
		if (add_aliases(c, k, err) < 0)
			return -1;
	return 0;
}

/* --- what is said of one bank --- */

static int add_source(struct judgement *j, const char *source, struct err *err)
{
	size_t n = 0;
	for (; j->sources != NULL && j->sources[n] != NULL; n++)
		if (j->sources[n] == source)
			return 0;
	const char **grown = reallocarray(j->sources, n + 2, sizeof(*grown));
	if (grown == NULL)
		return no_memory(err);
	grown[n] = source;
	grown[n + 1] = NULL;
	j->sources = grown;
	return 0;
}

static int add_left(struct judgement *j, const struct claims_left *left, struct err *err)
{
	if ((j->n_left & (j->n_left - 1)) == 0) {
		size_t room = j->n_left == 0 ? 1 : 2 * j->n_left;
		struct claims_left *grown = reallocarray(j->left, room, sizeof(*grown));
		if (grown == NULL)
			return no_memory(err);
		j->left = grown;
	}
	j->left[j->n_left++] = *left;
	return 0;
}

static int add_doubtful(struct judgement *j, size_t source, uint64_t seq, struct err *err)
{
	struct event_ref *grown = reallocarray(j->doubtful, j->n_doubtful + 1, sizeof(*grown));
	if (grown == NULL)
		return no_memory(err);
	j->doubtful = grown;
	grown[j->n_doubtful++] = (struct event_ref){source, seq};
	return 0;
}

/* The doubtful claims that a chain took. */
static int add_chain_doubtful(
	const struct track *track, const struct chain *chain, struct judgement *j, struct err *err)
{
	uint32_t bit = UINT32_C(1) << (chain - track->chain);
	for (size_t i = 0; i < track->n_runs; i++) {
		const struct run *run = &track->run[i];
		if (run->doubtful && (run->taken & bit) &&
			add_doubtful(j, run->source, run->first_seq, err) < 0)
			return -1;
	}
	return 0;
}

/* Sources by where they first stand in the likely sequence. */
static int add_tallied(
	const struct court *c, const struct track *track, struct judgement *j, struct err *err)
{
	for (uint64_t last = 0;;) {
		size_t next = c->inputs->n;
		for (size_t k = 0; k < c->inputs->n; k++)
			if (track->tally[k].first > last &&
				(next == c->inputs->n ||
					track->tally[k].first < track->tally[next].first))
				next = k;
		if (next == c->inputs->n)
			return 0;
		last = track->tally[next].first;
		for (size_t k = 0; k < c->inputs->n; k++)
			if (track->tally[k].first == last &&
				add_source(j, c->inputs->v[k].name, err) < 0)
				return -1;
	}
}

/* A value that the logs give: is the data what was measured? */
static void set_good(const struct track *track, bool stated, struct judgement *j)
{
	j->stated = stated;
	j->verdict = stated ? VERDICT_PARTIAL : j->matched > 0 ? VERDICT_MATCH : VERDICT_UNTOUCHED;
	if (!track->has_altered)
		return;
	j->verdict = VERDICT_ALTERED;
	j->diagnosis = (struct diagnosis){
		.kind = DIAG_ALTERED, .has_event = true, .event = track->altered};
}

/* What was said of a bank, before more was tried, is taken back. */
static void take_back(struct judgement *j)
{
	free(j->sources);
	free(j->left);
	free(j->doubtful);
	j->sources = NULL;
	j->left = NULL;
	j->doubtful = NULL;
	j->n_left = j->n_doubtful = 0;
	j->skipped = 0;
	j->stated = false;
	j->verdict = VERDICT_NONE;
}

static int judge_settled(const struct court *c, const struct track *track,
	const struct chain *chain, struct judgement *j, struct err *err)
{
	j->replayed = chain->value;
	j->records = j->matched = chain->n;
	set_good(track, false, j);
	if (add_chain_doubtful(track, chain, j, err) < 0)
		return -1;
	return add_tallied(c, track, j, err);
}

/* Of a bank with more claims than can be searched among: whole logs in every order were tried. */
static int judge_large(const struct court *c, const struct track *track, bool alone,
	struct judgement *j, struct err *err)
{
	const struct chain *chain = track_likely(track);
	const struct run *stuck = track_stuck(track, chain);
	bool disordered = track_is_disordered(track, chain);
	j->replayed = chain->value;
	j->records = track->claims;
	for (size_t i = 0; i < track->n_chains; i++)
		if (track->chain[i].reached > chain->reached)
			chain = &track->chain[i];
	if (alone && track->n_firm_runs == 1 && track->run[0].n == track->claims &&
		digest_equal(&track->run[0].end, &track->want) && track->trusted.size == 0) {
		j->replayed = track->want;
		j->matched = j->records;
		set_good(track, true, j);
	} else if (chain->reached > 0 && chain->reached <= chain->n) {
		struct claims_left left = {
			c->inputs->v[chain->left.source].name, chain->left.seq, 0};
		j->verdict = VERDICT_LOG_AHEAD;
		j->matched = chain->reached - 1;
		if (add_left(j, &left, err) < 0)
			return -1;
	} else if (!alone || track->too_many) {
		j->verdict = VERDICT_UNDECIDED;
	} else {
		j->verdict = VERDICT_MISMATCH;
		if (stuck != NULL && !disordered)
			j->diagnosis = (struct diagnosis){.kind = DIAG_FOREIGN,
				.has_event = true,
				.event = {stuck->source, stuck->first_seq}};
	}
	return add_tallied(c, track, j, err);
}

static bool has_firm(const struct claim_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!list->v[i].loose)
			return true;
	return false;
}

static int add_path_sources(
	const struct court *c, const struct timeline *t, struct judgement *j, struct err *err)
{
	for (size_t k = 0; k < t->n_path; k++) {
		const struct step *step = &t->path[k];
		bool doubtful = step->list == DOUBTFUL_LIST;
		size_t source =
			doubtful ? t->doubtful_source[step->at] : t->list[step->list].source;
		if (doubtful && t->found &&
			add_doubtful(j, source, t->doubtful[step->at].seq, err) < 0)
			return -1;
		if (add_source(j, c->inputs->v[source].name, err) < 0)
			return -1;
	}
	/* Those that tell of what others tell of, too. */
	for (size_t l = 0; l < t->n_lists; l++)
		if ((t->found ? t->fit[l].in > 0 : has_firm(&t->list[l])) &&
			add_source(j, c->inputs->v[t->list[l].source].name, err) < 0)
			return -1;
	return 0;
}

/* The claims of one list that the sequence leaves out. */
static int add_list_left(const struct court *c, const struct timeline *t, size_t l,
	struct judgement *j, struct err *err)
{
	const struct claim_list *list = &t->list[l];
	for (size_t i = 0; i < list->n && t->fit[l].left > 0; i++) {
		const struct claim *claim = &list->v[i];
		struct claims_left left = {c->inputs->v[list->source].name, claim->seq, 1};
		if (!claim->loose && !claim->is_in && !claim->is_moved &&
			add_left(j, &left, err) < 0)
			return -1;
	}
	return 0;
}

static struct diagnosis said_of(const struct claim_list *list, enum diagnosis_kind kind, size_t at)
{
	return (struct diagnosis){
		.kind = kind, .has_event = true, .event = {list->source, list->v[at].seq}};
}

/* What the sequence that was found leaves out. */
static int add_left_out(
	const struct court *c, const struct timeline *t, struct judgement *j, struct err *err)
{
	for (size_t l = 0; l < t->n_lists; l++) {
		const struct claim_list *list = &t->list[l];
		const struct fit *fit = &t->fit[l];
		j->records += fit->left;
		if (add_list_left(c, t, l, j, err) < 0)
			return -1;
		if (fit->moved > 0 && j->diagnosis.kind != DIAG_ORDER)
			j->diagnosis = said_of(list, DIAG_ORDER, fit->first_moved);
		else if (fit->inside && j->diagnosis.kind != DIAG_EXTRA &&
			 j->diagnosis.kind != DIAG_ORDER)
			j->diagnosis = said_of(list, DIAG_EXTRA, fit->first_left);
	}
	if (j->diagnosis.kind == DIAG_EXTRA)
		j->diagnosis.further = j->n_left - 1;
	if (j->diagnosis.kind == DIAG_EXTRA || j->diagnosis.kind == DIAG_ORDER)
		j->verdict = VERDICT_MISMATCH;
	else if (j->n_left > 0)
		j->verdict = VERDICT_LOG_AHEAD;
	if (j->verdict == VERDICT_LOG_AHEAD)
		j->diagnosis = (struct diagnosis){.kind = DIAG_NONE};
	return 0;
}

/* The claim of a list that is the nth with this digest, or the last one; list->n: there is none. */
static size_t nth_equal(const struct claim_list *list, const struct digest *digest, size_t n)
{
	size_t found = list->n;
	for (size_t i = 0; i < list->n && n > 0; i++) {
		if (!digest_equal(&list->v[i].digest, digest))
			continue;
		found = i;
		n--;
	}
	return found;
}

/* The event that is one too many, as each log has it that tells of it. */
static int add_extra(
	const struct court *c, const struct timeline *t, struct judgement *j, struct err *err)
{
	const struct claim *extra = NULL;
	size_t nth = 0;
	for (size_t l = 0; l < t->n_lists; l++) {
		const struct claim_list *list = &t->list[l];
		if (list->source != j->diagnosis.event.source)
			continue;
		for (size_t i = 0; i < list->n; i++)
			if (list->v[i].seq == j->diagnosis.event.seq)
				extra = &list->v[i];
		for (size_t i = 0; extra != NULL && i <= (size_t)(extra - list->v); i++)
			nth += digest_equal(&list->v[i].digest, &extra->digest);
	}
	for (size_t l = 0; l < t->n_lists && extra != NULL; l++) {
		const struct claim_list *list = &t->list[l];
		size_t i = nth_equal(list, &extra->digest, nth);
		if (i == list->n)
			continue;
		struct claims_left left = {c->inputs->v[list->source].name, list->v[i].seq, 1};
		if (list->source == j->diagnosis.event.source)
			left.seq = extra->seq;
		if (add_left(j, &left, err) < 0)
			return -1;
	}
	return 0;
}

/* How many records of a sequence may not have been extended, as far as their journal tells. */
static size_t doubtful_steps(const struct timeline *t)
{
	size_t n = 0;
	for (size_t k = 0; k < t->n_path; k++)
		n += t->path[k].list == DOUBTFUL_LIST;
	return n;
}

static int judge_hunt(
	const struct court *c, const struct hunt *hunt, struct judgement *j, struct err *err)
{
	const struct timeline *t = &hunt->t;
	const struct track *track = &c->p.tracks.v[hunt->track];
	/* A text log after the others has explained it; the search may tell more, but not less. */
	bool explained = j->verdict == VERDICT_MATCH || j->verdict == VERDICT_ALTERED;
	if (explained && !t->found)
		return 0;
	if (explained)
		take_back(j);
	j->replayed = t->value;
	j->records = t->n_path;
	j->extends = t->extends;
	j->spent = t->spent;
	if (t->found) {
		j->matched = t->n_path;
		set_good(track, t->from_stated, j);
		if (!t->unsure && add_left_out(c, t, j, err) < 0)
			return -1;
		if (t->unsure)
			j->verdict = VERDICT_UNDECIDED;
		return add_path_sources(c, t, j, err);
	}
	j->records = timeline_claims(t);
	if (j->records == 0) {
		j->verdict = VERDICT_UNLOGGED;
		return 0;
	}
	j->diagnosis = t->diagnosis;
	j->all_changes = t->all_changes;
	bool edit = diagnosis_is_change(&t->diagnosis);
	j->verdict = j->initial && !edit    ? VERDICT_LOG_AHEAD
		     : edit || t->all_tried ? VERDICT_MISMATCH
					    : VERDICT_UNDECIDED;
	if (j->verdict != VERDICT_MISMATCH)
		j->diagnosis = (struct diagnosis){.kind = DIAG_NONE};
	if (j->diagnosis.kind != DIAG_NONE && !edit) {
		j->matched = t->n_path;
		j->records += doubtful_steps(t);
	}
	if (j->diagnosis.kind == DIAG_EXTRA && add_extra(c, t, j, err) < 0)
		return -1;
	return add_path_sources(c, t, j, err);
}

/* --- a kernel's text log --- */

static const struct log_input *text_of(const struct court *c, const struct mr *mr, size_t *from)
{
	for (; *from < c->inputs->n; (*from)++) {
		const struct log_input *in = &c->inputs->v[*from];
		if (in->text && in->fd >= 0 && in->mr != NULL && !in->other_boot &&
			strcmp(in->mr->full, mr->full) == 0)
			return in;
	}
	return NULL;
}

static bool is_good(const struct rfc_search_result *r)
{
	return r->verdict == VERDICT_MATCH || r->verdict == VERDICT_UNTOUCHED;
}

/* A log that no line says to be wrong: one change to it may give the value. */
static bool wants_change(const struct rfc_search_result *r)
{
	return r->verdict == VERDICT_MISMATCH && r->place < 0 && r->records > 0 &&
	       r->records <= TIMELINE_CLAIMS_MAX;
}

/* The lines of a text log that the register does not show. */
struct text_left {
	struct judgement *j;
	const char *source;
};

/* Each one, and of very many the last ones together. */
static int add_text_left(void *arg, uint64_t seq, struct err *err)
{
	struct text_left *l = arg;
	struct claims_left left = {l->source, seq, 1};
	if (l->j->n_left < TIMELINE_CLAIMS_MAX)
		return add_left(l->j, &left, err);
	l->j->left[l->j->n_left - 1].n++;
	return 0;
}

/* What one text log, the only source of its register, says of it. */
static int judge_text(const struct log_input *in, const struct rfc_search_result *r,
	struct judgement *j, struct err *err)
{
	j->verdict = r->verdict;
	j->replayed = r->value;
	j->records = r->records;
	j->matched = r->matched;
	j->extends = r->extends;
	j->spent = r->extends > 0;
	j->skipped = r->untrue;
	j->skipped_off = r->untrue_off;
	j->text_source = in->name;
	j->place = r->place;
	j->resumes = r->resumes;
	j->stated = r->verdict == VERDICT_LOG_AHEAD && r->stated;
	if (r->verdict == VERDICT_MISMATCH && r->records == 0 && r->untrue == 0)
		j->verdict = VERDICT_UNLOGGED;
	struct text_left left = {j, in->name};
	if (r->verdict == VERDICT_LOG_AHEAD &&
		textlog_firm(in, r->matched_end, add_text_left, &left, err) < 0)
		return -1;
	bool claims = r->records > 0 || (r->untrue > 0 && !is_good(r));
	return claims ? add_source(j, in->name, err) : 0;
}

/* The kernel's log continues where the other logs end. */
static int judge_behind(const struct court *c, const struct track *track,
	const struct log_input *in, const struct rfc_search_result *r, struct judgement *j,
	struct err *err)
{
	const struct chain *chain = track_likely(track);
	j->replayed = r->value;
	j->records = chain->n + r->records;
	j->matched = chain->n + r->matched;
	j->skipped = r->untrue;
	j->skipped_off = r->untrue_off;
	j->text_source = in->name;
	set_good(track, false, j);
	if (add_chain_doubtful(track, chain, j, err) < 0 || add_tallied(c, track, j, err) < 0)
		return -1;
	return r->records > 0 ? add_source(j, in->name, err) : 0;
}

/* A text log that is malformed fails its register; other errors fail all. */
static int text_failed(const struct court *c, const struct log_input *in, struct judgement *j,
	const struct err *err)
{
	if (err->status != ST_FORMAT)
		return -1;
	c->inputs->v[in - c->inputs->v].err = *err;
	fail(j, err);
	return 0;
}

/* All claims of the other logs of a bank were taken by this chain. */
static bool took_all(const struct track *track, const struct chain *chain)
{
	return !track->too_many && chain->n_runs == track->n_firm_runs;
}

/* Its interpretation that gives the register; without a search, the one that an honest kernel meant. */
static int replay_text(const struct court *c, const struct log_input *in, const struct track *track,
	const struct rfc_search_starts *starts, struct rfc_search_result *ret, struct err *err)
{
	const struct digest *want = c->q->no_search ? NULL : &track->want;
	int rc = textlog_replay(in, track->alg, starts, want, ret, err);
	if (rc < 0 || !c->q->no_search)
		return rc;
	bool gives = !ret->stated && digest_equal(&ret->value, &track->want);
	ret->verdict = !gives		  ? VERDICT_UNDECIDED
		       : ret->records > 0 ? VERDICT_MATCH
					  : VERDICT_UNTOUCHED;
	ret->matched = gives ? ret->records : 0;
	return 0;
}

/*
 * Text logs of a bank: alone, or one after all the other logs. *ret_done: that was it; else they have
 * to be searched among.
 */
static int try_texts(const struct court *c, const struct track *track, struct judgement *j,
	bool *ret_done, struct err *err)
{
	struct digest start[TIMELINE_STARTS_MAX], behind[TRACK_CHAINS_MAX];
	struct rfc_search_starts starts = {start, track_starts(track, start), c->effort};
	struct rfc_search_starts chains = {behind, 0, c->effort};
	size_t first = 0, next;
	const struct log_input *in = text_of(c, track->mr, &first);
	struct rfc_search_result r;
	*ret_done = false;
	if (in == NULL)
		return 0;
	next = first + 1;
	bool only = text_of(c, track->mr, &next) == NULL;
	bool others = track->claims > 0 || track->n_runs > 0;
	for (size_t i = 0; i < track->n_chains; i++)
		if (took_all(track, &track->chain[i]))
			behind[chains.n++] = track->chain[i].value;
	if (!only || (others && chains.n == 0))
		return 0;
	if (replay_text(c, in, track, others ? &chains : &starts, &r, err) < 0) {
		*ret_done = true;
		rfc_search_clear(&r);
		return text_failed(c, in, j, err);
	}
	int rc = 0;
	/* Lines that extended nothing may tell of what another log tells of. */
	bool told = others && r.untrue > 0 && track->claims <= TIMELINE_CLAIMS_MAX;
	*ret_done = others ? is_good(&r) && !told : !wants_change(&r);
	if (!others)
		rc = judge_text(in, &r, j, err);
	else if (is_good(&r))
		rc = judge_behind(c, track, in, &r, j, err);
	j->has_text = *ret_done;
	if (*ret_done)
		j->text = r;
	else
		rfc_search_clear(&r);
	return rc;
}

/* Adds what a list leads to from here. */
static int follow_list(
	struct hasher *h, const struct claim_list *list, struct digest *value, struct err *err)
{
	for (size_t i = 0; i < list->n; i++)
		if (hash_extend(h, value, &list->v[i].digest, err) < 0)
			return -1;
	return 0;
}

/* A text log may have begun where the other logs end, in whatever order, or where the first of them does. */
static int text_starts(const struct court *c, const struct hunt *hunt, struct digest start[],
	size_t *n, struct err *err)
{
	const struct track *track = &c->p.tracks.v[hunt->track];
	struct hasher *h = c->p.tracks.hashers.of[track->alg];
	size_t order[TIMELINE_LISTS_MAX], lists = hunt->t.n_lists;
	for (size_t i = 0; i < track->n_chains; i++)
		start[(*n)++] = track->chain[i].value;
	for (size_t l = 0; l < lists; l++)
		order[l] = l;
	do {
		struct digest value = track->chain[0].start;
		if (!effort_take(c->effort, timeline_claims(&hunt->t)))
			break;
		for (size_t l = 0; l < lists; l++) {
			if (follow_list(h, &hunt->t.list[order[l]], &value, err) < 0)
				return -1;
			if (l == 0 || l + 1 == lists)
				start[(*n)++] = value;
		}
	} while (order_next(order, lists));
	return 0;
}

static int count_line(void *arg, uint64_t seq, struct err *err)
{
	size_t *n = arg;
	(void)seq, (void)err;
	return ++*n > TIMELINE_CLAIMS_MAX;
}

/* Whether it has more claims than can be searched among, however its direct lines are read. */
static int is_long(const struct log_input *in, bool *ret, struct err *err)
{
	size_t n = 0;
	int rc = textlog_firm(in, 0, count_line, &n, err);
	*ret = n > TIMELINE_CLAIMS_MAX;
	return rc < 0 ? -1 : 0;
}

/* The claims of the text logs of a bank, in the interpretation that explains it, or the likely one. */
static int collect_texts(const struct court *c, struct hunt *hunt, struct err *err)
{
	const struct track *track = &c->p.tracks.v[hunt->track];
	struct digest start[TEXT_STARTS_MAX];
	struct rfc_search_starts starts = {start, track_starts(track, start), c->effort};
	struct timeline *t = &hunt->t;
	const struct log_input *in;
	if (text_starts(c, hunt, start, &starts.n, err) < 0)
		return -1;
	for (size_t k = 0; (in = text_of(c, track->mr, &k)) != NULL; k++) {
		struct rfc_search_result r;
		bool stated = false, is_too_long = false;
		int rc = is_long(in, &is_too_long, err);
		if (rc == 0 && (is_too_long || t->n_lists == TIMELINE_LISTS_MAX)) {
			hunt->over = true;
			return 0;
		}
		if (rc < 0)
			return text_failed(c, in, &c->ret[c->asked_of[hunt->track]], err);
		rc = textlog_replay(in, track->alg, &starts, &track->want, &r, err);
		hunt->guessed |= rc == 0 && r.verdict == VERDICT_UNDECIDED;
		if (rc == 0 && r.verdict != VERDICT_MATCH && r.verdict != VERDICT_PARTIAL) {
			rfc_search_clear(&r);
			rc = textlog_replay(in, track->alg, &starts, NULL, &r, err);
			hunt->guessed |= rc == 0 && r.verdict == VERDICT_UNDECIDED;
		}
		struct claim_list *list = &t->list[t->n_lists];
		*list = (struct claim_list){.source = k, .name = in->name};
		if (rc == 0)
			rc = textlog_claims(in, track->alg, &r, list, err);
		t->n_lists += list->n > 0;
		hunt->over |= list->n > TIMELINE_CLAIMS_MAX;
		rfc_search_clear(&r);
		if (rc == 0 && t->n_stated < TIMELINE_STARTS_MAX)
			rc = textlog_stated(in, track->alg, &stated, &t->stated[t->n_stated], err);
		if (rc < 0)
			return text_failed(c, in, &c->ret[c->asked_of[hunt->track]], err);
		t->n_stated += list->n > 0 && stated;
	}
	return 0;
}

/* --- searches --- */

static bool is_over(const struct track *track)
{
	return track->claims > TIMELINE_CLAIMS_MAX || track->too_many;
}

/* Lists in an order that does not depend on how the logs were named. */
static int by_claims(const void *a, const void *b)
{
	const struct claim_list *x = a, *y = b;
	if (x->firmware != y->firmware)
		return x->firmware ? -1 : 1;
	if (x->anchored != y->anchored)
		return x->anchored ? 1 : -1;
	for (size_t i = 0; i < x->n && i < y->n; i++)
		if (x->v[i].key != y->v[i].key)
			return x->v[i].key < y->v[i].key ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int search_hunt(struct court *c, struct hunt *hunt, struct err *err)
{
	const struct track *track = &c->p.tracks.v[hunt->track];
	struct timeline *t = &hunt->t;
	if (collect_texts(c, hunt, err) < 0)
		return -1;
	t->h = c->p.tracks.hashers.of[track->alg];
	t->effort = c->effort;
	t->want = &track->want;
	t->n_starts = track_starts(track, t->start);
	t->trusted = track->trusted.size > 0;
	if (hunt->over || c->ret[c->asked_of[hunt->track]].err.status != ST_OK)
		return 0;
	qsort(t->list, t->n_lists, sizeof(t->list[0]), by_claims);
	int rc = hunt->like != NULL ? history_find_like(t, &hunt->like->t, err)
				    : history_find(t, err);
	t->all_tried &= !hunt->guessed;
	return rc;
}

/* The searches of others took all that there is. */
static int give_up_batch(const struct court *c, struct err *err)
{
	for (size_t i = 0; i < c->p.n_hunts; i++) {
		const struct track *track = &c->p.tracks.v[c->p.hunt[i].track];
		struct judgement *j = &c->ret[c->asked_of[c->p.hunt[i].track]];
		if (j->err.status != ST_OK || j->verdict != VERDICT_NONE)
			continue;
		j->verdict = VERDICT_UNDECIDED;
		j->spent = true;
		j->extends = REPLAY_EXTENDS_MAX;
		if (add_tallied(c, track, j, err) < 0)
			return -1;
	}
	return 0;
}

static int judge_batch(struct court *c, struct err *err)
{
	struct passes *p = &c->p;
	int rc = passes_collect(p, err);
	if (rc <= 0)
		return rc < 0 ? -1 : give_up_batch(c, err);
	for (size_t i = 0; i < p->n_hunts; i++) {
		struct hunt *hunt = &p->hunt[i];
		size_t reg = p->tracks.v[hunt->track].reg;
		if (i > 0 && p->tracks.v[p->hunt[i - 1].track].reg == reg &&
			c->ret[c->asked_of[p->hunt[i - 1].track]].err.status == ST_OK)
			hunt->like = &p->hunt[i - 1];
		if (search_hunt(c, hunt, err) < 0)
			return -1;
	}
	if (passes_probe(p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_hunts; i++) {
		struct hunt *hunt = &p->hunt[i];
		struct judgement *j = &c->ret[c->asked_of[hunt->track]];
		if (j->err.status != ST_OK)
			continue;
		/* One text log alone has its verdict already. */
		if (hunt->over && j->verdict == VERDICT_NONE)
			j->verdict = VERDICT_UNDECIDED;
		if (hunt->over ? add_path_sources(c, &hunt->t, j, err) < 0
			       : judge_hunt(c, hunt, j, err) < 0)
			return -1;
	}
	return 0;
}

static void clear_batch(struct passes *p)
{
	for (size_t i = 0; i < p->n_hunts; i++)
		timeline_clear(&p->hunt[i].t);
	p->n_hunts = 0;
}

/* All banks in `todo`, as many at once as there is room for. */
static int search_all(struct court *c, const size_t *todo, size_t n, struct err *err)
{
	struct passes *p = &c->p;
	int rc = 0;
	p->hunt = calloc(n + 1, sizeof(*p->hunt));
	if (p->hunt == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n && rc == 0;) {
		uint64_t claims = 0;
		do {
			claims += p->tracks.v[todo[i]].claims;
			p->hunt[p->n_hunts] = (struct hunt){.track = todo[i++]};
			p->n_hunts++;
		} while (i < n && p->n_hunts < BATCH_BANKS &&
			 claims + p->tracks.v[todo[i]].claims <= BATCH_CLAIMS);
		rc = judge_batch(c, err);
		clear_batch(p);
	}
	free(p->hunt);
	p->hunt = NULL;
	return rc;
}

/* --- orders of whole logs, for banks with more claims than are kept --- */

/* Sources without anchors, at most ORDER_MAX, in the order of their numbers: taken in every order. */
struct party {
	size_t v[ORDER_MAX];
	size_t n;
};

static bool party_add(struct party *party, size_t source)
{
	size_t i = 0;
	while (i < party->n && party->v[i] < source)
		i++;
	if (i < party->n && party->v[i] == source)
		return true;
	if (party->n == ORDER_MAX)
		return false;
	memmove(party->v + i + 1, party->v + i, (party->n - i) * sizeof(*party->v));
	party->v[i] = source;
	party->n++;
	return true;
}

/* The sources that have claims of a bank; false: there are too many. */
static bool party_join(struct party *party, const struct court *c, size_t bank)
{
	struct party joined = *party;
	for (size_t k = 0; k < c->inputs->n; k++) {
		const struct log_input *in = &c->inputs->v[k];
		if (c->p.tracks.v[bank].tally[k].n > 0 && !passes_is_journal(in) &&
			!passes_is_firmware(in) && !party_add(&joined, k))
			return false;
	}
	*party = joined;
	return true;
}

static size_t sources_of(const struct court *c, const struct track *track)
{
	size_t n = 0;
	for (size_t k = 0; k < c->inputs->n; k++)
		n += track->tally[k].n > 0;
	return n;
}

/* After one order. *done: the bank is explained. */
static int judge_order(struct court *c, size_t k, bool last, bool *done, struct err *err)
{
	const struct track *track = &c->p.tracks.v[k];
	struct judgement *j = &c->ret[c->asked_of[k]];
	const struct chain *chain = track_settled(track);
	bool reached = false;
	for (size_t i = 0; i < track->n_chains; i++)
		reached |= track->chain[i].reached > 0;
	if (chain != NULL) {
		take_back(j);
		*done = true;
		return judge_settled(c, track, chain, j, err);
	}
	if (j->verdict == VERDICT_LOG_AHEAD || (!last && !reached))
		return 0;
	return judge_large(c, track, sources_of(c, track) < 2, j, err);
}

static size_t source_named(const struct court *c, const char *name)
{
	size_t k = 0;
	while (c->inputs->v[k].name != name)
		k++;
	return k;
}

/*
 * With several logs, what orders of whole logs leave out may be what another log tells of, too: one
 * extend. Unless none of them is, the bank is undecided then.
 */
static int doubt_orders(struct court *c, size_t k, struct err *err)
{
	const struct track *track = &c->p.tracks.v[k];
	struct judgement *j = &c->ret[c->asked_of[k]];
	bool own = false;
	if (sources_of(c, track) < 2 || j->verdict != VERDICT_LOG_AHEAD)
		return 0;
	struct event_ref at = {source_named(c, j->left[0].source), j->left[0].seq};
	if (passes_are_own(&c->p, k, &at, j->records - j->matched, &own, err) < 0)
		return -1;
	if (own)
		return 0;
	take_back(j);
	j->matched = 0;
	j->verdict = VERDICT_UNDECIDED;
	return add_tallied(c, track, j, err);
}

/* Banks that are judged together, by the same orders. */
struct group {
	const size_t *bank;
	size_t n;
	unsigned char *done; /* of each bank: not this group's, not yet, or it is explained */
};

enum { NOT_HERE, NOT_YET, EXPLAINED };

static int judge_group(struct court *c, struct group *g, bool last, bool *ret_left, struct err *err)
{
	*ret_left = false;
	for (size_t i = 0; i < g->n; i++) {
		bool done = false;
		if (g->done[i] != NOT_YET)
			continue;
		if (judge_order(c, g->bank[i], last, &done, err) < 0)
			return -1;
		g->done[i] = done ? EXPLAINED : NOT_YET;
		*ret_left |= !done;
	}
	return 0;
}

/* Firmware's logs, and the others in every order. `fresh`: the first one was taken already. */
static int try_orders(
	struct court *c, struct group *g, struct party *party, bool fresh, struct err *err)
{
	AUTO_FREE size_t *order = passes_order(&c->p, err);
	size_t n = 0;
	bool left = true;
	if (order == NULL)
		return -1;
	while (n < c->inputs->n && passes_is_firmware(&c->inputs->v[order[n]]))
		n++;
	for (bool more = true; more && left;) {
		memcpy(order + n, party->v, party->n * sizeof(*order));
		int rc = fresh ? 1 : passes_again(&c->p, order, n + party->n, err);
		if (rc < 0)
			return -1;
		fresh = false;
		more = rc > 0 && order_next(party->v, party->n);
		if (judge_group(c, g, !more, &left, err) < 0)
			return -1;
	}
	return 0;
}

/* The next banks whose sources, together, are few enough. */
static bool next_group(const struct court *c, struct group *g, bool *tried, struct party *party)
{
	bool any = false;
	*party = (struct party){0};
	for (size_t i = 0; i < g->n; i++) {
		g->done[i] = NOT_HERE;
		if (tried[i] || !party_join(party, c, g->bank[i]))
			continue;
		tried[i] = any = true;
		g->done[i] = NOT_YET;
	}
	return any;
}

static int judge_orders(struct court *c, const size_t *todo, size_t n, struct err *err)
{
	AUTO_FREE bool *tried = calloc(n + 1, sizeof(*tried));
	AUTO_FREE unsigned char *done = calloc(n + 1, 1);
	struct group all = {todo, n, done};
	struct party party;
	bool explained, fresh = true;
	if (tried == NULL || done == NULL)
		return no_memory(err);
	/* Too many sources: as they are named. */
	for (size_t i = 0; i < n; i++) {
		party = (struct party){0};
		tried[i] = !party_join(&party, c, todo[i]);
		if (tried[i] && judge_order(c, todo[i], true, &explained, err) < 0)
			return -1;
	}
	while (next_group(c, &all, tried, &party)) {
		if (try_orders(c, &all, &party, fresh, err) < 0)
			return -1;
		fresh = false;
	}
	for (size_t i = 0; i < n; i++)
		if (doubt_orders(c, todo[i], err) < 0)
			return -1;
	return 0;
}

/* --- all together --- */

/* Whether it holds a value that its chains start from: of some PCRs that is not zeros. */
static bool is_start(const struct track *track)
{
	for (size_t i = 0; i < track->n_chains; i++)
		if (digest_equal(&track->chain[i].start, &track->want))
			return true;
	return false;
}

/* What makes a verdict on the values pointless; false: nothing does. */
static bool is_barred(const struct court *c, const struct track *track, const struct asked *a,
	struct judgement *j)
{
	const struct log_input *cut = unread(c, a->mr);
	if (cut != NULL)
		fail(j, &cut->err);
	else if (track->rival != NULL)
		err_set(&j->err, ST_FORMAT,
			"a log's name for a register may mean '%s' or '%s': give each log "
			"the provider, or ask for one of them alone",
			track->mr->full, track->rival->mr->full);
	return cut != NULL || track->rival != NULL;
}

/* Verdicts that need no search; *ret_done: it has one. */
static int judge_plain(struct court *c, size_t k, bool *ret_done, struct err *err)
{
	const struct track *track = &c->p.tracks.v[k];
	const struct asked *a = &c->q->v[c->asked_of[k]];
	struct judgement *j = &c->ret[c->asked_of[k]];
	const struct chain *chain = track_settled(track);
	size_t text = 0;
	bool has_text = text_of(c, track->mr, &text) != NULL;
	*ret_done = true;
	j->initial = is_initial(c, a) || is_start(track);
	j->has_altered = track->has_altered;
	j->altered = track->altered;
	j->padded = track->padded;
	j->place = -1;
	if (is_barred(c, track, a, j))
		return 0;
	if (track->has_lack) {
		j->verdict = VERDICT_UNSUPPORTED;
		j->has_lack = true;
		j->lack = track->lack;
		return add_tallied(c, track, j, err);
	}
	if (has_text && try_texts(c, track, j, ret_done, err) < 0)
		return -1;
	if (has_text && !*ret_done && is_over(track)) {
		/* Orders of whole logs are tried without the text logs: what those claim stays open. */
		*ret_done = true;
		j->verdict = VERDICT_UNDECIDED;
		return add_tallied(c, track, j, err);
	}
	if (has_text)
		return 0;
	if (chain != NULL && (track->claims > 0 || chain->n > 0))
		return judge_settled(c, track, chain, j, err);
	if (track->claims == 0 && (j->initial || track->n_runs == 0)) {
		j->verdict = j->initial ? VERDICT_UNTOUCHED : VERDICT_UNLOGGED;
		return 0;
	}
	*ret_done = false;
	return 0;
}

static int by_register(const void *a, const void *b, void *tracks)
{
	const struct track *v = tracks;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	if (v[x].reg != v[y].reg)
		return v[x].reg < v[y].reg ? -1 : 1;
	return v[x].alg < v[y].alg ? -1 : v[x].alg > v[y].alg;
}

static int judge_tracks(struct court *c, struct err *err)
{
	size_t n = c->p.tracks.n, n_small = 0, n_large = 0;
	AUTO_FREE size_t *small = calloc(n + 1, sizeof(*small));
	AUTO_FREE size_t *large = calloc(n + 1, sizeof(*large));
	if (small == NULL || large == NULL)
		return no_memory(err);
	for (size_t k = 0; k < n; k++) {
		bool done;
		if (c->p.tracks.v[k].idle)
			continue;
		if (judge_plain(c, k, &done, err) < 0)
			return -1;
		if (!done && c->q->no_search)
			c->ret[c->asked_of[k]].verdict = VERDICT_UNDECIDED;
		else if (!done && is_over(&c->p.tracks.v[k]))
			large[n_large++] = k;
		else if (!done)
			small[n_small++] = k;
	}
	qsort_r(small, n_small, sizeof(*small), by_register, c->p.tracks.v);
	if (n_small > 0 && search_all(c, small, n_small, err) < 0)
		return -1;
	return n_large > 0 ? judge_orders(c, large, n_large, err) : 0;
}

static const char *any_other_boot(const struct court *c, const struct mr *mr)
{
	for (size_t k = 0; k < c->inputs->n; k++)
		if (c->inputs->v[k].other_boot && inputs_can_name(&c->inputs->v[k], mr))
			return c->inputs->v[k].name;
	return NULL;
}

/* How IMA's events extend the banks that they are of and that do not reach their value. Whether any changed. */
static bool set_padded(struct court *c, bool padded)
{
	bool any = false;
	for (size_t i = 0; i < c->p.tracks.n; i++) {
		struct track *track = &c->p.tracks.v[i];
		if (track->idle || !track->of_every_bank || track->padded == padded ||
			track->alg == HASH_SHA1 || track_settled(track) != NULL)
			continue;
		track->padded = padded;
		any = true;
	}
	return any;
}

/*
 * A kernel that lacks the hash of a bank when IMA starts, and every one before Linux 5.8, extends the bank
 * with IMA's SHA-1 digest and zeros after it.
 */
static int try_padded(struct court *c, const size_t *order, struct err *err)
{
	if (!set_padded(c, true))
		return 0;
	int rc = passes_again(&c->p, order, c->inputs->n, err);
	if (!set_padded(c, false) || rc <= 0)
		return rc < 0 ? -1 : 0;
	/* What was found before is to be found again, whatever is left of the budget. */
	c->p.effort = NULL;
	rc = passes_again(&c->p, order, c->inputs->n, err);
	c->p.effort = c->effort;
	return rc < 0 ? -1 : 0;
}

int judge(const struct question *q, struct inputs *inputs, struct judgement ret[], struct err *err)
{
	struct effort effort = {REPLAY_EXTENDS_MAX, REPLAY_EXTENDS_MAX / 2};
	struct court c = {.q = q, .inputs = inputs, .ret = ret, .effort = &effort};
	memset(ret, 0, q->mrs->n * sizeof(*ret));
	if (passes_init(&c.p, inputs, false, err) < 0)
		return -1;
	c.p.effort = c.effort;
	find_other_boots(&c);
	AUTO_FREE size_t *order = passes_order(&c.p, err);
	int rc = order != NULL && sort_asked(&c, err) == 0 ? add_tracks(&c, err) : -1;
	tracks_rewind(&c.p.tracks);
	if (rc == 0)
		rc = passes_first(&c.p, order, err);
	if (rc == 0)
		rc = try_padded(&c, order, err);
	if (rc == 0)
		rc = judge_tracks(&c, err);
	for (size_t i = 0; i < q->mrs->n && rc == 0; i++) {
		if (!q->v[i].wanted)
			continue;
		ret[i].other_boot = any_other_boot(&c, q->v[i].mr);
		say_judgement(inputs, q->v[i].mr, &ret[i]);
	}
	passes_clear(&c.p);
	free(c.asked_of);
	free(c.by_name);
	return rc;
}
