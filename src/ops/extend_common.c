/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/extend_common.h"

#include <signal.h>

void extend_block_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	sigdelset(&all, SIGALRM);
	sigprocmask(SIG_BLOCK, &all, NULL);
}
