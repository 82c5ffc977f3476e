/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that chooses the exit status and, with app.c, prints to standard error. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/pager.h"

/*
 * Descriptors 0 to 2 must exist before anything is opened: a register that became number 1 would be
 * extended with what is printed. Returns whether standard output was there.
 */
static bool guard_descriptors(void)
{
	bool has_output = fcntl(STDOUT_FILENO, F_GETFD) >= 0;
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			_exit(ST_SYSTEM);
	return has_output;
}

/* A stack that ended between a write to a register and its record would leave that out of the log. */
static int guard_stack(struct err *err)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur >= STACK_MIN)
		return 0;
	limit.rlim_cur = STACK_MIN;
	if (setrlimit(RLIMIT_STACK, &limit) == 0)
		return 0;
	return err_set(err, ST_SYSTEM, "RLIMIT_STACK is too small: %d bytes are needed", STACK_MIN);
}

static int run(struct app *app, const struct parsed *parsed)
{
	if (parsed->opt.help) {
		print_help(&app->out, parsed->cmd);
		return 0;
	}
	if (parsed->opt.version) {
		sink_str(&app->out, "tsmctl " TSMCTL_VERSION "\n");
		return 0;
	}
	app->argc = parsed->argc;
	app->argv = parsed->argv;
	return parsed->cmd->run(app, parsed->argc, parsed->argv);
}

/* What was printed is part of what was done; where a register changed, losing it is not "nothing
 * happened". */
static void finish_output(struct app *app)
{
	struct err err;
	if (sink_flush(&app->out, &err) == 0)
		return;
	if (app->changed) {
		err.status = ST_UNSETTLED;
		err_add(&err, " (the register was changed)");
	}
	app_error(app, &err);
}

int main(int argc, char *argv[])
{
	static struct app app;
	struct parsed parsed;
	bool has_output = guard_descriptors();

	/* A write beyond RLIMIT_FSIZE is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	sink_open(&app.out, STDOUT_FILENO);
	screen_look(&app.screen, STDOUT_FILENO);
	app.root.fd = -1;
	int rc = parse_command_line(argc, argv, &parsed, &app.err);
	app.opt = parsed.opt;
	app.cmd = parsed.cmd;
	if (rc == 0 && !has_output)
		rc = err_sys(&app.err, EBADF, "standard output");
	if (rc == 0)
		rc = guard_stack(&app.err);
	if (rc == 0)
		rc = run(&app, &parsed);
	if (rc < 0) {
		/* A failure before anything was printed still gives a document to a program that reads JSON. */
		if (has_output)
			app_json_error(&app);
		app_error(&app, &app.err);
	}
	finish_output(&app);
	pager_end();
	screen_clear(&app.screen);
	root_close(&app.root);
	return (int)app.status;
}
