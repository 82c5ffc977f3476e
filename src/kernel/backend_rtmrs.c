/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsm-rtmrs: "[RFC PATCH v2] configfs-tsm: measurement registers", January 2024; never merged, but
 * in kernels of Google's COS. A register is reached through an entry, a folder that user space makes
 * and gives an index, once and until reboot. The digest that is written to an entry is extended when
 * the file is closed, and what goes wrong then is lost: only the register tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "kernel/walk.h"

static const char home[] = "/sys/kernel/config/tsm/rtmrs";
static const char *const homes[] = {home, NULL};

enum { REGISTERS = 4, FIRST_EXTENSIBLE = 2 }; /* the kernel refuses 0 and 1 */

/* The index of an entry; -1 if it has none yet, or nothing that can be understood. */
static int index_of(const struct root *root, const char *entry)
{
	AUTO_FREE char *path = walk_join(entry, "index");
	struct err err;
	char text[16];
	size_t n;
	if (path == NULL || root_read(root, path, text, sizeof(text), &n, &err) < 0)
		return -1;
	if (n > 0 && text[n - 1] == '\n')
		n--;
	return n == 1 && text[0] >= '0' && text[0] < '0' + REGISTERS ? text[0] - '0' : -1;
}

static char *read_tcg_map(const struct root *root, const char *entry)
{
	AUTO_FREE char *path = walk_join(entry, "tcg_map");
	struct err err;
	char text[64];
	size_t n;
	if (path == NULL || root_read(root, path, text, sizeof(text) - 1, &n, &err) < 0)
		return NULL;
	if (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return bytes_visible(text);
}

/* The register that an entry stands for; NULL: none of these. */
static struct mr *mr_of_index(const struct walk *at, int index)
{
	const struct mr_list *mrs = &at->tree->mrs;
	for (size_t i = 0; index >= 0 && i < mrs->n; i++)
		if (mrs->mr[i]->abi == at->backend && mrs->mr[i]->cc_mr_index == index + 1)
			return mrs->mr[i];
	return NULL;
}

static int set_entry(const struct root *root, struct mr *mr, const char *entry, struct err *err)
{
	char *path = strdup(entry);
	if (path == NULL)
		return err_sys(err, ENOMEM, "registers");
	free(mr->path);
	free(mr->tcg_map);
	mr->path = path;
	mr->folder = true;
	mr->flags |= MR_READABLE | MR_HAS_ENTRY;
	mr->tcg_map = read_tcg_map(root, entry);
	return 0;
}

static int visit_entry(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)name;
	(void)parent;
	if (!S_ISDIR(st->st_mode))
		return 0;
	struct mr *mr = mr_of_index(at, index_of(at->root, path));
	return mr == NULL || (mr->flags & MR_HAS_ENTRY) ? 0 : set_entry(at->root, mr, path, err);
}

static int probe(
	const struct root *root, const struct backend *backend, struct tree *tree, struct err *err)
{
	struct walk at = {root, backend, tree, "rtmrs"};
	struct stat st;
	if (root_stat(root, home, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	tree->n_providers++;
	for (int i = 0; i < REGISTERS; i++) {
		char name[] = {'r', 't', 'm', 'r', (char)('0' + i), '\0'};
		struct mr *mr = walk_add_mr(&at, name, hash_name(HASH_SHA384), home, err);
		if (mr == NULL)
			return -1;
		mr->alg = HASH_SHA384;
		mr->size = (uint32_t)hash_size(mr->alg);
		mr->flags |= MR_RUNTIME | MR_BY_ENTRY;
		if (i >= FIRST_EXTENSIBLE)
			mr_keep_journal(mr);
	}
	return walk_each(&at, home, visit_entry, NULL, err);
}

/* Looks again for an entry that has this register's index. */
static int look_for_entry(const struct root *root, struct mr *mr, struct err *err)
{
	struct mr_list one = {&mr, 1};
	struct tree tree = {.mrs = one};
	struct walk at = {root, mr->abi, &tree, mr->provider};
	return walk_each(&at, home, visit_entry, NULL, err);
}

/* The kernel says EBUSY or EINVAL for an index that another entry has. */
static int give_index(const struct root *root, struct mr *mr, const char *entry, struct err *err)
{
	AUTO_FREE char *path = walk_join(entry, "index");
	char digit = (char)('0' + mr->cc_mr_index - 1);
	struct err why;
	bool tried;
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	if (root_write_once(root, path, (struct bytes){(uint8_t *)&digit, 1}, &tried, &why) == 0)
		return set_entry(root, mr, entry, err);
	if (look_for_entry(root, mr, err) < 0)
		return -1;
	if (mr->flags & MR_HAS_ENTRY)
		return 0;
	*err = why;
	return -1;
}

/* An entry stays until reboot, so the name says whose it is, and one that was left without an index
 * is used again. */
static int prepare(const struct root *root, struct mr *mr, struct err *err)
{
	char name[32];
	if (mr->flags & MR_HAS_ENTRY)
		return 0;
	if (look_for_entry(root, mr, err) < 0 || (mr->flags & MR_HAS_ENTRY))
		return mr->flags & MR_HAS_ENTRY ? 0 : -1;
	snprintf(name, sizeof(name), "tsmctl-%.8s", mr->name);
	AUTO_FREE char *entry = walk_join(home, name);
	AUTO_CLOSE int dir = root_at(root, home, O_RDONLY | O_DIRECTORY, 0);
	if (entry == NULL || dir < 0)
		return err_sys(err, entry == NULL ? ENOMEM : -dir, "'%s'", home);
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "'%s'", entry);
	return give_index(root, mr, entry, err);
}

static int read_value(const struct root *root, const struct mr *mr, uint8_t *buf, struct err *err)
{
	AUTO_FREE char *path = walk_join(mr->path, "digest");
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	return mr_read_file(root, mr, path, buf, err);
}

static int extend_digest(const struct root *root, const struct mr *mr, const struct digest *digest,
	bool *tried, struct err *err)
{
	AUTO_FREE char *path = walk_join(mr->path, "digest");
	*tried = false;
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	return root_write_once(root, path, digest_bytes(digest), tried, err);
}

const struct backend backend_rtmrs = {
	.name = "tsm-rtmrs",
	.summary = "the older configfs tree, /sys/kernel/config/tsm/rtmrs, 2024",
	.homes = homes,
	.probe = probe,
	.prepare = prepare,
	.read = read_value,
	.extend_digest = extend_digest,
};
