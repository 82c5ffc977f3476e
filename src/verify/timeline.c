/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/timeline.h"

#include <errno.h>
#include <stdlib.h>

#include <bsd/stdlib.h>

enum {
	EXTENDS_BASE = 1 << 18,
	EXTENDS_PER_CLAIM = 64,
	EFFORT_SHARE = 4, /* no register takes all that others might need */
};

void timeline_clear(struct timeline *t)
{
	for (size_t i = 0; i < t->n_lists; i++)
		free(t->list[i].v);
	free(t->doubtful);
	free(t->doubtful_source);
	free(t->path);
	free(t->saved);
	*t = (struct timeline){0};
}

/* Room for one more element of an array that doubles. */
static void *grow(void *v, size_t n, size_t size, struct err *err)
{
	if ((n & (n - 1)) != 0)
		return v;
	void *more = reallocarray(v, n == 0 ? 1 : 2 * n, size);
	if (more == NULL)
		err_sys(err, ENOMEM, "events");
	return more;
}

int timeline_add(struct claim_list *list, const struct claim *claim, struct err *err)
{
	struct claim *v = grow(list->v, list->n, sizeof(*v), err);
	if (v == NULL)
		return -1;
	list->v = v;
	v[list->n++] = *claim;
	return 0;
}

/* Whether another journal has it, too: a copy. */
static bool is_known(const struct timeline *t, size_t source, const struct claim *claim)
{
	for (size_t i = 0; i < t->n_doubtful; i++)
		if (t->doubtful_source[i] != source &&
			digest_equal(&t->doubtful[i].digest, &claim->digest) &&
			digest_equal(&t->doubtful[i].before, &claim->before) &&
			digest_equal(&t->doubtful[i].after, &claim->after))
			return true;
	return false;
}

int timeline_add_doubtful(
	struct timeline *t, size_t source, const struct claim *claim, struct err *err)
{
	if (t->n_doubtful == TIMELINE_DOUBTFUL_MAX || is_known(t, source, claim))
		return 0;
	struct claim *v = grow(t->doubtful, t->n_doubtful, sizeof(*v), err);
	if (v == NULL)
		return -1;
	t->doubtful = v;
	size_t *of = grow(t->doubtful_source, t->n_doubtful, sizeof(*of), err);
	if (of == NULL)
		return -1;
	t->doubtful_source = of;
	of[t->n_doubtful] = source;
	v[t->n_doubtful++] = *claim;
	return 0;
}

const struct claim *timeline_claim_at(const struct timeline *t, const struct step *step)
{
	return step->list == DOUBTFUL_LIST ? &t->doubtful[step->at]
					   : &t->list[step->list].v[step->at];
}

size_t timeline_claims(const struct timeline *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_lists; i++)
		n += t->list[i].n;
	return n;
}

uint64_t timeline_budget(const struct timeline *t)
{
	uint64_t own = EXTENDS_BASE + EXTENDS_PER_CLAIM * (uint64_t)timeline_claims(t);
	uint64_t share = t->effort != NULL ? t->effort->left / EFFORT_SHARE : own;
	return own < share ? own : share;
}
