/* SPDX-License-Identifier: Apache-2.0 */
/* What tests expect of signed evidence that was judged. */
#ifndef TEST_JUDGED_H
#define TEST_JUDGED_H

#include <string.h>

#include "check.h"
#include "evidence/evidence_file.h"

/* Parses and checks a copy of exactly this size, so that a sanitizer sees a byte read beyond it. */
static inline int judged_by(
	const struct evidence_trust *trust, struct bytes b, struct evidence *ret)
{
	uint8_t *copy = malloc(b.n > 0 ? b.n : 1);
	struct register_file regs;
	struct err err = {0};
	if (b.n > 0)
		memcpy(copy, b.p, b.n);
	int rc = evidence_file_parse((struct bytes){copy, b.n}, trust, &regs, ret, &err);
	if (rc < 0)
		ret->err = err;
	CHECK(rc == 0 || err.msg[0] != '\0');
	CHECK((ret->verdict == EVIDENCE_NONE) == (ret->err.status != ST_OK));
	register_file_clear(&regs);
	free(copy);
	return rc;
}

static inline void judged_is(const struct evidence *ev, enum evidence_verdict verdict,
	enum evidence_step failed, int line)
{
	if (ev->verdict != verdict || ev->failed != failed)
		check_failed(__FILE__, line, "verdict %d, failed %d: %s%s", (int)ev->verdict,
			(int)ev->failed, ev->detail, ev->err.msg);
}

#define IS(ev, verdict, failed) judged_is(&(ev), EVIDENCE_##verdict, STEP_##failed, __LINE__)

/* It could not be checked, for this reason. */
static inline void judged_says(const struct evidence *ev, const char *message, int line)
{
	if (ev->verdict != EVIDENCE_NONE || ev->err.status != ST_FORMAT ||
		strcmp(ev->err.msg, message) != 0)
		check_failed(__FILE__, line, "verdict %d, status %d: %s", (int)ev->verdict,
			(int)ev->err.status, ev->err.msg);
}

#define SAYS(ev, message) judged_says(&(ev), message, __LINE__)

#endif
