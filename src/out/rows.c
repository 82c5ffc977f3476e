/* SPDX-License-Identifier: Apache-2.0 */
#include "out/rows.h"

#include <stdio.h>
#include <string.h>

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

enum { ALG_ROOM = 8 };

/* One that is not in our table has the number that the TCG gave it. */
static const char *alg_name(const struct event_digest *d, char room[static ALG_ROOM])
{
	if (d->d.alg > HASH_UNKNOWN || d->tcg_id == 0)
		return hash_name(d->d.alg);
	snprintf(room, ALG_ROOM, "0x%04x", d->tcg_id);
	return room;
}

static void json_digests(struct json *j, const struct digest_list *list)
{
	json_open(j, '[');
	for (size_t i = 0; i < list->n; i++) {
		char room[ALG_ROOM];
		json_open(j, '{');
		json_key(j, "alg");
		json_str(j, alg_name(&list->v[i], room));
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

enum { SHORT_HEX = 8, SHORT_TEXT = 60 };

static int cell_short_hex(struct cell *c, const struct screen *screen, struct bytes b)
{
	if (b.n <= SHORT_HEX)
		return cell_hex(c, b);
	return cell_hex(c, (struct bytes){b.p, SHORT_HEX}) < 0 ? -1
							       : cell_str(c, screen_mark(screen));
}

static int cell_strs(struct cell *c, const char *const *strs)
{
	if (strs == NULL || *strs == NULL)
		return cell_str(c, "-");
	for (size_t i = 0; strs[i] != NULL; i++)
		if (cell_str(c, i > 0 ? "," : "") < 0 || cell_str(c, strs[i]) < 0)
			return -1;
	return 0;
}

/* All of them with their algorithms, or the start of the first. */
static int cell_digests(
	struct cell *c, const struct screen *screen, const struct digest_list *list, bool brief)
{
	if (list->n == 0)
		return cell_str(c, "-");
	if (brief)
		return cell_short_hex(c, screen, digest_bytes(&list->v[0].d));
	for (size_t i = 0; i < list->n; i++) {
		char name[ALG_ROOM];
		if (cell_str(c, i > 0 ? "," : "") < 0 ||
			cell_str(c, alg_name(&list->v[i], name)) < 0 || cell_str(c, ":") < 0 ||
			cell_hex(c, digest_bytes(&list->v[i].d)) < 0)
			return -1;
	}
	return 0;
}

int row_cell(
	struct cell *c, const struct screen *screen, const struct column *column, const void *row)
{
	bool brief = (column->flags & COL_SHORT) != 0;
	/* Text that is not UTF-8 is null in JSON only. */
	bool null = column->type == COL_TEXT ? bytes_field(column, row).p == NULL
					     : is_null(column, row);
	if (null)
		return cell_str(c, "-");
	switch (column->type) {
	case COL_STR:
		if (*str_field(column, row) == '\0')
			return cell_str(c, "-");
		/* A name has its backslashes as they are to be shown. */
		return cell_visible(
			c, screen, bytes_of(str_field(column, row)), SIZE_MAX, VIS_NOSLASH);
	case COL_STRS:
		return cell_strs(c, strs_field(column, row));
	case COL_U64:
		return cell_u64(c, *(const uint64_t *)field(column, row));
	case COL_INT:
		return cell_u64(c, (uint64_t)int_field(column, row));
	case COL_BOOL:
		return cell_str(c, *(const bool *)field(column, row) ? "yes" : "no");
	case COL_TRI:
		return cell_str(c, tri_field(column, row) != 0 ? "yes" : "no");
	case COL_HEX:
		return brief ? cell_short_hex(c, screen, bytes_field(column, row))
			     : cell_hex(c, bytes_field(column, row));
	case COL_TEXT:
		return cell_visible(
			c, screen, bytes_field(column, row), brief ? SHORT_TEXT : SIZE_MAX, 0);
	case COL_DIGESTS:
		return cell_digests(c, screen, field(column, row), brief);
	case COL_ERR:
		return cell_str(c, ((const struct err *)field(column, row))->msg);
	}
	return 0;
}
