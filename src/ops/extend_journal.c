/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An extend of a register whose log no kernel keeps: intent, one write, what the register shows,
 * end. The lock is held by the caller.
 */
#include "ops/extend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "verify/journaled.h"

/* Names of registers that show what ours shows: they may be the same one. */
struct likes {
	const char *name[JOURNAL_LIKE_MAX];
	size_t n;
	size_t bytes; /* of all names */
};

static int read_digest(
	const struct root *root, const struct mr *mr, struct digest *ret, struct err *err)
{
	uint8_t buf[DIGEST_SIZE_MAX];
	if (mr_read(root, mr, buf, err) < 0)
		return -1;
	*ret = digest_of(mr->alg, (struct bytes){buf, mr->size});
	return 0;
}

static bool has_name_of(const struct history *h, const struct mr *mr, const struct mr *other)
{
	const struct history_group *group = history_find(h, mr->full);
	return group != NULL && group == history_find(h, other->full);
}

static void find_like(const struct journal_writer *w, const struct mr *mr,
	const struct digest *value, struct likes *ret)
{
	for (size_t i = 0; i < w->mrs->n && ret->n < JOURNAL_LIKE_MAX; i++) {
		const struct mr *other = w->mrs->mr[i];
		struct digest d;
		struct err unused;
		if (other == mr || other->alg != mr->alg || other->size != mr->size ||
			!(other->flags & MR_READABLE) || has_name_of(&w->history, mr, other) ||
			ret->bytes + strlen(other->full) > LINE_MAX_BYTES / 16 ||
			read_digest(w->root, other, &d, &unused) < 0 || !digest_equal(&d, value))
			continue;
		ret->name[ret->n++] = other->full;
		ret->bytes += strlen(other->full) + 4;
	}
}

static void note_foreign(const struct journal_writer *w, const struct extend_wanted *wanted,
	const struct digest *before, struct extend_done *ret)
{
	const struct history_group *group = history_find(&w->history, wanted->mr->full);
	if (group == NULL || digest_equal(&group->g.value, before))
		return;
	snprintf(ret->note, sizeof(ret->note),
		"'%s': somebody extended it without tsmctl after record %llu: no log explains "
		"that, and 'tsmctl verify' will say so",
		wanted->mr->full, (unsigned long long)group->g.last);
}

static int say_end(const struct extend_wanted *wanted, enum journal_kind kind, uint64_t seq, int rc,
	const struct err *why, struct err *err)
{
	if (kind == JOURNAL_COMMIT)
		return 0;
	if (kind == JOURNAL_VOID && rc == 0)
		return err_set(err, ST_SYSTEM,
			"'%s': the kernel reported success, but did not extend it",
			wanted->mr->full);
	if (kind == JOURNAL_VOID) {
		*err = *why;
		err->status = ST_SYSTEM;
		return err_add(err, " (nothing was extended)");
	}
	err_set(err, ST_UNSETTLED,
		"'%s': it changed, but not to the predicted value: somebody else extends it, and "
		"whether record %llu was extended cannot be known",
		wanted->mr->full, (unsigned long long)seq);
	return rc < 0 ? err_add(err, "; the kernel said: %s", why->msg) : -1;
}

/* From the intent to its end. */
static int act(struct journal_writer *w, const struct extend_wanted *wanted,
	struct journal_line *intent, const struct likes *like, struct extend_done *ret,
	struct err *err)
{
	const struct mr *mr = wanted->mr;
	struct err why = {0};
	struct digest after;
	enum journal_kind kind;
	bool tried;
	extend_block_signals();
	if (journal_begin(w, intent, like->name, like->n, err) < 0) {
		err->status = ST_SYSTEM;
		return err_add(err, ": nothing was extended");
	}
	int rc = mr->abi->extend_digest(w->root, mr, &wanted->digest, &tried, &why);
	if (read_digest(w->root, mr, &after, err) < 0) {
		err->status = ST_UNSETTLED;
		return err_in(err,
			"'%s' was written to and cannot be read: record %llu stays open until an "
			"extend or verify can read it",
			mr->full, (unsigned long long)intent->seq);
	}
	bool grew = digest_equal(&after, &intent->expected);
	if (journal_finish(w, &after, &kind, err) < 0) {
		err->status = grew ? ST_UNSETTLED : ST_SYSTEM;
		return err_in(err,
			"'%s' was %sextended, but the end of record %llu was not written", mr->full,
			grew ? "" : "not ", (unsigned long long)intent->seq);
	}
	if (kind == JOURNAL_COMMIT)
		ret->after = after;
	return say_end(wanted, kind, intent->seq, rc, &why, err);
}

static int predict(const struct extend_wanted *wanted, const struct digest *before,
	struct digest *ret, struct err *err)
{
	struct hasher *h;
	*ret = *before;
	if (hasher_open(&h, wanted->mr->alg, err) < 0)
		return -1;
	int rc = hash_extend(h, ret, &wanted->digest, err);
	hasher_close(h);
	return rc;
}

static int check_once(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err)
{
	struct kept_verdict v;
	if (journal_judge_once(root, mrs, wanted->mr, wanted->record, &wanted->digest, &v,
		    &ret->already, err) < 0)
		return -1;
	if (verdict_status(v.verdict) != ST_OK)
		return err_set(err, ST_NO,
			"'%s': its log does not verify (%s), so it cannot tell whether this was "
			"extended: nothing was extended",
			wanted->mr->full, verdict_name(v.verdict));
	if (ret->already) {
		ret->after = ret->before;
		snprintf(ret->note, sizeof(ret->note),
			"'%s': already extended in this boot, nothing done", wanted->mr->full);
	}
	return 0;
}

static int run(struct journal_writer *w, const struct extend_wanted *wanted,
	struct extend_done *ret, struct err *err)
{
	struct likes like = {0};
	static struct journal_line intent;
	struct mr *mr = wanted->mr;
	if (mr->abi->prepare != NULL && mr->abi->prepare(w->root, mr, err) < 0)
		return -1;
	if (read_digest(w->root, mr, &ret->before, err) < 0)
		return -1;
	note_foreign(w, wanted, &ret->before, ret);
	intent = (struct journal_line){.reg = mr->full,
		.record = wanted->record,
		.note = wanted->note,
		.digest = wanted->digest,
		.before = ret->before};
	int rc = predict(wanted, &ret->before, &intent.expected, err);
	find_like(w, mr, &ret->before, &like);
	if (rc == 0 && journal_reserve(w, like.bytes, err) < 0)
		rc = err_add(err, ": nothing was extended");
	return rc < 0 ? rc : act(w, wanted, &intent, &like, ret, err);
}

int extend_journal(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err)
{
	struct journal_writer w;
	if (wanted->dry_run) {
		if (read_digest(root, wanted->mr, &ret->before, err) < 0)
			return -1;
		if (wanted->once && check_once(root, mrs, wanted, ret, err) < 0)
			return -1;
		return ret->already ? 0 : predict(wanted, &ret->before, &ret->after, err);
	}
	int rc = journal_writer_open(&w, root, mrs, wanted->wait_s, err);
	if (rc == 0 && wanted->once) {
		rc = wanted->mr->abi->prepare != NULL
			     ? wanted->mr->abi->prepare(root, wanted->mr, err)
			     : 0;
		rc = rc < 0 ? rc : read_digest(root, wanted->mr, &ret->before, err);
		rc = rc < 0 ? rc : check_once(root, mrs, wanted, ret, err);
	}
	if (rc == 0 && !ret->already)
		rc = run(&w, wanted, ret, err);
	journal_writer_close(&w);
	return rc;
}
