/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/registers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int registers_value(const struct registers *r, const struct mr *mr, uint8_t *buf, struct err *err)
{
	if (r->values == NULL)
		return mr_read(r->root, mr, buf, err);
	for (size_t i = 0; i < r->values->mrs.n; i++) {
		if (r->values->mrs.mr[i] != mr)
			continue;
		if (r->values->value[i].p == NULL) {
			*err = mr->bad;
			return -1;
		}
		memcpy(buf, r->values->value[i].p, mr->size);
		return 0;
	}
	return err_set(err, ST_ABSENT, "'%s' has no value here", mr->full);
}

/* A row of the trusted start values that nothing here can use. */
static int err_row(const struct mr *row, enum register_file_match match, struct err *err)
{
	if (match == VALUES_NONE)
		return err_set(err, ST_FORMAT, "--initial: '%s' names no register here", row->full);
	return err_set(err, ST_FORMAT,
		"--initial: '%s' may mean several registers here: name its provider and hash",
		row->full);
}

/* What no extend can change has no start: a row of it has no effect. */
static bool has_start(const struct mr *mr)
{
	return mr->alg > HASH_UNKNOWN && mr->size == hash_size(mr->alg);
}

static int trust(const struct registers *r, struct asked asked[], struct err *err)
{
	struct register_file_map map;
	int rc = register_file_map_init(&map, r->initial, r->mrs, err);
	for (size_t i = 0; i < r->initial->mrs.n && rc == 0; i++) {
		const struct mr *row = r->initial->mrs.mr[i];
		struct bytes value = r->initial->value[i];
		struct mr *mr;
		enum register_file_match match =
			register_file_match(r->initial, i, &map.index, &mr);
		if (match != VALUES_ONE) {
			rc = err_row(row, match, err);
			break;
		}
		struct asked *a = &asked[mr_index_place(&map.index, mr)];
		if (value.p == NULL || value.n != mr->size)
			rc = err_set(err, ST_FORMAT,
				"--initial: '%s' has %zu bytes, and the register %u", row->full,
				value.n, mr->size);
		else if (a->trusted.size > 0)
			rc = err_set(err, ST_FORMAT,
				"--initial: '%s' appears twice, under two names", mr->full);
		else if (has_start(mr))
			a->trusted = digest_of(mr->alg, value);
	}
	register_file_map_clear(&map);
	return rc;
}

int registers_ask(const struct registers *r, const struct mr_pick picks[], size_t n,
	struct asked **ret, struct err *err)
{
	struct asked *asked = calloc(r->mrs->n + 1, sizeof(*asked));
	if (asked == NULL)
		return err_sys(err, ENOMEM, "registers");
	for (size_t i = 0; i < r->mrs->n; i++)
		asked[i].mr = r->mrs->mr[i];
	struct register_file_map places = {0};
	int rc = mr_index_init(&places.index, r->mrs->mr, r->mrs->n, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		asked[mr_index_place(&places.index, picks[i].mr)].wanted = true;
	mr_index_clear(&places.index);
	if (rc == 0 && r->initial != NULL)
		rc = trust(r, asked, err);
	if (rc < 0)
		free(asked);
	else
		*ret = asked;
	return rc;
}

static void read_one(const struct registers *r, size_t i, struct asked *a, struct err *bad)
{
	const struct mr *mr = a->mr;
	uint8_t buf[DIGEST_SIZE_MAX];
	int rc;
	*bad = mr->bad;
	a->value.size = 0;
	/* A TPM takes its time for each. */
	bool idle = (mr->flags & MR_OF_TPM) && !a->wanted;
	if (mr->bad.status != ST_OK || !(mr->flags & MR_RUNTIME) || mr->alg <= HASH_UNKNOWN ||
		mr_lacks_entry(mr) || idle)
		return;
	if (mr->size != hash_size(mr->alg)) {
		err_set(bad, ST_FORMAT, "'%s' has %u bytes, its hash %zu", mr->full, mr->size,
			hash_size(mr->alg));
		return;
	}
	if (r->values != NULL) {
		rc = 0;
		memcpy(buf, r->values->value[i].p, mr->size);
	} else {
		rc = mr_read(r->root, mr, buf, bad);
	}
	if (rc == 0)
		a->value = digest_of(mr->alg, (struct bytes){buf, mr->size});
}

void registers_read(const struct registers *r, struct asked asked[], struct err bad[])
{
	for (size_t i = 0; i < r->mrs->n; i++)
		read_one(r, i, &asked[i], &bad[i]);
}
