/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FUSE over the tree. An inode number holds the node's index and, for event_log, how many records
 * the log had: so a path finds the newest file, and an old descriptor still says what it was opened
 * on.
 */
#include "fs.h"

#include "value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READ_MAX ((size_t)1 << 20)

void (*fs_ready)(void);
static time_t started;

static struct sim *sim_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static bool is_dir(const struct node *n)
{
	return S_ISDIR(n->mode);
}

static fuse_ino_t ino_of(const struct tree *t, size_t at)
{
	return ((fuse_ino_t)node_gen(&t->nodes[at]) << 16) | (at + 1);
}

static size_t ino_index(fuse_ino_t ino)
{
	return (ino & 0xffff) - 1;
}

static uint32_t ino_gen(fuse_ino_t ino)
{
	return (uint32_t)(ino >> 16);
}

static struct node *node_of(fuse_req_t req, fuse_ino_t ino)
{
	return &sim_of(req)->tree.nodes[ino_index(ino)];
}

/* As on any file system: find takes two links for a directory with nothing below. */
static nlink_t links(const struct tree *t, size_t at)
{
	nlink_t n = is_dir(&t->nodes[at]) ? 2 : 1;

	for (size_t i = 1; i < t->n; i++)
		n += t->nodes[i].parent == at && is_dir(&t->nodes[i]);
	return n;
}

static void fill(const struct sim *sim, fuse_ino_t ino, struct fuse_entry_param *e)
{
	const struct node *n = &sim->tree.nodes[ino_index(ino)];

	/* Only event_log changes behind the kernel's back; the rest may be cached. */
	double timeout = n->ops && n->ops->versioned ? 0 : 3600;

	memset(e, 0, sizeof(*e));
	e->ino = ino;
	e->attr_timeout = timeout;
	e->entry_timeout = timeout;
	e->attr.st_ino = ino;
	e->attr.st_mode = node_mode(n);
	e->attr.st_nlink = links(&sim->tree, ino_index(ino));
	e->attr.st_uid = n->uid;
	e->attr.st_gid = n->gid;
	e->attr.st_size = n->ops ? (off_t)n->ops->size(n, ino_gen(ino)) : 0;
	e->attr.st_blksize = 4096;
	e->attr.st_atime = e->attr.st_mtime = e->attr.st_ctime = started;
}

/*
 * Counts the operation, lets its faults happen that come before it, and says whether it goes on; if
 * not, it is answered. The control files are out of reach of faults.
 */
static bool begin(fuse_req_t req, struct node *n, enum op op, struct fault_hit *hit)
{
	struct sim *sim = sim_of(req);

	memset(hit, 0, sizeof(*hit));
	n->counts[op]++;
	if (!strncmp(n->path, ".tsmsim", 7))
		return true;
	*hit = faults_match(&sim->faults, n->path, op);
	sim->hit = *hit;
	value_foreign(n, hit, false);
	if (hit->before)
		reply_finish(req, &(struct reply){.err = hit->before}, hit);
	else if (hit->hang)
		reply_hang(req, NULL);
	return !hit->before && !hit->hang;
}

/* From here on the operation is in the provider, until r is given as its answer. */
static void enter(fuse_req_t req, struct node *n, enum access access, struct reply *r)
{
	char who[200];

	if (!n->p || !n->ops->locks || access == ACCESS_NONE || !n->p->contends)
		return;
	(void)snprintf(who, sizeof(who), "%s of %s by process %d",
		access == ACCESS_WRITE && n->ops->write ? "write" : "read", n->path,
		(int)fuse_req_ctx(req)->pid);
	provider_enter(n->p, access, who);
	r->in = n->p;
	r->access = access;
}

/* At the end of a file there is nothing to ask for; a stale value is fetched as by a writer. */
static enum access access_of_read(const struct node *n, off_t off)
{
	if (!n->ops->locks || (size_t)off >= n->ops->size(n, node_gen(n)))
		return ACCESS_NONE;
	if (!n->ops->versioned && (n->mr->flags & MR_L) && !n->p->in_sync)
		return ACCESS_WRITE;
	return ACCESS_READ;
}

/* The answer may borrow the register's bytes; whoever comes after the operation comes after it. */
static void finish(
	fuse_req_t req, struct node *n, const struct reply *r, const struct fault_hit *hit)
{
	reply_finish(req, r, hit);
	value_foreign(n, hit, true);
}

static void finish_err(fuse_req_t req, struct node *n, int err, const struct fault_hit *hit)
{
	finish(req, n, &(struct reply){.kind = REPLY_ERR, .err = err}, hit);
}

/* The same for an operation that has entered its provider with r. */
static void finish_failed(
	fuse_req_t req, struct node *n, const struct reply *r, int err, const struct fault_hit *hit)
{
	struct reply failed = {
		.kind = REPLY_ERR, .err = err, .in = r->in, .access = r->access, .away = r->away};

	finish(req, n, &failed, hit);
}

/* Whether event_log has been removed and is not there again. */
static bool is_away(const struct node *n)
{
	return n->ops && n->ops->versioned && n->log->away;
}

static void fs_init(void *userdata, struct fuse_conn_info *conn)
{
	/* O_TRUNC must come as a setattr, whose answer says that the size is what it was. */
	(void)userdata;
	started = time(NULL);
	conn->want &= ~(unsigned)FUSE_CAP_ATOMIC_O_TRUNC;
	/* sendfile reads through the page cache, and takes a short answer for the end: one page each. */
	conn->max_readahead = 0;
	/* A release is a background request: none may wait while its process goes on to read. */
	conn->max_background = UINT16_MAX;
	if (fs_ready)
		fs_ready();
}

static void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct tree *t = &sim_of(req)->tree;
	size_t at = tree_child(t, ino_index(parent), name);
	struct reply r = {.kind = REPLY_ENTRY};
	struct fault_hit hit;

	if (at == TREE_NONE) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	if (!begin(req, &t->nodes[at], OP_LOOKUP, &hit))
		return;
	if (is_away(&t->nodes[at])) {
		finish_err(req, &t->nodes[at], ENOENT, &hit);
		return;
	}
	fill(sim_of(req), ino_of(t, at), &r.entry);
	finish(req, &t->nodes[at], &r, &hit);
}

static void fs_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct reply r = {.kind = REPLY_ATTR};
	struct fault_hit hit;

	(void)fi;
	if (!begin(req, node_of(req, ino), OP_GETATTR, &hit))
		return;
	fill(sim_of(req), ino, &r.entry);
	finish(req, node_of(req, ino), &r, &hit);
}

static void fs_readlink(fuse_req_t req, fuse_ino_t ino)
{
	fuse_reply_readlink(req, node_of(req, ino)->target);
}

/* Modes and owners change, sizes and times do not: truncation is harmless in sysfs. */
static void fs_setattr(
	fuse_req_t req, fuse_ino_t ino, struct stat *st, int set, struct fuse_file_info *fi)
{
	struct node *n = node_of(req, ino);
	struct reply r = {.kind = REPLY_ATTR};
	struct fault_hit hit;

	(void)fi;
	if (!begin(req, n, OP_SETATTR, &hit))
		return;
	if (set & FUSE_SET_ATTR_MODE) {
		n->mode_now = (n->mode & S_IFMT) | (st->st_mode & 07777);
		n->mode_gen = node_gen(n);
	}
	if (set & FUSE_SET_ATTR_UID)
		n->uid = st->st_uid;
	if (set & FUSE_SET_ATTR_GID)
		n->gid = st->st_gid;
	fill(sim_of(req), ino, &r.entry);
	finish(req, node_of(req, ino), &r, &hit);
}

/* kernfs asks for a permission bit of anybody and for the operation, of root too. */
static int may_open(const struct node *n, fuse_ino_t ino, int flags)
{
	int how = flags & O_ACCMODE;
	mode_t mode = node_mode(n);

	if (flags & O_DIRECT)
		return -EINVAL;
	if (how != O_WRONLY && (!(mode & 0444) || !n->ops->read))
		return -EACCES;
	if (how != O_RDONLY && (!(mode & 0222) || !n->ops->write))
		return -EACCES;
	return ino_gen(ino) == node_gen(n) ? 0 : -ENODEV;
}

static int make_handle(struct sim *sim, fuse_ino_t ino, int flags, struct handle **ret)
{
	struct node *n = &sim->tree.nodes[ino_index(ino)];
	int rc = may_open(n, ino, flags);
	struct handle *h;

	if (rc)
		return rc;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->node = ino_index(ino);
	h->gen = ino_gen(ino);
	h->append = (flags & O_APPEND) != 0;
	rc = n->ops->open ? n->ops->open(sim, n, h) : 0;
	if (rc)
		free(h);
	else
		*ret = h;
	return rc;
}

static void fs_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct reply r = {.kind = REPLY_OPEN};
	struct handle *h = NULL;
	struct fault_hit hit;
	int rc;

	if (!begin(req, node_of(req, ino), OP_OPEN, &hit))
		return;
	rc = make_handle(sim_of(req), ino, fi->flags, &h);
	if (rc) {
		finish_err(req, node_of(req, ino), -rc, &hit);
		return;
	}
	r.fi = *fi;
	r.fi.fh = (uintptr_t)h;
	r.fi.direct_io = 1;
	finish(req, node_of(req, ino), &r, &hit);
}

static void fs_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct handle *h = (struct handle *)(uintptr_t)fi->fh;
	struct node *n = node_of(req, ino);
	struct fault_hit hit;

	if (n->ops->release) {
		n->counts[OP_RELEASE]++;
		hit = faults_match(&sim_of(req)->faults, n->path, OP_RELEASE);
		value_foreign(n, &hit, false);
		if (!hit.before)
			n->ops->release(n, h);
		value_foreign(n, &hit, true);
	}
	handle_free(h);
	fuse_reply_err(req, 0);
}

static void fs_read(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct handle *h = (struct handle *)(uintptr_t)fi->fh;
	struct node *n = node_of(req, ino);
	struct reply r = {.kind = REPLY_BUF};
	struct fault_hit hit;
	struct view v = {0};
	int rc;

	if (!begin(req, n, OP_READ, &hit))
		return;
	h->dead |= hit.enodev && n->ops->versioned;
	enter(req, n, access_of_read(n, off), &r);
	rc = n->ops->read(n, h, size < READ_MAX ? size : READ_MAX, off, &v);
	if (rc) {
		finish_failed(req, node_of(req, ino), &r, -rc, &hit);
		return;
	}
	h->pos = off + (off_t)v.n;
	r.p = v.p;
	r.n = v.n;
	finish(req, node_of(req, ino), &r, &hit);
}

static void fs_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	struct fuse_file_info *fi)
{
	struct handle *h = (struct handle *)(uintptr_t)fi->fh;
	struct node *n = node_of(req, ino);
	struct reply r = {.kind = REPLY_WRITE};
	struct fault_hit hit;
	uint32_t gen;
	ssize_t rc;

	if (!begin(req, n, OP_WRITE, &hit))
		return;
	if (h->append)
		off = h->pos;
	enter(req, n, ACCESS_WRITE, &r);
	gen = n->log ? n->log->gen : 0;
	rc = n->ops->write(sim_of(req), n, h, (struct view){buf, size}, off, &hit);
	n = node_of(req, ino);
	if (n->log && n->log->gen != gen) {
		r.away = n->log;
		n->log->away++;
	}
	if (rc < 0) {
		finish_failed(req, n, &r, (int)-rc, &hit);
		return;
	}
	h->pos = off + (off_t)rc;
	r.n = (size_t)rc;
	finish(req, node_of(req, ino), &r, &hit);
}

/* Every name of a directory at once. */
struct listing {
	char *buf;
	size_t n, room;
};

static void list_one(
	fuse_req_t req, struct listing *l, const char *name, fuse_ino_t ino, mode_t mode)
{
	struct stat st = {.st_ino = ino, .st_mode = mode};
	size_t took = fuse_add_direntry(req, NULL, 0, name, &st, 0);

	if (took > l->room - l->n) {
		char *buf = realloc(l->buf, 2 * l->room + 4096);

		if (!buf)
			return;
		l->buf = buf;
		l->room = 2 * l->room + 4096;
	}
	fuse_add_direntry(req, l->buf + l->n, took, name, &st, (off_t)(l->n + took));
	l->n += took;
}

static void fs_readdir(
	fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	const struct tree *t = &sim_of(req)->tree;
	size_t dir = ino_index(ino);
	struct reply r = {.kind = REPLY_BUF};
	struct listing l = {.n = 0};
	struct fault_hit hit;

	(void)fi;
	if (!begin(req, node_of(req, ino), OP_READDIR, &hit))
		return;
	list_one(req, &l, ".", ino, S_IFDIR);
	list_one(req, &l, "..", ino_of(t, t->nodes[dir].parent), S_IFDIR);
	for (size_t i = 1; i < t->n; i++)
		if (t->nodes[i].parent == dir && !is_away(&t->nodes[i]))
			list_one(req, &l, t->nodes[i].name, ino_of(t, i), t->nodes[i].mode);
	/* An entry's offset is where the next one starts, so any reader may come back for the rest.
	 */
	if ((size_t)off < l.n) {
		r.p = l.buf + off;
		r.n = l.n - (size_t)off < size ? l.n - (size_t)off : size;
	}
	finish(req, node_of(req, ino), &r, &hit);
	free(l.buf);
}

static void fs_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st = {.f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255};

	(void)ino;
	fuse_reply_statfs(req, &st);
}

/* Nothing is made or removed from user space but an entry of rtmrs or report: O_CREAT is EACCES, all
 * else EPERM. */

static void fs_create(
	fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)fi;
	fuse_reply_err(req, EACCES);
}

/* The inode number leaves 16 bits to a node; sysfs would run out of memory first. */
static int make_dir(struct sim *sim, size_t parent, const char *name)
{
	int (*make)(struct sim *, size_t) = sim->tree.nodes[parent].make;
	char path[160];
	size_t at;
	int rc;

	if (strlen(name) >= sizeof(sim->tree.nodes[parent].name))
		return -ENAMETOOLONG;
	if (sim->tree.n > UINT16_MAX - 16)
		return -ENOMEM;
	(void)snprintf(path, sizeof(path), "%.90s/%.63s", sim->tree.nodes[parent].path, name);
	if (tree_child(&sim->tree, parent, name) != TREE_NONE)
		return -EEXIST;
	at = tree_dir(&sim->tree, parent, name, path);
	if (at == TREE_NONE)
		return -ENOMEM;
	rc = make(sim, at);
	if (rc)
		tree_remove(&sim->tree, at);
	return rc;
}

static void fs_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct sim *sim = sim_of(req);
	struct reply r = {.kind = REPLY_ENTRY};
	struct fault_hit hit;
	int rc;

	(void)mode;
	if (!node_of(req, parent)->make) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (!begin(req, node_of(req, parent), OP_MKDIR, &hit))
		return;
	rc = make_dir(sim, ino_index(parent), name);
	if (rc) {
		finish_err(req, node_of(req, parent), -rc, &hit);
		return;
	}
	fill(sim, ino_of(&sim->tree, tree_child(&sim->tree, ino_index(parent), name)), &r.entry);
	finish(req, node_of(req, parent), &r, &hit);
}

static void fs_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)rdev;
	fuse_reply_err(req, EPERM);
}

static void fs_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	fs_mknod(req, parent, name, 0, 0);
}

/* The files of an entry go with it. */
static void fs_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct sim *sim = sim_of(req);
	size_t at = tree_child(&sim->tree, ino_index(parent), name);
	struct fault_hit hit;

	if (at == TREE_NONE || !node_of(req, parent)->removes) {
		fuse_reply_err(req, at == TREE_NONE ? ENOENT : EPERM);
		return;
	}
	if (!begin(req, node_of(req, parent), OP_RMDIR, &hit))
		return;
	tree_remove(&sim->tree, at);
	finish_err(req, node_of(req, parent), 0, &hit);
}

static void fs_symlink(fuse_req_t req, const char *link, fuse_ino_t parent, const char *name)
{
	(void)link;
	fs_mknod(req, parent, name, 0, 0);
}

static void fs_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	(void)ino;
	fs_mknod(req, parent, name, 0, 0);
}

static void fs_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	const char *newname, unsigned flags)
{
	(void)newparent;
	(void)newname;
	(void)flags;
	fs_mknod(req, parent, name, 0, 0);
}

const struct fuse_lowlevel_ops fs_ops = {
	.init = fs_init,
	.lookup = fs_lookup,
	.getattr = fs_getattr,
	.readlink = fs_readlink,
	.setattr = fs_setattr,
	.open = fs_open,
	.release = fs_release,
	.read = fs_read,
	.write = fs_write,
	.readdir = fs_readdir,
	.statfs = fs_statfs,
	.create = fs_create,
	.mkdir = fs_mkdir,
	.mknod = fs_mknod,
	.unlink = fs_unlink,
	.rmdir = fs_rmdir,
	.symlink = fs_symlink,
	.link = fs_link,
	.rename = fs_rename,
};
