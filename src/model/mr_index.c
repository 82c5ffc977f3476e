/* SPDX-License-Identifier: Apache-2.0 */
#include "model/mr_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Names in any case stand together, and there those of one spelling. */
static int compare_names(struct bytes a, struct bytes b, bool fold)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = strncasecmp((const char *)a.p, (const char *)b.p, n);
	if (c == 0)
		c = (a.n > b.n) - (a.n < b.n);
	return c != 0 || fold ? c : memcmp(a.p, b.p, n);
}

static int compare_entries(const void *a, const void *b)
{
	const struct mr_index_name *x = a, *y = b;
	int c = compare_names(x->name, y->name, false);
	if (c == 0)
		c = (int)y->whole - (int)x->whole;
	return c != 0 ? c : (x->nr > y->nr) - (x->nr < y->nr);
}

int mr_index_init(struct mr_index *ret, struct mr *const mr[], size_t n, struct err *err)
{
	*ret = (struct mr_index){.mr = mr};
	ret->v = calloc(n + 1, MR_NAMES_MAX * sizeof(*ret->v));
	if (ret->v == NULL)
		return err_sys(err, ENOMEM, "registers");
	for (size_t i = 0; i < n; i++) {
		struct bytes names[MR_NAMES_MAX];
		size_t n_names = mr_names(mr[i], names);
		for (size_t k = 0; k < n_names; k++)
			ret->v[ret->n++] = (struct mr_index_name){names[k], k == 0, i};
	}
	qsort(ret->v, ret->n, sizeof(*ret->v), compare_entries);
	return 0;
}

void mr_index_clear(struct mr_index *index)
{
	free(index->v);
	*index = (struct mr_index){0};
}

/* The first entry that is not before name, or, with `after`, that is after it. */
static size_t bound(const struct mr_index *index, struct bytes name, bool fold, bool after)
{
	size_t low = 0, high = index->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (compare_names(index->v[mid].name, name, fold) < (after ? 1 : 0))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct mr_index_name *mr_index_named(
	const struct mr_index *index, struct bytes name, bool fold, size_t *ret_n)
{
	size_t first = bound(index, name, fold, false);
	*ret_n = bound(index, name, fold, true) - first;
	return index->v + first;
}

size_t mr_index_place(const struct mr_index *index, const struct mr *mr)
{
	size_t n, i = 0;
	const struct mr_index_name *v = mr_index_named(index, bytes_of(mr->full), false, &n);
	while (i + 1 < n && index->mr[v[i].nr] != mr)
		i++;
	return v[i].nr;
}

struct mr *mr_index_find(const struct mr_index *index, const char *spec, struct err *err)
{
	size_t n;
	const struct mr_index_name *v = mr_index_named(index, bytes_of(spec), false, &n);
	if (n == 0)
		v = mr_index_named(index, bytes_of(spec), true, &n);
	/* A whole name goes before what others abbreviate to; but a hostile tree can have it twice. */
	if (n == 1 || (n > 1 && v[0].whole && !v[1].whole))
		return index->mr[v[0].nr];
	if (n == 0) {
		err_set(err, ST_USAGE, "no register '%s' here", spec);
		err->sys = ENOENT;
		return NULL;
	}
	err_set(err, ST_USAGE, "'%s' is ambiguous:", spec);
	for (size_t i = 0; i < n; i++)
		err_add(err, " %s", index->mr[v[i].nr]->full);
	return NULL;
}
