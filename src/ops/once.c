/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/once.h"

#include <errno.h>
#include <string.h>

#include "base/scope.h"
#include "formats/journal.h"
#include "verify/system.h"

struct search {
	const struct extend_batch *batch;
	size_t first; /* of the register's in the batch */
	const struct mr *mr;
	const struct judgement *j;
	const struct inputs *inputs;
	char boot_id[BOOT_ID_TEXT]; /* empty: not known */
	bool *unshown; /* of each: the kernel logged it after what the register shows */
};

static const struct extend_wanted *wanted_at(const struct search *s, size_t i)
{
	return s->batch->wanted[i].mr == s->mr ? &s->batch->wanted[i] : NULL;
}

/* Whether the history that was found leaves this event of a source out; an empty one has none. */
static bool is_left_out(const struct search *s, size_t source, uint64_t seq)
{
	if (s->j->matched == 0)
		return true;
	for (size_t i = 0; i < s->j->n_left; i++)
		if (s->j->left[i].source == s->inputs->v[source].name && seq >= s->j->left[i].seq)
			return true;
	return false;
}

/* By its index, or by a name that the journal has for it. */
static bool is_of(const struct search *s, size_t source, const struct log_event *ev)
{
	const struct journal_state *state = journal_log_state(s->inputs->v[source].reader);
	const struct mr *mr = s->mr;
	const char *name = ev->reg != NULL ? ev->reg : ev->reg_group;
	if (ev->place == PLACE_CC_MR && (int64_t)ev->index == mr->cc_mr_index)
		return true;
	return name != NULL &&
	       journal_state_find(state, name) == journal_state_find(state, mr->full);
}

static bool is_same(const struct extend_wanted *wanted, const struct log_event *ev)
{
	return digest_equal(&ev->digest[0].d, &wanted->digest) &&
	       (ev->data.p == NULL) == (wanted->record.p == NULL) &&
	       bytes_equal(ev->data, wanted->record);
}

static int look_at_record(void *arg, size_t source, struct log_event *ev,
	enum explanation explanation, struct err *err)
{
	struct search *s = arg;
	(void)explanation;
	(void)err;
	if (!ev->extends || ev->n_digests != 1 || !is_of(s, source, ev) ||
		is_left_out(s, source, ev->seq))
		return 0;
	/*
	 * Of an earlier boot, or of which one is not known: registers may survive a kexec, what was meant
	 * with --once does not.
	 */
	if (ev->boot_id != NULL && strcmp(ev->boot_id, s->boot_id) != 0)
		return 0;
	if (ev->doubtful && !judgement_has_doubtful(s->j, source, ev->seq))
		return 0;
	for (size_t i = s->first; i < s->batch->n; i++) {
		const struct extend_wanted *wanted = wanted_at(s, i);
		if (wanted != NULL && is_same(wanted, ev))
			s->batch->done[i].already = true;
	}
	return 0;
}

static bool is_ours(
	const struct search *s, const struct extend_wanted *wanted, const struct rfc_line *line)
{
	if (wanted->record.p != NULL)
		return line->kind == RFC_RECORD && bytes_equal(line->text, wanted->record);
	return line->kind == RFC_DIRECT && digest_equal(&line->stated, &wanted->digest) &&
	       s->j->has_text && rfc_search_direct_is_real(&s->j->text, line->off);
}

static void look_at_line(struct search *s, size_t source, uint64_t seq, const struct rfc_line *line)
{
	for (size_t i = s->first; i < s->batch->n; i++) {
		const struct extend_wanted *wanted = wanted_at(s, i);
		if (wanted == NULL || !is_ours(s, wanted, line))
			continue;
		if (is_left_out(s, source, seq))
			s->unshown[i] = true;
		else
			s->batch->done[i].already = true;
	}
}

static int look_at_text(struct search *s, size_t source, struct err *err)
{
	const struct log_input *in = &s->inputs->v[source];
	struct rfc_log log;
	struct rfc_line line;
	int rc;
	if (rfc_log_open(&log, in->fd, in->mr->alg, err) < 0)
		return -1;
	for (uint64_t seq = 0; (rc = rfc_log_next(&log, &line, err)) > 0; seq++)
		look_at_line(s, source, seq, &line);
	rfc_log_close(&log);
	return rc < 0 ? -1 : 0;
}

/* In the log that an extend of this register writes to. */
static int find_record(struct search *s, struct inputs *inputs, struct err *err)
{
	int rc = 0;
	for (size_t k = 0; k < inputs->n && rc == 0; k++) {
		const struct log_input *in = &inputs->v[k];
		if (in->text && in->fd >= 0 && in->mr == s->mr)
			rc = look_at_text(s, k, err);
		else if (in->reader != NULL && in->format == &log_format_journal && !in->other_boot)
			rc = inputs_read(inputs, k, look_at_record, s, err);
	}
	return rc;
}

static int judge_answer(const struct judgement *j, const struct mr *mr, struct err *err)
{
	const char *name = verdict_name(j->verdict);
	switch (j->verdict) {
	case VERDICT_MATCH:
	case VERDICT_UNTOUCHED:
	case VERDICT_LOG_AHEAD:
	case VERDICT_ALTERED:
		return 0;
	case VERDICT_NONE:
		if (j->err.status != ST_SYSTEM)
			break;
		*err = j->err;
		return err_add(err, ": nothing was extended");
	case VERDICT_MISMATCH:
	case VERDICT_UNEXPECTED:
	case VERDICT_UNLOGGED:
	case VERDICT_PARTIAL:
	case VERDICT_UNSUPPORTED:
	case VERDICT_UNDECIDED:
	case VERDICT_UNCHECKED:
		break;
	}
	return err_set(err, j->verdict == VERDICT_UNCHECKED ? ST_SYSTEM : ST_NO,
		"'%s': its logs do not verify (%s), so they cannot tell whether this was extended: "
		"nothing was extended; run 'tsmctl verify %s'",
		mr->full, name != NULL ? name : j->err.msg, mr->full);
}

/* An honest kernel extends first: to do it again would be a second time. */
static int check_unshown(const struct search *s, struct err *err)
{
	for (size_t i = s->first; i < s->batch->n; i++)
		if (s->unshown[i] && !s->batch->done[i].already)
			return err_set(err, ST_NO,
				"'%s': the kernel's log has this record, but the register's "
				"value does not include it: whether it was extended is unknown, "
				"and nothing was extended; run 'tsmctl verify %s'",
				s->mr->full, s->mr->full);
	return 0;
}

/* The judge's answer, and which records stand in the logs. */
static int find_answer(const struct registers *r, struct search *s, struct inputs *inputs,
	struct once_answer *ret, struct err *err)
{
	const struct log_input *text = inputs_text_of(inputs, s->mr);
	if (text != NULL)
		ret->log_size = text->size;
	if (ret->value.size == 0)
		return 0;
	ret->undecided = r->locked && s->j->verdict == VERDICT_UNDECIDED;
	if (ret->undecided)
		return 0;
	if (!boot_id_read(r->root, s->boot_id))
		s->boot_id[0] = '\0';
	if (judge_answer(s->j, s->mr, err) < 0 || find_record(s, inputs, err) < 0)
		return -1;
	return check_unshown(s, err);
}

static int ask(const struct registers *r, const struct extend_batch *b, size_t first,
	struct asked *asked, struct once_answer *ret, struct err *err)
{
	struct inputs inputs = {0};
	struct search s = {
		.batch = b, .first = first, .mr = b->wanted[first].mr, .inputs = &inputs};
	AUTO_FREE struct err *bad = calloc(r->mrs->n + 1, sizeof(*bad));
	AUTO_FREE struct judgement *js = calloc(r->mrs->n + 1, sizeof(*js));
	AUTO_FREE bool *unshown = calloc(b->n, sizeof(*unshown));
	size_t i = 0;
	if (bad == NULL || js == NULL || unshown == NULL)
		return err_sys(err, ENOMEM, "registers");
	int rc = system_judge(r, asked, bad, &inputs, js, err);
	while (asked[i].mr != s.mr)
		i++;
	if (rc == 0 && bad[i].status != ST_OK) {
		*err = bad[i];
		rc = -1;
	}
	ret->value = asked[i].value;
	s.j = &js[i];
	s.unshown = unshown;
	if (rc == 0)
		rc = find_answer(r, &s, &inputs, ret, err);
	for (size_t k = 0; k < r->mrs->n; k++)
		judgement_clear(&js[k]);
	inputs_close(&inputs);
	return rc;
}

int once_ask(const struct extend_batch *b, size_t first, bool locked, struct once_answer *ret,
	struct err *err)
{
	const struct registers r = {
		.root = b->root, .mrs = b->mrs, .wait_s = b->wanted[0].wait_s, .locked = locked};
	const struct mr_pick pick = {.mr = b->wanted[first].mr, .by_name = true};
	struct asked *asked;
	*ret = (struct once_answer){0};
	for (size_t i = first; i < b->n; i++)
		if (b->wanted[i].mr == pick.mr)
			b->done[i].already = false;
	if (registers_ask(&r, &pick, 1, &asked, err) < 0)
		return -1;
	int rc = ask(&r, b, first, asked, ret, err);
	free(asked);
	return rc;
}

/* One that had no entry may have one now, or may have been extended through one that is gone. */
static int was_extended(const struct extend_batch *b, const struct extend_wanted *wanted, bool *ret,
	struct err *err)
{
	const struct root *root = b->root;
	uint8_t now[DIGEST_SIZE_MAX];
	struct mr *mr = wanted->mr;
	*ret = false;
	if (wanted->dry_run)
		return 0;
	if ((mr->abi->prepare != NULL && mr->abi->prepare(root, mr, err) < 0) ||
		mr_read(root, mr, now, err) < 0)
		return -1;
	*ret = !mr_list_is_initial(b->mrs, mr, (struct bytes){now, mr->size});
	return 0;
}

int once_has_moved(const struct extend_batch *b, const struct extend_wanted *wanted,
	const struct once_answer *once, bool *ret, struct err *err)
{
	const struct root *root = b->root;
	uint8_t now[DIGEST_SIZE_MAX];
	const struct mr *mr = wanted->mr;
	off_t size = 0;
	*ret = true;
	if (once->unread)
		return 0;
	if (once->value.size == 0)
		return was_extended(b, wanted, ret, err);
	if (mr_read(root, mr, now, err) < 0)
		return -1;
	/* A kernel may show an old value after an append: its log has grown then. */
	if (mr->log == LOG_OF_KERNEL && mr->abi->log_size != NULL &&
		mr->abi->log_size(root, mr, &size, err) < 0)
		return 0;
	*ret = memcmp(now, once->value.v, once->value.size) != 0 ||
	       (uint64_t)size != once->log_size;
	return 0;
}
