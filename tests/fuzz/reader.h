/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for every reader of logs, whatever the log is. */
#ifndef TEST_FUZZ_READER_H
#define TEST_FUZZ_READER_H

#include "formats/reader.h"

/* An event as the log has it: compared with what is at its place; `end` is where the next starts. */
typedef void reader_check(struct bytes log, const struct log_event *ev, uint64_t end);

/*
 * Reads the log twice with one reader of this format (NULL: the log tells): it says the same, and an
 * error has a place. Returns how many events there are.
 */
size_t reader_run(struct bytes log, const char *format, reader_check *check);

/* How many there are if the log is told to be of this format; else n. */
size_t reader_sniffed(struct bytes log, const char *format, size_t n);

#endif
