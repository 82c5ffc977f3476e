/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pair RUNS 'COMMAND A' 'COMMAND B': runs the two in turn, A B A B ..., after one of each that does
 * not count, their output thrown away, and prints the medians of their wall times, the median of
 * the ratios of the pairs, and A's peak memory. Words of a command are split at spaces; neither is
 * given a shell.
 * pair --drift RUNS 'COMMAND': runs it, and prints the medians of the first and of the last hundred runs, and their ratio.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 10000, WORDS_MAX = 32 };

static void split(char *command, char *argv[WORDS_MAX])
{
	size_t n = 0;
	for (char *word = strtok(command, " "); word != NULL && n + 1 < WORDS_MAX;
		word = strtok(NULL, " "))
		argv[n++] = word;
	argv[n] = NULL;
}

/* Seconds from fork to exit; the status is not looked at: an extend of a mock root says no, and
 * takes its time to. */
static double run(char *argv[], long *peak_kb)
{
	struct timespec from, to;
	struct rusage usage;
	int status;
	clock_gettime(CLOCK_MONOTONIC, &from);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || WEXITSTATUS(status) == 127) {
		fprintf(stderr, "pair: cannot run '%s'\n", argv[0]);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (usage.ru_maxrss > *peak_kb)
		*peak_kb = usage.ru_maxrss;
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return n % 2 != 0 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static int drift(long runs, char *command)
{
	const long hundred = 100;
	static double took[RUNS_MAX];
	char *words[WORDS_MAX];
	long peak = 0;
	split(command, words);
	if (runs < 2 * hundred || runs > RUNS_MAX || words[0] == NULL)
		return 2;
	for (long i = 0; i < runs; i++)
		took[i] = run(words, &peak);
	double first = median(took, (size_t)hundred),
	       last = median(took + runs - hundred, (size_t)hundred);
	printf("%8.2f ms  %8.2f ms  %5.2f  %6.1f MiB\n", last * 1e3, first * 1e3, last / first,
		(double)peak / 1024);
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc == 4 && strcmp(argv[1], "--drift") == 0)
		return drift(strtol(argv[2], NULL, 10), argv[3]);
	static double a[RUNS_MAX], b[RUNS_MAX], ratio[RUNS_MAX];
	char *words_a[WORDS_MAX], *words_b[WORDS_MAX];
	long runs = argc == 4 ? strtol(argv[1], NULL, 10) : 0, peak_a = 0, peak_b = 0;
	if (runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: pair RUNS 'COMMAND A' 'COMMAND B'\n");
		return 2;
	}
	split(argv[2], words_a);
	split(argv[3], words_b);
	if (words_a[0] == NULL || words_b[0] == NULL)
		return 2;
	run(words_a, &peak_a);
	run(words_b, &peak_b);
	peak_a = 0;
	for (long i = 0; i < runs; i++) {
		a[i] = run(words_a, &peak_a);
		b[i] = run(words_b, &peak_b);
		ratio[i] = a[i] / b[i];
	}
	double of_a = median(a, (size_t)runs), of_b = median(b, (size_t)runs);
	printf("%8.2f ms  %8.2f ms  %5.2f  %6.1f MiB\n", of_a * 1e3, of_b * 1e3,
		median(ratio, (size_t)runs), (double)peak_a / 1024);
	return 0;
}
