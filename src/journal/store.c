/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/input.h"
#include "base/scope.h"
#include "kernel/process.h"
#include "kernel/rundir.h"

#define JOURNAL_NAME "journal.jsonl"
#define JOURNAL_PATH RUNDIR_PATH "/" JOURNAL_NAME

int journal_open_copy(const struct root *root, struct journal_copy *ret, struct err *err)
{
	struct stat st;
	*ret = (struct journal_copy){.fd = -1};
	AUTO_CLOSE int dir = rundir_open(root, false, err);
	if (dir < 0)
		return err->sys == ENOENT ? 0 : -1;
	ret->fd = rundir_open_file(dir, JOURNAL_NAME, O_RDONLY, 0, 0022, err);
	root_trace(root, JOURNAL_PATH, ret->fd < 0 ? err->sys : 0);
	if (ret->fd < 0)
		return err->sys == ENOENT ? 0 : -1;
	if (fstat(ret->fd, &st) < 0)
		return err_sys(err, errno, "'%s'", JOURNAL_PATH);
	ret->size = st.st_size;
	if (journal_end(ret->fd, INT64_MAX, &ret->end, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	return 0;
}

/* Whether the register holds what the journal states, and was extended at all. */
static bool shows(const struct root *root, const struct mr_list *mrs, const struct mr *mr,
	const struct journal_reg *reg)
{
	uint8_t buf[DIGEST_SIZE_MAX];
	struct err unused;
	if (reg->value.size != mr->size || mr_read(root, mr, buf, &unused) < 0)
		return false;
	struct bytes value = {buf, mr->size};
	/* What was open at a kexec may be the very value that survived. */
	return !mr_list_is_initial(mrs, mr, value) &&
	       (bytes_equal(value, digest_bytes(&reg->value)) ||
		       (reg->open != NULL &&
			       bytes_equal(value, digest_bytes(&reg->open->expected))));
}

bool journal_goes_on(
	const struct root *root, const struct mr_list *mrs, const struct journal_state *state)
{
	char boot_id[BOOT_ID_TEXT];
	if (!state->begun || !boot_id_read(root, boot_id) || strcmp(boot_id, state->boot_id) == 0)
		return true;
	for (size_t i = 0; i < mrs->n; i++) {
		const struct journal_reg *reg = journal_state_find(state, mrs->mr[i]->full);
		if (reg != NULL && shows(root, mrs, mrs->mr[i], reg))
			return true;
	}
	return false;
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
	w->line->off = w->end - (off_t)t->n;
	if (journal_parse((struct bytes){(const uint8_t *)t->buf, t->n - 1}, w->line, err) < 0 ||
		journal_state_take(&w->state, w->line, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	return 0;
}

/* Puts a line at an offset; 0 or errno. */
static int put_line(const struct journal_writer *w, const struct text *line, off_t at)
{
	if (line->cut)
		return EMSGSIZE;
	if (input_exceeds_limit(at + (off_t)line->n))
		return EFBIG;
	return put_all(w->fd, (struct bytes){(uint8_t *)line->buf, line->n}, at);
}

/* Makes what was put the end of the journal; where that failed, the journal is what it was. */
static int commit(struct journal_writer *w, off_t end, int sys, struct err *err)
{
	while (sys == 0 && fdatasync(w->fd) < 0)
		sys = errno == EINTR ? 0 : errno;
	if (sys == 0) {
		w->end = end;
		return 0;
	}
	/* If that fails too, what stands there is a torn line or an intent without an extend. */
	if (ftruncate(w->fd, w->end) < 0)
		return err_sys(err, sys, "'%s'", JOURNAL_PATH);
	return err_sys(err, sys, "'%s'", JOURNAL_PATH);
}

/* Whole, or not at all. */
static int append(struct journal_writer *w, const struct text *line, struct err *err)
{
	return commit(w, w->end + (off_t)line->n, put_line(w, line, w->end), err);
}

static int open_to_write(struct journal_writer *w, struct err *err)
{
	off_t size;
	w->fd = rundir_open_file(w->dir, JOURNAL_NAME, O_RDWR | O_CREAT, 0644, 0022, err);
	if (w->fd < 0)
		return -1;
	if (fchmod(w->fd, 0644) < 0)
		return err_sys(err, errno, "'%s'", JOURNAL_PATH);
	if (journal_end(w->fd, INT64_MAX, &w->end, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	size = lseek(w->fd, 0, SEEK_END);
	if (size > w->end && ftruncate(w->fd, w->end) < 0)
		return err_sys(err, errno, "'%s': its last line is torn", JOURNAL_PATH);
	return 0;
}

static int begin_new(struct journal_writer *w, struct err *err)
{
	char time[TIME_TEXT];
	struct text t = new_line(w);
	now_text(time);
	journal_put_header(&t, w->boot_id, time);
	if (append(w, &t, err) < 0)
		return -1;
	w->is_new = w->same_boot = true;
	return journal_state_read(&w->state, w->fd, 0, w->end, err);
}

static int put_state(struct journal_writer *w, struct err *err)
{
	const struct journal_reg *at = w->state.regs;
	off_t end = w->end;
	int sys = 0;
	do {
		struct text t = new_line(w);
		if (journal_state_put(&w->state, w->boot_id, &at, &t, err) < 0) {
			sys = err->sys;
			break;
		}
		sys = put_line(w, &t, end);
		end += (off_t)t.n;
	} while (sys == 0 && at != NULL);
	off_t from = w->end;
	if (commit(w, end, sys, err) < 0)
		return -1;
	w->state.state_off = from;
	w->state.state_end = w->end;
	return 0;
}

static int set_aside(struct journal_writer *w, struct err *err)
{
	snprintf(w->aside, sizeof(w->aside), "journal-%s.jsonl", w->state.boot_id);
	if (renameat2(w->dir, JOURNAL_NAME, w->dir, w->aside, RENAME_NOREPLACE) < 0)
		return err_sys(err, errno, "'%s': of another boot, and cannot be set aside as '%s'",
			JOURNAL_PATH, w->aside);
	close(w->fd);
	journal_state_clear(&w->state);
	if (open_to_write(w, err) < 0)
		return -1;
	return begin_new(w, err);
}

static const struct mr *mr_of(const struct mr_list *mrs, const char *full)
{
	for (size_t i = 0; i < mrs->n; i++)
		if (strcmp(mrs->mr[i]->full, full) == 0)
			return mrs->mr[i];
	return NULL;
}

static bool read_value(const struct journal_writer *w, const char *name, struct digest *ret)
{
	const struct mr *mr = mr_of(w->mrs, name);
	uint8_t buf[DIGEST_SIZE_MAX];
	struct err unused;
	if (mr == NULL || hash_size(mr->alg) != mr->size || mr_read(w->root, mr, buf, &unused) < 0)
		return false;
	*ret = digest_of(mr->alg, (struct bytes){buf, mr->size});
	return true;
}

/* Other names of a register. */
struct aliases {
	char room[JOURNAL_LIKE_MAX][JOURNAL_NAME_ROOM];
	const char *name[JOURNAL_LIKE_MAX];
	size_t n;
};

/* Those that were like it before, and are now that it has changed. */
static void find_aliases(const struct journal_writer *w, const struct journal_intent *open,
	const struct digest *value, struct aliases *ret)
{
	struct bytes like = open->like;
	size_t names = open->reg->n_names;
	struct digest other;
	while (ret->n < JOURNAL_LIKE_MAX && journal_take_name(&like, ret->room[ret->n])) {
		const char *name = ret->room[ret->n];
		const struct journal_reg *reg = journal_state_find(&w->state, name);
		size_t more = reg != NULL && reg != open->reg ? reg->n_names : 1;
		if (names + more > JOURNAL_ALIASES_MAX || !read_value(w, name, &other) ||
			!digest_equal(&other, value) ||
			!journal_state_may_join(&w->state, open, name))
			continue;
		names += more;
		ret->name[ret->n++] = name;
	}
}

/* value NULL: the register was not written to. */
static int put_end(struct journal_writer *w, const struct journal_intent *open,
	const struct digest *value, enum journal_kind *ret_kind, struct err *err)
{
	struct text t = new_line(w);
	enum journal_kind kind = value != NULL ? journal_state_end_of(open, value) : JOURNAL_VOID;
	AUTO_FREE struct aliases *same = calloc(1, sizeof(*same));
	if (same == NULL)
		return err_sys(err, ENOMEM, "journal");
	if (kind == JOURNAL_COMMIT)
		find_aliases(w, open, value, same);
	*ret_kind = kind;
	journal_put_end(&t, kind, open->seq, value, same->name, same->n);
	if (append(w, &t, err) < 0)
		return -1;
	return take_line(w, &t, err);
}

/* What the register of an intent shows, under any of its names. */
static bool read_open(
	const struct journal_writer *w, const struct journal_intent *open, struct digest *ret)
{
	if (read_value(w, open->name, ret))
		return true;
	for (const struct journal_name *name = open->reg->names; name != NULL; name = name->next)
		if (read_value(w, name->text, ret))
			return true;
	return false;
}

static int settle(struct journal_writer *w, const struct journal_intent *open, struct err *err)
{
	struct process who = {open->pid, open->start};
	enum journal_kind kind;
	struct digest value;
	if (!read_open(w, open, &value))
		return 0;
	if (w->same_boot && who.pid > 0 && process_wait(w->root, &who, w->wait_s, err) < 0)
		return err_in(err, "record %llu of '%s' is being extended",
			(unsigned long long)open->seq, open->name);
	/* It may have written until it ended. */
	return read_open(w, open, &value) ? put_end(w, open, &value, &kind, err) : 0;
}

int journal_settle(struct journal_writer *w, struct err *err)
{
	for (const struct journal_intent *open = w->state.open, *next; open != NULL; open = next) {
		next = open->next;
		if (settle(w, open, err) < 0)
			return -1;
	}
	return 0;
}

static int read_tail_before(struct journal_writer *w, off_t before, struct err *err)
{
	off_t from;
	if (journal_tail(w->fd, before, &from, err) < 0 ||
		journal_state_read(&w->state, w->fd, from, w->end, err) < 0)
		return err_in(err, "'%s'", JOURNAL_PATH);
	return 0;
}

/* A crash left the first lines of a state: the rest of it follows from the state before it. */
static int complete_state(struct journal_writer *w, struct err *err)
{
	off_t torn = w->state.due_off;
	journal_state_clear(&w->state);
	if (read_tail_before(w, torn, err) < 0)
		return -1;
	const struct journal_reg *at = w->state.due;
	while (w->state.in_state) {
		struct text t = new_line(w);
		if (journal_state_put(&w->state, w->boot_id, &at, &t, err) < 0 ||
			append(w, &t, err) < 0 || take_line(w, &t, err) < 0)
			return -1;
	}
	return 0;
}

/* From the last state on. */
static int read_tail(struct journal_writer *w, struct err *err)
{
	if (read_tail_before(w, w->end, err) < 0)
		return -1;
	return w->state.in_state ? complete_state(w, err) : 0;
}

/* Registers that are reached through an entry of configfs have none after a kexec. */
static void make_entries(const struct journal_writer *w)
{
	struct err unused;
	for (size_t i = 0; i < w->mrs->n; i++) {
		struct mr *mr = w->mrs->mr[i];
		if (mr_lacks_entry(mr) && mr->abi->prepare != NULL &&
			journal_state_find(&w->state, mr->full) != NULL)
			mr->abi->prepare(w->root, mr, &unused);
	}
}

static int continue_old(struct journal_writer *w, struct err *err)
{
	if (read_tail(w, err) < 0)
		return -1;
	w->same_boot = strcmp(w->state.boot_id, w->boot_id) == 0;
	if (w->same_boot)
		return 0;
	make_entries(w);
	return journal_goes_on(w->root, w->mrs, &w->state) ? put_state(w, err) : set_aside(w, err);
}

int journal_writer_open(struct journal_writer *ret, const struct root *root,
	const struct mr_list *mrs, unsigned wait_s, struct err *err)
{
	*ret = (struct journal_writer){
		.root = root, .mrs = mrs, .wait_s = wait_s, .dir = -1, .fd = -1};
	journal_state_init(&ret->state, NULL);
	if (!boot_id_read(root, ret->boot_id) || !is_boot_id(ret->boot_id))
		return err_set(err, ST_SYSTEM,
			"'/proc/sys/kernel/random/boot_id': no boot id there: a journal could not "
			"be told from an older one, so nothing was extended; mount /proc, and use "
			"no ProcSubset=pid in a systemd unit");
	ret->buf = malloc(LINE_MAX_BYTES);
	ret->line = calloc(1, sizeof(*ret->line));
	if (ret->buf == NULL || ret->line == NULL)
		return err_sys(err, ENOMEM, "journal");
	ret->dir = rundir_open(root, true, err);
	if (ret->dir < 0 || open_to_write(ret, err) < 0)
		return -1;
	return ret->end == 0 ? begin_new(ret, err) : continue_old(ret, err);
}

void journal_writer_close(struct journal_writer *w)
{
	journal_state_clear(&w->state);
	free(w->buf);
	free(w->line);
	if (w->fd >= 0)
		close(w->fd);
	if (w->dir >= 0)
		close(w->dir);
}

int journal_reserve(struct journal_writer *w, size_t names, struct err *err)
{
	/* An intent has a record or a note in its longest spelling; names stand in it and both ends. */
	off_t room = 6 * RECORD_MAX + JOURNAL_NAME_ROOM + 3 * (2048 + 2 * (off_t)names);
	int rc = 0;
	if (input_exceeds_limit(w->end + room))
		return err_sys(
			err, EFBIG, "'%s': no room for another record: RLIMIT_FSIZE", JOURNAL_PATH);
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
	const struct journal_reg *reg = journal_state_find(&w->state, intent->reg);
	if (reg != NULL && reg->open != NULL)
		return err_set(err, ST_SYSTEM,
			"record %llu of '%s' has no end, and the register could not be read to "
			"settle it",
			(unsigned long long)reg->open->seq, intent->reg);
	intent->kind = JOURNAL_INTENT;
	intent->seq = w->state.seq;
	intent->pid = self.pid;
	intent->start = self.start;
	now_text(intent->time);
	journal_put_intent(&t, intent, like, n_like);
	if (append(w, &t, err) < 0)
		return -1;
	return take_line(w, &t, err);
}

/* As many bytes again as the last state has twice: so that states stay a small part of it all. */
static bool is_state_due(const struct journal_writer *w)
{
	off_t size = w->state.state_end - w->state.state_off;
	off_t every = 2 * size > JOURNAL_STATE_EVERY ? 2 * size : JOURNAL_STATE_EVERY;
	return w->end - w->state.state_end >= every;
}

int journal_finish(struct journal_writer *w, uint64_t seq, const struct digest *value,
	enum journal_kind *ret_kind, struct err *err)
{
	struct err unused;
	if (put_end(w, journal_state_open(&w->state, seq), value, ret_kind, err) < 0)
		return -1;
	/* Only for speed: the next one tries again. */
	if (is_state_due(w))
		put_state(w, &unused);
	return 0;
}
