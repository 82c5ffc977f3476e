/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsm-rfc: the tree of "[RFC PATCH] tsm: Unified Measurement Register ABI for TVMs", September 2024
 * to February 2025, in all its dialects. v1: a static register is a file, a runtime one a folder
 * with digest, hash_algo, event_log and append_event. v2: every register is a folder with digest and
 * hash_algo. v3: REGISTER/HASH/digest. That append_event is there says that the kernel keeps the
 * log: event_log is removed and made again with every record. Without logs, a digest that can be
 * written is set by the write or extended by it, and no mode tells which: the posted providers call
 * the extended ones rtmr* and rem*.
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
	struct err bad; /* with a status: whether a file is there could not be told */
};

static bool is_in(
	const struct walk *at, int fd, struct folder *f, const char *name, struct stat *ret)
{
	int rc = root_stat_in(at->root, fd, f->path, name, ret);
	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR && f->bad.status == ST_OK)
		err_sys(&f->bad, -rc, "'%s/%s'", f->path, name);
	return rc == 0;
}

/* A folder that cannot be opened has nothing in it. */
static void look_into(const struct walk *at, const char *path, struct folder *ret)
{
	struct stat st;
	AUTO_CLOSE int fd = root_at(at->root, path, O_PATH | O_DIRECTORY, 0);
	*ret = (struct folder){.path = path};
	if (fd < 0 || !is_in(at, fd, ret, "digest", &ret->digest))
		return;
	ret->has_digest = true;
	ret->has_algo = is_in(at, fd, ret, "hash_algo", &st);
	ret->has_log = is_in(at, fd, ret, "event_log", &st);
	ret->has_append = is_in(at, fd, ret, "append_event", &ret->append);
}

static int add_static(const struct walk *at, const char *name, const char *path,
	const struct stat *st, struct err *err)
{
	struct mr *mr = walk_add_mr(at, name, NULL, path, err);
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

static bool is_runtime_name(const char *name)
{
	return strncmp(name, "rtmr", 4) == 0 || strncmp(name, "rem", 3) == 0;
}

/* What may be done with it, and who keeps its log. */
static void describe_rights(struct mr *mr, const struct folder *f)
{
	bool writable = (f->digest.st_mode & 0222) != 0;
	if (f->digest.st_mode & 0444)
		mr->flags |= MR_READABLE;
	if (f->has_append || f->has_log) {
		mr->flags |= MR_RUNTIME;
		mr->log = LOG_OF_KERNEL;
		if (f->has_append && (f->append.st_mode & 0222))
			mr->flags |= MR_TAKES_EVENT;
		if (writable)
			mr->flags |= MR_TAKES_DIGEST;
	} else if (writable && is_runtime_name(mr->name)) {
		mr_make_runtime(mr);
	} else if (writable) {
		mr->flags |= MR_WRITABLE | MR_MAY_EXTEND;
	}
}

static void describe(struct mr *mr, const struct folder *f)
{
	off_t size = f->digest.st_size;
	mr->folder = true;
	describe_rights(mr, f);
	mr->size = (uint32_t)hash_size(mr->alg);
	if (!S_ISREG(f->digest.st_mode))
		err_set(&mr->bad, ST_FORMAT, "'%s/digest': not a regular file", f->path);
	else if (mr->alg > HASH_UNKNOWN && size != 0 && size != (off_t)mr->size)
		err_set(&mr->bad, ST_FORMAT, "'%s/digest': %lld bytes, but %s has %u", f->path,
			(long long)size, hash_name(mr->alg), mr->size);
	else if (mr->alg <= HASH_UNKNOWN &&
		 (size < 1 || size > (mr->flags & MR_RUNTIME ? DIGEST_SIZE_MAX : VALUE_SIZE_MAX)))
		err_set(&mr->bad, ST_FORMAT, "'%s/digest': a register of %lld bytes", f->path,
			(long long)size);
	else if (mr->alg <= HASH_UNKNOWN)
		mr->size = (uint32_t)size;
	if (f->bad.status != ST_OK)
		mr->bad = f->bad;
}

/* Names as the kernel has them, so that what is shown is a name and not any bytes of a file. */
static bool is_hash_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	return n > 0 && s[n] == '\0';
}

/* What hash_algo says, known here or not; a runtime register without it cannot be explained by any
 * log. */
static int read_hash_algo(const struct root *root, const struct folder *f,
	char ret[static HASH_NAME_MAX + 1], struct err *err)
{
	AUTO_FREE char *path = walk_join(f->path, "hash_algo");
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
	size_t shown = n < HASH_NAME_MAX ? n : HASH_NAME_MAX;
	memcpy(ret, text, shown);
	ret[shown] = '\0';
	if (shown < n || memchr(ret, '\0', shown) != NULL || !is_hash_name(ret)) {
		err_set(err, ST_FORMAT, "'%s': not the name of a hash: '%.*s'", path, (int)shown,
			ret);
		ret[0] = '\0';
		return -1;
	}
	return 0;
}

static struct mr *add_folder(const struct walk *at, const char *name, const char *hash,
	const struct folder *f, struct err *err)
{
	enum hash_alg alg = hash != NULL ? hash_by_name(bytes_of(hash)) : HASH_NONE;
	struct mr *mr =
		walk_add_mr(at, name, alg > HASH_UNKNOWN ? hash_name(alg) : hash, f->path, err);
	if (mr == NULL)
		return NULL;
	mr->alg = alg;
	describe(mr, f);
	return mr;
}

/* v1 and v2: REGISTER/digest with REGISTER/hash_algo. */
static int add_with_algo(
	const struct walk *at, const char *name, const struct folder *f, struct err *err)
{
	char hash[HASH_NAME_MAX + 1] = "";
	struct err bad = {0};
	/* A static register needs none. */
	bool none = !f->has_algo && !(f->digest.st_mode & 0222) && !f->has_append && !f->has_log;
	if (!none && read_hash_algo(at->root, f, hash, &bad) < 0 && bad.sys == ENOMEM) {
		*err = bad;
		return -1;
	}
	struct mr *mr = add_folder(at, name, hash[0] != '\0' ? hash : NULL, f, err);
	if (mr == NULL)
		return -1;
	if (bad.status != ST_OK) {
		mr->alg = HASH_UNKNOWN;
		mr->bad = bad;
	}
	return 0;
}

/* v3: REGISTER/HASH/digest. */
static int visit_hash(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	struct folder f;
	if (!S_ISDIR(st->st_mode))
		return 0;
	look_into(at, path, &f);
	if (!f.has_digest)
		return 0;
	return add_folder(at, parent, name, &f, err) != NULL ? 0 : -1;
}

static int visit_register(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)parent;
	struct folder f;
	if (S_ISREG(st->st_mode))
		return add_static(at, name, path, st, err);
	if (!S_ISDIR(st->st_mode)) {
		struct mr *mr = walk_add_mr(at, name, NULL, path, err);
		if (mr != NULL)
			err_set(&mr->bad, ST_FORMAT, "'%s': not a regular file", path);
		return mr != NULL ? 0 : -1;
	}
	look_into(at, path, &f);
	if (f.has_digest)
		return add_with_algo(at, name, &f, err);
	return walk_each(at, path, visit_hash, name, err);
}

static int visit_provider(const struct walk *at, const char *name, const char *path,
	const struct stat *st, const char *parent, struct err *err)
{
	(void)parent;
	int has = S_ISDIR(st->st_mode) && is_provider_name(name)
			  ? mr_list_has_provider(&at->tree->mrs, name, err)
			  : 1;
	if (has != 0)
		return has < 0 ? -1 : 0;
	at->tree->n_providers++;
	struct walk inside = *at;
	inside.provider = name;
	return walk_each(&inside, path, visit_register, NULL, err);
}

static const char *const homes[] = {
	"/sys/kernel/tsm",
	"/sys/kernel/config/tsm",
	"/sys/kernel/security/tsm",
	NULL,
};

static int rfc_probe(
	const struct root *root, const struct backend *backend, struct tree *tree, struct err *err)
{
	struct walk at = {root, backend, tree, ""};
	return walk_homes(&at, visit_provider, err);
}

static char *file_of(const struct mr *mr, const char *name)
{
	return mr->folder ? walk_join(mr->path, name) : strdup(mr->path);
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

/* Whether the folder has this file now: 1, 0, or -1 with err. */
static int has_now(const struct root *root, const struct mr *mr, const char *name, struct err *err)
{
	struct stat st;
	AUTO_FREE char *path = file_of(mr, name);
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	int rc = root_stat(root, path, &st);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	return rc < 0 ? err_sys(err, -rc, "'%s'", path) : 1;
}

/* No log was seen, perhaps because a record was being added: then it is there now. */
static int rfc_recheck(const struct root *root, struct mr *mr, struct err *err)
{
	if (!mr->folder || mr->log == LOG_OF_KERNEL)
		return 0;
	int has_append = has_now(root, mr, "append_event", err);
	int has_log = has_append < 0 ? -1 : has_now(root, mr, "event_log", err);
	if (has_log < 0)
		return -1;
	if (has_append > 0 || has_log > 0) {
		bool writable = (mr->flags & (MR_WRITABLE | MR_TAKES_DIGEST)) != 0;
		mr->flags &= ~(unsigned)(MR_WRITABLE | MR_MAY_EXTEND | MR_EXTENSIBLE);
		mr->flags |= MR_RUNTIME | (has_append > 0 ? MR_TAKES_EVENT : 0) |
			     (writable ? MR_TAKES_DIGEST : 0);
		mr->log = LOG_OF_KERNEL;
	}
	return 0;
}

static int rfc_log_size(const struct root *root, const struct mr *mr, off_t *ret, struct err *err)
{
	struct stat st;
	AUTO_FREE char *path = file_of(mr, "event_log");
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", mr->full);
	int rc = root_stat(root, path, &st);
	if (rc < 0)
		return err_sys(err, -rc, "'%s'", path);
	*ret = st.st_size;
	return 0;
}

const struct backend backend_rfc = {
	.name = "tsm-rfc",
	.summary = "the RFC's tree, /sys/kernel/tsm, 2024 to 2025",
	.homes = homes,
	.contends = true,
	.probe = rfc_probe,
	.recheck = rfc_recheck,
	.read = rfc_read,
	.extend_digest = rfc_extend_digest,
	.append_event = rfc_append_event,
	.write = rfc_write,
	.open_log = rfc_open_log,
	.log_size = rfc_log_size,
};
