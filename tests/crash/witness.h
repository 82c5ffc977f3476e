/* SPDX-License-Identifier: Apache-2.0 */
/* What readers were told of registers, and whether a register ever had that value. */
#ifndef TEST_WITNESS_H
#define TEST_WITNESS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A reader's file: a register's name and the value it was told, in hex. */
void witness_told(FILE *out, const char *reg, const char *value);

/* All values that the registers had. One history at a time, until its end. */
void witness_begin(void);
void witness_end(void);
void witness_had(const char *reg, const uint8_t *value, size_t size);
/* How many of a reader's values are in it; the first that is not, as told, goes to false_word (empty: none is). */
size_t witness_check(const char *path, char *false_word, size_t room);

#endif
