/* SPDX-License-Identifier: Apache-2.0 */
#include "model/mr_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/vis.h>

#include "model/mr_index.h"

static void mr_free(struct mr *mr)
{
	free(mr->provider);
	free(mr->name);
	free(mr->full);
	free(mr->path);
	free(mr->tcg_map);
	free(mr);
}

/* A part of a name: made visible, and with no ':' of its own, which would look like a hash. */
static char *part(const char *raw)
{
	char *s = malloc(4 * strlen(raw) + 1);
	/* Without memory it writes nothing, and returns -1 or 0. */
	if (s != NULL && strsvis(s, raw, VIS_OCTAL | VIS_WHITE, ":") < (int)strlen(raw)) {
		free(s);
		return NULL;
	}
	return s;
}

static int set_names(struct mr *mr, const char *provider, const char *name, const char *hash)
{
	char *suffix = hash != NULL ? part(hash) : NULL;
	mr->provider = part(provider);
	mr->name = part(name);
	int n = -1;
	if (mr->provider != NULL && mr->name != NULL && (hash == NULL || suffix != NULL))
		n = asprintf(&mr->full, "%s%s%s%s%s", mr->provider, *provider != '\0' ? "/" : "",
			mr->name, suffix != NULL ? ":" : "", suffix != NULL ? suffix : "");
	free(suffix);
	if (n < 0)
		mr->full = NULL;
	return n < 0 ? -1 : 0;
}

/* For one more; doubled where it is full. */
static bool make_room(struct mr_list *list)
{
	if ((list->n & (list->n - 1)) != 0)
		return true;
	struct mr **grown = reallocarray(list->mr, list->n > 0 ? list->n : 1, 2 * sizeof(*grown));
	if (grown == NULL)
		return false;
	list->mr = grown;
	return true;
}

struct mr *mr_list_add(struct mr_list *list, const char *provider, const char *name,
	const char *hash, struct err *err)
{
	if (list->n >= REGISTERS_MAX) {
		err_set(err, ST_FORMAT, "more than %d registers", REGISTERS_MAX);
		return NULL;
	}
	struct mr *mr = make_room(list) ? calloc(1, sizeof(*mr)) : NULL;
	if (mr == NULL || set_names(mr, provider, name, hash) < 0) {
		if (mr != NULL)
			mr_free(mr);
		err_sys(err, ENOMEM, "registers");
		return NULL;
	}
	mr->cc_mr_index = CC_MR_NONE;
	list->mr[list->n++] = mr;
	return mr;
}

void mr_list_clear(struct mr_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		mr_free(list->mr[i]);
	free(list->mr);
	*list = (struct mr_list){0};
}

int mr_list_has_provider(const struct mr_list *list, const char *provider, struct err *err)
{
	char *shown = part(provider);
	int has = 0;
	if (shown == NULL)
		return err_sys(err, ENOMEM, "registers");
	for (size_t i = 0; i < list->n; i++)
		has |= strcmp(list->mr[i]->provider, shown) == 0;
	free(shown);
	return has;
}

static int by_name(const void *a, const void *b)
{
	const struct mr *x = *(struct mr *const *)a, *y = *(struct mr *const *)b;
	int c = strverscmp(x->provider, y->provider);
	if (c == 0)
		c = strverscmp(x->name, y->name);
	return c != 0 ? c : strcmp(x->full, y->full);
}

void mr_list_sort(struct mr_list *list)
{
	if (list->n > 1)
		qsort(list->mr, list->n, sizeof(*list->mr), by_name);
}

struct mr *mr_list_find(const struct mr_list *list, const char *spec, struct err *err)
{
	struct mr_index index;
	struct mr *mr = NULL;
	if (mr_index_init(&index, list->mr, list->n, err) == 0)
		mr = mr_index_find(&index, spec, err);
	mr_index_clear(&index);
	return mr;
}

/* What was picked so far. */
struct picks {
	const struct mr_list *list;
	struct mr_index index;
	struct mr_pick *v;
	size_t n;
	size_t *pick_of; /* of the register at this place of the list; 0: not picked, else after it */
};

static void pick(struct picks *p, size_t place, bool by_name)
{
	if (p->pick_of[place] == 0) {
		p->v[p->n++].mr = p->list->mr[place];
		p->pick_of[place] = p->n;
	}
	p->v[p->pick_of[place] - 1].by_name |= by_name;
}

/* Those of a kind that the pattern matches (NULL: all). Whether there is any. */
static bool pick_kind(struct picks *p, unsigned kind, const char *pattern, bool fold)
{
	bool any = false;
	for (size_t i = 0; i < p->list->n; i++) {
		const struct mr *mr = p->list->mr[i];
		if ((mr->flags & MR_OF_TPM) != kind ||
			(pattern != NULL && !mr_matches(mr, pattern, fold)))
			continue;
		pick(p, i, false);
		any = true;
	}
	return any;
}

/* A TPM's only where there are no others. */
static bool pick_all(struct picks *p, const char *pattern)
{
	return pick_kind(p, 0, pattern, false) || pick_kind(p, 0, pattern, true) ||
	       pick_kind(p, MR_OF_TPM, pattern, false) || pick_kind(p, MR_OF_TPM, pattern, true);
}

static int pick_spec(struct picks *p, const char *spec, struct err *err)
{
	const struct mr *mr = mr_index_find(&p->index, spec, err);
	if (mr != NULL) {
		pick(p, mr_index_place(&p->index, mr), true);
		return 0;
	}
	if (!mr_is_pattern(spec))
		return -1;

	if (pick_all(p, spec))
		return 0;
	return err_set(err, ST_USAGE, "no register matches '%s'", spec);
}

static int pick_specs(struct picks *p, int n_specs, char *const specs[], struct err *err)
{
	if (n_specs == 0)
		pick_all(p, NULL);
	else if (mr_index_init(&p->index, p->list->mr, p->list->n, err) < 0)
		return -1;
	for (int i = 0; i < n_specs; i++)
		if (pick_spec(p, specs[i], err) < 0)
			return -1;
	return 0;
}

int mr_list_pick(const struct mr_list *list, int n_specs, char *const specs[], struct mr_pick **ret,
	size_t *ret_n, struct err *err)
{
	struct picks p = {.list = list};
	p.v = calloc(list->n + 1, sizeof(*p.v));
	p.pick_of = calloc(list->n + 1, sizeof(*p.pick_of));
	int rc = p.v != NULL && p.pick_of != NULL ? pick_specs(&p, n_specs, specs, err)
						  : err_sys(err, ENOMEM, "registers");
	mr_index_clear(&p.index);
	free(p.pick_of);
	if (rc < 0) {
		free(p.v);
		return -1;
	}
	*ret = p.v;
	*ret_n = p.n;
	return 0;
}

/* Whether a value can be a name padded with NULs: few are, and all names are looked through for those. */
static bool is_like_name(struct bytes value)
{
	size_t n = 0;
	while (n < value.n && value.p[n] > 0x20 && value.p[n] < 0x7f)
		n++;
	return n > 0 && bytes_all_zero((struct bytes){value.p + n, value.n - n});
}

bool mr_list_is_initial(const struct mr_list *list, const struct mr *mr, struct bytes value)
{
	if (mr_is_initial(mr, value))
		return true;
	for (size_t i = 0; is_like_name(value) && i < list->n; i++) {
		const struct mr *other = list->mr[i];
		if (other->alg == mr->alg && strcmp(other->provider, mr->provider) == 0 &&
			mr_is_initial(other, value))
			return true;
	}
	return false;
}
