/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "formats/log_formats.h"

/* What a register lacks of a log, if it may be its end. */
struct tail {
	bool may;
	uint32_t pcr;	/* of the register */
	uint64_t first; /* the number of the first event that it lacks */
	uint64_t n;	/* events of the register from that one on */
};

static struct tail tail_of(
	const struct log_input *in, const struct mr *mr, const struct judgement *j)
{
	enum place place;
	struct tail ret = {.first = UINT64_MAX};
	ret.may = judgement_is_ahead_alone(j) && inputs_can_name(in, mr) &&
		  reg_place(mr->provider, mr->name, &place, &ret.pcr) && place == PLACE_PCR;
	for (size_t i = 0; i < j->n_left; i++) {
		ret.may = ret.may && strcmp(j->left[i].source, in->name) == 0;
		if (j->left[i].seq < ret.first)
			ret.first = j->left[i].seq;
	}
	return ret;
}

/* Each tail's events, and how many events of any register must be in a history. */
static int count(const struct log_input *in, struct tail *tails, size_t n, uint64_t *ret_settled,
	struct err *err)
{
	AUTO_FREE struct log_event *ev = calloc(1, sizeof(*ev));
	struct log_reader log = {0};
	*ret_settled = 0;
	if (ev == NULL)
		return err_sys(err, ENOMEM, "log");
	int rc = log_formats_open_upto(&log, in->fd, (off_t)in->size, in->format, err);
	while (rc >= 0 && (rc = log_reader_pull(&log, ev, err)) > 0) {
		*ret_settled += ev->off < in->settled;
		for (size_t i = 0; i < n; i++)
			tails[i].n += ev->place == PLACE_PCR && ev->index == tails[i].pcr &&
				      ev->seq >= tails[i].first;
	}
	log_reader_close(&log);
	return rc;
}

/* Whether all that is left are the last events of the register, behind the settled part. */
static bool is_tail(const struct tail *t, uint64_t settled, const struct judgement *j)
{
	return t->may && t->n > 0 && t->first >= settled && j->records - j->matched == t->n;
}

/* A match of what had been logged by then. */
static void settle(struct judgement *j)
{
	free(j->left);
	j->left = NULL;
	j->n_left = 0;
	j->verdict = VERDICT_MATCH;
	j->records = j->matched;
	j->diagnosis = (struct diagnosis){.kind = DIAG_NONE};
	j->detail[0] = '\0';
}

int tail_judge(const struct log_input *in, const struct mr_list *mrs, struct judgement js[],
	struct err *err)
{
	AUTO_FREE struct tail *tails = calloc(mrs->n + 1, sizeof(*tails));
	uint64_t settled;
	bool any = false;
	if (tails == NULL)
		return err_sys(err, ENOMEM, "log");
	for (size_t i = 0; i < mrs->n; i++) {
		tails[i] = tail_of(in, mrs->mr[i], &js[i]);
		any = any || tails[i].may;
	}
	if (!any)
		return 0;
	if (count(in, tails, mrs->n, &settled, err) < 0)
		return -1;
	for (size_t i = 0; i < mrs->n; i++)
		if (is_tail(&tails[i], settled, &js[i]))
			settle(&js[i]);
	return 0;
}
