/* SPDX-License-Identifier: Apache-2.0 */
/* Progress on a clock of the test's own. */
#include <unistd.h>

#include "check.h"
#include "out/progress.h"
#include "text.h"

enum { CALLS = 1024 };

static int64_t clock_ms;

static int64_t now(void)
{
	return clock_ms;
}

/* What was written since the last look at it. */
static void check_shown(int fd, const char *want)
{
	static off_t seen;
	char buf[256];
	ssize_t n = pread(fd, buf, sizeof(buf), seen);
	CHECK(n >= 0);
	seen += n;
	CHECK_BYTES(((struct bytes){(uint8_t *)buf, (size_t)n}), bytes_of(want));
}

static void calls(struct progress *p, const char *path, uint64_t done, uint64_t total)
{
	for (int i = 0; i < CALLS; i++)
		progress_at(p, path, done, total);
}

int main(void)
{
	struct progress off, p = {.fd = memory_file(bytes_of("")), .now = now, .next = 1000};
	progress_init(&off, false);
	CHECK(!off.on);
	calls(&p, "log", 1, 4);
	check_shown(p.fd, "");
	p.on = true;
	clock_ms = 999;
	calls(&p, "log", 1, 4);
	progress_end(&p);
	check_shown(p.fd, "");
	clock_ms = 1000;
	calls(&p, "a/b/log\x1b", 1, 4);
	check_shown(p.fd, "\r\033[K'log^[': 25%");
	clock_ms = 1199;
	calls(&p, "log", 2, 4);
	check_shown(p.fd, "");
	clock_ms = 1200;
	calls(&p, "log", UINT64_C(1) << 33, UINT64_C(1) << 34);
	check_shown(p.fd, "\r\033[K'log': 50%");
	clock_ms = 1400;
	calls(&p, "0123456789012345678901234567890123456789over", 5, 4);
	check_shown(p.fd, "\r\033[K'0123456789012345678901234567890123456789': 0%");
	progress_end(&p);
	check_shown(p.fd, "\r\033[K");
	progress_end(&p);
	check_shown(p.fd, "");
	close(p.fd);
	return 0;
}
