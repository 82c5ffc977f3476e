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
#include "formats/event.h"
#include "formats/journal.h"
#include "formats/log_envelope.h"
#include "formats/rfc_text.h"
#include "formats/tcg2.h"
#include "formats/log_formats.h"

/* Takes off the format that a path ends in; NULL: it ends in none. */
static const struct log_format *take_format(char *path)
{
	char *colon = strrchr(path, ':');
	const struct log_format *format = colon != NULL ? log_formats_by_name(colon + 1) : NULL;
	if (format != NULL)
		*colon = '\0';
	return format;
}

static bool is_file(const char *path)
{
	return strcmp(path, "-") == 0 || access(path, F_OK) == 0;
}

/* FILE[:FORMAT][@REGISTER]. A register is only taken off a file that is there. */
static int split_arg(const char *arg, struct log_input *ret, const struct log_format **ret_format,
	struct err *err)
{
	const char *at = strrchr(arg, '@');
	*ret_format = NULL;
	ret->path = strdup(arg);
	if (ret->path == NULL)
		return err_sys(err, ENOMEM, "'%s'", arg);
	if (is_file(arg))
		return 0;
	if (at != NULL && at[1] != '\0') {
		ret->path[at - arg] = '\0';
		if (!is_file(ret->path))
			*ret_format = take_format(ret->path);
		if (is_file(ret->path)) {
			ret->as = strdup(at + 1);
			return ret->as != NULL ? 0 : err_sys(err, ENOMEM, "'%s'", arg);
		}
		memcpy(ret->path, arg, strlen(arg) + 1);
	}
	*ret_format = take_format(ret->path);
	return 0;
}

static int check_head(struct bytes head, struct err *err)
{
	return quote_json_looks_like(head) ? 0 : log_envelope_check(head, err);
}

/* Opens its reader, which also says what it is. */
static int open_input(struct log_input *in, const struct log_format *format, struct err *err)
{
	if (log_envelope_open(&in->fd, err) < 0)
		return err_in(err, "'%s'", in->path);
	in->format = format;
	in->text = format == &log_format_rfc_text;
	if (in->text)
		return 0;
	in->reader = calloc(1, sizeof(*in->reader));
	if (in->reader == NULL)
		return err_sys(err, ENOMEM, "'%s'", in->path);
	if (log_formats_open(in->reader, in->fd, format, err) < 0) {
		err_in(err, "'%s'", in->path);
		format = in->reader->format;
		/* To open a journal is to read it: what is wrong with it is known then. */
		if (err->status != ST_FORMAT || format == NULL || !format->headed)
			return -1;
		in->err = *err;
		in->format = format;
		free(in->reader);
		in->reader = NULL;
		return 0;
	}
	in->format = in->reader->format;
	in->reader->as = in->as;
	in->text = in->format == &log_format_rfc_text;
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
	free(in->as);
}

static int measure(struct log_input *in, struct err *err)
{
	struct stat st;
	if (fstat(in->fd, &st) < 0)
		return err_sys(err, errno, "'%s'", in->path);
	in->size = (uint64_t)st.st_size;
	return 0;
}

static int append(struct inputs *inputs, const struct log_input *in, struct err *err)
{
	struct log_input *grown = reallocarray(inputs->v, inputs->n + 1, sizeof(*grown));
	if (grown == NULL)
		return err_sys(err, ENOMEM, "'%s'", in->path);
	inputs->v = grown;
	grown[inputs->n++] = *in;
	inputs->n_text += in->text;
	return 0;
}

static bool is_quote(int fd)
{
	uint8_t head[LOG_HEAD_BYTES];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	return n > 0 && quote_json_looks_like((struct bytes){head, (size_t)n});
}

/* From its start, whole. */
static int read_quote(const struct log_input *in, struct quote_json *ret, struct err *err)
{
	struct stat st;
	if (fstat(in->fd, &st) < 0)
		return err_sys(err, errno, "quote");
	if (st.st_size > QUOTE_FILE_MAX)
		return err_set(err, ST_FORMAT, "longer than %d bytes", QUOTE_FILE_MAX);
	AUTO_FREE uint8_t *buf = malloc((size_t)st.st_size);
	if (buf == NULL)
		return err_sys(err, ENOMEM, "quote");
	ssize_t n = input_pread(in->fd, buf, (size_t)st.st_size, 0);
	if (n != st.st_size)
		return err_sys(err, n < 0 ? errno : EIO, "quote");
	return quote_json_parse((struct bytes){buf, (size_t)n}, ret, err);
}

/* They are owned by the inputs from here on: their names are needed. */
static int add_logs(struct inputs *inputs, struct quote_logs *logs, struct err *err)
{
	if (logs->n == 0)
		return err_set(err, ST_FORMAT, "no log: it was made without '--with-logs'");
	for (size_t i = 0; i < logs->n; i++) {
		struct quote_log log = logs->v[i];
		logs->v[i] = (struct quote_log){0};
		if (quote_json_add_log(&inputs->quoted, &log, err) < 0 ||
			inputs_add_quoted(inputs, &log, err) < 0)
			return -1;
		struct quote_log *added = &inputs->quoted.v[inputs->quoted.n - 1];
		free(added->p);
		added->p = NULL;
	}
	return 0;
}

/* Adds the logs of what 'quote --json' printed. */
static int add_quote(struct inputs *inputs, const struct log_input *in, struct err *err)
{
	struct quote_json q = {0};
	int rc = read_quote(in, &q, err);
	if (rc == 0)
		rc = add_logs(inputs, &q.logs, err);
	quote_json_clear(&q);
	return rc == 0 ? 0 : err_in(err, "'%s'", in->path);
}

int inputs_add(struct inputs *inputs, const char *arg, struct err *err)
{
	const struct log_format *format;
	struct log_input in = {.fd = -1};
	int rc = split_arg(arg, &in, &format, err);
	in.name = in.path;
	if (rc == 0)
		rc = in.fd = input_open(in.path, format == NULL ? check_head : NULL, err);
	if (rc >= 0 && format == NULL && in.as == NULL && is_quote(in.fd)) {
		rc = add_quote(inputs, &in, err);
		close_input(&in);
		return rc;
	}
	if (rc >= 0)
		rc = open_input(&in, format, err);
	if (rc == 0 && in.as != NULL && in.format == &log_format_journal)
		rc = err_set(err, ST_USAGE,
			"'%s': a journal names the register of each event: omit '@%s'", in.path,
			in.as);
	if (rc == 0 && measure(&in, err) == 0 && append(inputs, &in, err) == 0)
		return 0;
	const char *colon = in.path != NULL ? strrchr(in.path, ':') : NULL;
	if (err->sys == ENOENT && format == NULL && colon != NULL)
		err_add(err, "; unknown log format '%s'", colon + 1);
	close_input(&in);
	return -1;
}

/* Opens the reader of a log of this machine; one that is malformed from the start keeps why. */
static int open_reader(struct log_input *in, off_t end, struct err *err)
{
	in->reader = calloc(1, sizeof(*in->reader));
	if (in->reader == NULL)
		return err_sys(err, ENOMEM, "'%s'", in->path);
	if (log_formats_open_upto(in->reader, in->fd, end, in->format, &in->err) == 0)
		return 0;
	free(in->reader);
	in->reader = NULL;
	err_in(&in->err, "'%s'", in->path);
	return 0;
}

int inputs_add_open(struct inputs *inputs, const struct log_input *like, off_t end, struct err *err)
{
	struct log_input in = *like;
	in.path = strdup(like->path);
	int rc = in.path != NULL ? 0 : err_sys(err, ENOMEM, "'%s'", like->path);
	in.size = (uint64_t)end;
	if (rc == 0 && in.fd >= 0 && !in.text)
		rc = open_reader(&in, end, err);
	if (rc == 0 && append(inputs, &in, err) == 0)
		return 0;
	close_input(&in);
	return -1;
}

int inputs_add_quoted(struct inputs *inputs, const struct quote_log *log, struct err *err)
{
	struct log_input in = {.name = log->source,
		.path = log->reg != NULL ? log->reg : log->source,
		.format = log_formats_by_name(log->format)};
	if (in.format == NULL)
		return err_set(
			err, ST_FORMAT, "log '%s': unknown format '%s'", log->source, log->format);
	in.text = in.format == &log_format_rfc_text;
	in.fd = input_memory((struct bytes){log->p, log->n}, err);
	if (in.fd < 0)
		return err_in(err, "log '%s'", log->source);
	return inputs_add_open(inputs, &in, (off_t)log->n, err);
}

bool inputs_can_name(const struct log_input *in, const struct mr *mr)
{
	enum place place;
	uint32_t index;
	if (in->provider != NULL && strcmp(in->provider, mr->provider) != 0)
		return false;
	if (in->text)
		return in->mr != NULL && strcmp(in->mr->full, mr->full) == 0;
	if (in->as != NULL)
		return mr_named(mr, in->as, false);
	if (mr->cc_mr_index != CC_MR_NONE)
		return mr->cc_mr_index > 0 && (in->format->names & NAMES_CC_MR);
	if (!reg_place(mr->provider, mr->name, &place, &index))
		place = strncmp(mr->name, "nv0x", 4) == 0 ? PLACE_NV : PLACE_NAMED;
	return in->format->names & (place == PLACE_PCR	       ? NAMES_PCR
					   : place == PLACE_NV ? NAMES_NV
							       : NAMES_NAMED);
}

bool inputs_is_cut(const struct log_input *in)
{
	return in->err.status == ST_FORMAT || (in->reader != NULL && in->reader->cut);
}

void inputs_close(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++)
		close_input(&inputs->v[i]);
	free(inputs->v);
	quote_json_clear_logs(&inputs->quoted);
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
	return mr_named(mr, name, false);
}

static bool has_hash(const struct mr *mr, const void *alg)
{
	return mr->alg == *(const enum hash_alg *)alg;
}

static const struct mr *only_one(
	const struct mr_list *mrs, bool (*is)(const struct mr *, const void *), const void *arg)
{
	const struct mr *found = NULL;
	size_t count = 0;
	for (size_t i = 0; i < mrs->n; i++) {
		if ((mrs->mr[i]->flags & MR_RUNTIME) && is(mrs->mr[i], arg)) {
			found = mrs->mr[i];
			count++;
		}
	}
	return count == 1 ? found : NULL;
}

/* What is asked for has no say before the name has: a log is not another register's for being asked of. */
static const struct mr *bind(const struct log_input *in, const struct mr_list *mrs,
	const struct mr_pick *picks, size_t n, struct err *err)
{
	AUTO_FREE char *name = in->as != NULL ? strdup(in->as) : log_path_register(in->path);
	enum hash_alg alg;
	const struct mr *mr = name != NULL ? only_one(mrs, has_name, name) : NULL;
	if (mr == NULL && in->as == NULL && n == 1)
		mr = picks[0].mr;
	if (mr != NULL)
		return mr;
	if (in->as != NULL) {
		err_set(err, ST_USAGE, "'%s': '%s' does not name exactly one register here",
			in->path, in->as);
		return NULL;
	}
	if (log_hash(in->fd, &alg, err) < 0) {
		err_in(err, "'%s'", in->path);
		return NULL;
	}
	mr = only_one(mrs, has_hash, &alg);
	if (mr == NULL)
		err_set(err, ST_USAGE,
			"'%s': the log does not say which register it is of: name one register",
			in->path);
	return mr;
}

const struct log_input *inputs_text_of(const struct inputs *inputs, const struct mr *mr)
{
	for (size_t i = 0; i < inputs->n; i++)
		if (inputs->v[i].mr != NULL && strcmp(inputs->v[i].mr->full, mr->full) == 0)
			return &inputs->v[i];
	return NULL;
}

/* Whether registers are those of a TD, or those of a TPM. */
static void kinds_of(const struct mr_pick picks[], size_t n, bool *ret_cc, bool *ret_pcr)
{
	enum place place;
	uint32_t index;
	*ret_cc = *ret_pcr = false;
	for (size_t i = 0; i < n; i++) {
		const struct mr *mr = picks[i].mr;
		*ret_cc = *ret_cc || mr->cc_mr_index > 0;
		*ret_pcr = *ret_pcr || (reg_place(mr->provider, mr->name, &place, &index) &&
					       place == PLACE_PCR);
	}
}

static void settle_guess(struct log_input *in, const struct mr_pick picks[], size_t n)
{
	bool cc, pcr;
	kinds_of(picks, n, &cc, &pcr);
	if (cc == pcr)
		return;
	in->format = in->reader->format = cc ? &log_format_ccel : &log_format_tpm;
	in->reader->guessed = false;
}

/* The place of the first register of this name, in the same case if there is one. */
static size_t place_named(const struct mr_list *mrs, const char *name)
{
	for (int fold = 0; fold < 2; fold++)
		for (size_t i = 0; i < mrs->n; i++)
			if (mr_named(mrs->mr[i], name, fold == 1))
				return i;
	return mrs->n;
}

/* All events of a log are of a register that was named: in full, as this list has it. */
static int bind_named(struct log_input *in, const struct mr_list *mrs, struct err *err)
{
	size_t i = place_named(mrs, in->as);
	if (i == mrs->n)
		return err_set(err, ST_USAGE, "'%s': no register '%s' here", in->path, in->as);
	char *name = mr_base_name(mrs->mr[i]);
	if (name == NULL)
		return err_sys(err, ENOMEM, "'%s'", in->path);
	free(in->as);
	in->as = name;
	in->reader->as = name;
	return 0;
}

int inputs_bind(struct inputs *inputs, const struct mr_list *mrs, const struct mr_pick *picks,
	size_t n, struct err *err)
{
	for (size_t i = 0; i < inputs->n; i++) {
		struct log_input *in = &inputs->v[i];
		if (!in->text) {
			if (in->reader != NULL && in->reader->guessed)
				settle_guess(in, picks, n);
			if (in->reader != NULL && in->as != NULL && bind_named(in, mrs, err) < 0)
				return -1;
			continue;
		}
		in->mr = bind(in, mrs, picks, n, err);
		if (in->mr == NULL)
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
		err_set(err, ST_USAGE, "'%s': unknown hash", name);
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
		AUTO_FREE char *called = in->as != NULL ? strdup(in->as)
					 : name != NULL ? strdup(name)
							: log_path_register(in->path);
		if (called == NULL)
			return err_sys(err, ENOMEM, "'%s'", in->path);
		const struct mr *mr = add_log_mr(mrs, called, in->fd, err);
		if (mr == NULL)
			return err_in(err, "'%s'", in->path);
		in->mr = mr;
	}
	return 0;
}

static int read_events(
	const struct inputs *inputs, size_t source, input_event_fn each, void *arg, struct err *err)
{
	const struct log_input *in = &inputs->v[source];
	struct readahead *log;
	struct log_event *ev;
	const enum explanation *of;
	int rc = readahead_open(&log, in->reader, !inputs->values_only, err);
	while (rc >= 0 && (rc = readahead_next(log, &ev, &of, err)) > 0) {
		if (inputs->progress != NULL)
			inputs->progress(inputs->progress_arg, in->path, ev->off, in->size);
		rc = each(arg, source, ev, payload_explanation(of, ev->n_digests), err);
		if (rc != 0)
			break;
	}
	readahead_close(log);
	return rc;
}

int inputs_read(
	struct inputs *inputs, size_t source, input_event_fn each, void *arg, struct err *err)
{
	struct log_input *in = &inputs->v[source];
	if (in->reader == NULL)
		return 0;
	int rc = in->moved ? log_reader_rewind(in->reader, err) : 0;
	in->moved = true;
	if (rc == 0)
		rc = read_events(inputs, source, each, arg, err);
	if (rc >= 0 || err->status != ST_FORMAT)
		return rc < 0 ? err_in(err, "'%s'", in->path) : 0;
	in->err = *err;
	err_in(&in->err, "'%s'", in->path);
	return 0;
}
