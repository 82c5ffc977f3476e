/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "kernel/process.h"
#include "kernel/rundir.h"

#define JOURNAL_NAME "journal.jsonl"
#define JOURNAL_PATH RUNDIR_PATH "/" JOURNAL_NAME

/* Without a folder or a file there is no journal: -1 in ret->fd. */
static int open_to_read(const struct root *root, struct journal_copy *ret, struct err *err)
{
	ret->fd = -1;
	ret->end = 0;
	AUTO_CLOSE int dir = rundir_open(root, false, err);
	if (dir < 0)
		return err->sys == ENOENT ? 0 : -1;
	ret->fd = rundir_open_file(dir, JOURNAL_NAME, O_RDONLY, 0, 0022, err);
	if (ret->fd < 0)
		return err->sys == ENOENT ? 0 : -1;
	if (journal_end(ret->fd, &ret->end, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	return 0;
}

static void read_values(const struct root *root, const struct mr *const mrs[], size_t n,
	struct digest value[], struct err bad[])
{
	uint8_t buf[DIGEST_SIZE_MAX];
	for (size_t i = 0; i < n; i++) {
		value[i].size = 0;
		bad[i] = (struct err){0};
		if (mr_read(root, mrs[i], buf, &bad[i]) == 0)
			value[i] = digest_of(mrs[i]->alg, (struct bytes){buf, mrs[i]->size});
	}
}

static bool same_values(const struct digest a[], const struct digest b[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!digest_equal(&a[i], &b[i]))
			return false;
	return true;
}

static bool same_journal(const struct journal_copy *a, const struct journal_copy *b)
{
	struct stat sa, sb;
	if (a->fd < 0 || b->fd < 0)
		return a->fd < 0 && b->fd < 0;
	return a->end == b->end && fstat(a->fd, &sa) == 0 && fstat(b->fd, &sb) == 0 &&
	       sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev;
}

int journal_snapshot(const struct root *root, const struct mr *const mrs[], size_t n,
	struct digest value[], struct err bad[], struct journal_copy *ret, struct err *err)
{
	AUTO_FREE struct digest *before = calloc(n + 1, sizeof(*before));
	if (before == NULL)
		return err_sys(err, ENOMEM, "registers");
	for (int i = 0; i < MOVED_RETRIES_MAX; i++) {
		struct journal_copy again;
		read_values(root, mrs, n, before, bad);
		if (open_to_read(root, ret, err) < 0)
			return -1;
		read_values(root, mrs, n, value, bad);
		if (open_to_read(root, &again, err) < 0)
			return -1;
		bool still = same_values(before, value, n) && same_journal(ret, &again);
		if (again.fd >= 0)
			close(again.fd);
		if (still)
			return 0;
		if (ret->fd >= 0)
			close(ret->fd);
		ret->fd = -1;
	}
	return err_set(err, ST_SYSTEM,
		"registers and journal moved %d times while they were read: somebody keeps "
		"extending",
		MOVED_RETRIES_MAX);
}

/* Whether a register still holds what the journal says: registers survive a kexec, a boot id does not. */
static bool survived(const struct root *root, const struct mr_list *mrs, const struct history *h)
{
	uint8_t buf[DIGEST_SIZE_MAX];
	struct err err;
	for (size_t i = 0; i < mrs->n; i++) {
		const struct mr *mr = mrs->mr[i];
		const struct history_group *group = history_find(h, mr->full);
		if (group == NULL || group->g.value.size != mr->size ||
			mr_read(root, mr, buf, &err) < 0)
			continue;
		struct bytes value = {buf, mr->size};
		if (bytes_equal(value, digest_bytes(&group->g.value)) && !mr_is_initial(mr, value))
			return true;
	}
	return false;
}

int journal_history(const struct root *root, const struct mr_list *mrs,
	const struct journal_copy *copy, struct hashers *hashers, struct history *ret,
	bool *ret_other, struct err *err)
{
	char boot_id[BOOT_ID_TEXT];
	history_init(ret, hashers);
	*ret_other = false;
	if (copy->fd < 0)
		return 0;
	if (history_read(ret, copy->fd, 0, copy->end, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	*ret_other = ret->begun && boot_id_read(root, boot_id) &&
		     strcmp(boot_id, ret->boot_id) != 0 && !survived(root, mrs, ret);
	return 0;
}

/*
 * UTC, in the proleptic Gregorian calendar, counted in years that start in March. gmtime(3) would
 * read /etc/localtime, which lies outside the root, and what TZ says.
 */
static void now_text(char ret[static TIME_TEXT])
{
	unsigned long long now = (unsigned long long)time(NULL) % 253402300800ULL; /* year 10000 */
	unsigned long long days = now / 86400 + 719468, era = days / 146097, day = days % 146097;
	unsigned long long year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned yday = (unsigned)(day - (365 * year + year / 4 - year / 100));
	unsigned month = (5 * yday + 2) / 153, second = (unsigned)(now % 86400);
	year += 400 * era + (month >= 10);
	snprintf(ret, TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)(year % 10000),
		(month + 2) % 12 + 1, yday - (153 * month + 2) / 5 + 1, second / 3600,
		second / 60 % 60, second % 60);
}

static struct text new_line(struct journal_writer *w)
{
	return (struct text){.buf = w->buf, .room = LINE_MAX_BYTES};
}

static int put_all(int fd, struct bytes b, off_t at)
{
	while (b.n > 0) {
		ssize_t n = pwrite(fd, b.p, b.n, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : ENOSPC;
		b = (struct bytes){b.p + n, b.n - (size_t)n};
		at += n;
	}
	return 0;
}

/* Takes a line that was appended, as any reader takes it. */
static int take_line(struct journal_writer *w, const struct text *t, struct err *err)
{
	static struct journal_line line;
	struct bytes text = {(const uint8_t *)t->buf, t->n - 1};
	if (journal_parse(text, &line, err) < 0 || history_take(&w->history, &line, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	return 0;
}

/* Whole, or not at all. */
static int append(struct journal_writer *w, const struct text *line, struct err *err)
{
	int sys = line->cut ? EMSGSIZE
			    : put_all(w->fd, (struct bytes){(uint8_t *)line->buf, line->n}, w->end);
	while (sys == 0 && fdatasync(w->fd) < 0)
		sys = errno == EINTR ? 0 : errno;
	if (sys == 0) {
		w->end += (off_t)line->n;
		return 0;
	}
	/* If that fails too, what stands there is a torn line or an intent without an extend. */
	if (ftruncate(w->fd, w->end) < 0)
		return err_sys(err, sys, "'%s'", JOURNAL_PATH);
	return err_sys(err, sys, "'%s'", JOURNAL_PATH);
}

static int open_to_write(struct journal_writer *w, struct err *err)
{
	off_t size;
	w->fd = rundir_open_file(w->dir, JOURNAL_NAME, O_RDWR | O_CREAT, 0644, 0022, err);
	if (w->fd < 0)
		return -1;
	if (fchmod(w->fd, 0644) < 0)
		return err_sys(err, errno, "'%s'", JOURNAL_PATH);
	if (journal_end(w->fd, &w->end, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	size = lseek(w->fd, 0, SEEK_END);
	if (size > w->end && ftruncate(w->fd, w->end) < 0)
		return err_sys(err, errno, "'%s': its last line is torn", JOURNAL_PATH);
	return 0;
}

static int begin_new(struct journal_writer *w, const char *boot_id, struct err *err)
{
	char time[TIME_TEXT];
	struct text t = new_line(w);
	now_text(time);
	journal_put_header(&t, boot_id, time);
	if (append(w, &t, err) < 0)
		return -1;
	return history_read(&w->history, w->fd, 0, w->end, err);
}

static int put_state(struct journal_writer *w, const char *boot_id, struct err *err)
{
	struct text t = new_line(w);
	AUTO_FREE struct journal_group *groups = calloc(w->history.n + 1, sizeof(*groups));
	if (groups == NULL)
		return err_sys(err, ENOMEM, "journal");
	for (size_t i = 0; i < w->history.n; i++)
		groups[i] = w->history.group[i].g;
	journal_put_state(&t, boot_id, w->history.seq, groups, w->history.n);
	off_t at = w->end;
	if (append(w, &t, err) < 0)
		return -1;
	w->history.state_off = at;
	return 0;
}

static int set_aside(struct journal_writer *w, const char *boot_id, struct err *err)
{
	char name[sizeof(JOURNAL_NAME) + BOOT_ID_TEXT + 16];
	snprintf(name, sizeof(name), "journal-%s.jsonl", w->history.boot_id);
	if (renameat2(w->dir, JOURNAL_NAME, w->dir, name, RENAME_NOREPLACE) < 0)
		return err_sys(err, errno, "'%s': of another boot, and cannot be set aside as '%s'",
			JOURNAL_PATH, name);
	close(w->fd);
	history_clear(&w->history);
	history_init(&w->history, NULL);
	if (open_to_write(w, err) < 0)
		return -1;
	return begin_new(w, boot_id, err);
}

static const struct mr *mr_of(const struct mr_list *mrs, const char *full)
{
	for (size_t i = 0; i < mrs->n; i++)
		if (strcmp(mrs->mr[i]->full, full) == 0)
			return mrs->mr[i];
	return NULL;
}

/* Names of those that were like it before, and are now that it has changed. */
static size_t still_like(const struct journal_writer *w, const struct digest *value,
	char names[][JOURNAL_NAME_ROOM], size_t max)
{
	struct bytes like = w->history.open.like;
	size_t n = 0;
	while (n < max && journal_take_name(&like, names[n])) {
		const struct mr *mr = mr_of(w->mrs, names[n]);
		uint8_t buf[DIGEST_SIZE_MAX];
		struct err unused;
		if (mr != NULL && mr->size == value->size &&
			mr_read(w->root, mr, buf, &unused) == 0 &&
			bytes_equal((struct bytes){buf, mr->size}, digest_bytes(value)))
			n++;
	}
	return n;
}

static int put_end(struct journal_writer *w, const struct digest *value,
	enum journal_kind *ret_kind, struct err *err)
{
	static char names[JOURNAL_LIKE_MAX][JOURNAL_NAME_ROOM];
	const char *same[JOURNAL_LIKE_MAX];
	struct text t = new_line(w);
	enum journal_kind kind = history_end_of(&w->history.open, value);
	size_t n = kind == JOURNAL_COMMIT ? still_like(w, value, names, JOURNAL_LIKE_MAX) : 0;
	*ret_kind = kind;
	for (size_t i = 0; i < n; i++)
		same[i] = names[i];
	journal_put_end(&t, kind, w->history.open.seq, value, same, n);
	if (append(w, &t, err) < 0)
		return -1;
	return take_line(w, &t, err);
}

/* What a crash left open is ended by what its register shows now. */
static int settle(struct journal_writer *w, bool same_boot, unsigned wait_s, struct err *err)
{
	const struct open_intent *open = &w->history.open;
	struct process who = {open->pid, open->start};
	uint8_t buf[DIGEST_SIZE_MAX];
	enum journal_kind kind;
	if (!open->is)
		return 0;
	if (same_boot && who.pid > 0 && process_wait(w->root, &who, wait_s, err) < 0)
		return err_in(err, "record %llu of '%s' is being extended",
			(unsigned long long)open->seq, open->reg);
	const struct mr *mr = mr_of(w->mrs, open->reg);
	if (mr == NULL)
		return err_set(err, ST_SYSTEM,
			"'%s': record %llu of '%s' has no end, and that register is not here: "
			"nothing tells what became of it, so nothing was extended",
			JOURNAL_PATH, (unsigned long long)open->seq, open->reg);
	if (mr_read(w->root, mr, buf, err) < 0)
		return -1;
	struct digest value = digest_of(mr->alg, (struct bytes){buf, mr->size});
	return put_end(w, &value, &kind, err);
}

static int read_tail(struct journal_writer *w, struct err *err)
{
	off_t from;
	if (journal_tail(w->fd, w->end, &from, err) < 0 ||
		history_read(&w->history, w->fd, from, w->end, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	return 0;
}

static int continue_old(
	struct journal_writer *w, const char *boot_id, unsigned wait_s, struct err *err)
{
	if (read_tail(w, err) < 0)
		return -1;
	bool same_boot = strcmp(w->history.boot_id, boot_id) == 0;
	bool goes_on = same_boot || survived(w->root, w->mrs, &w->history);
	/* What was open at a kexec may be the very value that survived. */
	if (!goes_on && w->history.open.is) {
		const struct mr *mr = mr_of(w->mrs, w->history.open.reg);
		uint8_t buf[DIGEST_SIZE_MAX];
		goes_on = mr != NULL && mr_read(w->root, mr, buf, err) == 0 &&
			  bytes_equal((struct bytes){buf, mr->size},
				  digest_bytes(&w->history.open.expected));
	}
	if (!goes_on)
		return set_aside(w, boot_id, err);
	if (settle(w, same_boot, wait_s, err) < 0)
		return -1;
	return same_boot ? 0 : put_state(w, boot_id, err);
}

int journal_writer_open(struct journal_writer *ret, const struct root *root,
	const struct mr_list *mrs, unsigned wait_s, struct err *err)
{
	char boot_id[BOOT_ID_TEXT];
	*ret = (struct journal_writer){.root = root, .mrs = mrs, .dir = -1, .fd = -1};
	history_init(&ret->history, NULL);
	if (!boot_id_read(root, boot_id) || !is_boot_id(boot_id))
		return err_set(err, ST_SYSTEM,
			"'proc/sys/kernel/random/boot_id': no boot id there: a journal could not "
			"be told from an older one, so nothing was extended");
	ret->buf = malloc(LINE_MAX_BYTES);
	if (ret->buf == NULL)
		return err_sys(err, ENOMEM, "journal");
	ret->dir = rundir_open(root, true, err);
	if (ret->dir < 0 || open_to_write(ret, err) < 0)
		return -1;
	return ret->end == 0 ? begin_new(ret, boot_id, err)
			     : continue_old(ret, boot_id, wait_s, err);
}

void journal_writer_close(struct journal_writer *w)
{
	history_clear(&w->history);
	free(w->buf);
	if (w->fd >= 0)
		close(w->fd);
	if (w->dir >= 0)
		close(w->dir);
}

int journal_reserve(struct journal_writer *w, size_t names, struct err *err)
{
	/* An intent has a record or a note in its longest spelling; names stand in it and both ends. */
	off_t room = 6 * RECORD_MAX + JOURNAL_NAME_ROOM + 3 * (2048 + 2 * (off_t)names);
	int rc;
	do
		rc = fallocate(w->fd, FALLOC_FL_KEEP_SIZE, w->end, room);
	while (rc < 0 && errno == EINTR);
	/* Where a file system cannot promise it, the intent itself shows whether there is room. */
	if (rc < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
		return err_sys(err, errno, "'%s': no room for another record", JOURNAL_PATH);
	return 0;
}

int journal_begin(struct journal_writer *w, struct journal_line *intent, const char *const like[],
	size_t n_like, struct err *err)
{
	struct text t = new_line(w);
	struct process self = process_self(w->root);
	intent->kind = JOURNAL_INTENT;
	intent->seq = w->history.seq;
	intent->pid = self.pid;
	intent->start = self.start;
	now_text(intent->time);
	journal_put_intent(&t, intent, like, n_like);
	if (append(w, &t, err) < 0)
		return -1;
	return take_line(w, &t, err);
}

int journal_finish(struct journal_writer *w, const struct digest *value,
	enum journal_kind *ret_kind, struct err *err)
{
	char boot_id[BOOT_ID_TEXT];
	struct err unused;
	if (put_end(w, value, ret_kind, err) < 0)
		return -1;
	/* Only for speed: the next one tries again. */
	if (w->end - w->history.state_off >= JOURNAL_STATE_EVERY && boot_id_read(w->root, boot_id))
		put_state(w, boot_id, &unused);
	return 0;
}
