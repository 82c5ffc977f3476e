/* SPDX-License-Identifier: Apache-2.0 */
/* The exit statuses that the contract promises; every error carries the one it leads to. */
#ifndef TSMCTL_BASE_STATUS_H
#define TSMCTL_BASE_STATUS_H

enum status {
	ST_OK = 0,
	ST_NO = 1,     /* the answer is no: a register was not reproduced */
	ST_USAGE = 2,  /* the command line asks for what cannot be asked */
	ST_ABSENT = 3, /* not on this machine, or this register cannot do that */
	ST_SYSTEM = 4, /* the system said no; no register was changed */
	ST_FORMAT = 5, /* malformed input */
	ST_UNSETTLED =
		6, /* a register was, or may have been, changed and the log does not say so */
};

/* The status of a run in which both happened: 6, then 1, then 5, 4, 3, 2; 0 only if both are. */
enum status status_worse(enum status a, enum status b);

#endif
