/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char boot_id[] = "0f1e2d3c-4b5a-4968-8776-655443322110\n";

/* The kernel extends and says that it did not, does not, does not at first, is not to be read. */
#define FAULTS_OF(file)                                                                            \
	file ":write:1:eio-after", file ":write:1:eintr-after", file ":write:1:ebusy-after",       \
		file ":write:1:eio", file ":write:1:eintr", file ":write:1:ebusy",                 \
		file ":write:1:enxio", file ":read:1:eio", file ":read:2+:eio"

const struct tree trees[] = {
	{.name = "tsm-rfc",
		.sim = {"--tree", "rfc"},
		.reg = "measurement-example/rtmr1:sha384",
		.hash = "sha384",
		.value = "sys/kernel/tsm/measurement-example/rtmr1/digest",
		.size = 48,
		.log = "sys/kernel/tsm/measurement-example/rtmr1/event_log",
		.faults = {"append_event:write:1:eio-after", "append_event:write:1:eio",
			"append_event:write:1:eintr", "digest:read:2+:eio",
			"event_log:read:1:enodev", "event_log:lookup:1:enoent",
			"event_log:open:2+:eio"}},
	{.name = "tsm-rfc-direct",
		.sim = {"--tree", "rfc"},
		.reg = "measurement-example/rtmr1:sha384",
		.hash = "sha384",
		.value = "sys/kernel/tsm/measurement-example/rtmr1/digest",
		.size = 48,
		.direct = true,
		.faults = {FAULTS_OF("rtmr1/digest"), "rtmr1/digest:write:1:extend-fail",
			"event_log:lookup:1:enoent"}},
	{.name = "tsm-rfc-set",
		.sim = {"--tree", "rfc"},
		.reg = "measurement-example/user_data",
		.hash = "sha512",
		.value = "sys/kernel/tsm/measurement-example/user_data",
		.size = 64,
		.set = true,
		.faults = {FAULTS_OF("user_data")}},
	{.name = "tsm-rfc-v2",
		.sim = {"--tree", "rfc", "--dialect", "v2"},
		.reg = "measurement-example/rtmr1:sha384",
		.hash = "sha384",
		.value = "sys/kernel/tsm/measurement-example/rtmr1/digest",
		.size = 48,
		.journal = true,
		.faults = {FAULTS_OF("rtmr1/digest")}},
	{.name = "tsm-rfc-v3",
		.sim = {"--tree", "rfc", "--dialect", "v3"},
		.reg = "measurement-example/rtmr1:sha384",
		.hash = "sha384",
		.value = "sys/kernel/tsm/measurement-example/rtmr1/sha384/digest",
		.size = 48,
		.journal = true,
		.faults = {FAULTS_OF("rtmr1/sha384/digest")}},
	{.name = "tsm-rfc-v3-set",
		.sim = {"--tree", "rfc", "--dialect", "v3"},
		.reg = "measurement-example/user_data:sha512",
		.hash = "sha512",
		.value = "sys/kernel/tsm/measurement-example/user_data/sha512/digest",
		.size = 64,
		.set = true,
		.faults = {FAULTS_OF("user_data/sha512/digest")}},
	{.name = "tsm-mr",
		.sim = {"--tree", "mr", "--provider", "tdx_guest", "--no-ccel"},
		.reg = "tdx_guest/rtmr3:sha384",
		.hash = "sha384",
		.value = "sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384",
		.size = 48,
		.journal = true,
		.faults = {FAULTS_OF("rtmr3:sha384")}},
	{.name = "tsm-mr-v5",
		.sim = {"--tree", "mr", "--folder", "mr", "--provider", "tdx_guest", "--no-ccel"},
		.reg = "tdx_guest/rtmr3:sha384",
		.hash = "sha384",
		.value = "sys/devices/virtual/misc/tdx_guest/mr/rtmr3:sha384",
		.size = 48,
		.journal = true,
		.faults = {FAULTS_OF("rtmr3:sha384")}},
	{.name = "tsm-mr-alias",
		.sim = {"--tree", "mr", "--provider", "tsm_mr_sample"},
		.reg = "tsm_mr_sample/rtmr1:sha384",
		.other = "tsm_mr_sample/rtmr_crypto_agile:sha384",
		.hash = "sha384",
		.value = "sys/devices/virtual/misc/tsm_mr_sample/measurements/rtmr1:sha384",
		.size = 48,
		.journal = true,
		.faults = {FAULTS_OF("rtmr1:sha384")}},
	{.name = "tsm-rtmrs",
		.sim = {"--tree", "rtmrs", "--no-ccel"},
		.reg = "rtmrs/rtmr3:sha384",
		.hash = "sha384",
		.value = "sys/kernel/config/tsm/rtmrs/*/digest",
		.index = "3",
		.size = 48,
		.journal = true,
		.faults = {FAULTS_OF("digest"), "digest:release:1:eio", "digest:release:1:ebusy"}},
	{.name = NULL},
};

const struct tree *tree_by_name(const char *name)
{
	const struct tree *t = trees;
	while (t->name != NULL && strcmp(t->name, name) != 0)
		t++;
	return t->name != NULL ? t : NULL;
}

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	int sys = errno;
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, ": %s\n", strerror(sys));
	exit(2);
}

void machine_path(const struct machine *m, const char *name, char ret[MACHINE_PATH_MAX])
{
	int n = snprintf(ret, MACHINE_PATH_MAX, "%s/%s", m->dir, name);
	if (n < 0 || n >= MACHINE_PATH_MAX) {
		errno = ENAMETOOLONG;
		die("%s", m->dir);
	}
}

static int open_at(const struct machine *m, const char *name, int flags)
{
	char path[MACHINE_PATH_MAX];
	machine_path(m, name, path);
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s", path);
	return fd;
}

static void put_file(const struct machine *m, const char *name, int flags, const char *text)
{
	int fd = open_at(m, name, flags);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("%s", name);
	close(fd);
}

void machine_append(const struct machine *m, const char *name, const char *text)
{
	put_file(m, name, O_WRONLY | O_APPEND, text);
}

static void make_dir(const struct machine *m, const char *name)
{
	char path[MACHINE_PATH_MAX];
	machine_path(m, name, path);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die("%s", path);
}

void machine_open(struct machine *m, const char *tsmctl, const char *tsmsim, const char *dir,
	const struct tree *tree)
{
	static const char *const folders[] = {"root", "root/sys", "root/run", "root/proc",
		"root/proc/sys", "root/proc/sys/kernel", "root/proc/sys/kernel/random", NULL};
	*m = (struct machine){.tsmctl = tsmctl, .tsmsim = tsmsim, .tree = tree};
	char *real = realpath(dir, NULL);
	if (real == NULL || strlen(real) >= sizeof(m->dir))
		die("%s", dir);
	memcpy(m->dir, real, strlen(real) + 1);
	free(real);
	machine_path(m, "root", m->root);
	umask(022);
	for (size_t i = 0; folders[i] != NULL; i++)
		make_dir(m, folders[i]);
	put_file(m, "root/proc/sys/kernel/random/boot_id", O_WRONLY | O_CREAT | O_TRUNC, boot_id);
}

/* out and err: descriptors, -1: this process's own. */
static pid_t spawn(const char *const argv[], int out, int err)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	posix_spawn_file_actions_init(&actions);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	errno = posix_spawnp(
		&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	if (errno != 0)
		die("%s", argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static void empty_run(const struct machine *m)
{
	char path[MACHINE_PATH_MAX];
	machine_path(m, "root/run/tsmctl", path);
	DIR *dir = opendir(path);
	if (dir == NULL)
		return;
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
		if (e->d_name[0] != '.' && unlinkat(dirfd(dir), e->d_name, 0) < 0)
			die("%s", e->d_name);
	closedir(dir);
	if (rmdir(path) < 0)
		die("%s", path);
}

void machine_start(struct machine *m)
{
	char sys[MACHINE_PATH_MAX];
	const char *argv[MACHINE_ARGS_MAX + 3] = {m->tsmsim};
	size_t n = 1;
	machine_path(m, "root/sys", sys);
	for (size_t i = 0; i < MACHINE_ARGS_MAX && m->tree->sim[i] != NULL; i++)
		argv[n++] = m->tree->sim[i];
	argv[n] = sys;
	if (machine_other(argv) != 0)
		die("%s", m->tsmsim);
	empty_run(m);
}

void machine_stop(struct machine *m)
{
	char sys[MACHINE_PATH_MAX];
	machine_path(m, "root/sys", sys);
	const char *argv[] = {"fusermount3", "-u", sys, NULL};
	if (geteuid() == 0 ? umount(sys) < 0 : machine_other(argv) != 0)
		die("%s", sys);
}

void machine_fault(const struct machine *m, const char *spec)
{
	put_file(m, "root/sys/.tsmsim/fault", O_WRONLY, spec);
}

void machine_file(const struct machine *m, const char *name, const char *text)
{
	put_file(m, name, O_WRONLY | O_CREAT | O_TRUNC, text);
}

bool machine_fired(const struct machine *m)
{
	char *stats = machine_text(m, "root/sys/.tsmsim/stats");
	const char *fired = strstr(stats, "faults:fired ");
	bool ret = fired != NULL && strncmp(fired, "faults:fired 0", 14) != 0;
	free(stats);
	return ret;
}

/* A small file of text, without what ends it. */
static void read_word(const char *path, char *ret, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, ret, cap - 1);
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Of several entries the one with the right index; false: there is none. */
static bool value_file(const struct machine *m, char ret[MACHINE_PATH_MAX])
{
	char pattern[MACHINE_PATH_MAX], index[MACHINE_PATH_MAX], word[16];
	glob_t found;
	bool ok = false;
	if (snprintf(pattern, sizeof(pattern), "%s/%s", m->root, m->tree->value) < 0 ||
		glob(pattern, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !ok; i++) {
		snprintf(ret, MACHINE_PATH_MAX, "%s", found.gl_pathv[i]);
		ok = m->tree->index == NULL;
		if (ok)
			break;
		snprintf(index, sizeof(index), "%.*s/index", (int)(strrchr(ret, '/') - ret), ret);
		read_word(index, word, sizeof(word));
		ok = strcmp(word, m->tree->index) == 0;
	}
	globfree(&found);
	return ok;
}

bool machine_value(const struct machine *m, uint8_t ret[VALUE_MAX])
{
	char path[MACHINE_PATH_MAX];
	memset(ret, 0, VALUE_MAX);
	if (!value_file(m, path)) {
		if (m->tree->index == NULL)
			die("%s", m->tree->value);
		return false;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, ret, m->tree->size) != (ssize_t)m->tree->size)
		die("%s", path);
	close(fd);
	return true;
}

static void make_entry(const struct machine *m)
{
	make_dir(m, "root/sys/kernel/config/tsm/rtmrs/tsmctl-rtmr3");
	put_file(
		m, "root/sys/kernel/config/tsm/rtmrs/tsmctl-rtmr3/index", O_WRONLY, m->tree->index);
}

void machine_journal(const struct machine *m, const char *text)
{
	make_dir(m, "root/run/tsmctl");
	put_file(m, "root/run/tsmctl/lock", O_WRONLY | O_CREAT | O_TRUNC, "");
	put_file(m, "root/run/tsmctl/journal.jsonl", O_WRONLY | O_CREAT | O_TRUNC, text);
}

void machine_foreign(const struct machine *m, const uint8_t *digest)
{
	char path[MACHINE_PATH_MAX];
	if (m->tree->index != NULL && !value_file(m, path))
		make_entry(m);
	int fd = value_file(m, path) ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	if (fd < 0 || pwrite(fd, digest, m->tree->size, 0) != (ssize_t)m->tree->size)
		die("%s", m->tree->value);
	close(fd);
}

static void command_line(
	const struct machine *m, const char *const args[], const char *ret[MACHINE_ARGS_MAX + 4])
{
	size_t n = 0;
	ret[n++] = m->tsmctl;
	ret[n++] = "--root";
	ret[n++] = m->root;
	while (*args != NULL && n < MACHINE_ARGS_MAX + 3)
		ret[n++] = *args++;
	ret[n] = NULL;
}

pid_t machine_begin(const struct machine *m, const char *const args[], const char *name)
{
	const char *argv[MACHINE_ARGS_MAX + 4];
	char file[64];
	snprintf(file, sizeof(file), "stdout%s", name);
	int out = open_at(m, file, O_WRONLY | O_CREAT | O_TRUNC);
	snprintf(file, sizeof(file), "stderr%s", name);
	int err = open_at(m, file, O_WRONLY | O_CREAT | O_TRUNC);
	command_line(m, args, argv);
	pid_t pid = spawn(argv, out, err);
	close(out);
	close(err);
	return pid;
}

int machine_end(pid_t pid)
{
	int status;
	if (waitpid(pid, &status, 0) < 0)
		die("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int machine_run(const struct machine *m, const char *const args[])
{
	return machine_end(machine_begin(m, args, ""));
}

int machine_other(const char *const argv[])
{
	return machine_end(spawn(argv, -1, -1));
}

int machine_inject(
	const struct machine *m, const char *const args[], struct inject_run *inject, bool *fired)
{
	const char *argv[MACHINE_ARGS_MAX + 4];
	command_line(m, args, argv);
	inject->below = m->root;
	inject->argv = (char *const *)(uintptr_t)argv;
	inject->out = open_at(m, "stdout", O_WRONLY | O_CREAT | O_TRUNC);
	inject->err = open_at(m, "stderr", O_WRONLY | O_CREAT | O_TRUNC);
	int status = inject_run(inject, fired);
	close(inject->out);
	close(inject->err);
	if (status < 0)
		exit(2);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *machine_text(const struct machine *m, const char *name)
{
	char path[MACHINE_PATH_MAX], *text = NULL;
	size_t room = 0;
	machine_path(m, name, path);
	FILE *in = fopen(path, "re");
	if (in == NULL || getdelim(&text, &room, '\0', in) < 0) {
		free(text);
		text = calloc(1, 1);
	}
	if (in != NULL)
		fclose(in);
	if (text == NULL)
		die("memory");
	return text;
}
