/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_MR_H
#define TSMSIM_MR_H

#include "tree.h"

/* Adds the provider's misc device to the directory home (relative to the mount), and the link to it
 * in class/misc: Linux 6.16 and later. 0 or a negative errno. */
int mr_build(struct sim *sim, const char *home, struct attached *a);

#endif
