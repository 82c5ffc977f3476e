/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD: allocation number STARVE_AT fails, and with STARVE_ONWARDS all after it. With
 * STARVE_COUNT, a file, their number is written there at the end. With STARVE_SPARES_ONCE what runs
 * in pthread_once has its memory: libcrypto 3.5 waits for itself for ever if its own initialisation,
 * which runs there, lacks any.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own. NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static atomic_long count;
static long at;
static int onwards;
static int spares_once;
static _Thread_local int in_once;
static int (*real_once)(pthread_once_t *control, void (*routine)(void));

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("STARVE_AT");
	at = text != NULL ? strtol(text, NULL, 10) : 0;
	onwards = getenv("STARVE_ONWARDS") != NULL;
	spares_once = getenv("STARVE_SPARES_ONCE") != NULL;
	void *symbol = dlsym(RTLD_NEXT, "pthread_once");
	memcpy(&real_once, &symbol, sizeof(real_once));
	atomic_store(&count, 0);
}

__attribute__((destructor)) static void end(void)
{
	long n = atomic_load(&count);
	const char *path = getenv("STARVE_COUNT");
	FILE *f = path != NULL ? fopen(path, "we") : NULL;
	if (f == NULL)
		return;
	fprintf(f, "%ld\n", n);
	fclose(f);
}

int pthread_once(pthread_once_t *control, void (*routine)(void))
{
	in_once++;
	int rc = real_once(control, routine);
	in_once--;
	return rc;
}

static int fails(void)
{
	if (spares_once && in_once > 0)
		return 0;
	long n = atomic_fetch_add(&count, 1) + 1;
	if (at == 0 || n < at || (n > at && !onwards))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return fails() ? NULL : __libc_memalign(align, size);
}
