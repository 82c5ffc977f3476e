/* SPDX-License-Identifier: Apache-2.0 */
#include "out/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/vis.h>

static const void *field(const struct column *c, const void *row)
{
	return (const char *)row + c->off;
}

static struct bytes bytes_field(const struct column *c, const void *row)
{
	struct bytes b;
	memcpy(&b, field(c, row), sizeof(b));
	return b;
}

static const char *str_field(const struct column *c, const void *row)
{
	const char *s;
	memcpy(&s, field(c, row), sizeof(s));
	return s;
}

static const char *const *strs_field(const struct column *c, const void *row)
{
	const char *const *strs;
	memcpy(&strs, field(c, row), sizeof(strs));
	return strs;
}

static int64_t int_field(const struct column *c, const void *row)
{
	int64_t v;
	memcpy(&v, field(c, row), sizeof(v));
	return v;
}

static int tri_field(const struct column *c, const void *row)
{
	int v;
	memcpy(&v, field(c, row), sizeof(v));
	return v;
}

static bool is_null(const struct column *c, const void *row)
{
	switch (c->type) {
	case COL_STR:
		return str_field(c, row) == NULL;
	case COL_INT:
		return int_field(c, row) < 0;
	case COL_TRI:
		return tri_field(c, row) < 0;
	case COL_HEX:
		return bytes_field(c, row).p == NULL;
	case COL_TEXT:
		return bytes_field(c, row).p == NULL || !utf8_valid(bytes_field(c, row));
	case COL_ERR:
		return ((const struct err *)field(c, row))->status == ST_OK;
	case COL_STRS:
	case COL_U64:
	case COL_BOOL:
	case COL_DIGESTS:
		break;
	}
	return false;
}

void json_err(struct json *j, const struct err *err)
{
	static const char *const places[] = {
		[ERR_NOWHERE] = NULL,
		[ERR_OFFSET] = "offset",
		[ERR_LINE] = "line",
		[ERR_EVENT] = "seq",
	};
	json_open(j, '{');
	json_key(j, "status");
	json_u64(j, err->status);
	json_key(j, "message");
	json_str(j, err->msg);
	if (places[err->place] != NULL) {
		json_key(j, places[err->place]);
		json_u64(j, err->at);
	}
	json_close(j, '}');
}

/* One that is not in our table has the number that the TCG gave it. */
static void json_alg(struct json *j, const struct event_digest *d)
{
	char number[8];
	if (d->d.alg > HASH_UNKNOWN || d->tcg_id == 0) {
		json_str(j, hash_name(d->d.alg));
		return;
	}
	snprintf(number, sizeof(number), "0x%04x", d->tcg_id);
	json_str(j, number);
}

static void json_digests(struct json *j, const struct digest_list *list)
{
	json_open(j, '[');
	for (size_t i = 0; i < list->n; i++) {
		json_open(j, '{');
		json_key(j, "alg");
		json_alg(j, &list->v[i]);
		json_key(j, "digest");
		json_hex(j, digest_bytes(&list->v[i].d));
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_strs(struct json *j, const char *const *strs)
{
	json_open(j, '[');
	for (; strs != NULL && *strs != NULL; strs++)
		json_str(j, *strs);
	json_close(j, ']');
}

static void json_field(struct json *j, const struct column *c, const void *row)
{
	switch (c->type) {
	case COL_STR:
		json_str(j, str_field(c, row));
		break;
	case COL_STRS:
		json_strs(j, strs_field(c, row));
		break;
	case COL_U64:
		json_u64(j, *(const uint64_t *)field(c, row));
		break;
	case COL_INT:
		json_u64(j, (uint64_t)int_field(c, row));
		break;
	case COL_BOOL:
		json_bool(j, *(const bool *)field(c, row));
		break;
	case COL_TRI:
		json_bool(j, tri_field(c, row) != 0);
		break;
	case COL_HEX:
		json_hex(j, bytes_field(c, row));
		break;
	case COL_TEXT:
		json_text(j, bytes_field(c, row));
		break;
	case COL_DIGESTS:
		json_digests(j, field(c, row));
		break;
	case COL_ERR:
		json_err(j, field(c, row));
		break;
	}
}

void row_members(struct json *j, const struct column *columns, size_t n, const void *row)
{
	for (size_t i = 0; i < n; i++) {
		const struct column *c = &columns[i];
		if (c->key == NULL)
			continue;
		bool null = is_null(c, row);
		bool optional =
			(c->flags & COL_OPTIONAL) || c->type == COL_TEXT || c->type == COL_ERR;
		if (null && optional)
			continue;
		json_key(j, c->key);
		if (null)
			json_null(j);
		else
			json_field(j, c, row);
	}
}

void row_json(struct json *j, const struct column *columns, size_t n, const void *row)
{
	json_open(j, '{');
	row_members(j, columns, n, row);
	json_close(j, '}');
}

void row_jsonl(struct sink *s, const struct column *columns, size_t n, const void *row)
{
	struct json j = {.sink = s};
	row_json(&j, columns, n, row);
	sink_char(s, '\n');
}

/*
 * Bytes of b that vis(3) takes at once: it needs a hundred times as much memory. A NUL is written otherwise
 * before a digit: the two stay together.
 */
static size_t visible_piece(struct bytes b)
{
	enum { PIECE = 4096 };
	if (b.n <= PIECE)
		return b.n;
	return b.p[PIECE - 1] == '\0' ? PIECE - 1 : PIECE;
}

/* Most text is as it is shown, and vis(3) is slow. */
static bool is_plain(struct bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] < ' ' || b.p[i] > '~' || b.p[i] == '\\')
			return false;
	return true;
}

/* The end of what is written, which has no NUL behind it; NULL: no memory. */
static char *put_visible(char *to, struct bytes b, int flags)
{
	if (is_plain(b))
		return b.n > 0 ? (char *)memcpy(to, b.p, b.n) + b.n : to;
	while (b.n > 0) {
		struct bytes piece = {b.p, visible_piece(b)};
		/* Without memory it writes nothing, and returns -1 or 0. */
		int n = strvisx(to, (const char *)piece.p, piece.n, flags);
		if (n < (int)piece.n)
			return NULL;
		to += n;
		b = (struct bytes){b.p + piece.n, b.n - piece.n};
	}
	return to;
}

/*
 * Bytes as they may go to a terminal, with vis(3)'s flags; `max` of them, and "..." if there are more.
 * Allocated.
 */
static char *visible_bytes(struct bytes b, size_t max, int flags)
{
	size_t n = b.n < max ? b.n : max;
	char *s = malloc(4 * n + 4);
	if (s == NULL)
		return NULL;
	char *end = put_visible(s, (struct bytes){b.p, n}, VIS_CSTYLE | VIS_NL | VIS_TAB | flags);
	if (end == NULL) {
		free(s);
		return NULL;
	}
	*end = '\0';
	if (n < b.n)
		memcpy(s + strlen(s), "...", sizeof("..."));
	return s;
}

static char *hex_cell(struct bytes b, size_t max)
{
	size_t n = b.n < max ? b.n : max;
	char *s = malloc(2 * n + 4);
	if (s == NULL)
		return NULL;
	hex_str(s, (struct bytes){b.p, n});
	if (n < b.n)
		memcpy(s + strlen(s), "...", sizeof("..."));
	return s;
}

static char *strs_cell(const char *const *strs)
{
	char *s = NULL;
	size_t n;
	FILE *f = strs != NULL && *strs != NULL ? open_memstream(&s, &n) : NULL;
	if (f == NULL)
		return strdup("-");
	for (size_t i = 0; strs[i] != NULL; i++)
		fprintf(f, "%s%s", i > 0 ? "," : "", strs[i]);
	if (fclose(f) == 0)
		return s;
	free(s);
	return NULL;
}

static char *u64_cell(uint64_t v)
{
	char *s = NULL;
	return asprintf(&s, "%llu", (unsigned long long)v) < 0 ? NULL : s;
}

enum { SHORT_HEX = 8, SHORT_TEXT = 60 };

static char *cell(const struct column *c, const void *row)
{
	bool brief = (c->flags & COL_SHORT) != 0;
	/* Text that is not UTF-8 is null in JSON only. */
	bool null = c->type == COL_TEXT ? bytes_field(c, row).p == NULL : is_null(c, row);
	if (null)
		return strdup("-");
	switch (c->type) {
	case COL_STR:
		if (*str_field(c, row) == '\0')
			return strdup("-");
		/* A name has its backslashes as they are to be shown. */
		return visible_bytes(bytes_of(str_field(c, row)), SIZE_MAX, VIS_NOSLASH);
	case COL_STRS:
		return strs_cell(strs_field(c, row));
	case COL_U64:
		return u64_cell(*(const uint64_t *)field(c, row));
	case COL_INT:
		return u64_cell((uint64_t)int_field(c, row));
	case COL_BOOL:
		return strdup(*(const bool *)field(c, row) ? "yes" : "no");
	case COL_TRI:
		return strdup(tri_field(c, row) != 0 ? "yes" : "no");
	case COL_HEX:
		return hex_cell(bytes_field(c, row), brief ? SHORT_HEX : SIZE_MAX);
	case COL_TEXT:
		return visible_bytes(bytes_field(c, row), brief ? SHORT_TEXT : SIZE_MAX, 0);
	case COL_DIGESTS: {
		const struct digest_list *list = field(c, row);
		return list->n == 0 ? strdup("-")
				    : hex_cell(digest_bytes(&list->v[0].d),
					      brief ? SHORT_HEX : SIZE_MAX);
	}
	case COL_ERR:
		return strdup(((const struct err *)field(c, row))->msg);
	}
	return NULL;
}

void table_pick_default(struct table *t, size_t n_columns)
{
	t->n = 0;
	for (size_t i = 0; i < n_columns; i++)
		if (t->columns[i].flags & COL_DEFAULT)
			t->picked[t->n++] = i;
}

/* The last column is not padded: no line ends in spaces. */
static void put_cell(struct sink *s, const char *text, size_t width, bool last)
{
	size_t n = strlen(text);
	sink_str(s, text);
	if (last) {
		sink_char(s, '\n');
		return;
	}
	do
		sink_char(s, ' ');
	while (n++ < width);
}

static void put_header(struct table *t, struct sink *s, const size_t *widths)
{
	for (size_t i = 0; t->header && i < t->n; i++)
		put_cell(s, t->columns[t->picked[i]].title, widths[i], i + 1 == t->n);
	t->header = false;
}

static int keep_cell(struct table *t, char *text, struct err *err)
{
	if (text != NULL && t->n_cells == t->room) {
		size_t room = t->room == 0 ? 64 : 2 * t->room;
		char **grown = reallocarray(t->cells, room, sizeof(*grown));
		if (grown == NULL) {
			free(text);
			text = NULL;
		} else {
			t->cells = grown;
			t->room = room;
		}
	}
	if (text == NULL)
		return err_sys(err, ENOMEM, "table");
	t->cells[t->n_cells++] = text;
	return 0;
}

int table_row(struct table *t, struct sink *s, const void *row, struct err *err)
{
	if (t->widths != NULL)
		put_header(t, s, t->widths);
	for (size_t i = 0; i < t->n; i++) {
		char *text = cell(&t->columns[t->picked[i]], row);
		if (t->widths == NULL) {
			if (keep_cell(t, text, err) < 0)
				return -1;
			continue;
		}
		if (text == NULL)
			return err_sys(err, ENOMEM, "table");
		put_cell(s, text, t->widths[i], i + 1 == t->n);
		free(text);
	}
	return 0;
}

void table_end(struct table *t, struct sink *s)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0};
	if (t->widths != NULL) {
		put_header(t, s, t->widths);
		return;
	}
	for (size_t i = 0; i < t->n; i++)
		widths[i] = t->header ? strlen(t->columns[t->picked[i]].title) : 0;
	for (size_t i = 0; t->n > 0 && i < t->n_cells; i++)
		if (strlen(t->cells[i]) > widths[i % t->n])
			widths[i % t->n] = strlen(t->cells[i]);
	put_header(t, s, widths);
	for (size_t i = 0; t->n > 0 && i < t->n_cells; i++) {
		put_cell(s, t->cells[i], widths[i % t->n], i % t->n + 1 == t->n);
		free(t->cells[i]);
	}
	free(t->cells);
	t->cells = NULL;
	t->n_cells = t->room = 0;
}
