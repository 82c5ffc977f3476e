/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>
#include <bsd/vis.h>

/* vis allocates; where it cannot, "?" stands for the byte. */
static void show_byte(char cell[static 8], unsigned char c)
{
	const char *end = vis(cell, c, VIS_NOSLASH | VIS_NL | VIS_TAB, 0);
	if (end == NULL || end == cell)
		memcpy(cell, "?", sizeof("?"));
}

/* Copies src after what is in err->msg from `used` on, each unprintable byte made visible. */
static void append_visible(struct err *err, size_t used, const char *src)
{
	for (; *src != '\0'; src++) {
		char cell[8] = {*src};
		if (*src < ' ' || *src > '~')
			show_byte(cell, (unsigned char)*src);
		size_t n = strlen(cell);
		if (used + n >= sizeof(err->msg))
			break;
		memcpy(err->msg + used, cell, n);
		used += n;
	}
	err->msg[used] = '\0';
}

/* The place that the message begins with; without one, what is known stays. */
static void note_place(struct err *err)
{
	static const struct {
		const char *start;
		enum err_place place;
	} starts[] = {
		{"offset ", ERR_OFFSET},
		{"the line at offset ", ERR_OFFSET},
		{"line ", ERR_LINE},
		{"event ", ERR_EVENT},
	};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const char *digits = err->msg + strlen(starts[i].start);
		if (strncmp(err->msg, starts[i].start, (size_t)(digits - err->msg)) != 0 ||
			*digits < '0' || *digits > '9')
			continue;
		err->place = starts[i].place;
		err->at = strtoull(digits, NULL, 10);
	}
}

__attribute__((format(printf, 3, 0))) static void format_visible(
	struct err *err, size_t used, const char *fmt, va_list ap)
{
	char raw[ERR_MSG_MAX];
	vsnprintf(raw, sizeof(raw), fmt, ap);
	append_visible(err, used, raw);
	if (used == 0)
		note_place(err);
}

int err_set(struct err *err, enum status status, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	err->status = status;
	err->sys = 0;
	err->place = ERR_NOWHERE;
	format_visible(err, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *err, int sys, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	err->status = ST_SYSTEM;
	err->sys = sys;
	err->place = ERR_NOWHERE;
	format_visible(err, 0, fmt, ap);
	va_end(ap);
	const char *text = strerror(sys);
	char first = text[0] >= 'A' && text[0] <= 'Z' ? (char)(text[0] | 0x20) : text[0];
	return err_add(err, ": %c%s", first, text + 1);
}

int err_in(struct err *err, const char *fmt, ...)
{
	char inner[ERR_MSG_MAX];
	if (err->sys == ELIBACC)
		return -1;
	strlcpy(inner, err->msg, sizeof(inner));

	va_list ap;
	va_start(ap, fmt);
	format_visible(err, 0, fmt, ap);
	va_end(ap);
	return err_add(err, ": %s", inner);
}

int err_add(struct err *err, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	format_visible(err, strlen(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}
