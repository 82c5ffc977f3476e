/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_target(
	const struct evidence *ev, const struct mr *mr, struct files *files, struct err *err)
{
	uint8_t value[DIGEST_SIZE_MAX];
	struct err ignored; /* read again, and told, where its row is made */
	if (!(mr->flags & MR_RUNTIME) || mr->alg <= HASH_UNKNOWN || mr->size > sizeof(value))
		return 0;
	if (mr_lacks_entry(mr) || evidence_value(ev, mr, value, &ignored) < 0)
		return 0;
	if (mr->size != hash_size(mr->alg))
		return err_set(err, ST_FORMAT, "'%s' has %u bytes, its hash %zu", mr->full,
			mr->size, hash_size(mr->alg));
	files->target[files->n++] = (struct bank_target){
		.mr = mr,
		.want = digest_of(mr->alg, (struct bytes){value, mr->size}),
		.start = evidence_trusted_start(ev, mr),
	};
	return 0;
}

int files_replay(struct evidence *ev, const struct mr_pick *picks, size_t n, struct files *ret,
	struct err *err)
{
	*ret = (struct files){.target = calloc(n + 1, sizeof(*ret->target))};
	if (ret->target == NULL)
		return err_sys(err, ENOMEM, "verify");
	for (size_t i = 0; i < n; i++)
		if (add_target(ev, picks[i].mr, ret, err) < 0)
			return -1;
	banks_init(&ret->banks, ret->target, ret->n);
	return inputs_replay(&ev->inputs, &ret->banks, err);
}

void files_clear(struct files *files)
{
	banks_clear(&files->banks);
	free(files->target);
	*files = (struct files){0};
}

static const struct bank_target *target_of(const struct files *files, const struct mr *mr)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->target[i].mr == mr)
			return &files->target[i];
	return NULL;
}

/* The first log that was cut or is damaged: what else it had is not known. NULL: none is. */
static const struct log_input *first_cut(const struct evidence *ev)
{
	for (size_t i = 0; i < ev->inputs.n; i++)
		if (ev->inputs.v[i].err.status != ST_OK)
			return &ev->inputs.v[i];
	return NULL;
}

static void say_mismatch(const struct bank *bank, char *detail)
{
	if (bank->gap.source != NULL)
		event_spot_say("before ", &bank->gap,
			" it was extended by something that is in none of these logs", detail);
	else if (bank->altered > 0)
		event_spot_say_altered("no part of the log gives this value; look at ",
			&bank->altered_first, detail);
	else
		snprintf(detail, ERR_MSG_MAX,
			"no part of the log gives this value%s: an event is not what was extended, "
			"or one is missing",
			bank->kept.v != NULL ? ", nor does it with one event left out, doubled or "
					       "swapped with the next"
					     : "");
}

/* A value that the log reproduces: from where, and with data that is what was measured? */
static enum verdict judge_start(const struct bank *bank, char *detail)
{
	if (bank->altered > 0) {
		event_spot_say_altered("", &bank->altered_first, detail);
		return VERDICT_ALTERED;
	}
	if (!bank->stated)
		return VERDICT_MATCH;
	snprintf(detail, ERR_MSG_MAX,
		"from the value that the first record found; what led to it is in none of these "
		"logs");
	return VERDICT_PARTIAL;
}

/* From which event on is not known where a chain leaves one out that is doubtful, or they are too many. */
static void say_ahead(const struct bank *bank, const struct bank_chain *c, char *detail)
{
	char before[ERR_MSG_MAX];
	bool known = bank->kept.v != NULL && bank->kept.n == c->records;
	snprintf(before, sizeof(before),
		"the last %llu of %llu records were logged and not extended%s",
		(unsigned long long)(c->records - c->matched), (unsigned long long)c->records,
		known ? ", from " : "");
	if (known)
		event_spot_say(before, &bank->kept.v[c->matched].spot, " on", detail);
	else
		snprintf(detail, ERR_MSG_MAX, "%s", before);
}

static enum verdict judge_chain(const struct bank *bank, const struct bank_chain *c, char *detail)
{
	if (bank->lacks > 0) {
		event_spot_say_lack(&bank->lack, detail);
		return VERDICT_UNSUPPORTED;
	}
	if (bank->gap.source == NULL && c->reached && c->matched == c->records)
		return judge_start(bank, detail);
	if (bank->gap.source == NULL && c->reached && c->matched == 0) {
		snprintf(detail, ERR_MSG_MAX,
			"it has its initial value: none of the %llu records was extended, or they "
			"are of another boot or machine",
			(unsigned long long)c->records);
		return VERDICT_LOG_AHEAD;
	}
	if (bank->gap.source == NULL && c->reached) {
		say_ahead(bank, c, detail);
		return VERDICT_LOG_AHEAD;
	}
	say_mismatch(bank, detail);
	return VERDICT_MISMATCH;
}

/* A log that was cut or damaged may have had more of this register. */
static bool is_cut(const struct evidence *ev, const struct bank *bank, const struct log_input **ret)
{
	for (size_t i = 0; i < ev->inputs.n; i++) {
		*ret = &ev->inputs.v[i];
		if ((*ret)->err.status == ST_OK)
			continue;
		for (size_t j = 0; j < bank->n_sources; j++)
			if (bank->sources[j] == (*ret)->path)
				return true;
		if (bank->lacks > 0 && bank->lack.source == (*ret)->path)
			return true;
	}
	return false;
}

static int judge_bank(const struct files *files, const struct evidence *ev, const struct bank *bank,
	struct verify_row *row, struct err *err)
{
	struct near_miss near;
	const struct bank_chain *c = bank_best(bank);
	const struct log_input *cut;
	for (size_t i = 0; i < bank->n_sources; i++)
		if (verify_add_source(row, bank->sources[i], err) < 0)
			return -1;
	row->records = c->records;
	if (is_cut(ev, bank, &cut)) {
		verify_fail(row, &cut->err);
		return 0;
	}
	row->replayed = c->value;
	row->matched = c->matched;
	row->verdict = judge_chain(bank, c, row->detail);
	if (row->verdict == VERDICT_LOG_AHEAD)
		event_spot_add_altered(&bank->altered_first, row->detail);
	if (row->verdict != VERDICT_MISMATCH)
		return 0;
	if (bank_near_miss(&files->banks, bank, &near, err) < 0)
		return -1;
	row->is_near = near.kind != NEAR_NONE;
	if (row->is_near)
		near_miss_say(&near, &bank->altered_first, row->detail);
	return 0;
}

/* A kernel's text log that goes on where the other logs end. */
static int judge_text(const struct evidence *ev, const struct log_input *in,
	const struct bank_target *target, const struct digest *from, struct verify_row *row,
	struct err *err)
{
	struct replay_result r;
	struct err why;
	if (verify_add_source(row, in->path, err) < 0)
		return -1;
	if (evidence_replay(ev, target->mr, in->fd, from, &target->want, &r, &why) < 0) {
		err_in(&why, "'%s'", in->path);
		verify_fail(row, &why);
	} else {
		row->verdict = verify_judge(&r, row->detail);
		if (from != NULL && row->verdict == VERDICT_PARTIAL) {
			row->verdict = VERDICT_MISMATCH;
			err_set(&why, ST_OK,
				"the logs before '%s' do not give the value that it starts from",
				in->path);
			snprintf(row->detail, sizeof(row->detail), "%s", why.msg);
		}
		row->replayed = r.value;
		row->matched = row->records + r.matched;
		row->records += r.records;
	}
	replay_clear(&r);
	return 0;
}

int files_judge(const struct files *files, const struct evidence *ev, const struct mr *mr,
	struct verify_row *row, bool *ret_any, struct err *err)
{
	const struct bank_target *target = target_of(files, mr);
	const struct bank *bank = target != NULL ? banks_find(&files->banks, target) : NULL;
	const struct log_input *text = inputs_text_of(&ev->inputs, mr), *cut = first_cut(ev);
	*ret_any = target != NULL && (bank != NULL || text != NULL || cut != NULL);
	if (target == NULL || !*ret_any)
		return 0;
	uint8_t *copy = malloc(target->want.size);
	if (copy == NULL)
		return err_sys(err, ENOMEM, "verify");
	memcpy(copy, target->want.v, target->want.size);
	row->value = (struct bytes){copy, target->want.size};
	if (bank != NULL && judge_bank(files, ev, bank, row, err) < 0)
		return -1;
	if (bank == NULL && text == NULL && cut != NULL)
		verify_fail(row, &cut->err);
	bool goes_on = bank == NULL || (bank->gap.source == NULL && bank->lacks == 0);
	if (text == NULL || row->err.status != ST_OK || !goes_on)
		return 0;
	row->detail[0] = '\0';
	row->is_near = false;
	if (judge_text(ev, text, target, bank != NULL ? &row->replayed : NULL, row, err) < 0)
		return -1;
	if (bank != NULL && row->verdict == VERDICT_MATCH)
		row->verdict = judge_start(bank, row->detail);
	return 0;
}
