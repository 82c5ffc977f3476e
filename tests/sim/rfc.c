/* SPDX-License-Identifier: Apache-2.0 */
#include "rfc.h"

#include "hash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static size_t page_size(const struct node *n, uint32_t gen)
{
	(void)n;
	(void)gen;
	return RFCLOG_PAGE;
}

static void cut(struct view all, size_t len, off_t off, struct view *ret)
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

static int value_read(
	struct node *n, const struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)h;
	if ((size_t)off >= n->mr->size) {
		*ret = (struct view){
			0}; /* nothing to read is no read: sysfs does not ask the driver */
		return 0;
	}
	cut((struct view){provider_read(n->p, n->mr), n->mr->size}, len, off, ret);
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
static ssize_t value_write(
	struct sim *sim, struct node *n, struct view data, off_t off, const struct fault_hit *hit)
{
	size_t size = n->mr->size, len = data.n;
	int rc;

	(void)sim;
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

static const struct file_ops value_ro = {.size = value_size, .read = value_read};
static const struct file_ops value_rw = {
	.size = value_size, .read = value_read, .write = value_write};

/* hash_algo */

static int algo_read(
	struct node *n, const struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)h;
	cut((struct view){n->mr->hash, strlen(n->mr->hash)}, len, off, ret);
	return 0;
}

/* Plain attributes can be opened both ways once their mode allows it; the missing half is EIO. */
static ssize_t algo_write(
	struct sim *sim, struct node *n, struct view data, off_t off, const struct fault_hit *hit)
{
	(void)sim;
	(void)n;
	(void)off;
	(void)hit;
	return data.n ? -EIO : 0;
}

static const struct file_ops algo = {.size = page_size, .read = algo_read, .write = algo_write};

/* append_event */

static int append_read(
	struct node *n, const struct handle *h, size_t len, off_t off, struct view *ret)
{
	(void)n;
	(void)h;
	(void)len;
	(void)off;
	*ret = (struct view){0};
	return -EIO;
}

static ssize_t append_write(
	struct sim *sim, struct node *n, struct view data, off_t off, const struct fault_hit *hit)
{
	size_t len = data.n < RFCLOG_PAGE ? data.n : RFCLOG_PAGE;
	int rc;

	(void)sim;
	(void)off;
	if (!len)
		return 0;
	rc = rfclog_append(n->log, n->p, n->mr, data.p, len, hit->sync_only);
	return rc ? rc : (ssize_t)len;
}

static const struct file_ops append = {
	.size = page_size, .read = append_read, .write = append_write};

/* event_log */

static size_t log_size(const struct node *n, uint32_t gen)
{
	return rfclog_size_at(n->log, gen);
}

static int log_read(struct node *n, const struct handle *h, size_t len, off_t off, struct view *ret)
{
	if (h->dead || h->gen != n->log->gen)
		return -ENODEV;
	cut((struct view){n->log->buf ? n->log->buf : (const void *)"", n->log->size},
		len < RFCLOG_PAGE ? len : RFCLOG_PAGE, off, ret);
	return 0;
}

static const struct file_ops event_log = {.versioned = true, .size = log_size, .read = log_read};

/* The three layouts */

static int add_file(struct sim *sim, size_t dir, const char *name, mode_t mode,
	const struct file_ops *ops, const struct node *proto)
{
	size_t at = tree_add(&sim->tree, dir, name, mode, ops);
	struct node *n;

	if (at == TREE_NONE)
		return -EEXIST;
	n = &sim->tree.nodes[at];
	n->p = proto->p;
	n->mr = proto->mr;
	n->log = proto->log;
	(void)snprintf(n->path, sizeof(n->path), "%.90s/%.63s", proto->path, name);
	return 0;
}

static mode_t value_mode(const struct mr *mr)
{
	return (mr->flags & MR_R ? 0444 : 0) | (mr->flags & MR_W ? 0200 : 0);
}

/* Every runtime register's digest can be written, only its mode forbids it. */
static const struct file_ops *value_ops(const struct mr *mr)
{
	return mr->flags & (MR_W | MR_X) ? &value_rw : &value_ro;
}

static size_t add_dir(struct sim *sim, size_t parent, const char *name, const char *path)
{
	size_t at = tree_child(&sim->tree, parent, name);

	if (at == TREE_NONE)
		at = tree_add(&sim->tree, parent, name, 0755, NULL);
	if (at != TREE_NONE)
		(void)snprintf(
			sim->tree.nodes[at].path, sizeof(sim->tree.nodes[at].path), "%.159s", path);
	return at;
}

static int add_register_dir(struct sim *sim, size_t top, struct node *proto, enum dialect dialect)
{
	const struct mr *mr = proto->mr;
	size_t dir = add_dir(sim, top, mr->name, proto->path);
	int rc;

	if (dir == TREE_NONE)
		return -ENOMEM;
	if (dialect == DIALECT_V3) {
		(void)snprintf(proto->path, sizeof(proto->path), "%s/%s/%s", proto->p->type->name,
			mr->name, mr->hash);
		dir = add_dir(sim, dir, mr->hash, proto->path);
		if (dir == TREE_NONE)
			return -ENOMEM;
		return add_file(sim, dir, "digest", value_mode(mr), value_ops(mr), proto);
	}
	rc = add_file(sim, dir, "digest", value_mode(mr), value_ops(mr), proto);
	if (!rc)
		rc = add_file(sim, dir, "hash_algo", 0444, &algo, proto);
	if (!rc && proto->log)
		rc = add_file(sim, dir, "event_log", 0444, &event_log, proto);
	if (!rc && proto->log)
		rc = add_file(sim, dir, "append_event", 0200, &append, proto);
	return rc;
}

int rfc_build(struct sim *sim, size_t home, struct attached *a, enum dialect dialect)
{
	const struct provider_type *type = a->p->type;
	size_t top = add_dir(sim, home, type->name, type->name);
	int rc = top == TREE_NONE ? -ENOMEM : 0;

	for (size_t i = 0; !rc && i < type->n_mrs; i++) {
		const struct mr *mr = &type->mrs[i];
		bool dir = dialect == DIALECT_V1 ? (mr->flags & MR_X) != 0 : mr->hash != NULL;
		struct node proto = {.p = a->p, .mr = mr};

		(void)snprintf(proto.path, sizeof(proto.path), "%s", type->name);
		if (!dir) {
			rc = add_file(sim, top, mr->name, value_mode(mr), value_ops(mr), &proto);
			continue;
		}
		if (dialect == DIALECT_V1)
			proto.log = &a->logs[i];
		(void)snprintf(proto.path, sizeof(proto.path), "%s/%s", type->name, mr->name);
		rc = add_register_dir(sim, top, &proto, dialect);
	}
	return rc;
}

void rfc_foreign(struct node *n, const struct fault_hit *hit)
{
	static const uint8_t event[] = "foreign\n";
	uint8_t digest[HASH_MAX];

	if (!n->mr || !(n->mr->flags & MR_X))
		return;
	if (hit->foreign_append && n->log)
		rfclog_append(n->log, n->p, n->mr, event, sizeof(event) - 1, false);
	if (hit->foreign_extend) {
		memset(digest, 0xfe, sizeof(digest));
		provider_extend(n->p, n->mr, digest);
	}
}
