/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsm-mr: Linux 6.16 and later. A misc device of a TVM's guest driver has a folder "measurements"
 * ("mr" in the postings of April 2025), and in it one file per register: NAME, or NAME:HASH where
 * the register has a hash. Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest. A read
 * gives the value, a write at offset 0 of exactly its size extends; no log is kept. What a register
 * can do is read from its mode, never from its name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "kernel/walk.h"

static void describe(struct mr *mr, const char *path, const struct stat *st)
{
	if (st->st_mode & 0444)
		mr->flags |= MR_READABLE;
	if (st->st_mode & 0222) {
		mr->flags |= MR_RUNTIME;
		mr_keep_journal(mr);
	}
	if (!S_ISREG(st->st_mode))
		err_set(&mr->bad, ST_FORMAT, "'%s': not a regular file", path);
	else if (st->st_size < 1 || st->st_size > VALUE_SIZE_MAX)
		err_set(&mr->bad, ST_FORMAT, "'%s': a register of %lld bytes", path,
			(long long)st->st_size);
	else if ((mr->flags & MR_RUNTIME) && st->st_size > DIGEST_SIZE_MAX)
		err_set(&mr->bad, ST_FORMAT, "'%s': a runtime register of %lld bytes", path,
			(long long)st->st_size);
	else if (mr->alg > HASH_UNKNOWN && st->st_size != (off_t)hash_size(mr->alg))
		err_set(&mr->bad, ST_FORMAT, "'%s': %lld bytes, but %s has %zu", path,
			(long long)st->st_size, hash_name(mr->alg), hash_size(mr->alg));
	else
		mr->size = (uint32_t)st->st_size;
}

/* A suffix that is no hash known here is shown as it stands; its length says nothing. */
static int visit_register(const struct walk *at, const char *file, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)parent;
	AUTO_FREE char *name = strdup(file);
	if (name == NULL)
		return err_sys(err, ENOMEM, "registers");
	char *colon = strrchr(name, ':');
	enum hash_alg alg = HASH_NONE;
	if (colon != NULL) {
		*colon = '\0';
		alg = hash_by_name(bytes_of(colon + 1));
	}
	const char *hash = alg > HASH_UNKNOWN ? hash_name(alg) : colon != NULL ? colon + 1 : NULL;
	struct mr *mr = walk_add_mr(at, name, hash, path, err);
	if (mr == NULL)
		return -1;
	mr->alg = alg;
	describe(mr, path, st);
	return 0;
}

/* The folder of a device's registers, allocated; NULL with a status in err: no memory. */
static char *find_folder(const struct walk *at, const char *device, struct err *err)
{
	static const char *const names[] = {"measurements", "mr"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat st;
		char *path = walk_join(device, names[i]);
		if (path == NULL) {
			err_sys(err, ENOMEM, "registers");
			return NULL;
		}
		if (root_stat(at->root, path, &st) == 0 && S_ISDIR(st.st_mode))
			return path;
		free(path);
	}
	*err = (struct err){0};
	return NULL;
}

static int visit_device(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)parent;
	int has = S_ISDIR(st->st_mode) ? mr_list_has_provider(&at->tree->mrs, name, err) : 1;
	if (has != 0)
		return has < 0 ? -1 : 0;
	AUTO_FREE char *folder = find_folder(at, path, err);
	if (folder == NULL)
		return err->status != ST_OK ? -1 : 0;
	at->tree->n_providers++;
	struct walk inside = *at;
	inside.provider = name;
	return walk_each(&inside, folder, visit_register, NULL, err);
}

/* Devices with a parent are in neither place but the second; the others are in both. */
static const char *const homes[] = {
	"/sys/devices/virtual/misc",
	"/sys/class/misc",
	NULL,
};

static int probe(
	const struct root *root, const struct backend *backend, struct tree *tree, struct err *err)
{
	struct walk at = {root, backend, tree, ""};
	return walk_homes(&at, visit_device, err);
}

static int read_value(const struct root *root, const struct mr *mr, uint8_t *buf, struct err *err)
{
	return mr_read_file(root, mr, mr->path, buf, err);
}

static int extend_digest(const struct root *root, const struct mr *mr, const struct digest *digest,
	bool *tried, struct err *err)
{
	return root_write_once(root, mr->path, digest_bytes(digest), tried, err);
}

const struct backend backend_mr = {
	.name = "tsm-mr",
	.summary = "Linux 6.16 and later, /sys/devices/virtual/misc/*/measurements",
	.homes = homes,
	.probe = probe,
	.read = read_value,
	.extend_digest = extend_digest,
};
