/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t pager; /* 0: none runs */

/* It waits for the end of what it shows. */
static void end_output(void)
{
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
}

void pager_end(void)
{
	if (pager == 0)
		return;
	end_output();
	while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
	pager = 0;
}

/* An interrupt is the pager's, too, which may live on: the shell must not come back before it ends. */
static void end_with_signal(int sig)
{
	end_output();
	waitpid(pager, NULL, 0);
	signal(sig, SIG_DFL);
	raise(sig);
}

static bool is_none(const char *command)
{
	return command[0] == '\0' || strcmp(command, "cat") == 0;
}

/* What to run; NULL: nothing. With rights that the caller has not, no program of theirs is run. */
static const char *command(void)
{
	const char *own = getenv("TSMCTL_PAGER"), *any = getenv("PAGER");
	if (getuid() != geteuid() || getgid() != getegid())
		return NULL;
	if (own != NULL)
		return is_none(own) ? NULL : own;
	if (any != NULL && is_none(any))
		return NULL;
	/* Root may have the environment of somebody else. */
	if (geteuid() == 0)
		setenv("LESSSECURE", "1", 1);
	return any != NULL && geteuid() != 0 ? any : "less";
}

/* What is not there cannot be started, and is not missed, if it is less; other commands are the shell's. */
static int start(const char *name, int in)
{
	char sh[] = "sh", option[] = "-c";
	char *argv[] = {sh, option, (char *)(uintptr_t)name, NULL};
	bool plain = strcmp(name, "less") == 0;
	posix_spawn_file_actions_t actions;
	pid_t pid;
	setenv("LESS", "FRX", 0);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	int rc = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (rc == 0)
		rc = posix_spawnp(&pid, plain ? name : "/bin/sh", &actions, NULL,
			plain ? argv + 2 : argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		return -1;
	pager = pid;
	return 0;
}

void pager_begin(struct app *app)
{
	const char *name = app->screen.columns > 0 && !app->opt.no_pager ? command() : NULL;
	int ends[2];
	if (name == NULL || pager != 0 || pipe2(ends, O_CLOEXEC) < 0)
		return;
	if (start(name, ends[0]) == 0) {
		signal(SIGPIPE, SIG_IGN);
		signal(SIGINT, end_with_signal);
		signal(SIGTERM, end_with_signal);
		app->out.may_leave = true;
		if (isatty(STDERR_FILENO))
			dup2(ends[1], STDERR_FILENO);
		dup2(ends[1], STDOUT_FILENO);
	}
	close(ends[0]);
	close(ends[1]);
}
