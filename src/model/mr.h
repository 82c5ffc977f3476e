/* SPDX-License-Identifier: Apache-2.0 */
/* A measurement register (MR): what it is called and what may be done with it. Its value lives in
 * the kernel. */
#ifndef TSMCTL_MODEL_MR_H
#define TSMCTL_MODEL_MR_H

#include "model/hash.h"

enum mr_flag {
	MR_RUNTIME = 1 << 0,	  /* else static: no extend, no log */
	MR_READABLE = 1 << 1,	  /* these say what the object allows, not what the caller may */
	MR_WRITABLE = 1 << 2,	  /* its value can be set */
	MR_TAKES_EVENT = 1 << 3,  /* extend with a record */
	MR_TAKES_DIGEST = 1 << 4, /* extend with a given digest */
	MR_FIRMWARE = 1 << 5, /* firmware or the boot loader extends it: others only by --force */
	MR_BY_ENTRY = 1 << 6, /* reached through an entry that has to be made first */
	MR_HAS_ENTRY = 1 << 7,
	MR_OF_TPM = 1 << 9, /* a PCR: meant only where it is asked for, or nothing else is here */
	MR_MAY_EXTEND =
		1 << 8, /* static and writable; only a try shows whether a write extends it */
};
#define MR_EXTENSIBLE (MR_TAKES_EVENT | MR_TAKES_DIGEST)

enum log_keeper {
	LOG_OF_NOBODY,
	LOG_OF_KERNEL,
	LOG_OF_JOURNAL, /* no kernel keeps it: tsmctl does */
};

/* "kernel", "journal"; NULL: nobody. */
const char *log_keeper_name(enum log_keeper keeper);

enum { CC_MR_NONE = -1 };

struct backend; /* the kernel interface it was found through: kernel/backend.h */

struct mr {
	char *provider; /* empty away from a machine */
	char *name; /* both printable: a byte that is not, and a backslash, stands as strvis(3) shows it */
	char *full; /* [PROVIDER/]NAME[:HASH] */
	enum hash_alg alg;
	uint32_t size;	/* bytes */
	unsigned flags; /* of enum mr_flag */
	enum log_keeper log;
	int cc_mr_index; /* UEFI 2.10, section 38.4.1: 0 MRTD, 1-4 RTMR0-3; CC_MR_NONE if it has
			    none */
	const struct backend *abi; /* NULL away from a machine */
	char *path;	/* its file or folder, below the root, as in the kernel's own bytes */
	bool folder;	/* path is a folder, the value a file in it */
	char *tcg_map;	/* the matching TPM registers, as the kernel says; NULL: unknown */
	struct err bad; /* with a status: why it cannot be used */
};

/*
 * The CC MR index of a register of this provider and name: the mapping of a TDX guest (UEFI 2.10,
 * section 38.4.1), also away from any machine (provider ""). CC_MR_NONE if it has none.
 */
int mr_cc_index(const char *provider, const char *name);

/* [PROVIDER/]NAME, allocated; NULL: no memory. */
char *mr_base_name(const struct mr *mr);

/* Its hash as the kernel calls it: known here or not; NULL: it has none. */
const char *mr_hash_name(const struct mr *mr);

/* Whether it has no value yet: it is reached through an entry, and there is none. */
bool mr_lacks_entry(const struct mr *mr);

/* A write extends it, and the kernel keeps no log: tsmctl does. */
void mr_make_runtime(struct mr *mr);
/* Its log is tsmctl's own: then a record is a digest with text beside it, and both can be taken. */
void mr_keep_journal(struct mr *mr);

enum { MR_NAMES_MAX = 4 };

/*
 * The ways to name it, each once, the whole name first: PROVIDER/NAME:HASH, with the provider, the
 * hash, or both left out. Returns how many; they are borrowed.
 */
size_t mr_names(const struct mr *mr, struct bytes ret[static MR_NAMES_MAX]);
/*
 * Whether `spec`, as an operator writes it, names the register in one of these ways; `fold`: without
 * regard to the case of ASCII letters, for a name that no register has exactly.
 */
bool mr_named(const struct mr *mr, const char *spec, bool fold);
/* Whether an operand has a character that is special in a shell pattern. */
bool mr_is_pattern(const char *spec);
/* Whether the shell pattern `pattern` does. '*' does not cross '/'. */
bool mr_matches(const struct mr *mr, const char *pattern, bool fold);

/* The value that an extensible register has when nothing was ever extended: its name and NULs,
 * beside zeros. */
struct digest mr_name_value(const struct mr *mr);
/* Whether value is zeros or the above: no extend can lead to either. */
bool mr_is_initial(const struct mr *mr, struct bytes value);

#endif
