/* SPDX-License-Identifier: Apache-2.0 */
/* How far reading is that takes more than a second: one line on a terminal, which goes away. */
#ifndef TSMCTL_OUT_PROGRESS_H
#define TSMCTL_OUT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	int fd;		      /* of the terminal */
	int64_t (*now)(void); /* milliseconds */
	int64_t next;	      /* when to show it next */
	unsigned calls;
	bool on, shown;
};

/* Shows nothing unless it is wanted and standard error is a terminal. */
void progress_init(struct progress *ret, bool wanted);
/* `done` of `total` bytes of a file; looks at the clock in one of 1,024 calls. */
void progress_at(struct progress *p, const char *path, uint64_t done, uint64_t total);
/* Takes the line away: before anything else is said. */
void progress_end(struct progress *p);

#endif
