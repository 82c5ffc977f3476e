/* SPDX-License-Identifier: Apache-2.0 */
/* A busy machine: two processes for each processor that never sleep, one of them nice. */
#ifndef TEST_LOAD_H
#define TEST_LOAD_H

/* They also end when this process ends, however it does. One load at a time. */
void load_begin(void);
void load_end(void);

#endif
