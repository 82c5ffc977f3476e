/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "formats/log_formats.h"

/* Events of a log: those that must be in a history, and all. */
struct counts {
	uint64_t settled, all;
};

static int count(const struct log_input *in, struct counts *ret, struct err *err)
{
	AUTO_FREE struct log_event *ev = calloc(1, sizeof(*ev));
	struct log_reader log = {0};
	*ret = (struct counts){0};
	if (ev == NULL)
		return err_sys(err, ENOMEM, "log");
	int rc = log_formats_open_upto(&log, in->fd, (off_t)in->size, in->format, err);
	while (rc >= 0 && (rc = log_reader_pull(&log, ev, err)) > 0) {
		ret->all++;
		ret->settled += ev->off < in->settled;
	}
	log_reader_close(&log);
	return rc;
}

/* Whether all that is left are the last events of this log, as many as are behind its settled part. */
static bool is_tail(const struct log_input *in, const struct counts *n, const struct judgement *j)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < j->n_left; i++) {
		if (strcmp(j->left[i].source, in->name) != 0)
			return false;
		if (j->left[i].seq < first)
			first = j->left[i].seq;
	}
	return first >= n->settled && first < n->all && j->records - j->matched == n->all - first;
}

static bool may_be_tail(const struct log_input *in, const struct mr *mr, const struct judgement *j)
{
	return judgement_is_ahead_alone(j) && inputs_can_name(in, mr);
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
	struct counts n;
	size_t any = 0;
	while (any < mrs->n && !may_be_tail(in, mrs->mr[any], &js[any]))
		any++;
	if (any == mrs->n)
		return 0;
	if (count(in, &n, err) < 0)
		return -1;
	for (size_t i = any; i < mrs->n; i++)
		if (may_be_tail(in, mrs->mr[i], &js[i]) && is_tail(in, &n, &js[i]))
			settle(&js[i]);
	return 0;
}
