/* SPDX-License-Identifier: Apache-2.0 */
/* tsmctl's journal: a line is taken only if it is, byte for byte, what its writer writes. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/journal.h"
#include "formats/log_formats.h"

static char buf[LINE_MAX_BYTES + 2];

static bool same_line(const struct text *t, const struct journal_line *line)
{
	return !t->cut && t->n == line->text.n + 1 &&
	       memcmp(t->buf, line->text.p, line->text.n) == 0;
}

enum { NAMES = 64 };

/* Its list of names; NAMES: more than are looked at. */
static size_t names_of(const struct journal_line *line, const char *name[NAMES])
{
	static char names[NAMES][JOURNAL_NAME_ROOM];
	struct bytes list = line->list;
	size_t n = 0;
	while (n < NAMES && journal_take_name(&list, names[n])) {
		name[n] = names[n];
		n++;
	}
	return n;
}

static void put_state(struct text *t, const struct journal_line *line)
{
	char name[JOURNAL_NAME_ROOM];
	struct journal_item item;
	struct bytes list = line->list;
	journal_put_state(t, line->kind == JOURNAL_STATE ? line->boot_id : NULL, line->seq);
	for (bool first = true; journal_take_item(&list, &item); first = false) {
		journal_put_item(t, first);
		for (bool front = true; journal_take_name(&item.names, name); front = false)
			journal_put_name(t, name, front);
		journal_put_item_end(t, &item);
	}
	journal_put_state_end(t, line->more);
}

/* Written again, it is the same. */
static void check_line(const struct journal_line *line)
{
	struct text t = {.buf = buf, .room = sizeof(buf)};
	const char *name[NAMES];
	bool is_state = line->kind == JOURNAL_STATE || line->kind == JOURNAL_PART;
	size_t n = is_state ? 0 : names_of(line, name);
	if (n == NAMES)
		return;
	switch (line->kind) {
	case JOURNAL_HEADER:
		journal_put_header(&t, line->boot_id, line->time);
		MUST(same_line(&t, line));
		break;
	case JOURNAL_INTENT:
		journal_put_intent(&t, line, name, n);
		MUST(same_line(&t, line));
		break;
	case JOURNAL_COMMIT:
	case JOURNAL_VOID:
	case JOURNAL_UNKNOWN:
		journal_put_end(&t, line->kind, line->seq, &line->value, name, n);
		MUST(same_line(&t, line));
		break;
	case JOURNAL_STATE:
	case JOURNAL_PART:
		put_state(&t, line);
		MUST(same_line(&t, line));
		break;
	}
}

static void read_lines(int fd, off_t end)
{
	static struct journal_line line;
	struct journal j;
	struct err err = {0};
	int rc = journal_open(&j, fd, 0, end, &err);
	MUST(rc == 0);
	while ((rc = journal_next(&j, &line, &err)) > 0)
		check_line(&line);
	MUST(rc == 0 || (err.status == ST_FORMAT && strncmp(err.msg, "line ", 5) == 0));
	journal_close(&j);
}

/* What a state says that is put from what was read: the lines are taken as they follow. */
static void check_put(struct journal_state *s)
{
	static struct journal_line line;
	struct err err = {0};
	const struct journal_reg *at = s->regs;
	size_t n = s->n_regs;
	off_t off = INT32_MAX;
	do {
		struct text t = {.buf = buf, .room = LINE_MAX_BYTES};
		if (journal_state_put(s, s->boot_id, &at, &t, &err) < 0)
			return;
		MUST(journal_parse((struct bytes){(uint8_t *)buf, t.n - 1}, &line, &err) == 0);
		line.off = off;
		MUST(journal_state_take(s, &line, &err) == 0);
		off += (off_t)t.n;
	} while (at != NULL);
	MUST(!s->in_state && s->n_regs == n && s->state_end == off);
}

static void check_same(const struct journal_state *a, const struct journal_state *b)
{
	const struct journal_reg *x = a->regs, *y = b->regs;
	MUST(a->seq == b->seq && a->n_regs == b->n_regs && a->n_names == b->n_names);
	MUST(strcmp(a->boot_id, b->boot_id) == 0 && a->state_off == b->state_off);
	for (; x != NULL && y != NULL; x = x->next, y = y->next) {
		MUST(digest_equal(&x->value, &y->value) && x->last == y->last);
		MUST((x->open != NULL) == (y->open != NULL));
		MUST(x->open == NULL || x->open->seq == y->open->seq);
		for (const struct journal_name *n = x->names; n != NULL; n = n->next)
			MUST(journal_state_find(b, n->text) == y);
	}
	MUST(x == NULL && y == NULL);
}

/* The reader tells of all records, from all of it as from its first half. */
static void check_log(int fd, off_t end, uint64_t records)
{
	static struct log_event ev;
	struct log_reader r;
	struct err err = {0};
	uint64_t n = 0;
	int rc = 0;
	if (log_formats_open_upto(&r, fd, end, &log_format_journal, &err) < 0) {
		MUST(err.status == ST_FORMAT && records == UINT64_MAX);
		return;
	}
	const struct journal_state *s = journal_log_state(&r);
	while ((rc = log_reader_next(&r, &ev, &err)) > 0) {
		const struct journal_reg *reg = journal_state_find(s, ev.reg);
		MUST(ev.seq == n++ && reg != NULL && ev.held->before.size > 0 &&
			is_boot_id(ev.boot_id));
		MUST(ev.reg_group == NULL || journal_state_find(s, ev.reg_group) == reg);
		MUST(ev.doubtful || ev.held->after.size == 0);
		MUST(!ev.doubtful ||
			(ev.held->after.size == 0) == (journal_state_open(s, ev.seq) != NULL));
	}
	MUST(n == s->seq && (rc == 0 || n == 0));
	MUST(records == UINT64_MAX || records == n);
	log_reader_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct hashers hashers = {0};
	struct journal_state all, tail;
	off_t end, from;
	int fd = memfd_create("journal", 0);
	MUST(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	if (journal_end(fd, INT64_MAX, &end, &err) < 0) {
		MUST(err.status == ST_FORMAT);
		close(fd);
		return 0;
	}
	MUST(end <= (off_t)size);
	read_lines(fd, end);
	journal_state_init(&all, &hashers);
	int rc = journal_state_read(&all, fd, 0, end, &err);
	MUST(rc == 0 || err.status == ST_FORMAT);
	check_log(fd, end, rc == 0 ? all.seq : UINT64_MAX);
	check_log(fd, end / 2, UINT64_MAX);
	/* What the tail alone tells is what all of it tells. */
	journal_state_init(&tail, NULL);
	MUST(journal_tail(fd, end, &from, &err) == 0 && from <= end);
	int tail_rc = journal_state_read(&tail, fd, from, end, &err);
	if (rc == 0 && !all.in_state) {
		MUST(tail_rc == 0);
		check_same(&all, &tail);
		if (all.begun)
			check_put(&all);
	}
	journal_state_clear(&tail);
	journal_state_clear(&all);
	hashers_close(&hashers);
	close(fd);
	return 0;
}
