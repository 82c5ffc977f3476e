/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "base/input.h"
#include "base/scope.h"
#include "kernel/lock.h"

static const char format_suffix[] = ":rfc-text";

/* Opens FILE[:FORMAT]; *ret_path is its path alone, allocated. */
static int log_arg_open(const char *arg, char **ret_path, struct err *err)
{
	size_t n = strlen(arg), suffix = sizeof(format_suffix) - 1;
	bool told = n > suffix && strcmp(arg + n - suffix, format_suffix) == 0;
	char *path = strndup(arg, told ? n - suffix : n);
	if (path == NULL)
		return err_sys(err, ENOMEM, "'%s'", arg);

	int fd = input_open(path, err);
	uint8_t head[16];
	ssize_t got = fd >= 0 ? pread(fd, head, sizeof(head), 0) : 0;
	if (got < 0) {
		err_sys(err, errno, "'%s'", path);
		close(fd);
		free(path);
		return -1;
	}
	bool known =
		told || got == 0 || (got > 0 && rfc_log_sniff((struct bytes){head, (size_t)got}));
	if (fd >= 0 && known) {
		*ret_path = path;
		return fd;
	}
	if (fd >= 0) {
		err_set(err, ST_FORMAT,
			"'%s': no log format known here; a kernel's text log starts with 'SYNC ' "
			"or '# .EXTEND ': say '%s%s' if it is one all the same",
			path, path, format_suffix);
		close(fd);
	}
	free(path);
	return -1;
}

/* The name that a path gives its log: that of the folder of an "event_log", or its own up to the
 * last dot. Allocated. */
static char *log_path_register(const char *path)
{
	const char *end = path + strlen(path);
	const char *base = strrchr(path, '/');
	base = base != NULL ? base + 1 : path;
	if (strcmp(base, "event_log") == 0 && base - path > 1) {
		end = base - 1;
		for (base = end; base > path && base[-1] != '/';)
			base--;
	} else {
		const char *dot = strrchr(base, '.');
		if (dot != NULL && dot > base)
			end = dot;
	}
	/* "." and ".." are no names: then the file's own has to do. */
	if (strspn(base, ".") >= (size_t)(end - base))
		return strdup("event_log");
	return strndup(base, (size_t)(end - base));
}

/* The hash that a log names itself; HASH_UNKNOWN if it does not. -1 if it cannot be read that far. */
static int log_hash(int fd, enum hash_alg *ret, struct err *err)
{
	struct rfc_log log;
	*ret = HASH_UNKNOWN;
	if (rfc_log_open(&log, fd, HASH_UNKNOWN, err) < 0)
		return err->status == ST_ABSENT ? 0 : -1;
	*ret = log.alg;
	rfc_log_close(&log);
	return 0;
}

static bool has_name(const struct mr *mr, const void *name)
{
	bool full;
	return mr_named(mr, name, &full);
}

static bool has_hash(const struct mr *mr, const void *alg)
{
	return mr->alg == *(const enum hash_alg *)alg;
}

static const struct mr *only_one(const struct mr_pick *picks, size_t n,
	bool (*is)(const struct mr *, const void *), const void *arg)
{
	const struct mr *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		if ((picks[i].mr->flags & MR_RUNTIME) && is(picks[i].mr, arg)) {
			found = picks[i].mr;
			count++;
		}
	}
	return count == 1 ? found : NULL;
}

static const struct mr *bind(
	const char *path, int fd, const struct mr_pick *picks, size_t n, struct err *err)
{
	if (n == 1)
		return picks[0].mr;
	AUTO_FREE char *name = log_path_register(path);
	enum hash_alg alg;
	if (log_hash(fd, &alg, err) < 0) {
		err_in(err, "'%s'", path);
		return NULL;
	}
	const struct mr *mr = name != NULL ? only_one(picks, n, has_name, name) : NULL;
	if (mr == NULL)
		mr = only_one(picks, n, has_hash, &alg);
	if (mr == NULL)
		err_set(err, ST_USAGE, "'%s': nothing tells whose log this is: name one register",
			path);
	return mr;
}

/* Takes path and fd over. */
static int add_input(struct evidence *ev, char *path, int fd, const struct mr *mr, struct err *err)
{
	struct log_input *grown = reallocarray(ev->inputs, ev->n_inputs + 1, sizeof(*grown));
	if (grown != NULL)
		ev->inputs = grown;
	else
		err_sys(err, ENOMEM, "'%s'", path);
	bool taken = false;
	for (size_t i = 0; grown != NULL && i < ev->n_inputs && !taken; i++) {
		taken = strcmp(ev->inputs[i].mr->full, mr->full) == 0;
		if (taken)
			err_set(err, ST_USAGE, "'%s' and '%s' are both taken for the log of %s",
				ev->inputs[i].path, path, mr->full);
	}
	if (grown == NULL || taken) {
		close(fd);
		free(path);
		return -1;
	}
	ev->inputs[ev->n_inputs++] = (struct log_input){path, fd, mr};
	return 0;
}

int evidence_add_input(struct evidence *ev, const char *arg, const struct mr_pick *picks, size_t n,
	struct err *err)
{
	char *path;
	int fd = log_arg_open(arg, &path, err);
	if (fd < 0)
		return -1;
	const struct mr *mr = bind(path, fd, picks, n, err);
	if (mr != NULL)
		return add_input(ev, path, fd, mr, err);
	close(fd);
	free(path);
	return -1;
}

/* NAME[:HASH]; without a hash, that of the log. */
static struct mr *add_log_mr(struct mr_list *mrs, char *name, int fd, struct err *err)
{
	char *colon = strrchr(name, ':');
	enum hash_alg alg = colon != NULL ? hash_by_name(bytes_of(colon + 1)) : HASH_UNKNOWN;
	if (colon != NULL && alg == HASH_UNKNOWN) {
		err_set(err, ST_USAGE, "'%s': no hash of that name is known here", name);
		return NULL;
	}
	if (colon != NULL)
		*colon = '\0';
	else if (log_hash(fd, &alg, err) < 0)
		return NULL;
	if (alg == HASH_UNKNOWN) {
		err_set(err, ST_ABSENT,
			"no SYNC line says which hash this log is for: name its register as "
			"NAME:HASH in 'tsmctl log --input' or 'tsmctl verify --input'");
		return NULL;
	}
	struct mr *mr = mr_list_add(mrs, "", name, hash_name(alg), err);
	if (mr == NULL)
		return NULL;
	mr->alg = alg;
	mr->size = (uint32_t)hash_size(alg);
	mr->flags = MR_RUNTIME | MR_READABLE;
	return mr;
}

int evidence_of_logs(struct evidence *ev, int n, const char *const args[], const char *name,
	struct mr_list *mrs, struct err *err)
{
	ev->mrs = mrs;
	for (int i = 0; i < n; i++) {
		char *path;
		int fd = log_arg_open(args[i], &path, err);
		if (fd < 0)
			return -1;
		AUTO_FREE char *called = name != NULL ? strdup(name) : log_path_register(path);
		struct mr *mr = NULL;
		if (called == NULL)
			err_sys(err, ENOMEM, "'%s'", path);
		else
			mr = add_log_mr(mrs, called, fd, err);
		if (mr == NULL) {
			err_in(err, "'%s'", path);
			close(fd);
			free(path);
			return -1;
		}
		if (add_input(ev, path, fd, mr, err) < 0)
			return -1;
	}
	return 0;
}

void evidence_close(struct evidence *ev)
{
	for (size_t i = 0; i < ev->n_inputs; i++) {
		close(ev->inputs[i].fd);
		free((void *)(uintptr_t)ev->inputs[i].path);
	}
	free(ev->inputs);
	ev->inputs = NULL;
	ev->n_inputs = 0;
	if (ev->lock >= 0)
		close(ev->lock);
	ev->lock = -1;
}

int evidence_value(const struct evidence *ev, const struct mr *mr, uint8_t *buf, struct err *err)
{
	if (ev->values == NULL)
		return mr_read(ev->root, mr, buf, err);
	for (size_t i = 0; i < ev->values->mrs.n; i++)
		if (ev->values->mrs.mr[i] == mr)
			memcpy(buf, ev->values->value[i].p, mr->size);
	return 0;
}

static const struct log_input *input_of(const struct evidence *ev, const struct mr *mr)
{
	for (size_t i = 0; i < ev->n_inputs; i++)
		if (ev->inputs[i].mr == mr)
			return &ev->inputs[i];
	return NULL;
}

const char *evidence_source(const struct evidence *ev, const struct mr *mr)
{
	const struct log_input *in = input_of(ev, mr);
	if (in != NULL)
		return in->path;
	return ev->n_inputs == 0 && ev->values == NULL ? log_keeper_name(mr->log) : NULL;
}

int evidence_share_lock(struct evidence *ev, struct err *err)
{
	bool kernel = false;
	for (size_t i = 0; i < ev->mrs->n; i++)
		kernel = kernel || ev->mrs->mr[i]->log == LOG_OF_KERNEL;
	if (!kernel || ev->root == NULL || ev->values != NULL || ev->n_inputs > 0)
		return 0;
	*err = (struct err){0};
	ev->lock = lock_share(ev->root, LOCK_WAIT_DEFAULT_S, err);
	return ev->lock < 0 && err->status != ST_OK ? -1 : 0;
}

int evidence_open_log(const struct evidence *ev, const struct mr *mr, struct err *err)
{
	const struct log_input *in = input_of(ev, mr);
	if (in != NULL) {
		int fd = fcntl(in->fd, F_DUPFD_CLOEXEC, 3);
		return fd >= 0 ? fd : err_sys(err, errno, "'%s'", in->path);
	}
	if (evidence_source(ev, mr) == NULL)
		return err_set(err, ST_ABSENT, "'%s' has no log here", mr->full);
	return mr->abi->open_log(ev->root, mr, err);
}

/* What the operator trusts this register to have been at first; size 0: nothing. */
static struct digest trusted_start(const struct evidence *ev, const struct mr *mr)
{
	struct mr_list one = {(struct mr *[]){(struct mr *)(uintptr_t)mr}, 1};
	for (size_t i = 0; ev->initial != NULL && i < ev->initial->mrs.n; i++) {
		struct mr *found;
		if (values_match(ev->initial, i, &one, &found) == VALUES_ONE &&
			ev->initial->value[i].n == hash_size(mr->alg))
			return digest_of(mr->alg, ev->initial->value[i]);
	}
	return (struct digest){.size = 0};
}

bool evidence_is_initial(const struct evidence *ev, const struct mr *mr, struct bytes value)
{
	struct digest trusted = trusted_start(ev, mr);
	return trusted.size > 0 ? bytes_equal(value, digest_bytes(&trusted))
				: mr_is_initial(mr, value);
}

/* Zeros, and its own name padded with NULs; or what the operator trusts. */
static size_t starts_of(const struct evidence *ev, const struct mr *mr, struct digest starts[2])
{
	starts[0] = trusted_start(ev, mr);
	if (starts[0].size > 0)
		return 1;
	starts[0] = (struct digest){.alg = mr->alg, .size = (uint8_t)hash_size(mr->alg)};
	starts[1] = mr_name_value(mr);
	return bytes_all_zero(digest_bytes(&starts[1])) ? 1 : 2;
}

int evidence_replay(const struct evidence *ev, const struct mr *mr, int fd,
	const struct digest *value, struct replay_result *ret, struct err *err)
{
	struct hasher *h;
	struct rfc_log log;
	struct digest starts[2];
	size_t n = starts_of(ev, mr, starts);
	*ret = (struct replay_result){0};
	if (hasher_open(&h, mr->alg, err) < 0)
		return -1;
	int rc = rfc_log_open(&log, fd, mr->alg, err);
	if (rc == 0) {
		rc = replay_log(&log, h, starts, n, value, ret, err);
		rfc_log_close(&log);
	}
	hasher_close(h);
	return rc;
}

/* The register before and after its log was copied, until nothing moved. */
static int read_still(
	const struct evidence *ev, const struct mr *mr, struct checked *ret, struct err *err)
{
	uint8_t before[DIGEST_SIZE_MAX], after[DIGEST_SIZE_MAX];
	for (int i = 0; i < MOVED_RETRIES_MAX; i++) {
		if (evidence_value(ev, mr, before, err) < 0)
			return -1;
		ret->log = evidence_open_log(ev, mr, err);
		if (ret->log < 0 || evidence_value(ev, mr, after, err) < 0)
			return -1;
		if (memcmp(before, after, mr->size) == 0) {
			ret->value = digest_of(mr->alg, (struct bytes){after, mr->size});
			return 0;
		}
		close(ret->log);
		ret->log = -1;
	}
	return err_set(err, ST_SYSTEM,
		"'%s' moved %d times while it was read: somebody keeps extending it", mr->full,
		MOVED_RETRIES_MAX);
}

int evidence_check(
	const struct evidence *ev, const struct mr *mr, struct checked *ret, struct err *err)
{
	*ret = (struct checked){.log = -1};
	if (mr->bad.status != ST_OK) {
		*err = mr->bad;
		return -1;
	}
	if (read_still(ev, mr, ret, err) < 0)
		return -1;
	if (evidence_replay(ev, mr, ret->log, &ret->value, &ret->replay, err) < 0)
		return err_in(err, "log of '%s'", mr->full);
	return 0;
}

void checked_clear(struct checked *checked)
{
	if (checked->log >= 0)
		close(checked->log);
	checked->log = -1;
	replay_clear(&checked->replay);
}
