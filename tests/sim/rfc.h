/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_RFC_H
#define TSMSIM_RFC_H

#include "tree.h"

/* Adds the provider's directory to the tree, in one of the RFC's three layouts. 0 or a negative
 * errno. */
int rfc_build(struct sim *sim, size_t home, struct attached *a);

#endif
