/* SPDX-License-Identifier: Apache-2.0 */
/* Binary input that is taken off from the front, and cannot be left. */
#ifndef TSMCTL_BASE_CURSOR_H
#define TSMCTL_BASE_CURSOR_H

#include "base/bytes.h"

struct cursor {
	struct bytes left;
	size_t off; /* of what is left, in the input */
	bool bad;   /* more was asked for than is left: `off` stays where that was */
};

/* Little-endian. Zero, and bad from then on, if the input ends before. */
uint16_t cur_le16(struct cursor *c);
uint32_t cur_le32(struct cursor *c);
uint64_t cur_le64(struct cursor *c);
/* The same for big-endian numbers. */
uint16_t cur_be16(struct cursor *c);
uint32_t cur_be32(struct cursor *c);
/* A view of the next n bytes; p NULL and n 0, and bad from then on, if there are fewer. */
struct bytes cur_take(struct cursor *c, uint64_t n);
bool cur_ok(const struct cursor *c);

#endif
