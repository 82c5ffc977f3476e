/* SPDX-License-Identifier: Apache-2.0 */
#include "rfc.h"

#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static size_t page_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return RFCLOG_PAGE;
}

/* The first of the kernel's hashes stands for a register that has none. */
static const char *algo_of(const struct mr *mr)
{
	return mr->hash ? mr->hash : "md4";
}

/* hash_algo */

static int algo_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	const char *algo = algo_of(n->mr);

	(void)h;
	view_cut((struct view){algo, strlen(algo)}, len, off, ret);
	return 0;
}

/* Plain attributes can be opened both ways once their mode allows it; the missing half is EIO. */
static ssize_t algo_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	(void)sim;
	(void)n;
	(void)h;
	(void)off;
	(void)hit;
	return data.n ? -EIO : 0;
}

static const struct file_ops algo = {.size = page_size, .read = algo_read, .write = algo_write};

/* append_event */

static int append_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)n;
	(void)h;
	(void)len;
	(void)off;
	*ret = (struct view){0};
	return -EIO;
}

static ssize_t append_write(struct sim *sim, struct node *n, struct handle *h, struct view data,
	off_t off, const struct fault_hit *hit)
{
	size_t len = data.n < RFCLOG_PAGE ? data.n : RFCLOG_PAGE;
	int rc;

	(void)sim;
	(void)h;
	(void)off;
	if (!len)
		return 0;
	rc = rfclog_append(n->log, n->p, n->mr, data.p, len, hit->sync_only);
	return rc ? rc : (ssize_t)len;
}

static const struct file_ops append = {
	.locks = true, .size = page_size, .read = append_read, .write = append_write};

/* event_log */

static size_t log_size(const struct node *n, uint32_t gen)
{
	return rfclog_size_at(n->log, gen);
}

static int log_read(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret)
{
	if (h->dead || h->gen != n->log->gen)
		return -ENODEV;
	view_cut((struct view){n->log->buf ? n->log->buf : (const void *)"", n->log->size},
		len < RFCLOG_PAGE ? len : RFCLOG_PAGE, off, ret);
	return 0;
}

static const struct file_ops event_log = {
	.versioned = true, .locks = true, .size = log_size, .read = log_read};

/* The three layouts */

/* Every runtime register's digest can be written, only its mode forbids it. */
static const struct file_ops *value_ops(const struct mr *mr)
{
	return mr->flags & (MR_W | MR_X) ? &value_rw : &value_ro;
}

static int add_register_dir(struct sim *sim, size_t top, struct node *proto, enum layout layout)
{
	const struct mr *mr = proto->mr;
	mode_t mode = value_mode(mr);
	size_t dir = tree_dir(&sim->tree, top, mr->name, proto->path);
	int rc;

	if (dir == TREE_NONE)
		return -ENOMEM;
	if (layout == LAYOUT_V3) {
		(void)snprintf(proto->path, sizeof(proto->path), "%s/%s/%s", proto->p->type->name,
			mr->name, algo_of(mr));
		dir = tree_dir(&sim->tree, dir, algo_of(mr), proto->path);
		if (dir == TREE_NONE)
			return -ENOMEM;
		/* The last posting lets a group write. */
		mode |= mode & 0200 ? 0020 : 0;
		return tree_file(&sim->tree, dir, "digest", mode, value_ops(mr), proto);
	}
	rc = tree_file(&sim->tree, dir, "digest", mode, value_ops(mr), proto);
	if (!rc)
		rc = tree_file(&sim->tree, dir, "hash_algo", 0444, &algo, proto);
	if (!rc && proto->log)
		rc = tree_file(&sim->tree, dir, "event_log", 0444, &event_log, proto);
	if (!rc && proto->log)
		rc = tree_file(&sim->tree, dir, "append_event", 0200, &append, proto);
	return rc;
}

int rfc_build(struct sim *sim, size_t home, struct attached *a)
{
	const struct provider_type *type = a->p->type;
	size_t top = tree_dir(&sim->tree, home, type->name, type->name);
	int rc = top == TREE_NONE ? -ENOMEM : 0;

	a->p->contends = true;
	for (size_t i = 0; !rc && i < type->n_mrs; i++) {
		const struct mr *mr = &type->mrs[i];
		bool dir = a->layout != LAYOUT_V1 || (mr->flags & MR_X);
		struct node proto = {.p = a->p, .mr = mr};

		(void)snprintf(proto.path, sizeof(proto.path), "%s", type->name);
		if (!dir) {
			rc = tree_file(
				&sim->tree, top, mr->name, value_mode(mr), value_ops(mr), &proto);
			continue;
		}
		if (a->layout == LAYOUT_V1)
			proto.log = &a->logs[i];
		(void)snprintf(proto.path, sizeof(proto.path), "%s/%s", type->name, mr->name);
		rc = add_register_dir(sim, top, &proto, a->layout);
	}
	return rc;
}
