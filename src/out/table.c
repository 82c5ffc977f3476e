/* SPDX-License-Identifier: Apache-2.0 */
#include "out/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void table_pick_default(struct table *t, size_t n_columns)
{
	t->n = 0;
	for (size_t i = 0; i < n_columns; i++)
		if (t->columns[i].flags & COL_DEFAULT)
			t->picked[t->n++] = i;
}

static int err_column(const struct table *t, size_t n_columns, struct bytes name, struct err *err)
{
	const char *comma = " ";
	err_set(err, ST_USAGE, "unknown column '%.*s'; the columns are", (int)name.n,
		(const char *)name.p);
	for (size_t i = 0; i < n_columns; i++) {
		if (t->columns[i].title == NULL)
			continue;
		err_add(err, "%s%s", comma, t->columns[i].title);
		comma = ", ";
	}
	return -1;
}

int table_pick(struct table *t, size_t n_columns, const char *names, struct err *err)
{
	t->n = 0;
	for (const char *p = names;; p++) {
		size_t len = strcspn(p, ","), i = 0;
		while (i < n_columns &&
			(t->columns[i].title == NULL || strlen(t->columns[i].title) != len ||
				strncasecmp(t->columns[i].title, p, len) != 0))
			i++;
		if (i == n_columns || t->n == TABLE_COLUMNS_MAX)
			return err_column(
				t, n_columns, (struct bytes){(const uint8_t *)p, len}, err);
		t->picked[t->n++] = i;
		p += len;
		if (*p == '\0')
			return 0;
	}
}

/* The cell at place i of a line; the last one is not padded: no line ends in spaces. */
static int add_cell(struct table *t, const size_t *widths, size_t i, struct bytes text)
{
	bool last = i + 1 == t->n;
	bool cut = t->screen.columns > 0 && !last;
	size_t from = t->line.n;
	if (cell_cut(&t->line, &t->screen, text, cut ? widths[i] : SIZE_MAX) < 0)
		return -1;
	if (last)
		return 0;
	size_t used = cell_width(
		&t->screen, (struct bytes){(const uint8_t *)t->line.p + from, t->line.n - from});
	size_t pad = 1 + (used < widths[i] ? widths[i] - used : 0);
	char *at = cell_room(&t->line, pad);
	if (at == NULL)
		return -1;
	memset(at, ' ', pad);
	t->line.n += pad;
	return 0;
}

/* A line, which ends where the screen does. */
static int put_line(struct table *t, struct sink *s)
{
	struct cell *put = &t->line;
	if (t->screen.columns > 0) {
		t->cell.n = 0;
		if (cell_cut(&t->cell, &t->screen, cell_bytes(&t->line), t->screen.columns) < 0)
			return -1;
		put = &t->cell;
	}
	sink_str(s, t->color != NULL ? t->color : "");
	sink_bytes(s, cell_bytes(put));
	sink_str(s, t->color != NULL ? "\033[0m\n" : "\n");
	t->line.n = 0;
	return 0;
}

static int put_header(struct table *t, struct sink *s, const size_t *widths)
{
	if (!t->header)
		return 0;
	t->header = false;
	for (size_t i = 0; i < t->n; i++)
		if (add_cell(t, widths, i, bytes_of(t->columns[t->picked[i]].title)) < 0)
			return -1;
	return put_line(t, s);
}

static int keep_cell(struct table *t)
{
	if (t->n_cells == t->room) {
		size_t room = t->room == 0 ? 64 : 2 * t->room;
		char **grown = reallocarray(t->cells, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		t->cells = grown;
		t->room = room;
	}
	char *kept = strndup(t->cell.p, t->cell.n);
	if (kept == NULL)
		return -1;
	t->cells[t->n_cells++] = kept;
	return 0;
}

static int add_row(struct table *t, struct sink *s, const void *row)
{
	if (t->widths != NULL && put_header(t, s, t->widths) < 0)
		return -1;
	for (size_t i = 0; i < t->n; i++) {
		t->cell.n = 0;
		if (row_cell(&t->cell, &t->screen, &t->columns[t->picked[i]], row) < 0)
			return -1;
		if (t->widths == NULL ? keep_cell(t) < 0
				      : add_cell(t, t->widths, i, cell_bytes(&t->cell)) < 0)
			return -1;
	}
	return t->widths != NULL ? put_line(t, s) : 0;
}

int table_row(struct table *t, struct sink *s, const void *row, struct err *err)
{
	return add_row(t, s, row) < 0 ? err_sys(err, ENOMEM, "table") : 0;
}

static int put_kept(struct table *t, struct sink *s)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0};
	for (size_t i = 0; i < t->n; i++)
		widths[i] = t->header ? strlen(t->columns[t->picked[i]].title) : 0;
	for (size_t i = 0; t->n > 0 && i < t->n_cells; i++) {
		size_t width = cell_width(&t->screen, bytes_of(t->cells[i]));
		if (width > widths[i % t->n])
			widths[i % t->n] = width;
	}
	if (put_header(t, s, widths) < 0)
		return -1;
	for (size_t i = 0; t->n > 0 && i < t->n_cells; i++) {
		if (add_cell(t, widths, i % t->n, bytes_of(t->cells[i])) < 0)
			return -1;
		if (i % t->n + 1 == t->n && put_line(t, s) < 0)
			return -1;
	}
	return 0;
}

size_t table_left(const struct table *t)
{
	size_t used = 0;
	if (t->screen.columns == 0)
		return SIZE_MAX;
	for (size_t i = 0; i + 1 < t->n; i++)
		used += t->widths[i] + 1;
	return used < t->screen.columns ? t->screen.columns - used : 0;
}

int table_end(struct table *t, struct sink *s, struct err *err)
{
	int rc = t->widths != NULL ? put_header(t, s, t->widths) : put_kept(t, s);
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	cell_clear(&t->cell);
	cell_clear(&t->line);
	t->cells = NULL;
	t->n_cells = t->room = 0;
	return rc < 0 ? err_sys(err, ENOMEM, "table") : 0;
}

void table_fit(
	const struct screen *screen, size_t *widths, const size_t *least, size_t n, size_t last)
{
	size_t sum = last;
	for (size_t i = 0; i + 1 < n; i++)
		sum += widths[i] + 1;
	for (size_t i = n - 1; screen->columns > 0 && i-- > 0;) {
		size_t over = sum > screen->columns ? sum - screen->columns : 0;
		size_t slack = widths[i] > least[i] ? widths[i] - least[i] : 0;
		size_t less = over < slack ? over : slack;
		widths[i] -= less;
		sum -= less;
	}
}
