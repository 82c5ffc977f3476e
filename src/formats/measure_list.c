/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/measure_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

/* The file that is read, and where. */
struct place {
	struct measure_list *list;
	const char *file;
	size_t line;
	const char *phase;
};

static const struct {
	const char *word, *operand;
} kinds[] = {
	[MEASURE_EVENT] = {"event", "TEXT"},
	[MEASURE_FILE] = {"file", "PATH"},
	[MEASURE_DIGEST] = {"digest", "HEX"},
};

bool measure_list_is_phase(const char *name)
{
	return bytes_is_word(bytes_of(name)) && strpbrk(name, "[]") == NULL &&
	       strcmp(name, "-") != 0;
}

bool measure_list_in_phase(const struct measure_line *line, const char *phase)
{
	if (phase == NULL || line->phase == NULL)
		return phase == line->phase;
	return strcmp(phase, line->phase) == 0;
}

/* The next word, which a NUL ends then; *rest stands behind the blanks after it. */
static char *take_word(char **rest)
{
	char *word = *rest, *end = word + strcspn(word, BLANKS);
	*rest = end + strspn(end, BLANKS);
	*end = '\0';
	return word;
}

static int take_phase(struct place *at, char *line, struct err *err)
{
	char *name = line + 1, *end = strchr(name, ']');
	if (end == NULL || end[1 + strspn(end + 1, BLANKS)] != '\0')
		return err_set(err, ST_FORMAT, "'%.64s' is not '[PHASE]'", line);
	*end = '\0';
	if (!measure_list_is_phase(name))
		return err_set(err, ST_FORMAT,
			"'%.64s' is not the name of a phase: it has to be one word", name);
	at->phase = name;
	return 0;
}

static int take_kind(const char *reg, const char *word, enum measure_kind *ret, struct err *err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*ret = (enum measure_kind)i;
		if (strcmp(word, kinds[i].word) == 0)
			return 0;
	}
	if (*word == '\0')
		return err_set(err, ST_FORMAT,
			"nothing follows '%.64s': a line is REGISTER event TEXT, REGISTER file "
			"PATH or REGISTER digest HEX [NOTE]",
			reg);
	return err_set(err, ST_FORMAT,
		"'%.64s': after the register, 'event', 'file' or 'digest' is expected", word);
}

/* Each ".." could name another file once a symbolic link before it changes. */
static int check_path(const char *path, struct err *err)
{
	if (path[0] != '/')
		return err_set(err, ST_FORMAT, "'%.256s': a path here begins with '/'", path);
	for (const char *part = path; part != NULL; part = strchr(part + 1, '/'))
		if (strncmp(part, "/..", 3) == 0 && (part[3] == '/' || part[3] == '\0'))
			return err_set(err, ST_FORMAT, "'%.256s': a path here has no '..'", path);
	return 0;
}

/* Room for one more; doubled where it is full. NULL: no memory. */
static void *make_room(void *array, size_t n, size_t size)
{
	return (n & (n - 1)) != 0 ? array : reallocarray(array, n > 0 ? 2 * n : 1, size);
}

static int add_line(struct measure_list *list, const struct measure_line *line, struct err *err)
{
	struct measure_line *v = make_room(list->v, list->n, sizeof(*v));
	if (v == NULL)
		return err_sys(err, ENOMEM, "lists");
	list->v = v;
	list->v[list->n++] = *line;
	return 0;
}

static int take_line(struct place *at, char *text, struct err *err)
{
	struct measure_line line = {.file = at->file, .line = at->line, .phase = at->phase};
	text += strspn(text, BLANKS);
	if (*text == '\0' || *text == '#')
		return 0;
	if (*text == '[')
		return take_phase(at, text, err);
	line.reg = take_word(&text);
	if (take_kind(line.reg, take_word(&text), &line.kind, err) < 0)
		return -1;
	line.what = line.kind == MEASURE_DIGEST ? take_word(&text) : text;
	if (line.kind == MEASURE_DIGEST && *text != '\0')
		line.note = text;
	if (*line.what == '\0')
		return err_set(err, ST_FORMAT, "nothing follows '%s': %s is missing",
			kinds[line.kind].word, kinds[line.kind].operand);
	if (line.kind == MEASURE_FILE && check_path(line.what, err) < 0)
		return -1;
	return add_line(at->list, &line, err);
}

/* What no line may hold: an editor shows neither. */
static int check_bytes(struct bytes line, struct err *err)
{
	if (line.n > LINE_MAX_BYTES)
		return err_set(err, ST_FORMAT, "a line of more than %d bytes", LINE_MAX_BYTES);
	if (memchr(line.p, '\0', line.n) != NULL)
		return err_set(err, ST_FORMAT, "the line has a NUL");
	if (memchr(line.p, '\r', line.n) != NULL)
		return err_set(err, ST_FORMAT,
			"the line has a carriage return: lines end in a newline alone");
	return 0;
}

/* `text` ends in a NUL behind its n bytes. */
static int take_lines(struct place *at, char *text, size_t n, struct err *err)
{
	for (char *rest = text; rest < text + n; at->line++) {
		char *line = rest, *end = memchr(line, '\n', (size_t)(text + n - line));
		if (end == NULL)
			end = text + n;
		rest = end + 1;
		*end = '\0';
		if (at->list->n_lines++ == MEASURE_LINES_MAX)
			return err_set(err, ST_FORMAT, "the lists have more than %d lines",
				MEASURE_LINES_MAX);
		struct bytes b = {(const uint8_t *)line, (size_t)(end - line)};
		if (check_bytes(b, err) < 0 || take_line(at, line, err) < 0)
			return -1;
	}
	return 0;
}

/* A copy with a NUL behind it that the list owns. */
static char *keep(struct measure_list *list, struct bytes b, struct err *err)
{
	char **owned = make_room(list->owned, list->n_owned, sizeof(*owned));
	if (owned != NULL)
		list->owned = owned;
	char *copy = owned != NULL ? malloc(b.n + 1) : NULL;
	if (copy == NULL) {
		err_sys(err, ENOMEM, "lists");
		return NULL;
	}
	if (b.n > 0)
		memcpy(copy, b.p, b.n);
	copy[b.n] = '\0';
	list->owned[list->n_owned++] = copy;
	return copy;
}

int measure_list_add(
	struct measure_list *list, const char *file, struct bytes text, struct err *err)
{
	struct place at = {.list = list, .line = 1, .file = keep(list, bytes_of(file), err)};
	char *copy = at.file != NULL ? keep(list, text, err) : NULL;
	if (copy == NULL)
		return -1;
	return take_lines(&at, copy, text.n, err) < 0 ? err_in(err, "'%s:%zu'", file, at.line) : 0;
}

void measure_list_clear(struct measure_list *list)
{
	for (size_t i = 0; i < list->n_owned; i++)
		free(list->owned[i]);
	free(list->owned);
	free(list->v);
	*list = (struct measure_list){0};
}
