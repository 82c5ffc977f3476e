/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/extend_common.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

bool extend_is_first(const struct extend_batch *b, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (b->wanted[k].mr == b->wanted[i].mr)
			return false;
	return true;
}

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

int extend_check_signals(struct err *err)
{
	static const struct {
		int number;
		const char *name;
	} ends[] = {
		{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}, {SIGQUIT, "SIGQUIT"}};
	sigset_t pending;
	sigpending(&pending);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (sigismember(&pending, ends[i].number) == 1)
			return err_set(err, ST_SYSTEM,
				"interrupted by %s (this line was not extended)", ends[i].name);
	return 0;
}
