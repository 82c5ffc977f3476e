/* SPDX-License-Identifier: Apache-2.0 */
/* What a test program says when something is not as it should be: where, and then it ends. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* Ends the process with status 1; the message follows "FILE:LINE: ". */
__attribute__((format(printf, 3, 4), noreturn)) static inline void check_failed(
	const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	fprintf(stderr, "%s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static inline void check_u64(
	const char *file, int line, const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		check_failed(file, line, "%s is %" PRIu64 ", not %" PRIu64, what, got, want);
}

static inline void check_int(
	const char *file, int line, const char *what, int64_t got, int64_t want)
{
	if (got != want)
		check_failed(file, line, "%s is %" PRId64 ", not %" PRId64, what, got, want);
}

static inline void check_str(
	const char *file, int line, const char *what, const char *got, const char *want)
{
	if ((got == NULL) != (want == NULL) || (got != NULL && strcmp(got, want) != 0))
		check_failed(file, line, "%s is \"%s\", not \"%s\"", what,
			got != NULL ? got : "(null)", want != NULL ? want : "(null)");
}

static inline void check_bytes(
	const char *file, int line, const char *what, struct bytes got, struct bytes want)
{
	if (got.n == want.n && (got.n == 0 || memcmp(got.p, want.p, got.n) == 0))
		return;
	fprintf(stderr, "got (%zu bytes): ", got.n);
	for (size_t i = 0; i < got.n; i++)
		fprintf(stderr, "%02x", got.p[i]);
	fprintf(stderr, "\nwant (%zu bytes): ", want.n);
	for (size_t i = 0; i < want.n; i++)
		fprintf(stderr, "%02x", want.p[i]);
	check_failed(file, line, "\n%s is something else", what);
}

#define CHECK(cond)                                                                                \
	((cond) ? (void)0 : check_failed(__FILE__, __LINE__, "this does not hold: %s", #cond))
#define CHECK_U64(got, want) check_u64(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))
#define CHECK_INT(got, want) check_int(__FILE__, __LINE__, #got, (int64_t)(got), (int64_t)(want))
#define CHECK_STR(got, want) check_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_BYTES(got, want) check_bytes(__FILE__, __LINE__, #got, got, want)

#endif
