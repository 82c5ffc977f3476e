/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>

#include "check.h"
#include "text.h"

static void is_one_line(const struct err *err)
{
	size_t n = strnlen(err->msg, sizeof(err->msg));
	CHECK(n < sizeof(err->msg));
	for (size_t i = 0; i < n; i++)
		CHECK(err->msg[i] >= ' ' && err->msg[i] < 0x7f);
}

static void test_set(void)
{
	struct err err = {.sys = 7};
	CHECK_INT(err_set(&err, ST_FORMAT, "line %d: '%s'", 12, "x"), -1);
	CHECK_INT(err.status, ST_FORMAT);
	CHECK_INT(err.sys, 0);
	CHECK_STR(err.msg, "line 12: 'x'");
	CHECK_INT(err_set(&err, ST_USAGE, "other"), -1);
	CHECK_STR(err.msg, "other");
	CHECK_INT(err.status, ST_USAGE);
}

static void test_sys(void)
{
	struct err err = {0};
	CHECK_INT(err_sys(&err, EACCES, "open '%s'", "f"), -1);
	CHECK_INT(err.status, ST_SYSTEM);
	CHECK_INT(err.sys, EACCES);
	CHECK_STR(err.msg, "open 'f': permission denied");
	err_sys(&err, EIO, "r");
	CHECK_STR(err.msg, "r: input/output error");
	is_one_line(&err);
}

static void test_context(void)
{
	struct err err;
	err_sys(&err, ENOENT, "digest");
	CHECK_INT(err_in(&err, "register '%s'", "a"), -1);
	CHECK_STR(err.msg, "register 'a': digest: no such file or directory");
	CHECK_INT(err.status, ST_SYSTEM);
	CHECK_INT(err.sys, ENOENT);
	CHECK_INT(err_add(&err, "; %d times", 3), -1);
	CHECK_STR(err.msg, "register 'a': digest: no such file or directory; 3 times");
	err_set(&err, ST_NO, "100%%");
	err_in(&err, "%s", "5%d");
	CHECK_STR(err.msg, "5%d: 100%");
	/* Not this file's alone. */
	err_set(&err, ST_SYSTEM, "no library");
	err.sys = ELIBACC;
	CHECK_INT(err_in(&err, "'a'"), -1);
	CHECK_STR(err.msg, "no library");
}

static void test_place(void)
{
	struct err err;
	err_set(&err, ST_FORMAT, "offset %d: cut", 78);
	CHECK_INT(err.place, ERR_OFFSET);
	CHECK_INT(err.at, 78);
	err_in(&err, "'%s'", "offset 5");
	CHECK_INT(err.place, ERR_OFFSET);
	CHECK_INT(err.at, 78);
	err_set(&err, ST_FORMAT, "no hex");
	CHECK_INT(err.place, ERR_NOWHERE);
	err_in(&err, "line %d", 3);
	CHECK_INT(err.place, ERR_LINE);
	CHECK_INT(err.at, 3);
	err_set(&err, ST_NO, "event %d of 'x'", 4);
	CHECK_INT(err.place, ERR_EVENT);
	CHECK_INT(err.at, 4);
	err_set(&err, ST_FORMAT, "its kind");
	err_in(&err, "the line at offset %d", 9);
	CHECK_INT(err.place, ERR_OFFSET);
	CHECK_INT(err.at, 9);
	err_sys(&err, EIO, "offset %s", "unknown");
	CHECK_INT(err.place, ERR_NOWHERE);
}

static void test_controls(void)
{
	struct err err;
	err_set(&err, ST_FORMAT, "%s", "a\nb\tc\x1b[31md\re\x7f\xff");
	is_one_line(&err);
	CHECK(strstr(err.msg, "c^[[31md^Me^?M^?") != NULL);
	for (int c = 1; c < 256; c++) {
		err_set(&err, ST_FORMAT, "x%cy", c);
		is_one_line(&err);
		CHECK(err.msg[0] == 'x' && err.msg[strlen(err.msg) - 1] == 'y');
		err_in(&err, "<%c>", c);
		is_one_line(&err);
		err_add(&err, "<%c>", c);
		is_one_line(&err);
	}
	/* The context is made visible once; what is there already stays as it stands. */
	err_set(&err, ST_FORMAT, "\x01");
	err_in(&err, "\x02");
	CHECK_STR(err.msg, "^B: ^A");
}

static void test_cut(void)
{
	struct err err;
	struct text longer = {0};
	text_fill(&longer, 'x', 3000);
	text_char(&longer, '\0');
	const char *s = (const char *)longer.p;
	err_set(&err, ST_FORMAT, "%s", s);
	is_one_line(&err);
	CHECK_U64(strlen(err.msg), sizeof(err.msg) - 1);
	err_add(&err, "%s", s);
	err_in(&err, "ctx");
	is_one_line(&err);
	CHECK(strncmp(err.msg, "ctx: xxx", 8) == 0);
	err_in(&err, "%s", s);
	is_one_line(&err);
	/* A byte that takes several cells is never cut in half. */
	for (size_t n = ERR_MSG_MAX - 8; n < ERR_MSG_MAX; n++) {
		err_set(&err, ST_FORMAT, "%.*s\x01\xff", (int)n, s);
		is_one_line(&err);
		size_t len = strlen(err.msg);
		CHECK(len == n || len == n + 2 || len == n + 5 || len == n + 6);
	}
	text_free(&longer);
}

static void test_worse(void)
{
	static const enum status order[] = {
		ST_OK, ST_USAGE, ST_ABSENT, ST_SYSTEM, ST_FORMAT, ST_NO, ST_UNSETTLED};
	for (size_t i = 0; i < 7; i++) {
		for (size_t k = 0; k < 7; k++) {
			CHECK_INT(status_worse(order[i], order[k]), order[i > k ? i : k]);
		}
	}
}

int main(void)
{
	test_set();
	test_sys();
	test_context();
	test_place();
	test_controls();
	test_cut();
	test_worse();
	return 0;
}
