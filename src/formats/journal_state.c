/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/journal_state.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "base/scope.h"

void journal_state_init(struct journal_state *s, struct hashers *hashers)
{
	*s = (struct journal_state){.hashers = hashers, .fd = -1};
}

/* The tree of names; a search cannot be slowed down by names that were chosen for it. */

static int compare_names(const void *a, const void *b)
{
	const struct journal_name *left = a, *right = b;
	return strcmp(left->text, right->text);
}

/* The name that holds the register; the way to it becomes shorter. */
static struct journal_name *holder_of(struct journal_name *name)
{
	while (name->up != NULL) {
		if (name->up->up != NULL)
			name->up = name->up->up;
		name = name->up;
	}
	return name;
}

struct journal_reg *journal_state_find(const struct journal_state *s, const char *name)
{
	struct journal_name key = {.text = name};
	struct journal_name *const *found = tfind(&key, &s->names, compare_names);
	return found != NULL ? holder_of(*found)->reg : NULL;
}

/* No name is left that a search would bring nearer to its holder. */
void journal_state_freeze(struct journal_state *s)
{
	for (struct journal_reg *reg = s->regs; reg != NULL; reg = reg->next)
		for (struct journal_name *name = reg->names->next; name != NULL; name = name->next)
			name->up = reg->names;
}

static int add_name(
	struct journal_state *s, struct journal_reg *reg, const char *text, struct err *err)
{
	size_t n = strlen(text) + 1;
	if (s->n_names == JOURNAL_NAMES_MAX)
		return err_set(err, ST_FORMAT, "it has more than %d names of registers",
			JOURNAL_NAMES_MAX);
	struct journal_name *name = calloc(1, sizeof(*name) + n);
	if (name == NULL)
		return err_sys(err, ENOMEM, "journal");
	memcpy(name->room, text, n);
	name->text = name->room;
	struct journal_name **in = tsearch(name, &s->names, compare_names);
	if (in == NULL || *in != name) {
		free(name);
		return in == NULL ? err_sys(err, ENOMEM, "journal")
				  : err_set(err, ST_FORMAT, "it has a name twice");
	}
	if (reg->names == NULL) {
		reg->names = name;
		name->reg = reg;
	} else {
		reg->names_end->next = name;
		name->up = reg->names;
	}
	reg->names_end = name;
	reg->n_names++;
	s->n_names++;
	return 0;
}

/* Registers */

static struct journal_reg *add_reg(struct journal_state *s, struct err *err)
{
	if (s->n_regs >= REGISTERS_MAX) {
		err_set(err, ST_FORMAT, "it names more than %d registers", REGISTERS_MAX);
		return NULL;
	}
	struct journal_reg *reg = calloc(1, sizeof(*reg));
	if (reg == NULL) {
		err_sys(err, ENOMEM, "journal");
		return NULL;
	}
	reg->prev = s->regs_end;
	if (s->regs == NULL)
		s->regs = reg;
	else
		s->regs_end->next = reg;
	s->regs_end = reg;
	s->n_regs++;
	return reg;
}

static void remove_reg(struct journal_state *s, struct journal_reg *reg)
{
	if (reg->prev != NULL)
		reg->prev->next = reg->next;
	else
		s->regs = reg->next;
	if (reg->next != NULL)
		reg->next->prev = reg->prev;
	else
		s->regs_end = reg->prev;
	s->n_regs--;
	free(reg);
}

static void break_at(struct journal_reg *reg, enum journal_break why, uint64_t after, uint64_t at)
{
	if (reg->broken != BREAK_NONE)
		return;
	reg->broken = why;
	reg->break_after = after;
	reg->break_at = at;
}

/* Open intents */

static void free_intent(struct journal_intent *open)
{
	free((void *)(uintptr_t)open->like.p);
	free(open);
}

struct journal_intent *journal_state_open(const struct journal_state *s, uint64_t seq)
{
	struct journal_intent *open = s->open;
	while (open != NULL && open->seq != seq)
		open = open->next;
	return open;
}

static int add_open(struct journal_state *s, struct journal_reg *reg, const struct journal_line *l,
	struct err *err)
{
	struct journal_name key = {.text = l->reg};
	struct journal_name *const *name = tfind(&key, &s->names, compare_names);
	struct journal_intent *open = calloc(1, sizeof(*open));
	uint8_t *like = l->list.n > 0 ? malloc(l->list.n) : NULL;
	if (open == NULL || (l->list.n > 0 && like == NULL)) {
		free(open);
		free(like);
		return err_sys(err, ENOMEM, "journal");
	}
	if (like != NULL)
		memcpy(like, l->list.p, l->list.n);
	*open = (struct journal_intent){.reg = reg,
		.seq = l->seq,
		.start = l->start,
		.pid = l->pid,
		.off = l->off,
		.name = (*name)->text,
		.before = l->before,
		.expected = l->expected,
		.like = {like, l->list.n}};
	if (s->open == NULL)
		s->open = open;
	else
		s->open_end->next = open;
	s->open_end = open;
	reg->open = open;
	return 0;
}

static void remove_open(struct journal_state *s, struct journal_intent *open)
{
	struct journal_intent *before = NULL;
	for (struct journal_intent *o = s->open; o != open; o = o->next)
		before = o;
	if (before != NULL)
		before->next = open->next;
	else
		s->open = open->next;
	if (s->open_end == open)
		s->open_end = before;
	open->reg->open = NULL;
	free_intent(open);
}

static void free_name(void *name)
{
	free(name);
}

void journal_state_clear(struct journal_state *s)
{
	tdestroy(s->names, free_name);
	for (struct journal_reg *reg = s->regs, *next; reg != NULL; reg = next) {
		next = reg->next;
		if (reg->open != NULL)
			free_intent(reg->open);
		free(reg);
	}
	journal_state_init(s, NULL);
}

/*
 * Checks that the digest is the record's hash, and that `expected` is the hash of the register's
 * value and that digest.
 */
static int check_intent(struct journal_state *s, const struct journal_line *l, struct err *err)
{
	struct hasher *hasher = hashers_get(s->hashers, l->digest.alg, err);
	struct digest d;
	if (hasher == NULL)
		return -1;
	if (l->record.p != NULL) {
		if (hash_bytes(hasher, l->record, &d, err) < 0)
			return -1;
		if (!digest_equal(&d, &l->digest))
			return err_set(err, ST_FORMAT, "the digest is not the hash of the record");
	}
	d = l->before;
	if (hash_extend(hasher, &d, &l->digest, err) < 0)
		return -1;
	if (!digest_equal(&d, &l->expected))
		return err_set(
			err, ST_FORMAT, "'expected' does not follow from 'before' and the digest");
	return 0;
}

static int take_intent(struct journal_state *s, const struct journal_line *l, struct err *err)
{
	struct journal_reg *reg = journal_state_find(s, l->reg);
	if (reg != NULL && reg->open != NULL)
		return err_set(err, ST_FORMAT,
			"record %llu of this register has no end, and another one begins",
			(unsigned long long)reg->open->seq);
	if (l->seq != s->seq)
		return err_set(err, ST_FORMAT, "record %llu, but %llu is expected",
			(unsigned long long)l->seq, (unsigned long long)s->seq);
	if (s->hashers != NULL && check_intent(s, l, err) < 0)
		return -1;
	if (reg == NULL) {
		reg = add_reg(s, err);
		if (reg == NULL || add_name(s, reg, l->reg, err) < 0)
			return -1;
		reg->first = l->before;
		reg->first_seq = l->seq;
	} else if (!digest_equal(&reg->value, &l->before)) {
		break_at(reg, BREAK_FOREIGN, reg->last, l->seq);
	}
	reg->value = l->before;
	s->seq++;
	return add_open(s, reg, l, err);
}

/* Names and records of `from` go to the intent's register: they were found to be the same one. */
static void merge(
	struct journal_state *s, struct journal_reg *from, const struct journal_intent *open)
{
	struct journal_reg *into = open->reg;
	from->names->up = into->names;
	into->names_end->next = from->names;
	into->names_end = from->names_end;
	into->n_names += from->n_names;
	if (from->broken != BREAK_NONE)
		break_at(into, from->broken, from->break_after, from->break_at);
	/* Until now both had a history of their own: one that does not lead here was not all of it. */
	if (!digest_equal(&from->value, &open->before))
		break_at(into, BREAK_FOREIGN, from->last, open->seq);
	if (from->first_seq < into->first_seq) {
		into->first = from->first;
		into->first_seq = from->first_seq;
	}
	if (into->records == 0 ||
		(from->records > 0 && from->first_extended < into->first_extended))
		into->first_extended = from->first_extended;
	into->records += from->records;
	remove_reg(s, from);
}

bool journal_state_may_join(
	const struct journal_state *s, const struct journal_intent *open, const char *name)
{
	const struct journal_reg *other = journal_state_find(s, name);
	return other == NULL || other == open->reg ||
	       (other->open == NULL && other->last < open->seq);
}

int journal_state_join(struct journal_state *s, const struct journal_intent *open, const char *name,
	struct err *err)
{
	struct journal_reg *other = journal_state_find(s, name);
	if (journal_alg(name) != open->before.alg)
		return err_set(err, ST_FORMAT, "'same' names a register of another hash");
	if (other == open->reg)
		return 0;
	if (other == NULL)
		return add_name(s, open->reg, name, err);
	if (!journal_state_may_join(s, open, name))
		return err_set(err, ST_FORMAT, "'same' names a register that has a newer record");
	merge(s, other, open);
	return 0;
}

enum journal_kind journal_state_end_of(
	const struct journal_intent *open, const struct digest *value)
{
	if (digest_equal(value, &open->expected))
		return JOURNAL_COMMIT;
	return digest_equal(value, &open->before) ? JOURNAL_VOID : JOURNAL_UNKNOWN;
}

void journal_state_settle(struct journal_state *s, struct journal_intent *open,
	enum journal_kind kind, const struct digest *value)
{
	struct journal_reg *reg = open->reg;
	reg->last = open->seq;
	if (kind == JOURNAL_COMMIT) {
		reg->value = open->expected;
		if (reg->records++ == 0)
			reg->first_extended = open->seq;
	} else if (kind == JOURNAL_UNKNOWN) {
		reg->value = *value;
		break_at(reg, BREAK_UNKNOWN, open->seq, open->seq);
	}
	if (reg->broken == BREAK_NONE)
		reg->matched = reg->records;
	remove_open(s, open);
}

static int take_end(struct journal_state *s, const struct journal_line *l, struct err *err)
{
	struct digest value = l->value;
	char name[JOURNAL_NAME_ROOM];
	struct journal_intent *open = journal_state_open(s, l->seq);
	if (open == NULL)
		return err_set(err, ST_FORMAT, "the end of record %llu, which is not open",
			(unsigned long long)l->seq);
	value.alg = open->before.alg;
	if (l->kind == JOURNAL_UNKNOWN && value.size != open->before.size)
		return err_set(err, ST_FORMAT, "'value' is not of its register's size");
	struct bytes list = l->list;
	while (journal_take_name(&list, name))
		if (journal_state_join(s, open, name, err) < 0)
			return -1;
	journal_state_settle(s, open, l->kind, &value);
	return 0;
}

/* States */

/* The line of an open intent, which a state only says the place of; buf: LINE_MAX_BYTES and one. */
static int read_intent(const struct journal_state *s, off_t off, uint8_t *buf,
	struct journal_line *ret, struct err *err)
{
	ssize_t n;
	do
		n = pread(s->fd, buf, LINE_MAX_BYTES + 1, off);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "offset %lld", (long long)off);
	const uint8_t *newline = memchr(buf, '\n', (size_t)n);
	if (newline == NULL ||
		journal_parse((struct bytes){buf, (size_t)(newline - buf)}, ret, err) < 0 ||
		ret->kind != JOURNAL_INTENT)
		return err_set(err, ST_FORMAT,
			"no intent at offset %lld, where it says one is open", (long long)off);
	ret->off = off;
	return 0;
}

static int load_open(struct journal_state *s, struct journal_reg *reg, off_t off, struct err *err)
{
	AUTO_FREE struct journal_line *line = calloc(1, sizeof(*line));
	AUTO_FREE uint8_t *buf = malloc(LINE_MAX_BYTES + 1);
	if (line == NULL || buf == NULL)
		return err_sys(err, ENOMEM, "journal");
	if (read_intent(s, off, buf, line, err) < 0)
		return -1;
	if (journal_state_find(s, line->reg) != reg)
		return err_set(err, ST_FORMAT, "the intent at offset %lld is of another register",
			(long long)off);
	return add_open(s, reg, line, err);
}

static int load_item(struct journal_state *s, const struct journal_item *item, struct err *err)
{
	struct journal_reg *reg = add_reg(s, err);
	struct bytes names = item->names;
	char name[JOURNAL_NAME_ROOM];
	if (reg == NULL)
		return -1;
	reg->value = item->value;
	reg->last = item->last;
	while (journal_take_name(&names, name))
		if (add_name(s, reg, name, err) < 0)
			return -1;
	return item->open > 0 ? load_open(s, reg, item->open, err) : 0;
}

/* Whether an item of a state agrees with the lines before it. */
static bool is_item_of(const struct journal_item *item, const struct journal_reg *reg)
{
	struct bytes names = item->names;
	char text[JOURNAL_NAME_ROOM];
	const struct journal_name *name = reg->names;
	for (; name != NULL && journal_take_name(&names, text); name = name->next)
		if (strcmp(name->text, text) != 0)
			return false;
	return name == NULL && !journal_take_name(&names, text) &&
	       digest_equal(&item->value, &reg->value) && item->last == reg->last &&
	       item->open == (reg->open != NULL ? reg->open->off : 0);
}

static int err_state(struct err *err)
{
	return err_set(err, ST_FORMAT, "this state does not match the lines before it");
}

static int take_items(struct journal_state *s, const struct journal_line *l, struct err *err)
{
	struct bytes list = l->list;
	struct journal_item item;
	if (s->loading)
		s->seq = l->seq;
	if (l->seq != s->seq)
		return err_state(err);
	while (journal_take_item(&list, &item)) {
		if (s->loading && load_item(s, &item, err) < 0)
			return -1;
		if (!s->loading && (s->due == NULL || !is_item_of(&item, s->due)))
			return err_state(err);
		if (!s->loading)
			s->due = s->due->next;
	}
	if (l->more)
		return 0;
	if (!s->loading && s->due != NULL)
		return err_state(err);
	strlcpy(s->boot_id, s->due_boot_id, sizeof(s->boot_id));
	s->state_off = s->due_off;
	s->state_end = l->off + (off_t)l->text.n + 1;
	s->in_state = s->loading = false;
	return 0;
}

/* One that follows others says nothing new but, maybe, another boot. */
static int take_state(struct journal_state *s, const struct journal_line *l, struct err *err)
{
	s->in_state = true;
	s->loading = !s->begun;
	s->due = s->regs;
	s->due_off = l->off;
	strlcpy(s->due_boot_id, l->boot_id, sizeof(s->due_boot_id));
	return take_items(s, l, err);
}

int journal_state_take(struct journal_state *s, const struct journal_line *l, struct err *err)
{
	int rc = 0;
	if (s->in_state != (l->kind == JOURNAL_PART))
		return err_set(err, ST_FORMAT, "%s",
			s->in_state ? "the state before it has no end"
				    : "a part of a state, without a state before it");
	switch (l->kind) {
	case JOURNAL_HEADER:
		strlcpy(s->boot_id, l->boot_id, sizeof(s->boot_id));
		break;
	case JOURNAL_STATE:
		rc = take_state(s, l, err);
		break;
	case JOURNAL_PART:
		rc = take_items(s, l, err);
		break;
	case JOURNAL_INTENT:
		rc = take_intent(s, l, err);
		break;
	case JOURNAL_COMMIT:
	case JOURNAL_VOID:
	case JOURNAL_UNKNOWN:
		rc = take_end(s, l, err);
		break;
	}
	s->begun = true;
	return rc;
}

int journal_state_read(struct journal_state *s, int fd, off_t from, off_t end, struct err *err)
{
	struct journal j;
	struct journal_line line;
	int rc = journal_open(&j, fd, from, end, err);
	if (rc < 0)
		return -1;
	s->fd = fd;
	while ((rc = journal_next(&j, &line, err)) > 0) {
		if (journal_state_take(s, &line, err) < 0) {
			rc = journal_in(err, &line);
			break;
		}
	}
	journal_close(&j);
	return rc;
}

static void put_reg(struct text *t, const struct journal_reg *reg, bool first)
{
	struct journal_item item = {.value = reg->value,
		.last = reg->last,
		.open = reg->open != NULL ? reg->open->off : 0};
	journal_put_item(t, first);
	for (const struct journal_name *name = reg->names; name != NULL; name = name->next)
		journal_put_name(t, name->text, name == reg->names);
	journal_put_item_end(t, &item);
}

int journal_state_put(const struct journal_state *s, const char *boot_id,
	const struct journal_reg **at, struct text *t, struct err *err)
{
	enum { END = 32 }; /* more than the end of a line has */
	const struct journal_reg *first = *at, *reg = first;
	journal_put_state(t, first == s->regs && !s->in_state ? boot_id : NULL, s->seq);
	t->room -= END;
	for (; reg != NULL; reg = reg->next) {
		size_t n = t->n;
		put_reg(t, reg, reg == first);
		if (!t->cut)
			continue;
		t->cut = false;
		t->n = n;
		break;
	}
	t->room += END;
	if (reg != NULL && reg == first)
		return err_sys(err, EMSGSIZE, "the names of '%s'", reg->names->text);
	journal_put_state_end(t, reg != NULL);
	*at = reg;
	return 0;
}
