/* SPDX-License-Identifier: Apache-2.0 */
/* What must not leak is closed when its name goes out of scope. */
#ifndef TSMCTL_BASE_SCOPE_H
#define TSMCTL_BASE_SCOPE_H

#include <stdlib.h>
#include <unistd.h>

static inline void scope_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void scope_free(void *p)
{
	free(*(void **)p);
}

#define AUTO_CLOSE __attribute__((cleanup(scope_close)))
#define AUTO_FREE __attribute__((cleanup(scope_free)))

#endif
