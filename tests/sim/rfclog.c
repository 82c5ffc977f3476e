/* SPDX-License-Identifier: Apache-2.0 */
#include "rfclog.h"

#include "hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MAX ((size_t)4 << 20)
#define LOG_HALF ((size_t)2 << 20)

/* The kernel's isspace is Latin-1: a no-break space is one, wherever it stands in a UTF-8 sequence.
 */
static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static bool is_line_end(uint8_t c)
{
	return c == '\n' || c == '\r';
}

static int make_room(struct rfclog *log, size_t need)
{
	/* The kernel forgets the final newline here, so a record may end one byte past the buffer.
	 */
	if (need > LOG_MAX)
		return -ENOMEM;
	if (!log->buf)
		log->buf = malloc(LOG_MAX + 1);
	if (log->gen + 2 > log->ends_room) {
		size_t room = log->ends_room ? log->ends_room * 2 : 64;
		size_t *ends = realloc(log->ends, room * sizeof(*ends));

		if (!ends)
			return -ENOMEM;
		log->ends = ends;
		log->ends_room = room;
		log->ends[0] = 0;
	}
	return log->buf ? 0 : -ENOMEM;
}

static void put_record(struct rfclog *log, const uint8_t *line, size_t n, bool blank)
{
	uint8_t *at = log->buf + log->size;

	if (log->size + blank + n == LOG_HALF || log->size + blank + n == LOG_MAX)
		log->overruns++;
	if (blank)
		*at++ = '\n';
	memcpy(at, line, n);
	at[n] = '\n';
	log->size += blank + n + 1;
	log->ends[++log->gen] = log->size;
}

/* Returns 1 when a record was logged, 0 when the line was blank, or a negative errno. */
static int log_line(struct rfclog *log, struct provider *p, const struct mr *mr,
	const uint8_t *line, size_t n, bool blank)
{
	uint8_t digest[HASH_MAX];
	int rc;

	for (; n && is_space(line[0]); n--)
		line++;
	while (n && is_space(line[n - 1]))
		n--;
	if (!n)
		return 0;
	rc = make_room(log, log->size + blank + n);
	if (!rc && line[0] != '#') {
		hash_two(mr->hash, line, n, NULL, 0, digest);
		rc = provider_extend(p, mr, digest);
	}
	if (rc)
		return rc;
	put_record(log, line, n, blank);
	return 1;
}

static size_t put_hex(char *at, const uint8_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(at + 2 * i, 3, "%02x", v[i]);
	return 2 * n;
}

/* The value is refreshed whatever the sync flag says, and the flag stays as it was. */
static int log_sync(struct rfclog *log, struct provider *p, const struct mr *mr)
{
	char line[256];
	int rc = (mr->flags & MR_L) ? provider_refresh(p) : 0;
	size_t n;

	if (rc)
		return rc;
	n = (size_t)snprintf(line, sizeof(line), "SYNC %s/", mr->hash);
	n += put_hex(line + n, p->shown + mr->off, mr->size);
	rc = log_line(log, p, mr, (const uint8_t *)line, n, log->size > 0);
	if (rc < 0)
		return rc;
	log->in_sync = true;
	return 0;
}

int rfclog_append(struct rfclog *log, struct provider *p, const struct mr *mr, const uint8_t *page,
	size_t n, bool sync_only)
{
	bool first = true;
	int rc = log->in_sync ? 0 : log_sync(log, p, mr);

	if (!rc && sync_only)
		return -ENOMEM;
	for (size_t i = 0; i < n && rc >= 0;) {
		size_t j = i;

		while (j < n && !is_line_end(page[j]))
			j++;
		rc = log_line(log, p, mr, page + i, j - i, first);
		if (rc > 0)
			first = false;
		for (i = j; i < n && is_line_end(page[i]);)
			i++;
	}
	return rc < 0 ? rc : 0;
}

int rfclog_direct(struct rfclog *log, struct provider *p, const struct mr *mr, const uint8_t *data,
	bool extend_fail)
{
	char line[256];
	size_t n = (size_t)snprintf(line, sizeof(line), "# .EXTEND ");
	int rc;

	n += put_hex(line + n, data, mr->size);
	rc = log_line(log, p, mr, (const uint8_t *)line, n, log->in_sync);
	if (rc > 0)
		rc = extend_fail ? -EIO : provider_extend(p, mr, data);
	if (rc)
		return rc;
	log->in_sync = false;
	p->in_sync = false;
	return 0;
}

size_t rfclog_size_at(const struct rfclog *log, uint32_t gen)
{
	return log->ends && gen <= log->gen ? log->ends[gen] : 0;
}

void rfclog_free(struct rfclog *log)
{
	free(log->buf);
	free(log->ends);
}
