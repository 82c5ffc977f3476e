/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree below a root, as lines of text (folder.h) after a character that says how it is looked at: what is
 * found there has a name and a size, every command ends and says what is wrong, and nothing outside is opened.
 * All of it is done with openat2 and without.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "folder.h"
#include "fuzz.h"
#include "kernel/backend.h"

enum { ACTED_ON_MAX = 6 }; /* registers of one tree that are extended or written */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker has these names. */
long __wrap_syscall(long number, long a, long b, long c, long d);
long __real_syscall(long number, ...);

static bool no_openat2;

/* Fails where the input says so: openat2 is what every file below the root is opened with. */
long __wrap_syscall(long number, long a, long b, long c, long d)
{
	const char *path = number == SYS_openat2 ? (const char *)b : NULL;
	const struct open_how *how = (const struct open_how *)c;
	int sys = path != NULL && !(how->flags & O_PATH) ? folder_error(path + 1) : 0;
	/* These are tried again, for ever. */
	bool fails = sys != 0 && sys != EAGAIN && sys != EINTR;
	if (!fails && path != NULL && no_openat2)
		sys = ENOSYS;
	else if (!fails)
		return __real_syscall(number, a, b, c, d);
	errno = sys;
	return -1;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* What the first character chooses. */
struct choice {
	const char *abi; /* NULL: any */
	bool json, digest, writes;
};

static struct choice choose(uint8_t c)
{
	static const char *const abis[] = {NULL, "tsm-mr", "tsm-rfc", "tsm-rtmrs"};
	const char *abi = c & 32 ? "tpm" : abis[c & 3];
	return (struct choice){abi, (c & 4) != 0, (c & 8) != 0, (c & 16) != 0};
}

static void check_text(const char *s, bool blanks)
{
	MUST(s != NULL && s[0] != '\0');
	for (; *s != '\0'; s++)
		MUST((*s > ' ' || (blanks && *s == ' ')) && *s < 0x7f);
}

static void check_failure(const struct err *err)
{
	MUST(err->status != ST_OK);
	check_text(err->msg, true);
}

static void check_mr(const struct mr_list *mrs, const struct mr *mr)
{
	struct err err = {0};
	check_text(mr->full, false);
	MUST(mr->abi != NULL && mr->path != NULL && mr->size <= VALUE_SIZE_MAX);
	MUST(strlen(mr->full) < (size_t)3 * NAME_MAX_VISIBLE);
	if (mr->bad.status != ST_OK)
		check_failure(&mr->bad);
	else
		MUST(mr->size > 0 && (mr->alg <= HASH_UNKNOWN || mr->size == hash_size(mr->alg)));
	/* What can be extended is known not to be static, and somebody keeps its log. */
	MUST(!(mr->flags & MR_EXTENSIBLE) ||
		((mr->flags & MR_RUNTIME) && mr->log != LOG_OF_NOBODY));
	MUST(!(mr->flags & MR_EXTENSIBLE) || !(mr->flags & (MR_WRITABLE | MR_MAY_EXTEND)));
	const struct mr *found = mr_list_find(mrs, mr->full, &err);
	if (found == NULL)
		check_failure(&err);
	else
		MUST(strcmp(found->full, mr->full) == 0);
}

static void read_mr(const struct root *root, const struct mr *mr)
{
	struct err err = {0};
	uint8_t *buf = malloc(mr->size);
	off_t size;
	MUST(buf != NULL);
	if (mr_read(root, mr, buf, &err) < 0)
		check_failure(&err);
	free(buf);
	if (mr->log != LOG_OF_KERNEL)
		return;
	if (mr->abi->log_size(root, mr, &size, &err) < 0)
		check_failure(&err);
	int fd = mr->abi->open_log(root, mr, &err);
	if (fd < 0)
		check_failure(&err);
	else
		close(fd);
}

/* What is done to a register under the lock, straight through its interface. */
static void act_on(const struct root *root, struct mr *mr, const struct choice *how)
{
	static const uint8_t bytes[VALUE_SIZE_MAX] = {1, 2, 3};
	const struct backend *abi = mr->abi;
	struct err err = {0};
	bool tried;
	if (abi->prepare != NULL && abi->prepare(root, mr, &err) < 0)
		check_failure(&err);
	if (abi->recheck != NULL && abi->recheck(root, mr, &err) < 0)
		check_failure(&err);
	if (!how->writes || mr->bad.status != ST_OK || mr_lacks_entry(mr))
		return;
	struct digest d = digest_of(mr->alg, (struct bytes){bytes, mr->size % 65});
	if ((mr->flags & MR_TAKES_DIGEST) && abi->extend_digest(root, mr, &d, &tried, &err) < 0)
		check_failure(&err);
	if ((mr->flags & MR_TAKES_EVENT) && abi->append_event != NULL &&
		abi->append_event(root, mr, (struct bytes){bytes, 3}, &tried, &err) < 0)
		check_failure(&err);
	if ((mr->flags & MR_WRITABLE) &&
		abi->write(root, mr, (struct bytes){bytes, mr->size}, &tried, &err) < 0)
		check_failure(&err);
}

static void look(const struct choice *how)
{
	struct root root;
	struct tree tree;
	struct err err = {0};
	char boot_id[37];
	MUST(root_open(&root, folder_root(), &err) == 0);
	if (boot_id_read(&root, boot_id))
		check_text(boot_id, false);
	if (tree_probe(&root, how->abi, &tree, &err) < 0)
		check_failure(&err);
	if (tree.problem.status != ST_OK)
		check_failure(&tree.problem);
	for (size_t i = 0; i < tree.mrs.n; i++) {
		check_mr(&tree.mrs, tree.mrs.mr[i]);
		read_mr(&root, tree.mrs.mr[i]);
	}
	for (size_t i = 0; i < tree.mrs.n && i < ACTED_ON_MAX; i++)
		act_on(&root, tree.mrs.mr[i], how);
	tree_clear(&tree);
	root_close(&root);
}

/* One command; up to four words, NULL after the last. */
static void run(const struct choice *how, const char *const words[4], struct command *ret)
{
	const char *argv[16] = {"tsmctl", "--quiet", "--root", folder_root()};
	size_t n = 4;
	if (how->abi != NULL) {
		argv[n++] = "--abi";
		argv[n++] = how->abi;
	}
	if (how->json)
		argv[n++] = "--json";
	for (size_t i = 0; i < 4 && words[i] != NULL; i++)
		argv[n++] = words[i];
	command_run(argv, ret);
	folder_check_outside();
}

static void run_all(const struct choice *how)
{
	static const char *const words[][4] = {
		{"list"}, {"read"}, {"status"}, {"log"}, {"verify"}, {"list", "-oPATH,TCG-MAP"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct command c;
		run(how, words[i], &c);
		command_clear(&c);
	}
}

static void run_on(const struct choice *how, const char *name)
{
	struct command c;
	const char *what = how->digest ? "--digest=00" : "--event=hello";
	const char *const words[][4] = {
		{"extend", what, "--", name},
		{"extend", "--once", "--event=hello", name},
		{"extend", "--force", what, name},
		{"write", "--hex=00", "--", name},
		{"read", "--", name},
		{"verify", "--", name},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i][3] == name && name[0] == '-')
			continue;
		run(how, words[i], &c);
		command_clear(&c);
	}
}

/* The registers are asked for by the names that `list` shows. */
static void run_on_each(const struct choice *how)
{
	struct choice json = *how;
	struct command list;
	struct json_object *row;
	json.json = true;
	run(&json, (const char *const[4]){"list"}, &list);
	for (size_t i = 0; i < ACTED_ON_MAX && (row = command_row(&list, i)) != NULL; i++) {
		const char *name = command_string(row, "register");
		MUST(name != NULL);
		run_on(how, name);
	}
	command_clear(&list);
}

static void look_and_run(const struct choice *how, struct bytes tree)
{
	folder_clear();
	folder_make(tree);
	look(how);
	folder_check_outside();
	run_all(how);
	if (how->writes)
		run_on_each(how);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct choice how = choose(data[0]);
	struct bytes tree = {data + 1, size - 1};
	no_openat2 = false;
	look_and_run(&how, tree);
	no_openat2 = true;
	look_and_run(&how, tree);
	return 0;
}
