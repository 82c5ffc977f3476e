/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/extend_common.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

int extend_check_memory(struct err *err)
{
	/* volatile: an allocation that is not used may be left out. */
	void *volatile room = malloc(EXTEND_ROOM);
	if (room == NULL) {
		err_sys(err, ENOMEM, "memory for comparing the log before and after");
		return err_add(err, " (nothing was extended)");
	}
	free(room);
	return 0;
}

void extend_block_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	sigdelset(&all, SIGALRM);
	sigprocmask(SIG_BLOCK, &all, NULL);
}
