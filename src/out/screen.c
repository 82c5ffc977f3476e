/* SPDX-License-Identifier: Apache-2.0 */
#include "out/screen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { COLUMNS_DEFAULT = 80 };

/* The locale that a program has which calls setlocale(3), by its name alone: it need not be installed. */
static bool env_names_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *value = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = getenv(names[i]);
		if (value != NULL && value[0] != '\0')
			break;
	}
	return value != NULL &&
	       (strcasestr(value, "UTF-8") != NULL || strcasestr(value, "utf8") != NULL);
}

void screen_look(struct screen *ret, int fd)
{
	struct winsize size;
	*ret = (struct screen){0};
	if (!isatty(fd))
		return;
	bool known = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
	ret->columns = known ? size.ws_col : COLUMNS_DEFAULT;
	if (env_names_utf8())
		ret->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

void screen_clear(struct screen *screen)
{
	if (screen->locale != (locale_t)0)
		freelocale(screen->locale);
	*screen = (struct screen){0};
}

size_t screen_width(const struct screen *screen, uint32_t c)
{
	if (c < 0x7f || screen->locale == (locale_t)0)
		return c >= ' ' && c < 0x7f;
	/* The program's own locale stays C: messages and numbers never depend on it. */
	locale_t own = uselocale(screen->locale);
	int width = wcwidth((wchar_t)c);
	uselocale(own);
	return width > 0 ? (size_t)width : 0;
}

const char *screen_mark(const struct screen *screen)
{
	return screen->locale != (locale_t)0 ? "\xe2\x80\xa6" : "...";
}
