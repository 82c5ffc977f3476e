/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/named.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "describe/event_name.h"
#include "verify/events.h"

/* Of one register; of events that were left, the first ones. */
enum { NAMED_MAX = 8 };

/* The events that are looked for, in the order of their places, and those of one log. */
struct search {
	struct named_event **v;
	size_t n, at, end;
};

static int no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "verify");
}

static void add(struct judgement *j, size_t source, uint64_t seq)
{
	for (size_t i = 0; i < j->n_named; i++)
		if (j->named[i].ref.source == source && j->named[i].ref.seq == seq)
			return;
	if (j->n_named < NAMED_MAX)
		j->named[j->n_named++].ref = (struct event_ref){source, seq};
}

static int list(const struct inputs *inputs, struct judgement *j, struct err *err)
{
	const struct diagnosis *d = &j->diagnosis;
	if (d->kind == DIAG_NONE && !j->has_altered && !j->has_lack && j->n_left == 0)
		return 0;
	j->named = calloc(NAMED_MAX, sizeof(*j->named));
	if (j->named == NULL)
		return no_memory(err);
	if (d->has_event)
		add(j, d->event.source, d->event.seq);
	if (d->has_other)
		add(j, d->other.source, d->other.seq);
	if (j->has_altered)
		add(j, j->altered.source, j->altered.seq);
	if (j->has_lack)
		add(j, j->lack.source, j->lack.seq);
	for (size_t i = 0; i < j->n_left && j->n_named < NAMED_MAX; i++)
		for (size_t k = 0; k < inputs->n; k++)
			if (inputs->v[k].name == j->left[i].source)
				add(j, k, j->left[i].seq);
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct event_ref *x = &(*(struct named_event *const *)a)->ref;
	const struct event_ref *y = &(*(struct named_event *const *)b)->ref;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int collect(struct search *s, size_t n, struct judgement js[], struct err *err)
{
	s->v = calloc(n * NAMED_MAX + 1, sizeof(struct named_event *));
	if (s->v == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < js[i].n_named; k++)
			s->v[s->n++] = &js[i].named[k];
	qsort(s->v, s->n, sizeof(struct named_event *), by_place);
	return 0;
}

/* Where a record is that of a file, its path is its name. */
static struct bytes name_of(const struct event *event)
{
	static const char file[] = "{\"type\":\"file\",\"path\":\"";
	struct bytes name = event_name(event->kind, event_shown(event));
	if (bytes_start_with(name, file))
		name = (struct bytes){name.p + strlen(file), name.n - strlen(file)};
	return utf8_valid(name) ? name : (struct bytes){0};
}

static int take(struct named_event *ret, const struct event *event, struct err *err)
{
	struct bytes name = name_of(event);
	ret->type = strdup(event->kind);
	ret->name = malloc(name.n + 1);
	if (ret->type == NULL || ret->name == NULL)
		return no_memory(err);
	if (name.n > 0)
		memcpy(ret->name, name.p, name.n);
	ret->n_name = name.n;
	return 0;
}

static int take_event(void *arg, const struct event *event, struct err *err)
{
	struct search *s = arg;
	while (s->at < s->end && s->v[s->at]->ref.seq < event->seq)
		s->at++;
	for (; s->at < s->end && s->v[s->at]->ref.seq == event->seq; s->at++)
		if (take(s->v[s->at], event, err) < 0)
			return -1;
	return 0;
}

static const char *is_wanted(
	void *arg, const struct log_event *ev, const char *name, int64_t cc_mr_index)
{
	const struct search *s = arg;
	(void)name;
	(void)cc_mr_index;
	for (size_t i = s->at; i < s->end && s->v[i]->ref.seq <= ev->seq; i++)
		if (s->v[i]->ref.seq == ev->seq)
			return "";
	return NULL;
}

/* To its end, where a reader has its note. */
static int read_log(struct search *s, struct inputs *inputs, size_t source, struct err *err)
{
	const struct log_input *in = &inputs->v[source];
	if (!in->text)
		return events_run_input(inputs, source, is_wanted, take_event, s, err);
	const struct text_log text = {in->mr, in->name, in->fd, NULL};
	int rc = in->mr != NULL ? events_run(&text, take_event, s, err) : 0;
	return rc < 0 && err->status != ST_FORMAT ? -1 : 0;
}

int named_look(
	const struct question *q, struct inputs *inputs, struct judgement js[], struct err *err)
{
	struct search s = {0};
	bool values_only = inputs->values_only;
	int rc = 0;
	for (size_t i = 0; i < q->mrs->n && rc == 0; i++)
		if (q->v[i].wanted)
			rc = list(inputs, &js[i], err);
	if (rc == 0)
		rc = collect(&s, q->mrs->n, js, err);
	inputs->values_only = true;
	while (rc == 0 && s.at < s.n) {
		size_t source = s.v[s.at]->ref.source;
		for (s.end = s.at; s.end < s.n && s.v[s.end]->ref.source == source;)
			s.end++;
		rc = read_log(&s, inputs, source, err);
		s.at = s.end;
	}
	inputs->values_only = values_only;
	free(s.v);
	return rc;
}

const struct named_event *named_find(
	const struct judgement *j, const struct inputs *inputs, const char *source, uint64_t seq)
{
	for (size_t i = 0; i < j->n_named; i++)
		if (j->named[i].type != NULL && j->named[i].ref.seq == seq &&
			inputs->v[j->named[i].ref.source].name == source)
			return &j->named[i];
	return NULL;
}
