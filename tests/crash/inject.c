/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp filter stops the command at the calls of the table below, and at no others, so that a
 * run costs hardly more than the command does. A child of the command would not be followed, and
 * finds that these calls do not exist: tsmctl has none.
 */
#include "inject.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

const struct inject_fault inject_faults[] = {
	{"kill-before", INJECT_KILL_BEFORE, 0, INJECT_KEEP_NONE},
	{"kill-after", INJECT_KILL_AFTER, 0, INJECT_KEEP_NONE},
	{"eio", INJECT_ERROR, EIO, INJECT_KEEP_NONE},
	{"enospc", INJECT_ERROR, ENOSPC, INJECT_KEEP_NONE},
	{"eintr", INJECT_ERROR, EINTR, INJECT_KEEP_NONE},
	{"short", INJECT_SHORT, 0, INJECT_KEEP_HALF},
	{"tear", INJECT_TEAR, 0, INJECT_KEEP_HALF},
	{"tear-most", INJECT_TEAR, 0, INJECT_KEEP_MOST},
	{"full", INJECT_ONWARDS, ENOSPC, INJECT_KEEP_HALF}, /* a write first fills the disk */
	{"broken", INJECT_ONWARDS, EIO, INJECT_KEEP_NONE},
	{NULL, INJECT_ERROR, 0, INJECT_KEEP_NONE},
};

/* How a call names what it works on. */
enum how {
	BY_FD,	  /* argument 0 */
	BY_WRITE, /* the same, and argument 2 is the number of bytes */
	BY_CLOSE,
	BY_PATH, /* a folder, and a name in it */
	BY_OPEN, /* the same, and argument 2 are the flags */
	BY_OPEN2,
};

static const struct kind {
	long nr;
	const char *name;
	enum how how;
} kinds[] = {
	{SYS_openat, "openat", BY_OPEN},
	{SYS_openat2, "openat2", BY_OPEN2},
	{SYS_mkdirat, "mkdirat", BY_PATH},
	{SYS_unlinkat, "unlinkat", BY_PATH},
	{SYS_renameat, "renameat", BY_PATH},
	{SYS_renameat2, "renameat2", BY_PATH},
	{SYS_linkat, "linkat", BY_PATH},
	{SYS_fchmodat, "fchmodat", BY_PATH},
	{SYS_write, "write", BY_WRITE},
	{SYS_pwrite64, "pwrite64", BY_WRITE},
	{SYS_writev, "writev", BY_FD},
	{SYS_pwritev, "pwritev", BY_FD},
	{SYS_pwritev2, "pwritev2", BY_FD},
	{SYS_fsync, "fsync", BY_FD},
	{SYS_fdatasync, "fdatasync", BY_FD},
	{SYS_ftruncate, "ftruncate", BY_FD},
	{SYS_fallocate, "fallocate", BY_FD},
	{SYS_fchmod, "fchmod", BY_FD},
	{SYS_flock, "flock", BY_FD},
	{SYS_close, "close", BY_CLOSE},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

const struct inject_fault *inject_fault_by_name(const char *name)
{
	const struct inject_fault *f = inject_faults;
	while (f->name != NULL && strcmp(f->name, name) != 0)
		f++;
	return f->name != NULL ? f : NULL;
}

bool inject_applies(const struct inject_fault *fault, const struct inject_call *call)
{
	return (fault->act != INJECT_SHORT && fault->act != INJECT_TEAR) || call->size > 1;
}

static size_t kept(enum inject_keep keep, size_t size)
{
	switch (keep) {
	case INJECT_KEEP_NONE:
		return 0;
	case INJECT_KEEP_HALF:
		return size / 2;
	case INJECT_KEEP_MOST:
		return size - 1;
	}
	return 0;
}

static int failed(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return -1;
}

/* The registers of a stopped process, by the two things that are changed in them. */
#if defined(__x86_64__)
static void put_length(struct user_regs_struct *r, size_t n)
{
	r->rdx = n;
}
static void put_result(struct user_regs_struct *r, long result)
{
	r->rax = (unsigned long)result;
}
#elif defined(__aarch64__)
static void put_length(struct user_regs_struct *r, size_t n)
{
	r->regs[2] = n;
}
static void put_result(struct user_regs_struct *r, long result)
{
	r->regs[0] = (unsigned long)result;
}
#else
#error "which registers hold a system call's arguments is not known for this machine"
#endif

enum change { LENGTH, RESULT };

static int change(pid_t pid, enum change what, long value)
{
	struct user_regs_struct regs;
	struct iovec iov = {&regs, sizeof(regs)};
	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) < 0)
		return failed("registers");
	if (what == LENGTH)
		put_length(&regs, (size_t)value);
	else
		put_result(&regs, value);
	return ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov) < 0 ? failed("registers") : 0;
}

/* The call that the process stands before is left out: it has the number -1. */
static int leave_out(pid_t pid)
{
#if defined(__x86_64__)
	size_t at = offsetof(struct user_regs_struct, orig_rax);
	return ptrace(PTRACE_POKEUSER, pid, at, -1L) < 0 ? failed("number") : 0;
#else
	int none = -1;
	struct iovec iov = {&none, sizeof(none)};
	return ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &iov) < 0 ? failed("number") : 0;
#endif
}

/* Bytes of the process's memory, as many as there are up to n. */
static size_t peek(pid_t pid, uint64_t addr, void *buf, size_t n)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, buf, n, (off_t)addr);
	if (fd >= 0)
		close(fd);
	return got < 0 ? 0 : (size_t)got;
}

/* What a descriptor is open on, and whether for writing: as /proc shows it. */
static bool look_at_fd(pid_t pid, int fd, char *ret, size_t cap, bool *ret_writes)
{
	char path[64];
	struct stat st;
	if (fd == AT_FDCWD)
		snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	else
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	ssize_t n = readlink(path, ret, cap - 1);
	ret[n > 0 ? n : 0] = '\0';
	*ret_writes = n > 0 && lstat(path, &st) == 0 && (st.st_mode & S_IWUSR) != 0;
	return n > 0;
}

/* in_root: "/" is the descriptor, as with RESOLVE_IN_ROOT. */
static bool look_at_path(pid_t pid, const uint64_t args[6], bool in_root, char *ret, size_t cap)
{
	char name[PATH_MAX + 1] = "";
	bool unused;
	name[peek(pid, args[1], name, PATH_MAX)] = '\0';
	ret[0] = '\0';
	if ((in_root || name[0] != '/') && !look_at_fd(pid, (int)args[0], ret, cap, &unused))
		return false;
	size_t n = strlen(ret);
	int want = snprintf(ret + n, cap - n, "%s%s", name[0] != '/' ? "/" : "", name);
	return want >= 0 && (size_t)want < cap - n;
}

static bool opens_for_writing(uint64_t flags)
{
	return !(flags & O_PATH) &&
	       ((flags & (O_CREAT | O_TRUNC)) || (flags & O_ACCMODE) != O_RDONLY);
}

/* What the call works on, if it changes something. */
static bool look_at(pid_t pid, enum how how, const uint64_t args[6], char *ret, size_t cap)
{
	struct open_how open2 = {0};
	bool writes;
	switch (how) {
	case BY_FD:
	case BY_WRITE:
		return look_at_fd(pid, (int)args[0], ret, cap, &writes);
	case BY_CLOSE:
		return look_at_fd(pid, (int)args[0], ret, cap, &writes) && writes;
	case BY_PATH:
		return look_at_path(pid, args, false, ret, cap);
	case BY_OPEN:
		return opens_for_writing(args[2]) && look_at_path(pid, args, false, ret, cap);
	case BY_OPEN2:
		peek(pid, args[2], &open2, sizeof(open2));
		return opens_for_writing(open2.flags) &&
		       look_at_path(pid, args, (open2.resolve & RESOLVE_IN_ROOT) != 0, ret, cap);
	}
	return false;
}

/* Cuts the folder off a path in it. */
static bool is_below(const char *below, char *path)
{
	size_t n = strlen(below);
	if (strncmp(path, below, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return false;
	if (path[n] == '\0')
		memcpy(path, ".", 2);
	else
		memmove(path, path + n + 1, strlen(path + n + 1) + 1);
	return true;
}

struct tracee {
	const struct inject_run *run;
	pid_t pid;
	unsigned calls;
	char top[INJECT_TARGET_MAX]; /* where everything fails from now on */
	bool fired;
};

/* Runs on to the end of the call, dead: with 0 and *status if the process ended there. */
static int to_the_end(struct tracee *t, int *status)
{
	if (ptrace(PTRACE_SYSCALL, t->pid, 0, 0) < 0)
		return failed("system call");
	return waitpid(t->pid, status, 0) < 0 ? failed("wait") : 0;
}

static int fail_call(struct tracee *t, const struct kind *kind, int error)
{
	int status = 0;
	if (kind->how != BY_CLOSE)
		return leave_out(t->pid) < 0 ? -1 : change(t->pid, RESULT, -error);
	if (to_the_end(t, &status) < 0)
		return -1;
	return WIFSTOPPED(status) ? change(t->pid, RESULT, -error) : 0;
}

static int kill_it(struct tracee *t)
{
	return kill(t->pid, SIGKILL) < 0 ? failed("kill") : 0;
}

static int fire(struct tracee *t, const struct kind *kind, const struct inject_call *call)
{
	const struct inject_fault *f = t->run->fault;
	bool cut = f->keep != INJECT_KEEP_NONE && call->size > 1;
	int status = 0;
	t->fired = true;
	if (cut && change(t->pid, LENGTH, (long)kept(f->keep, call->size)) < 0)
		return -1;
	switch (f->act) {
	case INJECT_KILL_BEFORE:
		return kill_it(t);
	case INJECT_KILL_AFTER:
	case INJECT_TEAR:
		return to_the_end(t, &status) < 0 ? -1 : kill_it(t);
	case INJECT_ERROR:
		return fail_call(t, kind, f->error);
	case INJECT_SHORT:
		return 0;
	case INJECT_ONWARDS:
		snprintf(t->top, sizeof(t->top), "%s", call->target);
		t->top[strcspn(t->top, "/")] = '\0';
		return cut ? 0 : fail_call(t, kind, f->error);
	}
	return 0;
}

/* A full disk still syncs, locks, renames and closes; a broken one still locks and closes. */
static bool fails_too(const struct tracee *t, const struct kind *kind, const char *target)
{
	size_t n = strlen(t->top);
	if (n == 0 || strncmp(target, t->top, n) != 0 || (target[n] != '/' && target[n] != '\0') ||
		kind->nr == SYS_flock || kind->nr == SYS_close)
		return false;
	return t->run->fault->error != ENOSPC || kind->how == BY_WRITE || kind->how == BY_OPEN ||
	       kind->nr == SYS_mkdirat || kind->nr == SYS_fallocate;
}

static int stopped_at_call(struct tracee *t)
{
	struct __ptrace_syscall_info info = {0};
	static struct inject_call call;
	const struct kind *kind = kinds;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) < 0)
		return failed("system call");
	uint64_t args[6];
	for (size_t i = 0; i < 6; i++)
		args[i] = info.seccomp.args[i];
	while (kind < kinds + KINDS && (uint64_t)kind->nr != info.seccomp.nr)
		kind++;
	if (kind == kinds + KINDS ||
		!look_at(t->pid, kind->how, args, call.target, sizeof(call.target)) ||
		!is_below(t->run->below, call.target))
		return 0;
	call.number = ++t->calls;
	call.name = kind->name;
	call.size = kind->how == BY_WRITE ? args[2] : 0;
	if (t->run->seen != NULL)
		t->run->seen(t->run->ctx, &call);
	if (t->run->fault != NULL && call.number == t->run->at)
		return fire(t, kind, &call);
	return fails_too(t, kind, call.target) ? fail_call(t, kind, t->run->fault->error) : 0;
}

/* Runs in the new process: stops at the calls of the table from the exec on. */
static int filter(void)
{
	struct sock_filter code[2 * KINDS + 2];
	struct sock_fprog prog = {.filter = code};
	code[prog.len++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < KINDS; i++) {
		code[prog.len++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (unsigned)kinds[i].nr, 0, 1);
		code[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	code[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* LeakSanitizer cannot work in a process that is traced. */
static void no_leak_check(void)
{
	const char *have = getenv("ASAN_OPTIONS");
	char *options;
	if (asprintf(&options, "%s:detect_leaks=0", have != NULL ? have : "") >= 0)
		setenv("ASAN_OPTIONS", options, 1);
}

__attribute__((noreturn)) static void become(const struct inject_run *run)
{
	no_leak_check();
	if ((run->out < 0 || dup2(run->out, STDOUT_FILENO) >= 0) &&
		(run->err < 0 || dup2(run->err, STDERR_FILENO) >= 0) &&
		ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 && raise(SIGSTOP) == 0 && filter() == 0)
		execvp(run->argv[0], run->argv);
	failed(run->argv[0]);
	_exit(127);
}

static int signal_of(int status)
{
	return WSTOPSIG(status) == SIGTRAP || status >> 16 != 0 ? 0 : WSTOPSIG(status);
}

static int follow(struct tracee *t)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEEXEC;
	int status, sig = 0;
	if (waitpid(t->pid, &status, 0) < 0 || !WIFSTOPPED(status) ||
		ptrace(PTRACE_SETOPTIONS, t->pid, 0, options) < 0)
		return failed("start");
	for (;;) {
		if (ptrace(PTRACE_CONT, t->pid, 0, sig) < 0 && errno != ESRCH)
			return failed("continue");
		if (waitpid(t->pid, &status, 0) < 0)
			return failed("wait");
		if (!WIFSTOPPED(status))
			return status;
		sig = signal_of(status);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) && stopped_at_call(t) < 0)
			break;
	}
	kill(t->pid, SIGKILL);
	waitpid(t->pid, &status, 0);
	return -1;
}

int inject_run(const struct inject_run *run, bool *ret_fired)
{
	struct tracee t = {.run = run};
	fflush(NULL);
	t.pid = fork();
	if (t.pid < 0)
		return failed("fork");
	if (t.pid == 0)
		become(run);
	int status = follow(&t);
	*ret_fired = t.fired;
	return status;
}
