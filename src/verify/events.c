/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/events.h"

#include <string.h>

#include "replay/readahead.h"
#include "describe/describe.h"

static const char *const kinds[] = {
	[RFC_RECORD] = "record",
	[RFC_SYNC] = "sync",
	[RFC_DIRECT] = "direct",
	[RFC_COMMENT] = "comment",
};

struct bytes event_shown(const struct event *event)
{
	return event->description.n > 0 ? event->description : event->data;
}

static bool is_decided(const struct replay_result *replay)
{
	return replay != NULL &&
	       (replay->verdict == VERDICT_MATCH || replay->verdict == VERDICT_UNTOUCHED ||
		       replay->verdict == VERDICT_PARTIAL);
}

static int extends_of(const struct rfc_line *line, const struct replay_result *replay)
{
	if (line->kind == RFC_COMMENT)
		return EXTENDS_NOT;
	if (line->kind != RFC_DIRECT)
		return EXTENDS;
	if (!is_decided(replay))
		return EXTENDS_UNKNOWN;
	return replay_direct_is_real(replay, line->off) ? EXTENDS : EXTENDS_NOT;
}

static int fill(const struct rfc_line *line, struct hasher *h, const struct replay_result *replay,
	struct event *ret, struct event_digest *digest, struct err *err)
{
	ret->offset = (uint64_t)line->off;
	ret->kind = kinds[line->kind];
	ret->extends = extends_of(line, replay);
	ret->digests.n = 0;
	ret->data = line->text;
	if (line->kind == RFC_DIRECT)
		ret->data = (struct bytes){0};
	if (line->kind == RFC_COMMENT)
		return 0;
	if (rfc_line_digest(line, h, &digest->d, err) < 0)
		return -1;
	ret->digests = (struct digest_list){digest, 1};
	return 0;
}

static int run(struct rfc_log *log, struct hasher *h, struct event *event,
	const struct replay_result *replay, event_fn each, void *arg, struct err *err)
{
	struct rfc_line line;
	struct event_digest digest;
	int rc;
	while ((rc = rfc_log_next(log, &line, err)) > 0) {
		if (fill(&line, h, replay, event, &digest, err) < 0)
			return -1;
		rc = each(arg, event, err);
		if (rc != 0)
			return rc;
		event->seq++;
	}
	return rc;
}

int events_run(const struct mr *mr, const char *source, int fd, const struct replay_result *replay,
	event_fn each, void *arg, struct err *err)
{
	struct rfc_log log;
	struct hasher *h;
	struct event event = {
		.source = source,
		.register_name = mr->full,
		.cc_mr_index = mr->cc_mr_index,
		.type = -1,
		.data_matches = -1,
	};
	if (hasher_open(&h, mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, fd, mr->alg, err);
	if (rc == 0) {
		rc = run(&log, h, &event, replay, each, arg, err);
		rfc_log_close(&log);
	}
	hasher_close(h);
	return rc;
}

struct reader_events {
	const char *source;
	event_name_fn name;
	event_fn each;
	void *arg;
};

static int tell_event(const struct reader_events *e, struct log_event *ev,
	enum explanation explanation, struct err *err)
{
	static char description[DESCRIPTION_MAX];
	char room[EVENT_REG_ROOM];
	event_settle_place(ev);
	int64_t cc = ev->place == PLACE_CC_MR ? (int64_t)ev->index : CC_MR_NONE;
	const char *reg = event_reg_name(ev->place, ev->index, ev->reg, room);
	const char *name = e->name(e->arg, ev, reg, cc);
	if (name == NULL && reg != NULL)
		return 0;
	struct event event = {
		.seq = ev->seq,
		.source = e->source,
		.register_name = name,
		.cc_mr_index = cc,
		.offset = ev->off,
		.kind = ev->kind,
		.type = ev->has_type ? (int64_t)ev->type : -1,
		.extends = ev->doubtful ? EXTENDS_UNKNOWN : ev->extends,
		.digests = {ev->digest, ev->n_digests},
		.data = ev->data,
		.data_matches = explanation == EXPLAINS	      ? 1
				: explanation == EXPLAINS_NOT ? 0
							      : -1,
		.note = ev->note,
		.time = ev->time,
	};
	struct bytes said = {
		(const uint8_t *)description, event_describe(ev, description, sizeof(description))};
	if (said.n > 0 && !bytes_equal(said, ev->data))
		event.description = said;
	return e->each(e->arg, &event, err);
}

int events_run_reader(struct log_reader *reader, const char *source, event_name_fn name,
	event_fn each, void *arg, struct err *err)
{
	struct reader_events e = {source, name, each, arg};
	struct log_ahead *log;
	struct log_event *ev;
	const enum explanation *of;
	bool judged[HASH_COUNT];
	memset(judged, true, sizeof(judged));
	int rc = log_ahead_open(&log, reader, judged, err);
	while (rc >= 0 && (rc = log_ahead_next(log, &ev, &of, err)) > 0) {
		rc = tell_event(&e, ev, explanation_of(of, ev->n_digests), err);
		if (rc != 0)
			break;
	}
	log_ahead_close(log);
	return rc;
}

struct journal_events {
	const struct kept *kept;
	const struct mr_pick *picks;
	size_t n;
	event_fn each;
	void *arg;
};

static const struct mr *picked(const struct journal_events *e, const char *reg)
{
	const struct history *h = &e->kept->history;
	const struct history_group *group = history_find(h, reg);
	for (size_t i = 0; i < e->n; i++)
		if (group != NULL && group == history_find(h, e->picks[i].mr->full))
			return e->picks[i].mr;
	return NULL;
}

static int tell(const struct journal_events *e, const struct journal_line *intent,
	enum journal_kind end, struct err *err)
{
	const struct mr *mr = picked(e, intent->reg);
	if (mr == NULL)
		return 0;
	struct event_digest digest = {.d = intent->digest};
	struct event event = {
		.seq = intent->seq,
		.source = "journal",
		.register_name = intent->reg,
		.cc_mr_index = mr->cc_mr_index,
		.offset = (uint64_t)intent->off,
		.kind = intent->record.p != NULL ? kinds[RFC_RECORD] : kinds[RFC_DIRECT],
		.extends = end == JOURNAL_COMMIT ? EXTENDS
			   : end == JOURNAL_VOID ? EXTENDS_NOT
						 : EXTENDS_UNKNOWN,
		.type = -1,
		.digests = {&digest, 1},
		.data = intent->record,
		.data_matches = intent->record.p != NULL ? 1 : -1,
		.time = bytes_of(intent->time),
	};
	if (intent->note != NULL)
		event.note = bytes_of(intent->note);
	return e->each(e->arg, &event, err);
}

int events_run_journal(const struct kept *kept, const struct mr_pick *picks, size_t n,
	event_fn each, void *arg, struct err *err)
{
	struct journal_events e = {kept, picks, n, each, arg};
	static struct journal_line line[2];
	struct journal_line *intent = NULL, *next = line;
	struct journal j;
	if (kept->copy.fd < 0 || kept->other_boot)
		return 0;
	if (journal_open(&j, kept->copy.fd, 0, kept->copy.end, err) < 0)
		return -1;
	int rc;
	while ((rc = journal_next(&j, next, err)) > 0) {
		if (next->kind == JOURNAL_INTENT) {
			intent = next;
			next = intent == line ? line + 1 : line;
		} else if (intent != NULL && next->kind != JOURNAL_STATE) {
			rc = tell(&e, intent, next->kind, err);
			intent = NULL;
			if (rc != 0)
				break;
		}
	}
	if (rc == 0 && intent != NULL)
		rc = tell(&e, intent, kept->open_end, err);
	journal_close(&j);
	return rc;
}
