/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
