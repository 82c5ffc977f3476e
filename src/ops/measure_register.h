/* SPDX-License-Identifier: Apache-2.0 */
/* The registers that lists name, where there is no kernel tree to look them up in. */
#ifndef TSMCTL_OPS_MEASURE_REGISTER_H
#define TSMCTL_OPS_MEASURE_REGISTER_H

#include "model/mr_list.h"

/*
 * The register that `spec`, [PROVIDER/]NAME:HASH, names, added to mrs if it is not there yet: of the size of its
 * hash, its log tsmctl's. rtmr0 to rtmr3, of sha384 if nothing is said, are a TDX guest's, whose provider is
 * left out. NULL and ST_FORMAT if it names none, one that is never extended, or one that may be another's.
 */
struct mr *measure_register(struct mr_list *mrs, const char *spec, struct err *err);

#endif
