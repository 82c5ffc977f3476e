/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/scope.h"
#include "verify/passes.h"
#include "verify/textlog.h"

static bool is_journal_only(const struct inputs *inputs, const struct track *track)
{
	for (size_t k = 0; k < inputs->n; k++)
		if (track->tally[k].n > 0 && !passes_is_journal(&inputs->v[k]))
			return false;
	return true;
}

/* Where the last of a journal's runs ends. */
static const struct digest *last_end(const struct track *track)
{
	const struct run *last = &track->run[0];
	for (size_t i = 1; i < track->n_runs; i++)
		if (!track->run[i].doubtful &&
			(last->doubtful || track->run[i].source > last->source ||
				(track->run[i].source == last->source &&
					track->run[i].last_seq > last->last_seq)))
			last = &track->run[i];
	return &last->end;
}

/* What the logs lead to; else *ret_bad says why they do not. */
static struct digest value_of(
	const struct inputs *inputs, const struct track *track, struct err *ret_bad)
{
	struct digest none = {.alg = track->alg, .size = (uint8_t)hash_size(track->alg)};
	const struct chain *chain = track_likely(track);
	const struct run *stuck = track_stuck(track, chain);
	if (track->has_lack)
		err_set(ret_bad, ST_NO, "event %llu of '%s' has no digest of this hash",
			(unsigned long long)track->lack.seq, inputs->v[track->lack.source].name);
	else if (track->too_many)
		err_set(ret_bad, ST_FORMAT, "its journal was interrupted more than %d times",
			TRACK_RUNS_MAX);
	else if (stuck != NULL && is_journal_only(inputs, track))
		return *last_end(track);
	else if (stuck != NULL)
		err_set(ret_bad, ST_NO,
			"the logs contradict each other: event %llu of '%s' does not follow from "
			"the others",
			(unsigned long long)stuck->first_seq, inputs->v[stuck->source].name);
	else
		return chain->value;
	return none;
}

static int add_track(struct register_file *ret, const struct inputs *inputs,
	const struct track *track, struct err *err)
{
	char room[EVENT_REG_ROOM];
	struct err bad = {0};
	struct digest value = value_of(inputs, track, &bad);
	const char *name = event_reg_name(track->place, track->index, track->name, room);
	const char *slash = strchr(name, '/');
	struct mr *mr = register_file_add(ret, slash != NULL ? slash + 1 : name,
		track->alg > HASH_UNKNOWN ? hash_name(track->alg) : NULL, digest_bytes(&value),
		err);
	if (mr == NULL)
		return -1;
	mr->flags = MR_RUNTIME | MR_READABLE;
	mr->cc_mr_index = track->place == PLACE_CC_MR ? (int)track->index : CC_MR_NONE;
	mr->bad = bad;
	return 0;
}

/* What a log that was cut leads to is not what a register holds. */
static void spoil(struct register_file *values, const struct inputs *inputs)
{
	for (size_t k = 0; k < inputs->n; k++)
		for (size_t i = 0; inputs->v[k].err.status != ST_OK && i < values->mrs.n; i++)
			if (inputs_can_name(&inputs->v[k], values->mrs.mr[i]))
				values->mrs.mr[i]->bad = inputs->v[k].err;
}

static size_t find_value(const struct register_file *values, const char *full)
{
	size_t i = 0;
	while (i < values->mrs.n && strcmp(values->mrs.mr[i]->full, full) != 0)
		i++;
	return i;
}

static void set_value(struct register_file *values, size_t i, const struct digest *value)
{
	memcpy((void *)(uintptr_t)values->value[i].p, value->v, value->size);
}

/* What text logs are joined to. */
struct joining {
	struct inputs *inputs;
	struct register_file *values;
	struct effort effort; /* of all searches together */
};

/* Whether a first part of a text log, or all of it, gives this value. */
static int passes_through(struct joining *j, const struct log_input *in, const struct digest *value,
	bool *ret, struct err *err)
{
	struct digest start = {.alg = value->alg, .size = value->size}, own;
	struct rfc_search_starts from = {&start, 1, &j->effort};
	struct rfc_search_result r;
	bool stated = false;
	if (textlog_stated(in, value->alg, &stated, &own, err) < 0)
		return -1;
	start = stated ? own : start;
	if (textlog_replay(in, value->alg, &from, value, &r, err) < 0)
		return -1;
	*ret = r.verdict == VERDICT_MATCH || r.verdict == VERDICT_LOG_AHEAD;
	effort_take(&j->effort, r.records + r.untrue);
	/* What is not found out here cannot be told from what is not so. */
	if (r.verdict == VERDICT_UNDECIDED)
		j->effort.left = 0;
	rfc_search_clear(&r);
	return 0;
}

/* Whether an earlier text log of this register has all of number k: that is an older copy. */
static int has_copy(
	struct joining *j, size_t k, const struct digest *value, bool *ret, struct err *err)
{
	*ret = false;
	for (size_t m = 0; m < k && !*ret && j->effort.left > 0; m++) {
		const struct log_input *in = &j->inputs->v[m];
		if (in->text && in->err.status == ST_OK &&
			strcmp(in->mr->full, j->inputs->v[k].mr->full) == 0 &&
			passes_through(j, in, value, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* What is not found out now is no value. */
static int give_up(struct joining *j, size_t i, size_t k)
{
	err_set(&j->values->mrs.mr[i]->bad, ST_NO,
		"search limit reached (%d extends): how '%s' relates to the logs before it is "
		"unknown",
		REPLAY_EXTENDS_MAX, j->inputs->v[k].name);
	return 0;
}

/* A text log beside what other logs give for its register: a copy, or it continues where they end. */
static int join_text(
	struct joining *j, size_t i, size_t k, struct rfc_search_result *text, struct err *err)
{
	const struct log_input *in = &j->inputs->v[k];
	struct mr *mr = j->values->mrs.mr[i];
	struct digest before = digest_of(mr->alg, j->values->value[i]), start;
	struct rfc_search_starts from = {&before, 1, &j->effort};
	bool stated = false, newer = false, older = false;
	if (text->verdict == VERDICT_UNDECIDED)
		return give_up(j, i, k);
	if (digest_equal(&text->value, &before) || (text->records == 0 && text->n_runs == 0))
		return 0;
	if (has_copy(j, k, &text->value, &older, err) < 0 || older)
		return older ? 0 : -1;
	if (j->effort.left == 0)
		return give_up(j, i, k);
	if (passes_through(j, in, &before, &newer, err) < 0)
		return -1;
	if (newer) {
		set_value(j->values, i, &text->value);
		return 0;
	}
	if (j->effort.left == 0)
		return give_up(j, i, k);
	if (textlog_stated(in, mr->alg, &stated, &start, err) < 0)
		return -1;
	if (stated && !digest_equal(&start, &before)) {
		err_set(&mr->bad, ST_NO,
			"the logs contradict each other: '%s' starts from another value "
			"than the logs before it give",
			in->name);
		return 0;
	}
	rfc_search_clear(text);
	if (textlog_replay(in, mr->alg, &from, NULL, text, err) < 0)
		return -1;
	set_value(j->values, i, &text->value);
	return 0;
}

static int add_text(struct joining *j, size_t k, struct rfc_search_result *text, struct err *err)
{
	struct register_file *values = j->values;
	struct log_input *in = &j->inputs->v[k];
	struct digest zeros = {.alg = in->mr->alg, .size = (uint8_t)in->mr->size};
	struct rfc_search_starts from = {&zeros, 1, &j->effort};
	size_t i = find_value(values, in->mr->full);
	int rc = textlog_replay(in, in->mr->alg, &from, NULL, text, &in->err);
	if (rc < 0 && in->err.status != ST_FORMAT)
		return *err = in->err, -1;
	if (i < values->mrs.n)
		return rc == 0 ? join_text(j, i, k, text, err) : 0;
	/* The register of a log that was cut is there without a value: spoil() says why. */
	if (rc < 0)
		text->value = zeros;
	struct mr *mr = register_file_add(
		values, in->mr->name, hash_name(in->mr->alg), digest_bytes(&text->value), err);
	if (mr == NULL)
		return -1;
	mr->flags = MR_RUNTIME | MR_READABLE;
	if (rc == 0 && text->verdict == VERDICT_UNDECIDED)
		err_set(&mr->bad, ST_NO,
			"search limit reached: which direct extends of '%s' took place is unknown",
			in->name);
	return 0;
}

int replay_run(struct inputs *inputs, struct register_file *ret, struct rfc_search_result texts[],
	struct err *err)
{
	struct passes p;
	struct joining j = {inputs, ret, {REPLAY_EXTENDS_MAX, 0}};
	inputs->values_only = true;
	if (passes_init(&p, inputs, true, err) < 0)
		return -1;
	AUTO_FREE size_t *order = passes_order(&p, err);
	int rc = order != NULL ? passes_first(&p, order, err) : -1;
	for (size_t i = 0; i < p.tracks.n && rc == 0; i++)
		rc = add_track(ret, inputs, &p.tracks.v[i], err);
	for (size_t k = 0; k < inputs->n && rc == 0; k++)
		if (inputs->v[k].text)
			rc = add_text(&j, k, &texts[k], err);
	spoil(ret, inputs);
	passes_clear(&p);
	return rc;
}
