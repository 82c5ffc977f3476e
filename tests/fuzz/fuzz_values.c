/* SPDX-License-Identifier: Apache-2.0 */
/* Register values from a file, text or JSON. */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence/register_file.h"
#include "text.h"

static void check_error(const struct err *err)
{
	MUST(err->status == ST_FORMAT && err->msg[0] != '\0');
	MUST(memchr(err->msg, '\0', sizeof(err->msg)) != NULL);
	for (const char *c = err->msg; *c != '\0'; c++)
		MUST(*c >= ' ' && *c < 0x7f);
}

static void check_row(const struct register_file *v, const struct mr_index *index, size_t i)
{
	const struct mr *mr = v->mrs.mr[i];
	bool has_value = v->value[i].p != NULL;
	MUST(has_value == (mr->bad.status == ST_OK));
	MUST(!has_value ||
		(mr->size > 0 && mr->size == v->value[i].n && mr->size <= VALUE_SIZE_MAX));
	MUST(mr->alg <= HASH_UNKNOWN || mr->size == hash_size(mr->alg));
	for (const char *c = mr->full; *c != '\0'; c++)
		MUST(*c > ' ' && *c < 0x7f);
	for (size_t k = 0; k < i; k++)
		MUST(strcmp(v->mrs.mr[k]->full, mr->full) != 0);
	/* A register of the file is the one of that name in its own list. */
	struct mr *found = NULL;
	MUST(register_file_match(v, i, index, &found) == VALUES_ONE && found == mr);
}

static void check_rows(const struct register_file *v)
{
	struct mr_index index;
	struct err err;
	MUST(v->mrs.n > 0);
	MUST(mr_index_init(&index, v->mrs.mr, v->mrs.n, &err) == 0);
	for (size_t i = 0; i < v->mrs.n; i++)
		check_row(v, &index, i);
	mr_index_clear(&index);
}

/* Printed as text, it says the same, but of registers without a value. */
static void check_again(const struct register_file *v)
{
	struct text text = {0};
	struct register_file again;
	struct err err = {0};
	size_t n = 0, k = 0;
	for (size_t i = 0; i < v->mrs.n; i++) {
		if (v->value[i].p == NULL)
			continue;
		text_hex(&text, v->value[i]);
		text_fmt(&text, "  %s\n", v->mrs.mr[i]->full);
		n++;
	}
	MUST((register_file_parse(text_bytes(&text), &again, &err) == 0) == (n > 0));
	MUST(again.mrs.n == n);
	for (size_t i = 0; i < v->mrs.n; i++) {
		if (v->value[i].p == NULL)
			continue;
		MUST(strcmp(again.mrs.mr[k]->full, v->mrs.mr[i]->full) == 0);
		MUST(bytes_equal(again.value[k++], v->value[i]));
	}
	register_file_clear(&again);
	text_free(&text);
}

static void check_same(const struct register_file *a, const struct register_file *b)
{
	MUST(a->mrs.n == b->mrs.n && strcmp(a->boot_id, b->boot_id) == 0);
	for (size_t i = 0; i < a->mrs.n; i++) {
		MUST(strcmp(a->mrs.mr[i]->full, b->mrs.mr[i]->full) == 0);
		MUST(a->mrs.mr[i]->flags == b->mrs.mr[i]->flags);
		MUST(a->mrs.mr[i]->alg == b->mrs.mr[i]->alg);
		MUST((a->value[i].p == NULL) == (b->value[i].p == NULL));
		MUST(a->value[i].p == NULL || bytes_equal(a->value[i], b->value[i]));
	}
}

/* From a file it is the same, and each of its registers has the row that it has. */
static void check_load(struct bytes text, const struct register_file *v)
{
	char path[32];
	struct register_file again;
	struct register_file_map map;
	struct err err;
	int fd = memory_file(text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(register_file_load(path, &again, &err) == 0);
	check_same(v, &again);
	MUST(register_file_map_init(&map, v, &again.mrs, &err) == 0);
	for (size_t i = 0; i < again.mrs.n; i++)
		MUST(register_file_map_row(&map, again.mrs.mr[i]) == i);
	register_file_map_clear(&map);
	register_file_clear(&again);
	close(fd);
}

/* Registers without provider, added one by one. */
static void check_added(const struct register_file *v)
{
	struct register_file again = {0};
	struct err err;
	for (size_t i = 0; i < v->mrs.n; i++) {
		const struct mr *mr = v->mrs.mr[i];
		if (v->value[i].p == NULL)
			continue;
		const struct mr *added = register_file_add(&again, mr->name,
			mr->alg > HASH_UNKNOWN ? hash_name(mr->alg) : NULL, v->value[i], &err);
		MUST(added != NULL && strcmp(added->name, mr->name) == 0);
		MUST(added->size == mr->size &&
			bytes_equal(again.value[again.mrs.n - 1], v->value[i]));
	}
	register_file_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct register_file v;
	struct err err = {0};
	if (register_file_parse((struct bytes){data, size}, &v, &err) < 0) {
		check_error(&err);
	} else {
		check_rows(&v);
		check_again(&v);
		check_load((struct bytes){data, size}, &v);
		check_added(&v);
	}
	register_file_clear(&v);
	return 0;
}
