/* SPDX-License-Identifier: Apache-2.0 */
#include "out/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

enum { FIRST_MS = 1000, EVERY_MS = 200, CALLS = 1024, NAME_MAX_SHOWN = 40 };

static int64_t monotonic_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_init(struct progress *ret, bool wanted)
{
	*ret = (struct progress){.fd = STDERR_FILENO, .now = monotonic_ms};
	ret->on = wanted && isatty(ret->fd);
	if (ret->on)
		ret->next = ret->now() + FIRST_MS;
}

void progress_at(struct progress *p, const char *path, uint64_t done, uint64_t total)
{
	if (!p->on || p->calls++ % CALLS != 0)
		return;
	int64_t now = p->now();
	if (now < p->next)
		return;
	const char *slash = strrchr(path, '/');
	struct err line; /* a name may have any byte in it, and this is a terminal */
	err_set(&line, ST_OK, "'%.*s': %u%%", NAME_MAX_SHOWN, slash != NULL ? slash + 1 : path,
		total > 0 && done <= total ? (unsigned)(done * 100 / total) : 0);
	dprintf(p->fd, "\r\033[K%s", line.msg);
	p->shown = true;
	p->next = now + EVERY_MS;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		dprintf(p->fd, "\r\033[K");
	p->shown = false;
}
