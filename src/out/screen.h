/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal that text is printed on. */
#ifndef TSMCTL_OUT_SCREEN_H
#define TSMCTL_OUT_SCREEN_H

#include <locale.h>
#include <stddef.h>
#include <stdint.h>

/* All zeros: it is no terminal. */
struct screen {
	size_t columns;	 /* 0: lines have no end */
	locale_t locale; /* for the width of characters; 0: it does not show UTF-8 */
};

/* Sets the columns, 80 where the terminal does not say, and whether the environment names UTF-8. */
void screen_look(struct screen *ret, int fd);
void screen_clear(struct screen *screen);
/* The columns that a character takes; 0 for those that are not shown as they are. */
size_t screen_width(const struct screen *screen, uint32_t c);
/* What stands for the rest of a text that is cut. */
const char *screen_mark(const struct screen *screen);

#endif
