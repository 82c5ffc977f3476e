/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "describe/describe.h"
#include "formats/event.h"

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

static bool is_decided(const struct rfc_search_result *replay)
{
	return replay != NULL &&
	       (replay->verdict == VERDICT_MATCH || replay->verdict == VERDICT_UNTOUCHED ||
		       replay->verdict == VERDICT_PARTIAL);
}

static int extends_of(const struct rfc_line *line, const struct rfc_search_result *replay)
{
	if (line->kind == RFC_COMMENT)
		return EXTENDS_NOT;
	if (line->kind != RFC_DIRECT)
		return EXTENDS;
	if (!is_decided(replay))
		return EXTENDS_UNKNOWN;
	return rfc_search_direct_is_real(replay, line->off) ? EXTENDS : EXTENDS_NOT;
}

static int fill(const struct rfc_line *line, struct hasher *h,
	const struct rfc_search_result *replay, struct event *ret, struct event_digest *digest,
	struct err *err)
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

int events_run(const struct text_log *text, event_fn each, void *arg, struct err *err)
{
	struct hasher *h;
	struct rfc_log log;
	struct rfc_line line;
	struct event_digest digest;
	struct event event = {
		.source = text->source,
		.register_name = text->mr->full,
		.cc_mr_index = text->mr->cc_mr_index,
		.type = -1,
		.data_matches = -1,
	};
	if (hasher_open(&h, text->mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, text->fd, text->mr->alg, err);
	if (rc < 0) {
		hasher_close(h);
		return -1;
	}
	while ((rc = rfc_log_next(&log, &line, err)) > 0) {
		rc = fill(&line, h, text->replay, &event, &digest, err);
		if (rc == 0)
			rc = each(arg, &event, err);
		if (rc != 0)
			break;
		event.seq++;
	}
	rfc_log_close(&log);
	hasher_close(h);
	return rc;
}

struct reader_events {
	const char *source;
	event_name_fn name;
	event_fn each;
	void *arg;
	char description[DESCRIPTION_MAX];
};

static int tell_event(struct reader_events *e, struct log_event *ev, enum explanation explanation,
	struct err *err)
{
	char room[EVENT_REG_ROOM];
	int64_t cc = ev->place == PLACE_CC_MR ? (int64_t)ev->index : CC_MR_NONE;
	const char *reg = event_register(ev, room);
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
	struct bytes said = {(const uint8_t *)e->description,
		event_describe(ev, e->description, sizeof(e->description))};
	if (said.n > 0 && !bytes_equal(said, ev->data))
		event.description = said;
	return e->each(e->arg, &event, err);
}

static int read_event(void *arg, size_t source, struct log_event *ev, enum explanation explanation,
	struct err *err)
{
	(void)source;
	return tell_event(arg, ev, explanation, err);
}

int events_run_input(struct inputs *inputs, size_t source, event_name_fn name, event_fn each,
	void *arg, struct err *err)
{
	struct reader_events *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return err_sys(err, ENOMEM, "log");
	e->source = inputs->v[source].name;
	e->name = name;
	e->each = each;
	e->arg = arg;
	int rc = inputs_read(inputs, source, read_event, e, err);
	free(e);
	return rc;
}
