/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/extend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "kernel/lock.h"
#include "kernel/rundir.h"
#include "ops/extend_journal.h"
#include "ops/extend_kernel.h"
#include "ops/extend_predict.h"
#include "ops/once.h"

/* Under the lock: what was asked without it does not hold any more. */
enum { MOVED = 1 };

static int check_kind(const struct mr *mr, bool force, struct err *err)
{
	if ((mr->flags & MR_RUNTIME) || ((mr->flags & MR_MAY_EXTEND) && force))
		return 0;
	if (mr->flags & MR_MAY_EXTEND)
		return err_set(err, ST_ABSENT,
			"'%s' is static: a write sets its value and an extend would destroy it; "
			"use 'tsmctl write', or --force if you know that this kernel extends it",
			mr->full);
	return err_set(err, ST_ABSENT, "'%s' is static: it cannot be extended", mr->full);
}

int extend_allowed(const struct mr *mr, bool record, bool force, struct err *err)
{
	if (mr->bad.status != ST_OK) {
		*err = mr->bad;
		return -1;
	}
	if (check_kind(mr, force, err) < 0)
		return -1;
	if (mr->alg <= HASH_UNKNOWN)
		return err_set(err, ST_ABSENT,
			"the hash of '%s' is %s: the result of an extend cannot be computed",
			mr->full, hash_name(mr->alg));
	if ((mr->flags & MR_RUNTIME) && mr->log == LOG_OF_NOBODY)
		return err_set(err, ST_ABSENT, "'%s' cannot be extended on this kernel", mr->full);
	if (!(mr->flags & MR_READABLE) && !mr_lacks_entry(mr))
		return err_set(err, ST_ABSENT,
			"'%s' cannot be read: nothing could tell whether an extend took place",
			mr->full);
	if (mr->flags & MR_MAY_EXTEND)
		return 0;
	if (record && !(mr->flags & MR_TAKES_EVENT))
		return err_set(err, ST_ABSENT, "'%s' takes no events on this kernel", mr->full);
	if (!record && !(mr->flags & MR_TAKES_DIGEST))
		return err_set(err, ST_ABSENT,
			"'%s' takes no digests on this kernel: measure an event or a file",
			mr->full);
	if ((mr->flags & MR_FIRMWARE) && !force)
		return err_set(err, ST_USAGE,
			"'%s' belongs to the firmware: choose another register; only 'tsmctl "
			"extend --force' extends it",
			mr->full);
	return 0;
}

/*
 * One that a write may set was written to: where it holds the digest itself afterwards, it is not
 * extensible. The journal has an intent for it, and an end that claims nothing for sure.
 */
static int judge_forced(const struct root *root, const struct extend_wanted *wanted, int rc,
	const struct extend_done *done, struct err *err)
{
	uint8_t buf[DIGEST_SIZE_MAX];
	struct err unused;
	if (rc == 0 || err->status != ST_UNSETTLED || mr_read(root, wanted->mr, buf, &unused) < 0 ||
		!bytes_equal((struct bytes){buf, wanted->mr->size}, digest_bytes(&wanted->digest)))
		return rc;
	char hex[2 * DIGEST_SIZE_MAX + 1];
	return err_set(err, ST_UNSETTLED,
		"'%s': set, not extended: it holds the digest that was written; before that it "
		"held %s",
		wanted->mr->full, hex_str(hex, digest_bytes(&done->before)));
}

static int run_journal(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err)
{
	bool forced = (wanted->mr->flags & MR_MAY_EXTEND) != 0;
	if (forced)
		mr_make_runtime(wanted->mr);
	int rc = extend_journal(root, mrs, wanted, ret, err);
	return forced ? judge_forced(root, wanted, rc, ret, err) : rc;
}

/* Discovery ran without the lock: what it can have missed is looked at again before anything is
 * decided. */
static int recheck(const struct extend_batch *b, size_t first, struct err *err)
{
	struct mr *mr = b->wanted[first].mr;
	enum log_keeper was = mr->log;
	if (mr->abi->recheck == NULL)
		return 0;
	if (mr->abi->recheck(b->root, mr, err) < 0)
		return -1;
	for (size_t i = first; i < b->n && mr->log != was; i++)
		if (b->wanted[i].mr == mr && extend_allowed(mr, b->wanted[i].record.p != NULL,
						     b->wanted[i].force, err) < 0)
			return -1;
	return 0;
}

static bool contends(const struct extend_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (backend_contends(b->wanted[i].mr))
			return true;
	return false;
}

/* The lock; for a dry run only where a kernel needs it, else -1. */
static int take_lock(const struct extend_batch *b, int *ret, struct err *err)
{
	*ret = -1;
	if (b->wanted[0].dry_run)
		return contends(b) ? lock_read(b->root, b->wanted[0].wait_s, ret, err) : 0;
	*ret = lock_take(b->root, b->wanted[0].wait_s, err);
	return *ret < 0 ? -1 : 0;
}

/*
 * Under the lock, once the logs were asked without it. Beside other extends something has always moved:
 * then they are asked again, and only if that takes a search (MOVED) the lock is given back for it.
 */
static int ask_again(const struct extend_batch *b, size_t first, bool locked,
	struct once_answer *once, struct err *err)
{
	bool moved;
	if (once_has_moved(b, &b->wanted[first], once, &moved, err) < 0)
		return -1;
	if (!moved)
		return 0;
	if (!locked)
		return MOVED;
	if (once_ask(b, first, true, once, err) < 0)
		return -1;
	return once->undecided ? MOVED : 0;
}

/* Before the first is extended. `once` is NULL where nothing was asked. */
static int check_all(struct extend_batch *b, bool locked, struct once_answer *once, struct err *err)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!extend_is_first(b, i))
			continue;
		b->at = i;
		if (recheck(b, i, err) < 0)
			return -1;
		int rc = once != NULL ? ask_again(b, i, locked, &once[i], err) : 0;
		if (rc != 0)
			return rc;
	}
	b->at = b->n;
	return 0;
}

/* What is there already: its register holds what the last one of this run made of it. */
static void set_already(struct extend_batch *b, size_t i, const struct once_answer *once)
{
	struct extend_done *done = &b->done[i];
	size_t k = i;
	done->before = done->after = once[i].value;
	while (k-- > 0) {
		if (b->wanted[k].mr != b->wanted[i].mr)
			continue;
		done->before = done->after = b->done[k].after;
		done->expected = b->done[k].expected;
		break;
	}
	snprintf(done->note, sizeof(done->note),
		"'%s': already extended in this boot, nothing done", b->wanted[i].mr->full);
}

static int extend_one(struct extend_batch *b, size_t i, int *lock, struct err *err)
{
	const struct extend_wanted *w = &b->wanted[i];
	if (i > 0 && extend_check_signals(err) < 0)
		return -1;
	if (w->mr->log != LOG_OF_KERNEL)
		return run_journal(b->root, b->mrs, w, &b->done[i], err);
	return extend_kernel(b->root, w, lock, &b->done[i], err);
}

/* As if those before had been extended; the lock was given back for the search of one. */
static int dry_run_one(struct extend_batch *b, size_t i, int *lock, struct err *err)
{
	size_t previous = extend_previous(b, i);
	if (previous < b->n)
		return extend_predict_next(b, i, previous, err);
	if (*lock < 0 && take_lock(b, lock, err) < 0)
		return -1;
	return extend_one(b, i, lock, err);
}

static int extend_each(
	struct extend_batch *b, int *lock, const struct once_answer *once, struct err *err)
{
	for (b->n_done = 0; b->n_done < b->n; b->n_done++) {
		size_t i = b->at = b->n_done;
		struct extend_done *done = &b->done[i];
		done->already = once != NULL && (done->already || extend_is_repeated(b, i));
		int rc = 0;
		if (done->already)
			set_already(b, i, once);
		else if (b->wanted[i].dry_run)
			rc = dry_run_one(b, i, lock, err);
		else
			rc = extend_one(b, i, lock, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int act(struct extend_batch *b, struct once_answer *once, struct err *err)
{
	AUTO_CLOSE int lock = -1;
	if (take_lock(b, &lock, err) < 0)
		return -1;
	int rc = check_all(b, lock >= 0, once, err);
	return rc != 0 ? rc : extend_each(b, &lock, once, err);
}

/* Who will extend makes the folder of the lock, so that his first look, too, is under it. */
static void make_lockable(const struct extend_batch *b)
{
	struct err unused;
	AUTO_CLOSE int dir = contends(b) ? rundir_open(b->root, true, &unused) : -1;
	(void)dir;
}

/* Without the lock. What cannot be read then may be so under it: *unread. */
static int ask_all(struct extend_batch *b, struct once_answer *once, bool *unread, struct err *err)
{
	*unread = false;
	for (size_t i = 0; i < b->n; i++) {
		if (!extend_is_first(b, i))
			continue;
		b->at = i;
		int rc = once_ask(b, i, false, &once[i], err);
		if (rc < 0 && (err->status != ST_SYSTEM || err->sys == EWOULDBLOCK))
			return -1;
		once[i].unread = rc < 0;
		*unread |= rc < 0;
	}
	b->at = b->n;
	return 0;
}

static bool nothing_left(const struct extend_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!b->done[i].already)
			return false;
	return true;
}

/* The history is searched without the lock. */
static int run_once(struct extend_batch *b, struct once_answer *once, struct err *err)
{
	bool unread = false;
	if (!b->wanted[0].dry_run)
		make_lockable(b);
	for (int i = 0; i < MOVED_RETRIES_MAX; i++) {
		if (ask_all(b, once, &unread, err) < 0)
			return -1;
		int lock = -1;
		int rc = nothing_left(b) ? extend_each(b, &lock, once, err) : act(b, once, err);
		if (rc != MOVED)
			return rc;
	}
	/* Nor under it, and *err says why. */
	if (unread)
		return -1;
	return err_set(err, ST_SYSTEM,
		"'%s' changed %d times while its logs were searched: something keeps extending it; "
		"nothing was extended",
		b->wanted[0].mr->full, MOVED_RETRIES_MAX);
}

int extend_run(struct extend_batch *batch, struct err *err)
{
	for (size_t i = 0; i < batch->n; i++)
		batch->done[i] = (struct extend_done){0};
	batch->n_done = 0;
	batch->at = batch->n;
	if (batch->n == 0)
		return 0;
	if (!batch->wanted[0].once)
		return act(batch, NULL, err);
	AUTO_FREE struct once_answer *once = calloc(batch->n, sizeof(*once));
	if (once == NULL)
		return err_sys(err, ENOMEM, "registers");
	return run_once(batch, once, err);
}
