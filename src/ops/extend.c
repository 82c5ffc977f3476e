/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/extend.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "kernel/lock.h"
#include "verify/verify.h"

int extend_allowed(const struct mr *mr, bool record, bool force, struct err *err)
{
	if (mr->bad.status != ST_OK) {
		*err = mr->bad;
		return -1;
	}
	if (!(mr->flags & MR_RUNTIME))
		return err_set(err, ST_ABSENT, "'%s' is static: it cannot be extended", mr->full);
	if (mr->alg <= HASH_UNKNOWN)
		return err_set(err, ST_ABSENT,
			"the hash of '%s' is %s: what an extend does to it cannot be known",
			mr->full, hash_name(mr->alg));
	if (mr->log == LOG_OF_NOBODY)
		return err_set(err, ST_ABSENT, "'%s' cannot be extended on this kernel", mr->full);
	if (!(mr->flags & MR_READABLE) && !mr_lacks_entry(mr))
		return err_set(err, ST_ABSENT,
			"'%s' cannot be read: nothing could tell whether an extend took place",
			mr->full);
	if (record && !(mr->flags & MR_TAKES_EVENT))
		return err_set(err, ST_ABSENT, "'%s' takes no events on this kernel", mr->full);
	if (!record && !(mr->flags & MR_TAKES_DIGEST))
		return err_set(err, ST_ABSENT,
			"'%s' takes events only on this kernel, no digest: use --event or --file",
			mr->full);
	if ((mr->flags & MR_FIRMWARE) && !force)
		return err_set(err, ST_USAGE,
			"'%s' belongs to the firmware: no event log of it has place for this; "
			"--force does it all the same",
			mr->full);
	return 0;
}

/* A register and its log at one moment. */
struct moment {
	struct digest value;
	int log;
	off_t size;
};

/* What the log gained between two moments. */
struct gain {
	bool rewritten; /* it does not start with what it was */
	unsigned ours;	/* the record or direct line that was sent */
	off_t ours_off; /* where the last of them stands */
	unsigned syncs;
	unsigned others; /* further lines that extend or may have */
};

static int take_moment(
	const struct root *root, const struct mr *mr, struct moment *ret, struct err *err)
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

static void drop_moment(struct moment *m)
{
	if (m->log >= 0)
		close(m->log);
	m->log = -1;
}

static bool log_starts_with(const struct moment *now, const struct moment *before)
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

static int read_gain(const struct extend_wanted *w, const struct moment *before,
	const struct moment *now, struct gain *ret, struct err *err)
{
	struct rfc_log log;
	struct rfc_line line;
	*ret = (struct gain){.rewritten = !log_starts_with(now, before)};
	if (ret->rewritten)
		return 0;
	if (rfc_log_open(&log, now->log, w->mr->alg, err) < 0)
		return -1;
	rfc_log_seek(&log, before->size);
	int rc;
	while ((rc = rfc_log_next(&log, &line, err)) > 0) {
		if (is_ours(w, &line)) {
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
static int replay_gain(const struct extend_wanted *w, const struct moment *before,
	const struct moment *now, const struct digest *from, const struct digest *target,
	struct replay_result *ret, struct err *err)
{
	struct hasher *h;
	struct rfc_log log;
	*ret = (struct replay_result){0};
	if (hasher_open(&h, w->mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, now->log, w->mr->alg, err);
	if (rc == 0) {
		rc = replay_tail(&log, h, before->size, from, target, ret, err);
		rfc_log_close(&log);
	}
	hasher_close(h);
	return rc;
}

/*
 * What the register truly held before: what it showed, or, where the log is ahead of it because
 * this kernel shows old values, what the log says.
 */
static struct digest true_before(const struct moment *before, const struct replay_result *replay)
{
	return replay->verdict == VERDICT_LOG_AHEAD ? replay->value : before->value;
}

/* Nothing that was sent took effect. rc and why are what the system call said. */
static int err_nothing(struct err *err, const struct mr *mr, int rc, const struct err *why)
{
	if (rc == 0)
		return err_set(err, ST_SYSTEM,
			"'%s': the kernel reported success, but neither logged nor extended it",
			mr->full);
	*err = *why;
	err->status = ST_SYSTEM;
	return err_add(err, " (nothing was extended)");
}

static int err_unsettled(
	struct err *err, const struct mr *mr, int rc, const struct err *why, const char *state)
{
	err_set(err, ST_UNSETTLED, "'%s': %s", mr->full, state);
	return rc < 0 ? err_add(err, "; the kernel said: %s", why->msg) : -1;
}

/* After the write, something could not be read: what happened cannot be told. */
static int cannot_tell(const struct mr *mr, struct err *err)
{
	err->status = ST_UNSETTLED;
	return err_in(err, "'%s' was written to, and may have been extended", mr->full);
}

/* What the lines gained say of the value now. */
enum leads { LEADS_NOT, LEADS_WITHOUT_OURS, LEADS };

/* Whether they lead to it from `from`, and whether what was sent extended among them. */
static int explains(const struct extend_wanted *w, const struct moment *before,
	const struct moment *now, const struct gain *gain, const struct digest *from,
	enum leads *ret, struct err *err)
{
	struct replay_result r;
	int rc = replay_gain(w, before, now, from, &now->value, &r, err);
	if (rc < 0 || r.verdict != VERDICT_MATCH)
		*ret = LEADS_NOT;
	else if (w->record.p != NULL || gain->ours == 0)
		*ret = LEADS;
	else
		*ret = replay_direct_is_real(&r, gain->ours_off) ? LEADS : LEADS_WITHOUT_OURS;
	replay_clear(&r);
	return rc;
}

/* As above, from what the register showed or from what it truly was. */
static int explained(const struct extend_wanted *w, const struct moment *before,
	const struct moment *now, const struct gain *gain, const struct digest *truth,
	enum leads *ret, struct err *err)
{
	if (explains(w, before, now, gain, truth, ret, err) < 0)
		return -1;
	if (*ret != LEADS_NOT || digest_equal(truth, &before->value))
		return 0;
	return explains(w, before, now, gain, &before->value, ret, err);
}

/* Logged, and the register shows the value that it had: this kernel shows it only later. */
static int settle_stale(const struct extend_wanted *w, const struct moment *before,
	const struct moment *now, const struct digest *truth, struct extend_done *ret,
	struct err *err)
{
	struct replay_result r;
	if (replay_gain(w, before, now, truth, NULL, &r, err) < 0)
		return cannot_tell(w->mr, err);
	ret->expected = r.value;
	replay_clear(&r);
	snprintf(ret->note, sizeof(ret->note),
		"'%s': logged and extended; this kernel shows an old value after an append",
		w->mr->full);
	return 0;
}

/* The record, or the direct line, is in the log: was it extended? */
static int settle_logged(const struct extend_wanted *w, const struct moment *before,
	const struct moment *now, const struct gain *gain, const struct digest *truth,
	struct extend_done *ret, struct err *err)
{
	enum leads leads = LEADS_WITHOUT_OURS;
	bool old = digest_equal(&now->value, &before->value);
	if (!(old && w->record.p == NULL) &&
		explained(w, before, now, gain, truth, &leads, err) < 0)
		return cannot_tell(w->mr, err);
	if (leads == LEADS_WITHOUT_OURS)
		return err_set(
			err, ST_SYSTEM, "'%s': logged by the kernel, not extended", w->mr->full);
	if (leads == LEADS_NOT && w->record.p != NULL && (old || digest_equal(&now->value, truth)))
		return settle_stale(w, before, now, truth, ret, err);
	if (leads == LEADS_NOT)
		return err_set(err, ST_UNSETTLED,
			"'%s': it is in the log, but the register's value does not follow from the "
			"log: somebody extends it without one; 'tsmctl verify' says more",
			w->mr->full);
	ret->after = now->value;
	if (gain->others > 0 || gain->ours > 1 || gain->syncs > 1)
		snprintf(ret->note, sizeof(ret->note),
			"'%s': somebody else extended it too, meanwhile; the log has it all",
			w->mr->full);
	return 0;
}

/* What became of the one write, from the evidence. rc and why are what the system call said. */
static int settle(const struct extend_wanted *w, const struct moment *before,
	const struct moment *now, const struct digest *truth, int rc, const struct err *why,
	struct extend_done *ret, struct err *err)
{
	struct gain gain;
	enum leads leads;
	if (read_gain(w, before, now, &gain, err) < 0)
		return cannot_tell(w->mr, err);
	if (gain.rewritten)
		return err_unsettled(
			err, w->mr, rc, why, "its log is not what it was: see 'tsmctl log'");
	if (gain.ours > 0)
		return settle_logged(w, before, now, &gain, truth, ret, err);
	if (gain.syncs > 0 && w->record.p != NULL)
		return err_unsettled(err, w->mr, rc, why,
			"only the kernel's SYNC record was logged and extended, not the event");
	if (digest_equal(&now->value, &before->value))
		return err_nothing(err, w->mr, rc, why);
	if (explained(w, before, now, &gain, truth, &leads, err) < 0)
		return cannot_tell(w->mr, err);
	if (leads == LEADS)
		return err_nothing(err, w->mr, rc, why);
	return err_unsettled(err, w->mr, rc, why, "it changed, and its log does not explain how");
}

void extend_block_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	sigdelset(&all, SIGALRM);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

/* Room for one more line, behind which the log then ends. */
static int check_line(
	const struct extend_wanted *w, off_t *end, bool blank, size_t line, struct err *err)
{
	off_t last = *end + blank + (off_t)line;
	*end = last + 1;
	if (*end > KERNEL_LOG_MAX)
		return err_set(err, ST_SYSTEM, "'%s': its kernel log is full", w->mr->full);
	/* With or without the newline: which of the two overruns is nothing to rely on. */
	if (last == KERNEL_LOG_EDGE || *end == KERNEL_LOG_EDGE || last == KERNEL_LOG_MAX ||
		*end == KERNEL_LOG_MAX)
		return err_set(err, ST_SYSTEM,
			"'%s': it would end exactly at the kernel's log buffer, which it overruns "
			"then: a longer or shorter record does not",
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

/* Whether the kernel's log has room: whether a SYNC comes first, only a log that verifies tells. */
static int check_room(const struct extend_wanted *w, const struct moment *before,
	const struct replay_result *replay, struct err *err)
{
	bool told = replay->verdict != VERDICT_MISMATCH && replay->verdict != VERDICT_UNDECIDED;
	int rc = 0;
	if (!told || replay->in_sync)
		rc = check_lines(w, before->size, true, err);
	if (rc == 0 && (!told || !replay->in_sync))
		rc = check_lines(w, before->size, false, err);
	if (rc < 0)
		err_add(err, " (%lld of %d bytes): nothing was extended", (long long)before->size,
			KERNEL_LOG_MAX);
	return rc;
}

/* Whether this very record is in the log, and, the log being right, extended. */
static int find_ours(const struct extend_wanted *w, const struct moment *before,
	const struct replay_result *replay, bool *ret, struct err *err)
{
	struct rfc_log log;
	struct rfc_line line;
	*ret = false;
	if (rfc_log_open(&log, before->log, w->mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_next(&log, &line, err);
	while (rc > 0 && !*ret) {
		*ret = is_ours(w, &line) &&
		       (line.kind != RFC_DIRECT || replay_direct_is_real(replay, line.off));
		rc = rfc_log_next(&log, &line, err);
	}
	rfc_log_close(&log);
	return rc < 0 ? -1 : 0;
}

static int check_once(const struct extend_wanted *w, const struct moment *before,
	const struct replay_result *replay, struct extend_done *ret, struct err *err)
{
	char detail[ERR_MSG_MAX];
	enum verdict v = verify_judge(replay, detail);
	if (verdict_status(v) != ST_OK)
		return err_set(err, ST_NO,
			"'%s': its log does not verify (%s), so it cannot tell whether this was "
			"extended: nothing was extended",
			w->mr->full, verdict_name(v));
	if (find_ours(w, before, replay, &ret->already, err) < 0)
		return -1;
	if (ret->already) {
		ret->after = before->value;
		snprintf(ret->note, sizeof(ret->note),
			"'%s': already extended in this boot, nothing done", w->mr->full);
	}
	return 0;
}

/* The value that would result, with the SYNC record that the kernel would put first. */
static int predict(const struct extend_wanted *w, const struct digest *truth, bool sync,
	struct digest *ret, struct err *err)
{
	struct hasher *h;
	struct digest d;
	char hex[2 * DIGEST_SIZE_MAX + 1], text[2 * DIGEST_SIZE_MAX + 64];
	*ret = *truth;
	if (hasher_open(&h, w->mr->alg, err) < 0)
		return -1;
	int n = snprintf(text, sizeof(text), "SYNC %s/%s", hash_name(w->mr->alg),
		hex_str(hex, digest_bytes(truth)));
	int rc = 0;
	if (sync) {
		rc = hash_bytes(h, (struct bytes){(const uint8_t *)text, (size_t)n}, &d, err);
		rc = rc < 0 ? rc : hash_extend(h, ret, &d, err);
	}
	rc = rc < 0 ? rc : hash_extend(h, ret, &w->digest, err);
	hasher_close(h);
	return rc;
}

static int write_once(
	const struct root *root, const struct extend_wanted *w, bool *tried, struct err *why)
{
	const struct abi *abi = w->mr->abi;
	if (w->record.p != NULL)
		return abi->append_event(root, w->mr, w->record, tried, why);
	return abi->extend_digest(root, w->mr, &w->digest, tried, why);
}

static int act(const struct root *root, const struct extend_wanted *w, const struct moment *before,
	const struct replay_result *replay, struct extend_done *ret, struct err *err)
{
	struct err why = {0};
	struct moment now;
	struct digest truth = true_before(before, replay), last = {0};
	bool tried;

	extend_block_signals();
	int rc = write_once(root, w, &tried, &why);
	if (!tried) {
		*err = why;
		return -1;
	}
	int outcome = -1;
	off_t size = -1;
	/* Value and log are two looks: where they do not fit, somebody may have come between. */
	for (int i = 0; i < MOVED_RETRIES_MAX; i++) {
		if (take_moment(root, w->mr, &now, err) < 0) {
			drop_moment(&now);
			return cannot_tell(w->mr, err);
		}
		bool moved = now.size != size || !digest_equal(&now.value, &last);
		size = now.size;
		last = now.value;
		if (moved)
			outcome = settle(w, before, &now, &truth, rc, &why, ret, err);
		drop_moment(&now);
		if (!moved || outcome == 0)
			break;
	}
	return outcome;
}

static int run_locked(const struct root *root, const struct evidence *ev,
	const struct extend_wanted *w, struct moment *before, struct replay_result *replay,
	struct extend_done *ret, struct err *err)
{
	if (take_moment(root, w->mr, before, err) < 0)
		return -1;
	ret->before = before->value;
	if (evidence_replay(ev, w->mr, before->log, NULL, &before->value, replay, err) < 0)
		return err_in(err, "log of '%s'", w->mr->full);
	if (w->once) {
		if (check_once(w, before, replay, ret, err) < 0)
			return -1;
		if (ret->already)
			return 0;
	}
	if (check_room(w, before, replay, err) < 0)
		return -1;
	if (w->dry_run) {
		struct digest truth = true_before(before, replay);
		return predict(
			w, &truth, w->record.p != NULL && !replay->in_sync, &ret->after, err);
	}
	return act(root, w, before, replay, ret, err);
}

int extend_run(const struct root *root, const struct mr_list *mrs,
	const struct extend_wanted *wanted, struct extend_done *ret, struct err *err)
{
	struct moment before = {.log = -1};
	struct replay_result replay = {0};
	struct evidence ev = {.root = root, .mrs = mrs, .lock = -1};
	*ret = (struct extend_done){0};

	AUTO_CLOSE int lock = -1;
	if (wanted->dry_run) {
		*err = (struct err){0};
		lock = lock_share(root, wanted->wait_s, err);
	} else {
		lock = lock_take(root, wanted->wait_s, err);
	}
	if (lock < 0 && (!wanted->dry_run || err->status != ST_OK))
		return -1;
	if (wanted->mr->log == LOG_OF_JOURNAL)
		return extend_journal(root, mrs, wanted, ret, err);
	int rc = run_locked(root, &ev, wanted, &before, &replay, ret, err);
	replay_clear(&replay);
	drop_moment(&before);
	return rc;
}

int write_run(const struct root *root, const struct mr *mr, struct bytes value, unsigned wait_s,
	uint8_t *before, uint8_t *after, bool *ret_known, struct err *err)
{
	struct err why = {0};
	bool tried;
	AUTO_CLOSE int lock = lock_take(root, wait_s, err);
	if (lock < 0)
		return -1;
	*ret_known = (mr->flags & MR_READABLE) != 0;
	if (*ret_known && mr_read(root, mr, before, err) < 0)
		return -1;

	extend_block_signals();
	int rc = mr->abi->write(root, mr, value, &tried, &why);
	if (!tried) {
		*err = why;
		return -1;
	}
	if (!*ret_known) {
		*err = why;
		if (rc < 0)
			err->status = ST_UNSETTLED;
		return rc;
	}
	if (mr_read(root, mr, after, err) < 0) {
		err->status = ST_UNSETTLED;
		return err_in(err, "'%s' was written, and cannot be read now", mr->full);
	}
	if (memcmp(after, value.p, mr->size) == 0)
		return 0;
	if (memcmp(after, before, mr->size) != 0)
		return err_set(err, ST_UNSETTLED,
			"'%s': it changed, but not to the value that was written", mr->full);
	if (rc < 0)
		*err = why;
	else
		err_set(err, ST_SYSTEM, "'%s': the kernel reported success, but it did not change",
			mr->full);
	return -1;
}
