/* SPDX-License-Identifier: Apache-2.0 */
/*
 * no_openat2 ENOSYS|EPERM COMMAND [ARGS]: runs COMMAND, and all that it starts, where openat2 fails
 * like this, as a seccomp filter of systemd or of a container engine makes it. 77: no filter can be set.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int deny_openat2(unsigned sys)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | sys),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
	/* Root needs no_new_privs for nothing; others do, and then fusermount3 is of no use to them. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	unsigned sys = argc < 3				? 0
		       : strcmp(argv[1], "ENOSYS") == 0 ? ENOSYS
		       : strcmp(argv[1], "EPERM") == 0	? EPERM
							: 0;
	if (sys == 0) {
		fputs("usage: no_openat2 ENOSYS|EPERM COMMAND [ARGS]\n", stderr);
		return 2;
	}
	if (deny_openat2(sys) < 0) {
		perror("no_openat2");
		return 77;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
