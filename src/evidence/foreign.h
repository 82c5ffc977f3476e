/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence of other kinds, which is recognised and not read. */
#ifndef TSMCTL_EVIDENCE_FOREIGN_H
#define TSMCTL_EVIDENCE_FOREIGN_H

#include "base/bytes.h"
#include "base/err.h"

/* ST_FORMAT, with the kind by name, if these bytes are not `wanted` but of a kind that is known. */
int foreign_refuse(struct bytes b, const char *wanted, struct err *err);
/* The same for a kind that the caller has found. Returns -1. */
int foreign_err(const char *name, const char *wanted, struct err *err);

#endif
