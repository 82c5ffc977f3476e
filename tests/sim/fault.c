/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TARGET:OP:N:WHAT
 *
 * TARGET  the end of a path below the tree's home, whole components, with shell patterns: digest,
 *         rtmr0/append_event, rtmr?/digest, user_data, rtmr1:sha384; * is every file; what lies
 *         elsewhere counts from the mount: data/CCEL, rtmrs
 * OP      lookup getattr setattr open read write readdir mkdir release, or * for any of them
 *         (lookup and getattr arrive every time for event_log only: the kernel caches the rest;
 *         mkdir is of rtmrs and report, rmdir of report, release of a digest in it: the last close, which commits)
 * N       3: the third matching operation from now; 3+: the third and all that follow; *: every one
 * WHAT    ERRNO or ERRNO-before (eio, ebusy, enomem, ...): nothing happens but the error
 *         ERRNO-after: it happens, and the error is the answer
 *         slow-MS: it happens, the answer comes MS milliseconds later
 *         hold: it happens, the answer comes when faults are cleared, and no signal ends that
 *         hang: it does not happen, no answer until the reader gets a signal: then EINTR
 *         hang-after: it happens, no answer as with hang
 *         enodev on a read of event_log: this descriptor has become stale, a new one works
 *         sync-only: an append fails with ENOMEM after the SYNC record that was due
 *         extend-fail: a digest write logs its # .EXTEND line, and the extend fails with EIO
 *         foreign-append: before it, the record "foreign" is appended to the same register
 *         foreign-extend: before it, the register is extended with bytes 0xfe, no line logged
 *         foreign-extend-after: the same, after it
 *         empty, other-data, garbled, advance on the first read of a report's outblob: it is empty
 *         and no error, of other report data, no report, or somebody else writes to its entry then;
 *         garbled on a read of its provider, generation or auxblob: not what it should be
 *
 * foreign-* and sync-only do nothing where there is no such register or log. Several faults of one
 * operation add up: what happens before it, then its error before, else hang, else its end. Nobody
 * waits for a release: an ERRNO of it means that what was written is lost, and it cannot be late.
 */
#include "fault.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_MAX 160

struct fault {
	char target[TARGET_MAX];
	int op; /* OP__N: any */
	uint64_t nth;
	bool onwards;
	uint64_t seen;
	struct fault_hit what;
};

const char *const op_names[OP__N] = {"lookup", "getattr", "setattr", "open", "read", "write",
	"readdir", "mkdir", "rmdir", "release"};

struct word {
	const char *p;
	size_t n;
};

static bool word_is(struct word w, const char *s)
{
	return strlen(s) == w.n && !memcmp(s, w.p, w.n);
}

static bool word_starts(struct word *w, const char *s)
{
	size_t n = strlen(s);

	if (w->n < n || memcmp(w->p, s, n))
		return false;
	w->p += n;
	w->n -= n;
	return true;
}

static bool word_number(struct word w, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < w.n; i++) {
		if (w.p[i] < '0' || w.p[i] > '9' || *ret > 100000000)
			return false;
		*ret = *ret * 10 + (uint64_t)(w.p[i] - '0');
	}
	return w.n > 0;
}

static bool word_errno(struct word w, int *ret)
{
	static const struct {
		const char *name;
		int value;
	} known[] = {{"eio", EIO}, {"ebusy", EBUSY}, {"enomem", ENOMEM}, {"einval", EINVAL},
		{"eintr", EINTR}, {"eacces", EACCES}, {"eperm", EPERM}, {"enxio", ENXIO},
		{"enodev", ENODEV}, {"enoent", ENOENT}, {"eexist", EEXIST}, {"enotty", ENOTTY},
		{"eagain", EAGAIN}, {"erofs", EROFS}, {"efbig", EFBIG}, {"enospc", ENOSPC},
		{"etimedout", ETIMEDOUT}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (word_is(w, known[i].name)) {
			*ret = known[i].value;
			return true;
		}
	}
	return false;
}

static bool ends_in(struct word *w, const char *s)
{
	size_t n = strlen(s);

	if (w->n < n || memcmp(w->p + w->n - n, s, n))
		return false;
	w->n -= n;
	return true;
}

static bool parse_flag(struct word w, struct fault_hit *ret)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {{"hang", &ret->hang}, {"hang-after", &ret->hang_after}, {"hold", &ret->hold},
		{"enodev", &ret->enodev}, {"sync-only", &ret->sync_only},
		{"extend-fail", &ret->extend_fail}, {"foreign-append", &ret->foreign_append},
		{"foreign-extend", &ret->foreign_extend},
		{"foreign-extend-after", &ret->foreign_extend_after}, {"empty", &ret->empty},
		{"other-data", &ret->other_data}, {"garbled", &ret->garble},
		{"advance", &ret->advance}};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (word_is(w, flags[i].name))
			return *flags[i].flag = true;
	}
	return false;
}

static bool parse_what(struct word w, struct fault_hit *ret)
{
	uint64_t ms;

	if (parse_flag(w, ret))
		return true;
	if (word_starts(&w, "slow-")) {
		if (!word_number(w, &ms))
			return false;
		ret->slow_ms = (unsigned)ms;
		return true;
	}
	if (ends_in(&w, "-after"))
		return word_errno(w, &ret->after);
	ends_in(&w, "-before");
	return word_errno(w, &ret->before);
}

static bool parse_op(struct word w, int *ret)
{
	for (*ret = 0; *ret < OP__N; (*ret)++)
		if (word_is(w, op_names[*ret]))
			return true;
	return word_is(w, "*") || word_is(w, "any");
}

static bool parse_nth(struct word w, struct fault *f)
{
	f->onwards = ends_in(&w, "+");
	if (word_is(w, "*")) {
		f->nth = 1;
		f->onwards = true;
		return true;
	}
	return word_number(w, &f->nth) && f->nth > 0;
}

static bool parse_spec(struct word spec, struct fault *f)
{
	struct word part[4] = {spec};

	/* From the end: a register's name has a colon of its own. */
	memset(f, 0, sizeof(*f));
	for (size_t n = 3; n > 0; n--) {
		const char *colon = memrchr(spec.p, ':', part[0].n);

		if (!colon)
			return false;
		part[n] = (struct word){colon + 1, (size_t)(spec.p + part[0].n - colon) - 1};
		part[0].n = (size_t)(colon - spec.p);
	}
	if (!part[0].n || part[0].n >= TARGET_MAX)
		return false;
	memcpy(f->target, part[0].p, part[0].n);
	return parse_op(part[1], &f->op) && parse_nth(part[2], f) && parse_what(part[3], &f->what);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t';
}

static struct word next_word(const char **at, const char *end)
{
	struct word w;

	while (*at < end && is_blank(**at))
		(*at)++;
	w.p = *at;
	while (*at < end && !is_blank(**at))
		(*at)++;
	w.n = (size_t)(*at - w.p);
	return w;
}

int faults_add(struct faults *f, const char *spec, size_t len)
{
	size_t had = f->n;
	const char *at = spec;

	for (;;) {
		struct word w = next_word(&at, spec + len);
		struct fault *list;

		if (!w.n)
			return 0;
		list = realloc(f->list, (f->n + 1) * sizeof(*list));
		if (list)
			f->list = list;
		if (!list || !parse_spec(w, &f->list[f->n])) {
			f->n = had;
			return list ? -EINVAL : -ENOMEM;
		}
		f->n++;
	}
}

void faults_clear(struct faults *f)
{
	free(f->list);
	f->list = NULL;
	f->n = 0;
}

static bool target_matches(const char *target, const char *path)
{
	if (!strcmp(target, "*"))
		return true;
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (!fnmatch(target, p, FNM_PATHNAME))
			return true;
	}
	return false;
}

static void merge(struct fault_hit *into, const struct fault_hit *what)
{
	into->before = what->before ? what->before : into->before;
	into->after = what->after ? what->after : into->after;
	into->slow_ms += what->slow_ms;
	into->hang |= what->hang;
	into->hang_after |= what->hang_after;
	into->hold |= what->hold;
	into->enodev |= what->enodev;
	into->sync_only |= what->sync_only;
	into->extend_fail |= what->extend_fail;
	into->foreign_append |= what->foreign_append;
	into->foreign_extend |= what->foreign_extend;
	into->foreign_extend_after |= what->foreign_extend_after;
	into->empty |= what->empty;
	into->other_data |= what->other_data;
	into->garble |= what->garble;
	into->advance |= what->advance;
}

struct fault_hit faults_match(struct faults *f, const char *path, enum op op)
{
	struct fault_hit hit = {0};

	for (size_t i = 0; i < f->n; i++) {
		struct fault *one = &f->list[i];

		if ((one->op != OP__N && one->op != (int)op) || !target_matches(one->target, path))
			continue;
		one->seen++;
		if (one->seen != one->nth && !(one->onwards && one->seen > one->nth))
			continue;
		merge(&hit, &one->what);
		f->fired++;
	}
	return hit;
}
