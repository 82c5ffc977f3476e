/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/write.h"

#include <string.h>

#include "base/scope.h"
#include "kernel/lock.h"
#include "ops/extend_common.h"

int write_allowed(const struct mr *mr, struct err *err)
{
	if (mr->bad.status != ST_OK) {
		*err = mr->bad;
		return -1;
	}
	if (mr->flags & MR_RUNTIME)
		return err_set(err, ST_ABSENT, "'%s' is a runtime register: extend it", mr->full);
	if (!(mr->flags & MR_WRITABLE))
		return err_set(err, ST_ABSENT, "'%s' cannot be written", mr->full);
	return 0;
}

/* What the register holds after a write that said rc and why. */
static int judge(const struct mr *mr, struct bytes value, const struct write_seen *seen, int rc,
	const struct err *why, struct err *err)
{
	if (memcmp(seen->after, value.p, mr->size) == 0)
		return 0;
	if (memcmp(seen->after, seen->before, mr->size) != 0)
		return err_set(err, ST_UNSETTLED,
			"'%s': it changed, but not to the value that was written", mr->full);
	if (rc < 0)
		*err = *why;
	else
		err_set(err, ST_SYSTEM, "'%s': the kernel reported success, but it did not change",
			mr->full);
	return -1;
}

static int act(const struct root *root, const struct mr *mr, struct bytes value,
	const struct write_seen *seen, struct err *err)
{
	struct err why = {0};
	bool tried;
	extend_block_signals();
	int rc = mr->abi->write(root, mr, value, &tried, &why);
	if (!tried) {
		*err = why;
		return -1;
	}
	if (!seen->known) {
		*err = why;
		if (rc < 0)
			err->status = ST_UNSETTLED;
		return rc;
	}
	if (mr_read(root, mr, seen->after, err) < 0) {
		err->status = ST_UNSETTLED;
		return err_in(err, "'%s' was written, and cannot be read now", mr->full);
	}
	return judge(mr, value, seen, rc, &why, err);
}

int write_run(const struct root *root, struct mr *mr, struct bytes value, unsigned wait_s,
	struct write_seen *ret, struct err *err)
{
	AUTO_CLOSE int lock = lock_take(root, wait_s, err);
	if (lock < 0)
		return -1;
	/* A register whose log was missing for a moment is not a static one. */
	if (mr->abi->recheck != NULL &&
		(mr->abi->recheck(root, mr, err) < 0 || write_allowed(mr, err) < 0))
		return -1;
	ret->known = (mr->flags & MR_READABLE) != 0;
	if (ret->known && mr_read(root, mr, ret->before, err) < 0)
		return -1;
	return act(root, mr, value, ret, err);
}
