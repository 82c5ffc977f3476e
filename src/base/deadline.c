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

void deadline_arm(int ms)
{
	/* No SA_RESTART: the point is that the call returns. It repeats, since the first may come
	 * just before the call. */
	struct sigaction act = {.sa_handler = on_alarm};
	sigemptyset(&act.sa_mask);
	sigaction(SIGALRM, &act, NULL);

	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);

	passed = 0;
	struct itimerval it = {
		.it_value = {ms / 1000, ms % 1000 * 1000},
		.it_interval = {0, 100 * 1000},
	};
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
