/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

void text_add(struct text *t, struct bytes b)
{
	if (t->room - t->n < b.n) {
		t->room = 2 * t->room + b.n + 64;
		uint8_t *grown = realloc(t->p, t->room);
		CHECK(grown != NULL);
		t->p = grown;
	}
	if (b.n > 0)
		memcpy(t->p + t->n, b.p, b.n);
	t->n += b.n;
}

void text_str(struct text *t, const char *s)
{
	text_add(t, bytes_of(s));
}

void text_char(struct text *t, char c)
{
	text_add(t, (struct bytes){(const uint8_t *)&c, 1});
}

void text_fmt(struct text *t, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	va_start(ap, fmt);
	CHECK(vasprintf(&s, fmt, ap) >= 0);
	va_end(ap);
	text_str(t, s);
	free(s);
}

void text_hex(struct text *t, struct bytes b)
{
	for (size_t i = 0; i < b.n; i++) {
		char two[3];
		snprintf(two, sizeof(two), "%02x", b.p[i]);
		text_add(t, (struct bytes){(const uint8_t *)two, 2});
	}
}

void text_fill(struct text *t, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_char(t, c);
}

void text_free(struct text *t)
{
	free(t->p);
	*t = (struct text){0};
}

int memory_file(struct bytes b)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	CHECK(fd >= 0);
	for (size_t done = 0; done < b.n;) {
		ssize_t put = write(fd, b.p + done, b.n - done);
		CHECK(put > 0);
		done += (size_t)put;
	}
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

uint64_t dice_next(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

size_t dice_below(struct dice *d, size_t n)
{
	return (size_t)(dice_next(d) % n);
}

bool dice_one_in(struct dice *d, size_t n)
{
	return dice_below(d, n) == 0;
}

void dice_bytes(struct dice *d, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)dice_next(d);
}
