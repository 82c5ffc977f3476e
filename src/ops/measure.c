/* SPDX-License-Identifier: Apache-2.0 */
#include "ops/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "ops/extend.h"
#include "ops/record.h"

int measure_init(struct measure *ret, const struct measure_list *list, struct err *err)
{
	size_t room = list->n + 1;
	*ret = (struct measure){
		.list = list,
		.wanted = calloc(room, sizeof(*ret->wanted)),
		.lines = calloc(room, sizeof(*ret->lines)),
		.records = calloc(room, sizeof(*ret->records)),
	};
	ret->batch.wanted = ret->wanted;
	ret->batch.done = calloc(room, sizeof(*ret->batch.done));
	if (ret->wanted == NULL || ret->lines == NULL || ret->records == NULL ||
		ret->batch.done == NULL)
		return err_sys(err, ENOMEM, "lists");
	return 0;
}

void measure_add_phase(struct measure *m, const char *phase, const struct extend_wanted *like)
{
	for (size_t i = 0; i < m->list->n; i++) {
		if (!measure_list_in_phase(&m->list->v[i], phase))
			continue;
		m->lines[m->batch.n] = &m->list->v[i];
		m->wanted[m->batch.n++] = *like;
	}
}

void measure_clear(struct measure *m)
{
	for (size_t i = 0; i < m->batch.n; i++)
		free(m->records[i]);
	free(m->wanted);
	free(m->lines);
	free(m->records);
	free(m->batch.done);
	hashers_close(&m->hashers);
	*m = (struct measure){0};
}

static int make_file(struct measure *m, size_t i, struct hasher *h, struct err *err)
{
	char buf[RECORD_MAX + 1];
	struct bytes *record = &m->wanted[i].record;
	const char *path = m->lines[i]->what;
	if (record_of_root_file(m->batch.root, path, h, buf, record, err) < 0) {
		/* An editor does not show it. */
		if (err->sys == ENOENT && strchr(" \t", path[strlen(path) - 1]) != NULL)
			err_add(err, " (the path ends in a space)");
		return -1;
	}
	m->records[i] = malloc(record->n);
	if (m->records[i] == NULL)
		return err_sys(err, ENOMEM, "lists");
	memcpy(m->records[i], record->p, record->n);
	record->p = (const uint8_t *)m->records[i];
	return 0;
}

static int make_record(struct measure *m, size_t i, struct err *err)
{
	struct extend_wanted *w = &m->wanted[i];
	struct hasher *h = hashers_get(&m->hashers, w->mr->alg, err);
	int rc = h == NULL ? -1 : 0;
	if (rc == 0 && m->lines[i]->kind == MEASURE_FILE)
		rc = make_file(m, i, h, err);
	else if (rc == 0)
		w->record = bytes_of(m->lines[i]->what);
	if (rc == 0)
		rc = record_check(w->record, err);
	return rc < 0 ? rc : hash_bytes(h, w->record, &w->digest, err);
}

static int check_note(const char *note, const struct mr *mr, struct err *err)
{
	if (note == NULL)
		return 0;
	if (mr->log == LOG_OF_KERNEL)
		return err_set(err, ST_FORMAT,
			"the kernel keeps the log of '%s', there is no place for a note", mr->full);
	if (strlen(note) > RECORD_MAX || !utf8_valid(bytes_of(note)))
		return err_set(
			err, ST_FORMAT, "the note is not UTF-8 of at most %d bytes", RECORD_MAX);
	return 0;
}

static int make_digest(struct extend_wanted *w, const struct measure_line *line, struct err *err)
{
	const struct mr *mr = w->mr;
	w->note = line->note;
	w->digest = (struct digest){.alg = mr->alg, .size = (uint8_t)mr->size};
	if (hex_get(w->digest.v, w->digest.size, bytes_of(line->what), true))
		return check_note(line->note, mr, err);
	err_set(err, ST_FORMAT,
		"'%s' is a register of %u bytes: %u hex digits are needed, not '%.160s'", mr->full,
		mr->size, 2 * mr->size, line->what);
	return record_explain_digest(line->what, err);
}

/* What a command line would be told is the list's fault here. */
static int blame_line(struct err *err)
{
	if (err->status == ST_USAGE)
		err->status = ST_FORMAT;
	return -1;
}

int measure_check(struct measure *m, size_t i, struct mr *mr, struct err *err)
{
	struct extend_wanted *w = &m->wanted[i];
	bool is_record = m->lines[i]->kind != MEASURE_DIGEST;
	w->mr = mr;
	if (extend_allowed(mr, is_record, false, err) < 0) {
		if (err->status == ST_ABSENT)
			err->status = ST_FORMAT;
		return blame_line(err);
	}
	int rc = is_record ? make_record(m, i, err) : make_digest(w, m->lines[i], err);
	return rc < 0 ? blame_line(err) : 0;
}
