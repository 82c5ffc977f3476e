/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: what the table says, and what the parser makes of it. */
#include "cli/parse.h"

#include <bsd/string.h>

#include "base/limits.h"
#include "check.h"

enum { ARGS_MAX = 200 };

static struct parsed p;
static struct err err;
static char words[8192], *args[ARGS_MAX];

/* Parses the words of `line`, which a '|' parts. */
static int parse(const char *line)
{
	int argc = 0;
	snprintf(words, sizeof(words), "tsmctl%s%s", line[0] != '\0' ? "|" : "", line);
	for (char *at = words; at != NULL && argc < ARGS_MAX - 1;) {
		args[argc++] = strsep(&at, "|");
	}
	args[argc] = NULL;
	err = (struct err){0};
	int rc = parse_command_line(argc, args, &p, &err);
	CHECK((rc == 0) == (err.status == ST_OK));
	return rc;
}

static void parses(const char *line)
{
	if (parse(line) < 0)
		check_failed(__FILE__, __LINE__, "'%s': %s", line, err.msg);
}

static void refused(const char *line, const char *why)
{
	if (parse(line) == 0)
		check_failed(__FILE__, __LINE__, "'%s' is taken", line);
	CHECK_INT(err.status, ST_USAGE);
	if (strstr(err.msg, why) == NULL)
		check_failed(__FILE__, __LINE__, "'%s': '%s' has no '%s'", line, err.msg, why);
}

static void test_defaults(void)
{
	parses("list");
	CHECK_STR(p.cmd->name, "list");
	CHECK_INT(p.argc, 0);
	CHECK_STR(p.opt.root, "/");
	CHECK_STR(p.opt.color, "auto");
	CHECK_INT(p.opt.wait_s, LOCK_WAIT_DEFAULT_S);
	CHECK(!p.opt.json && !p.opt.quiet && p.opt.verbose == 0 && p.opt.abi == NULL);
	CHECK(p.opt.event == NULL && p.opt.inputs.n == 0);
}

static void test_global(void)
{
	parses("--root|/x|list");
	CHECK_STR(p.opt.root, "/x");
	parses("--root=/x|-j|list|a|b");
	CHECK_STR(p.opt.root, "/x");
	CHECK(p.opt.json);
	CHECK_INT(p.argc, 2);
	CHECK_STR(p.argv[0], "a");
	CHECK_STR(p.argv[1], "b");
	parses("list|a|--root|/y|-qjvv|b|-v");
	CHECK_STR(p.opt.root, "/y");
	CHECK(p.opt.json && p.opt.quiet);
	CHECK_INT(p.opt.verbose, 3);
	CHECK_INT(p.argc, 2);
	parses("--root|/x|list|--root|/z");
	CHECK_STR(p.opt.root, "/z");
	parses("--color|never|--abi|tsm-rfc|list");
	parses("--help");
	CHECK(p.cmd == NULL && p.opt.help);
	parses("-V");
	CHECK(p.cmd == NULL && p.opt.version);
	parses("extend|--help");
	CHECK_STR(p.cmd->name, "extend");
	parses("--help|extend");
	CHECK(p.cmd != NULL && p.opt.help);
}

static void test_refused(void)
{
	refused("", "no command");
	refused("--json", "no command");
	refused("nonsense", "'nonsense'");
	refused("List", "'List'");
	refused("--nonsense|list", "--nonsense");
	refused("list|--nonsense", "--nonsense");
	refused("list|--nonsense=1", "--nonsense");
	refused("-x|list", "-x");
	refused("list|-jx", "-x");
	refused("list|-o", "needs a value");
	refused("--root", "needs a value");
	refused("list|--root", "needs a value");
	refused("--json=1|list", "takes no value");
	refused("--color|purple|list", "auto, always, never");
	refused("--abi|nonsense|list", "not one of");
	/* An option of another command; before the command, one of the command. */
	refused("list|--event|x", "--event");
	refused("--event|x|extend|a", "--event");
	refused("extend", "missing");
	refused("extend|--event|x", "missing");
	refused("extend|a|b", "'b'");
	refused("write", "missing");
	refused("replay", "missing");
	refused("status|x", "'x'");
	refused("list|\x1b[2J\n|--no\x1bpe", "^[");
	CHECK(strpbrk(err.msg, "\x1b\n") == NULL);
}

static void test_operands(void)
{
	parses("read|--|--raw|-x");
	CHECK_INT(p.argc, 2);
	CHECK_STR(p.argv[0], "--raw");
	CHECK(!p.opt.raw);
	parses("read|-");
	CHECK_INT(p.argc, 1);
	CHECK_STR(p.argv[0], "-");
	parses("read|");
	CHECK_INT(p.argc, 1);
	CHECK_STR(p.argv[0], "");
	parses("--|list|a");
	CHECK_STR(p.cmd->name, "list");
	parses("replay|log:rfc-text|b");
	CHECK_INT(p.argc, 2);
	parses("extend|a|--event|--json");
	CHECK_STR(p.opt.event, "--json");
	CHECK(!p.opt.json);
	parses("extend|--event=|a");
	CHECK_STR(p.opt.event, "");
	parses("extend|--digest|00|--digest|11|a|--once|--dry-run|--force");
	CHECK_STR(p.opt.digest, "11");
	CHECK(p.opt.once && p.opt.dry_run && p.opt.force);
}

/* No variable of the environment changes what a command does. */
static void test_environment(void)
{
	CHECK(setenv("POSIXLY_CORRECT", "1", 1) == 0);
	parses("list|a|--json");
	CHECK(p.opt.json);
	CHECK_INT(p.argc, 1);
	unsetenv("POSIXLY_CORRECT");
	CHECK(setenv("TSMCTL_ROOT", "/x", 1) == 0 && setenv("ROOT", "/x", 1) == 0);
	parses("list");
	CHECK_STR(p.opt.root, "/");
}

static void test_seconds(void)
{
	static const struct {
		const char *s;
		long n; /* -1: refused */
	} given[] = {{"0", 0}, {"1", 1}, {"86400", 86400}, {"86401", -1}, {"-1", -1}, {"", -1},
		{"1s", -1}, {"1.5", -1}, {"0x10", -1}, {"99999999999999999999", -1}};
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		char line[64];
		snprintf(line, sizeof(line), "extend|a|--wait|%s", given[i].s);
		CHECK_INT(parse(line), given[i].n < 0 ? -1 : 0);
		if (given[i].n >= 0)
			CHECK_INT(p.opt.wait_s, given[i].n);
	}
}

static void test_list(void)
{
	char line[4096] = "verify";
	for (int i = 0; i <= INPUTS_MAX; i++) {
		char more[32];
		CHECK_INT(parse(line), 0);
		CHECK_U64(p.opt.inputs.n, i);
		if (i > 0)
			CHECK_STR(p.opt.inputs.v[0], "f0");
		snprintf(more, sizeof(more), "|--input|f%d", i);
		strlcat(line, more, sizeof(line));
	}
	refused(line, "more than");
}

static bool known_twice(const struct opt_spec *o, const struct opt_spec *all, size_t n)
{
	size_t same = 0;
	for (size_t i = 0; i < n; i++)
		same += strcmp(all[i].lg, o->lg) == 0 || (o->sh != 0 && all[i].sh == o->sh);
	return same > 1;
}

/* Each option is complete, is there once, and lies in struct options where its kind fits. */
static void check_opt(const struct opt_spec *o)
{
	static const size_t sizes[] = {
		[OPT_FLAG] = sizeof(bool),
		[OPT_COUNT] = sizeof(unsigned),
		[OPT_STRING] = sizeof(char *),
		[OPT_LIST] = sizeof(struct str_list),
		[OPT_SECONDS] = sizeof(unsigned),
	};
	bool takes = o->kind != OPT_FLAG && o->kind != OPT_COUNT;
	CHECK(o->lg != NULL && o->lg[0] != '\0' && o->help != NULL && o->help[0] != '\0');
	CHECK_INT(o->metavar != NULL, takes);
	CHECK_INT(o->choices != NULL, o->complete == COMPLETE_CHOICE);
	CHECK(o->off + sizes[o->kind] <= sizeof(struct options));
	CHECK(o->help[strlen(o->help) - 1] != '.');
}

static void test_table(void)
{
	CHECK(command_by_name("") == NULL && command_by_name("lis") == NULL);
	for (size_t i = 0; i < n_global_opts; i++) {
		check_opt(&global_opts[i]);
		CHECK(!known_twice(&global_opts[i], global_opts, n_global_opts));
	}
	for (size_t c = 0; c < n_commands; c++) {
		const struct cmd_spec *cmd = &commands[c];
		CHECK(command_by_name(cmd->name) == cmd);
		CHECK(cmd->run != NULL && cmd->schema != NULL && cmd->summary != NULL);
		CHECK(cmd->max_operands < 0 || cmd->min_operands <= cmd->max_operands);
		CHECK_INT(cmd->operands[0] == '\0', cmd->max_operands == 0);
		for (size_t i = 0; i < cmd->n_opts; i++) {
			check_opt(&cmd->opts[i]);
			CHECK(!known_twice(&cmd->opts[i], cmd->opts, cmd->n_opts));
			for (size_t g = 0; g < n_global_opts; g++)
				CHECK(strcmp(global_opts[g].lg, cmd->opts[i].lg) != 0 &&
					(cmd->opts[i].sh == 0 ||
						global_opts[g].sh != cmd->opts[i].sh));
		}
	}
}

/* Every option of every command is taken, and set where the table says. */
static void test_every_option(void)
{
	for (size_t c = 0; c < n_commands; c++) {
		for (size_t i = 0; i < commands[c].n_opts; i++) {
			const struct opt_spec *o = &commands[c].opts[i];
			struct options before;
			char line[128];
			options_default(&before);
			snprintf(line, sizeof(line), "%s|--%s%s%s%s", commands[c].name, o->lg,
				o->metavar != NULL ? "|" : "",
				o->choices != NULL   ? o->choices[0]
				: o->metavar != NULL ? "7"
						     : "",
				commands[c].min_operands > 0 ? "|r" : "");
			parses(line);
			/* The first byte of a pointer may be zero. */
			size_t size = o->kind == OPT_FLAG ? 1 : sizeof(unsigned);
			CHECK(memcmp((char *)&before + o->off, (char *)&p.opt + o->off, size) != 0);
			CHECK_INT(p.argc, commands[c].min_operands);
		}
	}
}

int main(void)
{
	test_defaults();
	test_global();
	test_refused();
	test_operands();
	test_seconds();
	test_list();
	test_table();
	test_every_option();
	test_environment();
	return 0;
}
