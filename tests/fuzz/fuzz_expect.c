/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of values as verify takes them, from the command line on: --values, --expect, --initial and a log, with a
 * line "%%" between them. What was read is found again in what is printed, and a file never disagrees with itself.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "evidence/register_file.h"
#include "folder.h"
#include "fuzz.h"
#include "text.h"

enum { VALUES, EXPECT, INITIAL, LOG, FILES, PATH_ROOM = 32 };

/* A file in memory, by a name that can be opened again. */
struct file {
	int fd;
	char path[PATH_ROOM];
};

static struct file new_file(struct bytes b)
{
	struct file f = {.fd = memory_file(b)};
	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

static struct file new_text(struct text *t)
{
	struct file f = new_file(text_bytes(t));
	text_free(t);
	return f;
}

static void verify(const char *const words[], struct command *ret)
{
	const char *argv[24] = {"tsmctl", "--quiet", "--json", "verify"};
	size_t n = 4;
	for (size_t i = 0; words[i] != NULL; i++)
		argv[n++] = words[i];
	command_run(argv, ret);
}

/* The status is that of the rows. */
static void check_status(const struct command *c)
{
	struct json_object *row;
	bool good = true;
	for (size_t i = 0; (row = command_row(c, i)) != NULL; i++) {
		const char *verdict = command_string(row, "verdict");
		MUST(command_string(row, "register") != NULL);
		good = good && verdict != NULL &&
		       (strcmp(verdict, "match") == 0 || strcmp(verdict, "untouched") == 0);
	}
	MUST(good || c->status != ST_OK);
}

static size_t count(const struct command *c, const char *verdict)
{
	struct json_object *row;
	size_t n = 0;
	for (size_t i = 0; (row = command_row(c, i)) != NULL; i++) {
		const char *is = command_string(row, "verdict");
		n += is != NULL && strcmp(is, verdict) == 0;
	}
	return n;
}

static bool says(const struct command *c, const char *what)
{
	return memmem(c->err.p, c->err.n, what, strlen(what)) != NULL;
}

/* The rows that have a value, as `read` prints them; the first with a bit changed. */
static size_t print_rows(const struct register_file *v, uint8_t change, struct text *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < v->mrs.n; i++) {
		struct bytes value = v->value[i];
		if (value.p == NULL)
			continue;
		text_fmt(ret, "%02x", value.p[0] ^ (n == 0 ? change : 0));
		text_hex(ret, (struct bytes){value.p + 1, value.n - 1});
		text_fmt(ret, "  %s\n", v->mrs.mr[i]->full);
		n++;
	}
	return n;
}

/* A row that is there twice is refused, whichever file it is in. */
static void check_twice(const struct register_file *v, const char *good)
{
	struct text text = {0};
	struct command c;
	size_t n = print_rows(v, 0, &text);
	struct bytes once = text_bytes(&text);
	const uint8_t *end = n > 0 ? memchr(once.p, '\n', once.n) : NULL;
	MUST(n == 0 || end != NULL);
	if (n > 0) {
		char *line = strndup((const char *)once.p, (size_t)(end - once.p));
		MUST(line != NULL);
		text_str(&text, line);
		free(line);
	}
	struct file twice = new_text(&text);
	const char *const words[][7] = {
		{"--values", twice.path, "--expect", good},
		{"--values", good, "--expect", twice.path},
		{"--values", good, "--expect", good, "--initial", twice.path},
	};
	for (size_t i = 0; i < 3 && n > 0; i++) {
		verify(words[i], &c);
		MUST(c.status == ST_FORMAT && says(&c, "twice"));
		command_clear(&c);
	}
	close(twice.fd);
}

/* A file agrees with itself, and not with one that has another bit. */
static void check_self(const struct register_file *v, const char *path)
{
	struct text same = {0}, other = {0};
	struct command c;
	size_t n = print_rows(v, 0, &same);
	(void)print_rows(v, 1, &other);
	struct file plain = new_text(&same), changed = new_text(&other);
	verify((const char *const[]){"--values", path, "--expect", path, NULL}, &c);
	MUST(count(&c, "unexpected") == 0 && count(&c, "match") == n);
	MUST((c.status == ST_OK) == (n == v->mrs.n));
	command_clear(&c);
	if (n > 0) {
		verify((const char *const[]){"--values", path, "--expect", plain.path, "--initial",
			       plain.path, NULL},
			&c);
		MUST(count(&c, "unexpected") == 0 && count(&c, "match") == n);
		command_clear(&c);
		verify((const char *const[]){"--values", path, "--expect", changed.path, NULL}, &c);
		MUST(count(&c, "unexpected") == 1);
		/* The error of a row that could not be read can be the worse of the two. */
		MUST(c.status == ST_NO || (n < v->mrs.n && c.status != ST_OK));
		command_clear(&c);
	}
	close(plain.fd);
	close(changed.fd);
}

static void check_same(const struct register_file *a, const struct register_file *b)
{
	size_t k = 0;
	for (size_t i = 0; i < a->mrs.n; i++) {
		if (a->value[i].p == NULL)
			continue;
		MUST(k < b->mrs.n && strcmp(a->mrs.mr[i]->full, b->mrs.mr[k]->full) == 0);
		MUST(bytes_equal(a->value[i], b->value[k++]));
	}
	MUST(k == b->mrs.n);
}

/* What `replay` prints, in JSON and as text, is read back as the same, and the log says the same again. */
static void check_replay(const char *log)
{
	struct command json, text, c;
	struct register_file from_json, from_text;
	struct err err;
	command_run((const char *const[]){"tsmctl", "-q", "replay", log, NULL}, &text);
	command_run((const char *const[]){"tsmctl", "-q", "--json", "replay", log, NULL}, &json);
	MUST(text.status == json.status);
	if (json.status == ST_OK && register_file_parse(json.out, &from_json, &err) == 0) {
		if (register_file_parse(text.out, &from_text, &err) == 0)
			check_same(&from_json, &from_text);
		register_file_clear(&from_text);
		struct file values = new_file(json.out);
		verify((const char *const[]){"--values", values.path, "--expect", values.path,
			       "--input", log, NULL},
			&c);
		MUST(count(&c, "unexpected") == 0);
		check_status(&c);
		command_clear(&c);
		close(values.fd);
	}
	if (json.status == ST_OK)
		register_file_clear(&from_json);
	command_clear(&text);
	command_clear(&json);
}

/* A register of this name and value on a machine; false where it cannot be one. */
static bool make_register(const struct mr *mr, struct bytes value)
{
	char path[4096];
	const char *name = mr->full + strlen(mr->provider) + 1;
	bool runtime = mr->alg != HASH_NONE;
	if (value.p == NULL || mr->provider[0] == '\0' || strpbrk(name, "\\/") != NULL ||
		strchr(mr->provider, '\\') != NULL || (runtime && value.n > DIGEST_SIZE_MAX))
		return false;
	snprintf(path, sizeof(path), "sys/devices/virtual/misc/%s/measurements/%s", mr->provider,
		name);
	return folder_file(path, runtime ? 0644 : 0444, value);
}

/* What `read` prints of a machine is read back as what it holds, and the machine agrees with it. */
static void check_live(const struct register_file *v)
{
	struct register_file again;
	struct command read, c;
	struct err err;
	size_t n = 0;
	folder_clear();
	for (size_t i = 0; i < v->mrs.n; i++)
		n += make_register(v->mrs.mr[i], v->value[i]);
	command_run(
		(const char *const[]){"tsmctl", "--json", "--root", folder_root(), "read", NULL},
		&read);
	MUST((read.status == ST_OK) == (n > 0));
	if (n > 0) {
		MUST(register_file_parse(read.out, &again, &err) == 0 && again.mrs.n == n);
		register_file_clear(&again);
		struct file expect = new_file(read.out);
		verify((const char *const[]){"--root", folder_root(), "--no-log", "--expect",
			       expect.path, NULL},
			&c);
		MUST(c.status == ST_OK && count(&c, "match") == n);
		command_clear(&c);
		verify((const char *const[]){"--root", folder_root(), "--expect", expect.path,
			       "--initial", expect.path, NULL},
			&c);
		MUST(count(&c, "unexpected") == 0);
		command_clear(&c);
		close(expect.fd);
	}
	command_clear(&read);
}

/* `name`: the register that is asked for; NULL: all. */
static void check_all(const struct file *f, bool initial, bool log, const char *name)
{
	struct command c;
	const char *words[12] = {"--values", f[VALUES].path, "--expect", f[EXPECT].path};
	size_t n = 4;
	if (initial) {
		words[n++] = "--initial";
		words[n++] = f[INITIAL].path;
	}
	if (log) {
		words[n++] = "--input";
		words[n++] = f[LOG].path;
	}
	if (name != NULL) {
		words[n++] = "--";
		words[n++] = name;
	}
	verify(words, &c);
	check_status(&c);
	command_clear(&c);
}

/* Against the log alone, and one register of it. */
static void check_log(const struct file *f, const char *name)
{
	struct command c;
	verify((const char *const[]){"--values", f[VALUES].path, "--input", f[LOG].path, NULL}, &c);
	check_status(&c);
	command_clear(&c);
	verify((const char *const[]){"--values", f[VALUES].path, "--input", f[LOG].path, "--", name,
		       NULL},
		&c);
	check_status(&c);
	command_clear(&c);
	check_all(f, false, false, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = {data, size}, part[FILES];
	struct file f[FILES];
	struct register_file values;
	struct err err = {0};
	for (size_t i = 0; i < FILES; i++) {
		part[i] = fuzz_take_part(&rest);
		f[i] = new_file(part[i]);
	}
	check_all(f, part[INITIAL].n > 0, part[LOG].n > 0, NULL);
	check_all(f, false, part[LOG].n > 0, NULL);
	if (register_file_parse(part[VALUES], &values, &err) == 0) {
		check_self(&values, f[VALUES].path);
		check_twice(&values, f[VALUES].path);
		check_live(&values);
		check_log(f, values.mrs.mr[0]->full);
	}
	register_file_clear(&values);
	if (part[LOG].n > 0)
		check_replay(f[LOG].path);
	for (size_t i = 0; i < FILES; i++)
		close(f[i].fd);
	return 0;
}
