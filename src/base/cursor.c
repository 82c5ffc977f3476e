/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

struct bytes cur_take(struct cursor *c, uint64_t n)
{
	if (c->bad || n > c->left.n) {
		c->bad = true;
		return (struct bytes){0};
	}
	struct bytes ret = {c->left.p, (size_t)n};
	/* An empty input may be NULL, to which not even 0 may be added. */
	if (n == 0)
		return ret;
	c->left.p += ret.n;
	c->left.n -= ret.n;
	c->off += ret.n;
	return ret;
}

static uint64_t little_endian(struct cursor *c, size_t n)
{
	struct bytes b = cur_take(c, n);
	uint64_t v = 0;
	for (size_t i = b.n; i > 0; i--)
		v = v << 8 | b.p[i - 1];
	return v;
}

uint16_t cur_le16(struct cursor *c)
{
	return (uint16_t)little_endian(c, 2);
}

uint32_t cur_le32(struct cursor *c)
{
	return (uint32_t)little_endian(c, 4);
}

uint64_t cur_le64(struct cursor *c)
{
	return little_endian(c, 8);
}

static uint32_t big_endian(struct cursor *c, size_t n)
{
	struct bytes b = cur_take(c, n);
	uint32_t v = 0;
	for (size_t i = 0; i < b.n; i++)
		v = v << 8 | b.p[i];
	return v;
}

uint16_t cur_be16(struct cursor *c)
{
	return (uint16_t)big_endian(c, 2);
}

uint32_t cur_be32(struct cursor *c)
{
	return big_endian(c, 4);
}

bool cur_ok(const struct cursor *c)
{
	return !c->bad;
}
