/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An extend of a register whose log no kernel keeps: intent, one write, what the register shows,
 * end. The lock is held by the caller.
 */
#include "ops/extend_journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "journal/store.h"
#include "kernel/rundir.h"
#include "ops/extend_predict.h"

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

static bool has_name_of(
	const struct journal_state *state, const struct mr *mr, const struct mr *other)
{
	const struct journal_reg *reg = journal_state_find(state, mr->full);
	return reg != NULL && reg == journal_state_find(state, other->full);
}

static void find_like(const struct journal_writer *w, const struct mr *mr,
	const struct digest *value, struct likes *ret)
{
	for (size_t i = 0; i < w->mrs->n && ret->n < JOURNAL_LIKE_MAX; i++) {
		const struct mr *other = w->mrs->mr[i];
		struct digest d;
		struct err unused;
		if (other == mr || other->alg != mr->alg || other->size != mr->size ||
			!(other->flags & MR_READABLE) || has_name_of(&w->state, mr, other) ||
			ret->bytes + strlen(other->full) > LINE_MAX_BYTES / 16 ||
			read_digest(w->root, other, &d, &unused) < 0 || !digest_equal(&d, value))
			continue;
		ret->name[ret->n++] = other->full;
		ret->bytes += strlen(other->full) + 4;
	}
}

/* The logs of other programs are not looked at here. */
static void note_foreign(const struct journal_writer *w, const struct extend_wanted *wanted,
	const struct digest *before, struct extend_done *ret)
{
	const struct journal_reg *reg = journal_state_find(&w->state, wanted->mr->full);
	if (reg == NULL || digest_equal(&reg->value, before))
		return;
	snprintf(ret->note, sizeof(ret->note),
		"'%s': something else extended it after record %llu; 'tsmctl verify' says whether "
		"a log explains that",
		wanted->mr->full, (unsigned long long)reg->last);
}

/* Whether the firmware's own log, which every TD has, is where to look for what extended it. */
static bool has_firmware_log(const struct root *root, const struct mr *mr)
{
	struct stat st;
	return (mr->flags & MR_FIRMWARE) ||
	       (mr->cc_mr_index >= 1 && mr->cc_mr_index <= 3 &&
		       root_stat(root, "/sys/firmware/acpi/tables/data/CCEL", &st) == 0);
}

/* A register that was extended before there was a journal: NULL if there is none. */
static const struct mr *find_earlier(const struct journal_writer *w)
{
	uint8_t buf[DIGEST_SIZE_MAX];
	struct err unused;
	for (size_t i = 0; i < w->mrs->n; i++) {
		const struct mr *mr = w->mrs->mr[i];
		if (mr->log == LOG_OF_JOURNAL && mr->alg > HASH_UNKNOWN &&
			!has_firmware_log(w->root, mr) && mr_read(w->root, mr, buf, &unused) == 0 &&
			!mr_list_is_initial(w->mrs, mr, (struct bytes){buf, mr->size}))
			return mr;
	}
	return NULL;
}

/* The journal of an initramfs that does not hand /run on ends where this one begins. */
static void note_earlier(const struct journal_writer *w, struct extend_done *ret)
{
	const struct mr *mr = w->is_new ? find_earlier(w) : NULL;
	if (mr == NULL)
		return;
	if (w->aside[0] != '\0')
		snprintf(ret->note, sizeof(ret->note),
			"'%s': extended before this journal was made; the one of another boot is "
			"now '%s/%s'",
			mr->full, RUNDIR_PATH, w->aside);
	else
		snprintf(ret->note, sizeof(ret->note),
			"'%s': extended before this journal was made: in an initramfs that did not "
			"hand /run on, or by another program; tsmctl-journal(5) says how to join "
			"journals",
			mr->full);
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
		"'%s': it changed, but not to the predicted value: something else extends it, and "
		"whether record %llu was extended is unknown",
		wanted->mr->full, (unsigned long long)seq);
	return rc < 0 ? err_add(err, "; the kernel said: %s", why->msg) : -1;
}

/* Nothing was written to the register: whatever it shows, the record was not extended. */
static int give_up(struct journal_writer *w, const struct journal_line *intent, struct err *why,
	struct err *err)
{
	enum journal_kind kind;
	struct err end = {0};
	*err = *why;
	err->status = ST_SYSTEM;
	err_add(err, " (nothing was extended)");
	if (journal_finish(w, intent->seq, NULL, &kind, &end) < 0)
		err_add(err, "; the end of record %llu was not written: %s",
			(unsigned long long)intent->seq, end.msg);
	return -1;
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
	if (extend_check_memory(err) < 0)
		return -1;
	extend_block_signals();
	if (journal_begin(w, intent, like->name, like->n, err) < 0) {
		err->status = ST_SYSTEM;
		return err_add(err, ": nothing was extended");
	}
	int rc = mr->abi->extend_digest(w->root, mr, &wanted->digest, &tried, &why);
	if (!tried)
		return give_up(w, intent, &why, err);
	if (read_digest(w->root, mr, &after, err) < 0) {
		err->status = ST_UNSETTLED;
		return err_in(err,
			"'%s' was written to and cannot be read: record %llu stays open until an "
			"extend or verify can read it",
			mr->full, (unsigned long long)intent->seq);
	}
	if (journal_finish(w, intent->seq, &after, &kind, err) < 0) {
		bool same = digest_equal(&after, &intent->before);
		const char *was = same ? "was not" : "was";
		/* Another value is somebody else's extend, after this one or in place of it. */
		if (!same && !digest_equal(&after, &intent->expected))
			was = "may have been";
		err->status = same ? ST_SYSTEM : ST_UNSETTLED;
		return err_in(err, "'%s' %s extended, but the end of record %llu was not written",
			mr->full, was, (unsigned long long)intent->seq);
	}
	if (kind == JOURNAL_COMMIT)
		ret->after = after;
	return say_end(wanted, kind, intent->seq, rc, &why, err);
}

static int run(struct journal_writer *w, const struct extend_wanted *wanted,
	struct extend_done *ret, struct err *err)
{
	struct likes like = {0};
	struct mr *mr = wanted->mr;
	struct journal_line intent = {.reg = mr->full,
		.record = wanted->record,
		.note = wanted->note,
		.digest = wanted->digest,
		.before = ret->before};
	note_foreign(w, wanted, &ret->before, ret);
	note_earlier(w, ret);
	int rc = extend_predict(wanted, &ret->before, false, &intent.expected, err);
	find_like(w, mr, &ret->before, &like);
	if (rc == 0 && journal_reserve(w, like.bytes, err) < 0)
		rc = err_add(err, ": nothing was extended");
	return rc < 0 ? rc : act(w, wanted, &intent, &like, ret, err);
}

static int dry_run(const struct root *root, const struct extend_wanted *wanted,
	struct extend_done *ret, struct err *err)
{
	if (read_digest(root, wanted->mr, &ret->before, err) < 0)
		return -1;
	return extend_predict(wanted, &ret->before, false, &ret->after, err);
}

int extend_journal(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err)
{
	struct journal_writer w;
	struct mr *mr = wanted->mr;
	if (wanted->dry_run)
		return dry_run(root, wanted, ret, err);
	/* First: a journal of another boot continues only if its registers can be read. */
	if (mr->abi->prepare != NULL && mr->abi->prepare(root, mr, err) < 0)
		return -1;
	int rc = journal_writer_open(&w, root, mrs, wanted->wait_s, err);
	rc = rc < 0 ? rc : journal_settle(&w, err);
	if (rc < 0 && err->sys == ENOSPC)
		err_add(err, ": nothing was extended");
	rc = rc < 0 ? rc : read_digest(root, mr, &ret->before, err);
	if (rc == 0)
		rc = run(&w, wanted, ret, err);
	journal_writer_close(&w);
	return rc;
}
