/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong, recorded once, where it was known. Nothing below cli/ prints. */
#ifndef TSMCTL_BASE_ERR_H
#define TSMCTL_BASE_ERR_H

#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"

/* Where in a file it is. */
enum err_place {
	ERR_NOWHERE,
	ERR_OFFSET, /* the byte, from 0 */
	ERR_LINE,   /* the line, from 1 */
	ERR_EVENT,  /* the event, from 0 */
};

struct err {
	enum status status;
	int sys; /* errno, or 0 where no system call failed */
	enum err_place place;
	uint64_t at;
	char msg[ERR_MSG_MAX];
};

/*
 * Each records a message of one line in err, replacing what was there, and returns -1. Bytes that
 * are not printable ASCII are shown in the manner of cat -v, so that a message can go to any
 * terminal and into JSON. A message that does not fit is cut. One that begins with "offset N", "the
 * line at offset N", "line N" or "event N" says where it is: this is kept beside it, also when it gets a context.
 */
int err_set(struct err *err, enum status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* ST_SYSTEM; adds ": " and the text of errno `sys`. */
int err_sys(struct err *err, int sys, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/*
 * Puts "context: " in front of the message that is there. A library that is missing (ELIBACC) is so
 * for every file and register: it gets no context.
 */
int err_in(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts ": hint" or the like after the message that is there. */
int err_add(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
