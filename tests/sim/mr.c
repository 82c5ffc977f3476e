/* SPDX-License-Identifier: Apache-2.0 */
#include "mr.h"

#include "value.h"

#include <errno.h>
#include <stdio.h>

static int add_register(struct sim *sim, size_t dir, struct attached *a, const struct mr *mr)
{
	struct node proto = {.p = a->p, .mr = mr};
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s%s", mr->name, mr->hash ? ":" : "",
		mr->hash ? mr->hash : "");
	(void)snprintf(proto.path, sizeof(proto.path), "%s/%s", a->p->type->name, sim->folder);
	/* Not the mode alone: what has no write operation is refused after a chmod, too. */
	return tree_file(&sim->tree, dir, name, value_mode(mr),
		mr->flags & MR_W ? &value_rw : &value_ro, &proto);
}

static int add_class_link(struct sim *sim, const char *home, const char *name)
{
	size_t dir = tree_mkdirs(&sim->tree, "class/misc");
	char target[256];

	(void)snprintf(target, sizeof(target), "../../%s/%s", home, name);
	return dir == TREE_NONE ? -ENOMEM : tree_link(&sim->tree, dir, name, target);
}

int mr_build(struct sim *sim, const char *home, struct attached *a)
{
	const struct provider_type *type = a->p->type;
	size_t device = tree_mkdirs(&sim->tree, home), dir;
	char path[160];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/%s", type->name, sim->folder);
	if (device != TREE_NONE)
		device = tree_dir(&sim->tree, device, type->name, type->name);
	dir = device != TREE_NONE ? tree_dir(&sim->tree, device, sim->folder, path) : TREE_NONE;
	if (dir == TREE_NONE)
		return -ENOMEM;
	rc = add_class_link(sim, home, type->name);
	for (size_t i = 0; !rc && i < type->n_mrs; i++)
		rc = add_register(sim, dir, a, &type->mrs[i]);
	return rc;
}
