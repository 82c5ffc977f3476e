/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "kernel/lock.h"

void evidence_close(struct evidence *ev)
{
	inputs_close(&ev->inputs);
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

const char *evidence_source(const struct evidence *ev, const struct mr *mr)
{
	const struct log_input *in = inputs_text_of(&ev->inputs, mr);
	if (in != NULL)
		return in->path;
	return ev->inputs.n == 0 && ev->values == NULL ? log_keeper_name(mr->log) : NULL;
}

int evidence_share_lock(struct evidence *ev, struct err *err)
{
	bool kernel = false;
	for (size_t i = 0; i < ev->mrs->n; i++)
		kernel = kernel || ev->mrs->mr[i]->log == LOG_OF_KERNEL;
	if (!kernel || ev->root == NULL || ev->values != NULL || ev->inputs.n > 0)
		return 0;
	*err = (struct err){0};
	ev->lock = lock_share(ev->root, LOCK_WAIT_DEFAULT_S, err);
	return ev->lock < 0 && err->status != ST_OK ? -1 : 0;
}

int evidence_open_log(const struct evidence *ev, const struct mr *mr, struct err *err)
{
	const struct log_input *in = inputs_text_of(&ev->inputs, mr);
	if (in != NULL) {
		int fd = fcntl(in->fd, F_DUPFD_CLOEXEC, 3);
		return fd >= 0 ? fd : err_sys(err, errno, "'%s'", in->path);
	}
	if (evidence_source(ev, mr) == NULL)
		return err_set(err, ST_ABSENT, "'%s' has no log here", mr->full);
	return mr->abi->open_log(ev->root, mr, err);
}

struct digest evidence_trusted_start(const struct evidence *ev, const struct mr *mr)
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
	struct digest trusted = evidence_trusted_start(ev, mr);
	return trusted.size > 0 ? bytes_equal(value, digest_bytes(&trusted))
				: mr_is_initial(mr, value);
}

/* Zeros, and its own name padded with NULs; or what the operator trusts. */
static size_t starts_of(const struct evidence *ev, const struct mr *mr, struct digest starts[2])
{
	starts[0] = evidence_trusted_start(ev, mr);
	if (starts[0].size > 0)
		return 1;
	starts[0] = (struct digest){.alg = mr->alg, .size = (uint8_t)hash_size(mr->alg)};
	starts[1] = mr_name_value(mr);
	return bytes_all_zero(digest_bytes(&starts[1])) ? 1 : 2;
}

int evidence_replay(const struct evidence *ev, const struct mr *mr, int fd,
	const struct digest *from, const struct digest *value, struct replay_result *ret,
	struct err *err)
{
	struct hasher *h;
	struct rfc_log log;
	struct digest starts[2];
	size_t n = from == NULL ? starts_of(ev, mr, starts) : 1;
	if (from != NULL)
		starts[0] = *from;
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
	if (evidence_replay(ev, mr, ret->log, NULL, &ret->value, &ret->replay, err) < 0)
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
