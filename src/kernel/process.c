/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "base/scope.h"

/* The 22nd field; the second is a name in parentheses that may hold anything. */
static uint64_t parse_start(char *stat)
{
	char *p = strrchr(stat, ')');
	for (int field = 2; p != NULL && field < 22; field++) {
		p = strchr(p, ' ');
		if (p != NULL)
			p++;
	}
	if (p == NULL)
		return 0;
	p[strcspn(p, " ")] = '\0';
	const char *bad;
	long long start = strtonum(p, 1, INT64_MAX, &bad);
	return bad == NULL ? (uint64_t)start : 0;
}

/* What proc/WHO/stat says; pid 0: it is not there. */
static struct process read_stat(const struct root *root, const char *who)
{
	char path[64], stat[1024];
	struct err err;
	size_t n;
	snprintf(path, sizeof(path), "/proc/%s/stat", who);
	if (root_read(root, path, stat, sizeof(stat) - 1, &n, &err) < 0)
		return (struct process){0};
	stat[n] = '\0';
	return (struct process){(int)strtol(stat, NULL, 10), parse_start(stat)};
}

struct process process_self(const struct root *root)
{
	struct process self = read_stat(root, "self");
	if (self.pid == 0)
		self.pid = getpid();
	return self.pid == getpid() ? self : (struct process){0};
}

static int poll_until(int pidfd, unsigned wait_s)
{
	struct timespec now, end;
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += wait_s;
	for (;;) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		long long ms = (long long)(end.tv_sec - now.tv_sec) * 1000 +
			       (end.tv_nsec - now.tv_nsec) / 1000000;
		int rc = poll(&p, 1, ms > 0 ? (int)ms : 0);
		if (rc >= 0 || errno != EINTR)
			return rc;
	}
}

int process_wait(const struct root *root, const struct process *p, unsigned wait_s, struct err *err)
{
	char who[16];
	snprintf(who, sizeof(who), "%d", p->pid);
	/* The number may have gone to another process since, or to a thread of one. */
	uint64_t start = p->start > 0 ? read_stat(root, who).start : 0;
	if (p->pid == getpid() || (start > 0 && start != p->start))
		return 0;
	AUTO_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	/* A thread's number: EINVAL, on newer kernels ENOENT. */
	if (pidfd < 0 && (errno == ESRCH || errno == EINVAL || errno == ENOENT))
		return 0;
	if (pidfd < 0)
		return err_sys(err, errno, "process %d", p->pid);
	int rc = poll_until(pidfd, wait_s);
	if (rc < 0)
		return err_sys(err, errno, "process %d", p->pid);
	return rc > 0 ? 0
		      : err_set(err, ST_SYSTEM, "process %d is still there after %u seconds",
				p->pid, wait_s);
}
