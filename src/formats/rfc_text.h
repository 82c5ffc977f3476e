/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text log that kernels with the RFC's tree keep, one a register. "[RFC PATCH 1/3] tsm: Add TVM
 * Measurement Register Support", September 2024: a line is hashed without its newline and extended;
 * "#" lines are not; "SYNC ALG/HEX" states the value before it; "# .EXTEND HEX" tells of a digest
 * written directly. User space can write any of these lines, but no blank one.
 */
#ifndef TSMCTL_FORMATS_RFC_TEXT_H
#define TSMCTL_FORMATS_RFC_TEXT_H

#include "base/input.h"
#include "formats/reader.h"

enum rfc_kind {
	RFC_RECORD,
	RFC_SYNC,   /* well-formed; a record like any other, that claims something beside */
	RFC_DIRECT, /* a well-formed "# .EXTEND": may or may not have extended its digest */
	RFC_COMMENT,
};

struct rfc_line {
	enum rfc_kind kind;
	struct bytes text; /* without the newline; valid until the next line is read */
	off_t off;
	bool after_blank;     /* a blank line stands before it */
	struct digest stated; /* the value of a SYNC, the digest of a direct line */
};

/*
 * Its name and how it is told from others. It does not say which register it is of, and only that
 * register tells what its lines mean: it is read here, and replayed by log/replay, not pulled.
 */
extern const struct log_format log_format_rfc_text;

struct rfc_log {
	struct lines lines;
	enum hash_alg alg;
};

/*
 * The log of a register with this hash; the descriptor is borrowed and must seek. With HASH_UNKNOWN
 * the first SYNC line decides the hash: ST_ABSENT if there is none.
 */
int rfc_log_open(struct rfc_log *ret, int fd, enum hash_alg alg, struct err *err);
void rfc_log_close(struct rfc_log *log);
/* Where the reader stands, blank lines included, and going back there. */
off_t rfc_log_tell(const struct rfc_log *log);
void rfc_log_seek(struct rfc_log *log, off_t off);
/* 1 and a line, 0 at the end, -1 for an error (see lines_next). */
int rfc_log_next(struct rfc_log *log, struct rfc_line *ret, struct err *err);

/* Whether bytes from the start of a file look like such a log: it starts with a line that only its
 * kernel can start one with. */
bool rfc_log_sniff(struct bytes head);

/* The digest that a record, SYNC or direct line stands for. */
int rfc_line_digest(
	const struct rfc_line *line, struct hasher *h, struct digest *ret, struct err *err);

#endif
