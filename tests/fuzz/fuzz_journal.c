/* SPDX-License-Identifier: Apache-2.0 */
/* tsmctl's journal: a line is taken only if it is, byte for byte, what its writer writes. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "formats/journal_state.h"

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

/* Written again, it is the same; a state line is checked so by the history itself. */
static void check_line(const struct journal_line *line)
{
	struct text t = {.buf = buf, .room = sizeof(buf)};
	const char *name[NAMES];
	size_t n = line->kind == JOURNAL_STATE ? 0 : names_of(line, name);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct hashers hashers = {0};
	struct history h;
	off_t end, tail;
	int fd = memfd_create("journal", 0);
	MUST(fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	MUST(journal_end(fd, &end, &err) == 0 && end <= (off_t)size);
	read_lines(fd, end);
	history_init(&h, &hashers);
	int rc = history_read(&h, fd, 0, end, &err);
	uint64_t seq = h.seq;
	MUST(rc == 0 || err.status == ST_FORMAT);
	history_clear(&h);
	/* What the tail alone tells is what all of it tells. */
	MUST(journal_tail(fd, end, &tail, &err) == 0 && tail <= end);
	history_init(&h, NULL);
	if (history_read(&h, fd, tail, end, &err) == 0 && rc == 0)
		MUST(h.seq == seq);
	history_clear(&h);
	hashers_close(&hashers);
	close(fd);
	return 0;
}
