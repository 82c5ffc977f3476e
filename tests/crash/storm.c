/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A storm of extends on a simulated machine: WORKERS processes, each with its own records, one after
 * the other; then journal, registers and verify have to agree on every record. A worker whose
 * tsmctl was killed does what a boot script does: the same again, with --once.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "ledger.h"
#include "load.h"
#include "machine.h"
#include "witness.h"

enum { WORKERS = 8, REGISTERS_MAX = 4, FOREIGN_EVERY = 40, STATUS_KILLED = 128 + SIGKILL };

static const struct sea {
	const char *tree;
	const char *reg[REGISTERS_MAX];	  /* as tsmctl calls them */
	const char *truth[REGISTERS_MAX]; /* as the simulator does */
} seas[] = {
	{"tsm-mr",
		{"tdx_guest/rtmr3:sha384", "tdx_guest/rtmr2:sha384", "tdx_guest/rtmr0:sha384",
			"tdx_guest/rtmr1:sha384"},
		{"tdx_guest/rtmr3:sha384", "tdx_guest/rtmr2:sha384", "tdx_guest/rtmr0:sha384",
			"tdx_guest/rtmr1:sha384"}},
	{"tsm-mr-v5", {"tdx_guest/rtmr3:sha384", "tdx_guest/rtmr2:sha384"},
		{"tdx_guest/rtmr3:sha384", "tdx_guest/rtmr2:sha384"}},
	{"tsm-rfc", {"measurement-example/rtmr1:sha384", "measurement-example/rtmr0:sha256"},
		{"measurement-example/rtmr1", "measurement-example/rtmr0"}},
	{"tsm-rfc-v2", {"measurement-example/rtmr1:sha384"}, {"measurement-example/rtmr1"}},
	{"tsm-rfc-v3", {"measurement-example/rtmr1:sha384"}, {"measurement-example/rtmr1"}},
	{"tsm-rtmrs", {"rtmrs/rtmr3:sha384", "rtmrs/rtmr2:sha384"},
		{"tdx_guest/rtmr3", "tdx_guest/rtmr2"}},
};

static struct machine m;
static const struct sea *sea;
static unsigned registers, extends;
static bool with_kills, with_foreign, with_readers, with_load;

__attribute__((format(printf, 1, 2), noreturn)) static void wrong(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

/* The workers */

/* What a worker has seen. */
struct seen {
	unsigned killed, unknown;
};

static unsigned long long now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_nsec / 1000;
}

/* Kills it at some moment of its life, which is as long as that of the one before. */
static void kill_soon(pid_t pid, unsigned long long after_us)
{
	struct timespec t = {(time_t)(after_us / 1000000), (long)(after_us % 1000000) * 1000};
	struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	if (p.fd < 0 || (ppoll(&p, 1, &t, NULL) == 0 && kill(pid, SIGKILL) < 0))
		wrong("process %d: %s", (int)pid, strerror(errno));
	close(p.fd);
}

static int extend(unsigned worker, unsigned i, bool again, unsigned *random, const char *name)
{
	static unsigned long long life = 10000;
	char text[64];
	const char *const args[] = {"extend", sea->reg[(worker + i) % registers], "--event", text,
		"--force", "--wait", "86400", again ? "--once" : NULL, NULL};
	snprintf(text, sizeof(text), "%u-%u", worker, i);
	*random = *random * 1103515245 + 12345;
	unsigned long long begun = now_us();
	pid_t pid = machine_begin(&m, args, name);
	bool doomed = with_kills && (*random >> 16) % 3 == 0;
	if (doomed)
		kill_soon(pid, life * ((*random >> 20) % 128) / 100);
	int status = machine_end(pid);
	if (status == 0)
		life = (life * 3 + now_us() - begun) / 4;
	return status;
}

/* The number of records so far is what tells when. */
static void dd(unsigned i)
{
	char from[MACHINE_PATH_MAX + 3] = "if=", to[2 * MACHINE_PATH_MAX] = "of=";
	const char *const argv[] = {
		"dd", from, to, "bs=48", "count=1", "conv=notrunc", "status=none", NULL};
	if (!with_foreign || i % FOREIGN_EVERY != FOREIGN_EVERY / 2)
		return;
	machine_path(&m, "foreign", from + 3);
	snprintf(to, sizeof(to), "of=%s/%s", m.root, m.tree->value);
	if (machine_other(argv) != 0)
		wrong("dd failed");
}

static void show_and_fail(const char *name, const char *what, int status)
{
	char file[64];
	snprintf(file, sizeof(file), "stderr%s", name);
	char *text = machine_text(&m, file);
	wrong("%s%s: status %d: %s", what, name, status, text);
}

static void work(unsigned worker, int report)
{
	struct seen seen = {0};
	char name[32];
	unsigned random = worker + 1;
	snprintf(name, sizeof(name), ".worker%u", worker);
	for (unsigned i = 0; i < extends; i++) {
		if (worker == 0)
			dd(i);
		int status = extend(worker, i, false, &random, name);
		for (; with_kills && status == STATUS_KILLED; seen.killed++)
			status = extend(worker, i, true, &random, name);
		if (status == 6 && with_foreign)
			seen.unknown++;
		else if (status != 0)
			show_and_fail(name, "extend", status);
	}
	if (write(report, &seen, sizeof(seen)) != sizeof(seen))
		wrong("report: %s", strerror(errno));
	_exit(0);
}

/* The readers */

static const char *member(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && v != NULL ? json_object_get_string(v) : "";
}

/* Every register that has a verdict has a good one. */
static void check_verdicts(struct json_object *doc, const char *name)
{
	struct json_object *rows;
	if (!json_object_object_get_ex(doc, "registers", &rows))
		wrong("%s: no registers", name);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *verdict = member(row, "verdict");
		if (verdict[0] != '\0' && strcmp(verdict, "match") != 0 &&
			strcmp(verdict, "untouched") != 0)
			wrong("%s: %s", name, json_object_to_json_string(row));
	}
}

/* The one problem that there is: configfs has only the entries that extends have made. */
static bool is_problem(struct json_object *row)
{
	const char *message = member(row, "message");
	if (strcmp(member(row, "level"), "problem") != 0)
		return false;
	return m.tree->index == NULL || (strstr(message, "has no entry in configfs yet") == NULL &&
						strcmp(message, "0 of 4 can be read") != 0);
}

/* Nothing is wrong with the machine, however busy it is. */
static void check_findings(struct json_object *doc, const char *name)
{
	struct json_object *rows;
	if (!json_object_object_get_ex(doc, "findings", &rows))
		wrong("%s: no findings", name);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		if (is_problem(row))
			wrong("%s: %s", name, json_object_to_json_string(row));
	}
}

static bool is_in_sea(const char *reg)
{
	for (unsigned i = 0; i < registers; i++)
		if (strcmp(reg, sea->reg[i]) == 0)
			return true;
	return false;
}

/* The values that it says the registers have; whether they had them is known at the end. */
static void note_values(struct json_object *doc, FILE *told)
{
	struct json_object *rows = NULL;
	json_object_object_get_ex(doc, "registers", &rows);
	for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *value = member(row, "value");
		if (value[0] != '\0' && is_in_sea(member(row, "register")))
			witness_told(told, member(row, "register"), value);
	}
}

/* Who keeps a register's log does not depend on what is done to it; all are there all the while. */
static void check_list(struct json_object *doc, const char *name)
{
	struct json_object *rows = NULL;
	unsigned n = 0;
	json_object_object_get_ex(doc, "registers", &rows);
	for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		if (!is_in_sea(member(row, "register")))
			continue;
		n++;
		if (strcmp(member(row, "log"), m.tree->journal ? "journal" : "kernel") != 0 ||
			strcmp(member(row, "extensible"), "true") != 0)
			wrong("%s: %s", name, json_object_to_json_string(row));
	}
	if (n != registers)
		wrong("%s: %s", name, json_object_to_json_string(doc));
}

/* Nothing is ever taken out of a log. */
static void check_log(struct json_object *doc, const char *name)
{
	static unsigned last;
	struct json_object *rows = NULL;
	unsigned n = 0;
	json_object_object_get_ex(doc, "events", &rows);
	for (size_t i = 0; rows != NULL && i < json_object_array_length(rows); i++)
		n += strcmp(member(json_object_array_get_idx(rows, i), "extends"), "true") == 0;
	if (rows == NULL || n < last || n > 3 * WORKERS * extends)
		wrong("%s: %u extends, after %u", name, n, last);
	last = n;
}

/* What a command that reads says. */
static void check_answer(struct json_object *doc, const char *command, const char *name)
{
	if (strcmp(command, "list") == 0)
		check_list(doc, name);
	if (strcmp(command, "log") == 0)
		check_log(doc, name);
	if (strcmp(command, "status") == 0)
		check_findings(doc, name);
	else if (strcmp(command, "verify") == 0 || strcmp(command, "log") == 0)
		check_verdicts(doc, name);
}

static const char *const readers[][MACHINE_ARGS_MAX] = {
	{"-j", "verify", NULL},
	{"-j", "log", NULL},
	{"-j", "read", NULL},
	{"-j", "list", NULL},
	{"-j", "status", NULL},
};
enum { READERS = sizeof(readers) / sizeof(readers[0]) };

/* Before the first extend configfs has no entry, and so nothing to verify. */
static bool may_say(int status, const char *err)
{
	if (status == 4)
		return strstr(err, " times while it was read") != NULL ||
		       strstr(err, "held by ") != NULL;
	return status == 0 || (status == 3 && m.tree->index != NULL);
}

static void told_path(unsigned reader, char ret[MACHINE_PATH_MAX])
{
	char file[64];
	snprintf(file, sizeof(file), "told.%s", readers[reader][1]);
	machine_path(&m, file, ret);
}

static FILE *open_told(unsigned reader, const char *mode)
{
	char path[MACHINE_PATH_MAX];
	told_path(reader, path);
	FILE *ret = fopen(path, mode);
	if (ret == NULL)
		wrong("%s: %s", path, strerror(errno));
	return ret;
}

/* Reads until the other end of the pipe is closed, at least once. */
static void keep_reading(unsigned reader, int end)
{
	char name[32], file[64];
	unsigned good = 0, moved = 0;
	struct pollfd p = {.fd = end};
	snprintf(name, sizeof(name), ".%s", readers[reader][1]);
	FILE *told = open_told(reader, "we");
	do {
		int status = machine_end(machine_begin(&m, readers[reader], name));
		snprintf(file, sizeof(file), "stderr%s", name);
		char *err = machine_text(&m, file);
		snprintf(file, sizeof(file), "stdout%s", name);
		char *out = machine_text(&m, file);
		if (!may_say(status, err))
			wrong("%s: status %d: %s\n%s", name, status, err, out);
		struct json_object *doc = json_tokener_parse(out);
		if (doc == NULL)
			wrong("%s: not JSON: %s", name, out);
		if (status == 0)
			check_answer(doc, readers[reader][1], name);
		note_values(doc, told);
		json_object_put(doc);
		good += status == 0;
		moved += status == 4;
		free(err);
		free(out);
	} while (poll(&p, 1, 0) == 0);
	printf("%s: %u answers, %u times none\n", name + 1, good, moved);
	if (fclose(told) != 0)
		wrong("%s: %s", name, strerror(errno));
	exit(0);
}

/* What has to be true at the end */

static void check_truth(const struct ledger *l, unsigned i, const char *truth)
{
	const struct ledger_group *g = ledger_group(l, sea->reg[i]);
	char want[256];
	int n = snprintf(want, sizeof(want), "%s ", sea->truth[i]);
	if (g == NULL)
		wrong("%s: not in the journal", sea->reg[i]);
	for (size_t j = 0; j < g->size; j++)
		n += snprintf(want + n, sizeof(want) - (size_t)n, "%02x", g->value[j]);
	if (strstr(truth, want) == NULL)
		wrong("%s: the register is not what the journal leads to", sea->reg[i]);
}

/* WORKER-K, as a worker numbers its extends. */
static bool read_sent(const char *text, unsigned *worker, unsigned *k)
{
	char *end;
	if (text == NULL || text[0] < '0' || text[0] > '9')
		return false;
	*worker = (unsigned)strtoul(text, &end, 10);
	if (end[0] != '-' || end[1] < '0' || end[1] > '9')
		return false;
	*k = (unsigned)strtoul(end + 1, &end, 10);
	return *end == '\0';
}

/* Each record once, none that nobody sent; a record that was killed before may be void as well. */
static void check_records(const struct ledger *l)
{
	size_t all = (size_t)WORKERS * extends, have = 0;
	unsigned char *count = calloc(all, 1);
	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_record *rec = &l->record[i];
		unsigned worker, k;
		if (rec->end == LEDGER_VOID && with_kills)
			continue;
		if (rec->end == LEDGER_OPEN || rec->end == LEDGER_VOID)
			wrong("record %zu has no end, or a wrong one", i);
		if (!read_sent(rec->text, &worker, &k) || worker >= WORKERS || k >= extends)
			wrong("record %zu: \"%s\" was never sent", i, rec->text);
		if (count[worker * extends + k]++ > 0)
			wrong("record %zu: \"%s\" is there twice", i, rec->text);
		have++;
	}
	if (have != all)
		wrong("%zu records, not %zu", have, all);
	free(count);
}

static void check_verify(const struct ledger *l, unsigned i)
{
	const char *const args[] = {"-j", "verify", sea->reg[i], NULL};
	char place[LEDGER_PLACE_MAX];
	const struct ledger_group *g = ledger_group(l, sea->reg[i]);
	ledger_first_break(l, g, place);
	int status = machine_run(&m, args);
	char *out = machine_text(&m, "stdout");
	struct json_object *doc = json_tokener_parse(out), *rows;
	if (!json_object_object_get_ex(doc, "registers", &rows))
		wrong("verify: %s", out);
	struct json_object *row = json_object_array_get_idx(rows, 0);
	if (status != (place[0] != '\0') ||
		strcmp(member(row, "verdict"), place[0] != '\0' ? "mismatch" : "match") != 0 ||
		strcmp(member(row, "detail"), place) != 0)
		wrong("verify: status %d, where the journal says \"%s\": %s", status, place, out);
	/* Of those that ended as unknown, the ones that were found to be extended count, too. */
	size_t records = strtoul(member(row, "records"), NULL, 10);
	size_t commits = ledger_count(l, g, LEDGER_COMMIT, NULL);
	if (records < commits || records - commits > ledger_count(l, g, LEDGER_UNKNOWN, NULL))
		wrong("verify counts other records: %s", out);
	json_object_put(doc);
	free(out);
}

/* Each foreign extend breaks one chain at one place. */
static void check_foreign(const struct ledger *l, const struct seen *seen)
{
	size_t gaps = 0, unknown = ledger_count(l, NULL, LEDGER_UNKNOWN, NULL);
	size_t sent = with_foreign ? (extends + FOREIGN_EVERY / 2 - 1) / FOREIGN_EVERY : 0;
	for (size_t i = 0; i < l->n; i++)
		gaps += l->record[i].foreign;
	if (gaps + unknown != sent || seen->unknown != unknown)
		wrong("%zu foreign extends: %zu gaps, %zu unknown, %u times status 6", sent, gaps,
			unknown, seen->unknown);
	if (sent > 0)
		printf("foreign: %zu seen between two records, %zu during one\n", gaps, unknown);
}

/* Each value that a reader was told is one that the register had. */
static void check_told(void)
{
	char path[MACHINE_PATH_MAX], word[512];
	size_t n = 0;
	for (unsigned i = 0; i < READERS; i++) {
		told_path(i, path);
		n += witness_check(path, word, sizeof(word));
		if (word[0] != '\0')
			wrong("%s: it never had the value %s", readers[i][1], word);
	}
	if (n == 0)
		wrong("no reader was told a value");
}

static void had_in_journal(const struct ledger *l)
{
	witness_begin();
	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_group *g = &l->group[l->record[i].group];
		witness_had(g->name[0], l->record[i].before, g->size);
		witness_had(g->name[0], l->record[i].expected, g->size);
	}
	for (unsigned i = 0; i < registers; i++)
		witness_had(sea->reg[i], ledger_group(l, sea->reg[i])->start,
			ledger_group(l, sea->reg[i])->size);
}

static size_t hash_size(unsigned i)
{
	uint8_t digest[LEDGER_DIGEST_MAX];
	return ledger_hash(strrchr(sea->reg[i], ':') + 1, "", 0, digest);
}

/* A line of the kernel's log: what it makes of the value. */
static void had_after(unsigned i, const char *line, uint8_t value[LEDGER_DIGEST_MAX])
{
	uint8_t digest[LEDGER_DIGEST_MAX];
	const char *hash = strrchr(sea->reg[i], ':') + 1;
	ledger_hash(hash, line, strlen(line), digest);
	ledger_extend(hash, value, digest);
	witness_had(sea->reg[i], value, hash_size(i));
}

/* The kernel's own logs: each record once, and none that nobody sent. */
static void check_kernel_log(unsigned i, unsigned char *count)
{
	char name[MACHINE_PATH_MAX];
	snprintf(name, sizeof(name), "root/sys/kernel/tsm/%s/event_log", sea->truth[i]);
	uint8_t value[LEDGER_DIGEST_MAX] = {0};
	char *text = machine_text(&m, name);
	witness_had(sea->reg[i], value, hash_size(i));
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		unsigned worker, k;
		had_after(i, line, value);
		if (strncmp(line, "SYNC ", 5) == 0)
			continue;
		if (!read_sent(line, &worker, &k) || worker >= WORKERS || k >= extends)
			wrong("%s: \"%s\" was never sent", name, line);
		if (count[worker * extends + k]++ > 0)
			wrong("%s: \"%s\" is there twice", name, line);
	}
	free(text);
}

static void check_kernel_verify(unsigned i)
{
	const char *const args[] = {"verify", sea->reg[i], NULL};
	char want[256];
	int status = machine_run(&m, args);
	char *out = machine_text(&m, "stdout");
	snprintf(want, sizeof(want), "match  %s\n", sea->reg[i]);
	if (status != 0 || strcmp(out, want) != 0)
		wrong("verify: status %d: %s", status, out);
	free(out);
}

static void check_kernel_logs(const struct seen *seen)
{
	size_t all = (size_t)WORKERS * extends, have = 0;
	unsigned char *count = calloc(all, 1);
	witness_begin();
	for (unsigned i = 0; i < registers; i++) {
		check_kernel_log(i, count);
		check_kernel_verify(i);
	}
	for (size_t i = 0; i < all; i++)
		have += count[i];
	if (have != all)
		wrong("%zu records, not %zu", have, all);
	free(count);
	printf("%s, %u registers: %zu extended, %u killed\n", m.tree->name, registers, have,
		seen->killed);
}

/* Two processes in one provider of the RFC's tree. */
static void check_contention(void)
{
	char *text = machine_text(&m, "root/sys/.tsmsim/contention");
	if (text[0] != '\0')
		wrong("the posted kernel would have crashed here: %s", text);
	free(text);
}

static void check(const struct seen *seen)
{
	struct ledger l;
	char path[MACHINE_PATH_MAX];
	machine_path(&m, "root/run/tsmctl/journal.jsonl", path);
	if (ledger_read(&l, path) < 0)
		wrong("journal: %s", l.why);
	char *truth = machine_text(&m, "root/sys/.tsmsim/truth");
	check_records(&l);
	for (unsigned i = 0; i < registers; i++) {
		check_truth(&l, i, truth);
		check_verify(&l, i);
	}
	check_foreign(&l, seen);
	had_in_journal(&l);
	printf("%s, %u registers: %zu extended, %zu void, %u killed\n", m.tree->name, registers,
		l.n - ledger_count(&l, NULL, LEDGER_VOID, NULL),
		ledger_count(&l, NULL, LEDGER_VOID, NULL), seen->killed);
	if (with_kills && seen->killed < extends / 4)
		wrong("hardly any was killed");
	free(truth);
	ledger_clear(&l);
}

/* All of it */

static pid_t children[WORKERS + READERS];
static unsigned n_children;

/* False: this is the new process. */
static bool start(void)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0)
		wrong("fork: %s", strerror(errno));
	if (pid > 0)
		children[n_children++] = pid;
	return pid > 0;
}

static void await(void)
{
	bool bad = false;
	for (unsigned i = 0; i < n_children; i++)
		bad |= machine_end(children[i]) != 0;
	if (bad)
		wrong("a process of the storm failed");
}

static void collect(int report, struct seen *ret)
{
	struct seen one;
	while (read(report, &one, sizeof(one)) == sizeof(one)) {
		ret->killed += one.killed;
		ret->unknown += one.unknown;
	}
}

static void storm(struct seen *ret)
{
	int report[2], end[2];
	/* Before the pipes, whose ends a busy process would keep open. */
	if (with_load)
		load_begin();
	if (pipe(report) < 0 || pipe(end) < 0)
		wrong("pipe: %s", strerror(errno));
	for (unsigned i = 0; i < WORKERS; i++)
		if (!start())
			work(i, report[1]);
	close(report[1]);
	for (unsigned i = 0; with_readers && i < READERS; i++) {
		if (!start()) {
			close(end[1]);
			close(report[0]);
			keep_reading(i, end[0]);
		}
	}
	collect(report[0], ret);
	close(end[1]);
	await();
	load_end();
	close(end[0]);
	close(report[0]);
}

static void take_modes(int argc, char *argv[])
{
	for (int i = 0; i < argc; i++) {
		with_kills |= strcmp(argv[i], "kills") == 0;
		with_foreign |= strcmp(argv[i], "foreign") == 0;
		with_readers |= strcmp(argv[i], "readers") == 0;
		with_load |= strcmp(argv[i], "load") == 0;
	}
}

int main(int argc, char *argv[])
{
	struct seen seen = {0};
	sea = seas;
	if (argc < 7) {
		fputs("usage: storm TSMCTL TSMSIM DIR TREE REGISTERS EXTENDS "
		      "[kills] [foreign] [readers] [load]\n",
			stderr);
		return 2;
	}
	while (strcmp(sea->tree, argv[4]) != 0)
		if (++sea == seas + sizeof(seas) / sizeof(seas[0]))
			wrong("%s: no such tree", argv[4]);
	registers = (unsigned)strtoul(argv[5], NULL, 10);
	extends = (unsigned)strtoul(argv[6], NULL, 10);
	take_modes(argc - 7, argv + 7);
	machine_open(&m, argv[1], argv[2], argv[3], tree_by_name(sea->tree));
	machine_start(&m);
	machine_file(&m, "foreign", "................................................");
	storm(&seen);
	check_contention();
	if (m.tree->journal)
		check(&seen);
	else
		check_kernel_logs(&seen);
	if (with_readers)
		check_told();
	witness_end();
	machine_stop(&m);
	return 0;
}
