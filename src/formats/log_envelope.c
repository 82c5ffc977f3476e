/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/log_envelope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/encoded.h"
#include "base/input.h"
#include "base/scope.h"
#include "formats/dstack_attestation.h"
#include "formats/json_reader.h"
#include "formats/log_formats.h"

static int err_no_memory(struct err *err)
{
	return err_sys(err, ENOMEM, "log");
}

/* From its start; the file's own position does not matter. */
static int read_upto(int fd, uint8_t *buf, size_t n, struct err *err)
{
	ssize_t got = input_pread(fd, buf, n, 0);
	return got == (ssize_t)n ? 0 : err_sys(err, got < 0 ? errno : EIO, "log");
}

static int replace(int *fd, struct bytes log, struct err *err)
{
	int mem = input_memory(log, err);
	if (mem < 0)
		return -1;
	close(*fd);
	*fd = mem;
	return 0;
}

static bool is_log(struct bytes b)
{
	if (b.n > LOG_HEAD_BYTES)
		b.n = LOG_HEAD_BYTES;
	return log_formats_sniff(b) != NULL;
}

/* Text of digests, which is hex too, stands for no log. */
static int open_text(int *fd, struct bytes text, struct err *err)
{
	AUTO_FREE uint8_t *log = NULL;
	size_t n;
	int rc = encoded_get(text, &log, &n);
	if (rc < 0)
		return err_no_memory(err);
	return rc > 0 && is_log((struct bytes){log, n}) ? replace(fd, (struct bytes){log, n}, err)
							: 0;
}

static bool get(struct json_object *doc, const char *key, struct json_object **ret)
{
	return json_object_is_type(doc, json_type_object) &&
	       json_object_object_get_ex(doc, key, ret);
}

/* Which of two is meant cannot be told. */
static int err_two_logs(const char *a, const char *b, struct err *err)
{
	return err_set(err, ST_FORMAT, "JSON with two logs, '%s' and '%s': give one of them", a, b);
}

/* A member that is a log, or may be one for a reader of JSON. */
struct found {
	const char *name; /* NULL: there is none */
	struct json_object *log;
};

static int find_log(struct json_object *doc, struct found *ret, struct err *err)
{
	struct json_object *tdx = NULL, *log;
	*ret = (struct found){0};
	get(doc, "tdx", &tdx);
	const struct {
		const char *name, *key;
		struct json_object *in;
	} places[] = {
		{"tdx.cc_eventlog", "cc_eventlog", tdx},
		{"tdx.event_log", "event_log", tdx},
		{"cc_eventlog", "cc_eventlog", doc},
		{"event_log", "event_log", doc},
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!get(places[i].in, places[i].key, &log))
			continue;
		if (log == NULL && ret->name == NULL && strcmp(places[i].key, "cc_eventlog") == 0)
			return err_set(err, ST_FORMAT, "no log: its 'cc_eventlog' is null");
		if (ret->name != NULL && !json_object_equal(ret->log, log))
			return err_two_logs(ret->name, places[i].name, err);
		*ret = (struct found){places[i].name, log};
	}
	return 0;
}

/* The log of dstack's agent beside the quote. Text that stands for no bytes is none. */
static int open_attestation(
	int *fd, struct json_object *string, const struct found *other, struct err *err)
{
	AUTO_FREE uint8_t *raw = NULL;
	AUTO_FREE char *log = NULL;
	struct dstack_attestation a;
	size_t n_raw, n;
	int rc = encoded_get(json_bytes(string), &raw, &n_raw);
	if (rc <= 0)
		return rc < 0 ? err_no_memory(err) : 0;
	if (other->name != NULL)
		return err_two_logs("attestation", other->name, err);
	if (dstack_attestation_parse((struct bytes){raw, n_raw}, &a, err) < 0 ||
		dstack_attestation_log(&a, &log, &n, err) < 0)
		return -1;
	return replace(fd, (struct bytes){(uint8_t *)log, n}, err);
}

static int open_member(int *fd, struct json_object *doc, struct err *err)
{
	struct json_object *attestation = json_member(doc, "attestation", json_type_string);
	struct json_object *quote;
	struct found found;
	if (find_log(doc, &found, err) < 0)
		return -1;
	if (attestation != NULL && !get(doc, "quote", &quote))
		return open_attestation(fd, attestation, &found, err);
	if (!json_object_is_type(found.log, json_type_string))
		return 0;
	return open_text(fd, json_bytes(found.log), err);
}

/* What is no JSON is for the reader that takes it for its own to say. */
static int open_json(int *fd, struct bytes text, struct err *err)
{
	struct json_object *doc;
	struct err ignored;
	if (json_whole(text, &doc, &ignored) < 0)
		return 0;
	int rc = open_member(fd, doc, err);
	json_object_put(doc);
	return rc;
}

/* Whether text is the start of a log in hex or base64: where it is cut, a digit may be half of a byte. */
static bool starts_encoded(struct bytes head)
{
	for (int cut = 0; cut < 2 && head.n > 0; cut++, head.n--) {
		AUTO_FREE uint8_t *log = NULL;
		size_t n;
		if (encoded_get(head, &log, &n) > 0)
			return is_log((struct bytes){log, n});
	}
	return false;
}

/* Whether the whole is worth a look: most logs are text of other kinds, and long. */
static bool may_be_envelope(struct bytes head)
{
	static const char *const names[] = {
		"\"cc_eventlog\"", "\"event_log\"", "\"quote\"", "\"tdx\"", "\"attestation\""};
	if (json_head_first(head) != '{')
		return starts_encoded(head);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (memmem(head.p, head.n, names[i], strlen(names[i])) != NULL)
			return true;
	return false;
}

int log_envelope_check(struct bytes head, struct err *err)
{
	return may_be_envelope(head) ? 0 : log_formats_check(head, err);
}

int log_envelope_open(int *fd, struct err *err)
{
	struct stat st;
	uint8_t head[LOG_HEAD_BYTES];
	ssize_t n = pread(*fd, head, sizeof(head), 0);
	if (n <= 0 || !may_be_envelope((struct bytes){head, (size_t)n}) || fstat(*fd, &st) < 0 ||
		st.st_size > WINDOW_MAX)
		return 0;
	AUTO_FREE uint8_t *buf = malloc((size_t)st.st_size + 1);
	struct bytes text = {buf, (size_t)st.st_size};
	if (buf == NULL)
		return err_no_memory(err);
	if (read_upto(*fd, buf, text.n, err) < 0)
		return -1;
	return json_head_first(text) == '{' ? open_json(fd, text, err) : open_text(fd, text, err);
}
