/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of logs that are known here, and which of them a file has. */
#ifndef TSMCTL_FORMATS_LOG_FORMATS_H
#define TSMCTL_FORMATS_LOG_FORMATS_H

#include "formats/reader.h"

/* In the order in which they are tried. NULL at the end. */
extern const struct log_format *const log_formats[];

/*
 * Why a file is not what it was given for: if its first bytes are those of a log, err says that. JSON
 * is left alone: its first bytes may be those of both.
 */
void log_formats_refuse(struct bytes file, struct err *err);

/* The format that the first bytes of a file are of, LOG_HEAD_BYTES at most; NULL if of none. */
const struct log_format *log_formats_sniff(struct bytes head);
/* Whether the first bytes of a file (LOG_HEAD_BYTES, or all there are) are those of a log: 0, or -1 with
 * ST_FORMAT and what was recognised. */
int log_formats_check(struct bytes head, struct err *err);

/* NULL if there is none of that name (as in FILE:FORMAT). */
const struct log_format *log_formats_by_name(const char *name);

/*
 * Reads from offset 0 of a descriptor that seeks and is borrowed. Without a format the first bytes
 * decide: ST_FORMAT, with what was recognised, if they are those of no log, and for one of more than
 * LOG_FILE_MAX bytes. After an error only
 * ret->format is set: the log's, if it was recognised.
 */
int log_formats_open(
	struct log_reader *ret, int fd, const struct log_format *format, struct err *err);
/* The same for a log that grows: reads no further than the offset `end`. */
int log_formats_open_upto(struct log_reader *ret, int fd, off_t end,
	const struct log_format *format, struct err *err);

#endif
