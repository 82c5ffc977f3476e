/* SPDX-License-Identifier: Apache-2.0 */
/* The description: a line an event, `REGISTER TYPE [WORD...] [DATA]`; see usage in main.c. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool starts(const char *s, const char *with, const char **ret)
{
	size_t n = strlen(with);
	if (strncmp(s, with, n) != 0)
		return false;
	*ret = s + n;
	return true;
}

/* The part of *at up to the next colon (or the end), cut off; *at goes on behind it. */
static char *part(char **at)
{
	char *s = *at, *colon = strchr(s, ':');
	if (colon != NULL)
		*colon = '\0';
	*at = colon != NULL ? colon + 1 : s + strlen(s);
	return s;
}

static void put_text(struct buf *ret, const char *s)
{
	for (; *s != '\0'; s++) {
		char hex[3] = {0};
		if (*s != '\\') {
			buf_put(ret, s, 1);
			continue;
		}
		switch (*++s) {
		case 'n':
			buf_str(ret, "\n");
			break;
		case 't':
			buf_str(ret, "\t");
			break;
		case '\\':
			buf_str(ret, "\\");
			break;
		case 'x':
			if (s[1] == '\0' || s[2] == '\0')
				die("'\\x' wants two hex digits");
			memcpy(hex, s + 1, 2);
			buf_unhex(ret, hex);
			s += 2;
			break;
		default:
			die("'\\%c': there are \\n, \\t, \\\\ and \\xHH", *s);
		}
	}
}

static void put_utf16(struct buf *ret, const char *s)
{
	struct buf text = {0};
	put_text(&text, s);
	buf_utf16(ret, text.p, text.n);
	buf_free(&text);
}

/* The first three fields are little-endian numbers. */
static void put_guid(struct buf *ret, const char *s)
{
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	struct buf raw = {0};
	char digits[33];
	size_t n = 0;
	for (const char *at = s; *at != '\0' && n < 32; at++)
		if (*at != '-')
			digits[n++] = *at;
	digits[n] = '\0';
	buf_unhex(&raw, digits);
	if (raw.n != 16)
		die("'%s': not a GUID", s);
	for (size_t i = 0; i < 16; i++)
		buf_put(ret, raw.p + order[i], 1);
	buf_free(&raw);
}

/* UEFI_VARIABLE_DATA (TCG PC Client Platform Firmware Profile, section 10.2.6). */
static void put_variable(struct buf *ret, char *s)
{
	struct buf name = {0}, data = {0};
	put_guid(ret, part(&s));
	put_utf16(&name, part(&s));
	buf_unhex(&data, s);
	buf_le(ret, name.n / 2, 8);
	buf_le(ret, data.n, 8);
	buf_put(ret, name.p, name.n);
	buf_put(ret, data.p, data.n);
	buf_free(&name);
	buf_free(&data);
}

/* UEFI_IMAGE_LOAD_EVENT (the same, section 10.2.3), linked at 0. */
static void put_image(struct buf *ret, char *s)
{
	struct buf path = {0};
	buf_le(ret, number(part(&s), "the address"), 8);
	buf_le(ret, number(part(&s), "the length"), 8);
	buf_le(ret, 0, 8);
	buf_unhex(&path, s);
	buf_le(ret, path.n, 8);
	buf_put(ret, path.p, path.n);
	buf_free(&path);
}

/* The header of a GUID partition table (UEFI 2.10, section 5.3.2), of a disk of 1 GiB. */
static void put_gpt_header(struct buf *ret)
{
	enum { SECTORS = 1 << 21, ENTRIES = 128, ENTRY_SIZE = 128 };
	buf_str(ret, "EFI PART");
	buf_le(ret, 0x10000, 4);
	buf_le(ret, 92, 4);
	buf_le(ret, 0, 8); /* no CRC: nobody checks it */
	buf_le(ret, 1, 8);
	buf_le(ret, SECTORS - 1, 8);
	buf_le(ret, 34, 8);
	buf_le(ret, SECTORS - 34, 8);
	put_guid(ret, "6c1f58a2-0b0f-4d8c-9a51-3b6f2d3a7e10");
	buf_le(ret, 2, 8);
	buf_le(ret, ENTRIES, 4);
	buf_le(ret, ENTRY_SIZE, 4);
	buf_le(ret, 0, 4);
}

/* UEFI_GPT_DATA: a header, how many entries are in use, and these. */
static void put_gpt(struct buf *ret, const char *s)
{
	uint64_t n = number(s, "the count");
	put_gpt_header(ret);
	buf_le(ret, n, 8);
	for (uint64_t i = 0; i < n; i++) {
		put_guid(ret, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
		buf_fill(ret, (uint8_t)(i + 1), 16);
		buf_le(ret, 2048 * (i + 1), 8);
		buf_le(ret, 2048 * (i + 2) - 1, 8);
		buf_le(ret, 0, 8);
		buf_utf16(ret, "EFI", 3);
		buf_fill(ret, 0, 66);
	}
}

static bool put_simple(struct buf *ret, const char *s)
{
	const char *rest;
	if (starts(s, "text:", &rest))
		put_text(ret, rest);
	else if (starts(s, "hex:", &rest))
		buf_unhex(ret, rest);
	else if (starts(s, "utf16:", &rest))
		put_utf16(ret, rest);
	else if (starts(s, "fill:", &rest))
		buf_fill(ret, 'x', number(rest, "the size"));
	else
		return false;
	return true;
}

/* A tagged event: {u32 id, u32 size, data}. */
static void put_tag(struct buf *ret, char *s)
{
	struct buf inner = {0};
	buf_le(ret, number(part(&s), "the tag"), 4);
	if (!put_simple(&inner, s))
		die("'%s': a tag has text:, hex:, utf16: or fill:", s);
	buf_le(ret, inner.n, 4);
	buf_put(ret, inner.p, inner.n);
	buf_free(&inner);
}

static void put_data(struct buf *ret, char *s)
{
	const char *rest;
	if (put_simple(ret, s))
		return;
	if (strcmp(s, "sep") == 0)
		buf_fill(ret, 0, 4);
	else if (starts(s, "var:", &rest))
		put_variable(ret, s + 4);
	else if (starts(s, "tag:", &rest))
		put_tag(ret, s + 4);
	else if (starts(s, "image:", &rest))
		put_image(ret, s + 6);
	else if (starts(s, "gpt:", &rest))
		put_gpt(ret, rest);
	else if (starts(s, "locality:", &rest)) {
		buf_put(ret, "StartupLocality", 16);
		buf_le(ret, number(rest, "the locality"), 1);
	} else {
		die("'%s': no such data", s);
	}
}

static void fixed_digest(struct event *e, char *s)
{
	struct buf raw = {0};
	const char *name = part(&s);
	int alg = alg_find(name, strlen(name));
	buf_unhex(&raw, s);
	if (raw.n != algs[alg].size)
		die("'%s': not as long as a %s digest", s, name);
	memcpy(e->digest[alg], raw.p, raw.n);
	e->has_digest[alg] = true;
	buf_free(&raw);
}

static void file_digest(struct event *e, char *s)
{
	const char *name = part(&s);
	e->file_alg = alg_find(name, strlen(name));
	buf_unhex(&e->file_digest, s);
}

static char *copy_of(const char *s)
{
	char *copy = strdup(s);
	if (copy == NULL)
		die("out of memory");
	return copy;
}

/* A word before the data; false if it is none. */
static bool take_word(struct event *e, char *word)
{
	const char *rest;
	if (strcmp(word, "+") == 0)
		e->more = true;
	else if (strcmp(word, "other") == 0)
		e->other = true;
	else if (strcmp(word, "violation") == 0)
		e->violation = true;
	else if (starts(word, "digest:", &rest))
		fixed_digest(e, word + 7);
	else if (starts(word, "file:", &rest))
		file_digest(e, word + 5);
	else if (starts(word, "of:", &rest))
		put_data(&e->of, word + 3), e->has_of = true;
	else if (starts(word, "sig:", &rest))
		buf_unhex(&e->sig, rest);
	else if (starts(word, "name:", &rest))
		e->name = copy_of(rest);
	else if (starts(word, "note:", &rest))
		e->note = copy_of(rest);
	else
		return false;
	return true;
}

/* The next word, cut off; *at goes on behind it. NULL at the end. */
static char *next_word(char **at)
{
	char *s = *at + strspn(*at, " \t");
	size_t n = strcspn(s, " \t");
	if (n == 0)
		return NULL;
	*at = s + n;
	if (s[n] != '\0')
		*(*at)++ = '\0';
	return s;
}

static void *more(void *list, size_t *n, size_t size)
{
	uint8_t *p = reallocarray(list, *n + 1, size);
	if (p == NULL)
		die("out of memory");
	memset(p + *n * size, 0, size);
	(*n)++;
	return p;
}

static void take_start(struct gen *g, const char *reg, const char *hex)
{
	struct buf raw = {0};
	buf_unhex(&raw, hex);
	g->starts = more(g->starts, &g->n_starts, sizeof(*g->starts));
	struct state *st = &g->starts[g->n_starts - 1];
	st->reg = reg_parse(reg);
	for (int i = 0; i < N_ALGS; i++)
		if (algs[i].size == raw.n)
			memcpy(st->v[i], raw.p, raw.n);
	buf_free(&raw);
}

static void take_line(struct gen *g, char *line)
{
	char *at = line, *reg = next_word(&at), *type = next_word(&at);
	if (reg == NULL || *reg == '#')
		return;
	if (type == NULL)
		die("'%s': REGISTER TYPE is wanted", reg);
	if (strcmp(type, "start") == 0) {
		take_start(g, reg, at);
		return;
	}
	g->events = more(g->events, &g->n_events, sizeof(*g->events));
	struct event *e = &g->events[g->n_events - 1];
	e->reg = reg_parse(reg);
	e->type = type_find(type);
	e->file_alg = -1;
	for (;;) {
		char *data = at + strspn(at, " \t"), *end = data + strcspn(data, " \t");
		char after = *end;
		if (*data == '\0')
			break;
		*end = '\0';
		if (!take_word(e, data)) {
			*end = after;
			put_data(&e->data, data);
			break;
		}
		at = after != '\0' ? end + 1 : end;
	}
}

void read_description(struct gen *g, const char *path)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	if (f == NULL)
		die("'%s': cannot be opened", path);
	for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		take_line(g, line);
	}
	free(line);
	if (f != stdin)
		(void)fclose(f);
}
