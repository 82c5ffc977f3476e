/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "base/input.h"
#include "base/scope.h"
#include "replay/readahead.h"
#include "formats/rfc_text.h"

/* FILE[:FORMAT]: the format that it ends in, and the path before it, allocated. */
static char *split_arg(const char *arg, const struct log_format **ret_format)
{
	const char *colon = strrchr(arg, ':');
	*ret_format = colon != NULL ? log_format_by_name(colon + 1) : NULL;
	return *ret_format != NULL ? strndup(arg, (size_t)(colon - arg)) : strdup(arg);
}

/* Opens its reader, which also says what it is. */
static int open_input(struct log_input *in, const struct log_format *format, struct err *err)
{
	in->fd = input_open(in->path, err);
	if (in->fd < 0)
		return -1;
	in->text = format == &log_format_rfc_text;
	if (in->text)
		return 0;
	in->reader = calloc(1, sizeof(*in->reader));
	if (in->reader == NULL)
		return err_sys(err, ENOMEM, "'%s'", in->path);
	if (log_reader_open(in->reader, in->fd, format, err) < 0)
		return err_in(err, "'%s'", in->path);
	in->text = in->reader->format == &log_format_rfc_text;
	return 0;
}

static void close_input(struct log_input *in)
{
	if (in->reader != NULL)
		log_reader_close(in->reader);
	free(in->reader);
	if (in->fd >= 0)
		close(in->fd);
	free(in->path);
}

/* How large it is; and that it is none of those before: its events would count twice. */
static int identify(const struct inputs *inputs, struct log_input *in, struct err *err)
{
	struct stat st, other;
	if (fstat(in->fd, &st) < 0)
		return err_sys(err, errno, "'%s'", in->path);
	in->size = (uint64_t)st.st_size;
	for (size_t i = 0; i < inputs->n; i++)
		if (fstat(inputs->v[i].fd, &other) == 0 && other.st_dev == st.st_dev &&
			other.st_ino == st.st_ino)
			return err_set(err, ST_USAGE, "'%s' and '%s' are one file: give it once",
				inputs->v[i].path, in->path);
	return 0;
}

int inputs_add(struct inputs *inputs, const char *arg, struct err *err)
{
	const struct log_format *format;
	struct log_input in = {.fd = -1, .path = split_arg(arg, &format)};
	struct log_input *grown = reallocarray(inputs->v, inputs->n + 1, sizeof(*grown));
	if (grown != NULL)
		inputs->v = grown;
	if (grown == NULL || in.path == NULL) {
		free(in.path);
		return err_sys(err, ENOMEM, "'%s'", arg);
	}
	if (open_input(&in, format, err) < 0 || identify(inputs, &in, err) < 0) {
		close_input(&in);
		return -1;
	}
	inputs->v[inputs->n++] = in;
	inputs->n_text += in.text;
	return 0;
}

void inputs_close(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++)
		close_input(&inputs->v[i]);
	free(inputs->v);
	*inputs = (struct inputs){0};
}

/* The name that a path gives its log: that of the folder of an "event_log", or its own up to the
 * last dot. Allocated. */
static char *log_path_register(const char *path)
{
	const char *end = path + strlen(path);
	const char *base = strrchr(path, '/');
	base = base != NULL ? base + 1 : path;
	if (strcmp(base, "event_log") == 0 && base - path > 1) {
		end = base - 1;
		for (base = end; base > path && base[-1] != '/';)
			base--;
	} else {
		const char *dot = strrchr(base, '.');
		if (dot != NULL && dot > base)
			end = dot;
	}
	/* "." and ".." are no names: then the file's own has to do. */
	if (strspn(base, ".") >= (size_t)(end - base))
		return strdup("event_log");
	return strndup(base, (size_t)(end - base));
}

/* The hash that a log names itself; HASH_UNKNOWN if it does not. -1 if it cannot be read that far. */
static int log_hash(int fd, enum hash_alg *ret, struct err *err)
{
	struct rfc_log log;
	*ret = HASH_UNKNOWN;
	if (rfc_log_open(&log, fd, HASH_UNKNOWN, err) < 0)
		return err->status == ST_ABSENT ? 0 : -1;
	*ret = log.alg;
	rfc_log_close(&log);
	return 0;
}

static bool has_name(const struct mr *mr, const void *name)
{
	bool full;
	return mr_named(mr, name, &full);
}

static bool has_hash(const struct mr *mr, const void *alg)
{
	return mr->alg == *(const enum hash_alg *)alg;
}

static const struct mr *only_one(const struct mr_pick *picks, size_t n,
	bool (*is)(const struct mr *, const void *), const void *arg)
{
	const struct mr *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		if ((picks[i].mr->flags & MR_RUNTIME) && is(picks[i].mr, arg)) {
			found = picks[i].mr;
			count++;
		}
	}
	return count == 1 ? found : NULL;
}

static const struct mr *bind(
	const char *path, int fd, const struct mr_pick *picks, size_t n, struct err *err)
{
	if (n == 1)
		return picks[0].mr;
	AUTO_FREE char *name = log_path_register(path);
	enum hash_alg alg;
	if (log_hash(fd, &alg, err) < 0) {
		err_in(err, "'%s'", path);
		return NULL;
	}
	const struct mr *mr = name != NULL ? only_one(picks, n, has_name, name) : NULL;
	if (mr == NULL)
		mr = only_one(picks, n, has_hash, &alg);
	if (mr == NULL)
		err_set(err, ST_USAGE, "'%s': nothing tells whose log this is: name one register",
			path);
	return mr;
}

const struct log_input *inputs_text_of(const struct inputs *inputs, const struct mr *mr)
{
	for (size_t i = 0; i < inputs->n; i++)
		if (inputs->v[i].mr != NULL && strcmp(inputs->v[i].mr->full, mr->full) == 0)
			return &inputs->v[i];
	return NULL;
}

static int set_register(
	struct inputs *inputs, struct log_input *in, const struct mr *mr, struct err *err)
{
	const struct log_input *other = inputs_text_of(inputs, mr);
	if (other != NULL)
		return err_set(err, ST_USAGE, "'%s' and '%s' are both taken for the log of %s",
			other->path, in->path, mr->full);
	in->mr = mr;
	return 0;
}

int inputs_bind(struct inputs *inputs, const struct mr_pick *picks, size_t n, struct err *err)
{
	for (size_t i = 0; i < inputs->n; i++) {
		struct log_input *in = &inputs->v[i];
		if (!in->text)
			continue;
		const struct mr *mr = bind(in->path, in->fd, picks, n, err);
		if (mr == NULL || set_register(inputs, in, mr, err) < 0)
			return -1;
	}
	return 0;
}

/* NAME[:HASH]; without a hash, that of the log. */
static struct mr *add_log_mr(struct mr_list *mrs, char *name, int fd, struct err *err)
{
	char *colon = strrchr(name, ':');
	enum hash_alg alg = colon != NULL ? hash_by_name(bytes_of(colon + 1)) : HASH_UNKNOWN;
	if (colon != NULL && alg == HASH_UNKNOWN) {
		err_set(err, ST_USAGE, "'%s': no hash of that name is known here", name);
		return NULL;
	}
	if (colon != NULL)
		*colon = '\0';
	else if (log_hash(fd, &alg, err) < 0)
		return NULL;
	if (alg == HASH_UNKNOWN) {
		err_set(err, ST_ABSENT,
			"no SYNC line says which hash this log is for: name its register as "
			"NAME:HASH in 'tsmctl log --input' or 'tsmctl verify --input'");
		return NULL;
	}
	struct mr *mr = mr_list_add(mrs, "", name, hash_name(alg), err);
	if (mr == NULL)
		return NULL;
	mr->alg = alg;
	mr->size = (uint32_t)hash_size(alg);
	mr->flags = MR_RUNTIME | MR_READABLE;
	return mr;
}

int inputs_name(struct inputs *inputs, const char *name, struct mr_list *mrs, struct err *err)
{
	for (size_t i = 0; i < inputs->n; i++) {
		struct log_input *in = &inputs->v[i];
		if (!in->text)
			continue;
		AUTO_FREE char *called = name != NULL ? strdup(name) : log_path_register(in->path);
		if (called == NULL)
			return err_sys(err, ENOMEM, "'%s'", in->path);
		const struct mr *mr = add_log_mr(mrs, called, in->fd, err);
		if (mr == NULL)
			return err_in(err, "'%s'", in->path);
		if (set_register(inputs, in, mr, err) < 0)
			return -1;
	}
	return 0;
}

/* Data is judged for the registers that are asked about. */
static int replay_one(const struct inputs *inputs, const struct log_input *in, struct banks *banks,
	struct err *err)
{
	struct log_ahead *log;
	struct log_event *ev;
	const enum explanation *of;
	bool judged[HASH_COUNT] = {false};
	for (size_t i = 0; i < banks->n_targets; i++)
		judged[banks->target[i].mr->alg] = true;
	int rc = log_ahead_open(&log, in->reader, judged, err);
	while (rc >= 0 && (rc = log_ahead_next(log, &ev, &of, err)) > 0) {
		if (inputs->progress != NULL)
			inputs->progress(inputs->progress_arg, in->path, ev->off, in->size);
		rc = banks_take(banks, in->path, ev, of, err);
	}
	log_ahead_close(log);
	return rc;
}

int inputs_replay(struct inputs *inputs, struct banks *banks, struct err *err)
{
	for (size_t i = 0; i < inputs->n; i++) {
		struct log_input *in = &inputs->v[i];
		if (in->text || replay_one(inputs, in, banks, err) == 0)
			continue;
		if (err->status != ST_FORMAT)
			return err_in(err, "'%s'", in->path);
		in->err = *err;
		err_in(&in->err, "'%s'", in->path);
	}
	return 0;
}
