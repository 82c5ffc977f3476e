/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "base/scope.h"
#include "verify/aggregate.h"
#include "verify/elsewhere.h"
#include "verify/named.h"
#include "verify/reference.h"
#include "verify/system.h"

/* What one call works on. */
struct verification {
	const struct registers *r;
	const struct verify_wanted *wanted;
	struct inputs *inputs;
	struct register_file_map expected; /* of r->mrs; zeros: nothing is */
	struct asked *asked;		   /* of each register of r->mrs, as are the next two */
	struct err *bad;
	struct judgement *js;
	bool live; /* the logs are this machine's */
};

static struct verify_row *add_row(struct verify_rows *rows, const char *name, struct err *err)
{
	struct verify_row *grown = reallocarray(rows->row, rows->n + 1, sizeof(*grown));
	char *copy = strdup(name);
	if (grown != NULL)
		rows->row = grown;
	if (grown == NULL || copy == NULL) {
		free(copy);
		err_sys(err, ENOMEM, "verify");
		return NULL;
	}
	struct verify_row *row = &grown[rows->n++];
	memset(row, 0, sizeof(*row));
	row->name = copy;
	return row;
}

static void fail(struct judgement *j, const struct err *why)
{
	j->err = *why;
	j->verdict = VERDICT_NONE;
	if (why->status != ST_SYSTEM || (why->sys != EACCES && why->sys != EPERM))
		return;
	j->verdict = VERDICT_UNCHECKED;
	snprintf(j->detail, sizeof(j->detail), "%s", why->msg);
}

static int read_value(
	const struct registers *r, const struct mr *mr, struct verify_row *row, struct err *err)
{
	uint8_t *buf = malloc(mr->size + 1u);
	struct err why;
	if (buf == NULL)
		return err_sys(err, ENOMEM, "verify");
	if (registers_value(r, mr, buf, &why) == 0) {
		row->value = (struct bytes){buf, mr->size};
		return 0;
	}
	free(buf);
	fail(&row->j, &why);
	return 0;
}

static int keep_value(struct verify_row *row, const struct digest *value, struct err *err)
{
	uint8_t *copy = malloc(value->size + 1u);
	if (copy == NULL)
		return err_sys(err, ENOMEM, "verify");
	memcpy(copy, value->v, value->size);
	row->value = (struct bytes){copy, value->size};
	return 0;
}

/*
 * What the file expects of this register; NULL: nothing. p NULL in it: a value that could not be read
 * when the file was made.
 */
static int expected_of(const struct verification *v, const struct mr *mr, const struct bytes **ret,
	struct err *err)
{
	size_t row = register_file_map_row(&v->expected, mr);
	*ret = NULL;
	if (row == VALUES_NO_ROW)
		return 0;
	if (row == VALUES_TWO_ROWS)
		return err_set(
			err, ST_FORMAT, "--expect: '%s' appears twice, under two names", mr->full);
	*ret = &v->wanted->expect->value[row];
	return 0;
}

static void compare(struct verify_row *row, struct bytes expected)
{
	char hex[2 * 16 + 1];
	struct judgement *j = &row->j;
	row->expected = expected;
	if (j->err.status != ST_OK || row->value.p == NULL)
		return;
	if (expected.p != NULL && bytes_equal(row->value, expected)) {
		if (j->verdict == VERDICT_NONE)
			j->verdict = VERDICT_MATCH;
		return;
	}
	if (!row->allowed && verdict_status(j->verdict) != ST_OK && j->verdict != VERDICT_NONE &&
		j->verdict < VERDICT_UNEXPECTED)
		return;
	j->verdict = VERDICT_UNEXPECTED;
	row->allowed = false;
	size_t shown = expected.n < 16 ? expected.n : 16;
	if (expected.p == NULL)
		snprintf(j->detail, sizeof(j->detail),
			"its value could not be read when the expected values were written");
	else
		snprintf(j->detail, sizeof(j->detail), "expected %s%s",
			hex_str(hex, (struct bytes){expected.p, shown}),
			shown < expected.n ? "..." : "");
}

/* Whether its logs are looked at. */
static bool is_by_log(const struct verification *v, const struct mr_pick *pick, bool expected)
{
	/* Away from a machine, without a log, what is expected is all that its value is compared with. */
	bool alone = expected && v->r->root == NULL && v->inputs->n == 0;
	return (pick->mr->flags & MR_RUNTIME) && !v->wanted->no_log && !alone &&
	       (pick->by_name || !mr_lacks_entry(pick->mr));
}

/* The row of a register whose logs were judged. */
static int fill_judged(struct verification *v, size_t i, struct verify_row *row, struct err *err)
{
	const struct mr *mr = v->asked[i].mr;
	row->j = v->js[i];
	v->js[i] = (struct judgement){0};
	if (v->bad[i].status != ST_OK) {
		fail(&row->j, &v->bad[i]);
		return 0;
	}
	row->allowed = v->wanted->allow_ahead && judgement_is_ahead_alone(&row->j);
	if (v->asked[i].value.size > 0)
		return keep_value(row, &v->asked[i].value, err);
	if (mr_lacks_entry(mr)) {
		err_set(&row->j.err, ST_ABSENT, "'%s' has no value yet", mr->full);
		return 0;
	}
	row->j.verdict = VERDICT_UNSUPPORTED;
	snprintf(row->j.detail, sizeof(row->j.detail), "the hash of '%s' is not known here",
		mr->full);
	return read_value(v->r, mr, row, err);
}

static int verify_one(struct verification *v, const struct mr_pick *pick, struct verify_rows *rows,
	struct err *err)
{
	const struct mr *mr = pick->mr;
	const struct bytes *expected;
	if (expected_of(v, mr, &expected, err) < 0)
		return -1;
	if (!(mr->flags & MR_RUNTIME) && v->wanted->expect == NULL && pick->by_name)
		return err_set(err, ST_USAGE,
			"'%s' is static: it has no log, only --expect FILE can check it", mr->full);
	bool by_log = is_by_log(v, pick, expected != NULL);
	if (!by_log && expected == NULL)
		return 0;
	struct verify_row *row = add_row(rows, mr->full, err);
	if (row == NULL)
		return -1;
	int rc = by_log ? fill_judged(v, mr_index_place(&v->expected.index, mr), row, err)
			: read_value(v->r, mr, row, err);
	if (rc == 0 && expected != NULL)
		compare(row, *expected);
	return rc;
}

/* What the file expects and is not here. */
static int add_missing(const struct verification *v, struct verify_rows *rows, struct err *err)
{
	const struct register_file *expect = v->wanted->expect;
	for (size_t i = 0; i < expect->mrs.n; i++) {
		struct mr *found;
		enum register_file_match match =
			register_file_match(expect, i, &v->expected.index, &found);
		if (match == VALUES_ONE)
			continue;
		struct verify_row *row = add_row(rows, expect->mrs.mr[i]->full, err);
		if (row == NULL)
			return -1;
		row->expected = expect->value[i];
		row->j.verdict = VERDICT_UNEXPECTED;
		snprintf(row->j.detail, sizeof(row->j.detail), "%s",
			match == VALUES_NONE ? "expected, but not here"
					     : "several registers here have this name");
	}
	return 0;
}

/* The journal has records of registers that nobody can check here. */
static int add_stray(const struct verification *v, struct verify_rows *rows, struct err *err)
{
	const char *name = system_stray_name(v->inputs, v->r->mrs);
	if (name == NULL)
		return 0;
	struct verify_row *row = add_row(rows, name, err);
	if (row == NULL)
		return -1;
	err_set(&row->j.err, ST_ABSENT, "the journal has records of '%s', which is not here", name);
	return 0;
}

static int refer(struct verification *v, struct err *err)
{
	const struct question q = {.mrs = v->r->mrs, .v = v->asked};
	if (named_look(&q, v->inputs, v->js, err) < 0)
		return -1;
	if (v->wanted->reference == NULL)
		return 0;
	return reference_look(&q, v->inputs, v->wanted->reference, v->js, err);
}

static int judge_logs(struct verification *v, struct err *err)
{
	struct question q = {.mrs = v->r->mrs, .v = v->asked};
	if (v->live)
		return system_judge(v->r, v->asked, v->bad, v->inputs, v->js, err) < 0
			       ? -1
			       : aggregate_check(v->r, v->inputs, v->js, err);
	if (v->r->values != NULL && v->r->values->boot_id[0] != '\0')
		q.boot_id = v->r->values->boot_id;
	registers_read(v->r, v->asked, v->bad);
	if (judge(&q, v->inputs, v->js, err) < 0)
		return -1;
	if (elsewhere_look(&q, v->inputs, v->js, err) < 0)
		return -1;
	return aggregate_check(v->r, v->inputs, v->js, err);
}

static int make_rows(struct verification *v, struct verify_rows *ret, struct err *err)
{
	const struct verify_wanted *wanted = v->wanted;
	for (size_t i = 0; i < wanted->n_picks; i++)
		if (verify_one(v, &wanted->picks[i], ret, err) < 0)
			return -1;
	if (wanted->all && v->live && !wanted->no_log && add_stray(v, ret, err) < 0)
		return -1;
	if (wanted->all && wanted->expect != NULL && add_missing(v, ret, err) < 0)
		return -1;
	if (ret->n == 0)
		return err_set(err, ST_ABSENT, "nothing to verify: %s",
			wanted->no_log ? "--expect has none of these registers"
				       : "no runtime register among these, and nothing expected");
	return 0;
}

static int run(struct verification *v, struct verify_rows *ret, struct err *err)
{
	const struct register_file none = {0};
	const struct register_file *expect = v->wanted->expect != NULL ? v->wanted->expect : &none;
	if (register_file_map_init(&v->expected, expect, v->r->mrs, err) < 0 ||
		registers_ask(v->r, v->wanted->picks, v->wanted->n_picks, &v->asked, err) < 0)
		return -1;
	if (!v->wanted->no_log && (judge_logs(v, err) < 0 || refer(v, err) < 0))
		return -1;
	return make_rows(v, ret, err);
}

int verify_run(const struct registers *r, const struct verify_wanted *wanted, struct inputs *inputs,
	struct verify_rows *ret, struct err *err)
{
	struct verification v = {
		.r = r,
		.wanted = wanted,
		.inputs = inputs,
		.live = r->root != NULL && inputs->n == 0,
		.bad = calloc(r->mrs->n + 1, sizeof(*v.bad)),
		.js = calloc(r->mrs->n + 1, sizeof(*v.js)),
	};
	*ret = (struct verify_rows){0};
	int rc = v.bad != NULL && v.js != NULL ? run(&v, ret, err) : err_sys(err, ENOMEM, "verify");
	for (size_t i = 0; v.js != NULL && i < r->mrs->n; i++)
		judgement_clear(&v.js[i]);
	register_file_map_clear(&v.expected);
	free(v.asked);
	free(v.bad);
	free(v.js);
	return rc;
}

void verify_clear(struct verify_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		free(rows->row[i].name);
		free((void *)(uintptr_t)rows->row[i].value.p);
		judgement_clear(&rows->row[i].j);
	}
	free(rows->row);
	*rows = (struct verify_rows){0};
}

/*
 * An error beside a verdict-less row ranks between the two kinds of verdict, and what is allowed before
 * what is good.
 */
static int badness(const struct verify_row *row)
{
	enum verdict v = row->j.verdict;
	if (row->allowed)
		return 2 * VERDICT_UNTOUCHED - 1;
	return v == VERDICT_NONE ? 2 * VERDICT_UNDECIDED + 1 : 2 * (int)v;
}

enum verdict verify_worst(const struct verify_rows *rows)
{
	const struct verify_row *worst = NULL;
	for (size_t i = 0; i < rows->n; i++)
		if (worst == NULL || badness(&rows->row[i]) < badness(worst))
			worst = &rows->row[i];
	return worst != NULL ? worst->j.verdict : VERDICT_MATCH;
}

enum status verify_row_status(const struct verify_row *row)
{
	if (row->j.err.status != ST_OK)
		return row->j.err.status;
	return row->allowed ? ST_OK : verdict_status(row->j.verdict);
}

enum status verify_status(const struct verify_rows *rows)
{
	enum status status = ST_OK;
	for (size_t i = 0; i < rows->n; i++)
		status = status_worse(status, verify_row_status(&rows->row[i]));
	return status;
}
