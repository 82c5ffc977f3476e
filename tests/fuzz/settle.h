/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's recovery alone, as each extend begins with it. */
#ifndef TEST_FUZZ_SETTLE_H
#define TEST_FUZZ_SETTLE_H

#include <stdbool.h>

/*
 * Opens the journal below this root to write, and ends what a crash left open. False: it was refused. Ends the
 * target if an intent is still open whose register can be read, or if the state that was read is not the one
 * that all lines amount to.
 */
bool settle_run(const char *dir);

#endif
