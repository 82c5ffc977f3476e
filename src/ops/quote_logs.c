/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/quote_logs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/scope.h"
#include "formats/aael.h"
#include "formats/log_formats.h"
#include "formats/tcg2.h"
#include "verify/system.h"
#include "verify/verify.h"

enum { RTMRS = 4 };

static int copy_bytes(
	const struct log_input *in, size_t max, struct quote_log *ret, struct err *err)
{
	size_t room = 0;
	for (;;) {
		if (ret->n == room) {
			room = room > 0 ? 2 * room : LINE_MAX_BYTES;
			uint8_t *grown = realloc(ret->p, room);
			if (grown == NULL)
				return err_sys(err, ENOMEM, "'%s'", in->path);
			ret->p = grown;
		}
		size_t left = room - ret->n < in->size - ret->n ? room - ret->n : in->size - ret->n;
		ssize_t n = left > 0 ? pread(in->fd, ret->p + ret->n, left, (off_t)ret->n) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "'%s'", in->path);
		if (n == 0)
			return 0;
		ret->n += (size_t)n;
		if (ret->n > max)
			return err_set(err, ST_SYSTEM,
				"'%s': the logs of this machine are longer than %d bytes", in->path,
				QUOTE_LOGS_MAX);
	}
}

/* What is wrong with it is known since it was opened. */
static int copy_log(
	const struct log_input *in, size_t *left, struct quote_logs *ret, struct err *err)
{
	struct quote_log log = {0};
	if (in->err.status != ST_OK) {
		*err = in->err;
		return -1;
	}
	log.source = strdup(in->name);
	log.format = strdup(in->format->name);
	log.reg = in->text ? strdup(in->mr->full) : NULL;
	if (log.source == NULL || log.format == NULL || (in->text && log.reg == NULL)) {
		err_sys(err, ENOMEM, "'%s'", in->path);
	} else if (copy_bytes(in, *left, &log, err) == 0) {
		*left -= log.n;
		return quote_json_add_log(ret, &log, err);
	}
	free(log.source);
	free(log.format);
	free(log.reg);
	free(log.p);
	return -1;
}

static int copy_all(const struct inputs *inputs, struct quote_logs *ret, struct err *err)
{
	size_t left = QUOTE_LOGS_MAX;
	for (size_t i = 0; i < inputs->n; i++)
		if (copy_log(&inputs->v[i], &left, ret, err) < 0)
			return -1;
	return 0;
}

static bool has_rtmrs(const struct mr_list *mrs)
{
	for (size_t i = 0; i < mrs->n; i++)
		if (mrs->mr[i]->cc_mr_index > 0)
			return true;
	return false;
}

/* Kernels that give quotes and show no registers have the logs of other programs, too. */
static int add_rtmrs(struct mr_list *mrs, struct err *err)
{
	for (int i = 0; i < RTMRS; i++) {
		char name[] = {'r', 't', 'm', 'r', (char)('0' + i), '\0'};
		struct mr *mr = mr_list_add(mrs, "", name, hash_name(HASH_SHA384), err);
		if (mr == NULL)
			return -1;
		mr->alg = HASH_SHA384;
		mr->size = (uint32_t)hash_size(mr->alg);
		mr->flags = MR_RUNTIME;
		mr->cc_mr_index = i + 1;
	}
	return 0;
}

/* Only RTMRs are wanted, even if this machine has other registers. */
static int read_of(
	const struct root *root, const struct mr_list *mrs, struct quote_logs *ret, struct err *err)
{
	struct registers r = {.root = root, .mrs = mrs, .wait_s = LOCK_WAIT_DEFAULT_S};
	struct inputs inputs = {0};
	AUTO_FREE struct asked *asked = NULL;
	AUTO_FREE struct err *bad = calloc(mrs->n + 1, sizeof(*bad));
	if (bad == NULL)
		return err_sys(err, ENOMEM, "registers");
	if (registers_ask(&r, NULL, 0, &asked, err) < 0)
		return -1;
	for (size_t i = 0; i < mrs->n; i++)
		asked[i].wanted = mrs->mr[i]->cc_mr_index > 0;
	int rc = system_open(&r, asked, bad, &inputs, err);
	if (rc == 0)
		rc = copy_all(&inputs, ret, err);
	inputs_close(&inputs);
	return rc;
}

int quote_logs_read(
	const struct root *root, const char *only_abi, struct quote_logs *ret, struct err *err)
{
	struct tree tree;
	*ret = (struct quote_logs){0};
	int rc = tree_probe(root, only_abi, &tree, err);
	if (rc < 0 && err->status == ST_ABSENT)
		rc = 0;
	if (rc == 0 && !has_rtmrs(&tree.mrs))
		rc = add_rtmrs(&tree.mrs, err);
	if (rc == 0)
		rc = read_of(root, &tree.mrs, ret, err);
	tree_clear(&tree);
	return rc;
}

bool quote_logs_equal(const struct quote_logs *a, const struct quote_logs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct quote_log *x = &a->v[i], *y = &b->v[i];
		if (strcmp(x->source, y->source) != 0 ||
			strcmp(x->reg != NULL ? x->reg : "", y->reg != NULL ? y->reg : "") != 0 ||
			!bytes_equal((struct bytes){x->p, x->n}, (struct bytes){y->p, y->n}))
			return false;
	}
	return true;
}

static int err_row(const struct verify_rows *rows, struct err *err)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct judgement *j = &rows->row[i].j;
		if (j->err.status != ST_OK) {
			*err = j->err;
			return -1;
		}
		if (verdict_status(j->verdict) != ST_OK)
			return err_set(err, ST_NO, "%s: %s: %s", rows->row[i].name,
				verdict_name(j->verdict), j->detail);
	}
	return 0;
}

int quote_logs_judge(
	const struct quote_logs *logs, const struct register_file *regs, struct err *err)
{
	struct registers r = {.values = regs, .mrs = &regs->mrs};
	struct inputs inputs = {0};
	struct verify_rows rows = {0};
	AUTO_FREE struct mr_pick *picks = NULL;
	struct verify_wanted wanted = {.all = true};
	int rc = mr_list_pick(&regs->mrs, 0, NULL, &picks, &wanted.n_picks, err);
	wanted.picks = picks;
	for (size_t i = 0; i < logs->n && rc == 0; i++)
		rc = inputs_add_quoted(&inputs, &logs->v[i], err);
	if (rc == 0)
		rc = inputs_bind(&inputs, &regs->mrs, picks, wanted.n_picks, err);
	if (rc == 0)
		rc = verify_run(&r, &wanted, &inputs, &rows, err);
	if (rc == 0)
		rc = err_row(&rows, err);
	verify_clear(&rows);
	inputs_close(&inputs);
	return rc;
}

/* NULL: none of this format. */
static const struct quote_log *log_of(
	const struct quote_logs *logs, const struct log_format *format)
{
	for (size_t i = 0; i < logs->n; i++)
		if (strcmp(logs->v[i].format, format->name) == 0)
			return &logs->v[i];
	return NULL;
}

/* Where its last event ends. */
static int find_end(int fd, const struct log_format *format, uint64_t *ret, struct err *err)
{
	AUTO_FREE struct log_reader *reader = calloc(1, sizeof(*reader));
	AUTO_FREE struct log_event *ev = calloc(1, sizeof(*ev));
	int rc;
	if (reader == NULL || ev == NULL)
		return err_sys(err, ENOMEM, "log");
	if (log_formats_open(reader, fd, format, err) < 0)
		return -1;
	do
		*ret = window_tell(&reader->in);
	while ((rc = log_reader_next(reader, ev, err)) > 0);
	log_reader_close(reader);
	return rc;
}

/* The events of a log, without what marks its end and the area after it. */
static int take_events(const struct quote_log *log, const struct log_format *format,
	struct bytes *ret, struct err *err)
{
	uint64_t end = 0;
	struct bytes b = {log->p, log->n};
	AUTO_CLOSE int fd = input_memory(b, err);
	if (fd < 0 || find_end(fd, format, &end, err) < 0)
		return err_in(err, "log '%s'", log->source);
	*ret = (struct bytes){b.p, (size_t)end};
	return 0;
}

/*
 * TCG_PCR_EVENT with TCG_EfiSpecIdEvent, for a guest without a firmware log: SHA-256 and SHA-384 are
 * the hashes that the agent may use.
 */
static const uint8_t header[69] = {
	[4] = 3, /* EV_NO_ACTION */
	[28] = sizeof(header) - 32,
	[32] = 'S',
	'p',
	'e',
	'c',
	' ',
	'I',
	'D',
	' ',
	'E',
	'v',
	'e',
	'n',
	't',
	'0',
	'3',
	[53] = 2, /* of TPM 2.0 */
	[55] = 2, /* 64-bit */
	[56] = 2, /* algorithms */
	[60] = 0x0b,
	0,
	32,
	0,
	0x0c,
	0,
	48,
	0,
};

int quote_logs_coco(const struct quote_logs *logs, struct tsm_report_blob *ret, struct err *err)
{
	enum { MARK = 8 };
	const struct quote_log *ccel = log_of(logs, &log_format_ccel);
	const struct quote_log *agent = log_of(logs, &log_format_aael);
	struct bytes first = {header, sizeof(header)}, second = {0};
	*ret = (struct tsm_report_blob){0};
	/* The older agent's log is text, which the services do not take. */
	if (agent != NULL && bytes_start_with((struct bytes){agent->p, agent->n}, "INIT"))
		agent = NULL;
	if (ccel == NULL && agent == NULL)
		return 0;
	if ((ccel != NULL && take_events(ccel, &log_format_ccel, &first, err) < 0) ||
		(agent != NULL && take_events(agent, &log_format_aael, &second, err) < 0))
		return -1;
	ret->p = malloc(first.n + second.n + MARK);
	if (ret->p == NULL)
		return err_sys(err, ENOMEM, "log");
	ret->n = first.n + second.n + MARK;
	memcpy(ret->p, first.p, first.n);
	if (second.n > 0)
		memcpy(ret->p + first.n, second.p, second.n);
	memset(ret->p + first.n + second.n, 0xff, MARK);
	return 0;
}
