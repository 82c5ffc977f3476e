/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what is read in one order and printed in another. */
#ifndef TSMCTL_CLI_SPOOL_H
#define TSMCTL_CLI_SPOOL_H

#include "out/sink.h"

/* Where a piece is. */
struct spool_piece {
	uint64_t off;
	uint32_t n;   /* 0: there is none */
	uint32_t own; /* the caller's */
};

struct spool {
	struct sink out; /* pieces are written to this */
	uint8_t *map;	 /* of all pieces; NULL: they are read into the window */
	uint8_t *window; /* of what was read last */
	size_t room, have;
	uint64_t at;
};

/*
 * Keeps the pieces in memory, or, if `on_disk`, in a file without a name in /tmp; in memory, too, where
 * that cannot be made. The caller closes it, also after an error.
 */
int spool_open(struct spool *ret, bool on_disk, struct err *err);
void spool_close(struct spool *s);
/* Begins a piece, and ends it: what was written to s->out between is in it. */
struct spool_piece spool_begin(const struct spool *s);
void spool_end(const struct spool *s, struct spool_piece *piece);
/* After the last piece. */
int spool_finish(struct spool *s, struct err *err);
/* The same, if the pieces have at most this many bytes: any order of reading is fast then. */
void spool_map(struct spool *s, uint64_t bytes_max);
/* A piece that is read soon. */
void spool_fetch(const struct spool *s, const struct spool_piece *piece);
/* A piece; valid until the next one is read. Fast if they are read in the order of writing. */
int spool_read(
	struct spool *s, const struct spool_piece *piece, struct bytes *ret, struct err *err);

#endif
