/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/elsewhere.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "verify/passes.h"
#include "verify/say.h"

/* Whether a register of the question is explained, or claimed, by this log. */
static bool is_used(const struct question *q, const struct judgement js[], const char *name)
{
	for (size_t i = 0; i < q->mrs->n; i++)
		for (size_t k = 0; js[i].sources != NULL && js[i].sources[k] != NULL; k++)
			if (strcmp(js[i].sources[k], name) == 0)
				return true;
	return false;
}

static bool is_candidate(
	const struct question *q, const struct judgement js[], const struct log_input *in)
{
	return in->reader != NULL && in->as == NULL && !in->text && in->err.status == ST_OK &&
	       !in->other_boot && !passes_is_journal(in) && !is_used(q, js, in->name);
}

static bool is_open(const struct judgement *j)
{
	return j->verdict == VERDICT_MISMATCH || j->verdict == VERDICT_UNLOGGED;
}

/* Judges one register as if all events of a log were of it. */
static int try_pair(const struct question *q, struct inputs *inputs, size_t i, size_t source,
	struct judgement *j, struct err *err)
{
	const struct mr_list *mrs = q->mrs;
	struct log_input *in = &inputs->v[source];
	AUTO_FREE struct asked *asked = calloc(mrs->n + 1, sizeof(*asked));
	AUTO_FREE struct judgement *js = calloc(mrs->n + 1, sizeof(*js));
	AUTO_FREE char *name = NULL;
	if (asked == NULL || js == NULL)
		return err_sys(err, ENOMEM, "verify");
	name = mr_base_name(mrs->mr[i]);
	if (name == NULL)
		return err_sys(err, ENOMEM, "verify");
	for (size_t k = 0; k < mrs->n; k++) {
		asked[k] = q->v[k];
		asked[k].wanted = k == i;
	}
	struct question one = *q;
	one.v = asked;
	one.no_search = true;
	in->reader->as = in->as = name;
	int rc = judge(&one, inputs, js, err);
	in->reader->as = in->as = NULL;
	if (rc == 0 && js[i].verdict == VERDICT_MATCH)
		say_elsewhere(in, name, j);
	for (size_t k = 0; k < mrs->n; k++)
		judgement_clear(&js[k]);
	return rc;
}

int elsewhere_look(
	const struct question *q, struct inputs *inputs, struct judgement js[], struct err *err)
{
	int tries = ELSEWHERE_TRIES_MAX;
	for (size_t k = 0; k < inputs->n; k++) {
		if (!is_candidate(q, js, &inputs->v[k]))
			continue;
		for (size_t i = 0; i < q->mrs->n; i++)
			if (is_open(&js[i]) && tries-- > 0 &&
				try_pair(q, inputs, i, k, &js[i], err) < 0)
				return -1;
	}
	return 0;
}
