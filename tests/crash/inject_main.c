/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject.h"

enum { STATUS_MISSED = 125, STATUS_USAGE = 124 };

static const char usage[] =
	"usage: inject [--list FILE] [--at N FAULT] DIR COMMAND [ARGUMENT...]\n"
	"Runs the command, and lets the Nth of its system calls that change something below DIR go "
	"wrong.\n"
	"--list FILE: writes a line a call to FILE: number, name, file below DIR, bytes of a "
	"write\n"
	"The status is that of the command, 128 and the signal that ended it, 125 where there was "
	"no such call.\nFAULT is one of";

static int fail_usage(void)
{
	fputs(usage, stderr);
	for (const struct inject_fault *f = inject_faults; f->name != NULL; f++)
		fprintf(stderr, " %s", f->name);
	fputs("\n", stderr);
	return STATUS_USAGE;
}

static void print_call(void *ctx, const struct inject_call *call)
{
	fprintf(ctx, "%u %s %s", call->number, call->name, call->target);
	if (call->size > 0)
		fprintf(ctx, " %zu", call->size);
	fputc('\n', ctx);
}

/* Takes the options from argv; how many they are, or -1. */
static int take_options(int argc, char *argv[], struct inject_run *run)
{
	int i = 1;
	if (i + 1 < argc && strcmp(argv[i], "--list") == 0) {
		run->ctx = fopen(argv[i + 1], "we");
		run->seen = print_call;
		if (run->ctx == NULL)
			return -1;
		i += 2;
	}
	if (i + 2 < argc && strcmp(argv[i], "--at") == 0) {
		run->at = (unsigned)strtol(argv[i + 1], NULL, 10);
		run->fault = inject_fault_by_name(argv[i + 2]);
		if (run->at == 0 || run->fault == NULL)
			return -1;
		i += 3;
	}
	return i + 1 < argc && argv[i][0] != '-' ? i : -1;
}

int main(int argc, char *argv[])
{
	struct inject_run run = {.out = -1, .err = -1};
	bool fired = false;
	int i = take_options(argc, argv, &run);
	char *below = i > 0 ? realpath(argv[i], NULL) : NULL;
	if (below == NULL)
		return fail_usage();
	run.below = below;
	run.argv = argv + i + 1;
	int status = inject_run(&run, &fired);
	free(below);
	if (run.ctx != NULL)
		fclose(run.ctx);
	if (status < 0 || (run.fault != NULL && !fired))
		return STATUS_MISSED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
