/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of what is to be measured, one file after the other, and the registers that they name. */
#include "fuzz.h"

#include "formats/measure_list.h"
#include "ops/measure_register.h"
#include "text.h"

static void check_error(const struct err *err)
{
	MUST(err->status == ST_FORMAT && err->msg[0] != '\0');
	for (const char *c = err->msg; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

static void check_line(const struct measure_line *line)
{
	MUST(strcmp(line->file, "a") == 0 || strcmp(line->file, "b") == 0);
	MUST(line->line >= 1 && line->line <= MEASURE_LINES_MAX);
	MUST(line->phase == NULL || measure_list_is_phase(line->phase));
	MUST(line->reg[0] != '\0' && strpbrk(line->reg, " \t\r\n") == NULL);
	MUST(line->what[0] != '\0' && strpbrk(line->what, "\r\n") == NULL);
	MUST(line->what[0] != ' ' && line->what[0] != '\t');
	MUST(line->kind == MEASURE_DIGEST ? strpbrk(line->what, " \t") == NULL
					  : line->note == NULL);
	MUST(line->note == NULL || line->note[0] != '\0');
	if (line->kind != MEASURE_FILE)
		return;
	size_t n = strlen(line->what);
	MUST(line->what[0] == '/' && strstr(line->what, "/../") == NULL);
	MUST(n < 3 || strcmp(line->what + n - 3, "/..") != 0);
}

static void put_line(struct text *t, const struct measure_line *line)
{
	static const char *const kinds[] = {"event", "file", "digest"};
	text_str(t, line->reg);
	text_str(t, " \t");
	text_str(t, kinds[line->kind]);
	text_char(t, ' ');
	text_str(t, line->what);
	if (line->note != NULL) {
		text_char(t, '\t');
		text_str(t, line->note);
	}
	text_char(t, '\n');
}

static void check_same(const struct measure_line *a, const struct measure_line *b)
{
	MUST(a->kind == b->kind && strcmp(a->reg, b->reg) == 0 && strcmp(a->what, b->what) == 0);
	MUST((a->note == NULL) == (b->note == NULL));
	MUST(a->note == NULL || strcmp(a->note, b->note) == 0);
}

/* Written again, each line says the same. */
static void check_again(const struct measure_list *list)
{
	struct measure_list again = {0};
	struct text text = {0};
	struct err err;
	for (size_t i = 0; i < list->n; i++)
		put_line(&text, &list->v[i]);
	MUST(measure_list_add(&again, "again", text_bytes(&text), &err) == 0);
	MUST(again.n == list->n && again.n_lines == list->n);
	for (size_t i = 0; i < list->n; i++) {
		MUST(again.v[i].phase == NULL && again.v[i].line == i + 1);
		check_same(&list->v[i], &again.v[i]);
	}
	measure_list_clear(&again);
	text_free(&text);
}

/* A register has one name, which names it again and is that of no other. */
static void check_registers(const struct measure_list *list)
{
	struct mr_list mrs = {0};
	struct err err = {0};
	for (size_t i = 0; i < list->n && i < 16; i++) {
		struct mr *mr = measure_register(&mrs, list->v[i].reg, &err);
		if (mr == NULL) {
			check_error(&err);
			continue;
		}
		MUST(mr->size == hash_size(mr->alg) && mr->alg > HASH_UNKNOWN);
		MUST(mr->log == LOG_OF_JOURNAL && (mr->flags & MR_RUNTIME));
		MUST(measure_register(&mrs, mr->full, &err) == mr);
		for (size_t k = 0; k < mrs.n; k++)
			MUST(mrs.mr[k] == mr || strcmp(mrs.mr[k]->full, mr->full) != 0);
	}
	mr_list_clear(&mrs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes rest = {data, size};
	struct bytes first = fuzz_take_part(&rest);
	struct measure_list list = {0};
	struct err err = {0};
	if (measure_list_add(&list, "a", first, &err) < 0 ||
		measure_list_add(&list, "b", rest, &err) < 0) {
		check_error(&err);
		MUST(strncmp(err.msg, "'a:", 3) == 0 || strncmp(err.msg, "'b:", 3) == 0);
	} else {
		check_again(&list);
	}
	MUST(list.n <= list.n_lines);
	for (size_t i = 0; i < list.n; i++)
		check_line(&list.v[i]);
	check_registers(&list);
	measure_list_clear(&list);
	return 0;
}
