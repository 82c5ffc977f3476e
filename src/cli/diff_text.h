/* SPDX-License-Identifier: Apache-2.0 */
/* How an event that was changed differs, in words. */
#ifndef TSMCTL_CLI_DIFF_TEXT_H
#define TSMCTL_CLI_DIFF_TEXT_H

#include "base/strbuf.h"
#include "model/hash.h"

/* What is shown of one of the two events. */
struct diff_event {
	const char *kind;
	struct bytes shown; /* its description, or its data */
	struct digest digest;
};

/* Room for the words, made by the first event that has some; NULL before. */
struct diff_words;
void diff_words_free(struct diff_words *words);

/*
 * Puts the words that were taken out and added, of a command line; the old and the new value, of a
 * variable and the like; else the name and both digests. Of more than DIFF_WORDS_MAX words a side, and after
 * DIFF_STEPS_MAX steps of comparing words, both values. -1: no memory.
 */
enum { DIFF_WORDS_MAX = 1024, DIFF_STEPS_MAX = 1 << 29 };
int diff_text_put(struct diff_words **words, struct text *t, const struct diff_event *reference,
	const struct diff_event *now, struct err *err);

#endif
