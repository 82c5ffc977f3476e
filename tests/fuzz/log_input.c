/* SPDX-License-Identifier: Apache-2.0 */
#include "log_input.h"

#include <stdio.h>

#include "fuzz.h"

const char *log_input_format(uint8_t n)
{
	size_t formats = 0;
	while (log_formats[formats] != NULL)
		formats++;
	size_t i = n % (formats + 1);
	return i > 0 ? log_formats[i - 1]->name : NULL;
}

int log_input_add(int fd, const char *format, struct inputs *ret, struct err *err)
{
	char arg[64];
	snprintf(arg, sizeof(arg), "/proc/self/fd/%d%s%s", fd, format != NULL ? ":" : "",
		format != NULL ? format : "");
	return inputs_add(ret, arg, err);
}

int log_input_open(int fd, const char *format, struct inputs *ret, struct mr_list *mrs)
{
	struct err err;
	if (log_input_add(fd, format, ret, &err) == 0 && inputs_name(ret, "reg", mrs, &err) == 0)
		return 0;
	MUST(err.status != ST_OK && err.msg[0] != '\0');
	return -1;
}
