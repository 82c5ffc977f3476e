/* SPDX-License-Identifier: Apache-2.0 */
#include "model/mr_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/vis.h>

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
	if (s != NULL)
		strsvis(s, raw, VIS_OCTAL | VIS_WHITE, ":");
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

struct mr *mr_list_add(struct mr_list *list, const char *provider, const char *name,
	const char *hash, struct err *err)
{
	if (list->n >= REGISTERS_MAX) {
		err_set(err, ST_FORMAT, "more than %d registers", REGISTERS_MAX);
		return NULL;
	}
	struct mr **grown = reallocarray(list->mr, list->n + 1, sizeof(*grown));
	if (grown != NULL)
		list->mr = grown;
	struct mr *mr = grown != NULL ? calloc(1, sizeof(*mr)) : NULL;
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

bool mr_list_has_provider(const struct mr_list *list, const char *provider)
{
	char *shown = part(provider);
	bool has = false;
	for (size_t i = 0; shown != NULL && i < list->n; i++)
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
	struct mr *found = NULL, *whole = NULL;
	size_t n = 0, n_whole = 0;
	for (size_t i = 0; i < list->n; i++) {
		bool full;
		if (!mr_named(list->mr[i], spec, &full))
			continue;
		found = list->mr[i];
		n++;
		if (full) {
			whole = list->mr[i];
			n_whole++;
		}
	}
	/* A whole name goes before what others abbreviate to; but a hostile tree can have it twice. */
	if (n_whole == 1)
		return whole;
	if (n == 1)
		return found;
	if (n == 0) {
		err_set(err, ST_USAGE, "no register '%s' here; 'tsmctl list' shows what there is",
			spec);
		return NULL;
	}
	err_set(err, ST_USAGE, "'%s' is ambiguous:", spec);
	for (size_t i = 0; i < list->n; i++) {
		bool full;
		if (mr_named(list->mr[i], spec, &full))
			err_add(err, " %s", list->mr[i]->full);
	}
	return NULL;
}

static void pick(struct mr_pick *picks, size_t *n, struct mr *mr, bool by_name)
{
	for (size_t i = 0; i < *n; i++) {
		if (picks[i].mr == mr) {
			picks[i].by_name |= by_name;
			return;
		}
	}
	picks[(*n)++] = (struct mr_pick){mr, by_name};
}

static int pick_spec(const struct mr_list *list, const char *spec, struct mr_pick *picks, size_t *n,
	struct err *err)
{
	struct mr *mr = mr_list_find(list, spec, err);
	if (mr != NULL) {
		pick(picks, n, mr, true);
		return 0;
	}
	if (strpbrk(spec, "*?[") == NULL)
		return -1;

	bool any = false;
	for (size_t i = 0; i < list->n; i++) {
		if (!mr_matches(list->mr[i], spec))
			continue;
		pick(picks, n, list->mr[i], false);
		any = true;
	}
	return any ? 0 : err_set(err, ST_USAGE, "no register matches '%s'", spec);
}

int mr_list_pick(const struct mr_list *list, int n_specs, char *const specs[], struct mr_pick **ret,
	size_t *ret_n, struct err *err)
{
	struct mr_pick *picks = calloc(list->n + 1, sizeof(*picks));
	if (picks == NULL)
		return err_sys(err, ENOMEM, "registers");
	size_t n = 0;
	for (size_t i = 0; n_specs == 0 && i < list->n; i++)
		pick(picks, &n, list->mr[i], false);
	for (int i = 0; i < n_specs; i++) {
		if (pick_spec(list, specs[i], picks, &n, err) < 0) {
			free(picks);
			return -1;
		}
	}
	*ret = picks;
	*ret_n = n;
	return 0;
}
