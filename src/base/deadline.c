/* SPDX-License-Identifier: Apache-2.0 */
#include "base/deadline.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static volatile sig_atomic_t passed;

static void on_alarm(int sig)
{
	(void)sig;
	passed = 1;
}

static bool installed;

/* No SA_RESTART: the point is that the call returns. */
static void install(void)
{
	struct sigaction act = {.sa_handler = on_alarm};
	sigset_t set;
	if (installed)
		return;
	installed = true;
	sigemptyset(&act.sa_mask);
	sigaction(SIGALRM, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void deadline_arm(int ms)
{
	/* It repeats, since the first may come just before the call. */
	struct itimerval it = {
		.it_value = {ms / 1000, (long)(ms % 1000) * 1000},
		.it_interval = {0, 100000},
	};
	install();
	passed = 0;
	setitimer(ITIMER_REAL, &it, NULL);
}

void deadline_disarm(void)
{
	struct itimerval off = {0};
	setitimer(ITIMER_REAL, &off, NULL);
}

bool deadline_passed(void)
{
	return passed != 0;
}
