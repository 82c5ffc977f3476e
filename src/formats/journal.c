/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "formats/record_reader.h"
#include "formats/tcg_names.h"

/* An end that does not follow its intent at once: other registers were extended in between. */
struct late_end {
	uint64_t seq;
	off_t off, next; /* of its line, and of the line after that */
};

struct journal_log {
	struct hashers hashers;
	struct journal_state state; /* of all of it: which names are one register */
	struct late_end *late;	    /* by seq */
	size_t n_late, room_late;
	struct journal j;
	struct journal_line line[2];	  /* an intent, and the line after it */
	struct journal_line end;	  /* of an intent that another line follows */
	struct journal_line *held;	  /* an intent that was read already; NULL: none */
	char boot_id[BOOT_ID_TEXT];	  /* of the lines that are read now */
	char event_boot_id[BOOT_ID_TEXT]; /* of the last event */
	struct event_held event_held;	  /* the same */
};

static int add_late(struct journal_log *own, const struct journal_line *l, struct err *err)
{
	if (own->n_late == JOURNAL_LATE_MAX)
		return err_set(err, ST_FORMAT, "more than %d records end after another one began",
			JOURNAL_LATE_MAX);
	if (own->n_late == own->room_late) {
		size_t room = own->room_late > 0 ? 2 * own->room_late : 16;
		struct late_end *grown = realloc(own->late, room * sizeof(*grown));
		if (grown == NULL)
			return err_sys(err, ENOMEM, "journal");
		own->late = grown;
		own->room_late = room;
	}
	own->late[own->n_late++] = (struct late_end){l->seq, l->off, l->off + (off_t)l->text.n + 1};
	return 0;
}

static int compare_late(const void *a, const void *b)
{
	const struct late_end *left = a, *right = b;
	return (left->seq > right->seq) - (left->seq < right->seq);
}

static bool is_end(const struct journal_line *l)
{
	return l->kind == JOURNAL_COMMIT || l->kind == JOURNAL_VOID || l->kind == JOURNAL_UNKNOWN;
}

/* All lines, checked against each other and hashed again. */
static int read_state(struct journal_log *own, off_t end, struct err *err)
{
	struct journal_line *l = &own->line[0];
	struct journal_state *s = &own->state;
	enum journal_kind before = JOURNAL_HEADER;
	int rc;
	while ((rc = journal_next(&own->j, l, err)) > 0) {
		bool late = is_end(l) && (before != JOURNAL_INTENT || l->seq + 1 != s->seq);
		before = l->kind;
		if (journal_state_take(s, l, err) < 0 || (late && add_late(own, l, err) < 0))
			return journal_in(err, l);
	}
	journal_state_freeze(s);
	if (own->n_late > 0)
		qsort(own->late, own->n_late, sizeof(*own->late), compare_late);
	own->j.lines.end = s->in_state ? s->due_off : end;
	return rc;
}

/* From the first line once more, this time to tell of it. */
static void start_over(struct journal_log *own)
{
	lines_seek(&own->j.lines, 0);
	own->j.number = 0;
	own->held = NULL;
}

static int open_lines(struct log_reader *r, struct journal_log *own, struct err *err)
{
	int fd = r->in.fd;
	off_t end, size = lseek(fd, 0, SEEK_END);
	if (journal_end(fd, r->end, &end, err) < 0)
		return -1;
	if (journal_open(&own->j, fd, 0, end, err) < 0 || read_state(own, end, err) < 0)
		return -1;
	end = own->j.lines.end;
	/* Of a journal that is read up to its last whole line, whoever opened it knows. */
	if (end < size && r->end == INT64_MAX)
		reader_note(r,
			"offset %lld: the last line is torn: the journal was cut, or copied while "
			"it was "
			"written",
			(long long)end);
	if (own->state.begun)
		r->boot_id = own->state.boot_id;
	start_over(own);
	return 0;
}

static int journal_log_open(struct log_reader *r, struct err *err)
{
	struct journal_log *own = calloc(1, sizeof(*own));
	if (own == NULL)
		return err_sys(err, ENOMEM, "journal");
	r->own = own;
	journal_state_init(&own->state, &own->hashers);
	return open_lines(r, own, err);
}

static void journal_log_close(struct log_reader *r)
{
	struct journal_log *own = r->own;
	if (own == NULL)
		return;
	journal_close(&own->j);
	journal_state_clear(&own->state);
	hashers_close(&own->hashers);
	free(own->late);
	free(own);
	r->own = NULL;
}

const struct journal_state *journal_log_state(const struct log_reader *r)
{
	const struct journal_log *own = r->own;
	return r->format == &log_format_journal && own != NULL ? &own->state : NULL;
}

/* The end of an intent that does not follow it at once. False: it has none. */
static int find_end(struct journal_log *own, uint64_t seq, bool *ret, struct err *err)
{
	struct late_end key = {.seq = seq};
	struct journal there;
	const struct late_end *late =
		own->n_late > 0 ? bsearch(&key, own->late, own->n_late, sizeof(key), compare_late)
				: NULL;
	*ret = late != NULL;
	if (late == NULL)
		return 0;
	if (journal_open(&there, own->j.lines.fd, late->off, late->next, err) < 0)
		return -1;
	int rc = journal_next(&there, &own->end, err);
	journal_close(&there);
	return rc < 0 ? -1 : 0;
}

/* The boot that the lines from here on belong to. */
static void note_boot(struct journal_log *own, const struct journal_line *l)
{
	if (l->kind == JOURNAL_HEADER || l->kind == JOURNAL_STATE)
		strlcpy(own->boot_id, l->boot_id, sizeof(own->boot_id));
}

/* The next intent, which may have been read already. */
static int next_intent(struct journal_log *own, struct journal_line **ret, struct err *err)
{
	int rc;
	*ret = own->held;
	own->held = NULL;
	if (*ret != NULL)
		return 1;
	*ret = own->line;
	while ((rc = journal_next(&own->j, *ret, err)) > 0 && (*ret)->kind != JOURNAL_INTENT)
		note_boot(own, *ret);
	return rc;
}

/* *ret: the end of the intent; NULL: it has none. */
static int next_end(struct journal_log *own, const struct journal_line *intent,
	const struct journal_line **ret, struct err *err)
{
	struct journal_line *next = intent == own->line ? own->line + 1 : own->line;
	bool found;
	int rc = journal_next(&own->j, next, err);
	if (rc < 0)
		return -1;
	*ret = next;
	if (rc > 0 && is_end(next) && next->seq == intent->seq)
		return 0;
	if (rc > 0)
		note_boot(own, next);
	if (rc > 0 && next->kind == JOURNAL_INTENT)
		own->held = next;
	rc = find_end(own, intent->seq, &found, err);
	*ret = found ? &own->end : NULL;
	return rc;
}

static int tell(struct journal_log *own, const struct journal_line *l,
	const struct journal_line *end, struct log_event *ret, struct err *err)
{
	const struct journal_reg *reg = journal_state_find(&own->state, l->reg);
	ret->seq = l->seq;
	ret->off = (uint64_t)l->off;
	ret->place = PLACE_NAMED;
	ret->reg = l->reg;
	ret->reg_group = reg->n_names > 1 ? reg->names->text : NULL;
	ret->extends = end == NULL || end->kind != JOURNAL_VOID;
	ret->doubtful = end == NULL || end->kind == JOURNAL_UNKNOWN;
	ret->kind = l->record.p != NULL ? "record" : "direct";
	ret->data = ret->hashed = l->record;
	if (l->note != NULL)
		ret->note = bytes_of(l->note);
	ret->time = bytes_of(l->time);
	own->event_held = (struct event_held){.before = l->before};
	if (end != NULL && end->kind == JOURNAL_UNKNOWN) {
		own->event_held.after = end->value;
		own->event_held.after.alg = l->before.alg;
	}
	ret->held = &own->event_held;
	ret->boot_id = own->event_boot_id;
	if (event_add_digest(ret, tcg_hash_id(l->digest.alg), digest_bytes(&l->digest), err) < 0)
		return -1;
	return 1;
}

static int journal_log_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct journal_log *own = r->own;
	struct journal_line *intent;
	const struct journal_line *end;
	int rc = next_intent(own, &intent, err);
	if (rc <= 0)
		return rc;
	strlcpy(own->event_boot_id, own->boot_id, sizeof(own->event_boot_id));
	if (next_end(own, intent, &end, err) < 0)
		return -1;
	return tell(own, intent, end, ret, err);
}

const struct log_format log_format_journal = {
	.name = "journal",
	.names = NAMES_ANY,
	.headed = true,
	.summary = "tsmctl's own journal, /run/tsmctl/journal.jsonl",
	.sniff = journal_sniff,
	.open = journal_log_open,
	.next = journal_log_next,
	.close = journal_log_close,
};
