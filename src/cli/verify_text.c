/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify_text.h"

#include <string.h>

#include <bsd/vis.h>

#include "out/cell.h"
#include "out/wrap.h"

/* The columns of a table: their widths, without what is between them. */
struct layout {
	size_t verdict, name;
	const struct screen *screen;
};

/* The width of a detail that is worth a column of its own, and what is between two columns. */
enum { DETAIL_MIN = 32, BETWEEN = 2, INDENT = 4 };

static const char *verdict_of(const struct verify_row *row)
{
	const char *name = verdict_name(row->j.verdict);
	return name != NULL ? name : "error";
}

static void put_verdict(struct app *app, const struct verify_row *row)
{
	bool good = verify_row_status(row) == ST_OK;
	bool colored = app_colored(app);
	sink_str(&app->out, !colored ? "" : good ? "\033[32m" : "\033[31m");
	sink_str(&app->out, verdict_of(row));
	sink_str(&app->out, colored ? "\033[0m" : "");
}

static void print_line(struct app *app, const struct verify_row *row)
{
	struct sink *out = &app->out;
	const char *detail = row->j.detail[0] != '\0' ? row->j.detail : row->j.err.msg;
	put_verdict(app, row);
	sink_str(out, "  ");
	sink_str(out, row->name);
	if (detail[0] != '\0') {
		sink_str(out, "  (");
		sink_str(out, detail);
		sink_str(out, row->allowed ? "; allowed)" : ")");
	}
	sink_char(out, '\n');
}

static size_t wider(size_t width, const char *s)
{
	size_t n = strlen(s);
	return n > width ? n : width;
}

static struct layout lay_out(const struct app *app, const struct verify_rows *rows)
{
	struct layout l = {strlen("VERDICT"), strlen("REGISTER"), &app->screen};
	for (size_t i = 0; i < rows->n; i++) {
		l.verdict = wider(l.verdict, verdict_of(&rows->row[i]));
		l.name = wider(l.name, rows->row[i].name);
	}
	return l;
}

/* Where details begin: beside the registers if there is room for them, else below. */
static size_t detail_at(const struct layout *l)
{
	size_t beside = l->verdict + l->name + (size_t)2 * BETWEEN;
	return beside + DETAIL_MIN <= l->screen->columns ? beside : INDENT;
}

/* An error is told whole below, once for all registers that have it: here as much as the line takes. */
static void put_error(struct sink *out, const struct layout *l, const char *msg, size_t at)
{
	struct cell cell = {0};
	struct bytes text = bytes_of(msg);
	if (cell_cut(&cell, l->screen, text,
		    at < l->screen->columns ? l->screen->columns - at : 0) == 0)
		sink_bytes(out, cell_bytes(&cell));
	sink_char(out, '\n');
	cell_clear(&cell);
}

static void put_detail(struct sink *out, const struct layout *l, const struct verify_row *row)
{
	const char *detail = row->j.detail, *allowed = row->allowed ? "allowed: " : "";
	size_t at = detail_at(l);
	if (detail[0] == '\0' && row->j.err.status == ST_OK) {
		sink_char(out, '\n');
		return;
	}
	if (at == INDENT)
		sink_char(out, '\n');
	wrap_spaces(out, at == INDENT ? INDENT : l->name + BETWEEN - strlen(row->name));
	if (detail[0] == '\0') {
		put_error(out, l, row->j.err.msg, at);
		return;
	}
	sink_str(out, allowed);
	wrap_words(out, detail, at + strlen(allowed), at, l->screen->columns);
}

static void put_value(
	struct sink *out, const struct layout *l, const char *label, struct bytes value)
{
	enum { VALUES_AT = INDENT + sizeof("expected ") };
	if (value.p == NULL)
		return;
	wrap_spaces(out, INDENT);
	sink_str(out, label);
	wrap_spaces(out, VALUES_AT - INDENT - strlen(label));
	wrap_hex(out, value, VALUES_AT, l->screen->columns);
}

static void put_values(struct sink *out, const struct layout *l, const struct verify_row *row)
{
	const struct judgement *j = &row->j;
	if (j->verdict != VERDICT_MISMATCH && j->verdict != VERDICT_UNEXPECTED)
		return;
	put_value(out, l, "expected", row->expected);
	if (j->replayed.size > 0)
		put_value(out, l, "replayed", digest_bytes(&j->replayed));
	put_value(out, l, "actual", row->value);
}

/* The events that the detail names by their numbers. */
static void put_named(struct app *app, const struct inputs *inputs, const struct judgement *j)
{
	const struct screen *screen = &app->screen;
	size_t room = screen->columns > INDENT ? screen->columns - INDENT : 0;
	for (size_t i = 0; i < j->n_named; i++) {
		const struct named_event *e = &j->named[i];
		struct cell whole = {0}, line = {0};
		struct bytes name = {e->name, e->n_name};
		struct bytes log = bytes_of(inputs->v[e->ref.source].name);
		if (e->type == NULL)
			continue;
		if (cell_str(&whole, "event ") == 0 && cell_u64(&whole, e->ref.seq) == 0 &&
			cell_str(&whole, " of '") == 0 &&
			cell_visible(&whole, screen, log, SIZE_MAX, VIS_NOSLASH) == 0 &&
			cell_str(&whole, "': ") == 0 && cell_str(&whole, e->type) == 0 &&
			cell_str(&whole, name.n > 0 ? " " : "") == 0 &&
			cell_visible(&whole, screen, name, SIZE_MAX, VIS_NOSLASH) == 0 &&
			cell_cut(&line, screen, cell_bytes(&whole), room) == 0) {
			wrap_spaces(&app->out, INDENT);
			sink_bytes(&app->out, cell_bytes(&line));
			sink_char(&app->out, '\n');
		}
		cell_clear(&whole);
		cell_clear(&line);
	}
}

static void print_header(struct sink *out, const struct layout *l)
{
	sink_str(out, "VERDICT");
	wrap_spaces(out, l->verdict + BETWEEN - strlen("VERDICT"));
	sink_str(out, "REGISTER");
	if (detail_at(l) != INDENT) {
		wrap_spaces(out, l->name + BETWEEN - strlen("REGISTER"));
		sink_str(out, "DETAIL");
	}
	sink_char(out, '\n');
}

static void print_table(
	struct app *app, const struct inputs *inputs, const struct verify_rows *rows)
{
	struct sink *out = &app->out;
	struct layout l = lay_out(app, rows);
	print_header(out, &l);
	for (size_t i = 0; i < rows->n; i++) {
		const struct verify_row *row = &rows->row[i];
		put_verdict(app, row);
		wrap_spaces(out, l.verdict + BETWEEN - strlen(verdict_of(row)));
		sink_str(out, row->name);
		put_detail(out, &l, row);
		put_values(out, &l, row);
		put_named(app, inputs, &row->j);
	}
}

void verify_text_print(struct app *app, const struct inputs *inputs, const struct verify_rows *rows)
{
	if (app->screen.columns > 0) {
		struct err later; /* it is told at the end, if there is one */
		print_table(app, inputs, rows);
		sink_flush(&app->out, &later);
		return;
	}
	for (size_t i = 0; i < rows->n; i++)
		print_line(app, &rows->row[i]);
}
