/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "verify/journaled.h"
#include "verify/verify_files.h"

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

int verify_add_source(struct verify_row *row, const char *source, struct err *err)
{
	size_t n = 0;
	while (row->sources != NULL && row->sources[n] != NULL)
		if (row->sources[n++] == source)
			return 0;
	const char **grown = reallocarray(row->sources, n + 2, sizeof(*grown));
	if (grown == NULL)
		return err_sys(err, ENOMEM, "verify");
	grown[n] = source;
	grown[n + 1] = NULL;
	row->sources = grown;
	return 0;
}

static void say_mismatch(const struct replay_result *r, char *detail)
{
	if (r->resumes)
		snprintf(detail, ERR_MSG_MAX,
			"offset %lld: an extend before this SYNC line is not in the log; from here "
			"on the log reproduces the register",
			(long long)r->place);
	else if (r->place >= 0)
		snprintf(detail, ERR_MSG_MAX,
			"offset %lld: this SYNC line states another value than the log before it "
			"gives",
			(long long)r->place);
	else
		snprintf(detail, ERR_MSG_MAX,
			"no history in the log gives this value: a record is not what was "
			"extended, or one is missing");
}

static void say_untrue(const struct replay_result *r, char *detail)
{
	if (r->untrue == 0)
		return;
	snprintf(detail, ERR_MSG_MAX,
		"%llu line%s that claim%s what did not happen, extended nothing by it; the first "
		"is at offset %lld",
		(unsigned long long)r->untrue, r->untrue == 1 ? "" : "s", r->untrue == 1 ? "s" : "",
		(long long)r->untrue_off);
}

enum verdict verify_judge(const struct replay_result *r, char *detail)
{
	detail[0] = '\0';
	switch (r->verdict) {
	case VERDICT_MATCH:
	case VERDICT_UNTOUCHED:
		say_untrue(r, detail);
		break;
	case VERDICT_PARTIAL:
		snprintf(detail, ERR_MSG_MAX,
			"from the start value that the log states; what led to it is not in this "
			"log");
		break;
	case VERDICT_LOG_AHEAD:
		snprintf(detail, ERR_MSG_MAX,
			"the last %llu of %llu records were logged and not extended, or this "
			"kernel shows an old value after an append",
			(unsigned long long)(r->records - r->matched),
			(unsigned long long)r->records);
		break;
	case VERDICT_MISMATCH:
		if (r->records == 0 && r->untrue == 0) {
			snprintf(detail, ERR_MSG_MAX, "changed, and its log is empty");
			return VERDICT_UNLOGGED;
		}
		say_mismatch(r, detail);
		break;
	case VERDICT_UNDECIDED:
		snprintf(detail, ERR_MSG_MAX,
			"given up after %d extends: this log was made to be slow",
			REPLAY_EXTENDS_MAX);
		break;
	case VERDICT_NONE:
	case VERDICT_UNEXPECTED:
	case VERDICT_ALTERED:
	case VERDICT_UNLOGGED:
	case VERDICT_UNSUPPORTED:
	case VERDICT_UNCHECKED:
		break;
	}
	return r->verdict;
}

static void judge_without_log(
	const struct evidence *ev, const struct mr *mr, struct verify_row *row)
{
	if (evidence_is_initial(ev, mr, row->value)) {
		row->verdict = VERDICT_UNTOUCHED;
		return;
	}
	row->verdict = VERDICT_UNLOGGED;
	snprintf(row->detail, sizeof(row->detail), "changed, and %s",
		ev->inputs.n > 0 ? "no event in these logs is of it" : "no log of it is kept here");
}

static void judge_unsupported(const struct mr *mr, struct verify_row *row)
{
	row->verdict = VERDICT_UNSUPPORTED;
	snprintf(row->detail, sizeof(row->detail), "the hash of '%s' is not known here", mr->full);
}

void verify_fail(struct verify_row *row, const struct err *err)
{
	row->err = *err;
	row->verdict = VERDICT_NONE;
	if (err->status == ST_SYSTEM && (err->sys == EACCES || err->sys == EPERM)) {
		row->verdict = VERDICT_UNCHECKED;
		snprintf(row->detail, sizeof(row->detail), "%s", err->msg);
	}
}

static int keep_value(struct verify_row *row, const uint8_t *value, size_t n, struct err *err)
{
	uint8_t *copy = malloc(n + 1);
	if (copy == NULL)
		return err_sys(err, ENOMEM, "verify");
	memcpy(copy, value, n);
	row->value = (struct bytes){copy, n};
	return 0;
}

static int read_value(
	const struct evidence *ev, const struct mr *mr, struct verify_row *row, struct err *err)
{
	uint8_t *buf = malloc(mr->size + 1u);
	struct err why;
	if (buf == NULL)
		return err_sys(err, ENOMEM, "verify");
	int rc = evidence_value(ev, mr, buf, &why);
	if (rc == 0)
		row->value = (struct bytes){buf, mr->size};
	else
		free(buf);
	if (rc < 0)
		verify_fail(row, &why);
	return 0;
}

static bool is_initial(const void *arg, const struct mr *mr, struct bytes value)
{
	return evidence_is_initial(arg, mr, value);
}

/* What the journal makes of it. */
static int check_kept(const struct kept_verdict *v, struct verify_row *row, struct err *err)
{
	for (size_t i = 0; v->sources[i] != NULL; i++)
		if (verify_add_source(row, v->sources[i], err) < 0)
			return -1;
	if (v->err.status != ST_OK) {
		verify_fail(row, &v->err);
		return 0;
	}
	row->verdict = v->verdict;
	row->replayed = v->replayed;
	row->records = v->records;
	row->matched = v->matched;
	row->is_near = v->is_near;
	snprintf(row->detail, sizeof(row->detail), "%s", v->detail);
	return keep_value(row, v->value.v, v->value.size, err);
}

/* What a kernel's log says that its register held at first; what it holds, if it says nothing. */
static int stated_start(
	const struct checked *checked, enum hash_alg alg, struct digest *ret, struct err *err)
{
	struct rfc_log log;
	bool stated;
	struct digest start;
	*ret = checked->value;
	if (rfc_log_open(&log, checked->log, alg, err) < 0)
		return -1;
	int rc = replay_stated_start(&log, &stated, &start, err);
	if (rc == 0 && stated)
		*ret = start;
	rfc_log_close(&log);
	return rc;
}

/* The kernel's log goes on where the others end. */
static int judge_behind(const struct evidence *ev, const struct mr *mr,
	const struct checked *checked, const struct joined *joined, const struct digest *from,
	struct verify_row *row, struct err *err)
{
	struct replay_result r;
	int rc = evidence_replay(ev, mr, checked->log, from, &checked->value, &r, err);
	if (rc == 0) {
		row->verdict = verify_judge(&r, row->detail);
		row->replayed = r.value;
		row->records = joined->records + r.records;
		row->matched = joined->records + r.matched;
	}
	replay_clear(&r);
	if (row->verdict == VERDICT_UNTOUCHED)
		row->verdict = VERDICT_MATCH;
	if (row->verdict == VERDICT_MATCH)
		row->verdict = joined_verdict(joined, row->detail);
	return rc;
}

static int join_boot_logs(const struct evidence *ev, const struct boot_logs *boot,
	const struct mr *mr, const struct checked *checked, struct verify_row *row, struct err *err)
{
	const struct boot_log *unread = boot_logs_unread(boot);
	struct digest from, start = {.alg = mr->alg, .size = (uint8_t)hash_size(mr->alg)};
	struct joined joined;
	struct hasher *h;
	size_t i = 0;
	while (ev->mrs->mr[i] != mr)
		i++;
	if (stated_start(checked, mr->alg, &from, err) < 0 || hasher_open(&h, mr->alg, err) < 0)
		return -1;
	int rc = boot_logs_join(boot, i, &start, &from, NULL, 0, h, &joined, err);
	hasher_close(h);
	if (rc < 0)
		return -1;
	for (size_t k = 0; joined.match && joined.sources[k] != NULL; k++)
		if (verify_add_source(row, joined.sources[k], err) < 0)
			return -1;
	if (joined.match)
		return judge_behind(ev, mr, checked, &joined, &from, row, err);
	if (unread != NULL)
		verify_fail(row, &unread->err);
	return 0;
}

int verify_checked(const struct evidence *ev, struct boot_logs *boot, const struct mr *mr,
	const struct checked *checked, struct verify_row *row, struct err *err)
{
	row->verdict = verify_judge(&checked->replay, row->detail);
	row->replayed = checked->replay.value;
	row->records = checked->replay.records;
	row->matched = checked->replay.matched;
	bool live = ev->root != NULL && ev->values == NULL && ev->inputs.n == 0;
	if (!live || mr->cc_mr_index < 1 || verdict_status(row->verdict) == ST_OK)
		return 0;
	if (!boot->read && boot_logs_read(ev->root, ev->mrs, boot, err) < 0)
		return -1;
	return boot->n > 0 ? join_boot_logs(ev, boot, mr, checked, row, err) : 0;
}

/* No log is of it, or its hash is not known. */
static int check_alone(
	const struct evidence *ev, const struct mr *mr, struct verify_row *row, struct err *err)
{
	if (read_value(ev, mr, row, err) < 0)
		return -1;
	if (row->err.status != ST_OK)
		return 0;
	if (mr->alg > HASH_UNKNOWN)
		judge_without_log(ev, mr, row);
	else
		judge_unsupported(mr, row);
	return 0;
}

static int check_log(const struct evidence *ev, struct boot_logs *boot, const struct mr *mr,
	struct verify_row *row, struct err *err)
{
	struct checked checked;
	struct err why;
	const char *source = evidence_source(ev, mr);
	if (source != NULL && verify_add_source(row, source, err) < 0)
		return -1;
	if (source == NULL || mr->alg <= HASH_UNKNOWN)
		return check_alone(ev, mr, row, err);
	int rc = evidence_check(ev, mr, &checked, &why);
	if (rc < 0) {
		verify_fail(row, &why);
	} else {
		rc = keep_value(row, checked.value.v, checked.value.size, err);
		if (rc == 0)
			rc = verify_checked(ev, boot, mr, &checked, row, err);
		checked_clear(&checked);
		return rc;
	}
	checked_clear(&checked);
	return 0;
}

/* What the logs that the operator names make of it. */
static int check_files(const struct evidence *ev, const struct files *files, const struct mr *mr,
	struct verify_row *row, struct err *err)
{
	bool any = false;
	if (mr->alg > HASH_UNKNOWN && files_judge(files, ev, mr, row, &any, err) < 0)
		return -1;
	return any ? 0 : check_alone(ev, mr, row, err);
}

/* What the file expects of this register; p NULL: nothing. */
static int expected_of(const struct values *expect, const struct mr_list *mrs, const struct mr *mr,
	struct bytes *ret, struct err *err)
{
	*ret = (struct bytes){0};
	for (size_t i = 0; expect != NULL && i < expect->mrs.n; i++) {
		struct mr *found;
		if (values_match(expect, i, mrs, &found) != VALUES_ONE || found != mr)
			continue;
		if (ret->p != NULL)
			return err_set(err, ST_FORMAT,
				"--expect: '%s' is there twice, under two names", mr->full);
		*ret = expect->value[i];
	}
	return 0;
}

static void compare(struct verify_row *row, struct bytes expected)
{
	char hex[2 * 16 + 1];
	if (row->err.status != ST_OK || row->value.p == NULL)
		return;
	if (bytes_equal(row->value, expected)) {
		if (row->verdict == VERDICT_NONE)
			row->verdict = VERDICT_MATCH;
		return;
	}
	size_t shown = expected.n < 16 ? expected.n : 16;
	if (verdict_status(row->verdict) == ST_OK || row->verdict == VERDICT_NONE ||
		row->verdict > VERDICT_UNEXPECTED) {
		row->verdict = VERDICT_UNEXPECTED;
		snprintf(row->detail, sizeof(row->detail), "expected %s%s",
			hex_str(hex, (struct bytes){expected.p, shown}),
			shown < expected.n ? "..." : "");
	}
}

/* What the logs are that registers are checked against, beside the kernels'. */
struct logs {
	struct kept kept;      /* live: the journal */
	struct files files;    /* those that the operator names */
	struct boot_logs boot; /* live: those of other programs beside a kernel's */
};

static int verify_one(const struct evidence *ev, const struct verify_wanted *wanted,
	struct logs *logs, const struct mr_pick *pick, struct verify_rows *rows, struct err *err)
{
	const struct mr *mr = pick->mr;
	bool runtime = (mr->flags & MR_RUNTIME) != 0;
	struct bytes expected;
	if (expected_of(wanted->expect, ev->mrs, mr, &expected, err) < 0)
		return -1;
	if (!runtime && wanted->expect == NULL && pick->by_name)
		return err_set(err, ST_USAGE,
			"'%s' is static: it has no log, only --expect FILE can check it", mr->full);
	bool by_log = runtime && !wanted->no_log && (pick->by_name || !mr_lacks_entry(mr));
	/* Text logs speak of their registers; the others were not meant. */
	bool files = ev->inputs.n > ev->inputs.n_text;
	if (ev->inputs.n > 0 && !files && evidence_source(ev, mr) == NULL && !pick->by_name)
		by_log = false;
	if (!by_log && expected.p == NULL)
		return 0;

	struct verify_row *row = add_row(rows, mr->full, err);
	if (row == NULL)
		return -1;
	const struct kept_verdict *v = by_log ? kept_find(&logs->kept, mr) : NULL;
	int rc = v != NULL	   ? check_kept(v, row, err)
		 : by_log && files ? check_files(ev, &logs->files, mr, row, err)
		 : by_log	   ? check_log(ev, &logs->boot, mr, row, err)
				   : read_value(ev, mr, row, err);
	if (rc == 0 && expected.p != NULL)
		compare(row, expected);
	return rc;
}

/* What the file expects and is not here. */
static int add_missing(const struct evidence *ev, const struct values *expect,
	struct verify_rows *rows, struct err *err)
{
	for (size_t i = 0; i < expect->mrs.n; i++) {
		struct mr *found;
		enum values_match match = values_match(expect, i, ev->mrs, &found);
		if (match == VALUES_ONE)
			continue;
		struct verify_row *row = add_row(rows, expect->mrs.mr[i]->full, err);
		if (row == NULL)
			return -1;
		row->verdict = VERDICT_UNEXPECTED;
		snprintf(row->detail, sizeof(row->detail), "%s",
			match == VALUES_NONE ? "expected, and not here"
					     : "several registers here have this name");
	}
	return 0;
}

/* The journal has records of registers that nobody can check here. */
static int add_stray(const struct kept *kept, struct verify_rows *rows, struct err *err)
{
	if (kept->missing_name == NULL)
		return 0;
	struct verify_row *row = add_row(rows, kept->missing_name, err);
	if (row == NULL)
		return -1;
	row->records = kept->missing;
	if (verify_add_source(row, "journal", err) < 0)
		return -1;
	return err_set(&row->err, ST_ABSENT, "the journal has records of '%s', which is not here",
		       row->name) < 0
		       ? 0
		       : -1;
}

static bool asks_journal(const struct evidence *ev, const struct verify_wanted *wanted)
{
	bool any = false;
	for (size_t i = 0; i < wanted->n_picks; i++)
		any = any || wanted->picks[i].mr->log != LOG_OF_KERNEL;
	return any && !wanted->no_log && ev->root != NULL && ev->values == NULL &&
	       ev->inputs.n == 0;
}

static int verify_all(const struct evidence *ev, const struct verify_wanted *wanted,
	struct logs *logs, struct verify_rows *ret, struct err *err)
{
	for (size_t i = 0; i < wanted->n_picks; i++)
		if (verify_one(ev, wanted, logs, &wanted->picks[i], ret, err) < 0)
			return -1;
	return wanted->all ? add_stray(&logs->kept, ret, err) : 0;
}

static int read_logs(
	struct evidence *ev, const struct verify_wanted *wanted, struct logs *logs, struct err *err)
{
	if (wanted->no_log)
		return 0;
	if (ev->inputs.n > ev->inputs.n_text)
		return files_replay(ev, wanted->picks, wanted->n_picks, &logs->files, err);
	return asks_journal(ev, wanted)
		       ? kept_judge(ev->root, ev->mrs, is_initial, ev, &logs->kept, err)
		       : 0;
}

int verify_run(struct evidence *ev, const struct verify_wanted *wanted, struct verify_rows *ret,
	struct err *err)
{
	struct logs logs = {.kept.copy.fd = -1};
	*ret = (struct verify_rows){0};
	int rc = read_logs(ev, wanted, &logs, err);
	if (rc == 0)
		rc = verify_all(ev, wanted, &logs, ret, err);
	kept_clear(&logs.kept);
	files_clear(&logs.files);
	boot_logs_clear(&logs.boot);
	if (rc < 0)
		return -1;
	if (wanted->expect != NULL && wanted->all && add_missing(ev, wanted->expect, ret, err) < 0)
		return -1;
	if (ret->n == 0)
		return err_set(err, ST_ABSENT, "nothing to verify: %s",
			wanted->no_log ? "--expect has none of these registers"
				       : "no runtime register among these, and nothing expected");
	return 0;
}

void verify_row_clear(struct verify_row *row)
{
	free(row->name);
	free(row->sources);
	free((void *)(uintptr_t)row->value.p);
}

void verify_clear(struct verify_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		verify_row_clear(&rows->row[i]);
	free(rows->row);
	*rows = (struct verify_rows){0};
}

/* An error beside a verdict-less row ranks between the two kinds of verdict. */
static int badness(enum verdict v)
{
	return v == VERDICT_NONE ? 2 * VERDICT_UNDECIDED + 1 : 2 * (int)v;
}

enum verdict verify_worst(const struct verify_rows *rows)
{
	enum verdict worst = VERDICT_MATCH;
	for (size_t i = 0; i < rows->n; i++)
		if (badness(rows->row[i].verdict) < badness(worst))
			worst = rows->row[i].verdict;
	return worst;
}

enum status verify_status(const struct verify_rows *rows)
{
	enum status status = ST_OK;
	for (size_t i = 0; i < rows->n; i++) {
		const struct verify_row *row = &rows->row[i];
		status = status_worse(status,
			row->err.status != ST_OK ? row->err.status : verdict_status(row->verdict));
	}
	return status;
}
