/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, recorded once, where it was known. Nothing below cli/ prints. */
#ifndef TSMCTL_BASE_ERR_H
#define TSMCTL_BASE_ERR_H

#include "base/limits.h"
#include "base/status.h"

struct err {
	enum status status;
	int sys; /* errno, or 0 where no system call failed */
	char msg[ERR_MSG_MAX];
};

/*
 * Each records a message of one line in err, replacing what was there, and returns -1. Bytes that
 * are not printable ASCII are shown in the manner of cat -v, so that a message can go to any
 * terminal and into JSON. A message that does not fit is cut.
 */
int err_set(struct err *err, enum status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* ST_SYSTEM; adds ": " and the text of errno `sys`. */
int err_sys(struct err *err, int sys, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "context: " in front of the message that is there. */
int err_in(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts ": hint" or the like after the message that is there. */
int err_add(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
