/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include "hash.h"

#include <errno.h>
#include <string.h>

void view_cut(struct view all, size_t len, off_t off, struct view *ret)
{
	size_t skip = (size_t)off < all.n ? (size_t)off : all.n;

	ret->p = (const char *)all.p + skip;
	ret->n = all.n - skip < len ? all.n - skip : len;
}

/* A register's value: a static register's file, or digest */

static size_t value_size(const struct node *n, uint32_t gen)
{
	(void)gen;
	return n->mr->size;
}

static int value_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)h;
	if ((size_t)off >= n->mr->size) {
		*ret = (struct view){
			0}; /* nothing to read is no read: sysfs does not ask the driver */
		return 0;
	}
	view_cut((struct view){provider_read(n->p, n->mr), n->mr->size}, len, off, ret);
	return 0;
}

static int value_change(struct node *n, const uint8_t *data, const struct fault_hit *hit)
{
	int rc;

	if (!(n->mr->flags & MR_X)) {
		provider_set(n->p, n->mr, data);
		return 0;
	}
	if (n->log)
		return rfclog_direct(n->log, n->p, n->mr, data, hit->extend_fail);
	rc = hit->extend_fail ? -EIO : provider_extend(n->p, n->mr, data);
	if (!rc)
		n->p->in_sync = false;
	return rc;
}

/* sysfs clips a write at the end of the file and hands on the rest of it. */
static ssize_t value_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	size_t size = n->mr->size, len = data.n;
	int rc;

	(void)sim;
	(void)h;
	if ((size_t)off >= size)
		return -EFBIG;
	if (len > size - (size_t)off)
		len = size - (size_t)off;
	if (!len)
		return 0;
	if (off || len != size)
		return -EINVAL;
	rc = value_change(n, data.p, hit);
	return rc ? rc : (ssize_t)len;
}

const struct file_ops value_ro = {.locks = true, .size = value_size, .read = value_read};
const struct file_ops value_rw = {
	.locks = true, .size = value_size, .read = value_read, .write = value_write};

mode_t value_mode(const struct mr *mr)
{
	return (mr->flags & MR_R ? 0444 : 0) | (mr->flags & MR_W ? 0200 : 0);
}

static void foreign_extend(struct node *n)
{
	uint8_t digest[HASH_MAX];

	memset(digest, 0xfe, sizeof(digest));
	provider_extend(n->p, n->mr, digest);
}

void value_foreign(struct node *n, const struct fault_hit *hit, bool after)
{
	static const uint8_t event[] = "foreign\n";

	if (!n->mr || !(n->mr->flags & MR_X))
		return;
	if (!after && hit->foreign_append && n->log)
		rfclog_append(n->log, n->p, n->mr, event, sizeof(event) - 1, false);
	if (after ? hit->foreign_extend_after : hit->foreign_extend)
		foreign_extend(n);
}
