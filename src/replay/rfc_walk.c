/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/rfc_walk.h"

/* Where the walk stands. */
struct state {
	struct hasher *h;
	const struct digest *shown;
	bool has_value; /* a SYNC record has stated one */
	struct digest value;
	bool seen;     /* the shown value was met before the last line */
	bool appended; /* an append stands in the log: it was in sync then */
	/* The direct lines that the log ends in so far. */
	bool in_run;
	struct digest all; /* the value if each of them extended the register */
};

static void meet(struct state *s)
{
	s->seen = s->seen || digest_equal(&s->value, s->shown);
}

/*
 * A record. A SYNC that the kernel may have written states the value before it: some of the direct
 * lines before it may have failed, and which ones need not be known.
 */
static int take_record(struct state *s, const struct rfc_line *line, struct err *err)
{
	struct digest d;
	bool due = s->in_run || !s->appended;
	if (line->kind == RFC_SYNC && due && (line->after_blank || line->off == 0)) {
		s->value = line->stated;
		s->has_value = true;
	}
	s->in_run = false;
	s->appended = true;
	if (!s->has_value)
		return 0;
	meet(s);
	if (rfc_line_digest(line, s->h, &d, err) < 0)
		return -1;
	return hash_extend(s->h, &s->value, &d, err);
}

/* A blank line before it says that the log was in sync: no direct line before it was an extend. */
static int take_direct(struct state *s, const struct rfc_line *line, struct err *err)
{
	if (!s->in_run || line->after_blank)
		s->all = s->value;
	s->in_run = true;
	return s->has_value ? hash_extend(s->h, &s->all, &line->stated, err) : 0;
}

static void take_comment(struct state *s)
{
	s->in_run = false;
	s->appended = true;
}

static void conclude(const struct state *s, struct rfc_walk *ret)
{
	bool at_end = s->has_value && digest_equal(&s->value, s->shown);
	*ret = (struct rfc_walk){.value = *s->shown};
	/* After direct extends alone a kernel shows the new value. */
	if (!s->appended || (s->in_run && s->has_value && digest_equal(&s->all, s->shown))) {
		ret->end = RFC_WALK_SHOWN;
		ret->sync = RFC_WALK_SYNC_DUE;
	} else if (at_end || (s->has_value && s->seen)) {
		ret->end = at_end ? RFC_WALK_SHOWN : RFC_WALK_AHEAD;
		ret->value = s->value;
		ret->sync = RFC_WALK_SYNC_DONE;
	} else if (!s->in_run) {
		ret->sync = RFC_WALK_SYNC_DONE;
	}
}

int rfc_walk(struct rfc_log *log, struct hasher *h, const struct digest *shown,
	struct rfc_walk *ret, struct err *err)
{
	struct state s = {.h = h, .shown = shown};
	struct rfc_line line;
	int rc;
	while ((rc = rfc_log_next(log, &line, err)) > 0) {
		if (line.kind == RFC_DIRECT)
			rc = take_direct(&s, &line, err);
		else if (line.kind != RFC_COMMENT)
			rc = take_record(&s, &line, err);
		else
			take_comment(&s);
		if (rc < 0)
			return -1;
	}
	if (rc == 0)
		conclude(&s, ret);
	return rc;
}
