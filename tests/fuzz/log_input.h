/* SPDX-License-Identifier: Apache-2.0 */
/* A log of an input, as the commands are given it: a file, and the format that it is said to have. */
#ifndef TEST_FUZZ_LOG_INPUT_H
#define TEST_FUZZ_LOG_INPUT_H

#include "formats/log_formats.h"
#include "verify/judge.h"

/* The name of a format; NULL: the log tells. */
const char *log_input_format(uint8_t n);

/* Adds what is behind fd. */
int log_input_add(int fd, const char *format, struct inputs *ret, struct err *err);

/* The same. A text log is of a register of its own, in `mrs`. An error has a message. */
int log_input_open(int fd, const char *format, struct inputs *ret, struct mr_list *mrs);

#endif
