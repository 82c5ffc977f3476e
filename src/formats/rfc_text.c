/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/rfc_text.h"

#include <string.h>

static const char sync_word[] = "SYNC ";
static const char extend_word[] = "# .EXTEND ";

static struct bytes behind(struct bytes b, size_t n)
{
	return (struct bytes){b.p + n, b.n - n};
}

/* "SYNC ALG/HEX", in the register's own hash (any, if alg is HASH_UNKNOWN). */
static bool parse_sync(struct bytes text, enum hash_alg alg, struct digest *ret)
{
	if (!bytes_start_with(text, sync_word))
		return false;
	struct bytes rest = behind(text, sizeof(sync_word) - 1);
	const uint8_t *slash = memchr(rest.p, '/', rest.n);
	if (slash == NULL)
		return false;
	struct bytes name = {rest.p, (size_t)(slash - rest.p)};
	enum hash_alg stated = hash_by_name(name);
	if (stated == HASH_UNKNOWN || (alg != HASH_UNKNOWN && stated != alg))
		return false;
	ret->alg = stated;
	ret->size = (uint8_t)hash_size(stated);
	return hex_get(ret->v, ret->size, behind(rest, name.n + 1), false);
}

static bool parse_direct(struct bytes text, enum hash_alg alg, struct digest *ret)
{
	if (!bytes_start_with(text, extend_word))
		return false;
	ret->alg = alg;
	ret->size = (uint8_t)hash_size(alg);
	return ret->size > 0 &&
	       hex_get(ret->v, ret->size, behind(text, sizeof(extend_word) - 1), false);
}

static enum rfc_kind classify(struct bytes text, enum hash_alg alg, struct digest *stated)
{
	if (text.p[0] == '#')
		return parse_direct(text, alg, stated) ? RFC_DIRECT : RFC_COMMENT;
	return parse_sync(text, alg, stated) ? RFC_SYNC : RFC_RECORD;
}

static int find_alg(struct rfc_log *log, struct err *err)
{
	struct bytes text;
	struct digest stated;
	int rc;
	while ((rc = lines_next(&log->lines, &text, err)) > 0)
		if (parse_sync(text, HASH_UNKNOWN, &stated))
			break;
	if (rc < 0)
		return -1;
	lines_seek(&log->lines, 0);
	if (rc == 0)
		return err_set(err, ST_ABSENT, "no SYNC line says which hash this log is for");
	log->alg = stated.alg;
	return 0;
}

int rfc_log_open(struct rfc_log *ret, int fd, enum hash_alg alg, struct err *err)
{
	*ret = (struct rfc_log){.alg = alg};
	if (lines_open(&ret->lines, fd, err) < 0)
		return -1;
	if (alg != HASH_UNKNOWN || find_alg(ret, err) == 0)
		return 0;
	rfc_log_close(ret);
	return -1;
}

void rfc_log_close(struct rfc_log *log)
{
	lines_close(&log->lines);
}

off_t rfc_log_tell(const struct rfc_log *log)
{
	return lines_tell(&log->lines);
}

void rfc_log_seek(struct rfc_log *log, off_t off)
{
	lines_seek(&log->lines, off);
}

int rfc_log_next(struct rfc_log *log, struct rfc_line *ret, struct err *err)
{
	ret->after_blank = false;
	for (;;) {
		ret->off = lines_tell(&log->lines);
		int rc = lines_next(&log->lines, &ret->text, err);
		if (rc <= 0)
			return rc;
		if (ret->text.n > 0)
			break;
		ret->after_blank = true;
	}
	ret->kind = classify(ret->text, log->alg, &ret->stated);
	return 1;
}

bool rfc_log_sniff(struct bytes head)
{
	return bytes_start_with(head, sync_word) || bytes_start_with(head, extend_word);
}

int rfc_line_digest(
	const struct rfc_line *line, struct hasher *h, struct digest *ret, struct err *err)
{
	if (line->kind == RFC_DIRECT) {
		*ret = line->stated;
		return 0;
	}
	return hash_bytes(h, line->text, ret, err);
}

static int no_next(struct log_reader *r, struct log_event *ret, struct err *err)
{
	(void)r, (void)ret;
	return err_set(err, ST_FORMAT,
		"offset 0: a kernel's text log, which only makes sense beside its register");
}

const struct log_format log_format_rfc_text = {
	.name = "rfc-text",
	.names = NAMES_ANY,
	.summary = "text log of a kernel with /sys/kernel/tsm",
	.sniff = rfc_log_sniff,
	.next = no_next,
};
