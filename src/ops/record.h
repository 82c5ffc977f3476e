/* SPDX-License-Identifier: Apache-2.0 */
/* What may be extended as a record, and the records that tsmctl makes itself. */
#ifndef TSMCTL_OPS_RECORD_H
#define TSMCTL_OPS_RECORD_H

#include "kernel/root.h"
#include "model/hash.h"

/*
 * A record is refused (ST_USAGE), never altered, if a kernel or a log would not keep it byte for
 * byte: see "extend" in the contract. The kernel trims what its isspace() takes, in Latin-1: 0xA0
 * too, which ends the UTF-8 of some letters.
 */
int record_check(struct bytes record, struct err *err);

/*
 * The record that measures a file: {"type":"file","path":...,"size":...,"digest":...}, in buf,
 * which has room for RECORD_MAX bytes and a NUL. The file is read whole, with h. ST_USAGE if its
 * path cannot stand in a record, ST_SYSTEM if it cannot be read.
 */
int record_of_file(const char *path, struct hasher *h, char buf[static RECORD_MAX + 1],
	struct bytes *ret, struct err *err);
/* The same of a file below the root, whose path begins with '/'; the record has the path as it is given. */
int record_of_root_file(const struct root *root, const char *path, struct hasher *h,
	char buf[static RECORD_MAX + 1], struct bytes *ret, struct err *err);

/*
 * For who gave digits that are no digest of a register's hash: adds to the error what to do if they are a
 * digest of another one. Returns -1.
 */
int record_explain_digest(const char *digits, struct err *err);

#endif
