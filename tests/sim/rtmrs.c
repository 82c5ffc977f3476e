/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configfs item's binary attribute is read and written through a buffer of the open file: the
 * first read fills it, so that a later extend is not seen; the last close hands over what was
 * written, and drops the answer.
 */
#include "rtmrs.h"

#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_MAX 64 /* the largest digest, and so what configfs lets one write */
#define FIRMWARES 2   /* registers 0 and 1 are not for a guest's programs */

static size_t text_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return RFCLOG_PAGE;
}

static size_t digest_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return 0;
}

/* A register's index is its place among the runtime registers; NULL: there are not so many. */
static const struct mr *mr_at(const struct provider *p, unsigned index)
{
	for (size_t i = 0; i < p->type->n_mrs; i++)
		if ((p->type->mrs[i].flags & MR_X) && index-- == 0)
			return &p->type->mrs[i];
	return NULL;
}

static unsigned index_of(const struct node *n)
{
	unsigned index = 0;

	while (mr_at(n->p, index) != n->mr)
		index++;
	return index;
}

static int show(const char *text, size_t len, off_t off, struct view *ret)
{
	view_cut((struct view){text, strlen(text)}, len, off, ret);
	return 0;
}

/* index */

static int index_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	static char text[16];

	(void)h;
	if (!n->mr)
		return -ENXIO;
	(void)snprintf(text, sizeof(text), "%u\n", index_of(n));
	return show(text, len, off, ret);
}

/* A decimal number, with or without a newline. */
static int parse_index(struct view text, unsigned *ret)
{
	const char *s = text.p;
	size_t n = text.n;

	if (n && s[n - 1] == '\n')
		n--;
	if (!n || n > 9)
		return -EINVAL;
	*ret = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EINVAL;
		*ret = *ret * 10 + (unsigned)(s[i] - '0');
	}
	return 0;
}

static bool is_owned(const struct tree *t, const struct provider *p, const struct mr *mr)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->nodes[i].ops && t->nodes[i].ops->read == index_read && t->nodes[i].p == p &&
			t->nodes[i].mr == mr)
			return true;
	return false;
}

static void give_register(struct tree *t, size_t entry, const struct mr *mr)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->nodes[i].parent == entry)
			t->nodes[i].mr = mr;
}

static ssize_t index_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	const struct mr *mr;
	unsigned index;
	int rc = parse_index(data, &index);

	(void)h;
	(void)off;
	(void)hit;
	if (rc)
		return rc;
	if (n->mr)
		return -EBUSY;
	mr = mr_at(n->p, index);
	if (!mr)
		return -EINVAL;
	if (is_owned(&sim->tree, n->p, mr))
		return -sim->owned_index;
	give_register(&sim->tree, n->parent, mr);
	return (ssize_t)data.n;
}

static const struct file_ops index_ops = {
	.size = text_size, .read = index_read, .write = index_write};

/* tcg_map: the PCRs of a TPM that the register stands for; none before it has an index */

static int map_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	static const char *const maps[] = {"1,7\n", "2-6\n", "8-15\n"};
	unsigned index = n->mr ? index_of(n) : UINT16_MAX;

	(void)h;
	return show(index < sizeof(maps) / sizeof(maps[0]) ? maps[index] : "\n", len, off, ret);
}

static const struct file_ops map_ops = {.size = text_size, .read = map_read};

/* digest */

static int fill_buffer(struct node *n, struct handle *h)
{
	if (!n->mr)
		return -ENXIO;
	h->snap = malloc(n->mr->size);
	if (!h->snap)
		return -ENOMEM;
	h->snap_n = n->mr->size;
	memcpy(h->snap, provider_read(n->p, n->mr), h->snap_n);
	return 0;
}

static int digest_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	int rc;

	if (h->writing)
		return -ETXTBSY;
	h->reading = true;
	rc = h->snap ? 0 : fill_buffer(n, h);
	if (!rc)
		view_cut((struct view){h->snap, h->snap_n}, len, off, ret);
	return rc;
}

static ssize_t digest_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	(void)sim;
	(void)n;
	(void)hit;
	if (h->reading)
		return -ETXTBSY;
	/* Even when nothing is taken, close has something to hand over. */
	h->writing = true;
	return handle_keep(h, data, off, DIGEST_MAX);
}

static void digest_release(struct node *n, const struct handle *h)
{
	if (!h->writing || !n->mr || h->snap_n != n->mr->size || index_of(n) < FIRMWARES)
		return; /* nothing, ENXIO, EINVAL, EPERM: all the same to whoever has closed it */
	if (!provider_extend(n->p, n->mr, (const uint8_t *)h->snap))
		n->p->in_sync = false;
}

static const struct file_ops digest_ops = {
	.size = digest_size, .read = digest_read, .write = digest_write, .release = digest_release};

static int make_entry(struct sim *sim, size_t dir)
{
	const struct node *entry = &sim->tree.nodes[dir];
	struct node proto = {.p = sim->tree.nodes[entry->parent].p};
	int rc;

	(void)snprintf(proto.path, sizeof(proto.path), "%s", entry->path);
	rc = tree_file(&sim->tree, dir, "index", 0644, &index_ops, &proto);
	if (!rc)
		rc = tree_file(&sim->tree, dir, "digest", 0644, &digest_ops, &proto);
	if (!rc)
		rc = tree_file(&sim->tree, dir, "tcg_map", 0444, &map_ops, &proto);
	return rc;
}

int rtmrs_build(struct sim *sim, size_t home, struct attached *a)
{
	struct node *n = &sim->tree.nodes[home];

	if (n->make || !mr_at(a->p, 0))
		return -EINVAL;
	n->p = a->p;
	n->make = make_entry;
	(void)snprintf(n->path, sizeof(n->path), "rtmrs");
	return 0;
}
