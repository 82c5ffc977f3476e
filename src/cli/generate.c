/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what is made from the command table: the man page (its prose from standard input, its
 * lists written anew between
 * ".\" list NAME" and ".\" end") and the completions. A tool for developers, not installed.
 */
#include <stdio.h>
#include <string.h>

#include "cli/table.h"

static void roff_word(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\\')
			printf("\\e");
		else if (s[i] == '-')
			printf("\\-");
		else
			putchar(s[i]);
	}
}

/* Text in lines of less than 80 columns, none of which starts with what roff takes for a request.
 */
static void roff_text(const char *s)
{
	size_t col = 0;
	while (*s != '\0') {
		size_t n = strcspn(s, " ");
		if (col > 0 && col + n > 72) {
			putchar('\n');
			col = 0;
		} else if (col > 0) {
			putchar(' ');
			col++;
		}
		if (col == 0 && (*s == '.' || *s == '\''))
			printf("\\&");
		roff_word(s, n);
		col += n;
		s += n + (s[n] == ' ');
	}
}

static void man_option(const struct opt_spec *o)
{
	printf(".It ");
	if (o->sh != 0)
		printf("Fl %c , ", o->sh);
	printf("Fl \\-%s", o->lg);
	if (o->metavar != NULL)
		printf(" Ar %s", o->metavar);
	putchar('\n');
	roff_text(o->help);
	printf(".\n");
	for (size_t i = 0; o->choices != NULL && o->choices[i] != NULL; i++)
		printf("%s.Cm %s", i > 0 ? " ,\n" : "One of\n", o->choices[i]);
	if (o->choices != NULL)
		printf(" .\n");
}

static void man_options(const struct opt_spec *opts, size_t n)
{
	if (n == 0)
		return;
	printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < n; i++)
		man_option(&opts[i]);
	printf(".El\n");
}

/* The head of a command's section: how it is called, and what it does. */
static void man_command(const struct cmd_spec *cmd)
{
	printf(".Nm\n.Cm %s\n", cmd->name);
	if (cmd->n_opts > 0)
		printf(".Op Ar options\n");
	if (cmd->operands[0] == '[')
		printf(".Op Ar %.*s ...\n", (int)strcspn(cmd->operands + 1, ".]"),
			cmd->operands + 1);
	else if (strstr(cmd->operands, " [") != NULL)
		printf(".Ar %.*s\n.Op Ar %.*s\n", (int)strcspn(cmd->operands, " "), cmd->operands,
			(int)strcspn(strchr(cmd->operands, '[') + 1, "]"),
			strchr(cmd->operands, '[') + 1);
	else if (strchr(cmd->operands, '[') != NULL)
		printf(".Ar LOG Ns Oo : Ns Ar FORMAT Oc Ns Op @ Ns Ar REGISTER\n.Ar ...\n");
	else if (cmd->operands[0] != '\0')
		printf(".Ar %s\n", cmd->operands);
}

static void man_list(const char *name)
{
	const struct cmd_spec *cmd = command_by_name(name);
	if (strcmp(name, "global") == 0) {
		man_options(global_opts, n_global_opts);
	} else if (strcmp(name, "synopsis") == 0) {
		for (size_t i = 0; i < n_commands; i++)
			man_command(&commands[i]);
		printf(".Nm\n.Cm help\n.Op Ar COMMAND\n.Nm\n.Cm version\n");
	} else if (cmd != NULL) {
		man_options(cmd->opts, cmd->n_opts);
	}
}

static int man(void)
{
	static const char begin[] = ".\\\" list ", end[] = ".\\\" end\n";
	char line[4096];
	int inside = 0;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcmp(line, end) == 0)
			inside = 0;
		if (!inside)
			fputs(line, stdout);
		if (strncmp(line, begin, sizeof(begin) - 1) == 0) {
			line[strcspn(line, "\n")] = '\0';
			man_list(line + sizeof(begin) - 1);
			inside = 1;
		}
	}
	return inside;
}

/* The options of `opts` as shell words: "--json -j ". */
static void option_words(const struct opt_spec *opts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		printf("--%s ", opts[i].lg);
		if (opts[i].sh != 0)
			printf("-%c ", opts[i].sh);
	}
}

static void choice_words(const struct opt_spec *o)
{
	for (size_t i = 0; o->choices[i] != NULL; i++)
		printf("%s%s", i > 0 ? " " : "", o->choices[i]);
}

/* "A B C" where the help ends in ": A, B, C". */
static void list_words(const struct opt_spec *o)
{
	const char *s = strrchr(o->help, ':');
	for (s = s != NULL ? s + 2 : ""; *s != '\0'; s++)
		if (*s != ',')
			putchar(*s);
}

/* The global options that take a value, as patterns of a shell's case: "--root | --abi". */
static void global_value_words(const char *between)
{
	const char *before = "";
	for (size_t i = 0; i < n_global_opts; i++) {
		if (global_opts[i].metavar == NULL)
			continue;
		printf("%s--%s", before, global_opts[i].lg);
		before = between;
	}
}

static void command_words(const char *between)
{
	for (size_t i = 0; i < n_commands; i++)
		printf("%s%s", i > 0 ? between : "", commands[i].name);
}

/* Those of the global options that are words as well: 'help' and 'version' stand for commands. */
static bool is_word(const struct opt_spec *o)
{
	return strcmp(o->lg, "help") == 0 || strcmp(o->lg, "version") == 0;
}

static void bash_option(const char *cmd, const struct opt_spec *o)
{
	if (o->metavar == NULL)
		return;
	printf("\t%s:--%s", cmd, o->lg);
	if (o->sh != 0)
		printf(" | %s:-%c", cmd, o->sh);
	switch (o->complete) {
	case COMPLETE_FILE:
		printf(") _filedir ;;\n");
		break;
	case COMPLETE_DIR:
		printf(") _filedir -d ;;\n");
		break;
	case COMPLETE_CHOICE:
		printf(") _tsmctl_offer ");
		choice_words(o);
		printf(" ;;\n");
		break;
	case COMPLETE_LIST:
		printf(") _tsmctl_list ");
		list_words(o);
		printf(" ;;\n");
		break;
	case COMPLETE_NOTHING:
	case COMPLETE_REGISTER:
		printf(") ;;\n");
		break;
	}
}

static void bash_value_cases(void)
{
	for (size_t i = 0; i < n_global_opts; i++)
		bash_option("*", &global_opts[i]);
	for (size_t i = 0; i < n_commands; i++)
		for (size_t k = 0; k < commands[i].n_opts; k++)
			bash_option(commands[i].name, &commands[i].opts[k]);
}

static void bash_operand_cases(void)
{
	for (size_t i = 0; i < n_commands; i++) {
		const struct cmd_spec *cmd = &commands[i];
		if (cmd->n_opts > 0) {
			printf("\t%s:-*) _tsmctl_offer ", cmd->name);
			option_words(cmd->opts, cmd->n_opts);
			printf("\"${globals[@]}\" ;;\n");
		}
		if (cmd->complete == COMPLETE_REGISTER)
			printf("\t%s:*) _tsmctl_registers ;;\n", cmd->name);
		else if (cmd->complete == COMPLETE_FILE)
			printf("\t%s:[!-]* | %s:) _filedir ;;\n", cmd->name, cmd->name);
	}
}

static const char bash_head[] =
	"# SPDX-License-Identifier: Apache-2.0\n"
	"# bash completion for tsmctl; made by scripts/generate, not by hand\n"
	"# shellcheck disable=SC2034,SC2154 # _init_completion sets cur, prev, words, cword and "
	"split\n\n"
	"# Compared, never expanded: a register's name comes from the machine, and may hold "
	"anything.\n"
	"_tsmctl_offer() {\n"
	"\tlocal word\n"
	"\tfor word; do\n"
	"\t\t[[ $word == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
	"\tdone\n"
	"\treturn 0\n"
	"}\n\n"
	"# The last of several words with commas between them.\n"
	"_tsmctl_list() {\n"
	"\tlocal before=''\n"
	"\t[[ $cur != *,* ]] || before=${cur%,*},\n"
	"\tcompopt -o nospace\n"
	"\t_tsmctl_offer \"${@/#/$before}\"\n"
	"}\n\n"
	"# The registers of the tree that the words so far point at. Where none begins like the "
	"word,\n"
	"# those whose NAME does: the whole name takes the word's place, unless a colon was typed, "
	"at\n"
	"# which readline ends a word.\n"
	"_tsmctl_registers() {\n"
	"\tlocal i names args=()\n"
	"\tfor ((i = 1; i < cword; i++)); do\n"
	"\t\tcase ${words[i]} in\n"
	"\t\t--root | --abi) args+=(\"${words[i]}\" \"${words[i + 1]}\") ;;\n"
	"\t\t--root=* | --abi=*) args+=(\"${words[i]}\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tmapfile -t names < <(\"${words[0]}\" -q \"${args[@]}\" list --no-header -o REGISTER "
	"2>/dev/null)\n"
	"\t((${#names[@]} == 0)) || mapfile -t names < <(printf '%q\\n' \"${names[@]}\")\n"
	"\t_tsmctl_offer \"${names[@]}\"\n"
	"\tif [[ ${#COMPREPLY[@]} == 0 && $cur == *:* ]]; then\n"
	"\t\t_tsmctl_offer \"${names[@]#*/}\"\n"
	"\telif [[ ${#COMPREPLY[@]} == 0 ]]; then\n"
	"\t\tfor i in \"${names[@]}\"; do\n"
	"\t\t\t[[ ${i#*/} == \"$cur\"* ]] && COMPREPLY+=(\"$i\")\n"
	"\t\tdone\n"
	"\tfi\n"
	"\t__ltrim_colon_completions \"$cur\"\n"
	"}\n\n";

static int bash(void)
{
	fputs(bash_head, stdout);
	printf("_tsmctl() {\n"
	       "\tlocal cur prev words cword split cmd='' i globals\n"
	       "\t_init_completion -n : -s || return\n"
	       "\tglobals=(");
	option_words(global_opts, n_global_opts);
	printf(")\n"
	       "\tfor ((i = 1; i < cword; i++)); do\n"
	       "\t\tcase ${words[i]} in\n"
	       "\t\t");
	global_value_words(" | ");
	printf(") ((i++)) ;;\n"
	       "\t\t");
	command_words(" | ");
	printf(") cmd=${words[i]} && break ;;\n"
	       "\t\tesac\n"
	       "\tdone\n\n"
	       "\tcase $cmd:$prev in\n");
	bash_value_cases();
	printf("\t*) false ;;\n"
	       "\tesac && return\n\n"
	       "\tcase $cmd:$cur in\n");
	bash_operand_cases();
	printf("\t*:-*) _tsmctl_offer \"${globals[@]}\" ;;\n"
	       "\t:*) _tsmctl_offer");
	for (size_t i = 0; i < n_commands; i++)
		printf(" %s", commands[i].name);
	for (size_t i = 0; i < n_global_opts; i++)
		if (is_word(&global_opts[i]))
			printf(" %s", global_opts[i].lg);
	printf(" ;;\n"
	       "\tesac\n"
	       "}\n"
	       "complete -F _tsmctl tsmctl\n");
	return 0;
}

/* In '...': a quote, and what _arguments takes as its own. */
static void zsh_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			printf("'\\''");
		else if (strchr("[]:\\", *s) != NULL)
			printf("\\%c", *s);
		else
			putchar(*s);
	}
}

static void zsh_option(const struct opt_spec *o)
{
	bool many = o->kind == OPT_LIST || o->kind == OPT_COUNT;
	for (int shortly = 0; shortly < 2; shortly++) {
		if (shortly && o->sh == 0)
			break;
		printf("\t\t\t'%s", many ? "*" : "");
		/* The value in the same word, or in the next. */
		if (shortly)
			printf("-%c%s", o->sh, o->metavar != NULL ? "+" : "");
		else
			printf("--%s%s", o->lg, o->metavar != NULL ? "=" : "");
		printf("[");
		zsh_text(o->help);
		printf("]");
		if (o->metavar != NULL) {
			printf(":");
			zsh_text(o->metavar);
			printf(":");
		}
		if (o->complete == COMPLETE_FILE)
			printf("_files");
		else if (o->complete == COMPLETE_DIR)
			printf("_files -/");
		else if (o->complete == COMPLETE_CHOICE) {
			printf("(");
			choice_words(o);
			printf(")");
		} else if (o->complete == COMPLETE_LIST) {
			printf("_values -s , %s ", o->lg);
			list_words(o);
		}
		printf("'\n");
	}
}

static void zsh_command(const struct cmd_spec *cmd)
{
	printf("\t%s)\n\t\targs=(\n", cmd->name);
	for (size_t i = 0; i < cmd->n_opts; i++)
		zsh_option(&cmd->opts[i]);
	if (cmd->complete == COMPLETE_REGISTER)
		printf("\t\t\t'%s:register:_tsmctl_registers'\n",
			cmd->max_operands == 1 ? "1" : "*");
	if (cmd->complete == COMPLETE_FILE)
		printf("\t\t\t'*:log:_files'\n");
	printf("\t\t)\n\t\t;;\n");
}

static void zsh_described(const char *name, const char *what)
{
	printf("\t\t'%s:", name);
	zsh_text(what);
	printf("'\n");
}

static int zsh(void)
{
	printf("#compdef tsmctl\n"
	       "# SPDX-License-Identifier: Apache-2.0\n"
	       "# zsh completion for tsmctl; made by scripts/generate, not by hand\n\n"
	       "# A part of a name finds the whole one.\n"
	       "_tsmctl_registers() {\n"
	       "\tlocal -a globals names\n"
	       "\tlocal option\n"
	       "\tfor option in --root --abi; do\n"
	       "\t\t(( ${+opt_args[$option]} )) && globals+=($option ${(Q)opt_args[$option]})\n"
	       "\tdone\n"
	       "\tnames=(${(f)\"$(${(Q)words[1]} -q $globals list --no-header -o REGISTER "
	       "2>/dev/null)\"})\n"
	       "\tcompadd -M 'l:|=* r:|=*' -a names\n"
	       "}\n\n"
	       "_tsmctl() {\n"
	       "\tlocal -a args globals commands\n"
	       "\tlocal cmd=''\n"
	       "\tlocal -i i\n"
	       "\tglobals=(\n");
	for (size_t i = 0; i < n_global_opts; i++)
		zsh_option(&global_opts[i]);
	printf("\t)\n\tcommands=(\n");
	for (size_t i = 0; i < n_commands; i++)
		zsh_described(commands[i].name, commands[i].summary);
	for (size_t i = 0; i < n_global_opts; i++)
		if (is_word(&global_opts[i]))
			zsh_described(global_opts[i].lg, global_opts[i].help);
	printf("\t)\n"
	       "\tfor (( i = 2; i < CURRENT; i++ )); do\n"
	       "\t\tcase $words[i] in\n"
	       "\t\t");
	global_value_words("|");
	printf(") (( i++ )) ;;\n"
	       "\t\t");
	command_words("|");
	printf(") cmd=$words[i] && break ;;\n"
	       "\t\tesac\n"
	       "\tdone\n"
	       "\tcase $cmd in\n");
	for (size_t i = 0; i < n_commands; i++)
		zsh_command(&commands[i]);
	printf("\t*)\n"
	       "\t\t_arguments -s $globals '*:command:{_describe command commands}'\n"
	       "\t\treturn\n"
	       "\t\t;;\n"
	       "\tesac\n"
	       "\twords[i]=()\n"
	       "\t(( CURRENT-- ))\n"
	       "\t_arguments -s $globals $args\n"
	       "}\n\n"
	       "_tsmctl \"$@\"\n");
	return 0;
}

static void fish_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
}

static void fish_option(const char *condition, const struct opt_spec *o)
{
	printf("complete -c tsmctl %s-l %s", condition, o->lg);
	if (o->sh != 0)
		printf(" -s %c", o->sh);
	if (o->metavar != NULL)
		printf(" -r");
	if (o->complete == COMPLETE_FILE)
		printf(" -F");
	else if (o->complete == COMPLETE_DIR)
		printf(" -a '(__fish_complete_directories)'");
	else if (o->complete == COMPLETE_CHOICE) {
		printf(" -a '");
		choice_words(o);
		printf("'");
	} else if (o->complete == COMPLETE_LIST) {
		printf(" -a '(__fish_append , ");
		list_words(o);
		printf(")'");
	}
	printf(" -d '");
	fish_text(o->help);
	printf("'\n");
}

static void fish_functions(void)
{
	printf("function __tsmctl_registers\n"
	       "\tset -l args\n"
	       "\tset -l words (commandline -opc)\n"
	       "\tfor i in (seq (count $words))\n"
	       "\t\tif contains -- $words[$i] --root --abi; and test $i -lt (count $words)\n"
	       "\t\t\tset -a args $words[$i] $words[(math $i + 1)]\n"
	       "\t\telse if string match -qr -- '^--(root|abi)=' $words[$i]\n"
	       "\t\t\tset -a args $words[$i]\n"
	       "\t\tend\n"
	       "\tend\n"
	       "\t$words[1] -q $args list --no-header -o REGISTER 2>/dev/null\n"
	       "end\n\n"
	       "# Whether the command among the words so far is this one; '': whether there is "
	       "none yet.\n"
	       "function __tsmctl_command\n"
	       "\tset -l words (commandline -opc)\n"
	       "\tset -l i 2\n"
	       "\twhile test $i -le (count $words)\n"
	       "\t\tswitch $words[$i]\n"
	       "\t\t\tcase ");
	global_value_words(" ");
	printf("\n"
	       "\t\t\t\tset i (math $i + 1)\n"
	       "\t\t\tcase ");
	command_words(" ");
	printf("\n"
	       "\t\t\t\ttest $words[$i] = \"$argv\"\n"
	       "\t\t\t\treturn\n"
	       "\t\tend\n"
	       "\t\tset i (math $i + 1)\n"
	       "\tend\n"
	       "\ttest -z \"$argv\"\n"
	       "end\n\n");
}

static void fish_described(const char *name, const char *what)
{
	printf("complete -c tsmctl -n __tsmctl_command -a %s -d '", name);
	fish_text(what);
	printf("'\n");
}

static int fish(void)
{
	char condition[128];
	printf("# SPDX-License-Identifier: Apache-2.0\n"
	       "# fish completion for tsmctl; made by scripts/generate, not by hand\n\n");
	fish_functions();
	printf("complete -c tsmctl -f\n");
	for (size_t i = 0; i < n_global_opts; i++)
		fish_option("", &global_opts[i]);
	for (size_t i = 0; i < n_global_opts; i++)
		if (is_word(&global_opts[i]))
			fish_described(global_opts[i].lg, global_opts[i].help);
	for (size_t i = 0; i < n_commands; i++) {
		const struct cmd_spec *cmd = &commands[i];
		fish_described(cmd->name, cmd->summary);
		snprintf(condition, sizeof(condition), "-n '__tsmctl_command %s' ", cmd->name);
		for (size_t k = 0; k < cmd->n_opts; k++)
			fish_option(condition, &cmd->opts[k]);
		if (cmd->complete == COMPLETE_REGISTER)
			printf("complete -c tsmctl %s-a '(__tsmctl_registers)'\n", condition);
		if (cmd->complete == COMPLETE_FILE)
			printf("complete -c tsmctl %s-F\n", condition);
	}
	return 0;
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*print)(void);
	} outputs[] = {{"man", man}, {"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	for (size_t i = 0; argc == 2 && i < sizeof(outputs) / sizeof(outputs[0]); i++)
		if (strcmp(argv[1], outputs[i].name) == 0)
			return outputs[i].print();
	fprintf(stderr, "usage: tsmctl-generate man|bash|zsh|fish\n");
	return 2;
}
