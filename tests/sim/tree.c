/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void handle_free(struct handle *h)
{
	free(h->snap);
	free(h);
}

ssize_t handle_keep(struct handle *h, struct view data, off_t off, size_t max)
{
	if (off > (off_t)max || data.n > max - (size_t)off)
		return -EFBIG;
	if (!h->snap)
		h->snap = calloc(1, max);
	if (!h->snap)
		return -ENOMEM;
	memcpy(h->snap + off, data.p, data.n);
	if (h->snap_n < (size_t)off + data.n)
		h->snap_n = (size_t)off + data.n;
	return (ssize_t)data.n;
}

size_t tree_child(const struct tree *t, size_t parent, const char *name)
{
	for (size_t i = 1; i < t->n; i++)
		if (t->nodes[i].parent == parent && !strcmp(t->nodes[i].name, name))
			return i;
	return TREE_NONE;
}

size_t tree_add(
	struct tree *t, size_t parent, const char *name, mode_t mode, const struct file_ops *ops)
{
	struct node *nodes, *n;

	if (t->n && tree_child(t, parent, name) != TREE_NONE)
		return TREE_NONE;
	nodes = realloc(t->nodes, (t->n + 1) * sizeof(*nodes));
	if (!nodes)
		return TREE_NONE;
	t->nodes = nodes;
	n = &nodes[t->n];
	memset(n, 0, sizeof(*n));
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	(void)snprintf(n->path, sizeof(n->path), "%s", name);
	n->parent = parent;
	n->ops = ops;
	n->mode = n->mode_now = mode | (ops ? S_IFREG : S_IFDIR);
	n->uid = geteuid();
	n->gid = getegid();
	return t->n++;
}

size_t tree_dir(struct tree *t, size_t parent, const char *name, const char *path)
{
	size_t at = tree_child(t, parent, name);

	if (at == TREE_NONE)
		at = tree_add(t, parent, name, 0755, NULL);
	if (at != TREE_NONE)
		(void)snprintf(t->nodes[at].path, sizeof(t->nodes[at].path), "%.159s", path);
	return at;
}

int tree_file(struct tree *t, size_t dir, const char *name, mode_t mode, const struct file_ops *ops,
	const struct node *proto)
{
	size_t at = tree_add(t, dir, name, mode, ops);
	struct node *n;

	if (at == TREE_NONE)
		return -EEXIST;
	n = &t->nodes[at];
	n->p = proto->p;
	n->mr = proto->mr;
	n->log = proto->log;
	n->sim = proto->sim;
	n->report = proto->report;
	(void)snprintf(n->path, sizeof(n->path), "%.90s/%.63s", proto->path, name);
	return 0;
}

int tree_link(struct tree *t, size_t dir, const char *name, const char *target)
{
	size_t at = tree_add(t, dir, name, 0, NULL);
	struct node *n;

	if (at == TREE_NONE)
		return -EEXIST;
	n = &t->nodes[at];
	n->mode = n->mode_now = S_IFLNK | 0777;
	n->target = strdup(target);
	return n->target ? 0 : -ENOMEM;
}

void tree_remove(struct tree *t, size_t dir)
{
	for (size_t i = 1; i < t->n; i++)
		if (t->nodes[i].parent == dir)
			t->nodes[i].parent = TREE_NONE;
	t->nodes[dir].parent = TREE_NONE;
}

void tree_free(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->nodes[i].target);
	free(t->nodes);
}

size_t tree_mkdirs(struct tree *t, const char *path)
{
	size_t at = 0;

	while (*path) {
		size_t len = strcspn(path, "/"), next;
		char name[64];

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, path);
		next = len ? tree_child(t, at, name) : at;
		if (next == TREE_NONE)
			next = tree_add(t, at, name, 0755, NULL);
		if (next == TREE_NONE)
			return TREE_NONE;
		at = next;
		path += len + (path[len] == '/');
	}
	return at;
}

uint32_t node_gen(const struct node *n)
{
	return n->ops && n->ops->versioned ? n->log->gen : 0;
}

mode_t node_mode(const struct node *n)
{
	/* A chmod of event_log dies with the file: the next record makes a new one. */
	return n->mode_gen == node_gen(n) ? n->mode_now : n->mode;
}
