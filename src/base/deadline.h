/* SPDX-License-Identifier: Apache-2.0 */
/* A system call that may block for ever is interrupted by a signal: EINTR, and deadline_passed()
 * says why. */
#ifndef TSMCTL_BASE_DEADLINE_H
#define TSMCTL_BASE_DEADLINE_H

#include <stdbool.h>

/*
 * After `ms` milliseconds (more than 0), SIGALRM interrupts blocking calls, repeatedly until
 * disarmed. Only one deadline at a time.
 */
void deadline_arm(int ms);
void deadline_disarm(void);
/* Whether the one armed last ran out. */
bool deadline_passed(void);

#endif
