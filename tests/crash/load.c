/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOAD_MAX = 64, NICE = 10 };

static pid_t busy[LOAD_MAX];
static unsigned n_busy;

__attribute__((noreturn)) static void never_sleep(pid_t parent, unsigned i)
{
	volatile unsigned turns = 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if (i % 2 != 0 && nice(NICE) < 0)
		_exit(1);
	for (;;)
		turns++;
}

void load_begin(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t parent = getpid();
	fflush(stdout);
	while (n_busy < LOAD_MAX && n_busy < 2 * processors) {
		pid_t pid = fork();
		if (pid == 0)
			never_sleep(parent, n_busy);
		if (pid < 0) {
			fprintf(stderr, "load: fork: %s\n", strerror(errno));
			exit(2);
		}
		busy[n_busy++] = pid;
	}
}

/* One that has ended before was no load. */
void load_end(void)
{
	for (; n_busy > 0; n_busy--) {
		int status;
		pid_t pid = busy[n_busy - 1];
		if (kill(pid, SIGKILL) < 0 || waitpid(pid, &status, 0) != pid ||
			!WIFSIGNALED(status)) {
			fputs("load: a busy process ended early\n", stderr);
			exit(2);
		}
	}
}
