/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/app.h"
#include "fuzz.h"

enum { WORDS_MAX = 32 };

static void check_errors(const struct command *c)
{
	static const char start[] = "tsmctl: ";
	size_t at = 0;
	while (at < c->err.n) {
		const uint8_t *line = c->err.p + at;
		const uint8_t *end = memchr(line, '\n', c->err.n - at);
		MUST(end != NULL && (size_t)(end - line) >= sizeof(start));
		MUST(memcmp(line, start, sizeof(start) - 1) == 0);
		for (const uint8_t *p = line; p < end; p++)
			MUST(*p >= ' ' && *p < 0x7f);
		at += (size_t)(end - line) + 1;
	}
	MUST(c->status == ST_OK || c->err.n > 0 || c->out.n > 0);
}

static struct bytes take(int fd)
{
	off_t n = lseek(fd, 0, SEEK_END);
	uint8_t *p = n >= 0 ? malloc((size_t)n + 1) : NULL;
	MUST(p != NULL && pread(fd, p, (size_t)n, 0) == n);
	close(fd);
	return (struct bytes){p, (size_t)n};
}

/* As main does it. */
static bool run(struct app *app, int argc, char *argv[])
{
	struct parsed parsed;
	struct err err;
	app->root.fd = -1;
	int rc = parse_command_line(argc, argv, &parsed, &app->err);
	app->opt = parsed.opt;
	app->cmd = parsed.cmd;
	if (rc == 0)
		rc = parsed.cmd->run(app, parsed.argc, parsed.argv);
	MUST(rc == 0 || (app->err.status != ST_OK && app->err.msg[0] != '\0'));
	bool json = app->opt.json && app->out.used;
	if (rc < 0)
		app_error(app, &app->err);
	MUST(sink_flush(&app->out, &err) == 0);
	root_close(&app->root);
	return json;
}

void command_run(const char *const argv[], struct command *ret)
{
	static struct app app;
	char *words[WORDS_MAX + 1] = {NULL}, *said = NULL;
	size_t said_n = 0;
	int n = 0, fd = memfd_create("out", MFD_CLOEXEC);
	sigset_t signals;
	MUST(fd >= 0 && sigprocmask(SIG_SETMASK, NULL, &signals) == 0);
	for (; argv[n] != NULL; n++) {
		MUST(n < WORDS_MAX);
		words[n] = strdup(argv[n]);
	}
	FILE *errors = stderr, *kept = open_memstream(&said, &said_n);
	MUST(kept != NULL);
	*ret = (struct command){0};
	memset(&app, 0, sizeof(app));
	sink_open(&app.out, fd);
	stderr = kept;
	bool json = run(&app, n, words);
	/* It is kept as long as the process lives. */
	while (app.n_said > 0)
		free(app.said[--app.n_said]);
	free(app.said);
	stderr = errors;
	fclose(kept);
	/* A command that extends blocks them until its process ends. */
	sigprocmask(SIG_SETMASK, &signals, NULL);
	ret->status = app.status;
	ret->err = (struct bytes){(uint8_t *)said, said_n};
	ret->out = take(fd);
	for (int i = 0; i < n; i++)
		free(words[i]);
	check_errors(ret);
	if (json)
		command_parse(ret);
}
