/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

enum status status_worse(enum status a, enum status b)
{
	static const unsigned char weight[] = {
		[ST_OK] = 0,
		[ST_USAGE] = 1,
		[ST_ABSENT] = 2,
		[ST_SYSTEM] = 3,
		[ST_FORMAT] = 4,
		[ST_NO] = 5,
		[ST_UNSETTLED] = 6,
	};
	return weight[a] >= weight[b] ? a : b;
}
