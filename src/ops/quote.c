/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/quote.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bsd/string.h>

#include "kernel/backend.h"
#include "ops/quote_logs.h"

struct quoting {
	const struct root *root;
	const struct quote_wanted *wanted;
	struct evidence_trust *trust; /* the certificates that the host gave are in it */
};

/* One entry, with no signal before it is gone: an interrupted request of TDX makes later ones fail. */
static int with_entry(const struct root *root, const struct tsm_report_request *request,
	struct quote_done *ret, struct err *err)
{
	sigset_t all, before;
	struct tsm_report_entry e;
	struct err left;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	int rc = tsm_report_open(root, &e, err);
	if (rc == 0) {
		strlcpy(ret->provider, e.provider, sizeof(ret->provider));
		if (request != NULL)
			rc = tsm_report_ask(&e, request, &ret->report, err);
		if (tsm_report_close(&e, &left) < 0)
			strlcpy(ret->note, left.msg, sizeof(ret->note));
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static bool is_provider(const struct quote_done *done, const char *name)
{
	return strcmp(done->provider, name) == 0;
}

static time_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* TDX serves one request at a time; one that is refused for that was not taken. */
static int ask(const struct quoting *q, struct quote_done *ret, struct err *err)
{
	const struct timespec pause = {.tv_sec = QUOTE_ASK_AGAIN_MS / 1000};
	time_t end = now() + (time_t)q->wanted->wait_s;
	for (;;) {
		int rc = with_entry(q->root, &q->wanted->request, ret, err);
		bool busy = rc < 0 && err->sys == EBUSY && is_provider(ret, "tdx_guest");
		if (!busy || now() >= end)
			return rc;
		tsm_report_clear(&ret->report);
		nanosleep(&pause, NULL);
	}
}

static int check_format(const struct quote_done *done, struct err *err)
{
	bool tdx = done->ev.type == EVIDENCE_TDX_QUOTE;
	if (is_provider(done, tdx ? "sev_guest" : "tdx_guest") ||
		is_provider(done, "arm_cca_guest"))
		return err_set(err, ST_NO, "'%s' gave %s, which is not of its format",
			done->provider, tdx ? "a TDX quote" : "an SEV-SNP report");
	return 0;
}

static int check_data(const struct quote_done *done, struct bytes asked, struct err *err)
{
	char is[2 * REPORT_DATA_SIZE + 1], was[2 * REPORT_DATA_SIZE + 1];
	struct bytes data = {done->ev.report_data, REPORT_DATA_SIZE};
	if (bytes_equal(data, asked))
		return 0;
	return err_set(err, ST_NO,
		"'%s' gave a report with the report data %s, not %s: it is not of this request",
		done->provider, hex_str(is, data), hex_str(was, asked));
}

static int take_blob(
	const struct quoting *q, struct quote_done *ret, struct bytes asked, struct err *err)
{
	struct err why;
	struct bytes aux = {ret->report.aux.p, ret->report.aux.n};
	struct bytes out = {ret->report.out.p, ret->report.out.n};
	if (aux.n > 0 && certs_add(&q->trust->given, aux, &why) < 0) {
		err_in(&why, "the host's certificates");
		strlcpy(ret->note, why.msg, sizeof(ret->note));
	}
	if (evidence_file_parse_raw(out, q->trust, &ret->regs, &ret->ev, err) < 0)
		return err_in(err, "'%s' gave neither quote nor report", ret->provider);
	return check_format(ret, err) < 0 ? -1 : check_data(ret, asked, err);
}

static int get(const struct quoting *q, struct quote_done *ret, struct err *err)
{
	if (ask(q, ret, err) < 0 || take_blob(q, ret, q->wanted->request.data, err) < 0)
		return -1;
	boot_id_read(q->root, ret->regs.boot_id);
	return 0;
}

/* With ESTALE in sys: another try may help. */
static int err_again(struct err *err)
{
	err->sys = err->status == ST_NO ? ESTALE : 0;
	return -1;
}

static int judge_coco(struct quote_done *done, struct err *err)
{
	char source[] = "cc_eventlog", format[] = "ccel";
	if (quote_logs_coco(&done->logs, &done->coco, err) < 0)
		return -1;
	struct quote_log log = {
		.source = source, .format = format, .p = done->coco.p, .n = done->coco.n};
	struct quote_logs one = {&log, log.p != NULL ? 1 : 0};
	return quote_logs_judge(&one, &done->regs, err);
}

static int check_logs(const struct quoting *q, struct quote_done *done, struct err *err)
{
	struct quote_logs after;
	int rc = quote_logs_read(q->root, q->wanted->only_abi, &after, err);
	bool same = rc == 0 && quote_logs_equal(&done->logs, &after);
	quote_json_clear_logs(&after);
	if (rc < 0)
		return -1;
	if (!same) {
		err_set(err, ST_NO, "a log changed while the quote was made");
		return err_again(err);
	}
	rc = q->wanted->coco ? judge_coco(done, err)
			     : quote_logs_judge(&done->logs, &done->regs, err);
	if (rc == 0)
		return 0;
	err_in(err, q->wanted->coco ? "the log that coco-tdx can carry (the firmware's and the "
				      "agent's records, no journal) does not lead to the quote"
				    : "the logs do not lead to the quote");
	return err_again(err);
}

static int get_with_logs(const struct quoting *q, struct quote_done *ret, struct err *err)
{
	if (quote_logs_read(q->root, q->wanted->only_abi, &ret->logs, err) < 0 ||
		get(q, ret, err) < 0)
		return -1;
	if (ret->ev.type != EVIDENCE_TDX_QUOTE)
		return err_set(err, ST_ABSENT,
			"a report of '%s' has no runtime register that logs could lead to",
			ret->provider);
	return check_logs(q, ret, err);
}

/*
 * Checked before the request: the firmware of SEV-SNP must not be asked for a report that is then
 * refused.
 */
static int check_provider(const struct root *root, struct quote_done *done, struct err *err)
{
	if (with_entry(root, NULL, done, err) < 0)
		return -1;
	if (is_provider(done, "sev_guest") || is_provider(done, "arm_cca_guest"))
		return err_set(err, ST_ABSENT,
			"a report of '%s' has no runtime register that logs could lead to",
			done->provider);
	return 0;
}

static int run(const struct quoting *q, struct quote_done *ret, struct err *err)
{
	if (!q->wanted->with_logs && !q->wanted->coco)
		return get(q, ret, err);
	if (check_provider(q->root, ret, err) < 0)
		return -1;
	for (int i = 1;; i++) {
		int rc = get_with_logs(q, ret, err);
		if (rc == 0 || err->sys != ESTALE || i == QUOTE_RETRIES_MAX)
			return rc;
		quote_clear(ret);
		*err = (struct err){0};
	}
}

int quote_run(const struct root *root, const struct quote_wanted *wanted, struct quote_done *ret,
	struct err *err)
{
	struct evidence_trust trust = {0};
	struct quoting q = {root, wanted, &trust};
	*ret = (struct quote_done){0};
	*err = (struct err){0};
	int rc = evidence_trust_init(&trust, err) < 0 ? -1 : run(&q, ret, err);
	evidence_trust_clear(&trust);
	return rc;
}

void quote_clear(struct quote_done *done)
{
	tsm_report_clear(&done->report);
	register_file_clear(&done->regs);
	quote_json_clear_logs(&done->logs);
	free(done->coco.p);
	*done = (struct quote_done){0};
}
