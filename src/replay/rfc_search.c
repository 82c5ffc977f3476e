/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/rfc_search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "replay/rfc_ahead.h"

/* Where a walk through the log is: all that has to be put back to try another reading. */
struct state {
	off_t pos;
	struct digest value;
	uint64_t records;
	uint64_t untrue;
	off_t untrue_off;
	off_t first_untrue_sync, last_untrue_sync; /* -1: none yet */
	bool in_sync;
};

/* A run read as real, and the walk's state had it been read as nothing. */
struct choice {
	struct rfc_search_run run;
	struct state otherwise;
};

struct direct {
	struct digest digest;
	off_t off;
};

/* The direct lines of one run, from the last on that a blank line precedes: only those can be real.
 */
struct run {
	off_t off;	      /* of its first line */
	size_t n;	      /* lines that can be real, 0 if none */
	size_t n_all;	      /* lines of the whole run */
	bool at_start;	      /* of the log: then the first line too may have failed */
	struct digest all;    /* the value if each of the n extended */
	struct direct *lines; /* the first REPLAY_RUN_LINES_MAX of the n */
	off_t end;	      /* after its last line */
	struct digest goal;   /* what it must lead to */
};

struct search {
	struct rfc_log *log;
	struct rfc_ahead hashes; /* its records' digests */
	struct hasher *h;
	const struct digest *target;
	off_t start;	      /* where the replay started: 0, or inside the log */
	bool again;	      /* not the first way through the log: its extends count */
	bool any;	      /* there was a first one */
	uint64_t budget;      /* extends that may still be spent on going back */
	unsigned most_failed; /* lines of one run: first no reading has any, then one, then two */
	bool left_out;	      /* a reading was not tried for that */
	off_t too_long;	      /* the first line of a run of too many lines; -1: none */
	struct state now;
	struct choice *choices;
	size_t n_choices;
	struct run run;
	/* of the reading tried first: what to report if none is right */
	bool has_leaf;
	struct state leaf;
	/* the longest part of the log that reproduces the target */
	bool unknown_start;	       /* the one that is tried is stated by the log alone */
	bool has_ahead, ahead_unknown; /* of that start */
	uint64_t ahead;
	uint64_t ahead_in_run; /* of them, in a run that was then read as nothing */
	off_t ahead_end;       /* no line of that part starts here or later */
};

enum walk { WALK_FOUND, WALK_FAILED, WALK_GIVEN_UP, WALK_ERROR };

static bool same(const struct digest *a, const struct digest *b)
{
	return memcmp(a->v, b->v, a->size) == 0;
}

static void claim_untrue(struct state *now, off_t off, uint64_t n)
{
	if (n > 0 && now->untrue == 0)
		now->untrue_off = off;
	now->untrue += n;
}

/*
 * After `records` records, before offset `end`, the log has come to this value: is it the one that the
 * register shows?
 */
static void note_ahead(
	struct search *s, const struct digest *value, uint64_t records, uint64_t in_run, off_t end)
{
	if (s->target == NULL || !same(value, s->target))
		return;
	if (!s->has_ahead || records >= s->ahead) {
		s->ahead = records;
		s->ahead_in_run = in_run;
		s->ahead_end = end;
		s->ahead_unknown = s->unknown_start;
	}
	s->has_ahead = true;
}

/* A record or SYNC: extended as it stands. */
static int take_record(struct search *s, const struct rfc_line *line, struct err *err)
{
	struct state *now = &s->now;
	if (line->kind == RFC_SYNC && !same(&line->stated, &now->value)) {
		claim_untrue(now, line->off, 1);
		/* Only these can be the kernel's own, and so name the place where something is
		 * missing. */
		if (line->after_blank || line->off == 0) {
			now->last_untrue_sync = line->off;
			if (now->first_untrue_sync < 0)
				now->first_untrue_sync = line->off;
		}
	}
	struct digest d;
	if (rfc_ahead_digest(&s->hashes, line, &d, err) < 0 ||
		hash_extend(s->h, &now->value, &d, err) < 0)
		return -1;
	now->records++;
	now->in_sync = true;
	note_ahead(s, &s->now.value, s->now.records, 0, line->off + 1);
	return 0;
}

static int run_add(struct search *s, const struct rfc_line *line, struct err *err)
{
	struct run *run = &s->run;
	if (run->lines == NULL)
		run->lines = calloc(REPLAY_RUN_LINES_MAX, sizeof(*run->lines));
	if (run->lines == NULL)
		return err_sys(err, ENOMEM, "replay");
	run->n_all++;
	if (s->again && s->budget > 0)
		s->budget--;
	if (line->after_blank) {
		run->n = 0;
		run->at_start = false;
		run->all = s->now.value;
	}
	if (line->after_blank || run->at_start || run->n > 0) {
		if (run->n < REPLAY_RUN_LINES_MAX) {
			run->lines[run->n] = (struct direct){line->stated, line->off};
		}
		run->n++;
		if (hash_extend(s->h, &run->all, &line->stated, err) < 0)
			return -1;
		note_ahead(s, &run->all, s->now.records + run->n, run->n, line->off + 1);
	}
	return 0;
}

/*
 * Reads the run that starts with `line`, and looks at the line after it, which is left unread. 1
 * if there is one, 0 at the end.
 */
static int read_run(
	struct search *s, const struct rfc_line *first, struct rfc_line *next, struct err *err)
{
	struct run *run = &s->run;
	run->off = first->off;
	run->n = run->n_all = 0;
	run->at_start = first->off == s->start;
	run->all = s->now.value;
	*next = *first;
	int rc = 1;
	while (rc > 0 && next->kind == RFC_DIRECT) {
		if (run_add(s, next, err) < 0)
			return -1;
		run->end = rfc_log_tell(s->log);
		rc = rfc_log_next(s->log, next, err);
	}
	if (rc >= 0)
		rfc_log_seek(s->log, run->end);
	return rc;
}

/*
 * Extends value with lines i.. of the run, `left` of which fail, in search of its goal. What is before
 * a failed line is extended once; what is after it is not, for no two readings have the same value
 * there: that is n^2/2 extends for one failed line of n, and n^3/6 for two. It calls itself twice at the
 * most.
 */
/* NOLINTNEXTLINE(misc-no-recursion) */
static enum walk with_failures(struct search *s, size_t i, const struct digest *value,
	unsigned left, struct rfc_search_run *ret, struct err *err)
{
	const struct run *run = &s->run;
	struct digest v = *value;
	for (; i < run->n; i++) {
		/* Line i fails, unless it is the first and could not have without a trace. */
		if (left > 0 && (i > 0 || run->at_start)) {
			unsigned slot = ret->n_failed++;
			ret->failed[slot] = run->lines[i].off;
			enum walk w = with_failures(s, i + 1, &v, left - 1, ret, err);
			if (w != WALK_FAILED)
				return w;
			ret->n_failed--;
		}
		if (s->budget == 0)
			return WALK_GIVEN_UP;
		s->budget--;
		if (hash_extend(s->h, &v, &run->lines[i].digest, err) < 0)
			return WALK_ERROR;
	}
	return left == 0 && same(&v, &run->goal) ? WALK_FOUND : WALK_FAILED;
}

/* The reading of the run as real, with as few failed lines as possible, that gives its goal. */
static enum walk find_real(struct search *s, struct rfc_search_run *ret, struct err *err)
{
	const struct run *run = &s->run;
	*ret = (struct rfc_search_run){.first = run->lines[0].off, .end = run->end};
	if (same(&run->all, &run->goal))
		return WALK_FOUND;
	if (run->n > REPLAY_RUN_LINES_MAX && s->most_failed > 0) {
		s->too_long = run->off;
		return WALK_GIVEN_UP;
	}
	s->left_out |= s->most_failed < 2;
	for (unsigned fail = 1; fail <= s->most_failed && fail < run->n + run->at_start; fail++) {
		enum walk w = with_failures(s, 0, &s->now.value, fail, ret, err);
		if (w != WALK_FAILED)
			return w;
	}
	return WALK_FAILED;
}

/* Continues with the run read as real, keeping the other reading for later. */
static int choose_real(struct search *s, const struct rfc_search_run *run,
	const struct digest *value, const struct state *otherwise, struct err *err)
{
	if ((s->n_choices & (s->n_choices - 1)) == 0) {
		size_t room = s->n_choices == 0 ? 1 : 2 * s->n_choices;
		struct choice *grown = reallocarray(s->choices, room, sizeof(*grown));
		if (grown == NULL)
			return err_sys(err, ENOMEM, "replay");
		s->choices = grown;
	}
	s->choices[s->n_choices++] = (struct choice){*run, *otherwise};

	uint64_t extended = s->run.n - run->n_failed;
	s->ahead_in_run = 0;
	claim_untrue(&s->now, s->run.n_all > s->run.n ? s->run.off : run->failed[0],
		s->run.n_all - extended);
	s->now.value = *value;
	s->now.records += extended;
	s->now.in_sync = false;
	note_ahead(s, &s->now.value, s->now.records, 0, s->run.end);
	return 0;
}

/* A run of direct lines: real if what follows says so, else nothing. WALK_FAILED: go on either way.
 */
static enum walk take_run(struct search *s, const struct rfc_line *first, struct err *err)
{
	struct rfc_line next;
	struct rfc_search_run real;
	struct digest *goal = &s->run.goal;
	int rc = read_run(s, first, &next, err);
	if (rc < 0)
		return WALK_ERROR;

	struct state nothing = s->now;
	nothing.pos = s->run.end;
	claim_untrue(&nothing, s->run.off, s->run.n_all);

	bool at_end = rc == 0;
	bool before_sync = rc > 0 && next.kind == RFC_SYNC && next.after_blank;
	enum walk w = WALK_FAILED;
	if (s->run.n > 0 && (at_end || before_sync)) {
		*goal = before_sync ? next.stated : s->target != NULL ? *s->target : s->run.all;
		/* A goal that is met already is met by reading the run as nothing. */
		if (!same(goal, &s->now.value))
			w = find_real(s, &real, err);
	}
	if (w == WALK_FOUND && s->n_choices == REPLAY_RUNS_MAX)
		return WALK_GIVEN_UP;
	if (w == WALK_FOUND)
		return choose_real(s, &real, goal, &nothing, err) < 0 ? WALK_ERROR : WALK_FAILED;
	s->now = nothing;
	return w;
}

static enum walk at_leaf(struct search *s)
{
	if (!s->has_leaf)
		s->leaf = s->now;
	s->has_leaf = true;
	return s->target == NULL || same(&s->now.value, s->target) ? WALK_FOUND : WALK_FAILED;
}

/* Goes through the log from where the state stands to its end. */
static enum walk walk_on(struct search *s, bool again, struct err *err)
{
	s->again = again;
	s->any = true;
	rfc_log_seek(s->log, s->now.pos);
	for (;;) {
		struct rfc_line line;
		int rc = rfc_log_next(s->log, &line, err);
		if (rc < 0)
			return WALK_ERROR;
		if (rc == 0)
			return at_leaf(s);
		if (s->again && s->budget == 0)
			return WALK_GIVEN_UP;
		s->budget -= s->again;
		if (line.kind == RFC_DIRECT) {
			enum walk w = take_run(s, &line, err);
			if (w != WALK_FAILED)
				return w;
		} else if (line.kind == RFC_COMMENT) {
			s->now.in_sync = true;
		} else if (take_record(s, &line, err) < 0) {
			return WALK_ERROR;
		}
	}
}

/* Every reading from here on, depth first. */
static enum walk search_from(
	struct search *s, off_t pos, const struct digest *start, struct err *err)
{
	s->now = (struct state){
		.pos = pos,
		.value = *start,
		.first_untrue_sync = -1,
		.last_untrue_sync = -1,
	};
	s->start = pos;
	s->n_choices = 0;
	s->has_leaf = false;
	note_ahead(s, &s->now.value, s->now.records, 0, s->now.pos);
	enum walk w = walk_on(s, s->any, err);
	while (w == WALK_FAILED && s->n_choices > 0) {
		s->now = s->choices[--s->n_choices].otherwise;
		w = walk_on(s, true, err);
	}
	return w;
}

static void report_state(struct rfc_search_result *ret, const struct state *st)
{
	ret->value = st->value;
	ret->records = st->records;
	ret->untrue = st->untrue;
	ret->untrue_off = st->untrue_off;
	ret->in_sync = st->in_sync;
}

static int report_found(struct search *s, struct rfc_search_result *ret, struct err *err)
{
	report_state(ret, &s->now);
	ret->matched = s->now.records;
	ret->runs = calloc(s->n_choices + 1, sizeof(*ret->runs));
	if (ret->runs == NULL)
		return err_sys(err, ENOMEM, "replay");
	for (size_t i = 0; i < s->n_choices; i++)
		ret->runs[i] = s->choices[i].run;
	ret->n_runs = s->n_choices;
	return 0;
}

/* The value that a SYNC states which stands at `pos`. */
static int sync_at(
	struct rfc_log *log, off_t pos, bool *ret_is, struct digest *ret, struct err *err)
{
	struct rfc_line line;
	rfc_log_seek(log, pos);
	int rc = rfc_log_next(log, &line, err);
	*ret_is = rc > 0 && line.kind == RFC_SYNC && line.off == pos;
	if (*ret_is)
		*ret = line.stated;
	return rc < 0 ? -1 : 0;
}

int rfc_search_stated_start(struct rfc_log *log, bool *ret_is, struct digest *ret, struct err *err)
{
	return sync_at(log, 0, ret_is, ret, err);
}

/* No reading is right: says where the first one went wrong, and whether only something before that
 * is missing. */
static enum walk report_mismatch(
	struct search *s, const struct state *leaf, struct rfc_search_result *ret, struct err *err)
{
	bool is_sync;
	struct digest stated;
	report_state(ret, leaf);
	ret->verdict = VERDICT_MISMATCH;
	ret->place = leaf->first_untrue_sync;
	if (leaf->last_untrue_sync < 0 || s->target == NULL)
		return WALK_FAILED;
	if (sync_at(s->log, leaf->last_untrue_sync, &is_sync, &stated, err) < 0)
		return WALK_ERROR;
	enum walk w = is_sync ? search_from(s, leaf->last_untrue_sync, &stated, err) : WALK_FAILED;
	if (w == WALK_FOUND) {
		ret->resumes = true;
		ret->place = leaf->last_untrue_sync;
		ret->matched = s->now.records;
	}
	/* That the log is wrong is certain; where, need not be found out. */
	return w == WALK_ERROR ? WALK_ERROR : WALK_FAILED;
}

static enum walk try_start(struct search *s, const struct digest *start, bool known,
	struct rfc_search_result *ret, struct err *err)
{
	s->unknown_start = !known;
	enum walk w = search_from(s, 0, start, err);
	if (w != WALK_FOUND)
		return w;
	ret->verdict = !known		     ? VERDICT_PARTIAL
		       : s->now.records == 0 ? VERDICT_UNTOUCHED
					     : VERDICT_MATCH;
	return report_found(s, ret, err) < 0 ? WALK_ERROR : WALK_FOUND;
}

/* Every start, the one that the log itself states first: from another, an honest log can be slow to refute. */
static enum walk try_starts(struct search *s, struct rfc_search_starts starts,
	const struct digest *stated, struct state *first_leaf, struct rfc_search_result *ret,
	struct err *err)
{
	size_t n = starts.n, named = 0;
	while (named < n && !(stated != NULL && same(stated, &starts.v[named])))
		named++;
	bool unknown = stated != NULL && named == n, given_up = false;
	size_t all = n + (unknown ? 1 : 0);
	for (size_t i = 0; i < all; i++) {
		size_t k = named == n || i > named ? i : i == 0 ? named : i - 1;
		enum walk w = try_start(s, k < n ? &starts.v[k] : stated, k < n, ret, err);
		if (w == WALK_FOUND || w == WALK_ERROR)
			return w;
		if (w == WALK_GIVEN_UP && s->target == NULL)
			return w;
		given_up |= w == WALK_GIVEN_UP;
		if (i == 0 || k == n)
			*first_leaf = s->has_leaf ? s->leaf : s->now;
	}
	/* Only now: from the right start an honest log is no search at all. */
	return given_up ? WALK_GIVEN_UP : WALK_FAILED;
}

static enum walk try_all(struct search *s, struct rfc_search_starts starts,
	struct rfc_search_result *ret, struct err *err)
{
	bool stated_is;
	struct digest stated = {0};
	struct state first_leaf = {0};
	enum walk w = WALK_FAILED;
	if (sync_at(s->log, 0, &stated_is, &stated, err) < 0)
		return WALK_ERROR;
	/* Without a target the first history is taken: it must be the best one. */
	s->most_failed = s->target == NULL ? 2 : 0;
	do {
		s->left_out = false;
		w = try_starts(s, starts, stated_is ? &stated : NULL, &first_leaf, ret, err);
		s->most_failed++;
	} while (w == WALK_FAILED && s->left_out);
	if (w != WALK_FAILED)
		return w;
	s->most_failed = 2;
	if (s->has_ahead) {
		report_state(ret, &first_leaf);
		ret->verdict = VERDICT_LOG_AHEAD;
		ret->matched = s->ahead;
		ret->matched_end = s->ahead_end;
		ret->stated = s->ahead_unknown;
		ret->records += s->ahead_in_run;
		return WALK_FAILED;
	}
	return report_mismatch(s, &first_leaf, ret, err);
}

static void search_free(struct search *s)
{
	rfc_ahead_close(&s->hashes);
	free(s->choices);
	free(s->run.lines);
}

int rfc_search(struct rfc_log *log, struct hasher *h, struct rfc_search_starts starts,
	const struct digest *target, struct rfc_search_result *ret, struct err *err)
{
	struct effort *effort = starts.effort;
	uint64_t budget = effort != NULL ? effort->left / 2 : REPLAY_EXTENDS_MAX;
	*ret = (struct rfc_search_result){.place = -1, .untrue_off = -1};
	struct search s = {
		.log = log,
		.h = h,
		.target = target,
		.budget = budget,
		.too_long = -1,
	};
	rfc_ahead_init(&s.hashes, log, h);
	enum walk w = try_all(&s, starts, ret, err);
	if (effort != NULL)
		effort_take(effort, budget - s.budget);
	if (w == WALK_GIVEN_UP) {
		report_state(ret, s.has_leaf ? &s.leaf : &s.now);
		ret->verdict = VERDICT_UNDECIDED;
		ret->extends = s.budget == 0 ? budget : 0;
		ret->place = s.budget == 0 ? -1 : s.too_long;
	}
	search_free(&s);
	return w == WALK_ERROR ? -1 : 0;
}

int rfc_search_tail(struct rfc_log *log, struct hasher *h, struct rfc_search_from from,
	const struct digest *target, struct rfc_search_result *ret, struct err *err)
{
	*ret = (struct rfc_search_result){
		.place = -1, .untrue_off = -1, .verdict = VERDICT_MISMATCH};
	struct search s = {
		.log = log,
		.h = h,
		.target = target,
		.budget = REPLAY_EXTENDS_MAX,
		.most_failed = 2,
	};
	rfc_ahead_init(&s.hashes, log, h);
	enum walk w = search_from(&s, from.off, from.value, err);
	if (w == WALK_FOUND) {
		ret->verdict = VERDICT_MATCH;
		w = report_found(&s, ret, err) < 0 ? WALK_ERROR : w;
	} else {
		report_state(ret, s.has_leaf ? &s.leaf : &s.now);
	}
	search_free(&s);
	return w == WALK_ERROR ? -1 : 0;
}

void rfc_search_clear(struct rfc_search_result *result)
{
	free(result->runs);
	result->runs = NULL;
	result->n_runs = 0;
}

static int by_place(const void *key, const void *elem)
{
	off_t off = *(const off_t *)key;
	const struct rfc_search_run *run = elem;
	return off < run->first ? -1 : off >= run->end;
}

bool rfc_search_direct_is_real(const struct rfc_search_result *result, off_t off)
{
	const struct rfc_search_run *run =
		result->n_runs == 0
			? NULL
			: bsearch(&off, result->runs, result->n_runs, sizeof(*run), by_place);
	if (run == NULL)
		return false;
	for (unsigned i = 0; i < run->n_failed; i++)
		if (run->failed[i] == off)
			return false;
	return true;
}
