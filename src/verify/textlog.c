/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/textlog.h"

#include <string.h>

/* Opens the log and something to hash with. */
struct open_text {
	struct rfc_log log;
	struct hasher *h;
};

static int text_open(
	struct open_text *t, const struct log_input *in, enum hash_alg alg, struct err *err)
{
	if (hasher_open(&t->h, alg, err) < 0)
		return -1;
	if (rfc_log_open(&t->log, in->fd, alg, err) == 0)
		return 0;
	hasher_close(t->h);
	return err_in(err, "'%s'", in->path);
}

static void text_close(struct open_text *t)
{
	rfc_log_close(&t->log);
	hasher_close(t->h);
}

int textlog_replay(const struct log_input *in, enum hash_alg alg,
	const struct rfc_search_starts *starts, const struct digest *want,
	struct rfc_search_result *ret, struct err *err)
{
	struct open_text t;
	struct digest start = starts->v[0];
	bool stated = false;
	*ret = (struct rfc_search_result){.place = -1};
	if (text_open(&t, in, alg, err) < 0)
		return -1;
	int rc = want == NULL ? rfc_search_stated_start(&t.log, &stated, &start, err) : 0;
	if (rc == 0 && want == NULL)
		rc = rfc_search(&t.log, t.h, (struct rfc_search_starts){&start, 1, starts->effort},
			NULL, ret, err);
	else if (rc == 0)
		rc = rfc_search(&t.log, t.h, *starts, want, ret, err);
	if (want == NULL)
		ret->stated = stated && !mr_is_initial(in->mr, digest_bytes(&start));
	text_close(&t);
	return rc < 0 ? err_in(err, "'%s'", in->path) : 0;
}

static bool extends(const struct rfc_line *line, const struct rfc_search_result *reading)
{
	return line->kind == RFC_DIRECT ? rfc_search_direct_is_real(reading, line->off)
					: line->kind != RFC_COMMENT;
}

static int add_line(struct claim_list *list, const struct rfc_line *line, struct claim *claim,
	struct hasher *h, struct err *err)
{
	if (rfc_line_digest(line, h, &claim->digest, err) < 0)
		return -1;
	memcpy(&claim->key, claim->digest.v, sizeof(claim->key));
	return timeline_add(list, claim, err);
}

int textlog_claims(const struct log_input *in, enum hash_alg alg,
	const struct rfc_search_result *reading, struct claim_list *list, struct err *err)
{
	struct open_text t;
	struct rfc_line line;
	struct claim claim = {.seq = 0};
	int rc = 0;
	if (text_open(&t, in, alg, err) < 0)
		return -1;
	while (list->n <= TIMELINE_CLAIMS_MAX && (rc = rfc_log_next(&t.log, &line, err)) > 0) {
		claim.loose = line.kind == RFC_DIRECT;
		if (extends(&line, reading) && add_line(list, &line, &claim, t.h, err) < 0) {
			rc = -1;
			break;
		}
		claim.seq++;
	}
	text_close(&t);
	return rc < 0 ? err_in(err, "'%s'", in->path) : 0;
}

int textlog_firm(const struct log_input *in, off_t from,
	int (*each)(void *, uint64_t, struct err *), void *arg, struct err *err)
{
	struct rfc_log log;
	struct rfc_line line;
	uint64_t seq = 0;
	int rc = 0;
	if (rfc_log_open(&log, in->fd, in->mr->alg, err) < 0)
		return err_in(err, "'%s'", in->path);
	for (; rc == 0; seq++) {
		int more = rfc_log_next(&log, &line, err);
		if (more <= 0) {
			rc = more < 0 ? err_in(err, "'%s'", in->path) : 0;
			break;
		}
		bool firm = line.kind == RFC_RECORD || line.kind == RFC_SYNC;
		if (firm && line.off >= from)
			rc = each(arg, seq, err);
	}
	rfc_log_close(&log);
	return rc;
}

int textlog_stated(const struct log_input *in, enum hash_alg alg, bool *ret_is, struct digest *ret,
	struct err *err)
{
	struct rfc_log log;
	if (rfc_log_open(&log, in->fd, alg, err) < 0)
		return err_in(err, "'%s'", in->path);
	int rc = rfc_search_stated_start(&log, ret_is, ret, err);
	rfc_log_close(&log);
	return rc;
}
