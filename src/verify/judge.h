/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge: what logs say of registers, and what those hold. It alone gives verdicts, whether the logs
 * are this machine's or files.
 */
#ifndef TSMCTL_VERIFY_JUDGE_H
#define TSMCTL_VERIFY_JUDGE_H

#include "verify/inputs.h"
#include "verify/judgement.h"

/* A register that is asked about. */
struct asked {
	const struct mr *mr;
	bool wanted; /* a judgement of it; else it may still be another name of one that is */
	struct digest value; /* what it holds; size 0: not known */
	struct digest
		trusted; /* what the operator trusts it to have started with; size 0: nothing */
};

struct question {
	const struct mr_list *mrs;
	const struct asked *v; /* of each register of the list */
	const char *boot_id;   /* of the values; NULL: not known */
	bool no_search;	       /* only what one pass over the logs tells; else undecided */
};

/*
 * Judges all wanted registers, ret[i] for q->v[i]. A source that cannot be read to its end has its err
 * set. -1 only where nothing can go on (memory, libcrypto, a read error). The caller clears all
 * judgements, also after an error.
 */
int judge(const struct question *q, struct inputs *inputs, struct judgement ret[], struct err *err);

#endif
