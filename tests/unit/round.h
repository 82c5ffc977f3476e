/* SPDX-License-Identifier: Apache-2.0 */
/* A log that is exported, and what reads back of it. */
#ifndef TEST_ROUND_H
#define TEST_ROUND_H

#include "feed.h"
#include "export/export.h"

struct round {
	struct text out; /* the export; the caller frees it */
	int rc;		 /* 0, or -1 with err */
	struct err err;
	bool read; /* the log itself reads to its end */
	char note[512];
	size_t n;	    /* events of the log */
	enum place place;   /* tcg2: what its registers are */
	const char *format; /* of the log, as the reader says */
};

/* Exports a log of this format (NULL: the log tells) as this one. */
void round_export(struct bytes log, const char *from, const char *to, struct round *ret);

/* The name by which the export is read: for tcg2, the index says which of two. */
const char *round_format(const struct round *r, const char *to);

/*
 * Ends the test unless the export has, event by event, all of the log that its format can say.
 */
void round_compare(struct bytes log, const struct round *r, const char *to);

#endif
