/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_TREE_H
#define TSMSIM_TREE_H

#include "fault.h"
#include "provider.h"
#include "rfclog.h"

#include <sys/stat.h>
#include <sys/types.h>

struct node;
struct sim;
struct report_entry;

/* Bytes that an answer borrows; they hold until the next operation. */
struct view {
	const void *p;
	size_t n;
};

/* An open file. */
struct handle {
	size_t node;
	uint32_t gen; /* of event_log, when it was opened */
	bool dead, append;
	off_t pos; /* of an O_APPEND descriptor: sysfs ignores the flag, FUSE does not */
	bool reading, writing; /* which of the two a configfs item has begun */
	char *snap; /* what it reads, or has written: where that is no matter of one call */
	size_t snap_n;
};

void handle_free(struct handle *h);
/* Keeps what is written to an item of configfs until it is closed: the bytes taken or a negative errno. */
ssize_t handle_keep(struct handle *h, struct view data, off_t off, size_t max);

/* What a kind of file does. A missing read or write makes open answer EACCES, as kernfs does. */
struct file_ops {
	bool versioned; /* replaced by a new file with every record of node->log */
	bool locks;	/* reads and writes take the provider's lock */
	size_t (*size)(const struct node *n, uint32_t gen);
	int (*open)(struct sim *sim, const struct node *n, struct handle *h);
	/* 0 or a negative errno; *ret is cut to len by the caller */
	int (*read)(struct node *n, struct handle *h, size_t len, off_t off, struct view *ret);
	/* the bytes taken or a negative errno */
	ssize_t (*write)(struct sim *sim, struct node *n, struct handle *h, struct view data,
		off_t off, const struct fault_hit *hit);
	/* when the last descriptor is closed; nobody learns what went wrong */
	void (*release)(struct node *n, const struct handle *h);
};

/* One name of the mounted tree; a directory has no ops, nor has a symbolic link. */
struct node {
	char name[64];
	char path[160]; /* below the home directory, the name that faults and counters use */
	size_t parent;
	const struct file_ops *ops;
	char *target; /* of a symbolic link */
	/* Of a directory in which user space may make one: fills the new one. 0 or a negative errno. */
	int (*make)(struct sim *sim, size_t dir);
	bool removes; /* and remove it again */
	mode_t mode, mode_now;
	uint32_t mode_gen;
	uid_t uid;
	gid_t gid;
	struct provider *p;
	const struct mr *mr;
	struct rfclog *log; /* of a runtime register where the layout has logs */
	struct sim *sim;    /* of a file of a report's entry, as is the next */
	struct report_entry *report;
	uint64_t counts[OP__N];
};

struct tree {
	struct node *nodes; /* nodes[0] is the root, its own parent */
	size_t n;
};

/* The RFC's three, Linux 6.16's, and configfs'. */
enum layout { LAYOUT_V1 = 1, LAYOUT_V2, LAYOUT_V3, LAYOUT_MR, LAYOUT_RTMRS };

struct attached {
	struct provider *p;
	enum layout layout;
	struct rfclog *logs; /* one per register of the provider */
};

enum report_kind { BLOB_TDX, BLOB_SNP, BLOB_CCA };

/* What is asked for reports: a kernel of Linux 6.7 or later with one provider, or none. */
struct report_host {
	const char *provider; /* as the kernel calls it; NULL: mkdir fails with ENXIO */
	enum report_kind blob;
	unsigned floor; /* of the privilege level; above 0 a service provider can be asked */
	const struct provider *registers; /* of a TDX guest, in its quotes; NULL: zeros */
	struct report_entry *entries;	  /* all that there ever were */
	struct mint_amd *amd;		  /* made when it is needed: its keys take time */
};

struct sim {
	struct tree tree;
	struct faults faults;
	struct attached *attached;
	size_t n_attached;
	const char *folder; /* of a device's registers in mr */
	int owned_index;    /* errno of an index that another entry of rtmrs has */
	struct report_host report;
	struct fault_hit hit; /* of the operation that runs */
	bool release_hung;    /* set to have every request that hangs answered with EINTR */
};

#define TREE_NONE ((size_t)-1)

/* Returns the index of the new node, or TREE_NONE when memory is short or the name is taken. */
size_t tree_add(
	struct tree *t, size_t parent, const char *name, mode_t mode, const struct file_ops *ops);
size_t tree_child(const struct tree *t, size_t parent, const char *name);

/* The directory at the relative path, made where it is missing. */
size_t tree_mkdirs(struct tree *t, const char *path);

/* The directory in parent, made where it is missing; path is the name that faults use. */
size_t tree_dir(struct tree *t, size_t parent, const char *name, const char *path);

/* Adds a file of the register that proto has, whose path is that of the directory. 0 or a negative
 * errno. */
int tree_file(struct tree *t, size_t dir, const char *name, mode_t mode, const struct file_ops *ops,
	const struct node *proto);
int tree_link(struct tree *t, size_t dir, const char *name, const char *target);
/* Takes a directory and what is in it out of the tree; files that are open live on. */
void tree_remove(struct tree *t, size_t dir);
void tree_free(struct tree *t);

uint32_t node_gen(const struct node *n);
mode_t node_mode(const struct node *n);

#endif
