/* SPDX-License-Identifier: Apache-2.0 */
/* Text of one line that is put together: it grows as needed, and holds what may go to a terminal. */
#ifndef TSMCTL_OUT_CELL_H
#define TSMCTL_OUT_CELL_H

#include "base/bytes.h"
#include "out/screen.h"

/* Starts as zeros; no NUL at its end. */
struct cell {
	char *p;
	size_t n, room;
};

/* All of these: -1, or NULL, without memory. */
/* Room for n bytes at the end, which the caller fills and adds to c->n. */
char *cell_room(struct cell *c, size_t n);
int cell_put(struct cell *c, const char *s, size_t n);
int cell_str(struct cell *c, const char *s);
int cell_hex(struct cell *c, struct bytes b);
int cell_u64(struct cell *c, uint64_t v);
/*
 * Bytes from anywhere: printable ASCII as it is, letters of UTF-8 if the screen shows them, others as
 * strvis(3) with these flags writes them. `max` bytes of b, and a mark if there are more.
 */
int cell_visible(
	struct cell *c, const struct screen *screen, struct bytes b, size_t max, int flags);
/* As much of text that was made by these as fits into `room` columns, with a mark at its end if there is more. */
int cell_cut(struct cell *c, const struct screen *screen, struct bytes text, size_t room);

/* How many columns text takes that was made by these. */
size_t cell_width(const struct screen *screen, struct bytes text);
struct bytes cell_bytes(const struct cell *c);
void cell_clear(struct cell *c);

#endif
