/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_RTMRS_H
#define TSMSIM_RTMRS_H

#include "tree.h"

/*
 * Makes the directory home the one in which user space makes entries for the provider's runtime
 * registers: "configfs-tsm: measurement registers", RFC PATCH v2, January 2024. 0 or a negative
 * errno.
 */
int rtmrs_build(struct sim *sim, size_t home, struct attached *a);

#endif
