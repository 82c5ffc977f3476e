/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsm-rfc: the tree of "[RFC PATCH] tsm: Unified Measurement Register ABI for TVMs", September 2024
 * to February 2025, in all its dialects. v1: a static register is a file, a runtime one a folder
 * with digest, hash_algo, event_log and append_event. v2: REGISTER/digest and hash_algo. v3 and
 * later: REGISTER/HASH/digest. What a register can do is read from mode bits and from which files
 * there are, never from its name.
 */
#include "kernel/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

/* configfs has these folders beside providers; they belong to other interfaces. */
static bool is_provider_name(const char *name)
{
	return name[0] != '.' && strcmp(name, "report") != 0 && strcmp(name, "rtmrs") != 0;
}

/* The folder of a register, and what it has in it. */
struct folder {
	const char *path;
	bool has_digest, has_algo, has_log, has_append;
	struct stat digest, append;
};

static bool is_in(
	const struct place *at, int fd, const char *dir, const char *name, struct stat *ret)
{
	return root_stat_in(at->root, fd, dir, name, ret) == 0;
}

/* A folder that cannot be opened has nothing in it. */
static void look_into(const struct place *at, const char *path, struct folder *ret)
{
	struct stat st;
	AUTO_CLOSE int fd = root_at(at->root, path, O_PATH | O_DIRECTORY, 0);
	*ret = (struct folder){.path = path};
	if (fd < 0 || !is_in(at, fd, path, "digest", &ret->digest))
		return;
	ret->has_digest = true;
	ret->has_algo = is_in(at, fd, path, "hash_algo", &st);
	ret->has_log = is_in(at, fd, path, "event_log", &st);
	ret->has_append = is_in(at, fd, path, "append_event", &ret->append);
}

static int add_static(const struct place *at, const char *name, const char *path,
	const struct stat *st, struct err *err)
{
	struct mr *mr = place_add_mr(at, name, NULL, path, err);
	if (mr == NULL)
		return -1;
	if (st->st_mode & 0444)
		mr->flags |= MR_READABLE;
	if (st->st_mode & 0222)
		mr->flags |= MR_WRITABLE;
	if (st->st_size < 1 || st->st_size > VALUE_SIZE_MAX)
		err_set(&mr->bad, ST_FORMAT, "'%s': a register of %lld bytes", path,
			(long long)st->st_size);
	else
		mr->size = (uint32_t)st->st_size;
	return 0;
}

/* Rights, size and log keeper. */
static void describe(struct mr *mr, const struct folder *f)
{
	mr->folder = true;
	if (f->digest.st_mode & 0444)
		mr->flags |= MR_READABLE;
	if (f->digest.st_mode & 0222)
		mr->flags |= MR_RUNTIME | MR_TAKES_DIGEST;
	if (f->has_append && (f->append.st_mode & 0222))
		mr->flags |= MR_TAKES_EVENT;
	if (f->has_log || f->has_append)
		mr->flags |= MR_RUNTIME;
	if (f->has_log)
		mr->log = LOG_OF_KERNEL;
	else if (mr->flags & MR_TAKES_DIGEST)
		mr_keep_journal(mr);

	off_t size = f->digest.st_size;
	mr->size = (uint32_t)hash_size(mr->alg);
	if (!S_ISREG(f->digest.st_mode))
		err_set(&mr->bad, ST_FORMAT, "'%s/digest': not a regular file", f->path);
	else if (mr->alg > HASH_UNKNOWN && size != 0 && size != (off_t)mr->size)
		err_set(&mr->bad, ST_FORMAT, "'%s/digest': %lld bytes, but %s has %u", f->path,
			(long long)size, hash_name(mr->alg), mr->size);
	else if (mr->alg <= HASH_UNKNOWN && size > 0 && size <= VALUE_SIZE_MAX)
		mr->size = (uint32_t)size;
}

/* What hash_algo says; a runtime register without it cannot be explained by any log. */
static int read_hash_algo(
	const struct root *root, const struct folder *f, enum hash_alg *ret, struct err *err)
{
	AUTO_FREE char *path = path_join(f->path, "hash_algo");
	char text[KERNEL_TEXT_MAX];
	size_t n;
	if (path == NULL)
		return err_sys(err, ENOMEM, "registers");
	if (!f->has_algo)
		return err_set(err, ST_FORMAT, "'%s': missing: its hash cannot be known", path);
	if (root_read(root, path, text, sizeof(text), &n, err) < 0)
		return -1;
	while (n > 0 && text[n - 1] == '\n')
		n--;
	*ret = hash_by_name((struct bytes){(uint8_t *)text, n});
	if (*ret == HASH_UNKNOWN)
		return err_set(err, ST_FORMAT, "'%s': no hash name known here: '%.*s'", path,
			n < 32 ? (int)n : 32, text);
	return 0;
}

/* v1 and v2: REGISTER/digest with REGISTER/hash_algo. */
static int add_with_algo(
	const struct place *at, const char *name, const struct folder *f, struct err *err)
{
	enum hash_alg alg = HASH_UNKNOWN;
	struct err bad = {0};
	if (!f->has_algo && !(f->digest.st_mode & 0222) && !f->has_append && !f->has_log)
		alg = HASH_NONE; /* static: it needs none */
	else
		read_hash_algo(at->root, f, &alg, &bad);
	struct mr *mr =
		place_add_mr(at, name, alg > HASH_UNKNOWN ? hash_name(alg) : NULL, f->path, err);
	if (mr == NULL)
		return -1;
	mr->alg = alg;
	describe(mr, f);
	if (bad.status != ST_OK)
		mr->bad = bad;
	return 0;
}

/* v3: REGISTER/HASH/digest. */
static int visit_hash(const struct place *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	struct folder f;
	if (!S_ISDIR(st->st_mode))
		return 0;
	look_into(at, path, &f);
	if (!f.has_digest)
		return 0;
	enum hash_alg alg = hash_by_name(bytes_of(name));
	struct mr *mr =
		place_add_mr(at, parent, alg != HASH_UNKNOWN ? hash_name(alg) : name, path, err);
	if (mr == NULL)
		return -1;
	mr->alg = alg;
	describe(mr, &f);
	return 0;
}

static int visit_register(const struct place *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)parent;
	struct folder f;
	if (S_ISREG(st->st_mode))
		return add_static(at, name, path, st, err);
	if (!S_ISDIR(st->st_mode)) {
		struct mr *mr = place_add_mr(at, name, NULL, path, err);
		if (mr != NULL)
			err_set(&mr->bad, ST_FORMAT, "'%s': not a regular file", path);
		return mr != NULL ? 0 : -1;
	}
	look_into(at, path, &f);
	if (f.has_digest)
		return add_with_algo(at, name, &f, err);
	return place_each(at, path, visit_hash, name, err);
}

static int visit_provider(const struct place *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)parent;
	if (!S_ISDIR(st->st_mode) || !is_provider_name(name) ||
		mr_list_has_provider(&at->tree->mrs, name))
		return 0;
	at->tree->n_providers++;
	struct place inside = *at;
	inside.provider = name;
	return place_each(&inside, path, visit_register, NULL, err);
}

static const char *const homes[] = {
	"sys/kernel/tsm",
	"sys/kernel/config/tsm",
	"sys/kernel/security/tsm",
	NULL,
};

static int rfc_probe(
	const struct root *root, const struct abi *abi, struct tree *tree, struct err *err)
{
	struct place at = {root, abi, tree, ""};
	for (size_t i = 0; homes[i] != NULL; i++) {
		struct stat st;
		int rc = root_stat(root, homes[i], &st);
		if (rc == -ENOENT || rc == -ENOTDIR)
			continue;
		if (place_each(&at, homes[i], visit_provider, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static char *file_of(const struct mr *mr, const char *name)
{
	return mr->folder ? path_join(mr->path, name) : strdup(mr->path);
}

static int rfc_read(const struct root *root, const struct mr *mr, uint8_t *buf, struct err *err)
{
	AUTO_FREE char *path = file_of(mr, "digest");
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	return mr_read_file(root, mr, path, buf, err);
}

static int write_file(const struct root *root, const struct mr *mr, const char *name,
	struct bytes data, bool *tried, struct err *err)
{
	*tried = false;
	AUTO_FREE char *path = file_of(mr, name);
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	return root_write_once(root, path, data, tried, err);
}

static int rfc_extend_digest(const struct root *root, const struct mr *mr,
	const struct digest *digest, bool *tried, struct err *err)
{
	return write_file(root, mr, "digest", digest_bytes(digest), tried, err);
}

static int rfc_append_event(const struct root *root, const struct mr *mr, struct bytes record,
	bool *tried, struct err *err)
{
	return write_file(root, mr, "append_event", record, tried, err);
}

static int rfc_write(const struct root *root, const struct mr *mr, struct bytes value, bool *tried,
	struct err *err)
{
	return write_file(root, mr, "digest", value, tried, err);
}

static int rfc_open_log(const struct root *root, const struct mr *mr, struct err *err)
{
	AUTO_FREE char *path = file_of(mr, "event_log");
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	return root_snapshot(root, path, err);
}

const struct abi abi_tsm_rfc = {
	.name = "tsm-rfc",
	.summary = "the RFC's tree, /sys/kernel/tsm, 2024 to 2025",
	.homes = homes,
	.probe = rfc_probe,
	.read = rfc_read,
	.extend_digest = rfc_extend_digest,
	.append_event = rfc_append_event,
	.write = rfc_write,
	.open_log = rfc_open_log,
};
