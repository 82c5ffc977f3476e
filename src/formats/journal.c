/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/journal_state.h"
#include "formats/record_reader.h"
#include "formats/tcg_names.h"

struct journal_log {
	struct hashers hashers;
	struct history history; /* all of it: which names are one register */
	struct journal j;
	struct journal_line line[2]; /* an intent, and the line behind it */
	struct journal_line *intent; /* read, and not yet told of; NULL: none */
};

static int open_lines(struct journal_log *own, int fd, struct err *err)
{
	off_t end, size = lseek(fd, 0, SEEK_END);
	if (journal_end(fd, &end, err) < 0)
		return -1;
	if (end != size)
		return err_set(err, ST_FORMAT,
			"offset %lld: the last line is torn: the journal was cut, or copied while "
			"it was written",
			(long long)end);
	history_init(&own->history, &own->hashers);
	if (history_read(&own->history, fd, 0, end, err) < 0)
		return -1;
	return journal_open(&own->j, fd, 0, end, err);
}

static int journal_log_open(struct log_reader *r, struct err *err)
{
	struct journal_log *own = calloc(1, sizeof(*own));
	if (own == NULL)
		return err_sys(err, ENOMEM, "journal");
	r->own = own;
	return open_lines(own, r->in.fd, err);
}

static void journal_log_close(struct log_reader *r)
{
	struct journal_log *own = r->own;
	if (own == NULL)
		return;
	journal_close(&own->j);
	history_clear(&own->history);
	hashers_close(&own->hashers);
	free(own);
}

static int tell(const struct journal_log *own, enum journal_kind end, struct log_event *ret,
	struct err *err)
{
	const struct journal_line *l = own->intent;
	ret->seq = l->seq;
	ret->off = (uint64_t)l->off;
	ret->place = PLACE_NAMED;
	ret->reg = history_find(&own->history, l->reg)->g.name[0];
	ret->extends = end != JOURNAL_VOID;
	ret->doubtful = end == JOURNAL_UNKNOWN;
	ret->kind = l->record.p != NULL ? "record" : "direct";
	ret->data = ret->hashed = l->record;
	if (l->note != NULL)
		ret->note = bytes_of(l->note);
	ret->time = bytes_of(l->time);
	ret->before = l->before;
	if (event_add_digest(ret, tcg_hash_id(l->digest.alg), digest_bytes(&l->digest), err) < 0)
		return -1;
	return 1;
}

static int journal_log_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	struct journal_log *own = r->own;
	int rc;
	own->intent = NULL;
	for (;;) {
		struct journal_line *next = own->intent == own->line ? own->line + 1 : own->line;
		rc = journal_next(&own->j, next, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			return own->intent != NULL ? tell(own, JOURNAL_UNKNOWN, ret, err) : 0;
		if (next->kind == JOURNAL_INTENT)
			own->intent = next;
		else if (own->intent != NULL && next->kind != JOURNAL_STATE)
			return tell(own, next->kind, ret, err);
	}
}

const struct log_format log_format_journal = {
	.name = "journal",
	.summary = "tsmctl's own journal, run/tsmctl/journal.jsonl",
	.sniff = journal_sniff,
	.open = journal_log_open,
	.next = journal_log_next,
	.close = journal_log_close,
};
