/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel interface to measurement registers: one of these and one line in the table. */
#ifndef TSMCTL_KERNEL_BACKEND_H
#define TSMCTL_KERNEL_BACKEND_H

#include "kernel/root.h"
#include "model/mr_list.h"

struct tree {
	struct mr_list mrs;
	size_t n_providers;
	bool tvm;	    /* a provider is not a TPM */
	struct err problem; /* with a status: a part of the tree that could not be looked at (the
			       worst) */
};

struct backend {
	const char *name;
	const char *summary;
	const char *const
		*homes; /* the folders it is looked for in, below the root, NULL at the end */
	/* Two processes on one provider can crash the kernel, readers of values and logs too: see
	 * lock_read. */
	bool contends;
	/* Adds what is there to the tree. Nothing there is no error. */
	int (*probe)(const struct root *root, const struct backend *backend, struct tree *tree,
		struct err *err);
	/* Makes what stands between this register and its value, without changing the register. NULL:
	 * nothing does. */
	int (*prepare)(const struct root *root, struct mr *mr, struct err *err);
	/* Under the lock: looks again at what discovery can have missed beside an extend, and corrects
	 * mr. NULL: nothing can be missed. */
	int (*recheck)(const struct root *root, struct mr *mr, struct err *err);
	/* The value: exactly mr->size bytes into buf. */
	int (*read)(const struct root *root, const struct mr *mr, uint8_t *buf, struct err *err);
	/* These change the register; see root_write_once for `tried`. NULL where the interface has
	 * no such thing. */
	int (*extend_digest)(const struct root *root, const struct mr *mr,
		const struct digest *digest, bool *tried, struct err *err);
	int (*append_event)(const struct root *root, const struct mr *mr, struct bytes record,
		bool *tried, struct err *err);
	int (*write)(const struct root *root, const struct mr *mr, struct bytes value, bool *tried,
		struct err *err);
	/* A copy of the log that the kernel keeps, as a descriptor that the caller closes. */
	int (*open_log)(const struct root *root, const struct mr *mr, struct err *err);
	/* How long that log is, without reading it: needs no lock. */
	int (*log_size)(const struct root *root, const struct mr *mr, off_t *ret, struct err *err);
};

/* The interfaces, in the order in which a provider that shows in several is taken. NULL at the end.
 */
extern const struct backend *const backend_table[];
extern const struct backend backend_mr;
extern const struct backend backend_rfc;
extern const struct backend backend_rtmrs;
extern const struct backend backend_tpm;

/*
 * Everything on this machine, or of the interface `only` (NULL: of any). ST_ABSENT, with what was
 * looked for, if there is no provider. The caller clears it, also after an error.
 */
int tree_probe(const struct root *root, const char *only, struct tree *ret, struct err *err);
void tree_clear(struct tree *tree);
/* Why a command that needs a TVM's own registers fails with ST_ABSENT: what was looked for. */
int tree_err_no_tvm(const struct root *root, const char *only, struct err *err);
/* Keeps the worst of what went wrong; the rest of the tree is still of use. */
void tree_note_problem(struct tree *tree, const struct err *err);

/* Whether who reads this register's value or log needs lock_read. */
bool backend_contends(const struct mr *mr);

/* The value of a register that can be read. mr->size bytes into buf. */
int mr_read(const struct root *root, const struct mr *mr, uint8_t *buf, struct err *err);

/* For an interface: the same from this file. ST_FORMAT if it has not mr->size bytes. */
int mr_read_file(const struct root *root, const struct mr *mr, const char *path, uint8_t *buf,
	struct err *err);

/* The machine's boot id, 36 characters and a NUL; false if there is none that is a UUID. */
bool boot_id_read(const struct root *root, char ret[static 37]);

#endif
