/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/walk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"

char *walk_join(const char *dir, const char *name)
{
	char *path;
	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

int walk_each(const struct walk *at, const char *dir, walk_visit_fn visit, const char *parent,
	struct err *err)
{
	struct err problem;
	DIR *d = root_open_dir(at->root, dir, &problem);
	if (d == NULL && problem.sys == ENOMEM) {
		*err = problem;
		return -1;
	}
	if (d == NULL) {
		tree_note_problem(at->tree, &problem);
		return 0;
	}
	int rc = 0;
	const struct dirent *e;
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL) {
		struct stat st;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		AUTO_FREE char *path = walk_join(dir, e->d_name);
		int sys = -root_stat_in(at->root, dirfd(d), dir, e->d_name, &st);
		if (path == NULL) {
			rc = err_sys(err, ENOMEM, "registers");
		} else if (sys == 0) {
			rc = visit(at, e->d_name, path, &st, parent, err);
		} else {
			err_sys(&problem, sys, "'%s/%s'", dir, e->d_name);
			tree_note_problem(at->tree, &problem);
		}
	}
	if (rc == 0 && errno != 0) {
		err_sys(&problem, errno, "'%s'", dir);
		tree_note_problem(at->tree, &problem);
	}
	closedir(d);
	return rc;
}

int walk_homes(const struct walk *at, walk_visit_fn visit, struct err *err)
{
	const char *const *homes = at->backend->homes;
	for (size_t i = 0; homes[i] != NULL; i++) {
		struct stat st;
		int rc = root_stat(at->root, homes[i], &st);
		if (rc == -ENOENT || rc == -ENOTDIR)
			continue;
		if (walk_each(at, homes[i], visit, NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* Firmware and boot loader own the first two of a TDX guest. */
static void set_tdx_facts(struct mr *mr)
{
	mr->cc_mr_index = mr_cc_index(mr->provider, mr->name);
	if (mr->cc_mr_index == 1 || mr->cc_mr_index == 2)
		mr->flags |= MR_FIRMWARE;
}

struct mr *walk_add_mr(const struct walk *at, const char *name, const char *hash, const char *path,
	struct err *err)
{
	struct mr *mr = mr_list_add(&at->tree->mrs, at->provider, name, hash, err);
	if (mr == NULL)
		return NULL;
	mr->abi = at->backend;
	mr->path = strdup(path);
	if (mr->path == NULL) {
		err_sys(err, ENOMEM, "registers");
		return NULL;
	}
	set_tdx_facts(mr);
	return mr;
}
