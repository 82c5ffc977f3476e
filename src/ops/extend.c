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
#include "ops/once.h"

/* What an act under the lock can come to beside an extend. */
enum { MOVED = 1, ALREADY };

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
			"'%s' takes only events on this kernel, not digests: use --event or --file",
			mr->full);
	if ((mr->flags & MR_FIRMWARE) && !force)
		return err_set(err, ST_USAGE,
			"'%s' belongs to the firmware: only --force extends it", mr->full);
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
static int recheck(const struct root *root, const struct extend_wanted *wanted, struct err *err)
{
	struct mr *mr = wanted->mr;
	enum log_keeper was = mr->log;
	if (mr->abi->recheck == NULL)
		return 0;
	if (mr->abi->recheck(root, mr, err) < 0)
		return -1;
	return mr->log == was ? 0
			      : extend_allowed(mr, wanted->record.p != NULL, wanted->force, err);
}

/* The lock; for a dry run only where a kernel needs it, else -1. */
static int take_lock(
	const struct root *root, const struct extend_wanted *wanted, int *ret, struct err *err)
{
	struct mr_list one = {(struct mr *[]){wanted->mr}, 1};
	if (wanted->dry_run)
		return lock_read_for(root, &one, wanted->wait_s, ret, err);
	*ret = lock_take(root, wanted->wait_s, err);
	return *ret < 0 ? -1 : 0;
}

/*
 * Under the lock, once the logs were asked without it. Beside other extends something has always moved:
 * then they are asked again, and only if that takes a search (MOVED) the lock is given back for it.
 */
static int ask_again(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, bool locked, struct once_answer *once, struct err *err)
{
	bool moved;
	if (once_has_moved(root, mrs, wanted, once, &moved, err) < 0)
		return -1;
	if (!moved)
		return 0;
	if (!locked)
		return MOVED;
	if (once_ask(root, mrs, wanted, true, once, err) < 0)
		return -1;
	return once->undecided ? MOVED : once->already ? ALREADY : 0;
}

/* Under the lock. `once` is NULL where nothing was asked. */
static int act(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct once_answer *once, struct extend_done *ret,
	struct err *err)
{
	AUTO_CLOSE int lock = -1;
	if (take_lock(root, wanted, &lock, err) < 0 || recheck(root, wanted, err) < 0)
		return -1;
	int rc = once != NULL ? ask_again(root, mrs, wanted, lock >= 0, once, err) : 0;
	if (rc != 0)
		return rc;
	if (wanted->mr->log != LOG_OF_KERNEL)
		return run_journal(root, mrs, wanted, ret, err);
	return extend_kernel(root, wanted, &lock, ret, err);
}

static void set_already(
	const struct extend_wanted *wanted, const struct once_answer *once, struct extend_done *ret)
{
	ret->already = true;
	ret->before = ret->after = once->value;
	snprintf(ret->note, sizeof(ret->note), "'%s': already extended in this boot, nothing done",
		wanted->mr->full);
}

/* Who will extend makes the folder of the lock, so that his first look, too, is under it. */
static void make_lockable(const struct root *root, const struct mr *mr)
{
	struct err unused;
	AUTO_CLOSE int dir = backend_contends(mr) ? rundir_open(root, true, &unused) : -1;
	(void)dir;
}

/* The history is searched without the lock. What cannot be read then may be so under it. */
static int run_once(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err)
{
	if (!wanted->dry_run)
		make_lockable(root, wanted->mr);
	struct once_answer once = {0};
	for (int i = 0; i < MOVED_RETRIES_MAX; i++) {
		int rc = once_ask(root, mrs, wanted, false, &once, err);
		if (rc < 0 && (err->status != ST_SYSTEM || err->sys == EWOULDBLOCK))
			return -1;
		once.unread = rc < 0;
		rc = once.already ? ALREADY : act(root, mrs, wanted, &once, ret, err);
		if (rc == ALREADY)
			set_already(wanted, &once, ret);
		if (rc != MOVED)
			return rc < 0 ? -1 : 0;
	}
	/* Nor under it, and *err says why. */
	if (once.unread)
		return -1;
	return err_set(err, ST_SYSTEM,
		"'%s' changed %d times while its logs were searched: something keeps extending it; "
		"nothing was extended",
		wanted->mr->full, MOVED_RETRIES_MAX);
}

int extend_run(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err)
{
	*ret = (struct extend_done){0};
	return wanted->once ? run_once(root, mrs, wanted, ret, err)
			    : act(root, mrs, wanted, NULL, ret, err);
}
