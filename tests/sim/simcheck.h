/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TSMSIM_SIMCHECK_H
#define TSMSIM_SIMCHECK_H

#include <stdio.h>

/* Makes the calls that the words ask for, verbs and their arguments, and prints a line for each. Ends
 * the program with status 2 at what it does not understand. */
void calls_make(int n, char **words, FILE *to);

/* Checks a tsm_mr_sample below this /sys, and returns the exit status: 0 all are right, 1, or 2
 * there is none. */
int mr_check(const char *sys);

#endif
