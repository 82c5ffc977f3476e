/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/row_extend.h"

#define AT(member) offsetof(struct row_extend, member)

const struct column row_extend_columns[] = {
	{"register", NULL, COL_STR, AT(full), 0},
	{"digest", NULL, COL_HEX, AT(digest), 0},
	{"before", NULL, COL_HEX, AT(before), 0},
	{"after", NULL, COL_HEX, AT(after), 0},
	{"expected", NULL, COL_HEX, AT(expected), COL_OPTIONAL},
	{"record_hex", NULL, COL_HEX, AT(record_hex), 0},
	{"record_text", NULL, COL_TEXT, AT(record_text), 0},
	{"already", NULL, COL_BOOL, AT(already), 0},
	{"dry_run", NULL, COL_BOOL, AT(dry_run), 0},
	{"file", NULL, COL_STR, AT(file), 0},
	{"line", NULL, COL_U64, AT(line), 0},
	{"error", NULL, COL_ERR, AT(err), 0},
};
const size_t n_row_extend_columns = sizeof(row_extend_columns) / sizeof(row_extend_columns[0]) - 3;
const size_t n_row_extend_line_columns = sizeof(row_extend_columns) / sizeof(row_extend_columns[0]);

/* p stays NULL, which is null in JSON, for a digest that is not known. */
static struct bytes known(const struct digest *d)
{
	return d->size > 0 ? digest_bytes(d) : (struct bytes){0};
}

void row_extend_fill(
	struct row_extend *ret, const struct extend_wanted *wanted, const struct extend_done *done)
{
	*ret = (struct row_extend){
		.full = wanted->mr->full,
		.digest = digest_bytes(&wanted->digest),
		.before = known(&done->before),
		.after = known(&done->after),
		.expected = known(&done->expected),
		.record_hex = wanted->record,
		.record_text = wanted->record,
		.already = done->already,
		.dry_run = wanted->dry_run,
	};
}

const struct digest *row_extend_value(const struct extend_done *done)
{
	const struct digest *shown = done->after.size > 0 ? &done->after : &done->expected;
	return shown->size > 0 ? shown : NULL;
}

void row_extend_note_dry_run(const struct app *app, const struct extend_wanted *wanted)
{
	if (wanted->record.p != NULL)
		app_note(app, "'%s': nothing was changed; this would be logged: %.*s",
			wanted->mr->full, (int)wanted->record.n, (const char *)wanted->record.p);
	else
		app_note(app, "'%s': nothing was changed; the digest would be logged",
			wanted->mr->full);
}

/* Who reads that program's log alone cannot explain the register from now on. */
void row_extend_note_other_keeper(
	const struct app *app, const struct mr *mr, const char *keeper, const char *path)
{
	app_note(app,
		"'%s': %s keeps a log of this register, too ('%s'): its verifiers do not know "
		"this record and will not accept the register",
		mr->full, keeper, path);
}
