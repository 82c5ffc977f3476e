/* SPDX-License-Identifier: Apache-2.0 */
/* What readers of binary logs share: a record that is taken off a window piece by piece. */
#ifndef TSMCTL_FORMATS_RECORD_READER_H
#define TSMCTL_FORMATS_RECORD_READER_H

#include "formats/reader.h"

struct record_reader {
	struct window *in;
	uint64_t off;	   /* of the record in the log */
	struct bytes seen; /* from its first byte on, and bytes after it; moves with each piece */
	size_t n;	   /* bytes of it that were taken */
};

/* Starts a record where the window stands; seen.n is 0 only at the end of the log. */
int record_start(struct record_reader *t, struct window *in, struct err *err);
/* Takes n bytes that are not seen yet; see record_bytes. */
int record_more(struct record_reader *t, size_t n, struct err *err);
/*
 * Takes a line and its newline; *ret is the line without it. 1, 0 at the end of the log, -1 with
 * ST_FORMAT for one of more than LINE_MAX_BYTES or without a newline.
 */
int record_line(struct record_reader *t, struct bytes *ret, struct err *err);
/* n bytes that were taken, from the record's byte `at` on: valid until the next piece. */
struct bytes record_view(const struct record_reader *t, size_t at, size_t n);
/* Where byte `at` of the record is in the log. */
unsigned long long record_off(const struct record_reader *t, size_t at);
/* The window continues after what was taken; views stay valid until the next record. */
void record_end(const struct record_reader *t);

static inline uint16_t get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}

/* Takes n bytes; ST_FORMAT if the log ends before. */
static inline int record_bytes(struct record_reader *t, size_t n, struct err *err)
{
	if (n > t->seen.n - t->n)
		return record_more(t, n, err);
	t->n += n;
	return 0;
}

/* Takes an unsigned integer, which stands in little-endian (le) or big-endian (be) order. */
static inline int record_le16(struct record_reader *t, uint16_t *ret, struct err *err)
{
	if (record_bytes(t, 2, err) < 0)
		return -1;
	*ret = get_le16(t->seen.p + t->n - 2);
	return 0;
}

static inline int record_le32(struct record_reader *t, uint32_t *ret, struct err *err)
{
	if (record_bytes(t, 4, err) < 0)
		return -1;
	*ret = get_le32(t->seen.p + t->n - 4);
	return 0;
}

static inline int record_be32(struct record_reader *t, uint32_t *ret, struct err *err)
{
	if (record_bytes(t, 4, err) < 0)
		return -1;
	*ret = get_be32(t->seen.p + t->n - 4);
	return 0;
}

/*
 * Adds to the note about the log, which is printed after its end; text that does not fit is
 * omitted.
 */
void reader_note(struct log_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
