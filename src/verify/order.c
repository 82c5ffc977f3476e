/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/order.h"

static void swap(size_t *a, size_t *b)
{
	size_t kept = *a;
	*a = *b;
	*b = kept;
}

bool order_next(size_t *v, size_t n)
{
	if (n < 2 || n > ORDER_MAX)
		return false;
	size_t i = n - 1, k = n - 1;
	while (i > 0 && v[i - 1] > v[i])
		i--;
	if (i == 0)
		return false;
	while (v[k] < v[i - 1])
		k--;
	swap(&v[k], &v[i - 1]);
	for (k = n - 1; i < k; i++, k--)
		swap(&v[i], &v[k]);
	return true;
}
