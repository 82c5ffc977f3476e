/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/extend_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "base/scope.h"
#include "kernel/lock.h"
#include "ops/extend_predict.h"
#include "replay/rfc_walk.h"
#include "replay/rfc_search.h"

/* A register and its log at one moment. */
struct snapshot {
	struct digest value;
	int log;
	off_t size;
};

enum { SPARE_DESCRIPTORS = 2 };

/* What the log gained between two snapshots. */
struct log_delta {
	bool rewritten; /* it does not start with what it was */
	unsigned ours;	/* the record or direct line that was sent */
	off_t ours_off; /* where the last of them stands */
	unsigned syncs;
	unsigned others; /* further lines that extend or may have */
};

/* What the lines gained say of the value now. */
enum outcome { OUTCOME_UNEXPLAINED, OUTCOME_WITHOUT_OURS, OUTCOME_WITH_OURS };

/* One extend, and all that is known of it. */
struct attempt {
	const struct root *root;
	const struct extend_wanted *wanted;
	struct snapshot before, now;
	struct rfc_walk log; /* what the log said before the write */
	int rc;		     /* what the system call said, and why */
	struct err why;
};

static int snapshot_take(
	const struct root *root, const struct mr *mr, struct snapshot *ret, struct err *err)
{
	uint8_t buf[DIGEST_SIZE_MAX];
	struct stat st;
	ret->log = -1;
	if (mr_read(root, mr, buf, err) < 0)
		return -1;
	ret->value = digest_of(mr->alg, (struct bytes){buf, mr->size});
	ret->log = mr->abi->open_log(root, mr, err);
	if (ret->log < 0)
		return -1;
	if (fstat(ret->log, &st) < 0)
		return err_sys(err, errno, "log of '%s'", mr->full);
	ret->size = st.st_size;
	return 0;
}

static void snapshot_drop(struct snapshot *s)
{
	if (s->log >= 0)
		close(s->log);
	s->log = -1;
}

static bool starts_with(const struct snapshot *now, const struct snapshot *before)
{
	uint8_t a[4096], b[4096];
	for (off_t off = 0; off < before->size;) {
		ssize_t n = pread(before->log, a, sizeof(a), off);
		if (n <= 0 || pread(now->log, b, (size_t)n, off) != n ||
			memcmp(a, b, (size_t)n) != 0)
			return false;
		off += n;
	}
	return true;
}

static bool is_ours(const struct extend_wanted *w, const struct rfc_line *line)
{
	if (w->record.p != NULL)
		return line->kind == RFC_RECORD && bytes_equal(line->text, w->record);
	return line->kind == RFC_DIRECT && digest_equal(&line->stated, &w->digest);
}

static int read_delta(const struct attempt *a, struct log_delta *ret, struct err *err)
{
	struct rfc_log log;
	struct rfc_line line;
	*ret = (struct log_delta){.rewritten = !starts_with(&a->now, &a->before)};
	if (ret->rewritten)
		return 0;
	if (rfc_log_open(&log, a->now.log, a->wanted->mr->alg, err) < 0)
		return -1;
	rfc_log_seek(&log, a->before.size);
	int rc;
	while ((rc = rfc_log_next(&log, &line, err)) > 0) {
		if (is_ours(a->wanted, &line)) {
			ret->ours++;
			ret->ours_off = line.off;
		} else if (line.kind == RFC_SYNC) {
			ret->syncs++;
		} else if (line.kind != RFC_COMMENT) {
			ret->others++;
		}
	}
	rfc_log_close(&log);
	return rc;
}

/* What the lines that the log gained, replayed as a log of their own, lead to from one value. */
static int replay_delta(const struct attempt *a, const struct digest *from,
	const struct digest *target, struct rfc_search_result *ret, struct err *err)
{
	struct hasher *h;
	struct rfc_log log;
	*ret = (struct rfc_search_result){0};
	if (hasher_open(&h, a->wanted->mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, a->now.log, a->wanted->mr->alg, err);
	if (rc == 0) {
		rc = rfc_search_tail(
			&log, h, (struct rfc_search_from){a->before.size, from}, target, ret, err);
		rfc_log_close(&log);
	}
	hasher_close(h);
	return rc;
}

/* Nothing that was sent took effect. */
static int err_nothing(const struct attempt *a, struct err *err)
{
	if (a->rc == 0)
		return err_set(err, ST_SYSTEM,
			"'%s': the kernel reported success, but neither logged nor extended it",
			a->wanted->mr->full);
	*err = a->why;
	err->status = ST_SYSTEM;
	return err_add(err, " (nothing was extended)");
}

static int err_unsettled(const struct attempt *a, const char *state, struct err *err)
{
	err_set(err, ST_UNSETTLED, "'%s': %s", a->wanted->mr->full, state);
	return a->rc < 0 ? err_add(err, "; the kernel said: %s", a->why.msg) : -1;
}

/* After the write, something could not be read: the outcome is unknown. */
static int cannot_tell(const struct mr *mr, struct err *err)
{
	err->status = ST_UNSETTLED;
	return err_in(err, "'%s' was written to, and may have been extended", mr->full);
}

/* Whether they lead to it from `from`, and whether what was sent extended among them. */
static int explains(const struct attempt *a, const struct log_delta *delta,
	const struct digest *from, enum outcome *ret, struct err *err)
{
	struct rfc_search_result r;
	int rc = replay_delta(a, from, &a->now.value, &r, err);
	if (rc < 0 || r.verdict != VERDICT_MATCH)
		*ret = OUTCOME_UNEXPLAINED;
	else if (a->wanted->record.p != NULL || delta->ours == 0)
		*ret = OUTCOME_WITH_OURS;
	else
		*ret = rfc_search_direct_is_real(&r, delta->ours_off) ? OUTCOME_WITH_OURS
								      : OUTCOME_WITHOUT_OURS;
	rfc_search_clear(&r);
	return rc;
}

/* As above, from what the register truly was or from what it showed. */
static int explained(
	const struct attempt *a, const struct log_delta *delta, enum outcome *ret, struct err *err)
{
	if (explains(a, delta, &a->log.value, ret, err) < 0)
		return -1;
	if (*ret != OUTCOME_UNEXPLAINED || digest_equal(&a->log.value, &a->before.value))
		return 0;
	return explains(a, delta, &a->before.value, ret, err);
}

/* Logged, and the register shows the value that it had: this kernel shows it only later. */
static int settle_stale(const struct attempt *a, struct extend_done *ret, struct err *err)
{
	struct rfc_search_result r;
	if (a->log.end != RFC_WALK_UNKNOWN) {
		if (replay_delta(a, &a->log.value, NULL, &r, err) < 0)
			return cannot_tell(a->wanted->mr, err);
		ret->expected = r.value;
		rfc_search_clear(&r);
	}
	snprintf(ret->note, sizeof(ret->note),
		"'%s': logged and extended; this kernel shows an old value after an append",
		a->wanted->mr->full);
	return 0;
}

/* The record, or the direct line, is in the log: was it extended? */
static int settle_logged(const struct attempt *a, const struct log_delta *delta,
	struct extend_done *ret, struct err *err)
{
	const struct mr *mr = a->wanted->mr;
	enum outcome outcome = OUTCOME_WITHOUT_OURS;
	bool record = a->wanted->record.p != NULL;
	bool old = digest_equal(&a->now.value, &a->before.value);
	if (!(old && !record) && explained(a, delta, &outcome, err) < 0)
		return cannot_tell(mr, err);
	if (outcome == OUTCOME_WITHOUT_OURS)
		return err_set(
			err, ST_SYSTEM, "'%s': logged by the kernel, not extended", mr->full);
	if (outcome == OUTCOME_UNEXPLAINED && record &&
		(old || digest_equal(&a->now.value, &a->log.value)))
		return settle_stale(a, ret, err);
	if (outcome == OUTCOME_UNEXPLAINED)
		return err_set(err, ST_UNSETTLED,
			"'%s': it is in the log, but the register's value does not follow from the "
			"log: something extends it without logging; run 'tsmctl verify'",
			mr->full);
	ret->after = a->now.value;
	if (delta->others > 0 || delta->ours > 1 || delta->syncs > 1)
		snprintf(ret->note, sizeof(ret->note),
			"'%s': another program extended it at the same time; the log has all "
			"events",
			mr->full);
	return 0;
}

/* What became of the one write, from the evidence. */
static int settle(const struct attempt *a, struct extend_done *ret, struct err *err)
{
	struct log_delta delta;
	enum outcome outcome;
	if (read_delta(a, &delta, err) < 0)
		return cannot_tell(a->wanted->mr, err);
	if (delta.rewritten)
		return err_unsettled(a, "its log changed unexpectedly: see 'tsmctl log'", err);
	if (delta.ours > 0)
		return settle_logged(a, &delta, ret, err);
	if (delta.syncs > 0 && a->wanted->record.p != NULL)
		return err_unsettled(a,
			"only the kernel's SYNC record was logged and extended, not the event",
			err);
	if (digest_equal(&a->now.value, &a->before.value))
		return err_nothing(a, err);
	if (explained(a, &delta, &outcome, err) < 0)
		return cannot_tell(a->wanted->mr, err);
	if (outcome == OUTCOME_WITH_OURS)
		return err_nothing(a, err);
	return err_unsettled(a, "it changed, and its log does not explain how", err);
}

/* Room for one more line, after which the log then ends. */
static int check_line(
	const struct extend_wanted *w, off_t *end, bool blank, size_t line, struct err *err)
{
	off_t last = *end + blank + (off_t)line;
	*end = last + 1;
	if (*end > KERNEL_LOG_MAX)
		return err_set(err, ST_SYSTEM, "'%s': its kernel log is full", w->mr->full);
	/* What becomes of it is read from a copy of the log. */
	if (input_exceeds_limit(*end))
		return err_set(err, ST_SYSTEM,
			"'%s': a copy of its kernel log would be longer than RLIMIT_FSIZE allows",
			w->mr->full);
	/* With or without the newline: which of the two overruns is not reliable. */
	if (last == KERNEL_LOG_EDGE || *end == KERNEL_LOG_EDGE || last == KERNEL_LOG_MAX ||
		*end == KERNEL_LOG_MAX)
		return err_set(err, ST_SYSTEM,
			"'%s': the log would fill the kernel's buffer exactly, and the kernel then "
			"writes past its end: use a longer or shorter record",
			w->mr->full);
	return 0;
}

static int check_lines(const struct extend_wanted *w, off_t end, bool in_sync, struct err *err)
{
	size_t hex = 2 * (size_t)w->mr->size;
	if (w->record.p == NULL)
		return check_line(w, &end, in_sync, strlen("# .EXTEND ") + hex, err);
	if (!in_sync && check_line(w, &end, end > 0,
				strlen("SYNC /") + strlen(hash_name(w->mr->alg)) + hex, err) < 0)
		return -1;
	return check_line(w, &end, true, w->record.n, err);
}

/* Whether the kernel's log has room, with the SYNC that may come first. */
static int check_room(const struct attempt *a, struct err *err)
{
	int rc = 0;
	if (a->log.sync != RFC_WALK_SYNC_DUE)
		rc = check_lines(a->wanted, a->before.size, true, err);
	if (rc == 0 && a->log.sync != RFC_WALK_SYNC_DONE)
		rc = check_lines(a->wanted, a->before.size, false, err);
	if (rc < 0)
		err_add(err, " (%lld of %d bytes): nothing was extended", (long long)a->before.size,
			KERNEL_LOG_MAX);
	return rc;
}

static int walk_log(struct attempt *a, struct err *err)
{
	struct hasher *h;
	struct rfc_log log;
	if (hasher_open(&h, a->wanted->mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, a->before.log, a->wanted->mr->alg, err);
	if (rc == 0) {
		rc = rfc_walk(&log, h, &a->before.value, &a->log, err);
		rfc_log_close(&log);
	}
	hasher_close(h);
	return rc < 0 ? err_in(err, "log of '%s'", a->wanted->mr->full) : 0;
}

/* The history of the log before the write: this may take long, and is done without the lock. */
static int search(const struct attempt *a, struct rfc_search_result *ret, struct err *err)
{
	const struct mr *mr = a->wanted->mr;
	struct digest starts[2] = {{.alg = mr->alg, .size = (uint8_t)mr->size}, mr_name_value(mr)};
	struct hasher *h;
	struct rfc_log log;
	if (hasher_open(&h, mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, a->before.log, mr->alg, err);
	if (rc == 0) {
		rc = rfc_search(&log, h, (struct rfc_search_starts){starts, 2, NULL},
			&a->before.value, ret, err);
		rfc_log_close(&log);
	}
	hasher_close(h);
	return rc < 0 ? err_in(err, "log of '%s'", mr->full) : 0;
}

static void give_back(int *lock)
{
	if (*lock >= 0)
		close(*lock);
	*lock = -1;
}

static int dry_run(struct attempt *a, int *lock, struct extend_done *ret, struct err *err)
{
	struct rfc_search_result replay = {0};
	const struct extend_wanted *w = a->wanted;
	give_back(lock);
	int rc = search(a, &replay, err);
	if (rc == 0)
		rc = check_room(a, err);
	if (rc == 0) {
		/* A log that is ahead says what this kernel does not show yet. */
		bool ahead = replay.verdict == VERDICT_LOG_AHEAD;
		rc = extend_predict(w, ahead ? &replay.value : &a->before.value,
			w->record.p != NULL && !replay.in_sync, &ret->after, err);
	}
	rfc_search_clear(&replay);
	return rc;
}

static int write_once(struct attempt *a, bool *tried)
{
	const struct extend_wanted *w = a->wanted;
	const struct backend *backend = w->mr->abi;
	if (w->record.p != NULL)
		return backend->append_event(a->root, w->mr, w->record, tried, &a->why);
	return backend->extend_digest(a->root, w->mr, &w->digest, tried, &a->why);
}

/*
 * Reserves descriptors for reading the log after the write, which needs more of them than reading
 * it before.
 */
static void release(int spare[])
{
	for (int i = 0; i < SPARE_DESCRIPTORS; i++)
		if (spare[i] >= 0)
			close(spare[i]);
}

static int reserve(const struct attempt *a, int spare[], struct err *err)
{
	int sys = 0;
	for (int i = 0; i < SPARE_DESCRIPTORS; i++) {
		spare[i] = fcntl(a->root->fd, F_DUPFD_CLOEXEC, 0);
		if (spare[i] < 0)
			sys = errno;
	}
	if (sys == 0)
		return 0;
	release(spare);
	err_sys(err, sys, "'%s'", a->wanted->mr->full);
	return err_add(err, " (nothing was extended)");
}

static int act(struct attempt *a, struct extend_done *ret, struct err *err)
{
	struct digest last = {0};
	off_t size = -1;
	int settled = -1;
	bool tried;
	int spare[SPARE_DESCRIPTORS];
	if (extend_check_memory(err) < 0 || reserve(a, spare, err) < 0)
		return -1;
	extend_block_signals();
	a->rc = write_once(a, &tried);
	release(spare);
	if (!tried) {
		*err = a->why;
		return -1;
	}
	/* Value and log are two looks: where they do not fit, somebody may have come between. */
	for (int i = 0; i < MOVED_RETRIES_MAX; i++) {
		if (snapshot_take(a->root, a->wanted->mr, &a->now, err) < 0)
			return cannot_tell(a->wanted->mr, err);
		bool moved = a->now.size != size || !digest_equal(&a->now.value, &last);
		size = a->now.size;
		last = a->now.value;
		if (moved)
			settled = settle(a, ret, err);
		snapshot_drop(&a->now);
		if (!moved || settled == 0)
			break;
	}
	return settled;
}

static int run(struct attempt *a, int *lock, struct extend_done *ret, struct err *err)
{
	if (snapshot_take(a->root, a->wanted->mr, &a->before, err) < 0)
		return -1;
	ret->before = a->before.value;
	if (walk_log(a, err) < 0)
		return -1;
	if (a->wanted->dry_run)
		return dry_run(a, lock, ret, err);
	if (check_room(a, err) < 0)
		return -1;
	return act(a, ret, err);
}

int extend_kernel(const struct root *root, const struct extend_wanted *wanted, int *lock,
	struct extend_done *ret, struct err *err)
{
	struct attempt a = {
		.root = root,
		.wanted = wanted,
		.before.log = -1,
		.now.log = -1,
	};
	int rc = run(&a, lock, ret, err);
	snapshot_drop(&a.before);
	snapshot_drop(&a.now);
	return rc;
}
