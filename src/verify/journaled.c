/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/journaled.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

typedef bool (*initial_fn)(const void *arg, const struct mr *mr, struct bytes value);

static void say_break(const struct history_group *g, struct kept_verdict *v)
{
	v->verdict = VERDICT_MISMATCH;
	if (g->broken == BREAK_UNKNOWN)
		snprintf(v->detail, sizeof(v->detail),
			"whether record %llu was extended cannot be known: somebody else extended "
			"at the same moment",
			(unsigned long long)g->break_at);
	else
		snprintf(v->detail, sizeof(v->detail),
			"between record %llu and %llu it was extended without tsmctl",
			(unsigned long long)g->break_after, (unsigned long long)g->break_at);
}

/* What tells whether a value is one that a register starts with. */
struct starts {
	initial_fn initial;
	const void *arg;
	const struct mr_list *mrs;
};

/*
 * A register that has two names starts with one of them: no extend leads to a name and NULs, so any
 * name of that provider will do.
 */
static bool is_start(const struct starts *s, const struct mr *mr, const struct digest *value)
{
	if (s->initial(s->arg, mr, digest_bytes(value)))
		return true;
	for (size_t i = 0; i < s->mrs->n; i++) {
		const struct mr *other = s->mrs->mr[i];
		if (other->alg == mr->alg && strcmp(other->provider, mr->provider) == 0 &&
			s->initial(s->arg, other, digest_bytes(value)))
			return true;
	}
	return false;
}

static void judge_group(const struct history_group *group, const struct mr *mr,
	const struct starts *s, struct kept_verdict *v)
{
	struct history_group g = *group;
	v->records = g.records;
	v->matched = g.matched;
	v->replayed = g.g.value;
	v->sources[0] = "journal";
	bool untouched = is_start(s, mr, &v->value);
	if (g.broken != BREAK_NONE) {
		say_break(&g, v);
	} else if (!digest_equal(&g.g.value, &v->value)) {
		v->verdict = VERDICT_MISMATCH;
		snprintf(v->detail, sizeof(v->detail),
			"after record %llu it was extended without tsmctl",
			(unsigned long long)g.g.last);
	} else if (g.records == 0) {
		v->verdict = untouched ? VERDICT_UNTOUCHED : VERDICT_UNLOGGED;
		if (!untouched)
			snprintf(v->detail, sizeof(v->detail),
				"changed, and no record in the journal extended it");
	} else if (!is_start(s, mr, &g.first)) {
		v->verdict = VERDICT_PARTIAL;
		snprintf(v->detail, sizeof(v->detail),
			"from the value that record %llu found; what led to it is not in this log",
			(unsigned long long)g.first_seq);
	} else {
		v->verdict = VERDICT_MATCH;
	}
}

static void judge_one(const struct kept *k, size_t i, const struct starts *s)
{
	struct kept_verdict *v = &k->verdict[i];
	const struct mr *mr = k->mr[i];
	if (v->err.status != ST_OK)
		return;
	const struct history_group *group =
		k->other_boot ? NULL : history_find(&k->history, mr->full);
	if (group != NULL) {
		judge_group(group, mr, s, v);
		return;
	}
	bool untouched = is_start(s, mr, &v->value);
	v->verdict = untouched ? VERDICT_UNTOUCHED : VERDICT_UNLOGGED;
	if (!untouched)
		snprintf(v->detail, sizeof(v->detail), "changed, and no log of it is kept here");
	else if (k->other_boot)
		snprintf(v->detail, sizeof(v->detail), "the journal is of another boot");
}

/* The value of a register by its name; NULL: not known. */
static const struct digest *value_of(const struct kept *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->mr[i]->full, name) == 0 && k->verdict[i].value.size > 0)
			return &k->verdict[i].value;
	return NULL;
}

/* An open intent ends, for this reader, by what its register shows, as the next writer will end it. */
static int settle_in_memory(struct kept *k, struct err *err)
{
	const struct open_intent *open = &k->history.open;
	const struct digest *value = open->is ? value_of(k, open->reg) : NULL;
	k->open = open->is;
	k->open_end = JOURNAL_UNKNOWN;
	if (value == NULL)
		return 0;
	k->open_end = history_end_of(open, value);
	struct bytes like = open->like;
	char name[JOURNAL_NAME_ROOM];
	while (k->open_end == JOURNAL_COMMIT && journal_take_name(&like, name)) {
		const struct digest *other = value_of(k, name);
		if (other != NULL && digest_equal(other, value) &&
			history_same(&k->history, name, err) < 0)
			return -1;
	}
	history_settle(&k->history, k->open_end, value);
	return 0;
}

static void find_missing(struct kept *k, const struct mr_list *mrs)
{
	for (size_t i = 0; i < k->history.n && !k->other_boot; i++) {
		const struct history_group *g = &k->history.group[i];
		bool here = false;
		for (size_t j = 0; j < mrs->n && !here; j++)
			here = history_find(&k->history, mrs->mr[j]->full) == g;
		if (here)
			continue;
		k->missing += g->records;
		k->missing_name = g->g.name[0];
	}
}

static int pick(struct kept *k, const struct mr_list *mrs, struct err *err)
{
	k->mr = calloc(mrs->n + 1, sizeof(const struct mr *));
	k->verdict = calloc(mrs->n + 1, sizeof(*k->verdict));
	if (k->mr == NULL || k->verdict == NULL)
		return err_sys(err, ENOMEM, "registers");
	for (size_t i = 0; i < mrs->n; i++) {
		const struct mr *mr = mrs->mr[i];
		bool named = mr->log == LOG_OF_JOURNAL ||
			     (mr->log == LOG_OF_NOBODY && (mr->flags & MR_RUNTIME));
		if (named && mr->alg > HASH_UNKNOWN && !mr_lacks_entry(mr))
			k->mr[k->n++] = mr;
	}
	return 0;
}

static int snapshot(const struct root *root, struct kept *k, struct err *err)
{
	AUTO_FREE struct digest *value = calloc(k->n + 1, sizeof(*value));
	AUTO_FREE struct err *bad = calloc(k->n + 1, sizeof(*bad));
	if (value == NULL || bad == NULL)
		return err_sys(err, ENOMEM, "registers");
	int rc = journal_snapshot(root, k->mr, k->n, value, bad, &k->copy, err);
	for (size_t i = 0; i < k->n; i++) {
		k->verdict[i].value = value[i];
		k->verdict[i].err = bad[i];
	}
	return rc;
}

/* The records of a register in the journal that were extended. *ret is allocated. */
static int anchors_of(const struct kept *k, const struct mr *mr, struct anchored **ret,
	size_t *ret_n, struct err *err)
{
	const struct history_group *group =
		k->other_boot ? NULL : history_find(&k->history, mr->full);
	static struct journal_line line;
	struct journal j;
	struct anchored last = {0};
	*ret = NULL;
	*ret_n = 0;
	if (group == NULL || k->copy.fd < 0)
		return 0;
	*ret = calloc(group->records + 1, sizeof(**ret));
	if (*ret == NULL)
		return err_sys(err, ENOMEM, "journal");
	if (journal_open(&j, k->copy.fd, 0, k->copy.end, err) < 0)
		return -1;
	int rc;
	bool ours = false;
	while ((rc = journal_next(&j, &line, err)) > 0) {
		if (line.kind == JOURNAL_INTENT) {
			ours = history_find(&k->history, line.reg) == group;
			last = (struct anchored){line.seq, line.before, line.digest};
		} else if (line.kind == JOURNAL_COMMIT && ours && *ret_n < group->records) {
			(*ret)[(*ret_n)++] = last;
		}
	}
	if (rc == 0 && k->open && k->open_end == JOURNAL_COMMIT && ours && *ret_n < group->records)
		(*ret)[(*ret_n)++] = last;
	journal_close(&j);
	return rc;
}

/* What is to be looked at, where no order of the logs gives the value; a broken journal has said it. */
static void say_where(
	const struct joined *joined, const struct near_miss *near, bool broken, char *detail)
{
	if (near->kind != NEAR_NONE)
		near_miss_say(near, &joined->altered, detail);
	else if (broken)
		event_spot_add_altered(&joined->altered, detail);
	else if (joined->altered.source != NULL)
		event_spot_say_altered("no order of its logs gives this value; look at ",
			&joined->altered, detail);
	else
		snprintf(detail, ERR_MSG_MAX,
			"no order of its logs gives this value: an event is not what was extended, "
			"or one is missing");
}

/* What all logs together say of a register that the journal alone does not explain. */
static void judge_joined(
	const struct joined *joined, const struct near_miss *near, struct kept_verdict *v)
{
	bool broken = v->verdict == VERDICT_MISMATCH;
	v->replayed = joined->value;
	v->records = joined->records;
	v->matched = joined->matched;
	memcpy(v->sources, joined->sources, sizeof(v->sources));
	if (joined->match) {
		v->detail[0] = '\0';
		v->verdict = joined_verdict(joined, v->detail);
		return;
	}
	if (joined->reached) {
		v->verdict = VERDICT_LOG_AHEAD;
		snprintf(v->detail, sizeof(v->detail),
			"the last %llu of %llu records were logged and not extended",
			(unsigned long long)(v->records - v->matched),
			(unsigned long long)v->records);
		event_spot_add_altered(&joined->altered, v->detail);
		return;
	}
	v->verdict = VERDICT_MISMATCH;
	v->is_near = near->kind != NEAR_NONE;
	say_where(joined, near, broken, v->detail);
}

/* A log that may not be read, or is cut, may be what explains the register. */
static void judge_unread(const struct boot_log *log, struct kept_verdict *v)
{
	if (log->err.status == ST_SYSTEM && (log->err.sys == EACCES || log->err.sys == EPERM)) {
		v->verdict = VERDICT_UNCHECKED;
		snprintf(v->detail, sizeof(v->detail), "%s", log->err.msg);
		return;
	}
	v->verdict = VERDICT_NONE;
	v->err = log->err;
}

static size_t index_of(const struct mr_list *mrs, const struct mr *mr)
{
	size_t i = 0;
	while (mrs->mr[i] != mr)
		i++;
	return i;
}

static int join_one(struct kept *k, size_t i, const struct starts *s, struct err *err)
{
	const struct mr *mr = k->mr[i];
	struct kept_verdict *v = &k->verdict[i];
	const struct boot_log *unread = boot_logs_unread(&k->boot);
	struct digest start = {.alg = mr->alg, .size = (uint8_t)hash_size(mr->alg)};
	AUTO_FREE struct anchored *journal = NULL;
	struct joined joined;
	struct near_miss near = {.kind = NEAR_NONE};
	size_t n, at = index_of(s->mrs, mr);
	if (!s->initial(s->arg, mr, digest_bytes(&start)))
		return 0;
	struct hasher *h = hashers_get(&k->hashers, mr->alg, err);
	if (h == NULL || anchors_of(k, mr, &journal, &n, err) < 0)
		return -1;
	if (boot_logs_join(&k->boot, at, &start, &v->value, journal, n, h, &joined, err) < 0)
		return -1;
	if (unread == NULL && !joined.reached &&
		boot_logs_near_miss(&k->boot, at, &start, &v->value, journal, n, h, &near, err) < 0)
		return -1;
	if (joined.match || (joined.records > 0 && unread == NULL))
		judge_joined(&joined, &near, v);
	else if (unread != NULL)
		judge_unread(unread, v);
	return 0;
}

/* Only firmware's registers have other logs; those that are explained need none. */
static bool is_unexplained(const struct kept *k, size_t i)
{
	const struct kept_verdict *v = &k->verdict[i];
	return k->mr[i]->cc_mr_index > 0 && v->err.status == ST_OK && v->value.size > 0 &&
	       verdict_status(v->verdict) != ST_OK;
}

static int join(const struct root *root, struct kept *k, const struct starts *s, struct err *err)
{
	for (size_t i = 0; i < k->n; i++) {
		if (!is_unexplained(k, i))
			continue;
		if (!k->boot.read && boot_logs_read(root, s->mrs, &k->boot, err) < 0)
			return -1;
		if (k->boot.n > 0 && join_one(k, i, s, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_moved(const struct root *root, const struct kept *k)
{
	uint8_t now[DIGEST_SIZE_MAX];
	struct err ignored;
	for (size_t i = 0; i < k->n; i++)
		if (k->verdict[i].verdict != VERDICT_MATCH && k->verdict[i].value.size > 0 &&
			k->mr[i]->cc_mr_index > 0 && mr_read(root, k->mr[i], now, &ignored) == 0 &&
			memcmp(now, k->verdict[i].value.v, k->verdict[i].value.size) != 0)
			return true;
	return false;
}

static int judge_now(const struct root *root, const struct mr_list *mrs, initial_fn initial,
	const void *arg, struct kept *ret, struct err *err)
{
	struct err why;
	*ret = (struct kept){.copy.fd = -1};
	if (pick(ret, mrs, err) < 0)
		return -1;
	if (ret->n == 0)
		return 0;
	if (snapshot(root, ret, &why) < 0 ||
		journal_history(root, mrs, &ret->copy, &ret->hashers, &ret->history,
			&ret->other_boot, &why) < 0 ||
		settle_in_memory(ret, &why) < 0) {
		for (size_t i = 0; i < ret->n; i++)
			ret->verdict[i].err = why;
		return 0;
	}
	struct starts starts = {initial, arg, mrs};
	for (size_t i = 0; i < ret->n; i++)
		judge_one(ret, i, &starts);
	find_missing(ret, mrs);
	return join(root, ret, &starts, err);
}

/* A register may be extended, and the log of it written, between two looks: then both again. */
int kept_judge(const struct root *root, const struct mr_list *mrs, initial_fn initial,
	const void *arg, struct kept *ret, struct err *err)
{
	for (int i = 1;; i++) {
		if (judge_now(root, mrs, initial, arg, ret, err) < 0)
			return -1;
		if (i == MOVED_RETRIES_MAX || ret->boot.n == 0 || !has_moved(root, ret))
			return 0;
		kept_clear(ret);
	}
}

void kept_clear(struct kept *k)
{
	boot_logs_clear(&k->boot);
	history_clear(&k->history);
	hashers_close(&k->hashers);
	free(k->mr);
	free(k->verdict);
	if (k->copy.fd >= 0)
		close(k->copy.fd);
	*k = (struct kept){.copy.fd = -1};
}

const struct kept_verdict *kept_find(const struct kept *k, const struct mr *mr)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->mr[i] == mr)
			return &k->verdict[i];
	return NULL;
}

static bool starts_so(const void *arg, const struct mr *mr, struct bytes value)
{
	(void)arg;
	return mr_is_initial(mr, value);
}

/* Whether the record was extended: its end says so. An open one is settled before by the writer. */
static int find_record(const struct kept *k, const struct history_group *group, struct bytes record,
	const struct digest *digest, bool *ret, struct err *err)
{
	struct journal j;
	static struct journal_line line;
	bool ours = false;
	if (journal_open(&j, k->copy.fd, 0, k->copy.end, err) < 0)
		return -1;
	int rc = journal_next(&j, &line, err);
	while (rc > 0 && !*ret) {
		if (line.kind == JOURNAL_INTENT)
			ours = history_find(&k->history, line.reg) == group &&
			       digest_equal(&line.digest, digest) &&
			       bytes_equal(line.record, record);
		else
			*ret = ours && line.kind == JOURNAL_COMMIT;
		rc = journal_next(&j, &line, err);
	}
	journal_close(&j);
	return rc < 0 ? -1 : 0;
}

static int find_in(const struct kept *k, const struct mr *mr, struct bytes record,
	const struct digest *digest, struct kept_verdict *ret, bool *ret_found, struct err *err)
{
	const struct kept_verdict *v = kept_find(k, mr);
	if (v == NULL)
		return err_set(err, ST_ABSENT, "'%s' has no value yet", mr->full);
	if (v->err.status != ST_OK) {
		*err = v->err;
		return -1;
	}
	*ret = *v;
	const struct history_group *group =
		k->other_boot ? NULL : history_find(&k->history, mr->full);
	if (group == NULL || verdict_status(v->verdict) != ST_OK)
		return 0;
	return find_record(k, group, record, digest, ret_found, err);
}

int journal_judge_once(const struct root *root, const struct mr_list *mrs, const struct mr *mr,
	struct bytes record, const struct digest *digest, struct kept_verdict *ret, bool *ret_found,
	struct err *err)
{
	struct kept k;
	*ret_found = false;
	int rc = kept_judge(root, mrs, starts_so, NULL, &k, err);
	if (rc == 0)
		rc = find_in(&k, mr, record, digest, ret, ret_found, err);
	kept_clear(&k);
	return rc;
}
