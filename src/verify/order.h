/* SPDX-License-Identifier: Apache-2.0 */
/* Things in every order. */
#ifndef TSMCTL_VERIFY_ORDER_H
#define TSMCTL_VERIFY_ORDER_H

#include <stdbool.h>
#include <stddef.h>

enum { ORDER_MAX = 4 }; /* of more there are too many orders */

/* The order of n different numbers that comes next, as a dictionary has them; false after the last. */
bool order_next(size_t *v, size_t n);

#endif
